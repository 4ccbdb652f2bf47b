//! The one door to S3: typed keys in, bytes and `ETags` out, conditional writes, paged listings.
//!
//! The client is `aws_sdk_s3::Client` everywhere; what it speaks to (Amazon, the embedded server, a test server) is
//! decided by whoever builds it.

mod clock;
mod connect;
mod opened;

use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::EncodingType;
use bytes::Bytes;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use connect::{
    BucketNames, Endpoint, MissingBucketName, amazon, at, client_of, https, surroundings, surroundings_as, unhurried,
};
pub use opened::Opened;

use crate::keys::{Bucket, Key};
use crate::notification;

/// Why S3 did not do what was asked: the verb, the object, the cause.
#[derive(Debug, thiserror::Error)]
#[error("cannot {verb} `{object}`: {cause}")]
pub struct StoreError {
    verb: &'static str,
    object: String,
    cause: String,
}

/// An object's bytes and what S3 says of them.
#[derive(Clone, Debug)]
pub struct Object {
    /// The bytes.
    pub bytes: Bytes,
    /// The `ETag`, quotes included.
    pub etag: String,
    /// When it was written.
    pub modified: Timestamp,
}

/// An object in a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its key, as S3 has it.
    pub path: String,
    /// The `ETag`, quotes included.
    pub etag: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// When it was written.
    pub modified: Timestamp,
}

/// What a write relies on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Nothing: the last writer wins.
    Always,
    /// Nothing is there yet (`If-None-Match: *`).
    New,
    /// What is there is still what was read: this `ETag` (`If-Match`).
    Unchanged(String),
}

impl Condition {
    /// The condition under which what was read may be replaced.
    pub fn since(read: Option<&str>) -> Self {
        read.map_or(Self::New, |etag| Self::Unchanged(etag.to_owned()))
    }

    /// The headers that say so: `If-Match` and `If-None-Match`.
    pub fn headers(&self) -> (Option<String>, Option<String>) {
        match self {
            Self::Always => (None, None),
            Self::New => (None, Some("*".to_owned())),
            Self::Unchanged(etag) => (Some(etag.clone()), None),
        }
    }
}

/// Whether a write was refused because its condition did not hold.
///
/// 412: the condition failed. 409: another conditional write was under way. 404: the object to match is gone (AWS,
/// "Conditional requests").
pub fn is_overtaken<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    matches!(status(error), Some(412 | 409)) || (status(error) == Some(404) && error.code() == Some("NoSuchKey"))
}

/// How a conditional write ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// It is there, with this `ETag`.
    Stored(String),
    /// Somebody else wrote first: read again.
    Overtaken,
}

/// How often an object that is still the same is tried to be removed.
const REMOVALS: usize = 5;

/// How a conditional removal ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removed {
    /// Nothing is there any more.
    Gone,
    /// Something else is there by now, and stays.
    Changed,
}

/// The four buckets, through one client.
#[derive(Clone, Debug)]
pub struct Store {
    client: Client,
    names: BucketNames,
}

impl Store {
    /// A store over buckets of these names.
    pub fn new(client: Client, names: BucketNames) -> Self {
        Self { client, names }
    }

    /// The client itself, for what streams.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// A bucket's name.
    pub fn name(&self, bucket: Bucket) -> &str {
        self.names.name(bucket)
    }

    /// Which of the four a bucket's name means.
    pub fn bucket_called(&self, name: &str) -> Option<Bucket> {
        crate::keys::BUCKETS.into_iter().find(|&b| self.names.name(b) == name)
    }

    /// Reads an object; `None` when there is none.
    pub async fn read(&self, key: &Key) -> Result<Option<Object>, StoreError> {
        self.read_path(key.bucket(), &key.path()).await
    }

    /// Reads an object by its path, for keys that fit no [`Key`].
    pub async fn read_path(&self, bucket: Bucket, path: &str) -> Result<Option<Object>, StoreError> {
        let failed = |cause: String| self.failed("read", bucket, path, cause);
        let answer = self.client.get_object().bucket(self.name(bucket)).key(path).send().await;
        let answer = match answer {
            Ok(answer) => answer,
            // A bucket that is not there is no object that was removed.
            Err(e) if status(&e) == Some(404) && e.code() != Some("NoSuchBucket") => return Ok(None),
            Err(e) => return Err(failed(sentence(&e))),
        };
        let etag = answer.e_tag.clone().unwrap_or_default();
        let modified = timestamp(answer.last_modified.as_ref());
        let bytes = answer.body.collect().await.map_err(|e| failed(e.to_string()))?.into_bytes();
        Ok(Some(Object { bytes, etag, modified }))
    }

