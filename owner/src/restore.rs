//! `heirloom restore`: what `heirloom backup` copied, back into a gallery, empty or not.
//!
//! Every file is compared with its checksum before it is sent, and S3's word with what was sent. What the gallery has is
//! left alone: another version only gives way to `--overwrite`, and nothing is removed without `--delete`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use futures::{StreamExt, stream};
use gallery::store::{Condition, Listed, Removed, Written};
use gallery::{Bucket, Key, Store};
use indicatif::{HumanBytes, ProgressBar};
use jiff::Timestamp;
use local::machine::Settings;
use login::audit::{Event, Record};
use login::users::Restored;
use login::{Audit, Cost, Hasher, User, Users};
use serde::Serialize;

use crate::Interrupted;
use crate::backup::manifest::{Kept, Manifest, way_without};
use crate::backup::{fetch, people};
use crate::cli::{Place, Restore};
use crate::reach::Reached;
use crate::tell::{counted, there_already};
use crate::upload::etag;
use crate::upload::find::{Found, written};
use crate::upload::pace::Pace;
use crate::upload::send::Way;

/// Does what `heirloom restore` asks.
pub(crate) async fn run(command: Restore) -> Result<()> {
    let root = command.folder.as_path();
    ensure!(root.is_dir(), "there is no folder `{}`", root.display());
    let upload = way_without(root);
    let manifest = Manifest::read(root, &format!("the photos alone are sent by {upload}"))?.with_context(|| {
        format!("`{}` holds no manifest.json of `heirloom backup`: plain folders are sent by {upload}", root.display())
    })?;
    if command.delete {
        let folder = root.display();
        let all =
            "so that `--delete` would remove what was not copied: run it to its end first, or leave `--delete` away";
        ensure!(manifest.finished.is_some(), "no `heirloom backup {folder}` ever came to its end, {all}");
        ensure!(!manifest.files.is_empty(), "`{folder}` holds no original: `--delete` would remove all there are");
    }
    let earlier = only_earlier(root, &manifest);
    let summary = if command.dry_run && is_new(&command)?.is_some() {
        all(&command, &manifest)?
    } else {
        if let Some(folder) = is_new(&command)? {
            begin(&folder)?;
        }
        let reached = Reached::in_folder(&command.data).await?;
        let summary = Box::pin(restore(reached.store(), &command, manifest)).await;
        reached.close().await;
        summary?
    };
    if command.json {
        println!("{}", serde_json::to_string(&summary)?);
    } else {
        summary.tell(command.dry_run);
    }
    if summary.interrupted {
        return Err(Interrupted.into());
    }
    ensure!(
        summary.failed.is_empty(),
        "not everything was restored: mend what is named above and run the command again"
    );
    if let Some(folder) = earlier {
        bail!(
            "`{}` holds no original, only what was deleted or replaced in the gallery: `heirloom upload \"{}\"` sends what \
             was put there last",
            root.display(),
            folder.display()
        );
    }
    Ok(())
}

/// The last folder of a copy's `earlier` with an original in it, when the copy has none elsewhere.
fn only_earlier(root: &Path, manifest: &Manifest) -> Option<PathBuf> {
    let mut originals = manifest.earlier.iter().filter(|(_, earlier)| earlier.key != people::FILE);
    let (file, _) = originals.next_back().filter(|_| manifest.files.is_empty())?;
    Some(root.join(file.split('/').take(2).collect::<PathBuf>()))
}

/// The folder on this machine that the gallery is to be in, when nothing is there yet.
fn is_new(command: &Restore) -> Result<Option<PathBuf>> {
    let Place::Folder(folder) = command.data.place()? else { return Ok(None) };
    match std::fs::read_dir(&folder) {
        Ok(mut entries) => Ok(entries.next().is_none().then_some(folder)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Some(folder)),
        Err(error) => Err(error).with_context(|| format!("cannot read `{}`", folder.display())),
    }
}

/// Makes a gallery with nothing in it, as the first `heirloom serve` does.
fn begin(folder: &Path) -> Result<()> {
    let settings = Settings::new(folder);
    settings.make_folder().context("cannot make a gallery")?;
    settings.credentials().context("cannot make a gallery")?;
    Ok(())
}

/// What would be restored where nothing is.
fn all(command: &Restore, manifest: &Manifest) -> Result<Summary> {
    let people = if command.without_people { people::People::default() } else { people::read(&command.folder)? };
    let users = people.records.keys().filter_map(|path| match Key::parse(Bucket::Auth, path) {
        Some(Key::User(name)) => Some(name.to_string()),
        _ => None,
    });
    Ok(Summary {
        restored: manifest.files.keys().cloned().collect(),
        bytes: manifest.files.values().map(|kept| kept.bytes).sum(),
        people: users.collect(),
        ..Summary::default()
    })
}

