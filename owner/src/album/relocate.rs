//! A folder moved inside the bucket.
//!
//! First everything is copied (S3 does it, with what it keeps about each object), then everything is looked at in its new
//! place, and only then is the old removed, each object under the condition that it is what was copied. So at every
//! moment each photo is in one place at least, and the same command goes on after a crash.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail, ensure};
use aws_sdk_s3::types::CompletedPart;
use futures::{StreamExt, TryStreamExt, stream};
use gallery::keys::{METADATA, SETTINGS};
use gallery::store::{Condition, Listed, Removed, Written};
use gallery::{Bucket, CollectionSlug, FolderPath, Scope, SourceKey, Store};
use login::{Cost, Hasher, Users};
use serde::Serialize;

use crate::tell::counted;
use crate::upload::complete::complete;
use crate::upload::copy::{copy, source};

/// How many objects are under way at once.
const AT_ONCE: usize = 8;

/// S3 copies at most so many bytes in one go (AWS, "Copying objects").
const IN_ONE_GO: u64 = 5 << 30;

/// The parts of what is larger.
const PART: u64 = 1 << 30;

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
            Some(_) => bail!("`{key}` is there already, and it is not `{}`: nothing was moved", listed.path),
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
    let removals = steps.iter().map(|(listed, _)| remove(store, listed));
    let changed: Vec<Option<&str>> = stream::iter(removals).buffer_unordered(AT_ONCE).try_collect().await?;
    if let Some(key) = changed.into_iter().flatten().next() {
        bail!("`{key}` was changed while it was moved: both are kept. Run the same command again to see to it");
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
    let copied = if listed.bytes < IN_ONE_GO {
        copy(store, store.name(Bucket::Source), &listed.path, &listed.etag, key).await
    } else {
        carry_in_parts(store, listed, key).await
    };
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

async fn carry_in_parts(store: &Store, listed: &Listed, key: &str) -> Result<Written> {
    let (client, bucket) = (store.client(), store.name(Bucket::Source));
    let source = source(bucket, &listed.path);
    let head = client.head_object().bucket(bucket).key(&listed.path).send().await?;
    let begun = client.create_multipart_upload().bucket(bucket).key(key);
    let begun = begun.set_content_type(head.content_type).set_metadata(head.metadata).send().await?;
    let upload = begun.upload_id.context("S3 named no upload")?;
    let mut parts = Vec::new();
    for (index, start) in (0..listed.bytes).step_by(PART as usize).enumerate() {
        let number = i32::try_from(index + 1).context("too many parts")?;
        let end = listed.bytes.min(start + PART) - 1;
        let part = client.upload_part_copy().bucket(bucket).key(key).upload_id(&upload).part_number(number);
        let part = part.copy_source(&source).copy_source_if_match(&listed.etag);
        let copied = part.copy_source_range(format!("bytes={start}-{end}")).send().await?;
        let etag = copied.copy_part_result.and_then(|result| result.e_tag);
        parts.push(CompletedPart::builder().part_number(number).set_e_tag(etag).build());
    }
    complete(client, bucket, key, &upload, parts, &Condition::New).await
}

/// Removes what was copied; names what has become something else meanwhile, which stays.
async fn remove<'a>(store: &Store, listed: &'a Listed) -> Result<Option<&'a str>> {
    let removed = store.remove_unchanged(Bucket::Source, &listed.path, &listed.etag).await?;
    Ok((removed == Removed::Changed).then_some(listed.path.as_str()))
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
