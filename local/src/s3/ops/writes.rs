//! `PutObject` and `CopyObject`.

use http::HeaderMap;
use s3s::dto::{
    ChecksumAlgorithm, CopyObjectInput, CopyObjectOutput, CopyObjectResult, CopySource, ETagCondition,
    MetadataDirective, PutObjectInput, PutObjectOutput,
};
use s3s::{S3Request, S3Response, S3Result, s3_error};

use super::reads::Found;
use super::{
    Operations, USUAL, kind_shown, now, refuse_versions, refuse_what_is_not_offered, show_checksum, shown,
    stored_headers, strong,
};
use crate::s3::blobs::{Place, Stored};
use crate::s3::body::{Announced, Received, not_stored, receive};
use crate::s3::conditions::{self, Reading, Verdict, Writing};
use crate::s3::digest::{Algorithm, Checksum};
use crate::s3::folder::blocking;
use crate::s3::index::object_key;
use crate::s3::index::outbox::ChangeKind;
use crate::s3::record::{Head, Headers, Record};

/// The largest object that can be copied in one request (AWS, `CopyObject`).
const MAX_COPY: u64 = 5 * 1024 * 1024 * 1024;

/// An object that is about to be written.
pub(super) struct Written {
    pub(super) bucket: String,
    pub(super) key: String,
    pub(super) condition: Writing,
    pub(super) kind: ChangeKind,
    pub(super) stored: Stored,
    pub(super) size: u64,
    pub(super) etag: String,
    pub(super) headers: Headers,
    pub(super) checksum: Option<Checksum>,
}

impl Operations {
    pub(super) async fn put_object(&self, request: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
        refuse_what_is_not_offered(&request.headers)?;
        let announced = Announced::of(&request.headers, request.trailing_headers)?;
        let mut input = request.input;
        let condition = Writing::of(input.if_match.take(), input.if_none_match.take())?;
        let headers = stored_headers!(input)?;
        if announced.is_large() {
            self.require_bucket(&input.bucket).await?;
        }
        let received = receive(self.folder.blobs(), input.body, &announced, USUAL).await?;
        let (bucket, key) = (input.bucket, input.key);
        let record = self.put(received.into_written(bucket, key, condition, ChangeKind::Put, headers)).await?;
        let mut output = PutObjectOutput { e_tag: Some(strong(&record.head.etag)), ..PutObjectOutput::default() };
        show_checksum!(output, &record.checksum);
        output.checksum_type = record.checksum.as_ref().map(kind_shown);
        Ok(S3Response::new(output))
    }

    pub(super) async fn copy_object(
        &self,
        request: S3Request<CopyObjectInput>,
    ) -> S3Result<S3Response<CopyObjectOutput>> {
        refuse_what_is_not_offered(&request.headers)?;
        let condition = destination_condition(&request.headers)?;
        let mut input = request.input;
        let replace = match input.metadata_directive.as_ref().map(MetadataDirective::as_str) {
            None | Some(MetadataDirective::COPY) => false,
            Some(MetadataDirective::REPLACE) => true,
            Some(_) => return Err(s3_error!(InvalidArgument, "Unknown metadata directive.")),
        };
        let (from_bucket, from_key) = source(input.copy_source)?;
        if !replace && from_bucket == input.bucket && from_key == input.key {
            return Err(s3_error!(
                InvalidRequest,
                "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata."
            ));
        }
        self.require_bucket(&input.bucket).await?;
        let algorithm = wanted_algorithm(input.checksum_algorithm.as_ref().map(ChecksumAlgorithm::as_str))?;
        let reading = Reading {
            matching: input.copy_source_if_match.take(),
            not_matching: input.copy_source_if_none_match.take(),
            modified_since: input.copy_source_if_modified_since.take(),
            unmodified_since: input.copy_source_if_unmodified_since.take(),
        };
        let new_headers = replace.then(|| stored_headers!(input)).transpose()?;
        let (old_headers, received) = self.copy(&from_bucket, &from_key, &reading, algorithm).await?;
        let headers = new_headers.unwrap_or(old_headers);
        let written = received.into_written(input.bucket, input.key, condition, ChangeKind::Copy, headers);
        let record = self.put(written).await?;
        let mut result = CopyObjectResult {
            e_tag: Some(strong(&record.head.etag)),
            last_modified: Some(shown(record.head.modified)),
            ..CopyObjectResult::default()
        };
        show_checksum!(result, &record.checksum);
        result.checksum_type = record.checksum.as_ref().map(kind_shown);
        Ok(S3Response::new(CopyObjectOutput { copy_object_result: Some(result), ..CopyObjectOutput::default() }))
    }

