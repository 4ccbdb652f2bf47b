//! The operations offered: each file a family, each function one operation. What is not here answers
//! `NotImplemented`.

mod buckets;
mod deletes;
mod lists;
mod multipart;
mod parts;
mod reads;
mod writes;

use std::sync::Arc;

use http::HeaderMap;
use jiff::Timestamp;
use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, ChecksumType, CompleteMultipartUploadInput,
    CompleteMultipartUploadOutput, CopyObjectInput, CopyObjectOutput, CreateBucketInput, CreateBucketOutput,
    CreateMultipartUploadInput, CreateMultipartUploadOutput, DeleteBucketInput, DeleteBucketOutput, DeleteObjectInput,
    DeleteObjectOutput, DeleteObjectsInput, DeleteObjectsOutput, ETag, GetBucketLocationInput, GetBucketLocationOutput,
    GetBucketVersioningInput, GetBucketVersioningOutput, GetObjectInput, GetObjectOutput, HeadBucketInput,
    HeadBucketOutput, HeadObjectInput, HeadObjectOutput, ListBucketsInput, ListBucketsOutput,
    ListMultipartUploadsInput, ListMultipartUploadsOutput, ListObjectsInput, ListObjectsOutput, ListObjectsV2Input,
    ListObjectsV2Output, ListPartsInput, ListPartsOutput, Metadata, Owner, PostObjectInput, PostObjectOutput,
    PutObjectInput, PutObjectOutput, UploadPartCopyInput, UploadPartCopyOutput, UploadPartInput, UploadPartOutput,
};
use s3s::{S3, S3Request, S3Response, S3Result, s3_error};

use super::digest::{Algorithm, Checksum};
use super::folder::Folder;
use super::record::Headers;

/// The region that the server says it is in.
const REGION: &str = "us-east-1";

/// The owner of everything.
const OWNER: &str = "heirloom";

/// The checksum taken when the client sends none (AWS, "Checking object integrity").
const USUAL: Algorithm = Algorithm::Crc64nvme;

/// Room for a client's own metadata, in bytes (AWS, "Working with object metadata").
const MAX_METADATA: usize = 2 * 1024;

/// What `s3s` calls.
pub(super) struct Operations {
    folder: Arc<Folder>,
}

impl Operations {
    pub(super) fn new(folder: Arc<Folder>) -> Self {
        Self { folder }
    }
}

macro_rules! operations {
    ($($name:ident($input:ident) -> $output:ident;)*) => {
        #[async_trait::async_trait]
        impl S3 for Operations {
            $(async fn $name(&self, request: S3Request<$input>) -> S3Result<S3Response<$output>> {
                self.$name(request).await
            })*

            /// Uploads from HTML forms are not offered; by default `s3s` would make them puts.
            async fn post_object(&self, _: S3Request<PostObjectInput>) -> S3Result<S3Response<PostObjectOutput>> {
                Err(s3_error!(NotImplemented, "Uploads from HTML forms are not offered"))
            }
        }
    };
}

operations! {
    abort_multipart_upload(AbortMultipartUploadInput) -> AbortMultipartUploadOutput;
    complete_multipart_upload(CompleteMultipartUploadInput) -> CompleteMultipartUploadOutput;
    copy_object(CopyObjectInput) -> CopyObjectOutput;
    create_bucket(CreateBucketInput) -> CreateBucketOutput;
    create_multipart_upload(CreateMultipartUploadInput) -> CreateMultipartUploadOutput;
    delete_bucket(DeleteBucketInput) -> DeleteBucketOutput;
    delete_object(DeleteObjectInput) -> DeleteObjectOutput;
    delete_objects(DeleteObjectsInput) -> DeleteObjectsOutput;
    get_bucket_location(GetBucketLocationInput) -> GetBucketLocationOutput;
    get_bucket_versioning(GetBucketVersioningInput) -> GetBucketVersioningOutput;
    get_object(GetObjectInput) -> GetObjectOutput;
    head_bucket(HeadBucketInput) -> HeadBucketOutput;
    head_object(HeadObjectInput) -> HeadObjectOutput;
    list_buckets(ListBucketsInput) -> ListBucketsOutput;
    list_multipart_uploads(ListMultipartUploadsInput) -> ListMultipartUploadsOutput;
    list_objects(ListObjectsInput) -> ListObjectsOutput;
    list_objects_v2(ListObjectsV2Input) -> ListObjectsV2Output;
    list_parts(ListPartsInput) -> ListPartsOutput;
    put_object(PutObjectInput) -> PutObjectOutput;
    upload_part(UploadPartInput) -> UploadPartOutput;
    upload_part_copy(UploadPartCopyInput) -> UploadPartCopyOutput;
}

