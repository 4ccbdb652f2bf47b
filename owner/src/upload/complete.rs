//! The last request of an upload in parts, which can be answered without the answer arriving.

use anyhow::{Result, ensure};
use aws_sdk_s3::Client;
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};

use super::etag;

/// Makes an object of its parts.
///
/// When the answer is lost the client asks again, and is told that there is no such upload: it is an object by now. So
/// what lies there is looked at before that counts as a failure.
pub async fn complete(client: &Client, bucket: &str, key: &str, upload: &str, parts: Vec<CompletedPart>) -> Result<()> {
    let wanted = etag::of_told_parts(parts.iter().filter_map(CompletedPart::e_tag));
    let all = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
    let request = client.complete_multipart_upload().bucket(bucket).key(key).upload_id(upload).multipart_upload(all);
    let Err(error) = request.send().await else { return Ok(()) };
    let is_gone = error.as_service_error().is_some_and(|error| error.code() == Some("NoSuchUpload"));
    ensure!(is_gone, error);
    let there = client.head_object().bucket(bucket).key(key).send().await;
    let is_there = there.is_ok_and(|head| head.e_tag().map(|told| told.trim_matches('"')) == wanted.as_deref());
    ensure!(is_there && wanted.is_some(), error);
    Ok(())
}