/// What became of everything.
#[derive(Debug, Default, Serialize)]
struct Summary {
    /// Keys.
    restored: Vec<String>,
    /// How many bytes those are.
    bytes: u64,
    /// How many were there already.
    unchanged: usize,
    /// Keys that the gallery has in another version, which stayed.
    differing: Vec<String>,
    /// Keys that only the gallery had.
    deleted: Vec<String>,
    /// Keys that were to be removed, and hold something else by now, which stays.
    changed: Vec<String>,
    /// Viewers who are back.
    people: Vec<String>,
    /// Viewers whom the gallery has otherwise, who stayed as they are.
    people_differing: Vec<String>,
    /// Key, reason.
    failed: Vec<(String, String)>,
    interrupted: bool,
}

/// How one file ended.
enum Done {
    Same,
    Differs,
    Sent(u64),
}

async fn restore(store: &Store, command: &Restore, manifest: Manifest) -> Result<Summary> {
    let mut summary = Summary::default();
    let there = store.list(Bucket::Source, "").all().await?;
    let there: BTreeMap<String, Listed> = there.into_iter().map(|listed| (listed.path.clone(), listed)).collect();
    let kept: BTreeSet<String> = manifest.files.keys().cloned().collect();
    let total = manifest.files.values().map(|kept| kept.bytes).sum();
    let quiet = command.json || command.dry_run;
    let progress = if quiet { ProgressBar::hidden() } else { crate::upload::bar(total) };
    let way = Way::new(store, Pace::new(None), &progress, command.parallel);
    // A disk may have lost what the listing still knows. S3 looks after its own, and to read it from outside costs.
    let reads = command.overwrite && matches!(command.data.place()?, Place::Folder(_));

    let mut interrupt = std::pin::pin!(tokio::signal::ctrl_c());
    let mut steps = stream::iter(manifest.files)
        .map(|(key, kept)| {
            let (way, there) = (&way, there.get(&key));
            async move {
                let damaged = match there {
                    Some(listed) if reads && listed.bytes == kept.bytes => {
                        !fetch::sum_there(store, listed).await.is_ok_and(|sum| sum == kept.sha256)
                    }
                    _ => false,
                };
                let outcome = put_back(way, command, &key, &kept, there, damaged).await;
                (key, outcome)
            }
        })
        .buffer_unordered(command.parallel.max(1));
    loop {
        let next = tokio::select! {
            pressed = &mut interrupt => {
                pressed.context("cannot listen for Ctrl-C")?;
                summary.interrupted = true;
                break;
            }
            next = steps.next() => next,
        };
        let Some((key, outcome)) = next else { break };
        match outcome {
            Ok(Done::Same) => summary.unchanged += 1,
            Ok(Done::Differs) => summary.differing.push(key),
            Ok(Done::Sent(bytes)) => {
                summary.bytes += bytes;
                summary.restored.push(key);
            }
            Err(error) => summary.failed.push((key, format!("{error:#}"))),
        }
    }
    drop(steps);
    progress.finish_and_clear();
    summary.restored.sort();
    summary.differing.sort();
    // Nothing is removed, and nobody let in, before everything else is where it belongs.
    if summary.interrupted || !summary.failed.is_empty() {
        return Ok(summary);
    }
    if command.delete {
        for (key, listed) in there.into_iter().filter(|(key, _)| !kept.contains(key)) {
            if !command.dry_run
                && store.remove_unchanged(Bucket::Source, &listed.path, &listed.etag).await? == Removed::Changed
            {
                summary.changed.push(key);
            } else {
                summary.deleted.push(key);
            }
        }
    }
    if !command.without_people {
        bring_people(store, command, &mut summary).await?;
    }
    Ok(summary)
}

/// Sends a file, unless the gallery has it. `damaged` when what the gallery has was read, and has other bytes.
async fn put_back(
    way: &Way,
    command: &Restore,
    key: &str,
    kept: &Kept,
    there: Option<&Listed>,
    damaged: bool,
) -> Result<Done> {
    let file = command.folder.join(&kept.file);
    ensure!(is_inside(&kept.file), "the manifest names `{}`, which is not in the copy", kept.file);
    if let Some(listed) = there {
        // The same object as when it was copied, or one of the same bytes.
        let unchanged = listed.bytes == kept.bytes && (listed.etag == kept.etag || is(&file, listed).await?);
        if unchanged && !damaged {
            way.is_spared(kept.bytes);
            return Ok(Done::Same);
        }
        if !command.overwrite {
            way.is_spared(kept.bytes);
            return Ok(Done::Differs);
        }
    }
    let written = written(&file);
    let read = file.clone();
    let sum = tokio::task::spawn_blocking(move || fetch::sum(&read)).await?;
    let sum = sum.with_context(|| format!("cannot read `{}`", file.display()))?;
    ensure!(
        sum == kept.sha256,
        "`{}` is damaged: its checksum is no longer the recorded one. `heirloom backup --check` fetches it again from a \
         gallery that still has it",
        file.display()
    );
    if command.dry_run {
        return Ok(Done::Sent(kept.bytes));
    }
    let when = Condition::since(there.map(|listed| listed.etag.as_str()));
    match way.send(&Found { file, key: key.to_owned(), bytes: kept.bytes, written }, &when).await? {
        Written::Stored(_) => Ok(Done::Sent(kept.bytes)),
        Written::Overtaken if command.overwrite => {
            bail!("it was changed in the gallery meanwhile, and stays: the same command again brings the copy's")
        }
        Written::Overtaken => Ok(Done::Differs),
    }
}

