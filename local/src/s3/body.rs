//! Bodies: a request's, received and checked before anything becomes visible; and a response's, streamed.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use data_encoding::BASE64;
use futures::{Stream, StreamExt};
use http::HeaderMap;
use s3s::dto::StreamingBlob;
use s3s::stream::{ByteStream, RemainingLength};
use s3s::{S3Error, S3ErrorCode, S3Result, StdError, TrailingHeaders, s3_error};
use tokio::task::JoinHandle;

use super::blobs::{Blobs, Draft, INLINE, Stored};
use super::digest::{self, ALGORITHMS, Algorithm, Digests, Hasher};
use super::folder::blocking;
use super::shelf::Pieces;
use crate::sockets::STALLED;

/// The largest object in one request, and the largest part (AWS, "Amazon S3 multipart upload limits").
const MAX_BODY: u64 = 5 * 1024 * 1024 * 1024;

/// Bytes hashed and written at a time, and read from a file at a time.
const STEP: usize = 512 * 1024;

/// What the client announced about a body.
pub(super) struct Announced {
    md5: Option<[u8; 16]>,
    algorithm: Option<Algorithm>,
    value: Option<String>,
    trailer: Option<TrailingHeaders>,
    length: Option<u64>,
}

impl Announced {
    /// Reads it from the headers of the request. `trailers` are there once the body has been read.
    pub(super) fn of(headers: &HeaderMap, trailers: Option<TrailingHeaders>) -> S3Result<Self> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let md5 = text("content-md5")
            .map(|value| BASE64.decode(value.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok()))
            .map(|md5| md5.ok_or_else(|| s3_error!(InvalidDigest)))
            .transpose()?;
        let mut values = ALGORITHMS.into_iter().filter_map(|algorithm| Some((algorithm, text(algorithm.header())?)));
        let value = values.next();
        let promised = text("x-amz-trailer").and_then(|names| {
            names
                .split(',')
                .find_map(|name| ALGORITHMS.into_iter().find(|a| a.header().eq_ignore_ascii_case(name.trim())))
        });
        if values.next().is_some() || (value.is_some() && promised.is_some()) {
            return Err(s3_error!(InvalidRequest, "Expecting a single x-amz-checksum- header"));
        }
        if let Some((algorithm, value)) = value
            && !algorithm.accepts(value)
        {
            return Err(s3_error!(InvalidRequest, "Value for {} header is invalid.", algorithm.header()));
        }
        if value.is_none() && promised.is_none() && text("x-amz-sdk-checksum-algorithm").is_some() {
            return Err(s3_error!(
                InvalidRequest,
                "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found."
            ));
        }
        Ok(Self {
            md5,
            algorithm: value.map(|(algorithm, _)| algorithm).or(promised),
            value: value.map(|(_, value)| value.to_owned()),
            trailer: promised.and(trailers),
            length: text("x-amz-decoded-content-length")
                .or_else(|| text("content-length"))
                .and_then(|n| n.parse().ok()),
        })
    }

    /// The algorithm of the checksum that was sent, if one was.
    pub(super) fn algorithm(&self) -> Option<Algorithm> {
        self.algorithm
    }

    /// Whether it is known to be more than the index takes.
    pub(super) fn is_large(&self) -> bool {
        self.length.is_none_or(|length| length > INLINE as u64)
    }

    /// Compares a small body, already in memory, with what was announced.
    pub(super) fn verify(&self, bytes: &Bytes) -> S3Result<()> {
        self.check(bytes.len() as u64, &digest::of(self.algorithm.unwrap_or(Algorithm::Crc32), bytes))
    }

    /// Compares what came with what was announced.
    fn check(&self, size: u64, digests: &Digests) -> S3Result<()> {
        if self.length.is_some_and(|length| length != size) {
            return Err(s3_error!(IncompleteBody));
        }
        if self.md5.is_some_and(|md5| md5 != digests.md5) {
            return Err(s3_error!(BadDigest, "The Content-MD5 you specified did not match what we received."));
        }
        let Some(algorithm) = self.algorithm else { return Ok(()) };
        let sent = match &self.value {
            Some(value) => value.clone(),
            None => self
                .trailer
                .as_ref()
                .and_then(|trailer| {
                    trailer.read(|headers| Some(headers.get(algorithm.header())?.to_str().ok()?.to_owned()))
                })
                .flatten()
                .ok_or_else(|| {
                    s3_error!(InvalidRequest, "The trailer {} was announced and did not come", algorithm.header())
                })?,
        };
        if sent == digests.checksum.value {
            return Ok(());
        }
        let name = algorithm.name();
        Err(s3_error!(BadDigest, "The {name} you specified did not match the calculated checksum."))
    }
}

