//! What became of everything that was to come.

use std::collections::BTreeMap;

use gallery::FolderPath;
use indicatif::HumanBytes;
use serde::Serialize;

use crate::tell::{counted, there_already};
use crate::upload::find::LeftOut;

/// What an import did, or would do.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Summary {
    /// Keys.
    pub(crate) uploaded: Vec<String>,
    /// How many bytes those are.
    pub(crate) bytes: u64,
    /// Keys of copies made inside the bucket: the same photo in another album.
    pub(crate) copied: Vec<String>,
    /// How many were there already.
    pub(crate) unchanged: usize,
    /// How many captions were added, by album.
    pub(crate) captions: BTreeMap<String, usize>,
    /// How many dates were added, by album.
    pub(crate) dates: BTreeMap<String, usize>,
    /// Keys of photos that keep their own date, though elsewhere they have one that differs by less than a day and by no zone.
    pub(crate) dates_kept: Vec<String>,
    pub(crate) left_out: Vec<LeftOut>,
    /// What, and why.
    pub(crate) failed: Vec<(String, String)>,
    pub(crate) interrupted: bool,
}

/// What one photo did, and what else is to be remembered of it.
#[derive(Debug)]
pub(super) struct Noted<T> {
    pub(super) rest: Vec<T>,
    pub(super) sent: Vec<String>,
    pub(super) copied: Vec<String>,
    pub(super) same: usize,
    pub(super) left_out: Vec<LeftOut>,
    pub(super) bytes: u64,
}

impl Summary {
    pub(super) fn note<T>(&mut self, noted: Noted<T>) -> Vec<T> {
        self.uploaded.extend(noted.sent);
        self.copied.extend(noted.copied);
        self.left_out.extend(noted.left_out);
        self.unchanged += noted.same;
        self.bytes += noted.bytes;
        noted.rest
    }

    pub(super) fn described(&mut self, folder: &FolderPath, captions: usize, dates: usize) {
        for (counts, count) in [(&mut self.captions, captions), (&mut self.dates, dates)] {
            if count > 0 {
                counts.insert(folder.to_string(), count);
            }
        }
    }

    pub(super) fn sort(&mut self) {
        self.uploaded.sort();
        self.copied.sort();
        self.failed.sort();
        self.left_out.sort_by(|a, b| (&a.why, &a.file).cmp(&(&b.why, &b.file)));
    }

    /// Tells it to a person.
    pub(crate) fn tell(&self, dry_run: bool) {
        if dry_run {
            self.uploaded.iter().for_each(|key| println!("upload  {key}"));
            self.copied.iter().for_each(|key| println!("copy    {key}"));
        }
        for (what, why) in &self.failed {
            eprintln!("failed: {what}: {why}");
        }
        println!("{}", self.sentence(dry_run));
        let mut reasons: BTreeMap<&str, Vec<&LeftOut>> = BTreeMap::new();
        for left in &self.left_out {
            reasons.entry(left.why.as_str()).or_default().push(left);
        }
        for (why, left) in reasons {
            println!("  {} left out: {why}", left.len());
            if dry_run {
                for left in left {
                    println!("      {}", left.file.display());
                }
            }
        }
        if !self.dates_kept.is_empty() {
            println!("  {}", self.of_kept_dates());
            self.dates_kept.iter().for_each(|key| println!("      {key}"));
        }
        if self.interrupted {
            println!("Stopped. The same command again goes on where this one stopped.");
        }
    }

    /// That some dates may have been corrected elsewhere, by less than tells it from another zone.
    fn of_kept_dates(&self) -> String {
        let dates = counted(self.dates_kept.len(), "date", "dates");
        format!("{dates} kept as in the file, though elsewhere changed by less than a day, or so it looks:")
    }

    /// How much of each there was.
    fn sentence(&self, dry_run: bool) -> String {
        let would = if dry_run { "would be " } else { "" };
        let mut parts = vec![format!("{} {would}uploaded ({})", self.uploaded.len(), HumanBytes(self.bytes))];
        if !self.copied.is_empty() {
            parts.push(format!("{} {would}copied inside the gallery", self.copied.len()));
        }
        for (counts, one, many) in [(&self.captions, "caption", "captions"), (&self.dates, "date", "dates")] {
            let count: usize = counts.values().sum();
            if count > 0 {
                parts.push(format!("{} {would}added", counted(count, one, many)));
            }
        }
        parts.push(there_already(self.unchanged));
        if !self.failed.is_empty() {
            parts.push(format!("{} failed", self.failed.len()));
        }
        format!("{}.", parts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(count: usize) -> Summary {
        let keys = |of: &str| (0..count).map(|n| format!("{of}/{n}.jpg")).collect();
        let mut summary = Summary {
            uploaded: keys("Family"),
            bytes: 3 * 1024,
            copied: keys("Copies"),
            unchanged: count,
            failed: (0..count).map(|n| (n.to_string(), "why".to_owned())).collect(),
            ..Summary::default()
        };
        summary.described(&FolderPath::parse("Family").unwrap(), count, count);
        summary
    }

    #[test]
    fn one_is_told_as_one() {
        assert_eq!(
            summary(1).sentence(false),
            "1 uploaded (3.00 KiB), 1 copied inside the gallery, 1 caption added, 1 date added, 1 was there already, 1 failed."
        );
        assert_eq!(
            summary(2).sentence(true),
            "2 would be uploaded (3.00 KiB), 2 would be copied inside the gallery, 2 captions would be added, 2 dates would \
             be added, 2 were there already, 2 failed."
        );
        assert_eq!(summary(0).sentence(false), "0 uploaded (3.00 KiB), 0 were there already.");
        let kept = Summary { dates_kept: vec!["A/a.jpg".to_owned()], ..Summary::default() };
        assert!(kept.of_kept_dates().starts_with("1 date kept as in the file"), "{}", kept.of_kept_dates());
    }
}