/// Whether an object has a file's bytes, as far as its `ETag` tells.
async fn is(file: &Path, listed: &Listed) -> Result<bool> {
    let (read, bytes, etag) = (PathBuf::from(file), listed.bytes, listed.etag.clone());
    let matches = tokio::task::spawn_blocking(move || etag::matches(&read, bytes, &etag)).await?;
    Ok(matches.ok().flatten() == Some(true))
}

fn is_inside(file: &str) -> bool {
    file.split('/').all(|name| !name.is_empty() && name != "." && name != "..")
}

/// Viewers first, then what only means something for them.
async fn bring_people(store: &Store, command: &Restore, summary: &mut Summary) -> Result<()> {
    let people = people::read(&command.folder)?;
    let users = Users::new(store.clone(), Hasher::new(Cost::RECOMMENDED), "Heirloom");
    let audit = Audit::new(store.clone());
    let now = Timestamp::now();
    let mut back = BTreeSet::new();
    for (path, record) in &people.records {
        let Some(Key::User(name)) = Key::parse(Bucket::Auth, path) else { continue };
        let read = serde_json::from_value::<User>(record.clone()).context("people.json");
        let user = match read {
            Ok(user) if user.name == name => user,
            Ok(_) => {
                summary.failed.push((path.clone(), "people.json names somebody else there".to_owned()));
                continue;
            }
            Err(error) => {
                summary.failed.push((path.clone(), format!("{error:#}")));
                continue;
            }
        };
        if command.dry_run {
            match users.find(&name).await? {
                None => summary.people.push(name.to_string()),
                Some(known) if known.is_let_in_as(&user) => {}
                Some(_) if command.overwrite => summary.people.push(name.to_string()),
                Some(_) => summary.people_differing.push(name.to_string()),
            }
            continue;
        }
        match users.restore(user, command.overwrite, now).await? {
            Restored::Same => {
                back.insert(name);
            }
            Restored::Back => {
                audit.record(&Record::by_owner(Event::ViewerAdded, Some(name.clone()), now)).await?;
                summary.people.push(name.to_string());
                back.insert(name);
            }
            Restored::Kept => summary.people_differing.push(name.to_string()),
        }
    }
    for (path, record) in people.records {
        let Some(key @ (Key::Device(..) | Key::Invitation(_))) = Key::parse(Bucket::Auth, &path) else { continue };
        let viewer = match &key {
            Key::Device(viewer, _) => Some(viewer.to_string()),
            _ => record.get("viewer").and_then(|name| name.as_str()).map(str::to_owned),
        };
        let is_back = viewer.is_some_and(|viewer| back.iter().any(|name| name.as_str() == viewer));
        if is_back {
            // What is there is newer.
            let (Written::Stored(_) | Written::Overtaken) = store.write_json(&key, &record, Condition::New).await?;
        }
    }
    Ok(())
}

impl Summary {
    fn tell(&self, dry_run: bool) {
        if dry_run {
            self.restored.iter().for_each(|key| println!("restore {key}"));
            self.deleted.iter().for_each(|key| println!("delete  {key}"));
            self.people.iter().for_each(|name| println!("let in  {name}"));
        }
        for (key, why) in &self.failed {
            eprintln!("failed: {key}: {why}");
        }
        let would = if dry_run { "would be " } else { "" };
        let mut parts = vec![format!("{} {would}restored ({})", self.restored.len(), HumanBytes(self.bytes))];
        parts.push(there_already(self.unchanged));
        if !self.deleted.is_empty() {
            parts.push(format!("{} {would}deleted", self.deleted.len()));
        }
        if !self.people.is_empty() {
            parts.push(format!("{} {would}let in", counted(self.people.len(), "viewer", "viewers")));
        }
        if !self.failed.is_empty() {
            parts.push(format!("{} failed", self.failed.len()));
        }
        println!("{}.", parts.join(", "));
        if !self.differing.is_empty() {
            println!(
                "{} in the gallery in another version, the first is `{}`: `--overwrite` brings the copy's.",
                counted(self.differing.len(), "file is", "files are"),
                self.differing[0]
            );
        }
        if let Some(first) = self.changed.first() {
            println!(
                "{} in the gallery meanwhile and not removed, the first is `{first}`: the same command again looks anew.",
                counted(self.changed.len(), "file was changed", "files were changed")
            );
        }
        if !self.people_differing.is_empty() {
            println!(
                "The gallery has these viewers otherwise: {}. `--overwrite` brings the copy's.",
                self.people_differing.join(", ")
            );
        }
        if self.interrupted {
            println!("Stopped. The same command again goes on where this one stopped.");
        }
    }
}

#[cfg(test)]
mod tests;
