//! Parts of uploads: sent, copied, listed; and the list of uploads.

use std::ops::Range;
use std::sync::Arc;

use s3s::dto::{
    ChecksumAlgorithm, ChecksumType, CommonPrefix, CopyPartResult, Initiator, ListMultipartUploadsInput,
    ListMultipartUploadsOutput, ListPartsInput, ListPartsOutput, MultipartUpload, StorageClass, UploadPartCopyInput,
    UploadPartCopyOutput, UploadPartInput, UploadPartOutput,
};
use s3s::{S3Request, S3Response, S3Result, s3_error};

use super::lists::Encode;
use super::reads::Found;
use super::writes::source;
use super::{
    OWNER, Operations, USUAL, now, owner, page_size, refuse_what_is_not_offered, show_checksum, shown, strong,
};

use crate::s3::body::{Announced, Received, not_stored, receive};
use crate::s3::conditions::{self, Reading, Verdict};
use crate::s3::folder::blocking;
use crate::s3::index::object_key;
use crate::s3::record::{Part, Upload, read_json};

/// Parts are numbered from 1 to this (AWS, "Amazon S3 multipart upload limits").
const MAX_PART_NUMBER: i32 = 10_000;

impl Operations {
    pub(super) async fn upload_part(
        &self,
        request: S3Request<UploadPartInput>,
    ) -> S3Result<S3Response<UploadPartOutput>> {
        refuse_what_is_not_offered(&request.headers)?;
        let announced = Announced::of(&request.headers, request.trailing_headers)?;
        let input = request.input;
        let number = part_number(input.part_number)?;
        let upload = self.begun(&input.bucket, &input.key, &input.upload_id).await?;
        if let (Some(agreed), Some(sent)) = (upload.algorithm, announced.algorithm())
            && agreed != sent
        {
            return Err(s3_error!(
                InvalidRequest,
                "Checksum Type mismatch occurred, expected checksum Type: {}, actual checksum Type: {}",
                agreed.name().to_ascii_lowercase(),
                sent.name().to_ascii_lowercase()
            ));
        }
        let usual = upload.algorithm.unwrap_or(USUAL);
        let received = receive(self.folder.blobs(), input.body, &announced, usual).await?;
        let part = self.put_part(input.bucket, input.key, input.upload_id, number, received).await?;
        let mut output = UploadPartOutput { e_tag: Some(strong(&part.etag)), ..UploadPartOutput::default() };
        show_checksum!(output, Some(&part.checksum));
        Ok(S3Response::new(output))
    }

    pub(super) async fn upload_part_copy(
        &self,
        request: S3Request<UploadPartCopyInput>,
    ) -> S3Result<S3Response<UploadPartCopyOutput>> {
        refuse_what_is_not_offered(&request.headers)?;
        let mut input = request.input;
        let number = part_number(input.part_number)?;
        let upload = self.begun(&input.bucket, &input.key, &input.upload_id).await?;
        let (from_bucket, from_key) = source(input.copy_source)?;
        let Found { record, source } = self.find(&from_bucket, &from_key, true).await?;
        let reading = Reading {
            matching: input.copy_source_if_match.take(),
            not_matching: input.copy_source_if_none_match.take(),
            modified_since: input.copy_source_if_modified_since.take(),
            unmodified_since: input.copy_source_if_unmodified_since.take(),
        };
        if reading.verdict(&record.head) != Verdict::Proceed {
            return Err(conditions::failed());
        }
        let range = copy_range(input.copy_source_range.as_deref(), record.head.size)?;
        let source = source.ok_or_else(|| s3_error!(InternalError))?;
        let blobs = Arc::clone(self.folder.blobs());
        let usual = upload.algorithm.unwrap_or(USUAL);
        let received = blocking(move || source.receive(range, &blobs, usual)).await?.map_err(not_stored)?;
        let part = self.put_part(input.bucket, input.key, input.upload_id, number, received).await?;
        let mut result = CopyPartResult {
            e_tag: Some(strong(&part.etag)),
            last_modified: Some(shown(part.modified)),
            ..CopyPartResult::default()
        };
        show_checksum!(result, Some(&part.checksum));
        Ok(S3Response::new(UploadPartCopyOutput { copy_part_result: Some(result), ..UploadPartCopyOutput::default() }))
    }

