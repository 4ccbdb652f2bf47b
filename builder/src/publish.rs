//! Conditional writing: the records that are kept, and the pages that are published.

use data_encoding::HEXLOWER;
use gallery::store::Written;
use gallery::{Bucket, Condition, Key, Store, StoreError};
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use crate::catalogue::Published;

/// A record as it lies in the bucket.
#[derive(Debug)]
pub(crate) struct Kept<T> {
    /// What it says; `None` when there is none, or none that can be understood.
    pub(crate) value: Option<T>,
    /// Its `ETag`; `None` when there is none.
    pub(crate) etag: Option<String>,
}

/// Reads a record. One that cannot be understood is as good as none: it is made anew from the buckets and replaced.
pub(crate) async fn kept<T: DeserializeOwned>(store: &Store, key: &Key) -> Result<Kept<T>, StoreError> {
    let Some(object) = store.read(key).await? else { return Ok(Kept { value: None, etag: None }) };
    let value = serde_json::from_slice(&object.bytes)
        .inspect_err(|error| tracing::warn!(object = key.path(), %error, "a record cannot be read and is made anew"))
        .ok();
    Ok(Kept { value, etag: Some(object.etag) })
}

/// Makes the page at `key` be `html` and returns what is to be recorded; `None` when another builder was faster.
///
/// `recorded` is what was published last, as far as the record knows. With `check` the page itself is looked at, and
/// replaced when it is not what was recorded; without, a page of the same bytes costs no request.
pub(crate) async fn publish(
    store: &Store,
    key: &Key,
    html: String,
    recorded: Option<&Published>,
    check: bool,
) -> Result<Option<Published>, StoreError> {
    let digest = digest(html.as_bytes());
    let same = recorded.filter(|published| published.digest == digest);
    let found = if check {
        store.look(Bucket::Web, &key.path()).await?.map(|listed| listed.etag)
    } else {
        recorded.map(|published| published.etag.clone())
    };
    if let Some(same) = same
        && found.as_ref() == Some(&same.etag)
    {
        return Ok(Some(same.clone()));
    }
    match store.write(key, html, Condition::since(found.as_deref())).await? {
        Written::Stored(etag) => Ok(Some(Published { digest, etag })),
        Written::Overtaken => Ok(None),
    }
}

/// The first 32 hexadecimal digits of the SHA-256.
pub(crate) fn digest(bytes: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(bytes)[..16])
}