/// A body that has come in whole and is what was announced.
pub(super) struct Received {
    pub(super) stored: Stored,
    pub(super) size: u64,
    pub(super) digests: Digests,
}

/// Reads a body to its end, to memory while it is small and to a file from there on, and checks it. `algorithm` is
/// the checksum to take when the client sent none.
pub(super) async fn receive(
    blobs: &Arc<Blobs>,
    body: Option<StreamingBlob>,
    announced: &Announced,
    algorithm: Algorithm,
) -> S3Result<Received> {
    if announced.length.is_some_and(|length| length > MAX_BODY) {
        return Err(s3_error!(EntityTooLarge));
    }
    let algorithm = announced.algorithm.unwrap_or(algorithm);
    let mut chunks = body.unwrap_or_else(|| s3s::Body::empty().into());
    let mut small = BytesMut::new();
    let received = loop {
        match chunks.next().await.transpose().map_err(|error| broken(&error))? {
            Some(chunk) if small.len() + chunk.len() > INLINE => {
                break receive_large(blobs, [small.freeze(), chunk], chunks, algorithm).await?;
            }
            Some(chunk) => small.extend_from_slice(&chunk),
            None => break receive_small(small.freeze(), algorithm),
        }
    };
    announced.check(received.size, &received.digests)?;
    Ok(received)
}

fn receive_small(bytes: Bytes, algorithm: Algorithm) -> Received {
    let (digests, size) = (digest::of(algorithm, &bytes), bytes.len() as u64);
    Received { stored: if bytes.is_empty() { Stored::Empty } else { Stored::Small(bytes) }, size, digests }
}

/// Reads the rest while what has come is hashed and written. When the client goes away, the draft goes too.
async fn receive_large(
    blobs: &Arc<Blobs>,
    begun: [Bytes; 2],
    mut chunks: StreamingBlob,
    algorithm: Algorithm,
) -> S3Result<Received> {
    let drafts = Arc::clone(blobs);
    let mut step = Vec::from(begun);
    let mut intake =
        blocking(move || drafts.draft()).await?.map(|draft| Intake { draft, hasher: Hasher::new(algorithm), size: 0 });
    loop {
        let mut waiting: usize = step.iter().map(Bytes::len).sum();
        let mut ended = false;
        while waiting < STEP && !ended {
            match chunks.next().await.transpose().map_err(|error| broken(&error))? {
                Some(chunk) => {
                    waiting += chunk.len();
                    step.push(chunk);
                }
                None => ended = true,
            }
        }
        let now = std::mem::take(&mut step);
        let (absorbing, blobs) = (intake.map_err(not_stored)?, Arc::clone(blobs));
        if ended {
            let done = blocking(move || absorbing.absorb(&now).and_then(|intake| intake.finish(&blobs)));
            return done.await?.map_err(not_stored);
        }
        let absorbing: JoinHandle<io::Result<Intake>> = tokio::task::spawn_blocking(move || absorbing.absorb(&now));
        if let Some(chunk) = chunks.next().await.transpose().map_err(|error| broken(&error))? {
            step.push(chunk);
        }
        intake = absorbing.await.map_err(S3Error::internal_error)?;
        if intake.as_ref().is_ok_and(|intake| intake.size > MAX_BODY) {
            return Err(s3_error!(EntityTooLarge));
        }
    }
}

struct Intake {
    draft: Draft,
    hasher: Hasher,
    size: u64,
}

impl Intake {
    fn absorb(mut self, chunks: &[Bytes]) -> io::Result<Self> {
        for chunk in chunks {
            self.hasher.update(chunk);
            self.draft.write(chunk)?;
            self.size += chunk.len() as u64;
        }
        Ok(self)
    }

    fn finish(self, blobs: &Blobs) -> io::Result<Received> {
        Ok(Received { stored: Stored::Large(self.draft.keep(blobs)?), size: self.size, digests: self.hasher.finish() })
    }
}

/// Why a body ended early, in S3's words. `s3s` keeps the types of these errors to itself, so their text decides.
fn broken(error: &StdError) -> S3Error {
    let text = error.to_string();
    let code = if text.contains("Sha256Mismatch") {
        S3ErrorCode::Custom("XAmzContentSHA256Mismatch".into())
    } else if text.contains("SignatureMismatch") {
        S3ErrorCode::SignatureDoesNotMatch
    } else if text.contains(STALLED) {
        S3ErrorCode::RequestTimeout
    } else {
        S3ErrorCode::IncompleteBody
    };
    let mut answer = S3Error::with_message(code, text);
    answer.set_status_code(http::StatusCode::BAD_REQUEST);
    answer
}

