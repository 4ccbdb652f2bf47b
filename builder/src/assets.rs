//! The files that every page needs, embedded by the build script: the stylesheet, the scripts, the pictures.

use futures::{StreamExt, TryStreamExt, stream};
use gallery::keys::PublicFile;
use gallery::{Bucket, Condition, Key, StoreError};

use crate::{Builder, pages};

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

impl Builder {
    /// Publishes the assets, `robots.txt`, `favicon.ico`, the service worker and the page for what is not there; only what differs is
    /// written. Assets of earlier versions stay, for the pages that viewers have open.
    pub async fn publish_assets(&self) -> Result<(), StoreError> {
        let there = self.store.list(Bucket::Web, "assets/").all().await?;
        let missing = ASSETS.iter().filter(|asset| {
            let path = Key::Asset(asset.name.to_owned()).path();
            !there.iter().any(|listed| listed.path == path && listed.bytes == asset.bytes.len() as u64)
        });
        let files = [
            (Key::Public(PublicFile::Robots), ROBOTS.as_bytes().to_vec()),
            (Key::Public(PublicFile::Favicon), FAVICON.to_vec()),
            (Key::Public(PublicFile::ServiceWorker), WORKER.to_vec()),
            (Key::NotFoundPage, pages::not_found().into_bytes()),
        ];
        let missing: Vec<_> = missing
            .map(|asset| async move {
                let key = Key::Asset(asset.name.to_owned());
                self.store.write(&key, asset.bytes, Condition::Always).await.map(|_| ())
            })
            .collect();
        stream::iter(missing).buffer_unordered(8).try_collect::<()>().await?;
        for (key, bytes) in files {
            let found = self.store.read(&key).await?;
            if found.is_none_or(|object| object.bytes != bytes) {
                self.store.write(&key, bytes, Condition::Always).await?;
            }
        }
        Ok(())
    }
}
