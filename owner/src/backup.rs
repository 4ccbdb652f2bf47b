//! `heirloom backup`: a copy of what cannot be made again, in plain files.
//!
//! ```text
//! originals/     as in the gallery, with every metadata.yml and gallery.yml
//! earlier/       what was deleted or replaced since, by the time of the backup that noticed: originals, and people.json
//! people.json    viewers (hashes of their passwords), their devices, open invitations; readable by you alone
//! manifest.json  what was copied from where, with size, ETag and SHA-256
//! SHA256SUMS     the same checksums for `sha256sum --check`
//! ```
//!
//! Not copied: renditions, facts and pages, which are made again; counts of tries, which mean nothing tomorrow; the keys
//! that sign sessions, because whoever finds the disk could sign themselves in for ever, and without them people only
//! have to sign in again; and the records of what happened, which `heirloom audit --json` writes down.
//!
//! Nothing is copied twice, an interrupted backup goes on where it stopped, and no file counts before its bytes, read
//! back from the disk, are those that S3 has. Nothing leaves the copy before that either: `--delete` removes last, and
//! nothing when anything failed.

mod check;
mod earlier;
pub(crate) mod fetch;
pub(crate) mod manifest;
pub(crate) mod people;
mod place;
mod plan;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use futures::{StreamExt, stream};
use gallery::Store;
use gallery::keys::Bucket;
use gallery::store::Listed;
use indicatif::{HumanBytes, ProgressBar};
use jiff::Timestamp;
use serde::Serialize;

use crate::Interrupted;
use crate::cli::{Backup, Place};
use crate::reach::Reached;
use crate::tell::{counted, there_already};
use check::{Checked, check};
use earlier::Earlier;
use fetch::{Fetched, fetch};
use manifest::{Kept, Manifest};
use place::Places;
use plan::{Plan, Step};

/// How often the manifest is written while files come.
const NOTED_EVERY: Duration = Duration::from_secs(10);

/// Does what `heirloom backup` asks.
pub(crate) async fn run(command: Backup) -> Result<()> {
    if let Place::Folder(data) = command.data.place()? {
        must_lie_beside(&command.folder, &data)?;
    }
    let reached = Reached::in_folder(&command.data).await?;
    let summary = Box::pin(backup(reached.store(), &command, Timestamp::now())).await;
    reached.close().await;
    let summary = summary?;
    if command.json {
        println!("{}", serde_json::to_string(&summary)?);
    } else {
        summary.tell(&command);
    }
    if summary.interrupted {
        return Err(Interrupted.into());
    }
    ensure!(summary.failed.is_empty(), "not everything was copied: run the same command again to go on");
    Ok(())
}

/// Refuses to copy a gallery into itself: whatever takes the data folder takes the copy with it.
fn must_lie_beside(copy: &Path, data: &Path) -> Result<()> {
    let whole = std::path::absolute(copy).with_context(|| format!("`{}` is no folder", copy.display()))?;
    let there = whole.ancestors().find_map(|folder| folder.canonicalize().ok());
    let is_inside = data.canonicalize().is_ok_and(|data| there.is_some_and(|there| there.starts_with(data)));
    ensure!(
        !is_inside,
        "`{}` lies in the gallery's own folder `{}`, and would be lost with it: name a folder elsewhere, best on another disk",
        copy.display(),
        data.display()
    );
    Ok(())
}

/// What became of everything.
#[derive(Debug, Default, Serialize)]
struct Summary {
    /// Keys.
    copied: Vec<String>,
    /// How many bytes those are.
    bytes: u64,
    /// Keys of files that were only renamed: from, to.
    moved: Vec<(String, String)>,
    /// How many were there already.
    unchanged: usize,
    /// Keys of what is no longer in the gallery, or in another version.
    earlier: Vec<String>,
    /// Whether that was removed, with what older backups had put away: `--delete`, and nothing failed.
    removed: bool,
    /// Viewers in the copy.
    people: usize,
    /// Whether they are those that it had, because the gallery has none.
    people_kept: bool,
    /// Key, reason.
    failed: Vec<(String, String)>,
    interrupted: bool,
}

