//! The last request of an upload in parts, which can be answered without the answer arriving.

use anyhow::Result;
use aws_sdk_s3::Client;
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use gallery::store::{Condition, Written, is_overtaken};

use super::etag;

/// Makes an object of its parts, if its key is still as it was seen.
///
/// When the answer is lost the client asks again, and is told that there is no such upload, or that the key is no longer
/// as it was: it is an object by now. So what lies there is looked at before that counts as a failure.
pub async fn complete(
    client: &Client,
    bucket: &str,
    key: &str,
    upload: &str,
    parts: Vec<CompletedPart>,
    when: &Condition,
) -> Result<Written> {
    let wanted = etag::of_told_parts(parts.iter().filter_map(CompletedPart::e_tag));
    let all = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
    let (matching, none_matching) = when.headers();
    let request = client.complete_multipart_upload().bucket(bucket).key(key).upload_id(upload).multipart_upload(all);
    let error = match request.set_if_match(matching).set_if_none_match(none_matching).send().await {
        Ok(done) => return Ok(Written::Stored(done.e_tag.unwrap_or_default())),
        Err(error) => error,
    };
    let is_gone = error.as_service_error().is_some_and(|error| error.code() == Some("NoSuchUpload"));
    let is_overtaken = is_overtaken(&error);
    if !is_gone && !is_overtaken {
        return Err(error.into());
    }
    let head = client.head_object().bucket(bucket).key(key).send().await;
    let there = head.ok().and_then(|head| head.e_tag);
    match there.filter(|told| Some(told.trim_matches('"')) == wanted.as_deref()) {
        Some(etag) => Ok(Written::Stored(etag)),
        None if is_overtaken => Ok(Written::Overtaken),
        None => Err(error.into()),
    }
}
