//! One file on its way into the bucket, whole or in parts, compared with what S3 says it stored.

use std::convert::Infallible;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::sync::Arc;

use anyhow::{Context, Result};
use aws_sdk_s3::primitives::{ByteStream, SdkBody};
use aws_sdk_s3::types::{CompletedPart, Part};
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use gallery::Store;
use gallery::keys::Bucket;
use gallery::store::{Condition, Written, is_overtaken, unhurried};
use http_body::Frame;
use http_body_util::StreamBody;
use indicatif::ProgressBar;
use tokio::sync::Semaphore;

use super::complete::complete;
use super::copy::{Seen, copy};
use super::etag::{IN_PARTS, of_bytes, part_size};
use super::find::Found;
use super::pace::Pace;

/// What is handed to the network at once, where a pace is set.
const MORSEL: usize = 32 * 1024;

/// What every file on its way needs.
#[derive(Clone)]
pub(crate) struct Way {
    pub(crate) store: Store,
    progress: ProgressBar,
    pace: Arc<Pace>,
    /// How many bodies may be on their way at once: whole files, and parts of whichever files. So a film that is left
    /// alone at the end goes as fast as many photos did, and memory holds no more than so many parts.
    bodies: Arc<Semaphore>,
    at_once: usize,
}

impl Way {
    /// A way into the source bucket for so many bodies at once, all together at this pace.
    pub(crate) fn new(store: &Store, pace: Pace, progress: &ProgressBar, at_once: usize) -> Self {
        let at_once = at_once.max(1);
        let bodies = Arc::new(Semaphore::new(at_once));
        Self { store: store.clone(), progress: progress.clone(), pace: Arc::new(pace), bodies, at_once }
    }

    /// So many bytes need not be sent.
    pub(crate) fn is_spared(&self, bytes: u64) {
        self.progress.inc(bytes);
    }

    /// Sends a file, if its key is still as it was seen. What S3 stored is compared with what was read here; a difference
    /// is an error.
    pub(crate) async fn send(&self, found: &Found, when: &Condition) -> Result<Written> {
        let sent =
            if found.bytes < IN_PARTS { self.whole(found, when).await } else { self.in_parts(found, when).await };
        sent.with_context(|| format!("cannot upload `{}`", found.key))
    }

    async fn whole(&self, found: &Found, when: &Condition) -> Result<Written> {
        let _turn = self.bodies.acquire().await?;
        let Piece { bytes, etag } = read(found, 0, found.bytes).await?;
        let length = bytes.len() as u64;
        let (matching, none_matching) = when.headers();
        let put = self
            .store
            .client()
            .put_object()
            .bucket(self.bucket())
            .key(&found.key)
            .set_content_type(content_type(&found.key))
            .content_length(length as i64)
            .set_if_match(matching)
            .set_if_none_match(none_matching)
            .body(self.body(bytes));
        // What the checksum and the `ETag` prove need no third hash in the signature: over TLS nobody could change the
        // bytes, and without it (on this machine) nobody is in between.
        let told = match put.customize().config_override(unhurried()).disable_payload_signing().send().await {
            Ok(stored) => stored.e_tag.filter(|told| agrees(told, &etag)),
            // So it looks as well when the answer was lost, and the client sent it again.
            Err(error) if is_overtaken(&error) => {
                let there = self.store.look(Bucket::Source, &found.key).await?;
                match there.filter(|there| there.etag.trim_matches('"') == etag) {
                    Some(there) => Some(there.etag),
                    None => return Ok(Written::Overtaken),
                }
            }
            Err(error) => return Err(error.into()),
        };
        self.progress.inc(length);
        told.map(Written::Stored).context("S3 stored other bytes than were sent: try again")
    }

    async fn in_parts(&self, found: &Found, when: &Condition) -> Result<Written> {
        let size = part_size(found.bytes);
        let (upload, kept) = self.begun(&found.key).await?;
        let (upload_id, kept) = (upload.as_str(), kept.as_slice());
        let parts: Vec<CompletedPart> = stream::iter((0..found.bytes).step_by(size as usize).enumerate())
            .map(|(index, start)| async move {
                let number = i32::try_from(index + 1).context("too many parts")?;
                let _turn = self.bodies.acquire().await?;
                let piece = read(found, start, size.min(found.bytes - start)).await?;
                let etag = self.sent_part(found, upload_id, kept, number, piece).await?;
                Ok::<_, anyhow::Error>(CompletedPart::builder().part_number(number).e_tag(etag).build())
            })
            .buffered(self.at_once)
            .try_collect()
            .await?;
        complete(self.store.client(), self.bucket(), &found.key, upload_id, parts, when).await
    }

