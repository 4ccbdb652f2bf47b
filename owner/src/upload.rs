//! `heirloom upload`: files into the source bucket.
//!
//! What is there already, by size and `ETag`, is not sent again; a file that was only renamed is copied inside the bucket.
//! Whatever is written or removed bears the condition that its key is still as it was seen: what others do meanwhile stays.
//! Large files go in parts, and a part that arrived before an interruption is not sent again. So the way out of every
//! failure is the same command once more.

pub mod complete;
pub(crate) mod copy;
mod cover;
pub(crate) mod etag;
pub mod find;
pub(crate) mod own;
pub(crate) mod pace;
mod plan;
pub(crate) mod send;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use futures::{StreamExt, stream};
use gallery::keys::{Bucket, SETTINGS};
use gallery::store::{Condition, Listed, Removed, Written};
use gallery::{FolderPath, Store};
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};
use serde::Serialize;

use crate::Interrupted;
use crate::cli::Upload;
use crate::reach::Reached;
use crate::tell::{counted, there_already};
use copy::Seen;
use find::{Cover, Findings, Found, LeftOut, find, own_name};
use pace::Pace;
use plan::{Step, plan};
use send::Way;

/// Does what `heirloom upload` asks.
pub(crate) async fn run(command: Upload) -> Result<()> {
    let collections = collections(&command.paths, command.to.as_ref())?;
    let reached = Reached::in_folder(&command.data).await?;
    let summary = look_and_upload(reached.store(), &command, collections).await;
    reached.close().await;
    let summary = summary?;
    if command.json {
        println!("{}", serde_json::to_string(&summary)?);
    } else {
        summary.tell(command.dry_run);
    }
    if summary.interrupted {
        return Err(Interrupted.into());
    }
    ensure!(summary.failed.is_empty(), "not everything was uploaded: run the same command again to go on");
    Ok(())
}

/// The collections that may be concerned, and maybe more, before anything is looked through.
fn collections(paths: &[PathBuf], to: Option<&FolderPath>) -> Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for path in paths {
        let failed = || format!("cannot read `{}`", path.display());
        let root = path.canonicalize().with_context(failed)?;
        if let Some(to) = to {
            names.extend(to.names().first().cloned());
            continue;
        }
        names.extend(own_name(path, &root).into_string());
        if root.is_dir() {
            for entry in root.read_dir().with_context(failed)? {
                let entry = entry.with_context(failed)?;
                let is_meant = |name: &String| name == SETTINGS || entry.path().is_dir();
                names.extend(entry.file_name().into_string().ok().filter(is_meant));
            }
        }
    }
    // A folder that can be no collection is left out with a sentence later.
    names.retain(|name| FolderPath::parse(name).is_ok());
    Ok(names)
}

/// The gallery is looked at first, and the folders afterwards. So what others send out of them meanwhile (`heirloom watch`
/// may) is found here, and is nothing that has no file any more.
async fn look_and_upload(store: &Store, command: &Upload, collections: BTreeSet<String>) -> Result<Summary> {
    let there = listed(store, collections).await?;
    let (paths, to, by) = (command.paths.clone(), command.to.clone(), command.album_by);
    let findings = tokio::task::spawn_blocking(move || find(&paths, to.as_ref(), by)).await??;
    let asked = Asked {
        delete: command.delete,
        dry_run: command.dry_run,
        quiet: command.json,
        limit: command.limit,
        parallel: command.parallel,
    };
    bring(store, there, findings, &asked).await
}

/// How to upload.
pub(crate) struct Asked {
    pub(crate) delete: bool,
    pub(crate) dry_run: bool,
    pub(crate) quiet: bool,
    pub(crate) limit: Option<u64>,
    pub(crate) parallel: usize,
}

/// What became of everything.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Summary {
    /// Keys.
    pub(crate) uploaded: Vec<String>,
    /// How many bytes those are.
    pub(crate) bytes: u64,
    /// From, to.
    pub(crate) moved: Vec<(String, String)>,
    /// How many were there already.
    pub(crate) unchanged: usize,
    pub(crate) deleted: Vec<String>,
    /// Keys that were to be removed and stay: they hold something else by now, or their file came back.
    pub(crate) changed: Vec<String>,
    pub(crate) left_out: Vec<LeftOut>,
    /// Key, reason.
    pub(crate) failed: Vec<(String, String)>,
    pub(crate) interrupted: bool,
}

/// How one step ended.
enum Done {
    Same,
    Sent(Found),
    Moved { from: Listed, to: String },
    Failed { key: String, why: String },
}

/// Sends what was found and is not there.
pub(crate) async fn upload(store: &Store, findings: Findings, asked: &Asked) -> Result<Summary> {
    let collections = findings.files.iter().filter_map(|found| found.key.split('/').next().map(str::to_owned));
    let there = listed(store, collections.collect()).await?;
    bring(store, there, findings, asked).await
}

