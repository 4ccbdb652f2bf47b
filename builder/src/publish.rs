//! Conditional writing: the records that are kept, and the pages that are published.

use std::collections::{BTreeMap, BTreeSet};

use data_encoding::HEXLOWER;
use futures::{StreamExt, TryStreamExt, stream};
use gallery::store::Written;
use gallery::{AlbumPath, Condition, Key, Store, StoreError};
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use crate::catalogue::{ChunkName, Pages, Published};

/// A record as it lies in the bucket.
#[derive(Debug)]
pub(crate) struct Kept<T> {
    /// What it says; `None` when there is none, or none that can be understood.
    pub(crate) value: Option<T>,
    /// Its `ETag`; `None` when there is none.
    pub(crate) etag: Option<String>,
}

impl<T> Kept<T> {
    /// There is none.
    pub(crate) fn none() -> Self {
        Self { value: None, etag: None }
    }
}

/// Reads a record. One that cannot be understood is as good as none: it is made anew from the buckets and replaced.
pub(crate) async fn kept<T: DeserializeOwned>(store: &Store, key: &Key) -> Result<Kept<T>, StoreError> {
    let Some(object) = store.read(key).await? else { return Ok(Kept::none()) };
    let value = serde_json::from_slice(&object.bytes)
        .inspect_err(|error| tracing::warn!(object = key.path(), %error, "a record cannot be read and is made anew"))
        .ok();
    Ok(Kept { value, etag: Some(object.etag) })
}

/// Makes the page at `key` be `html` and returns what is to be recorded; `None` when another builder was faster.
///
/// `recorded` is what was published last, as far as the record knows; `there` is the `ETag` of what lies there, as far as
/// anybody looked. A page of the same bytes that lies where it should costs no request.
pub(crate) async fn publish(
    store: &Store,
    key: &Key,
    html: String,
    recorded: Option<&Published>,
    there: Option<&str>,
) -> Result<Option<Published>, StoreError> {
    let digest = digest(html.as_bytes());
    if let Some(same) = recorded.filter(|published| published.digest == digest)
        && there == Some(same.etag.as_str())
    {
        return Ok(Some(same.clone()));
    }
    match store.write(key, html, Condition::since(there)).await? {
        Written::Stored(etag) => Ok(Some(Published { digest, etag })),
        Written::Overtaken => Ok(None),
    }
}

/// How many pages of one album are published at once.
const AT_ONCE: usize = 8;

/// The pages of an album, as they are to be.
pub(crate) struct AlbumPages<'a> {
    pub(crate) album: &'a AlbumPath,
    /// By name.
    pub(crate) html: BTreeMap<String, String>,
    /// What was published last, as far as the record knows.
    pub(crate) recorded: &'a Pages,
    /// The `ETag` of what lies there, by name, as far as anybody looked.
    pub(crate) there: &'a BTreeMap<String, String>,
    /// Names that this builder may have published before, without recording them.
    pub(crate) own: &'a BTreeSet<String>,
    /// Whether pages that nobody recorded are to go. Another builder may be about to record them: whoever removes one
    /// has to look at the whole album again.
    pub(crate) tidy: bool,
}

/// How publishing an album ended.
pub(crate) enum Outcome {
    /// The pages are there, and no others. Whether one went that the record did not know of.
    Published(Pages, bool),
    /// Another builder was faster.
    Overtaken,
}

impl AlbumPages<'_> {
    /// Publishes what differs and removes the rest.
    pub(crate) async fn publish(self, store: &Store) -> Result<Outcome, StoreError> {
        let Self { album, html, recorded, there, own, tidy } = self;
        let may_go = |name: &&String| tidy || own.contains(*name) || recorded.contains_key(*name);
        let gone: Vec<String> = there.keys().filter(|name| !html.contains_key(*name)).filter(may_go).cloned().collect();
        let pages: Vec<_> = html
            .into_iter()
            .filter_map(|(name, html)| Some((page_key(album, &name)?, name, html)))
            .map(|(key, name, html)| async move {
                let there = there.get(&name).map(String::as_str);
                let published = publish(store, &key, html, recorded.get(&name), there).await?;
                Ok::<_, StoreError>(published.map(|published| (name, published)))
            })
            .collect();
        let published: Vec<_> = stream::iter(pages).buffer_unordered(AT_ONCE).try_collect().await?;
        let Some(published) = published.into_iter().collect::<Option<Pages>>() else { return Ok(Outcome::Overtaken) };
        for key in gone.iter().filter_map(|name| page_key(album, name)) {
            store.remove(&key).await?;
        }
        Ok(Outcome::Published(published, gone.iter().any(|name| !recorded.contains_key(name))))
    }
}

/// The `ETags` of pages as a record has them.
pub(crate) fn etags<K: Clone + Ord>(recorded: &BTreeMap<K, Published>) -> BTreeMap<K, String> {
    recorded.iter().map(|(name, page)| (name.clone(), page.etag.clone())).collect()
}

/// Whether somebody else's pages lie there, which no record knows of (yet).
pub(crate) fn has_foreign<K: Ord>(
    there: &BTreeMap<K, String>,
    recorded: &BTreeMap<K, Published>,
    own: &BTreeSet<String>,
) -> bool {
    let known = |name: &K, etag: &String| recorded.get(name).is_some_and(|page| page.etag == *etag);
    let foreign = there.iter().any(|(name, etag)| !known(name, etag) && !own.contains(etag));
    foreign || recorded.keys().any(|name| !there.contains_key(name))
}

/// Where a page of an album lies.
fn page_key(album: &AlbumPath, name: &str) -> Option<Key> {
    if name.is_empty() {
        return Some(Key::AlbumPage(album.clone()));
    }
    Some(Key::AlbumPage(ChunkName::parse(name)?.page(album)))
}

/// The first 32 hexadecimal digits of the SHA-256.
pub(crate) fn digest(bytes: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(bytes)[..16])
}
