//! `heirloom backup`: a copy of what cannot be made again, in plain files.
//!
//! ```text
//! originals/     as in the gallery, with every metadata.yml and gallery.yml
//! earlier/       what was deleted or replaced since, by the time of the backup that noticed
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
//! back from the disk, are those that S3 has.

pub(crate) mod fetch;
pub(crate) mod manifest;
pub(crate) mod people;
mod place;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use futures::{StreamExt, stream};
use gallery::Store;
use gallery::keys::Bucket;
use gallery::store::Listed;
use indicatif::{HumanBytes, ProgressBar};
use jiff::Timestamp;
use serde::Serialize;

use crate::Interrupted;
use crate::cli::Backup;
use crate::reach::Reached;
use crate::tell::{counted, there_already};
use fetch::{Fetched, fetch};
use manifest::{Kept, Manifest};
use place::Places;

/// How often the manifest is written while files come.
const NOTED_EVERY: Duration = Duration::from_secs(10);

/// Does what `heirloom backup` asks.
pub(crate) async fn run(command: Backup) -> Result<()> {
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
    /// Viewers.
    people: usize,
    /// Key, reason.
    failed: Vec<(String, String)>,
    interrupted: bool,
}

/// What is to be done about one object.
enum Step {
    /// It is there.
    Same,
    /// Its bytes are there under a key that is gone.
    Rename { from: String },
    /// It has to be fetched, or lies there already without being noted.
    Fetch,
}

async fn backup(store: &Store, command: &Backup, now: Timestamp) -> Result<Summary> {
    let root = command.folder.as_path();
    if !command.dry_run {
        fs::create_dir_all(root).with_context(|| format!("cannot make the folder `{}`", root.display()))?;
    }
    let _lock = if command.dry_run { None } else { Some(manifest::lock(root)?) };
    let mut manifest = Manifest::read(root)?.unwrap_or_default();
    let mut summary = Summary::default();
    if command.check {
        check(root, &mut manifest, &mut summary).await?;
    }
    let there: Vec<Listed> = store.list(Bucket::Source, "").all().await?;
    // What S3 consoles leave for a folder.
    let there: Vec<Listed> = there.into_iter().filter(|listed| !listed.path.ends_with('/')).collect();
    let places = Places::assign(&manifest, there.iter().map(|listed| listed.path.as_str()));
    let steps = plan(root, &manifest, &there);
    let fetched: u64 = steps.iter().filter(|(_, step)| matches!(step, Step::Fetch)).map(|(l, _)| l.bytes).sum();
    if command.dry_run {
        summary.foresee(&manifest, steps);
        return Ok(summary);
    }

    // First whatever frees a place, so that nothing is written over.
    let mut earlier = Earlier { root, folder: format!("earlier/{}", now.strftime("%Y-%m-%d %H.%M.%S")), command };
    let mut wanted = Vec::new();
    let mut renames: BTreeMap<String, Listed> = BTreeMap::new();
    for (listed, step) in steps {
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
                wanted.push(listed);
            }
        }
    }
    for (from, listed) in renames {
        let old = manifest.files.remove(&from).context("a file that is renamed is known")?;
        let file = places.of(&listed.path);
        rename(root, &old.file, &file)?;
        summary.moved.push((from, listed.path.clone()));
        manifest.files.insert(listed.path, Kept { file, modified: listed.modified, ..old });
    }
    let keys: std::collections::BTreeSet<&str> = there.iter().map(|listed| listed.path.as_str()).collect();
    let gone: Vec<String> = manifest.files.keys().filter(|key| !keys.contains(key.as_str())).cloned().collect();
    for key in gone {
        if let Some(old) = manifest.files.remove(&key) {
            earlier.put_away(&mut manifest, &key, old)?;
            summary.earlier.push(key);
        }
    }
    if command.delete {
        earlier.forget_all(&mut manifest)?;
    }
    manifest.write(root)?;

    let progress = if command.json { ProgressBar::hidden() } else { crate::upload::bar(fetched) };
    copy(store, root, wanted, &places, command.parallel, &progress, &mut manifest, &mut summary).await?;
    progress.finish_and_clear();
    if !summary.interrupted {
        summary.people = people::save(store, root, now).await?;
        manifest.finished = Some(now);
    }
    manifest.write(root)?;
    manifest::write_sums(root, &manifest)?;
    manifest::write_words(root)?;
    fetch::tidy(root, summary.interrupted || !summary.failed.is_empty())?;
    Ok(summary)
}

/// What is to be done about each object, from what is noted and what is on the disk.
fn plan(root: &Path, manifest: &Manifest, there: &[Listed]) -> Vec<(Listed, Step)> {
    let keys: std::collections::BTreeSet<&str> = there.iter().map(|listed| listed.path.as_str()).collect();
    let mut gone: BTreeMap<(u64, String), Vec<String>> = BTreeMap::new();
    for (key, kept) in &manifest.files {
        if !keys.contains(key.as_str()) && kept.is_there(root) {
            gone.entry((kept.bytes, kept.etag.clone())).or_default().push(key.clone());
        }
    }
    let mut step = |listed: &Listed| {
        let known = manifest.files.get(&listed.path);
        if known.is_some_and(|kept| kept.etag == listed.etag && kept.bytes == listed.bytes && kept.is_there(root)) {
            return Step::Same;
        }
        if known.is_some() {
            return Step::Fetch;
        }
        let twin = gone.get_mut(&(listed.bytes, listed.etag.clone())).and_then(Vec::pop);
        twin.map_or(Step::Fetch, |from| Step::Rename { from })
    };
    there.iter().map(|listed| (listed.clone(), step(listed))).collect()
}

