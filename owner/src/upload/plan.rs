//! What to do, from what is here and what is there.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, ensure};
use gallery::keys::{METADATA, SETTINGS};
use gallery::store::{Condition, Listed};

use super::find::{Cover, Found};
use crate::tell::counted;

/// One step. The comparison of bytes that [`Step::Compare`] asks for needs the file; everything else follows from the two
/// listings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Nothing of that key is there, or something of another size: it is sent as long as that is so.
    Send(Found, Condition),
    /// An object of that size is there: send the file if its bytes differ.
    Compare(Found, Listed),
    /// An object whose file is gone has the size of this file: move it there if its bytes are the same, else send.
    Move(Found, Vec<Listed>),
    /// Its file is gone.
    Delete(Listed),
}

/// The steps, in the order of keys; deletions last.
///
/// A folder without any photo is more often a disk that is not there than an owner who has deleted everything, so nothing
/// is deleted for its sake. An album that is gone out of a folder with other photos is believed.
pub(crate) fn plan(here: Vec<Found>, there: Vec<Listed>, covers: &[Cover], delete: bool) -> Result<Vec<Step>> {
    let keys: BTreeSet<&str> = here.iter().map(|found| found.key.as_str()).collect();
    // What lies in a folder that was looked through, and has no file any more. What the owner wrote about an album in the
    // bucket alone is not a file that went missing.
    let gone = |listed: &&Listed| {
        covers.iter().any(|cover| cover.holds(&listed.path))
            && !keys.contains(listed.path.as_str())
            && !is_words(&listed.path)
    };
    let gone: Vec<Listed> = there.iter().filter(gone).cloned().collect();
    for cover in covers.iter().filter(|_| delete) {
        let count = gone.iter().filter(|listed| cover.holds(&listed.path)).count();
        let is_photo_of_it = |found: &Found| found.file.starts_with(&cover.from) && !is_words(&found.key);
        ensure!(
            count == 0 || here.iter().any(is_photo_of_it),
            "`{}` holds no photo, so nothing was done: `--delete` would remove {} from `{}`. If its disk is there and they \
             are really to go, remove them with an S3 client",
            cover.from.display(),
            counted(count, "file", "files"),
            cover.folder.trim_end_matches('/')
        );
    }
    let mut by_size: BTreeMap<u64, Vec<Listed>> = BTreeMap::new();
    for listed in &gone {
        by_size.entry(listed.bytes).or_default().push(listed.clone());
    }
    let mut there: BTreeMap<String, Listed> = there.into_iter().map(|listed| (listed.path.clone(), listed)).collect();
    let mut steps: Vec<Step> = here
        .into_iter()
        .map(|found| match (there.remove(&found.key), by_size.get(&found.bytes)) {
            (Some(listed), _) if listed.bytes == found.bytes => Step::Compare(found, listed),
            (None, Some(same_size)) if found.bytes > 0 => Step::Move(found, same_size.clone()),
            (listed, _) => Step::Send(found, Condition::since(listed.as_ref().map(|listed| listed.etag.as_str()))),
        })
        .collect();
    if delete {
        steps.extend(gone.into_iter().map(Step::Delete));
    }
    Ok(steps)
}

fn is_words(key: &str) -> bool {
    key.rsplit('/').next() == Some(METADATA) || key == SETTINGS
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    fn found(key: &str, bytes: u64) -> Found {
        Found { file: key.into(), key: key.to_owned(), bytes, written: None }
    }

    fn listed(path: &str, bytes: u64) -> Listed {
        Listed { path: path.to_owned(), etag: String::new(), bytes, modified: Timestamp::UNIX_EPOCH }
    }

    fn cover(folder: &str, whole: bool) -> Cover {
        Cover { folder: folder.to_owned(), whole, from: folder.into(), by_date: false }
    }

    #[test]
    fn each_file_has_one_step() {
        let here =
            vec![found("A/changed.jpg", 9), found("A/new.jpg", 5), found("A/renamed.jpg", 7), found("A/same.jpg", 3)];
        let there = vec![
            listed("A/changed.jpg", 8),
            listed("A/gone.jpg", 1),
            listed("A/metadata.yml", 2),
            listed("A/old-name.jpg", 7),
            listed("A/same.jpg", 3),
            listed("B/other.jpg", 7),
        ];
        let steps = plan(here, there, &[cover("A/", true)], true).unwrap();
        assert_eq!(
            steps,
            [
                Step::Send(found("A/changed.jpg", 9), Condition::Unchanged(String::new())),
                Step::Send(found("A/new.jpg", 5), Condition::New),
                Step::Move(found("A/renamed.jpg", 7), vec![listed("A/old-name.jpg", 7)]),
                Step::Compare(found("A/same.jpg", 3), listed("A/same.jpg", 3)),
                Step::Delete(listed("A/gone.jpg", 1)),
                Step::Delete(listed("A/old-name.jpg", 7)),
            ]
        );
    }

    #[test]
    fn nothing_is_deleted_or_moved_outside_of_what_was_looked_through() {
        let send = |bytes| Step::Send(found("A/x.jpg", bytes), Condition::New);
        let there = || vec![listed("A/y.jpg", 7), listed("AB/z.jpg", 7)];
        assert_eq!(plan(vec![found("A/x.jpg", 7)], there(), &[], true).unwrap(), [send(7)]);
        assert_eq!(plan(vec![found("A/x.jpg", 1)], there(), &[cover("A/", true)], false).unwrap(), [send(1)]);
        // Of a folder that is covered by its own files alone, the albums stay.
        let there = vec![listed("A/gone.jpg", 7), listed("A/Album/1.jpg", 9), listed("A/Album/2.jpg", 7)];
        let steps = plan(vec![found("A/x.jpg", 9)], there, &[cover("A/", false)], true).unwrap();
        assert_eq!(steps, [send(9), Step::Delete(listed("A/gone.jpg", 7))]);
    }

    #[test]
    fn a_folder_without_a_photo_deletes_nothing() {
        let there = || vec![listed("A/1.jpg", 7), listed("A/Album/2.jpg", 9), listed("B/3.jpg", 5)];
        let covers = [cover("A/", true), cover("B/", true)];
        let words = || vec![found("A/metadata.yml", 3), found("B/3.jpg", 5)];
        let error = plan(words(), there(), &covers, true).unwrap_err().to_string();
        assert!(error.contains("`A/` holds no photo") && error.contains("2 files from `A`"), "{error}");
        assert_eq!(plan(words(), there(), &covers, false).unwrap().len(), 2, "nothing was to be deleted");
        // Two folders fill one, and one of them is not there.
        let both = [cover("A/", true), Cover { from: "elsewhere".into(), ..cover("A/", true) }];
        assert!(plan(vec![found("A/1.jpg", 7)], there(), &both, true).is_err());
        // Where the gallery has nothing either, or nothing more, all is well; and an album may go.
        assert_eq!(plan(vec![found("B/3.jpg", 5)], vec![listed("B/3.jpg", 5)], &covers, true).unwrap().len(), 1);
        let steps = plan(vec![found("A/1.jpg", 7)], there(), &covers[..1], true).unwrap();
        assert_eq!(steps[1..], [Step::Delete(listed("A/Album/2.jpg", 9))]);
    }
}
