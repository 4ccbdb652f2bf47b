//! Objects read piece by piece: as much of the beginning as is wanted, then the rest or nothing; or any part of one.

use std::ops::Range;

use aws_sdk_s3::primitives::ByteStream;
use bytes::{Bytes, BytesMut};
use jiff::Timestamp;

use super::{Store, StoreError, sentence, status, timestamp};
use crate::keys::Bucket;

/// An object whose bytes are on their way.
#[derive(Debug)]
pub struct Opened {
    /// The `ETag`, quotes included.
    pub etag: String,
    /// When it was written.
    pub modified: Timestamp,
    /// Its size in bytes.
    pub bytes: u64,
    object: String,
    body: ByteStream,
    come: BytesMut,
}

impl Store {
    /// Opens an object; `None` when there is none.
    pub async fn open(&self, bucket: Bucket, path: &str) -> Result<Option<Opened>, StoreError> {
        let answer = match self.client.get_object().bucket(self.name(bucket)).key(path).send().await {
            Ok(answer) => answer,
            Err(e) if status(&e) == Some(404) && aws_code(&e) != Some("NoSuchBucket") => return Ok(None),
            Err(e) => return Err(self.failed("read", bucket, path, sentence(&e))),
        };
        Ok(Some(Opened {
            etag: answer.e_tag.clone().unwrap_or_default(),
            modified: timestamp(answer.last_modified.as_ref()),
            bytes: answer.content_length.unwrap_or_default().unsigned_abs(),
            object: format!("{}/{path}", self.name(bucket)),
            body: answer.body,
            come: BytesMut::new(),
        }))
    }

    /// Reads a part of an object, or as much of it as there is; `None` when the object is no longer the one with this
    /// `ETag`.
    pub async fn read_part(
        &self,
        bucket: Bucket,
        path: &str,
        etag: &str,
        part: Range<u64>,
    ) -> Result<Option<Bytes>, StoreError> {
        if part.is_empty() {
            return Ok(Some(Bytes::new()));
        }
        let get = self.client.get_object().bucket(self.name(bucket)).key(path).if_match(etag);
        let answer = match get.range(format!("bytes={}-{}", part.start, part.end - 1)).send().await {
            Ok(answer) => answer,
            Err(e) if matches!(status(&e), Some(404 | 412)) && aws_code(&e) != Some("NoSuchBucket") => return Ok(None),
            // Nothing lies there.
            Err(e) if status(&e) == Some(416) => return Ok(Some(Bytes::new())),
            Err(e) => return Err(self.failed("read", bucket, path, sentence(&e))),
        };
        let body = answer.body.collect().await.map_err(|e| self.failed("read", bucket, path, e.to_string()))?;
        Ok(Some(body.into_bytes()))
    }
}

impl Opened {
    /// The beginning: so many bytes, or all when there are fewer.
    pub async fn beginning(&mut self, least: usize) -> Result<&[u8], StoreError> {
        while self.come.len() < least && self.more().await? {}
        Ok(&self.come)
    }

    /// All of it; `None` when that is more than `most` bytes.
    pub async fn whole(mut self, most: u64) -> Result<Option<Bytes>, StoreError> {
        if self.bytes > most {
            return Ok(None);
        }
        self.come.reserve((self.bytes as usize).saturating_sub(self.come.len()));
        while self.more().await? {
            if self.come.len() as u64 > most {
                return Ok(None);
            }
        }
        Ok(Some(self.come.freeze()))
    }

    async fn more(&mut self) -> Result<bool, StoreError> {
        let Some(piece) = self.body.next().await else { return Ok(false) };
        let piece =
            piece.map_err(|e| StoreError { verb: "read", object: self.object.clone(), cause: e.to_string() })?;
        self.come.extend_from_slice(&piece);
        Ok(true)
    }
}

fn aws_code<E: aws_sdk_s3::error::ProvideErrorMetadata, R>(error: &aws_sdk_s3::error::SdkError<E, R>) -> Option<&str> {
    error.as_service_error().and_then(aws_sdk_s3::error::ProvideErrorMetadata::code)
}