    /// Reads a JSON object and its `ETag`; `None` when there is none.
    pub async fn read_json<T: DeserializeOwned>(&self, key: &Key) -> Result<Option<(T, String)>, StoreError> {
        let Some(object) = self.read(key).await? else { return Ok(None) };
        let value = serde_json::from_slice(&object.bytes)
            .map_err(|e| self.failed("understand", key.bucket(), &key.path(), e.to_string()))?;
        Ok(Some((value, object.etag)))
    }

    /// What S3 says of an object without its bytes; `None` when there is none.
    pub async fn look(&self, bucket: Bucket, path: &str) -> Result<Option<Listed>, StoreError> {
        match self.client.head_object().bucket(self.name(bucket)).key(path).send().await {
            Ok(head) => Ok(Some(Listed {
                path: path.to_owned(),
                etag: head.e_tag.clone().unwrap_or_default(),
                bytes: head.content_length.unwrap_or_default().unsigned_abs(),
                modified: timestamp(head.last_modified.as_ref()),
            })),
            Err(e) if status(&e) == Some(404) => Ok(None),
            Err(e) => Err(self.failed("look at", bucket, path, sentence(&e))),
        }
    }

    /// Writes an object with the type and cache policy of its key.
    pub async fn write(&self, key: &Key, bytes: impl Into<Bytes>, when: Condition) -> Result<Written, StoreError> {
        let (bucket, path) = (key.bucket(), key.path());
        let (matching, none_matching) = when.headers();
        let put = self
            .client
            .put_object()
            .bucket(self.name(bucket))
            .key(&path)
            .content_type(key.content_type())
            .cache_control(key.cache_control())
            .set_if_match(matching)
            .set_if_none_match(none_matching)
            .body(ByteStream::from(bytes.into()));
        match put.send().await {
            Ok(answer) => Ok(Written::Stored(answer.e_tag.unwrap_or_default())),
            Err(e) if is_overtaken(&e) => Ok(Written::Overtaken),
            Err(e) => Err(self.failed("write", bucket, &path, sentence(&e))),
        }
    }

    /// Writes a JSON object.
    pub async fn write_json<T: Serialize>(&self, key: &Key, value: &T, when: Condition) -> Result<Written, StoreError> {
        let json =
            serde_json::to_vec(value).map_err(|e| self.failed("write", key.bucket(), &key.path(), e.to_string()))?;
        self.write(key, json, when).await
    }

    /// Writes a JSON object that nobody else can be writing, because something drawn is in it.
    ///
    /// When the answer to a write is lost, the client writes again and is told that somebody was first: it was itself.
    /// What lies there is looked at, and counts as stored when it is this very value.
    pub async fn write_own<T: Serialize>(&self, key: &Key, value: &T, when: Condition) -> Result<Written, StoreError> {
        let written = self.write_json(key, value, when).await?;
        if written != Written::Overtaken {
            return Ok(written);
        }
        let own = serde_json::to_vec(value).unwrap_or_default();
        let there = self.read(key).await?.filter(|there| there.bytes == own);
        Ok(there.map_or(Written::Overtaken, |there| Written::Stored(there.etag)))
    }

    /// Removes an object; no error when there is none.
    pub async fn remove(&self, key: &Key) -> Result<(), StoreError> {
        self.remove_path(key.bucket(), &key.path()).await
    }

    /// Removes an object by its path.
    pub async fn remove_path(&self, bucket: Bucket, path: &str) -> Result<(), StoreError> {
        let answer = self.client.delete_object().bucket(self.name(bucket)).key(path).send().await;
        answer.map(|_| ()).map_err(|e| self.failed("remove", bucket, path, sentence(&e)))
    }

    /// Removes an object if it is still the one with this `ETag` (`If-Match`).
    pub async fn remove_unchanged(&self, bucket: Bucket, path: &str, etag: &str) -> Result<Removed, StoreError> {
        let mut tries = 1;
        loop {
            let remove = self.client.delete_object().bucket(self.name(bucket)).key(path).if_match(etag);
            let Err(error) = remove.send().await else { return Ok(Removed::Gone) };
            if is_overtaken(&error) {
                match self.look(bucket, path).await? {
                    // So it looks as well when it was removed, and the answer was lost.
                    None => return Ok(Removed::Gone),
                    Some(there) if there.etag != etag => return Ok(Removed::Changed),
                    // Another request for it was under way (409), and is over.
                    Some(_) if tries < REMOVALS => {
                        tokio::time::sleep(Duration::from_millis(20 << tries)).await;
                        tries += 1;
                        continue;
                    }
                    Some(_) => {}
                }
            }
            return Err(self.failed("remove", bucket, path, sentence(&error)));
        }
    }

