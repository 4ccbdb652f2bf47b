//! Uploads in parts: begun, listed, completed, aborted.

use std::collections::BTreeMap;

use data_encoding::HEXLOWER;
use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, ChecksumAlgorithm, ChecksumType,
    CompleteMultipartUploadInput, CompleteMultipartUploadOutput, CompletedPart, CreateMultipartUploadInput,
    CreateMultipartUploadOutput,
};
use s3s::{S3Error, S3Request, S3Response, S3Result, s3_error};

use super::writes::wanted_algorithm;
use super::{Operations, kind_shown, now, refuse_what_is_not_offered, show_checksum, stored_headers, strong};
use crate::s3::blobs::Place;
use crate::s3::conditions::Writing;
use crate::s3::digest::{ALGORITHMS, Algorithm, Checksum, Kind, combined, multipart_etag};
use crate::s3::index::outbox::ChangeKind;
use crate::s3::index::{IndexError, View, object_key};
use crate::s3::record::{Head, Part, Record, Upload, read_json};

/// The least size of a part that is not the last (AWS, "Amazon S3 multipart upload limits").
const MIN_PART: u64 = 5 * 1024 * 1024;

/// The parts of an upload, by number.
type Parts = BTreeMap<u32, Part>;

impl Operations {
    pub(super) async fn create_multipart_upload(
        &self,
        request: S3Request<CreateMultipartUploadInput>,
    ) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
        refuse_what_is_not_offered(&request.headers)?;
        let mut input = request.input;
        let headers = stored_headers!(input)?;
        let algorithm = wanted_algorithm(input.checksum_algorithm.as_ref().map(ChecksumAlgorithm::as_str))?;
        let kind = wanted_kind(algorithm, input.checksum_type.as_ref())?;
        let initiated = now().as_millisecond();
        let upload = Upload { headers, algorithm, kind, initiated };
        let id = new_id(initiated)?;
        let output = CreateMultipartUploadOutput {
            bucket: Some(input.bucket.clone()),
            key: Some(input.key.clone()),
            upload_id: Some(id.clone()),
            checksum_algorithm: input.checksum_algorithm,
            checksum_type: kind.map(|kind| ChecksumType::from_static(kind.name())),
            ..CreateMultipartUploadOutput::default()
        };
        let (bucket, key) = (input.bucket, input.key);
        let begin = self.folder.write(move |tables| {
            tables.require_bucket(&bucket)?;
            let json = serde_json::to_vec(&upload).expect("an upload holds nothing that JSON cannot");
            tables.uploads.insert((object_key(&bucket, &key).as_slice(), id.as_str()), json.as_slice())?;
            Ok(())
        });
        begin.await?;
        Ok(S3Response::new(output))
    }

    pub(super) async fn abort_multipart_upload(
        &self,
        request: S3Request<AbortMultipartUploadInput>,
    ) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
        let input = request.input;
        let abort = self.folder.write(move |tables| {
            tables.require_bucket(&input.bucket)?;
            let full = object_key(&input.bucket, &input.key);
            if !tables.has_upload(&full, &input.upload_id)? {
                return Err(s3_error!(NoSuchUpload).into());
            }
            tables.remove_upload(&full, &input.upload_id, |_| false)
        });
        abort.await?;
        Ok(S3Response::new(AbortMultipartUploadOutput::default()))
    }

    /// Makes the parts the object, where they lie, if they and the upload are still the same.
    pub(super) async fn complete_multipart_upload(
        &self,
        request: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        let mut input = request.input;
        let condition = Writing::of(input.if_match.take(), input.if_none_match.take())?;
        let listed = input.multipart_upload.take().and_then(|upload| upload.parts).unwrap_or_default();
        let (upload, all) = self.upload(&input.bucket, &input.key, &input.upload_id).await?;
        let chosen = choose(listed, &all)?;
        let size = chosen.iter().map(|(_, part)| part.size).sum();
        if input.mpu_object_size.is_some_and(|expected| u64::try_from(expected) != Ok(size)) {
            return Err(s3_error!(
                InvalidRequest,
                "The provided 'x-amz-mp-object-size' header does not match the parts"
            ));
        }
        let etags = chosen.iter().map(|(_, part)| part.etag.as_str());
        let etag = multipart_etag(etags).ok_or_else(|| s3_error!(InvalidPart))?;
        let checksum = whole_checksum(&upload, &chosen);
        compare(&input, checksum.as_ref())?;
        let time = now();
        let record = Record {
            head: Head { size, modified: time.as_millisecond(), etag: etag.clone() },
            place: place_of(&chosen),
            headers: upload.headers,
            checksum: checksum.clone(),
            parts: chosen.iter().map(|(_, part)| part.size).collect(),
        };
        let (bucket, key, id) = (input.bucket.clone(), input.key.clone(), input.upload_id);
        let complete = self.folder.write(move |tables| {
            tables.require_bucket(&bucket)?;
            let full = object_key(&bucket, &key);
            if !tables.has_upload(&full, &id)? {
                return Err(s3_error!(NoSuchUpload).into());
            }
            for (number, part) in &chosen {
                let there = tables.part(&id, *number)?;
                if there.as_ref() != Some(part) {
                    return Err(s3_error!(InvalidPart).into());
                }
            }
            let there = tables.object(&full)?;
            condition.allows(there.as_ref().map(|record| &record.head))?;
            tables
                .remove_upload(&full, &id, |number| chosen.binary_search_by_key(&number, |(kept, _)| *kept).is_ok())?;
            tables.put((&bucket, &key), &record, ChangeKind::CompleteMultipartUpload, time)
        });
        complete.await?;
        let mut output = CompleteMultipartUploadOutput {
            location: Some(format!("/{}/{}", input.bucket, input.key)),
            bucket: Some(input.bucket),
            key: Some(input.key),
            e_tag: Some(strong(&etag)),
            ..CompleteMultipartUploadOutput::default()
        };
        show_checksum!(output, &checksum);
        output.checksum_type = checksum.as_ref().map(kind_shown);
        Ok(S3Response::new(output))
    }

    /// An upload and its parts.
    pub(super) async fn upload(&self, bucket: &str, key: &str, id: &str) -> S3Result<(Upload, Parts)> {
        self.look_up(bucket, key, id, |view, id, upload| Ok((upload, parts(view, id)?))).await
    }

    /// An upload without its parts: each part that comes would otherwise read all before it.
    pub(super) async fn begun(&self, bucket: &str, key: &str, id: &str) -> S3Result<Upload> {
        self.look_up(bucket, key, id, |_, _, upload| Ok(upload)).await
    }

    async fn look_up<T: Send + 'static>(
        &self,
        bucket: &str,
        key: &str,
        id: &str,
        and: impl FnOnce(&View, &str, Upload) -> Result<T, IndexError> + Send + 'static,
    ) -> S3Result<T> {
        let (bucket, key, id) = (bucket.to_owned(), key.to_owned(), id.to_owned());
        let read = self.folder.look(move |view, _| {
            if view.bucket(&bucket)?.is_none() {
                return Ok(Err(s3_error!(NoSuchBucket)));
            }
            let found = view.uploads()?.get((object_key(&bucket, &key).as_slice(), id.as_str()))?;
            let Some(found) = found else { return Ok(Err(s3_error!(NoSuchUpload))) };
            Ok(Ok(and(view, &id, read_json(found.value())?)?))
        });
        read.await?
    }
}