async fn backup(store: &Store, command: &Backup, now: Timestamp) -> Result<Summary> {
    let root = command.folder.as_path();
    if !command.dry_run {
        fs::create_dir_all(root).with_context(|| format!("cannot make the folder `{}`", root.display()))?;
    }
    let _lock = if command.dry_run { None } else { Some(manifest::lock(root)?) };
    let mut manifest = Manifest::read(root, "move it away and the copy is looked through")?.unwrap_or_default();
    let mut summary = Summary::default();
    let checked = if command.check { check(root, &manifest).await? } else { Checked::default() };
    summary.failed.extend(checked.unread.clone());
    let there: Vec<Listed> = store.list(Bucket::Source, "").all().await?;
    // What S3 consoles leave for a folder.
    let there: Vec<Listed> = there.into_iter().filter(|listed| !listed.path.ends_with('/')).collect();
    let places = Places::assign(&manifest, there.iter().map(|listed| listed.path.as_str()));
    let plan = Plan::of(root, &manifest, there, &checked);
    if command.delete {
        plan.may_delete(root, &manifest)?;
    }
    if command.dry_run {
        summary.foresee(&manifest, plan);
        return Ok(summary);
    }

    // First whatever frees a place, so that nothing is written over.
    let earlier = Earlier::since(root, now);
    let fetched = plan.bytes();
    for key in plan.gone {
        let old = manifest.files.remove(&key).context("a file that is gone is known")?;
        let put = earlier.put_away(&mut manifest, &key, old)?;
        if checked.damaged.contains(&key) {
            let what = put.map_or("missing".to_owned(), |file| format!("damaged (it is kept as `{file}`)"));
            summary.failed.push((key.clone(), format!("its file is {what}, and the gallery has no other")));
        }
        summary.earlier.push(key);
    }
    let mut wanted = Vec::new();
    let mut renames: BTreeMap<String, Listed> = BTreeMap::new();
    for (listed, step) in plan.steps {
        match step {
            Step::Same => summary.unchanged += 1,
            Step::Rename { from } => {
                renames.insert(from, listed);
            }
            Step::Fetch => {
                if let Some(old) = manifest.files.remove(&listed.path) {
                    earlier.put_away(&mut manifest, &listed.path, old)?;
                    summary.earlier.push(listed.path.clone());
                }
                wanted.push((listed, false));
            }
            Step::Mend => wanted.push((listed, true)),
        }
    }
    for (from, listed) in renames {
        let old = manifest.files.remove(&from).context("a file that is renamed is known")?;
        let file = places.of(&listed.path);
        earlier::rename(root, &old.file, &file)?;
        summary.moved.push((from, listed.path.clone()));
        manifest.files.insert(listed.path, Kept { file, modified: listed.modified, ..old });
    }
    manifest.write(root)?;

    let progress = if command.json { ProgressBar::hidden() } else { crate::upload::bar(fetched) };
    copy(store, root, wanted, &places, command.parallel, &progress, &mut manifest, &mut summary).await?;
    progress.finish_and_clear();
    if !summary.interrupted {
        let put_away = |old: &[u8]| earlier.keep(&mut manifest, people::FILE, old);
        let saved = people::save(store, root, now, command.delete, put_away).await?;
        (summary.people, summary.people_kept) = (saved.viewers, saved.kept);
        manifest.finished = Some(now);
    }
    summary.removed = command.delete && !summary.interrupted && summary.failed.is_empty();
    if summary.removed {
        manifest.earlier.clear();
    }
    manifest.write(root)?;
    manifest::write_sums(root, &manifest)?;
    manifest::write_words(root)?;
    if summary.removed {
        earlier::remove_all(root)?;
    }
    fetch::tidy(root, summary.interrupted || !summary.failed.is_empty())?;
    Ok(summary)
}