    /// Lists what begins with a prefix, a page at a time, in key order.
    pub fn list(&self, bucket: Bucket, prefix: impl Into<String>) -> Pages<'_> {
        Pages { store: self, bucket, prefix: prefix.into(), flat: false, after: None, next: Next::First }
    }

    /// Lists what lies right under a prefix that ends in `/`, leaving out what lies deeper.
    pub fn list_flat(&self, bucket: Bucket, prefix: impl Into<String>) -> Pages<'_> {
        Pages { store: self, bucket, prefix: prefix.into(), flat: true, after: None, next: Next::First }
    }

    fn failed(&self, verb: &'static str, bucket: Bucket, path: &str, cause: String) -> StoreError {
        StoreError { verb, object: format!("{}/{path}", self.name(bucket)), cause }
    }
}

/// The pages of a listing, at most 1,000 objects each, read one by one.
#[derive(Debug)]
pub struct Pages<'a> {
    store: &'a Store,
    bucket: Bucket,
    prefix: String,
    flat: bool,
    after: Option<String>,
    next: Next,
}

#[derive(Debug)]
enum Next {
    First,
    Token(String),
    End,
}

impl Pages<'_> {
    /// Leaves out what does not come after `path` in key order.
    #[must_use]
    pub fn after(mut self, path: impl Into<String>) -> Self {
        self.after = Some(path.into());
        self
    }

    /// The next page; `None` after the last.
    pub async fn next(&mut self) -> Result<Option<Vec<Listed>>, StoreError> {
        let token = match std::mem::replace(&mut self.next, Next::End) {
            Next::First => None,
            Next::Token(token) => Some(token),
            Next::End => return Ok(None),
        };
        let request = self
            .store
            .client
            .list_objects_v2()
            .bucket(self.store.name(self.bucket))
            .prefix(&self.prefix)
            // XML cannot hold every character of a key: one such key would make the whole answer unreadable.
            .encoding_type(EncodingType::Url)
            .set_delimiter(self.flat.then(|| "/".to_owned()))
            .set_start_after(self.after.clone())
            .set_continuation_token(token.clone());
        let answer =
            request.send().await.map_err(|e| self.store.failed("list", self.bucket, &self.prefix, sentence(&e)))?;
        let told = answer.contents().len() + answer.common_prefixes().len();
        let Some(truncated) = answer.is_truncated else {
            return Err(self.cut("the answer does not say whether there is more"));
        };
        self.next = match answer.next_continuation_token {
            Some(same) if truncated && token.as_ref() == Some(&same) => {
                return Err(self.cut("the answer leads to itself"));
            }
            Some(next) => Next::Token(next),
            None if truncated => return Err(self.cut("the answer says that there is more, and not where")),
            None => Next::End,
        };
        if let Some(count) = answer.key_count.filter(|count| usize::try_from(*count).ok() != Some(told)) {
            return Err(self.cut(&format!("the answer ends after {told} of {count} keys")));
        }
        let encoded = answer.encoding_type == Some(EncodingType::Url);
        let listed = answer.contents.unwrap_or_default().into_iter().map(|object| {
            let key = object.key.unwrap_or_default();
            Some(Listed {
                etag: object.e_tag.unwrap_or_default(),
                bytes: object.size.unwrap_or_default().unsigned_abs(),
                modified: timestamp(object.last_modified.as_ref()),
                path: if encoded { notification::decode(&key)? } else { key },
            })
        });
        let listed: Option<Vec<Listed>> = listed.collect();
        listed.map(Some).ok_or_else(|| self.cut("a key in the answer is not UTF-8"))
    }

    /// A listing that ends early would make what it leaves out look removed, so a doubtful one is none.
    fn cut(&self, why: &str) -> StoreError {
        self.store.failed("list", self.bucket, &self.prefix, why.to_owned())
    }

    /// All pages at once, for listings known to be small.
    pub async fn all(mut self) -> Result<Vec<Listed>, StoreError> {
        let mut all = Vec::new();
        while let Some(mut page) = self.next().await? {
            all.append(&mut page);
        }
        Ok(all)
    }
}

fn status<E>(error: &SdkError<E>) -> Option<u16> {
    error.raw_response().map(|response| response.status().as_u16())
}

fn sentence<E: std::error::Error>(error: &SdkError<E>) -> String
where
    SdkError<E>: std::error::Error,
{
    DisplayErrorContext(error).to_string()
}

fn timestamp(time: Option<&aws_sdk_s3::primitives::DateTime>) -> Timestamp {
    time.and_then(|t| Timestamp::from_second(t.secs()).ok()).unwrap_or(Timestamp::UNIX_EPOCH)
}