/// Where an object lies that consists of these parts.
fn place_of(parts: &[(u32, Part)]) -> Place {
    match parts {
        [(_, part)] => part.place.clone(),
        parts => Place::Parts(parts.iter().map(|(_, part)| part.place.clone()).collect()),
    }
}

fn parts(view: &View, id: &str) -> Result<Parts, IndexError> {
    let mut parts = Parts::new();
    for entry in view.parts()?.range((id, 0)..=(id, u32::MAX))? {
        let (number, part) = entry?;
        parts.insert(number.value().1, read_json(part.value())?);
    }
    Ok(parts)
}

/// The parts that the client lists, if they are what was uploaded.
fn choose(listed: Vec<CompletedPart>, all: &Parts) -> S3Result<Vec<(u32, Part)>> {
    if listed.is_empty() {
        return Err(s3_error!(MalformedXML));
    }
    let mut chosen: Vec<(u32, Part)> = Vec::with_capacity(listed.len());
    for wanted in listed {
        let number =
            wanted.part_number.and_then(|number| u32::try_from(number).ok()).ok_or_else(|| s3_error!(InvalidPart))?;
        if chosen.last().is_some_and(|(last, _)| *last >= number) {
            return Err(s3_error!(InvalidPartOrder));
        }
        let part = all.get(&number).ok_or_else(|| s3_error!(InvalidPart))?;
        let same_etag = wanted.e_tag.as_ref().is_some_and(|etag| etag.value() == part.etag);
        let claimed = [
            (Algorithm::Crc32, &wanted.checksum_crc32),
            (Algorithm::Crc32c, &wanted.checksum_crc32c),
            (Algorithm::Crc64nvme, &wanted.checksum_crc64nvme),
            (Algorithm::Sha1, &wanted.checksum_sha1),
            (Algorithm::Sha256, &wanted.checksum_sha256),
        ];
        let same_checksum = claimed.into_iter().all(|(algorithm, claim)| {
            claim.as_ref().is_none_or(|claim| part.checksum.algorithm == algorithm && part.checksum.value == *claim)
        });
        if !same_etag || !same_checksum {
            return Err(s3_error!(InvalidPart));
        }
        chosen.push((number, part.clone()));
    }
    if chosen.iter().rev().skip(1).any(|(_, part)| part.size < MIN_PART) {
        return Err(s3_error!(EntityTooSmall));
    }
    Ok(chosen)
}