/// Brings the bucket to where the findings are, from what was seen in it before they were found.
async fn bring(store: &Store, there: Vec<Listed>, findings: Findings, asked: &Asked) -> Result<Summary> {
    if let Some(link) = &findings.dead_link
        && asked.delete
        && findings.covers.iter().any(|cover| cover.by_date)
    {
        bail!(
            "`{}` is a link that leads nowhere, so nothing was done: its photos went into albums by their dates, and \
             `--delete` cannot tell them from others. Bring back what it leads to, or remove it",
            link.display()
        );
    }
    let total = findings.files.iter().map(|found| found.bytes).sum();
    let there = without_left_out(there, &findings);
    let (deletions, steps): (Vec<Step>, Vec<Step>) = plan(findings.files, there, &findings.covers, asked.delete)?
        .into_iter()
        .partition(|s| matches!(s, Step::Delete(_)));
    let progress = if asked.quiet || asked.dry_run { ProgressBar::hidden() } else { bar(total) };
    let way = Way::new(store, Pace::new(asked.limit), &progress, asked.parallel);

    let mut summary = Summary { left_out: findings.left_out, ..Summary::default() };
    let mut gone: BTreeMap<String, Listed> = BTreeMap::new();
    let mut interrupt = std::pin::pin!(tokio::signal::ctrl_c());
    let mut steps =
        stream::iter(steps).map(|step| take(&way, step, asked.dry_run)).buffer_unordered(asked.parallel.max(1));
    loop {
        tokio::select! {
            pressed = &mut interrupt => {
                pressed.context("cannot listen for Ctrl-C")?;
                summary.interrupted = true;
                break;
            }
            done = steps.next() => match done {
                Some(done) => gone.extend(summary.note(done)),
                None => break,
            }
        }
    }
    drop(steps);
    progress.finish_and_clear();
    // Nothing is deleted before everything else is where it belongs.
    if !summary.interrupted && summary.failed.is_empty() {
        for step in deletions {
            if let Step::Delete(listed) = step
                && !gone.contains_key(&listed.path)
            {
                summary.deleted.push(listed.path.clone());
                gone.insert(listed.path.clone(), listed);
            }
        }
    }
    // What was moved lies under its new key, whatever else failed, and no later run would see that it was moved.
    let removals = gone.values().filter(|_| !asked.dry_run).map(|listed| remove(store, listed, &findings.covers));
    let mut removals = stream::iter(removals).buffer_unordered(asked.parallel.max(1));
    while let Some((listed, removed)) = removals.next().await {
        summary.note_removal(&listed.path, removed);
    }
    summary.uploaded.sort();
    summary.moved.sort();
    summary.changed.sort();
    Ok(summary)
}

/// What is there, but for files that lie in the folders and are left out. Another program has sent those, and they are not
/// gone: they are neither deleted nor moved.
fn without_left_out(mut there: Vec<Listed>, findings: &Findings) -> Vec<Listed> {
    let keys: BTreeSet<&str> = findings.files.iter().map(|found| found.key.as_str()).collect();
    there.retain(|listed| keys.contains(listed.path.as_str()) || !has_file(&findings.covers, &listed.path));
    there
}

fn has_file(covers: &[Cover], key: &str) -> bool {
    covers.iter().any(|cover| cover.has_file(key))
}

/// Removes what has no file any more, or lies elsewhere by now.
async fn remove<'a>(store: &Store, listed: &'a Listed, covers: &[Cover]) -> (&'a Listed, Result<Removed>) {
    // Hours may have passed since it was looked for.
    if has_file(covers, &listed.path) {
        return (listed, Ok(Removed::Changed));
    }
    let removed = store.remove_unchanged(Bucket::Source, &listed.path, &listed.etag).await;
    (listed, removed.map_err(Into::into))
}

/// What lies in these collections; the gallery's settings lie beside them.
async fn listed(store: &Store, collections: BTreeSet<String>) -> Result<Vec<Listed>> {
    let mut there = Vec::new();
    for collection in collections {
        if collection == SETTINGS {
            let named_so = store.list(Bucket::Source, SETTINGS).all().await?;
            there.extend(named_so.into_iter().filter(|listed| listed.path == SETTINGS));
        }
        there.extend(store.list(Bucket::Source, format!("{collection}/")).all().await?);
    }
    Ok(there)
}

async fn take(way: &Way, step: Step, dry_run: bool) -> Done {
    let key = match &step {
        Step::Send(found, _) | Step::Compare(found, _) | Step::Move(found, _) => found.key.clone(),
        Step::Delete(listed) => listed.path.clone(),
    };
    match taken(way, step, dry_run).await {
        Ok(done) => done,
        Err(error) => Done::Failed { key, why: format!("{error:#}") },
    }
}

