//! One file on its way into the bucket, whole or in parts, compared with what S3 says it stored.

use std::convert::Infallible;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use aws_sdk_s3::primitives::{ByteStream, SdkBody};
use aws_sdk_s3::types::{CompletedPart, Part};
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use gallery::Store;
use gallery::keys::Bucket;
use gallery::store::unhurried;
use http_body::Frame;
use http_body_util::StreamBody;
use indicatif::ProgressBar;
use tokio::sync::Semaphore;

use super::complete::complete;
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

    /// Sends a file. What S3 stored is compared with what was read here; a difference is an error.
    pub(crate) async fn send(&self, found: &Found) -> Result<()> {
        let sent = if found.bytes < IN_PARTS { self.whole(found).await } else { self.in_parts(found).await };
        sent.with_context(|| format!("cannot upload `{}`", found.key))
    }

    async fn whole(&self, found: &Found) -> Result<()> {
        let _turn = self.bodies.acquire().await?;
        let Piece { bytes, etag } = read(&found.file, 0, found.bytes).await?;
        let length = bytes.len() as u64;
        let put = self
            .store
            .client()
            .put_object()
            .bucket(self.bucket())
            .key(&found.key)
            .set_content_type(content_type(&found.key))
            .content_length(length as i64)
            .body(self.body(bytes));
        // What the checksum and the `ETag` prove need no third hash in the signature: over TLS nobody could change the
        // bytes, and without it (on this machine) nobody is in between.
        let stored = put.customize().config_override(unhurried()).disable_payload_signing().send().await?;
        ensure!(
            stored.e_tag.is_some_and(|told| agrees(&told, &etag)),
            "S3 stored other bytes than were sent: try again"
        );
        self.progress.inc(length);
        Ok(())
    }

    async fn in_parts(&self, found: &Found) -> Result<()> {
        let size = part_size(found.bytes);
        let (upload, kept) = self.begun(&found.key).await?;
        let (upload_id, kept) = (upload.as_str(), kept.as_slice());
        let parts: Vec<CompletedPart> = stream::iter((0..found.bytes).step_by(size as usize).enumerate())
            .map(|(index, start)| async move {
                let number = i32::try_from(index + 1).context("too many parts")?;
                let _turn = self.bodies.acquire().await?;
                let piece = read(&found.file, start, size.min(found.bytes - start)).await?;
                let etag = self.sent_part(found, upload_id, kept, number, piece).await?;
                Ok::<_, anyhow::Error>(CompletedPart::builder().part_number(number).e_tag(etag).build())
            })
            .buffered(self.at_once)
            .try_collect()
            .await?;
        complete(self.store.client(), self.bucket(), &found.key, upload_id, parts).await
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

    /// Copies an object to another key, without its bytes passing through here.
    pub(crate) async fn copy(&self, from: &str, to: &str) -> Result<()> {
        self.copy_from(self.bucket(), from, to).await
    }

    /// The same out of another bucket that the gallery's S3 reaches.
    pub(crate) async fn copy_from(&self, bucket: &str, from: &str, to: &str) -> Result<()> {
        let segments: Vec<String> = from.split('/').map(encoded).collect();
        let source = format!("{bucket}/{}", segments.join("/"));
        let copy = self.store.client().copy_object().bucket(self.bucket()).copy_source(source).key(to);
        copy.send().await.with_context(|| format!("cannot copy `{from}` to `{to}`"))?;
        Ok(())
    }

    fn bucket(&self) -> &str {
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

fn encoded(part: &str) -> String {
    percent_encoding::utf8_percent_encode(part, percent_encoding::NON_ALPHANUMERIC).to_string()
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

/// Reads and hashes away from what sends, so that one piece is made ready while others are on their way.
async fn read(file: &Path, start: u64, length: u64) -> Result<Piece> {
    let path = file.to_owned();
    let read = tokio::task::spawn_blocking(move || {
        let mut file = File::open(&path)?;
        file.seek(SeekFrom::Start(start))?;
        let mut bytes = Vec::with_capacity(length as usize);
        file.take(length).read_to_end(&mut bytes)?;
        let etag = of_bytes(&bytes);
        Ok::<_, std::io::Error>(Piece { bytes: Bytes::from(bytes), etag })
    });
    let piece = read.await?.with_context(|| format!("cannot read `{}`", file.display()))?;
    ensure!(piece.bytes.len() as u64 == length, "`{}` became shorter while it was read", file.display());
    Ok(piece)
}
