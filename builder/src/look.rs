//! Looking at the buckets: the facts, the metadata and the catalogues of one album.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt, TryStreamExt, stream};
use gallery::store::Object;
use gallery::{AlbumPath, Bucket, Facts, FolderPath, Key, PhotoId, Slug, Store, StoreError};

use crate::catalogue::{Catalogue, Described, Summary, Version};
use crate::metadata;
use crate::publish::kept;

/// How many objects are read at once.
const AT_ONCE: usize = 16;

/// The facts of an album, each with its `ETag`.
pub(crate) async fn listed_facts(store: &Store, album: &AlbumPath) -> Result<BTreeMap<PhotoId, String>, StoreError> {
    let mut listed = BTreeMap::new();
    let mut pages = store.list_flat(Bucket::Resized, format!("facts/{album}/"));
    while let Some(page) = pages.next().await? {
        for object in page {
            if let Some(Key::Facts(_, photo)) = Key::parse(Bucket::Resized, &object.path) {
                listed.insert(photo, object.etag);
            }
        }
    }
    Ok(listed)
}

/// A photo's record as read.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) photo: PhotoId,
    pub(crate) etag: String,
    /// The facts, or why they cannot be used.
    pub(crate) facts: Result<Facts, String>,
}

/// Reads the facts of these photos; those that are gone meanwhile are left out.
pub(crate) async fn read_facts(
    store: &Store,
    album: &AlbumPath,
    photos: Vec<PhotoId>,
) -> Result<Vec<Record>, StoreError> {
    let reads = photos.into_iter().map(|photo| async move {
        let read = store.read(&Key::Facts(album.clone(), photo)).await?;
        Ok(read.map(|object| record(album, photo, &object)))
    });
    let records: Vec<_> = stream::iter(reads).buffer_unordered(AT_ONCE).try_collect().await?;
    Ok(records.into_iter().flatten().collect())
}

fn record(album: &AlbumPath, photo: PhotoId, object: &Object) -> Record {
    let facts =
        Facts::from_json(&object.bytes).map_err(|e| format!("its record cannot be read: {e}")).and_then(|facts| {
            let belongs = facts.source_key().is_some_and(|s| s.folder().album() == *album && s.photo() == photo);
            if belongs { Ok(facts) } else { Err("its record speaks of another photo".to_owned()) }
        });
    Record { photo, etag: object.etag.clone(), facts }
}

/// What the owner says of a folder now. A file that cannot be read leaves the last values as they were.
pub(crate) async fn described(store: &Store, folder: &FolderPath, last: &Described) -> Result<Described, StoreError> {
    let key = Key::Metadata(folder.clone());
    let Some(found) = store.look(Bucket::Source, &key.path()).await? else { return Ok(Described::default()) };
    let version = Version { etag: found.etag, modified: found.modified };
    if last.version.as_ref() == Some(&version) {
        return Ok(last.clone());
    }
    let broken =
        |version, problem| Described { version: Some(version), values: last.values.clone(), problem: Some(problem) };
    if found.bytes > metadata::MAX_BYTES {
        return Ok(broken(version, metadata::too_long(found.bytes)));
    }
    let Some(object) = store.read(&key).await? else { return Ok(Described::default()) };
    let version = Version { etag: object.etag, modified: object.modified };
    Ok(match metadata::read(&object.bytes) {
        Ok(values) => Described { version: Some(version), values, problem: None },
        Err(problem) => broken(version, problem),
    })
}

/// The albums right inside one that have a catalogue, by listing. For when the album's own catalogue is not there.
pub(crate) async fn children(store: &Store, album: &AlbumPath) -> Result<BTreeSet<Slug>, StoreError> {
    let mut found = BTreeSet::new();
    let mut pages = store.list(Bucket::Web, format!("catalogue/albums/{album}/"));
    let depth = album.slugs().len();
    while let Some(page) = pages.next().await? {
        for object in page {
            if let Some(Key::AlbumCatalogue(inside)) = Key::parse(Bucket::Web, &object.path)
                && inside.slugs().len() == depth + 1
            {
                found.insert(inside.slug().clone());
            }
        }
    }
    Ok(found)
}

/// The summaries of these children as their catalogues are now.
pub(crate) async fn summaries(
    store: &Store,
    album: &AlbumPath,
    slugs: impl IntoIterator<Item = &Slug>,
) -> Result<BTreeMap<Slug, Option<Summary>>, StoreError> {
    let reads = slugs.into_iter().map(|slug| {
        let key = Key::AlbumCatalogue(album.child(slug));
        let slug = slug.clone();
        async move { Ok((slug, stored_catalogue(store, &key).await?.map(|(value, etag)| Summary::of(&value, &etag)))) }
    });
    let reads: Vec<_> = reads.collect();
    stream::iter(reads).buffer_unordered(AT_ONCE).try_collect().await
}

/// A catalogue with its `ETag`.
pub(crate) async fn stored_catalogue(store: &Store, key: &Key) -> Result<Option<(Catalogue, String)>, StoreError> {
    let kept = kept(store, key).await?;
    Ok(kept.value.zip(kept.etag))
}
