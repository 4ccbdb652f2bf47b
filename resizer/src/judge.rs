//! What an original is worth: read as far as its kind asks for, and made into a photo, a poster or a reason.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use bytes::Bytes;
use data_encoding::HEXLOWER;
use gallery::facts::Video;
use gallery::store::{Listed, Opened};
use gallery::{Bucket, StoreError};
use heifer_isobmff::read_box_header;
use sha2::{Digest, Sha256};

use crate::described;
use crate::place::Place;
use crate::refresh::RefreshError;
use crate::render::{Kind, Rejection, Rendered, Wanted, render_as, render_first, sniff};
use crate::resizer::Resizer;
use crate::video::{self, Headers};

/// As much of a file as tells its kind.
const BEGINNING: usize = 4096;

/// The most bytes of a video's headers: an hour of it has about two million.
const HEADERS: u64 = 64 << 20;

/// The most parts that a video's file is cut into at its top.
const PARTS: usize = 4096;

/// The most bytes of a video's first picture.
const SAMPLE: u64 = 64 << 20;

/// An original as it was read, and what became of it.
pub(crate) struct Judged {
    pub(crate) etag: String,
    pub(crate) bytes: u64,
    pub(crate) modified: jiff::Timestamp,
    /// SHA-256, in hexadecimal digits.
    pub(crate) checksum: Option<String>,
    pub(crate) video: Option<Box<Video>>,
    /// The photo, or a reason for its owner.
    pub(crate) outcome: Result<Rendered, String>,
}

/// A video's headers and its first picture.
type Told = Result<(Headers, Bytes), Rejection>;

impl Resizer {
    /// Reads and renders an original. `None` when it vanished or changed meanwhile.
    pub(crate) async fn judge(
        &self,
        key: &str,
        place: &Place,
        original: &Listed,
        wanted: &Arc<Wanted>,
    ) -> Result<Option<Judged>, RefreshError> {
        if let Place::Stray(_, reason) = place {
            return Ok(Some(Judged {
                etag: original.etag.clone(),
                bytes: original.bytes,
                modified: original.modified,
                checksum: None,
                video: None,
                outcome: Err(reason.clone()),
            }));
        }
        // Held from before the original is in memory until its pixels are out of it.
        let turn = self
            .turn(original.bytes.min(self.limits.bytes))
            .await
            .map_err(|_| RefreshError::Interrupted(key.to_owned()))?;
        let Some(mut opened) = self.store.open(Bucket::Source, key).await? else {
            return Ok(None);
        };
        let (etag, bytes, modified) = (opened.etag.clone(), opened.bytes, opened.modified);
        let is_video = matches!(sniff(opened.beginning(BEGINNING).await?), Ok(Kind::Video));
        let (checksum, video, mut outcome) = if is_video {
            let Some(told) = self.tell(key, opened).await? else {
                return Ok(None);
            };
            let (video, outcome) = self.render_video(key, told, wanted).await?;
            (None, video, outcome)
        } else {
            let (checksum, outcome) = self.render_whole(key, opened, wanted).await?;
            (checksum, None, outcome)
        };
        drop(turn);
        if let (Ok(rendered), Place::Photo(source)) = (&mut outcome, place) {
            described::date(&mut rendered.picture, source.file(), modified);
        }
        // Not a word about the original, whose owner could not do anything about a machine with too much to do.
        if let Err(Rejection::TooSlow(seconds)) = outcome {
            return Err(RefreshError::Slow(key.to_owned(), seconds));
        }
        let outcome = outcome.map_err(|rejection| rejection.to_string());
        Ok(Some(Judged { etag, bytes, modified, checksum, video, outcome }))
    }