#[expect(clippy::too_many_arguments, reason = "it is the middle of one long recipe")]
async fn copy(
    store: &Store,
    root: &Path,
    wanted: Vec<Listed>,
    places: &Places,
    parallel: usize,
    progress: &ProgressBar,
    manifest: &mut Manifest,
    summary: &mut Summary,
) -> Result<()> {
    let mut interrupt = std::pin::pin!(tokio::signal::ctrl_c());
    let mut noted = Instant::now();
    let mut coming = stream::iter(wanted)
        .map(|listed| async move {
            let file = places.of(&listed.path);
            let outcome = fetch(store, root, &listed, &file, progress).await;
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

/// Reads every file of the copy, and forgets those that are not what was noted, so that they are fetched again.
async fn check(root: &Path, manifest: &mut Manifest, summary: &mut Summary) -> Result<()> {
    let files: Vec<(String, PathBuf, String)> =
        manifest.files.iter().map(|(key, kept)| (key.clone(), root.join(&kept.file), kept.sha256.clone())).collect();
    let damaged = tokio::task::spawn_blocking(move || {
        let is_damaged = |(_, file, sum): &(String, PathBuf, String)| fetch::sum(file).ok().as_ref() != Some(sum);
        files.into_iter().filter(is_damaged).map(|(key, ..)| key).collect::<Vec<_>>()
    })
    .await?;
    for key in damaged {
        if let Some(kept) = manifest.files.remove(&key) {
            eprintln!("damaged or missing in the copy: {}", kept.file);
            let file = root.join(&kept.file);
            if file.exists() {
                fs::remove_file(&file).with_context(|| format!("cannot remove the damaged `{}`", file.display()))?;
            }
            summary.earlier.retain(|earlier| *earlier != key);
        }
    }
    Ok(())
}

/// Where what is no longer in the gallery goes.
struct Earlier<'a> {
    root: &'a Path,
    folder: String,
    command: &'a Backup,
}

impl Earlier<'_> {
    fn put_away(&mut self, manifest: &mut Manifest, key: &str, kept: Kept) -> Result<()> {
        let file = self.root.join(&kept.file);
        if !file.exists() {
            return Ok(());
        }
        if self.command.delete {
            fs::remove_file(&file).with_context(|| format!("cannot remove `{}`", file.display()))?;
        } else {
            let to = format!("{}/{}", self.folder, kept.file.trim_start_matches("originals/"));
            rename(self.root, &kept.file, &to)?;
            manifest.earlier.insert(to.clone(), manifest::Earlier { key: key.to_owned(), sha256: kept.sha256 });
        }
        manifest::remove_empty(self.root, &file);
        Ok(())
    }

    /// `--delete` was said: what older backups put away goes as well.
    fn forget_all(&self, manifest: &mut Manifest) -> Result<()> {
        manifest.earlier.clear();
        let folder = self.root.join("earlier");
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                bail!("cannot remove `{}`: {error}", folder.display())
            }
            _ => Ok(()),
        }
    }
}

fn rename(root: &Path, from: &str, to: &str) -> Result<()> {
    let (old, new) = (root.join(from), root.join(to));
    if let Some(parent) = new.parent() {
        fs::create_dir_all(parent).with_context(|| format!("cannot make the folder `{}`", parent.display()))?;
    }
    fs::rename(&old, &new).with_context(|| format!("cannot move `{}` to `{}`", old.display(), new.display()))?;
    manifest::remove_empty(root, &old);
    Ok(())
}

impl Summary {
    fn foresee(&mut self, manifest: &Manifest, steps: Vec<(Listed, Step)>) {
        let keys: std::collections::BTreeSet<String> = steps.iter().map(|(listed, _)| listed.path.clone()).collect();
        let mut renamed = std::collections::BTreeSet::new();
        for (listed, step) in steps {
            match step {
                Step::Same => self.unchanged += 1,
                Step::Rename { from } => {
                    renamed.insert(from.clone());
                    self.moved.push((from, listed.path));
                }
                Step::Fetch => {
                    if manifest.files.contains_key(&listed.path) {
                        self.earlier.push(listed.path.clone());
                    }
                    self.bytes += listed.bytes;
                    self.copied.push(listed.path);
                }
            }
        }
        let gone = manifest.files.keys().filter(|key| !keys.contains(*key) && !renamed.contains(*key));
        self.earlier.extend(gone.cloned());
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
            let what = if command.delete { "deleted" } else { "put into `earlier`" };
            parts.push(format!("{} {would}{what}", self.earlier.len()));
        }
        if !self.failed.is_empty() {
            parts.push(format!("{} failed", self.failed.len()));
        }
        println!("{}.", parts.join(", "));
        if !command.dry_run && !self.interrupted {
            let viewers = counted(self.people, "viewer", "viewers");
            println!("{viewers}. All of it lies in `{}`.", command.folder.display());
        }
        if self.interrupted {
            println!("Stopped. The same command again goes on where this one stopped.");
        }
    }
}