/// The disk did not take it.
pub(super) fn not_stored(error: io::Error) -> S3Error {
    tracing::error!(%error, "the bytes of an object could not be written");
    let mut answer = S3Error::internal_error(error);
    answer.set_message("The object could not be written to the disk of the server.");
    answer
}

/// Bytes of an object on their way out.
pub(super) enum Source {
    /// In memory.
    Bytes(Bytes),
    /// In an open file, which stays readable whatever happens to the object.
    File(File),
    /// In the parts that it came in, which stay as well.
    Pieces(Pieces),
}

impl Source {
    /// Streams a range, which must lie inside the object.
    pub(super) fn stream(self, range: Range<u64>) -> io::Result<StreamingBlob> {
        match self {
            Self::Bytes(bytes) => Ok(s3s::Body::from(bytes.slice(range.start as usize..range.end as usize)).into()),
            Self::File(mut file) => {
                file.seek(SeekFrom::Start(range.start))?;
                Ok(FileStream::of(Box::new(file), &range))
            }
            Self::Pieces(pieces) => Ok(FileStream::of(Box::new(pieces.range(&range)), &range)),
        }
    }

    /// Reads a range to memory or copies it to a file.
    pub(super) fn receive(self, range: Range<u64>, blobs: &Blobs, algorithm: Algorithm) -> io::Result<Received> {
        let size = range.end - range.start;
        let (mut reader, mut hasher): (Box<dyn Read>, _) = match self {
            Self::Bytes(bytes) => (
                Box::new(io::Cursor::new(bytes.slice(range.start as usize..range.end as usize))),
                Hasher::new(algorithm),
            ),
            Self::File(mut file) => {
                file.seek(SeekFrom::Start(range.start))?;
                (Box::new(file.take(size)), Hasher::new(algorithm))
            }
            Self::Pieces(pieces) => (Box::new(pieces.range(&range)), Hasher::new(algorithm)),
        };
        if size <= INLINE as u64 {
            let mut bytes = Vec::with_capacity(size as usize);
            reader.read_to_end(&mut bytes)?;
            return Ok(receive_small(bytes.into(), algorithm));
        }
        let mut draft = blobs.draft()?;
        let mut step = vec![0; STEP];
        loop {
            match reader.read(&mut step)? {
                0 => break,
                count => {
                    hasher.update(&step[..count]);
                    draft.write(&step[..count])?;
                }
            }
        }
        Ok(Received { stored: Stored::Large(draft.keep(blobs)?), size, digests: hasher.finish() })
    }
}

/// What is in files, from where it is to be read on.
type Opened = Box<dyn Read + Send + Sync>;

/// Files as a stream of known length, read away from the executor.
struct FileStream {
    state: State,
    left: u64,
}

enum State {
    Idle(Opened),
    Reading(JoinHandle<io::Result<(Opened, Bytes)>>),
    Ended,
}

impl FileStream {
    fn of(opened: Opened, range: &Range<u64>) -> StreamingBlob {
        StreamingBlob::new(Self { state: State::Idle(opened), left: range.end - range.start })
    }
}

impl Stream for FileStream {
    type Item = Result<Bytes, StdError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            match std::mem::replace(&mut self.state, State::Ended) {
                State::Idle(_) if self.left == 0 => return Poll::Ready(None),
                State::Idle(file) => {
                    let want = self.left.min(STEP as u64) as usize;
                    self.state = State::Reading(tokio::task::spawn_blocking(move || read_step(file, want)));
                }
                State::Reading(mut reading) => match Pin::new(&mut reading).poll(cx) {
                    Poll::Pending => {
                        self.state = State::Reading(reading);
                        return Poll::Pending;
                    }
                    Poll::Ready(Ok(Ok((file, bytes)))) => {
                        self.left -= bytes.len() as u64;
                        self.state = State::Idle(file);
                        return Poll::Ready(Some(Ok(bytes)));
                    }
                    Poll::Ready(Ok(Err(error))) => return Poll::Ready(Some(Err(error.into()))),
                    Poll::Ready(Err(error)) => return Poll::Ready(Some(Err(error.into()))),
                },
                State::Ended => return Poll::Ready(None),
            }
        }
    }
}

impl ByteStream for FileStream {
    fn remaining_length(&self) -> RemainingLength {
        RemainingLength::new_exact(self.left as usize)
    }
}

fn read_step(mut file: Opened, want: usize) -> io::Result<(Opened, Bytes)> {
    let mut bytes = vec![0; want];
    file.read_exact(&mut bytes)?;
    Ok((file, bytes.into()))
}