/// Fetches what is wanted: each object, and whether it mends a file that is noted.
#[expect(clippy::too_many_arguments, reason = "it is the middle of one long recipe")]
async fn copy(
    store: &Store,
    root: &Path,
    wanted: Vec<(Listed, bool)>,
    places: &Places,
    parallel: usize,
    progress: &ProgressBar,
    manifest: &mut Manifest,
    summary: &mut Summary,
) -> Result<()> {
    let mut interrupt = std::pin::pin!(tokio::signal::ctrl_c());
    let mut noted = Instant::now();
    let mut coming = stream::iter(wanted)
        .map(|(listed, mends)| async move {
            let file = places.of(&listed.path);
            let outcome = fetch(store, root, &listed, &file, mends, progress).await;
            (listed, file, outcome)
        })
        .buffer_unordered(parallel.max(1));
    loop {
        let next = tokio::select! {
            pressed = &mut interrupt => {
                pressed.context("cannot listen for Ctrl-C")?;
                summary.interrupted = true;
                break;
            }
            next = coming.next() => next,
        };
        let Some((listed, file, outcome)) = next else { break };
        match outcome {
            Ok(Fetched::Now(kept) | Fetched::Before(kept)) => {
                summary.bytes += kept.bytes;
                summary.copied.push(listed.path.clone());
                manifest.files.insert(listed.path, Kept { file, ..kept });
            }
            // It was removed since it was listed.
            Ok(Fetched::Gone) => {}
            Err(error) => summary.failed.push((listed.path, format!("{error:#}"))),
        }
        if noted.elapsed() > NOTED_EVERY {
            manifest.write(root)?;
            noted = Instant::now();
        }
    }
    summary.copied.sort();
    Ok(())
}

impl Summary {
    fn foresee(&mut self, manifest: &Manifest, plan: Plan) {
        self.bytes = plan.bytes();
        for (listed, step) in plan.steps {
            match step {
                Step::Same => self.unchanged += 1,
                Step::Rename { from } => self.moved.push((from, listed.path)),
                Step::Mend => self.copied.push(listed.path),
                Step::Fetch => {
                    if manifest.files.contains_key(&listed.path) {
                        self.earlier.push(listed.path.clone());
                    }
                    self.copied.push(listed.path);
                }
            }
        }
        self.earlier.extend(plan.gone);
    }

    fn tell(&self, command: &Backup) {
        if command.dry_run {
            self.copied.iter().for_each(|key| println!("copy    {key}"));
            self.moved.iter().for_each(|(from, to)| println!("move    {from} -> {to}"));
            let verb = if command.delete { "delete" } else { "earlier" };
            self.earlier.iter().for_each(|key| println!("{verb:7} {key}"));
        }
        for (key, why) in &self.failed {
            eprintln!("failed: {key}: {why}");
        }
        let would = if command.dry_run { "would be " } else { "" };
        let mut parts = vec![format!("{} {would}copied ({})", self.copied.len(), HumanBytes(self.bytes))];
        if !self.moved.is_empty() {
            parts.push(format!("{} {would}moved", self.moved.len()));
        }
        parts.push(there_already(self.unchanged));
        if !self.earlier.is_empty() {
            let deleted = if command.dry_run { command.delete } else { self.removed };
            let what = if deleted { "deleted" } else { "put into `earlier`" };
            parts.push(format!("{} {would}{what}", self.earlier.len()));
        }
        if !self.failed.is_empty() {
            parts.push(format!("{} failed", self.failed.len()));
        }
        println!("{}.", parts.join(", "));
        if command.delete && !command.dry_run && !self.removed {
            println!("Nothing was deleted: that comes last, when everything else is in the copy.");
        }
        if !command.dry_run && !self.interrupted {
            let viewers = counted(self.people, "viewer", "viewers");
            if self.people_kept {
                println!(
                    "The gallery has no viewers, so those of the copy stay in it: see that this is the right gallery. If it \
                     is, `--delete` removes them."
                );
            }
            println!("{viewers}. All of it lies in `{}`.", command.folder.display());
        }
        if self.interrupted {
            println!("Stopped. The same command again goes on where this one stopped.");
        }
    }
}
