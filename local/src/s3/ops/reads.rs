//! `GetObject` and `HeadObject`.

use std::ops::Range;

use http::{HeaderMap, HeaderValue, StatusCode, header};
use s3s::dto::{ChecksumMode, GetObjectInput, GetObjectOutput, HeadObjectInput, HeadObjectOutput};
use s3s::{S3Error, S3ErrorCode, S3Request, S3Response, S3Result, s3_error};

use super::{Operations, kind_shown, refuse_versions, seconds_shown, show_checksum, shown, strong};
use crate::s3::blobs::{Blobs, Place};
use crate::s3::body::Source;
use crate::s3::conditions::{self, Reading, Verdict};
use crate::s3::index::{IndexError, View};
use crate::s3::record::{Record, Unreadable};
use crate::s3::shelf::{Piece, Pieces};

/// How often an object is looked up anew when its file has gone since the index was read. Each time, somebody has
/// replaced it; a file that is truly missing shows as one that is never found.
pub(super) const LOOKUPS: usize = 32;

/// An object, and its bytes where they were asked for.
pub(super) struct Found {
    pub(super) record: Record,
    pub(super) source: Option<Source>,
}

enum Lookup {
    Found(Box<Found>),
    NoBucket,
    NoKey,
    Replaced,
}

/// Fills an output with what is known of an object. The two outputs share the fields' names and nothing else.
macro_rules! describe {
    ($output:ty, $record:expr, $window:expr, $checksum:expr) => {{
        let (record, window): (Record, &Window) = ($record, $window);
        let mut output = <$output>::default();
        output.accept_ranges = Some("bytes".to_owned());
        output.content_length = Some((window.range.end - window.range.start) as i64);
        output.content_range = window.partial.then(|| window.header(record.head.size));
        output.e_tag = Some(strong(&record.head.etag));
        output.last_modified = Some(shown(record.head.modified));
        output.parts_count = window.parts;
        if $checksum && !window.partial {
            show_checksum!(output, &record.checksum);
            output.checksum_type = record.checksum.as_ref().map(kind_shown);
        }
        output.content_type = record.headers.content_type;
        output.cache_control = record.headers.cache_control;
        output.content_disposition = record.headers.content_disposition;
        output.content_encoding = record.headers.content_encoding;
        output.content_language = record.headers.content_language;
        output.expires = record.headers.expires.map(seconds_shown);
        output.metadata = (!record.headers.metadata.is_empty()).then(|| record.headers.metadata.into_iter().collect());
        output
    }};
}

impl Operations {
    pub(super) async fn get_object(&self, request: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        let input = request.input;
        refuse_versions(input.version_id.as_deref())?;
        let Found { record, source } = self.find(&input.bucket, &input.key, true).await?;
        let conditions = Reading {
            matching: input.if_match,
            not_matching: input.if_none_match,
            modified_since: input.if_modified_since,
            unmodified_since: input.if_unmodified_since,
        };
        decide(&conditions, &record)?;
        let window = Window::of(input.range, input.part_number, &record)?;
        let body =
            source.map(|source| source.stream(window.range.clone())).transpose().map_err(S3Error::internal_error)?;
        let checksum = wants_checksum(input.checksum_mode.as_ref());
        let mut output = describe!(GetObjectOutput, record, &window, checksum);
        output.body = body;
        Ok(S3Response::new(output))
    }

    pub(super) async fn head_object(
        &self,
        request: S3Request<HeadObjectInput>,
    ) -> S3Result<S3Response<HeadObjectOutput>> {
        let input = request.input;
        refuse_versions(input.version_id.as_deref())?;
        let Found { record, .. } = self.find(&input.bucket, &input.key, false).await?;
        let conditions = Reading {
            matching: input.if_match,
            not_matching: input.if_none_match,
            modified_since: input.if_modified_since,
            unmodified_since: input.if_unmodified_since,
        };
        decide(&conditions, &record)?;
        let window = Window::of(input.range, input.part_number, &record)?;
        let checksum = wants_checksum(input.checksum_mode.as_ref());
        let output = describe!(HeadObjectOutput, record, &window, checksum);
        if window.partial {
            return Ok(S3Response::with_status(output, StatusCode::PARTIAL_CONTENT));
        }
        Ok(S3Response::new(output))
    }

    /// Looks an object up, and opens it.
    pub(super) async fn find(&self, bucket: &str, key: &str, open: bool) -> S3Result<Found> {
        for _ in 0..LOOKUPS {
            let (bucket, key) = (bucket.to_owned(), key.to_owned());
            match self.folder.glance(move |view, blobs| look_up(view, blobs, &bucket, &key, open)).await? {
                Lookup::Found(found) => return Ok(*found),
                Lookup::NoBucket => return Err(s3_error!(NoSuchBucket)),
                Lookup::NoKey => return Err(s3_error!(NoSuchKey)),
                Lookup::Replaced => {}
            }
        }
        tracing::error!(bucket, key, "the file of an object is missing");
        Err(IndexError::from(Unreadable("it refers to a file that is not there".to_owned())).into())
    }
}