    pub(super) async fn list_parts(&self, request: S3Request<ListPartsInput>) -> S3Result<S3Response<ListPartsOutput>> {
        let input = request.input;
        let limit = page_size(input.max_parts)?;
        let (upload, all) = self.upload(&input.bucket, &input.key, &input.upload_id).await?;
        let after = input.part_number_marker.and_then(|marker| u32::try_from(marker).ok()).unwrap_or(0);
        let mut wanted = all.range(after.saturating_add(1)..);
        let parts: Vec<s3s::dto::Part> = wanted
            .by_ref()
            .take(limit)
            .map(|(number, part)| {
                let mut shown_part = s3s::dto::Part {
                    e_tag: Some(strong(&part.etag)),
                    last_modified: Some(shown(part.modified)),
                    part_number: i32::try_from(*number).ok(),
                    size: Some(part.size as i64),
                    ..s3s::dto::Part::default()
                };
                show_checksum!(shown_part, Some(&part.checksum));
                shown_part
            })
            .collect();
        let truncated = limit > 0 && wanted.next().is_some();
        Ok(S3Response::new(ListPartsOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            upload_id: Some(input.upload_id),
            part_number_marker: Some(after as i32),
            next_part_number_marker: parts.last().filter(|_| truncated).and_then(|part| part.part_number),
            max_parts: Some(limit as i32),
            is_truncated: Some(truncated),
            parts: Some(parts),
            owner: Some(owner()),
            initiator: Some(initiator()),
            storage_class: Some(StorageClass::from_static(StorageClass::STANDARD)),
            checksum_algorithm: upload.algorithm.map(|algorithm| ChecksumAlgorithm::from_static(algorithm.name())),
            checksum_type: upload.kind.map(|kind| ChecksumType::from_static(kind.name())),
            ..ListPartsOutput::default()
        }))
    }

    /// There are few uploads at a time, so the whole list is read and a page of it shown.
    pub(super) async fn list_multipart_uploads(
        &self,
        request: S3Request<ListMultipartUploadsInput>,
    ) -> S3Result<S3Response<ListMultipartUploadsOutput>> {
        let input = request.input;
        let limit = page_size(input.max_uploads)?;
        let encode = Encode::of(input.encoding_type.as_ref())?;
        self.require_bucket(&input.bucket).await?;
        let all = self.uploads(&input.bucket).await?;
        let prefix = input.prefix.clone().unwrap_or_default();
        let delimiter = input.delimiter.clone().filter(|delimiter| !delimiter.is_empty());
        let marker = (input.key_marker.clone().unwrap_or_default(), input.upload_id_marker.clone().unwrap_or_default());
        let mut output = ListMultipartUploadsOutput::default();
        let (mut uploads, mut prefixes): (Vec<MultipartUpload>, Vec<CommonPrefix>) = (Vec::new(), Vec::new());
        let mut last_prefix = String::new();
        for (key, id, upload) in all.into_iter().filter(|(key, ..)| key.starts_with(&prefix)) {
            let rolled = delimiter.as_ref().and_then(|delimiter| {
                key[prefix.len()..]
                    .find(delimiter.as_str())
                    .map(|at| key[..prefix.len() + at + delimiter.len()].to_owned())
            });
            let passed = match &rolled {
                Some(rolled) => *rolled <= marker.0 || *rolled == last_prefix,
                None if marker.1.is_empty() => key <= marker.0,
                None => (&key, &id) <= (&marker.0, &marker.1),
            };
            if passed {
                continue;
            }
            if uploads.len() + prefixes.len() == limit {
                output.is_truncated = Some(limit > 0);
                break;
            }
            output.next_key_marker = Some(encode.text(rolled.as_ref().unwrap_or(&key)));
            output.next_upload_id_marker = rolled.is_none().then(|| id.clone());
            match rolled {
                Some(rolled) => {
                    prefixes.push(CommonPrefix { prefix: Some(encode.text(&rolled)) });
                    last_prefix = rolled;
                }
                None => uploads.push(shown_upload(encode.text(&key), id, &upload)),
            }
        }
        if output.is_truncated != Some(true) {
            (output.next_key_marker, output.next_upload_id_marker) = (None, None);
        }
        output.is_truncated.get_or_insert(false);
        output.bucket = Some(input.bucket);
        output.prefix = Some(encode.text(&prefix));
        output.delimiter = delimiter.map(|delimiter| encode.text(&delimiter));
        output.key_marker = Some(encode.text(&marker.0));
        output.upload_id_marker = Some(marker.1);
        output.max_uploads = Some(limit as i32);
        output.encoding_type = input.encoding_type;
        output.uploads = Some(uploads);
        output.common_prefixes = Some(prefixes);
        Ok(S3Response::new(output))
    }

    async fn uploads(&self, bucket: &str) -> S3Result<Vec<(String, String, Upload)>> {
        let start = object_key(bucket, "");
        let read = self.folder.look(move |view, _| {
            let mut all = Vec::new();
            for entry in view.uploads()?.range((start.as_slice(), "")..)? {
                let (place, upload) = entry?;
                let (full, id) = place.value();
                let Some(key) = full.strip_prefix(start.as_slice()) else {
                    break;
                };
                let key = String::from_utf8_lossy(key).into_owned();
                all.push((key, id.to_owned(), read_json(upload.value())?));
            }
            Ok(all)
        });
        read.await
    }

    /// Keeps a part, over the one with that number.
    async fn put_part(
        &self,
        bucket: String,
        key: String,
        id: String,
        number: u32,
        received: Received,
    ) -> S3Result<Part> {
        let modified = now().as_millisecond();
        let keep = self.folder.write(move |tables| {
            if !tables.has_upload(&object_key(&bucket, &key), &id)? {
                return Err(s3_error!(NoSuchUpload).into());
            }
            let Received { stored, size, digests } = received;
            let etag = digests.etag();
            let part = Part { size, etag, modified, place: tables.store(stored)?, checksum: digests.checksum };
            tables.put_part(&id, number, &part)?;
            Ok(part)
        });
        keep.await
    }
}