    /// Reads a picture to its end and renders it.
    async fn render_whole(
        &self,
        key: &str,
        opened: Opened,
        wanted: &Arc<Wanted>,
    ) -> Result<(Option<String>, Result<Rendered, Rejection>), RefreshError> {
        let (bytes, limit) = (opened.bytes, self.limits.bytes);
        let Some(bytes) = opened.whole(limit).await? else {
            return Ok((None, Err(Rejection::TooManyBytes { bytes, limit })));
        };
        let (limits, wanted) = (self.limits, Arc::clone(wanted));
        apart(key, move || {
            let checksum = HEXLOWER.encode(&Sha256::digest(&bytes));
            (Some(checksum), caught(|| render_as(&bytes, &limits, &wanted)))
        })
        .await
    }

    /// Renders a video's first picture, where there is one.
    async fn render_video(
        &self,
        key: &str,
        told: Told,
        wanted: &Arc<Wanted>,
    ) -> Result<(Option<Box<Video>>, Result<Rendered, Rejection>), RefreshError> {
        let (headers, sample) = match told {
            Ok(told) => told,
            Err(rejection) => return Ok((None, Err(rejection))),
        };
        let video = Box::new(headers.video);
        let Some(first) = headers.first.filter(|_| !sample.is_empty()) else {
            let codec = video.codec.clone();
            return Ok((Some(video), Err(Rejection::NoPoster(codec))));
        };
        let (limits, wanted, seen) = (self.limits, Arc::clone(wanted), video.clone());
        let outcome = apart(key, move || caught(|| render_first(&first, &sample, &seen, &limits, &wanted))).await?;
        Ok((Some(video), outcome))
    }

    /// Reads a video's headers and first picture, by parts. `None` when it changed meanwhile.
    async fn tell(&self, key: &str, mut opened: Opened) -> Result<Option<Told>, StoreError> {
        let (etag, length) = (opened.etag.clone(), opened.bytes);
        let beginning = Bytes::copy_from_slice(opened.beginning(BEGINNING).await?);
        drop(opened);
        let damaged = |why: &str| Ok(Some(Err(Rejection::Damaged(why.to_owned()))));
        let part = |from: u64, to: u64| self.store.read_part(Bucket::Source, key, &etag, from..to.min(length));
        let mut at = 0;
        for _ in 0..PARTS {
            let known = usize::try_from(at).ok().and_then(|at| beginning.get(at..at + 16));
            let header = match known {
                Some(known) => Bytes::copy_from_slice(known),
                None => match part(at, at + 16).await? {
                    Some(header) => header,
                    None => return Ok(None),
                },
            };
            let Ok(header) = read_box_header(&header) else {
                return damaged("the video's headers are missing");
            };
            let size = header.size.unwrap_or(length.saturating_sub(at));
            let Some(end) = at.checked_add(size.max(header.header_size)) else {
                return damaged("the video's headers are missing");
            };
            if header.box_type.0 == *b"moov" {
                if size > HEADERS {
                    return Ok(Some(Err(Rejection::Limit("the video's headers are too long".to_owned()))));
                }
                let Some(moov) = part(at + header.header_size, end).await? else { return Ok(None) };
                let Some(headers) = video::read(&moov) else {
                    return damaged("the video's headers say nothing");
                };
                let range = headers.first.as_ref().map_or(0..0, |first| first.bytes.clone());
                let within = range.end.saturating_sub(range.start) <= SAMPLE && range.end <= length;
                let sample = if within { part(range.start, range.end).await? } else { Some(Bytes::new()) };
                return Ok(sample.map(|sample| Ok((headers, sample))));
            }
            at = end;
            if at >= length {
                break;
            }
        }
        damaged("the video's headers are missing")
    }
}

/// Runs work that keeps a core busy where it holds up nothing else.
async fn apart<T: Send + 'static>(key: &str, work: impl FnOnce() -> T + Send + 'static) -> Result<T, RefreshError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| RefreshError::Interrupted(key.to_owned()))
}

/// The last line behind the decoders: a panic is the picture's fault, and must not become a retry.
fn caught(work: impl FnOnce() -> Result<Rendered, Rejection>) -> Result<Rendered, Rejection> {
    std::panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(Rejection::DecoderFailed))
}
