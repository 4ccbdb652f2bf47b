//! A folder moved inside the bucket.
//!
//! First everything is copied (S3 does it, with what it keeps about each object), then everything is looked at in its new
//! place, and only then is the old removed, each object under the condition that it is what was copied. So at every
//! moment each photo is in one place at least, and the same command goes on after a crash.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail, ensure};
use futures::{StreamExt, TryStreamExt, stream};
use gallery::keys::{METADATA, SETTINGS};
use gallery::store::{Listed, Removed, Written};
use gallery::{Bucket, CollectionSlug, FolderPath, Scope, SourceKey, Store};
use login::{Cost, Hasher, Users};
use serde::Serialize;

use crate::tell::counted;
use crate::upload::copy::{Seen, copy};

/// How many objects are under way at once.
const AT_ONCE: usize = 8;

/// What a move came to.
#[derive(Debug, Default, Serialize)]
struct Moved {
    /// From, to.
    #[serde(rename = "moved")]
    files: Vec<(String, String)>,
    /// Viewers who may see the old collection and not the new one.
    lose_sight: Vec<String>,
    /// Viewers who may see the new collection and not the old one.
    gain_sight: Vec<String>,
}

/// Moves all that lies in one folder to another.
pub(super) async fn run(store: &Store, from: &FolderPath, to: &FolderPath, dry_run: bool, json: bool) -> Result<()> {
    ensure!(from != to, "`{from}` is where it is");
    let (old, new) = (format!("{from}/"), format!("{to}/"));
    ensure!(!new.starts_with(&old), "`{to}` lies in `{from}` itself");
    let there: BTreeMap<String, Listed> = listed(store, &new).await?;
    let steps: Vec<(Listed, String)> = listed(store, &old)
        .await?
        .into_values()
        .map(|listed| {
            let key = format!("{new}{}", &listed.path[old.len()..]);
            (listed, key)
        })
        .collect();
    if steps.is_empty() {
        bail!("there is no album `{from}`: `heirloom album list` shows which there are");
    }
    for (listed, key) in &steps {
        ensure!(!key.starts_with(&old), "`{key}` lies in `{from}` itself");
        SourceKey::parse(key).with_context(|| format!("`{}` cannot be moved", listed.path))?;
    }
    // Everything that speaks against it, before anything is done.
    let mut wanted = Vec::new();
    for (listed, key) in &steps {
        match there.get(key) {
            None => wanted.push((listed, key)),
            Some(other) if is_same(store, listed, other).await? => {}
            Some(_) => bail!(
                "`{key}` is there already, and it is not `{}`: nothing was moved. Remove or rename one of the two with \
                 an S3 client, then run the same command again",
                listed.path
            ),
        }
    }
    let mut moved =
        Moved { files: steps.iter().map(|(l, key)| (l.path.clone(), key.clone())).collect(), ..Moved::default() };
    sight(store, from, to, &mut moved).await?;
    if dry_run {
        return tell(&moved, from, to, true, json);
    }
    let copies = wanted.into_iter().map(|(listed, key)| carry(store, listed, key));
    stream::iter(copies).buffer_unordered(AT_ONCE).try_collect::<Vec<()>>().await?;
    let arrived = self::listed(store, &new).await?;
    for (listed, key) in &steps {
        let whole = arrived.get(key).is_some_and(|new| new.bytes == listed.bytes);
        ensure!(whole, "`{key}` did not arrive: nothing was removed, run the same command again");
    }
    let removals = steps.iter().map(|step| remove(store, step));
    let changed: Vec<Option<&(Listed, String)>> =
        stream::iter(removals).buffer_unordered(AT_ONCE).try_collect().await?;
    if let Some((listed, key)) = changed.into_iter().flatten().next() {
        bail!(
            "`{}` was changed while it was moved, and `{key}` is what it was before: both are kept. Remove `{key}` with \
             an S3 client, then run the same command again",
            listed.path
        );
    }
    tell(&moved, from, to, false, json)
}