/// Writes a checksum into the field of its algorithm. The outputs share the fields' names and nothing else.
macro_rules! show_checksum {
    ($output:expr, $checksum:expr) => {
        if let Some(checksum) = $checksum {
            let value = Some(checksum.value.clone());
            match checksum.algorithm {
                $crate::s3::digest::Algorithm::Crc32 => $output.checksum_crc32 = value,
                $crate::s3::digest::Algorithm::Crc32c => $output.checksum_crc32c = value,
                $crate::s3::digest::Algorithm::Crc64nvme => $output.checksum_crc64nvme = value,
                $crate::s3::digest::Algorithm::Sha1 => $output.checksum_sha1 = value,
                $crate::s3::digest::Algorithm::Sha256 => $output.checksum_sha256 = value,
            }
        }
    };
}
use show_checksum;

/// Takes the headers to store out of an input. The inputs share the fields' names and nothing else.
macro_rules! stored_headers {
    ($input:expr) => {
        $crate::s3::ops::to_store(
            $crate::s3::record::Headers {
                content_type: $input.content_type.take(),
                cache_control: $input.cache_control.take(),
                content_disposition: $input.content_disposition.take(),
                content_encoding: $input.content_encoding.take(),
                content_language: $input.content_language.take(),
                expires: $input.expires.take().map(|time| $crate::s3::conditions::unix_seconds(&time)),
                metadata: std::collections::BTreeMap::new(),
            },
            $input.metadata.take(),
        )
    };
}
use stored_headers;

/// Headers as they are kept: without what describes the transfer alone, and with S3's type for want of another.
fn to_store(mut headers: Headers, metadata: Option<Metadata>) -> S3Result<Headers> {
    headers.metadata = metadata.unwrap_or_default().into_iter().collect();
    if headers.metadata.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>() > MAX_METADATA {
        return Err(s3_error!(MetadataTooLarge));
    }
    headers.content_type.get_or_insert_with(|| "binary/octet-stream".to_owned());
    headers.content_encoding = headers.content_encoding.and_then(|codings| {
        let kept: Vec<&str> = codings
            .split(',')
            .map(str::trim)
            .filter(|c| !c.is_empty() && !c.eq_ignore_ascii_case("aws-chunked"))
            .collect();
        (!kept.is_empty()).then(|| kept.join(","))
    });
    Ok(headers)
}

/// Headers that ask for what is not offered. To ignore them would be to promise it.
const NOT_OFFERED: [&str; 9] = [
    "x-amz-copy-source-server-side-encryption-customer-algorithm",
    "x-amz-object-lock-legal-hold",
    "x-amz-object-lock-mode",
    "x-amz-object-lock-retain-until-date",
    "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-customer-algorithm",
    "x-amz-tagging",
    "x-amz-website-redirect-location",
    "x-amz-write-offset-bytes",
];

fn refuse_what_is_not_offered(headers: &HeaderMap) -> S3Result<()> {
    if let Some(name) = NOT_OFFERED.into_iter().find(|name| headers.contains_key(*name)) {
        return Err(s3_error!(NotImplemented, "The header {name} asks for what this server does not offer"));
    }
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if text("x-amz-storage-class").is_some_and(|class| class != "STANDARD") {
        return Err(s3_error!(InvalidStorageClass));
    }
    let granted = headers.keys().any(|name| name.as_str().starts_with("x-amz-grant-"));
    if granted || text("x-amz-acl").is_some_and(|acl| !matches!(acl, "private" | "bucket-owner-full-control")) {
        return Err(s3_error!(AccessControlListNotSupported, "The bucket does not allow ACLs"));
    }
    Ok(())
}

/// Versions are not kept: every object has the one that S3 calls `null`.
fn refuse_versions(version: Option<&str>) -> S3Result<()> {
    match version {
        None | Some("null") => Ok(()),
        Some(_) => Err(s3_error!(InvalidArgument, "Invalid version id specified")),
    }
}

/// A page's size as asked for, within S3's limits.
fn page_size(asked: Option<i32>) -> S3Result<usize> {
    match asked.map(usize::try_from) {
        None => Ok(super::listing::MAX_KEYS),
        Some(Ok(size)) => Ok(size.min(super::listing::MAX_KEYS)),
        Some(Err(_)) => Err(s3_error!(InvalidArgument, "The size of a page cannot be negative")),
    }
}

/// The clock. Everything below is told the time.
fn now() -> Timestamp {
    Timestamp::now()
}

/// A stored time as the protocol writes it: whole seconds, in headers and listings alike.
fn shown(milliseconds: i64) -> s3s::dto::Timestamp {
    seconds_shown(super::conditions::seconds(milliseconds))
}

fn seconds_shown(seconds: i64) -> s3s::dto::Timestamp {
    let whole = std::time::Duration::from_secs(seconds.unsigned_abs());
    let epoch = std::time::SystemTime::UNIX_EPOCH;
    let time = if seconds < 0 { epoch.checked_sub(whole) } else { epoch.checked_add(whole) };
    time.unwrap_or(epoch).into()
}

fn strong(etag: &str) -> ETag {
    ETag::Strong(etag.to_owned())
}

fn kind_shown(checksum: &Checksum) -> ChecksumType {
    ChecksumType::from_static(checksum.kind.name())
}

fn owner() -> Owner {
    Owner { display_name: Some(OWNER.to_owned()), id: Some(OWNER.to_owned()) }
}
