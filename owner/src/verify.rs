//! `heirloom verify`: is every original whole, does all that is shown come from one, and is what was deleted gone?
//!
//! Nothing here trusts the gallery's own records of its work more than the bytes: originals and renditions are read and
//! compared with their checksums, pages with their digests, and every page and record is searched for photos that are
//! no more.

mod again;
mod finding;
mod forget;
#[cfg(test)]
mod meanwhile;
mod originals;
mod pages;
mod renditions;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::Result;
use gallery::{Bucket, Facts, Key, PhotoId, Store};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use crate::FoundWrong;
use crate::cli::Verify;
use crate::reach::Reached;
use crate::rebuild;
use crate::tell::counted;
use finding::{Finding, Mend};

/// Does what `heirloom verify` asks.
pub(crate) async fn run(command: Verify) -> Result<()> {
    let reached = Reached::in_folder(&command.data).await?;
    let outcome = Box::pin(verified(&reached, &command)).await;
    reached.close().await;
    let (verdict, repaired) = outcome?;
    if command.json {
        println!("{}", serde_json::to_string(&verdict)?);
    } else {
        verdict.tell(repaired);
    }
    match verdict.findings.len() {
        0 => Ok(()),
        count => Err(FoundWrong(count).into()),
    }
}

/// What was looked at, and what is wrong.
#[derive(Debug, Default, Serialize)]
struct Verdict {
    originals: usize,
    /// Bytes of originals that were read and compared with their checksum.
    proven_bytes: u64,
    facts: usize,
    renditions: usize,
    pages: usize,
    /// What CloudFront was asked to forget goes by this name there.
    #[serde(skip_serializing_if = "Option::is_none")]
    invalidation: Option<String>,
    /// What `--repair` mended.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    mended: Vec<Finding>,
    findings: Vec<Finding>,
}

/// What one part of the look leaves to the next.
#[derive(Debug, Default)]
struct Seen {
    /// Every photo whose original is there.
    photos: BTreeSet<PhotoId>,
    /// Photos whose facts are so young that the pages may not be made yet.
    lately: BTreeSet<PhotoId>,
    /// Facts that speak of an original that is there, as it is, with their `ETag`.
    facts: BTreeMap<Key, (Facts, String)>,
}

async fn verified(reached: &Reached, command: &Verify) -> Result<(Verdict, bool)> {
    let store = reached.store();
    let mut verdict = Box::pin(look(store, command)).await?;
    let mut forgotten = forget::paths_of(&verdict.findings);
    if reached.amazon().is_some() {
        forgotten.extend(forget::deleted_lately(store).await?);
    }
    let repaired = Box::pin(mended(store, command, &mut verdict)).await?;
    // After what is left over was removed: CloudFront would fetch it once more.
    let forgotten: Vec<String> = forgotten.into_iter().collect();
    verdict.invalidation = reached.invalidate(&forgotten).await?;
    Ok((verdict, repaired))
}

/// Mends what is to be mended, and looks again. Returns whether that was asked for.
async fn mended(store: &Store, command: &Verify, verdict: &mut Verdict) -> Result<bool> {
    let mendable = |finding: &Finding| finding.mend != Mend::Copy;
    if !command.repair || !verdict.findings.iter().any(mendable) {
        return Ok(command.repair);
    }
    again::forget(store, &verdict.findings).await?;
    Box::pin(rebuild::everything(store, command.json, false)).await?;
    let before = std::mem::take(&mut verdict.findings);
    *verdict = Box::pin(look(store, command)).await?;
    let is_left = |finding: &Finding| verdict.findings.iter().any(|left| left.object == finding.object);
    let mended = before.into_iter().filter(|finding| !is_left(finding)).collect();
    verdict.mended = mended;
    Ok(true)
}

async fn look(store: &Store, command: &Verify) -> Result<Verdict> {
    let progress = if command.json { ProgressBar::hidden() } else { bar() };
    let mut verdict = Verdict::default();
    let mut seen = Seen::default();
    originals::look(store, command.quick, &mut seen, &mut verdict, &progress).await?;
    originals::facts_left(store, &seen, &mut verdict).await?;
    renditions::look(store, command.quick, &seen, &mut verdict, &progress).await?;
    pages::look(store, &seen, &mut verdict, &progress).await?;
    progress.finish_and_clear();
    verdict.findings = again::still_so(store, verdict.findings).await?;
    verdict.findings.sort_by(|a, b| a.object.cmp(&b.object));
    Ok(verdict)
}

impl Verdict {
    fn tell(&self, repaired: bool) {
        for finding in &self.mended {
            println!("mended   {}: {}", finding.object, finding.sentence);
        }
        for finding in &self.findings {
            println!("{:8} {}: {}", finding.kind.word(), finding.object, finding.sentence);
        }
        let read = if self.proven_bytes > 0 {
            format!(" ({} read)", indicatif::HumanBytes(self.proven_bytes))
        } else {
            String::new()
        };
        println!(
            "Looked at {}{read}, {} facts, {}, {}.",
            counted(self.originals, "original", "originals"),
            self.facts,
            counted(self.renditions, "rendition", "renditions"),
            counted(self.pages, "page", "pages"),
        );
        if let Some(id) = &self.invalidation {
            println!("CloudFront was asked to forget what it keeps of photos that are gone ({id}).");
        }
        if self.findings.is_empty() {
            println!("All is well: every original is whole, and no trace is left of what is gone.");
            return;
        }
        if !repaired && self.findings.iter().any(|finding| finding.mend != Mend::Copy) {
            println!("`heirloom verify --repair` mends what can be made again.");
        }
        if self.findings.iter().any(|finding| finding.mend == Mend::Copy) {
            println!("A damaged original comes back from a copy: heirloom restore FOLDER --overwrite");
        }
    }
}

fn bar() -> ProgressBar {
    let style =
        ProgressStyle::with_template("  {msg} {bar:30} {pos}/{len}  {eta} left").expect("a template of our own");
    let bar = ProgressBar::new(0).with_style(style);
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// As findings name objects.
fn object(bucket: Bucket, path: &str) -> String {
    let folder = match bucket {
        Bucket::Source => "source",
        Bucket::Resized => "resized",
        Bucket::Web => "web",
        Bucket::Auth => "auth",
    };
    format!("{folder}/{path}")
}