    /// Sees to it that a part is there, and tells its `ETag`.
    async fn sent_part(&self, found: &Found, upload: &str, kept: &[Part], number: i32, piece: Piece) -> Result<String> {
        let Piece { bytes, etag } = piece;
        let length = bytes.len() as u64;
        // An upload that was cut off left its parts: those that hold these very bytes need not be sent again.
        let is_kept = |part: &&Part| {
            part.part_number == Some(number) && part.e_tag.as_deref().is_some_and(|told| agrees(told, &etag))
        };
        let told = match kept.iter().find(is_kept) {
            Some(part) => part.e_tag.clone(),
            None => self.part(found, upload, number, bytes).await?,
        };
        let told = told
            .filter(|told| agrees(told, &etag))
            .with_context(|| format!("S3 stored other bytes of part {number} than were sent: try again"))?;
        self.progress.inc(length);
        Ok(told)
    }

    async fn part(&self, found: &Found, upload: &str, number: i32, bytes: Bytes) -> Result<Option<String>> {
        let put = self
            .store
            .client()
            .upload_part()
            .bucket(self.bucket())
            .key(&found.key)
            .upload_id(upload)
            .part_number(number)
            .content_length(bytes.len() as i64)
            .body(self.body(bytes));
        Ok(put.customize().config_override(unhurried()).disable_payload_signing().send().await?.e_tag)
    }

    /// The upload in parts that was begun for this key, with its parts, or a new one.
    async fn begun(&self, key: &str) -> Result<(String, Vec<Part>)> {
        let client = self.store.client();
        let open = client.list_multipart_uploads().bucket(self.bucket()).prefix(key).send().await?;
        let last =
            open.uploads().iter().rfind(|upload| upload.key() == Some(key)).and_then(|upload| upload.upload_id());
        if let Some(id) = last {
            let mut parts = Vec::new();
            let request = client.list_parts().bucket(self.bucket()).key(key).upload_id(id);
            let mut pages = request.into_paginator().send();
            while let Some(page) = pages.next().await {
                parts.extend(page?.parts.unwrap_or_default());
            }
            return Ok((id.to_owned(), parts));
        }
        let begun = client
            .create_multipart_upload()
            .bucket(self.bucket())
            .key(key)
            .set_content_type(content_type(key))
            .send()
            .await?;
        Ok((begun.upload_id.context("S3 named no upload")?, Vec::new()))
    }

    /// Copies an object of a bucket that the gallery's S3 reaches to a key at which nothing was seen, without its bytes
    /// passing through here.
    pub(crate) async fn copy(&self, seen: &Seen<'_>, to: &str) -> Result<Written> {
        let copied = copy(&self.store, seen, to).await;
        copied.with_context(|| format!("cannot copy `{}` to `{to}`", seen.key))
    }

    /// The source bucket's name.
    pub(crate) fn bucket(&self) -> &str {
        self.store.name(Bucket::Source)
    }

    /// The bytes, at the pace that is set. They can be sent again, should S3 ask for that.
    fn body(&self, bytes: Bytes) -> ByteStream {
        if self.pace.is_free() {
            return ByteStream::from(bytes);
        }
        let pace = self.pace.clone();
        ByteStream::new(SdkBody::retryable(move || {
            let (pace, bytes) = (pace.clone(), bytes.clone());
            let pieces = stream::iter((0..bytes.len()).step_by(MORSEL)).then(move |start| {
                let (pace, piece) = (pace.clone(), bytes.slice(start..bytes.len().min(start + MORSEL)));
                async move {
                    pace.pass(piece.len()).await;
                    Ok::<_, Infallible>(Frame::data(piece))
                }
            });
            SdkBody::from_body_1_x(StreamBody::new(Box::pin(pieces)))
        }))
    }
}

fn content_type(key: &str) -> Option<String> {
    mime_guess::from_path(key).first_raw().map(str::to_owned)
}

/// Whether S3's word is this MD5. Where it encrypts with keys of KMS it tells no MD5, and the SDK's own checksum, which it
/// has compared already, is all there is.
fn agrees(told: &str, etag: &str) -> bool {
    let told = told.trim_matches('"');
    told.len() != 32 || told == etag
}

/// Bytes of a file, and the `ETag` that S3 should give them.
struct Piece {
    bytes: Bytes,
    etag: String,
}

/// Reads and hashes away from what sends, so that one piece is made ready while others are on their way. A file that is no
/// longer as it was found is not sent: it may still be written to, or be another one by now.
async fn read(found: &Found, start: u64, length: u64) -> Result<Piece> {
    let wanted = found.clone();
    let read = tokio::task::spawn_blocking(move || {
        let mut file = File::open(&wanted.file)?;
        file.seek(SeekFrom::Start(start))?;
        let mut bytes = Vec::with_capacity(length as usize);
        file.by_ref().take(length).read_to_end(&mut bytes)?;
        if bytes.len() as u64 != length || !wanted.is_still(&file.metadata()?) {
            return Ok(None);
        }
        let etag = of_bytes(&bytes);
        Ok::<_, std::io::Error>(Some(Piece { bytes: Bytes::from(bytes), etag }))
    });
    let piece = read.await?.with_context(|| format!("cannot read `{}`", found.file.display()))?;
    piece.with_context(|| {
        format!("`{}` changed while it was on its way: the next run sends it whole", found.file.display())
    })
}