fn part_number(number: i32) -> S3Result<u32> {
    if !(1..=MAX_PART_NUMBER).contains(&number) {
        return Err(s3_error!(InvalidArgument, "Part number must be an integer between 1 and 10000, inclusive"));
    }
    Ok(number.unsigned_abs())
}

/// `bytes=first-last`, the one form that is allowed here.
fn copy_range(range: Option<&str>, size: u64) -> S3Result<Range<u64>> {
    let Some(range) = range else { return Ok(0..size) };
    let bounds = range.strip_prefix("bytes=").and_then(|bounds| bounds.split_once('-'));
    let numbers = bounds.and_then(|(first, last)| Some((first.parse::<u64>().ok()?, last.parse::<u64>().ok()?)));
    match numbers {
        Some((first, last)) if first <= last && last < size => Ok(first..last + 1),
        Some(_) => Err(s3_error!(InvalidArgument, "Range specified is not valid for source object of size: {size}")),
        None => {
            Err(s3_error!(InvalidArgument, "The x-amz-copy-source-range value must be of the form bytes=first-last"))
        }
    }
}

fn shown_upload(key: String, id: String, upload: &Upload) -> MultipartUpload {
    MultipartUpload {
        key: Some(key),
        upload_id: Some(id),
        initiated: Some(shown(upload.initiated)),
        initiator: Some(initiator()),
        owner: Some(owner()),
        storage_class: Some(StorageClass::from_static(StorageClass::STANDARD)),
        checksum_algorithm: upload.algorithm.map(|algorithm| ChecksumAlgorithm::from_static(algorithm.name())),
        checksum_type: upload.kind.map(|kind| ChecksumType::from_static(kind.name())),
    }
}

fn initiator() -> Initiator {
    Initiator { display_name: Some(OWNER.to_owned()), id: Some(OWNER.to_owned()) }
}
