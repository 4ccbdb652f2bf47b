//! Looking at the buckets: the facts, the metadata and the catalogues of one album.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt, TryStreamExt, stream};
use gallery::store::Object;
use gallery::{AlbumPath, Bucket, Facts, FolderPath, Key, PhotoId, Slug, Store, StoreError};

use crate::catalogue::{Catalogue, ChunkName, Described, Summary, Version};
use crate::metadata::{self, Metadata};
use crate::publish::kept;
use crate::settings::{self, Settings};
use crate::yaml::{self, Problem};

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
pub(crate) async fn described(
    store: &Store,
    folder: &FolderPath,
    last: &Described<Metadata>,
) -> Result<Described<Metadata>, StoreError> {
    said(store, &Key::Metadata(folder.clone()), last, metadata::read).await
}

/// The same of the whole gallery.
pub(crate) async fn settings(store: &Store, last: &Described<Settings>) -> Result<Described<Settings>, StoreError> {
    said(store, &Key::Settings, last, settings::read).await
}

async fn said<T: Clone + Default>(
    store: &Store,
    key: &Key,
    last: &Described<T>,
    read: fn(&[u8]) -> Result<T, Problem>,
) -> Result<Described<T>, StoreError> {
    let Some(found) = store.look(Bucket::Source, &key.path()).await? else { return Ok(Described::default()) };
    let version = Version { etag: found.etag, modified: found.modified };
    if last.version.as_ref() == Some(&version) && !last.is_of_old() {
        return Ok(last.clone());
    }
    let read_as =
        |version, values, problem| Described { edition: yaml::EDITION, version: Some(version), values, problem };
    let broken = |version, problem| read_as(version, last.values.clone(), Some(problem));
    if found.bytes > yaml::MAX_BYTES {
        return Ok(broken(version, yaml::too_long(found.bytes)));
    }
    let Some(object) = store.read(key).await? else { return Ok(Described::default()) };
    let version = Version { etag: object.etag, modified: object.modified };
    Ok(match read(&object.bytes) {
        Ok(values) => read_as(version, values, None),
        Err(problem) => broken(version, problem),
    })
}

/// The `ETags` of an album's pages by name, as they lie there.
pub(crate) async fn pages(store: &Store, album: &AlbumPath) -> Result<BTreeMap<String, String>, StoreError> {
    let mut found = BTreeMap::new();
    if let Some(page) = store.look(Bucket::Web, &Key::AlbumPage(album.clone()).path()).await? {
        found.insert(String::new(), page.etag);
    }
    let mut listing = store.list(Bucket::Web, format!("albums/{album}/~"));
    while let Some(page) = listing.next().await? {
        for object in page {
            if let Some((of, Some(chunk))) = published(&object.path)
                && of == *album
            {
                found.insert(chunk.to_string(), object.etag);
            }
        }
    }
    Ok(found)
}

/// Whose page lies at a path of the web bucket: an album's own, or that of one of its chunks.
pub(crate) fn published(path: &str) -> Option<(AlbumPath, Option<ChunkName>)> {
    let page = path.strip_prefix("albums/")?.strip_suffix("/index.html")?;
    if let Some((album, last)) = page.rsplit_once('/')
        && let Some(chunk) = ChunkName::parse(last)
    {
        return Some((AlbumPath::parse(album).ok()?, Some(chunk)));
    }
    Some((AlbumPath::parse(page).ok()?, None))
}

/// Every album that has a catalogue.
pub(crate) async fn albums(store: &Store) -> Result<Vec<AlbumPath>, StoreError> {
    let mut found = Vec::new();
    let mut pages = store.list(Bucket::Web, "catalogue/albums/");
    while let Some(page) = pages.next().await? {
        found.extend(page.iter().filter_map(|object| match Key::parse(Bucket::Web, &object.path) {
            Some(Key::AlbumCatalogue(album)) => Some(album),
            _ => None,
        }));
    }
    Ok(found)
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