async fn taken(way: &Way, step: Step, dry_run: bool) -> Result<Done> {
    let (found, when) = match step {
        Step::Send(found, when) => (found, when),
        Step::Compare(found, listed) => {
            // Where S3 tells no MD5 the size has to do.
            if same(&found, &listed).await?.unwrap_or(true) {
                way.is_spared(found.bytes);
                return Ok(Done::Same);
            }
            (found, Condition::Unchanged(listed.etag))
        }
        Step::Move(found, candidates) => {
            for listed in candidates {
                if same(&found, &listed).await? != Some(true) {
                    continue;
                }
                let seen = Seen::listed(way.bucket(), &listed);
                if dry_run || way.copy(&seen, &found.key).await? != Written::Overtaken {
                    way.is_spared(found.bytes);
                    return Ok(Done::Moved { from: listed, to: found.key });
                }
            }
            (found, Condition::New)
        }
        Step::Delete(listed) => bail!("`{}` is not removed before the rest is done", listed.path),
    };
    if !dry_run && way.send(&found, &when).await? == Written::Overtaken {
        bail!("the gallery changed there meanwhile, and was left so: the next run compares it with the file");
    }
    Ok(Done::Sent(found))
}

async fn same(found: &Found, listed: &Listed) -> Result<Option<bool>> {
    let (file, bytes, etag) = (found.file.clone(), found.bytes, listed.etag.clone());
    let matches = tokio::task::spawn_blocking(move || etag::matches(&file, bytes, &etag)).await?;
    matches.with_context(|| format!("cannot read `{}`", found.file.display()))
}

/// A bar for so many bytes.
pub(crate) fn bar(bytes: u64) -> ProgressBar {
    let style = "  {bar:30} {bytes}/{total_bytes}  {bytes_per_sec}  {eta} left";
    let bar = ProgressBar::new(bytes).with_style(ProgressStyle::with_template(style).expect("a template of our own"));
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

impl Summary {
    /// Notes how a step ended; tells what is to be removed for it.
    fn note(&mut self, done: Done) -> Option<(String, Listed)> {
        match done {
            Done::Same => self.unchanged += 1,
            Done::Sent(found) => {
                self.bytes += found.bytes;
                self.uploaded.push(found.key);
            }
            Done::Moved { from, to } => {
                self.moved.push((from.path.clone(), to));
                return Some((from.path.clone(), from));
            }
            Done::Failed { key, why } => self.failed.push((key, why)),
        }
        None
    }

    /// Notes how the removal of a key ended.
    fn note_removal(&mut self, key: &str, removed: Result<Removed>) {
        match removed {
            Ok(Removed::Gone) => return,
            Ok(Removed::Changed) => self.changed.push(key.to_owned()),
            Err(error) => {
                let mut why = format!("{error:#}");
                if let Some((_, to)) = self.moved.iter().find(|(from, _)| from == key) {
                    why = format!(
                        "{why}. It lies at `{to}` as well by now: remove it here with an S3 client, or with the same \
                         command and `--delete`"
                    );
                }
                // What still lies in its old place was copied, and not moved.
                self.moved.retain(|(from, _)| from != key);
                self.failed.push((key.to_owned(), why));
            }
        }
        self.deleted.retain(|deleted| deleted != key);
    }

    fn tell(&self, dry_run: bool) {
        if dry_run {
            self.uploaded.iter().for_each(|key| println!("upload  {key}"));
            self.moved.iter().for_each(|(from, to)| println!("move    {from} -> {to}"));
            self.deleted.iter().for_each(|key| println!("delete  {key}"));
        }
        for (key, why) in &self.failed {
            eprintln!("failed: {key}: {why}");
        }
        let would = if dry_run { "would be " } else { "" };
        let mut parts = vec![format!("{} {would}uploaded ({})", self.uploaded.len(), HumanBytes(self.bytes))];
        for (count, what) in [(self.moved.len(), "moved"), (self.deleted.len(), "deleted")] {
            if count > 0 {
                parts.push(format!("{count} {would}{what}"));
            }
        }
        parts.push(there_already(self.unchanged));
        if !self.failed.is_empty() {
            parts.push(format!("{} failed", self.failed.len()));
        }
        println!("{}.", parts.join(", "));
        let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
        for left in &self.left_out {
            *reasons.entry(left.why.as_str()).or_default() += 1;
        }
        for (why, count) in reasons {
            println!("  {count} left out: {why}");
        }
        if let Some(first) = self.changed.first() {
            println!(
                "{} or came back meanwhile and not removed, the first is `{first}`: the same command again looks anew.",
                counted(self.changed.len(), "file was changed", "files were changed")
            );
        }
        if self.interrupted {
            println!("Stopped. The same command again goes on where this one stopped.");
        }
    }
}

#[cfg(test)]
mod tests;