async fn listed(store: &Store, prefix: &str) -> Result<BTreeMap<String, Listed>> {
    let all = store.list(Bucket::Source, prefix).all().await?;
    Ok(all.into_iter().map(|listed| (listed.path.clone(), listed)).collect())
}

/// How much of two objects is compared at once.
const PIECE: u64 = 8 << 20;

/// Whether two objects hold the same bytes. What came in parts has another `ETag` once it was copied: then they are read.
async fn is_same(store: &Store, a: &Listed, b: &Listed) -> Result<bool> {
    if a.bytes != b.bytes || a.etag == b.etag {
        return Ok(a.bytes == b.bytes);
    }
    if !a.etag.contains('-') && !b.etag.contains('-') {
        return Ok(false);
    }
    let mut at = 0;
    while at < a.bytes {
        let part = at..a.bytes.min(at + PIECE);
        at = part.end;
        let (one, other) = futures::try_join!(
            store.read_part(Bucket::Source, &a.path, &a.etag, part.clone()),
            store.read_part(Bucket::Source, &b.path, &b.etag, part)
        )?;
        if one.is_none() || one != other {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Copies an object to where nothing was seen.
async fn carry(store: &Store, listed: &Listed, key: &str) -> Result<()> {
    let copied = copy(store, &Seen::listed(store.name(Bucket::Source), listed), key).await;
    if copied.with_context(|| format!("cannot copy `{}` to `{key}`", listed.path))? != Written::Overtaken {
        return Ok(());
    }
    let is_there = match store.look(Bucket::Source, key).await? {
        Some(there) => is_same(store, listed, &there).await?,
        None => false,
    };
    ensure!(
        is_there,
        "`{}` was changed or `{key}` came meanwhile: nothing was removed, run the same command again",
        listed.path
    );
    Ok(())
}

/// Removes what was copied; tells of what has become something else meanwhile, which stays.
async fn remove<'a>(store: &Store, step: &'a (Listed, String)) -> Result<Option<&'a (Listed, String)>> {
    let (listed, _) = step;
    let removed = store.remove_unchanged(Bucket::Source, &listed.path, &listed.etag).await?;
    Ok((removed == Removed::Changed).then_some(step))
}

/// Who will see it no more, and who will see it now.
async fn sight(store: &Store, from: &FolderPath, to: &FolderPath, moved: &mut Moved) -> Result<()> {
    let (old, new): (CollectionSlug, CollectionSlug) = (from.album().collection(), to.album().collection());
    if old == new {
        return Ok(());
    }
    for user in Users::new(store.clone(), Hasher::new(Cost::RECOMMENDED), "Heirloom").list().await? {
        if let Scope::Only(list) = &user.scope {
            match (list.contains(&old), list.contains(&new)) {
                (true, false) => moved.lose_sight.push(user.name.to_string()),
                (false, true) => moved.gain_sight.push(user.name.to_string()),
                _ => {}
            }
        }
    }
    Ok(())
}

fn tell(moved: &Moved, from: &FolderPath, to: &FolderPath, dry_run: bool, json: bool) -> Result<()> {
    if json {
        println!("{}", serde_json::to_string(moved)?);
        return Ok(());
    }
    if dry_run {
        moved.files.iter().for_each(|(from, to)| println!("move    {from} -> {to}"));
    }
    let is_photo = |(from, _): &&(String, String)| !from.ends_with(METADATA) && !from.ends_with(SETTINGS);
    let photos = moved.files.iter().filter(is_photo).count();
    let told = if dry_run {
        counted(photos, "photo would be moved", "photos would be moved")
    } else {
        counted(photos, "photo was moved", "photos were moved")
    };
    println!("{told} from `{from}` to `{to}`.");
    if !moved.lose_sight.is_empty() {
        let who = moved.lose_sight.join(", ");
        println!("They may not see it there: {who}. `heirloom user scope NAME --collections …` changes that.");
    }
    if !moved.gain_sight.is_empty() {
        println!("They may see it there, and could not before: {}.", moved.gain_sight.join(", "));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