    /// Writes an object in the next transaction, if its condition holds there.
    pub(super) async fn put(&self, written: Written) -> S3Result<Record> {
        let time = now();
        let write = self.folder.write(move |tables| {
            tables.require_bucket(&written.bucket)?;
            if written.condition != Writing::Always {
                let there = tables.object(&object_key(&written.bucket, &written.key))?;
                written.condition.allows(there.as_ref().map(|record| &record.head))?;
            }
            let head = Head { size: written.size, modified: time.as_millisecond(), etag: written.etag };
            let place = tables.store(written.stored)?;
            let record =
                Record { head, place, headers: written.headers, checksum: written.checksum, parts: Vec::new() };
            tables.put((&written.bucket, &written.key), &record, written.kind, time)?;
            Ok(record)
        });
        write.await
    }

    /// Fails early, before a large body is sent for nothing. The transaction asks again.
    pub(super) async fn require_bucket(&self, bucket: &str) -> S3Result<()> {
        let bucket = bucket.to_owned();
        match self.folder.look(move |view, _| view.bucket(&bucket)).await? {
            Some(_) => Ok(()),
            None => Err(s3_error!(NoSuchBucket)),
        }
    }

    /// The source's bytes under a new name. They are only read when its digests cannot be taken over: those of an
    /// object in parts, and a checksum it does not have.
    async fn copy(
        &self,
        bucket: &str,
        key: &str,
        reading: &Reading,
        algorithm: Option<Algorithm>,
    ) -> S3Result<(Headers, Copied)> {
        for _ in 0..super::reads::LOOKUPS {
            let Found { record, source } = self.find(bucket, key, true).await?;
            if reading.verdict(&record.head) != Verdict::Proceed {
                return Err(conditions::failed());
            }
            if record.head.size > MAX_COPY {
                return Err(s3_error!(
                    InvalidRequest,
                    "The copy source is larger than the maximum of 5 GiB for a copy"
                ));
            }
            let blobs = std::sync::Arc::clone(self.folder.blobs());
            let Record { head, place, headers, checksum, parts } = record;
            let taken_over = parts.is_empty()
                && checksum.as_ref().is_some_and(|sum| algorithm.is_none_or(|algorithm| algorithm == sum.algorithm));
            let source = source.ok_or_else(|| s3_error!(InternalError))?;
            let wanted = algorithm.or(checksum.as_ref().map(|sum| sum.algorithm)).unwrap_or(USUAL);
            let copied = blocking(move || {
                if let (true, Place::File(id)) = (taken_over, &place) {
                    let stored = Stored::Large(blobs.duplicate(*id)?);
                    return Ok(Copied { stored, size: head.size, etag: head.etag, checksum });
                }
                source.receive(0..head.size, &blobs, wanted).map(Copied::from)
            });
            match copied.await? {
                Ok(copied) => return Ok((headers, copied)),
                // Replaced between the look and the copy: look again.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(not_stored(error)),
            }
        }
        Err(s3_error!(InternalError, "The copy source kept changing"))
    }
}

/// Bytes that have been copied, and their digests.
struct Copied {
    stored: Stored,
    size: u64,
    etag: String,
    checksum: Option<Checksum>,
}

impl From<Received> for Copied {
    fn from(received: Received) -> Self {
        let Received { stored, size, digests } = received;
        Self { stored, size, etag: digests.etag(), checksum: Some(digests.checksum) }
    }
}

impl Copied {
    fn into_written(
        self,
        bucket: String,
        key: String,
        condition: Writing,
        kind: ChangeKind,
        headers: Headers,
    ) -> Written {
        let Self { stored, size, etag, checksum } = self;
        Written { bucket, key, condition, kind, stored, size, etag, headers, checksum }
    }
}

impl Received {
    fn into_written(
        self,
        bucket: String,
        key: String,
        condition: Writing,
        kind: ChangeKind,
        headers: Headers,
    ) -> Written {
        Copied::from(self).into_written(bucket, key, condition, kind, headers)
    }
}

/// The source's bucket and key.
pub(super) fn source(source: CopySource) -> S3Result<(String, String)> {
    match source {
        CopySource::Bucket { bucket, key, version_id } => {
            refuse_versions(version_id.as_deref())?;
            Ok((bucket.into(), key.into()))
        }
        _ => Err(s3_error!(NotImplemented, "Access points are not offered")),
    }
}

/// An algorithm by the name that the client gives it.
pub(super) fn wanted_algorithm(name: Option<&str>) -> S3Result<Option<Algorithm>> {
    let parse =
        |name: &str| name.parse().map_err(|()| s3_error!(InvalidRequest, "Checksum algorithm provided is unsupported"));
    name.map(parse).transpose()
}

/// `s3s` does not know these two for copies.
fn destination_condition(headers: &HeaderMap) -> S3Result<Writing> {
    let read = |name: http::HeaderName| -> S3Result<Option<ETagCondition>> {
        let Some(value) = headers.get(&name) else {
            return Ok(None);
        };
        let condition = ETagCondition::parse_http_header(value.as_bytes());
        condition.map(Some).map_err(|_| s3_error!(InvalidArgument, "{name} is no ETag"))
    };
    Writing::of(read(http::header::IF_MATCH)?, read(http::header::IF_NONE_MATCH)?)
}