/// The checksum of the whole; none when the parts' differ in kind.
fn whole_checksum(upload: &Upload, parts: &[(u32, Part)]) -> Option<Checksum> {
    let algorithm = upload.algorithm.or_else(|| Some(parts.first()?.1.checksum.algorithm))?;
    if parts.iter().any(|(_, part)| part.checksum.algorithm != algorithm) {
        return None;
    }
    let full = if algorithm.offers(Kind::FullObject) { Kind::FullObject } else { Kind::Composite };
    let kind = upload.kind.unwrap_or(full);
    let values: Vec<(&str, u64)> = parts.iter().map(|(_, part)| (part.checksum.value.as_str(), part.size)).collect();
    combined(algorithm, kind, &values)
}

/// The client may say what the whole must have, and of which kind that is.
fn compare(input: &CompleteMultipartUploadInput, checksum: Option<&Checksum>) -> S3Result<()> {
    if let Some(kind) = &input.checksum_type
        && checksum.is_none_or(|checksum| checksum.kind.name() != kind.as_str())
    {
        return Err(s3_error!(
            BadDigest,
            "The checksum type you specified is not the one that the upload was created with."
        ));
    }
    let claimed = ALGORITHMS.into_iter().zip([
        &input.checksum_crc32,
        &input.checksum_crc32c,
        &input.checksum_crc64nvme,
        &input.checksum_sha1,
        &input.checksum_sha256,
    ]);
    for (algorithm, claim) in claimed {
        let Some(claim) = claim else { continue };
        if checksum.is_none_or(|checksum| checksum.algorithm != algorithm || checksum.value != *claim) {
            let name = algorithm.name();
            return Err(s3_error!(BadDigest, "The {name} you specified did not match the calculated checksum."));
        }
    }
    Ok(())
}

fn wanted_kind(algorithm: Option<Algorithm>, asked: Option<&ChecksumType>) -> S3Result<Option<Kind>> {
    let Some(asked) = asked else {
        return Ok(algorithm.map(Algorithm::usual_kind));
    };
    let kind = match asked.as_str() {
        ChecksumType::FULL_OBJECT => Kind::FullObject,
        ChecksumType::COMPOSITE => Kind::Composite,
        _ => {
            return Err(s3_error!(InvalidRequest, "Value for x-amz-checksum-type header is invalid."));
        }
    };
    match algorithm {
        Some(algorithm) if algorithm.offers(kind) => Ok(Some(kind)),
        Some(algorithm) => Err(s3_error!(
            InvalidRequest,
            "The {} checksum type cannot be used with the {} checksum algorithm.",
            kind.name(),
            algorithm.name()
        )),
        None => Err(s3_error!(InvalidRequest, "x-amz-checksum-type needs x-amz-checksum-algorithm beside it")),
    }
}

/// The moment, and 128 bits that nobody guesses. In the order of their ids, the uploads of a key are in that of their
/// beginnings, as Amazon documents it for lists (those that an older version began have ids without a moment).
fn new_id(initiated: i64) -> S3Result<String> {
    let mut id = [0; 16];
    getrandom::fill(&mut id).map_err(S3Error::internal_error)?;
    Ok(format!("{initiated:012x}{}", HEXLOWER.encode(&id)))
}
