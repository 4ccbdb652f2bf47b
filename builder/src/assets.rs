//! The files that every page needs, embedded by the build script: the stylesheet, the scripts, the pictures.

use std::sync::LazyLock;

use futures::{StreamExt, TryStreamExt, stream};
use gallery::keys::PublicFile;
use gallery::store::Listed;
use gallery::{Bucket, Condition, Key, Store, StoreError};

use crate::{Builder, pages, publish};

/// One file of the web build.
pub(crate) struct Asset {
    /// Its name in the source, `site.css`.
    pub(crate) logical: &'static str,
    /// Its name on the site, with a hash of its bytes.
    pub(crate) name: &'static str,
    /// Its bytes.
    pub(crate) bytes: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// What `robots.txt` says: nothing here is for robots.
const ROBOTS: &str = "User-agent: *\nDisallow: /\n";

/// The address of an asset.
pub(crate) fn href(logical: &str) -> String {
    let asset = ASSETS.iter().find(|asset| asset.logical == logical);
    format!("/assets/{}", asset.expect("the build script checked the names that pages use").name)
}

/// How the names of marks begin: assets without bytes, which say in their names what was published last.
const MARK: &str = "published-";

impl Builder {
    /// Publishes the assets, `robots.txt`, `favicon.ico`, the service worker and the page for what is not there; only what differs is
    /// written. Assets of earlier versions stay, for the pages that viewers have open.
    pub async fn publish_assets(&self) -> Result<(), StoreError> {
        publish(&self.store).await
    }

    /// Publishes what this version's pages need and is not there yet, beside what the gallery's own version has published: for
    /// whoever makes pages with a program that may be newer than the gallery's.
    pub async fn lay_assets_beside(&self) -> Result<(), StoreError> {
        publish_missing(&self.store, &listed(&self.store).await?).await
    }
}

/// Publishes them all; only what differs is written.
pub(crate) async fn publish(store: &Store) -> Result<(), StoreError> {
    publish_over(store, &listed(store).await?).await
}

/// The same unless a mark says that this very version did so last: one request then.
pub(crate) async fn ensure(store: &Store) -> Result<(), StoreError> {
    let there = listed(store).await?;
    if missing(&there).next().is_none() && marks(&there).eq([mark().path().as_str()]) {
        return Ok(());
    }
    publish_over(store, &there).await
}

async fn listed(store: &Store) -> Result<Vec<Listed>, StoreError> {
    store.list(Bucket::Web, "assets/").all().await
}

async fn publish_missing(store: &Store, there: &[Listed]) -> Result<(), StoreError> {
    let missing: Vec<_> = missing(there)
        .map(|asset| async move {
            let key = Key::Asset(asset.name.to_owned());
            store.write(&key, asset.bytes, Condition::Always).await.map(|_| ())
        })
        .collect();
    stream::iter(missing).buffer_unordered(8).try_collect::<()>().await
}

async fn publish_over(store: &Store, there: &[Listed]) -> Result<(), StoreError> {
    publish_missing(store, there).await?;
    // The former version's mark goes before its files do, so that it never speaks of files that are others.
    let mark = mark();
    for former in marks(there).filter(|path| *path != mark.path()) {
        store.remove_path(Bucket::Web, former).await?;
    }
    for (key, bytes) in files() {
        let found = store.read(&key).await?;
        if found.is_none_or(|object| object.bytes != bytes) {
            store.write(&key, bytes, Condition::Always).await?;
        }
    }
    if !marks(there).any(|path| path == mark.path()) {
        store.write(&mark, "", Condition::Always).await?;
    }
    Ok(())
}

/// The version of the site's own files, as the gallery's record names what was published last.
pub(crate) fn version() -> &'static str {
    static VERSION: LazyLock<String> = LazyLock::new(|| mark().path());
    &VERSION
}

/// The files that have no hash in their names.
fn files() -> [(Key, Vec<u8>); 4] {
    [
        (Key::Public(PublicFile::Robots), ROBOTS.as_bytes().to_vec()),
        (Key::Public(PublicFile::Favicon), FAVICON.to_vec()),
        (Key::Public(PublicFile::ServiceWorker), WORKER.to_vec()),
        (Key::NotFoundPage, pages::not_found().into_bytes()),
    ]
}

/// The assets that are not there.
fn missing(there: &[Listed]) -> impl Iterator<Item = &'static Asset> {
    ASSETS.iter().filter(|asset| {
        let path = Key::Asset(asset.name.to_owned()).path();
        !there.iter().any(|listed| listed.path == path && listed.bytes == asset.bytes.len() as u64)
    })
}

/// The mark of this version.
fn mark() -> Key {
    let digests = files().map(|(_, bytes)| publish::digest(&bytes));
    Key::Asset(format!("{MARK}{}.txt", publish::digest(digests.concat().as_bytes())))
}

/// The paths of the marks that are there.
fn marks(there: &[Listed]) -> impl Iterator<Item = &str> {
    let prefix = Key::Asset(MARK.to_owned()).path();
    there.iter().map(|listed| listed.path.as_str()).filter(move |path| path.starts_with(&prefix))
}
