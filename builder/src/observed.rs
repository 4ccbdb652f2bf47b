//! What a build looked at, so that it can tell in the end whether that is still so.

use std::collections::BTreeMap;

use futures::{StreamExt, TryStreamExt, stream};
use gallery::{AlbumPath, Bucket, FolderPath, Key, PhotoId, Store, StoreError};

use crate::catalogue::{Described, FactsDigest, Version};
use crate::look::{self, Record};
use crate::metadata::Metadata;

/// How many objects a page of a listing holds.
const A_PAGE: usize = 1_000;

/// How much is looked at at once.
const AT_ONCE: usize = 16;

/// Facts and metadata, each in the version that was seen last.
#[derive(Debug, Default)]
pub(crate) struct Observations {
    /// Albums whose facts were listed, with a digest of the listing.
    listed: BTreeMap<AlbumPath, String>,
    /// Single facts; `None` when there were none.
    read: BTreeMap<(AlbumPath, PhotoId), Option<String>>,
    described: BTreeMap<FolderPath, Option<Version>>,
}

impl Observations {
    /// All facts of an album were listed.
    pub(crate) fn listed(&mut self, album: &AlbumPath, listed: &BTreeMap<PhotoId, String>) {
        self.listed.insert(album.clone(), digest(listed));
    }

    /// These photos were looked for, and these records found.
    pub(crate) fn read(&mut self, album: &AlbumPath, photos: &[PhotoId], found: &[Record]) {
        for photo in photos {
            let etag = found.iter().find(|record| record.photo == *photo).map(|record| record.etag.clone());
            self.read.insert((album.clone(), *photo), etag);
        }
    }

    /// A folder's metadata was looked at.
    pub(crate) fn described(&mut self, folder: &FolderPath, described: &Described<Metadata>) {
        self.described.insert(folder.clone(), described.version.clone());
    }

    /// Whether everything is still as it was. `facts` is how many there are in the whole gallery, if somebody counted.
    pub(crate) async fn still_hold(&self, store: &Store, facts: Option<usize>) -> Result<bool, StoreError> {
        let mut listed = Vec::new();
        if facts.is_some_and(|facts| facts / A_PAGE < self.listed.len()) {
            if !self.are_listed(store).await? {
                return Ok(false);
            }
        } else {
            listed.extend(self.listed.iter().map(|(album, seen)| is_listed(store, album, seen)));
        }
        let read: Vec<_> =
            self.read.iter().map(|((album, photo), seen)| is_there(store, album, *photo, seen.as_ref())).collect();
        let described: Vec<_> =
            self.described.iter().map(|(folder, seen)| is_described(store, folder, seen.as_ref())).collect();
        Ok(all(listed).await? && all(read).await? && all(described).await?)
    }
}

impl Observations {
    /// The same of the albums whose facts were listed, by listing those of all albums: a request for a thousand of them
    /// instead of one for each album.
    async fn are_listed(&self, store: &Store) -> Result<bool, StoreError> {
        let mut found: BTreeMap<AlbumPath, FactsDigest> =
            self.listed.keys().map(|album| (album.clone(), FactsDigest::default())).collect();
        let mut pages = store.list(Bucket::Resized, "facts/");
        while let Some(page) = pages.next().await? {
            for object in page {
                if let Some(Key::Facts(album, photo)) = Key::parse(Bucket::Resized, &object.path)
                    && let Some(digest) = found.get_mut(&album)
                {
                    digest.add(photo, &object.etag);
                }
            }
        }
        Ok(found.into_iter().all(|(album, digest)| self.listed.get(&album) == Some(&digest.finish())))
    }
}

async fn all(looks: Vec<impl Future<Output = Result<bool, StoreError>>>) -> Result<bool, StoreError> {
    stream::iter(looks).buffer_unordered(AT_ONCE).try_all(|same| async move { same }).await
}

async fn is_listed(store: &Store, album: &AlbumPath, seen: &str) -> Result<bool, StoreError> {
    Ok(digest(&look::listed_facts(store, album).await?) == *seen)
}

async fn is_there(store: &Store, album: &AlbumPath, photo: PhotoId, seen: Option<&String>) -> Result<bool, StoreError> {
    let path = Key::Facts(album.clone(), photo).path();
    Ok(store.look(Bucket::Resized, &path).await?.map(|listed| listed.etag).as_ref() == seen)
}

async fn is_described(store: &Store, folder: &FolderPath, seen: Option<&Version>) -> Result<bool, StoreError> {
    let found = store.look(Bucket::Source, &Key::Metadata(folder.clone()).path()).await?;
    let version = found.map(|found| Version { etag: found.etag, modified: found.modified });
    Ok(version.as_ref() == seen)
}

fn digest(listed: &BTreeMap<PhotoId, String>) -> String {
    let mut digest = FactsDigest::default();
    for (photo, etag) in listed {
        digest.add(*photo, etag);
    }
    digest.finish()
}