fn look_up(view: &View, blobs: &Blobs, bucket: &str, key: &str, open: bool) -> Result<Lookup, IndexError> {
    let Some(record) = view.object(bucket, key)? else {
        return Ok(if view.bucket(bucket)?.is_some() { Lookup::NoKey } else { Lookup::NoBucket });
    };
    let source = match record.place {
        _ if !open => None,
        Place::Nowhere => Some(Source::Bytes(bytes::Bytes::new())),
        Place::Index(id) => Some(Source::Bytes(view.small(id)?)),
        Place::File(id) => match blobs.open(id) {
            Ok(file) => Some(Source::File(file)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Lookup::Replaced),
            Err(error) => return Err(Unreadable(error.to_string()).into()),
        },
        Place::Parts(ref places) => match in_parts(view, blobs, places, &record.parts)? {
            Ok(pieces) => Some(Source::Pieces(pieces)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Lookup::Replaced),
            Err(error) => return Err(Unreadable(error.to_string()).into()),
        },
    };
    Ok(Lookup::Found(Box::new(Found { record, source })))
}

/// An object as its parts lie, which have these sizes.
fn in_parts(
    view: &View,
    blobs: &Blobs,
    places: &[Place],
    sizes: &[u64],
) -> Result<std::io::Result<Pieces>, IndexError> {
    let (mut files, mut pieces) = (Vec::new(), Vec::new());
    for (place, size) in places.iter().zip(sizes) {
        match place {
            Place::Nowhere => {}
            Place::Index(id) => pieces.push(Piece::Bytes(view.small(*id)?)),
            Place::File(id) => {
                files.push(*id);
                pieces.push(Piece::File(*id, *size));
            }
            Place::Parts(_) => return Err(Unreadable("it refers to a part that has parts".to_owned()).into()),
        }
    }
    Ok(Pieces::open(blobs.pin(files), pieces))
}

fn wants_checksum(mode: Option<&ChecksumMode>) -> bool {
    mode.is_some_and(|mode| mode.as_str() == ChecksumMode::ENABLED)
}

/// 304 and 412, the former with the headers that a cache goes by.
fn decide(conditions: &Reading, record: &Record) -> S3Result<()> {
    match conditions.verdict(&record.head) {
        Verdict::Proceed => Ok(()),
        Verdict::Failed => Err(conditions::failed()),
        Verdict::NotModified => {
            let mut headers = HeaderMap::new();
            let mut modified = Vec::new();
            // Writing a date to memory cannot fail; a header that no client could send is left out.
            let _ = shown(record.head.modified).format(s3s::dto::TimestampFormat::HttpDate, &mut modified);
            let mut tell = |name, value: &[u8]| HeaderValue::from_bytes(value).map(|value| headers.insert(name, value));
            let _ = tell(header::ETAG, format!("\"{}\"", record.head.etag).as_bytes());
            let _ = tell(header::LAST_MODIFIED, &modified);
            if let Some(policy) = &record.headers.cache_control {
                let _ = tell(header::CACHE_CONTROL, policy.as_bytes());
            }
            let mut error = S3Error::new(S3ErrorCode::NotModified);
            error.set_headers(headers);
            Err(error)
        }
    }
}

/// The bytes that were asked for.
struct Window {
    range: Range<u64>,
    /// Whether they were asked for by range or part.
    partial: bool,
    /// The number of parts, when a part was asked for of an object that has several.
    parts: Option<i32>,
}

impl Window {
    fn of(range: Option<s3s::dto::Range>, part: Option<i32>, record: &Record) -> S3Result<Self> {
        let size = record.head.size;
        match (range, part) {
            (None, None) => Ok(Self { range: 0..size, partial: false, parts: None }),
            (Some(range), None) => match range.check(size) {
                Ok(range) if !range.is_empty() => Ok(Self { range, partial: true, parts: None }),
                _ => Err(not_satisfiable(size)),
            },
            (None, Some(part)) => Self::part(part, record).ok_or_else(|| not_satisfiable(size)),
            (Some(_), Some(_)) => {
                Err(s3_error!(InvalidRequest, "Cannot specify both Range header and partNumber query parameter"))
            }
        }
    }

    fn part(part: i32, record: &Record) -> Option<Self> {
        let at = usize::try_from(part).ok()?.checked_sub(1)?;
        if record.parts.is_empty() {
            return (at == 0).then_some(Self {
                range: 0..record.head.size,
                partial: record.head.size > 0,
                parts: None,
            });
        }
        let length = *record.parts.get(at)?;
        let start: u64 = record.parts[..at].iter().sum();
        Some(Self { range: start..start + length, partial: true, parts: i32::try_from(record.parts.len()).ok() })
    }

    fn header(&self, size: u64) -> String {
        format!("bytes {}-{}/{size}", self.range.start, self.range.end.saturating_sub(1))
    }
}

fn not_satisfiable(size: u64) -> S3Error {
    let mut error = S3Error::with_message(S3ErrorCode::InvalidRange, "The requested range is not satisfiable");
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/xml"));
    if let Ok(value) = HeaderValue::from_str(&format!("bytes */{size}")) {
        headers.insert(header::CONTENT_RANGE, value);
    }
    error.set_headers(headers);
    error
}
