//! `aws-sdk-s3` as one of the matrix's clients: operations by name, answers as JSON in the words of the S3 API.

use aws_sdk_s3::Client;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::primitives::{ByteStream, DateTime, DateTimeFormat};
use aws_sdk_s3::types::{
    ChecksumAlgorithm, ChecksumMode, CommonPrefix, CompletedMultipartUpload, CompletedPart, Delete, EncodingType,
    MetadataDirective, Object, ObjectIdentifier, ObjectStorageClass,
};
use serde_json::{Map, Value, json};

/// What came back: an answer, or the status and the code of a failure.
pub(crate) type Outcome = Result<Value, Failure>;

/// A failure as S3 tells it.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) status: u16,
    pub(crate) code: String,
}

impl<E: ProvideErrorMetadata + std::fmt::Debug> From<SdkError<E>> for Failure {
    fn from(error: SdkError<E>) -> Self {
        let status = error.raw_response().map_or(0, |response| response.status().as_u16());
        let told = error.as_service_error().and_then(|told| told.code()).map(str::to_owned);
        // A HEAD's answer and a 304 have no body to tell a code in; the others' clients then take the status.
        let bodiless = status == 304 || matches!(told.as_deref(), Some("NotFound"));
        let code = if bodiless { None } else { told };
        Self {
            status,
            code: code.unwrap_or_else(|| if status == 0 { format!("{error:?}") } else { status.to_string() }),
        }
    }
}

/// The parameters of an operation.
struct Given<'a>(&'a Map<String, Value>);

impl Given<'_> {
    fn text(&self, name: &str) -> Option<String> {
        self.0.get(name).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
    }

    fn number(&self, name: &str) -> Option<i32> {
        self.0.get(name)?.as_i64()?.try_into().ok()
    }

    fn time(&self, name: &str) -> Option<DateTime> {
        DateTime::from_str(self.0.get(name)?.as_str()?, DateTimeFormat::DateTime).ok()
    }

    fn body(&self) -> ByteStream {
        super::body_of(self.0.get("Body").unwrap_or(&Value::Null)).into()
    }

    fn metadata(&self) -> Option<std::collections::HashMap<String, String>> {
        let pairs = self.0.get("Metadata")?.as_object()?;
        Some(pairs.iter().map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned())).collect())
    }

    fn parts(&self) -> CompletedMultipartUpload {
        let parts = self.0["MultipartUpload"]["Parts"].as_array().into_iter().flatten().map(|part| {
            let number = part["PartNumber"].as_i64().and_then(|number| number.try_into().ok());
            CompletedPart::builder().set_part_number(number).e_tag(part["ETag"].as_str().unwrap_or_default()).build()
        });
        CompletedMultipartUpload::builder().set_parts(Some(parts.collect())).build()
    }

    fn deleted(&self) -> Delete {
        let delete = &self.0["Delete"];
        let keys = delete["Objects"].as_array().into_iter().flatten().map(|one| {
            ObjectIdentifier::builder().key(one["Key"].as_str().unwrap_or_default()).build().expect("it has a key")
        });
        let quiet = delete["Quiet"].as_bool();
        Delete::builder().set_objects(Some(keys.collect())).set_quiet(quiet).build().expect("it has keys")
    }
}

/// Sends one operation.
#[allow(clippy::too_many_lines, reason = "a table: an operation a row")]
pub(crate) async fn call(client: &Client, operation: &str, parameters: &Map<String, Value>) -> Outcome {
    let given = Given(parameters);
    let [bucket, key, upload] = ["Bucket", "Key", "UploadId"].map(|name| given.text(name));
    let mut answer = match operation {
        "create_bucket" => {
            client.create_bucket().set_bucket(bucket).send().await?;
            json!({})
        }
        "head_bucket" => {
            client.head_bucket().set_bucket(bucket).send().await?;
            json!({})
        }
        "delete_bucket" => {
            client.delete_bucket().set_bucket(bucket).send().await?;
            json!({})
        }
        "list_buckets" => {
            let told = client.list_buckets().send().await?;
            json!({ "Buckets": told.buckets().iter().map(|one| json!({ "Name": one.name() })).collect::<Vec<_>>() })
        }
        "get_bucket_location" => {
            let told = client.get_bucket_location().set_bucket(bucket).send().await?;
            let place = told.location_constraint().map(|place| place.as_str().to_owned());
            json!({ "LocationConstraint": place })
        }
        "put_object" => put(client, bucket, key, &given).await?,
        "get_object" => get(client, bucket, key, &given).await?,
        "head_object" => head(client, bucket, key, &given).await?,
        "copy_object" => copy(client, bucket, key, &given).await?,
        "delete_object" => {
            let etag = given.text("IfMatch");
            client.delete_object().set_bucket(bucket).set_key(key).set_if_match(etag).send().await?;
            json!({})
        }
        "delete_objects" => {
            let told = client.delete_objects().set_bucket(bucket).delete(given.deleted()).send().await?;
            json!({
                "Deleted": told.deleted().iter().map(|one| json!({ "Key": one.key() })).collect::<Vec<_>>(),
                "Errors": told.errors().iter().map(|one| json!({ "Key": one.key() })).collect::<Vec<_>>(),
            })
        }
        "list_objects_v2" => list(client, bucket, &given).await?,
        "list_objects" => list_by_marker(client, bucket, &given).await?,
        "create_multipart_upload" => {
            let begin = client.create_multipart_upload().set_bucket(bucket).set_key(key);
            let begin = begin.set_content_type(given.text("ContentType")).set_metadata(given.metadata());
            json!({ "UploadId": begin.send().await?.upload_id() })
        }
        "upload_part" => {
            let part = client.upload_part().set_bucket(bucket).set_key(key).set_upload_id(upload);
            let part = part.set_part_number(given.number("PartNumber")).set_content_md5(given.text("ContentMD5"));
            json!({ "ETag": part.body(given.body()).send().await?.e_tag() })
        }
        "upload_part_copy" => {
            let part = client.upload_part_copy().set_bucket(bucket).set_key(key).set_upload_id(upload);
            let part = part.set_part_number(given.number("PartNumber")).set_copy_source(given.text("CopySource"));
            let told = part.set_copy_source_range(given.text("CopySourceRange")).send().await?;
            json!({ "CopyPartResult": { "ETag": told.copy_part_result().and_then(|part| part.e_tag()) } })
        }
        "complete_multipart_upload" => {
            let end = client.complete_multipart_upload().set_bucket(bucket).set_key(key).set_upload_id(upload);
            let end = end.multipart_upload(given.parts()).set_if_none_match(given.text("IfNoneMatch"));
            let told = end.send().await?;
            json!({ "Key": told.key(), "Bucket": told.bucket(), "ETag": told.e_tag() })
        }
        "abort_multipart_upload" => {
            let abort = client.abort_multipart_upload().set_bucket(bucket).set_key(key).set_upload_id(upload);
            abort.send().await?;
            json!({})
        }
        "list_parts" => {
            let list = client.list_parts().set_bucket(bucket).set_key(key).set_upload_id(upload);
            let list = list.set_max_parts(given.number("MaxParts"));
            let told = list.set_part_number_marker(given.text("PartNumberMarker")).send().await?;
            let parts = told.parts().iter();
            let parts = parts.map(|p| json!({ "PartNumber": p.part_number(), "Size": p.size(), "ETag": p.e_tag() }));
            let next = told.next_part_number_marker().and_then(|next| next.parse::<i64>().ok());
            json!({
                "Parts": parts.collect::<Vec<_>>(), "IsTruncated": told.is_truncated(), "NextPartNumberMarker": next,
            })
        }
        "list_multipart_uploads" => {
            let list = client.list_multipart_uploads().set_bucket(bucket).set_prefix(given.text("Prefix"));
            let told = list.send().await?;
            let uploads = told.uploads().iter().map(|u| json!({ "Key": u.key(), "UploadId": u.upload_id() }));
            json!({ "Uploads": uploads.collect::<Vec<_>>() })
        }
        "get_object_tagging" => {
            client.get_object_tagging().set_bucket(bucket).set_key(key).send().await?;
            json!({})
        }
        "get_object_acl" => {
            client.get_object_acl().set_bucket(bucket).set_key(key).send().await?;
            json!({})
        }
        "list_object_versions" => {
            client.list_object_versions().set_bucket(bucket).send().await?;
            json!({})
        }
        "get_bucket_policy" => {
            client.get_bucket_policy().set_bucket(bucket).send().await?;
            json!({})
        }
        "get_bucket_lifecycle_configuration" => {
            client.get_bucket_lifecycle_configuration().set_bucket(bucket).send().await?;
            json!({})
        }
        "get_bucket_website" => {
            client.get_bucket_website().set_bucket(bucket).send().await?;
            json!({})
        }
        other => panic!("the matrix names `{other}`, which sdk.rs does not know"),
    };
    // Fields that are not there are not told, as the other clients have it.
    if let Some(fields) = answer.as_object_mut() {
        fields.retain(|_, value| !value.is_null());
    }
    Ok(answer)
}

async fn put(client: &Client, bucket: Option<String>, key: Option<String>, given: &Given<'_>) -> Outcome {
    let put = client.put_object().set_bucket(bucket).set_key(key).body(given.body());
    let put = put.set_content_type(given.text("ContentType")).set_cache_control(given.text("CacheControl"));
    let put = put.set_content_disposition(given.text("ContentDisposition"));
    let put = put.set_content_language(given.text("ContentLanguage")).set_metadata(given.metadata());
    let put = put.set_content_encoding(given.text("ContentEncoding")).set_content_md5(given.text("ContentMD5"));
    let put = put.set_if_match(given.text("IfMatch")).set_if_none_match(given.text("IfNoneMatch"));
    let put = put.set_checksum_algorithm(given.text("ChecksumAlgorithm").map(|name| ChecksumAlgorithm::from(&*name)));
    let put = put.set_checksum_crc32(given.text("ChecksumCRC32")).set_checksum_sha256(given.text("ChecksumSHA256"));
    let told = put.send().await?;
    Ok(json!({ "ETag": told.e_tag(), "ChecksumSHA256": told.checksum_sha256() }))
}

/// The fields that the answers to GET and HEAD have in common.
macro_rules! described {
    ($told:expr) => {
        json!({
            "ContentLength": $told.content_length(), "ContentType": $told.content_type(), "ETag": $told.e_tag(),
            "AcceptRanges": $told.accept_ranges(), "ContentRange": $told.content_range(),
            "CacheControl": $told.cache_control(), "ContentDisposition": $told.content_disposition(),
            "ContentLanguage": $told.content_language(), "ContentEncoding": $told.content_encoding(),
            "LastModified": $told.last_modified().and_then(|at| at.fmt(DateTimeFormat::DateTime).ok()),
            "Metadata": $told.metadata(), "PartsCount": $told.parts_count(),
            "ChecksumCRC32": $told.checksum_crc32(), "ChecksumSHA1": $told.checksum_sha1(),
            "ChecksumSHA256": $told.checksum_sha256(),
            "ChecksumType": $told.checksum_type().map(|kind| kind.as_str()),
        })
    };
}

async fn get(client: &Client, bucket: Option<String>, key: Option<String>, given: &Given<'_>) -> Outcome {
    let get = client.get_object().set_bucket(bucket).set_key(key).set_range(given.text("Range"));
    let get = get.set_if_match(given.text("IfMatch")).set_if_none_match(given.text("IfNoneMatch"));
    let get = get.set_if_modified_since(given.time("IfModifiedSince"));
    let get = get.set_if_unmodified_since(given.time("IfUnmodifiedSince"));
    let get = get.set_response_content_type(given.text("ResponseContentType"));
    let get = get.set_response_content_disposition(given.text("ResponseContentDisposition"));
    let get = get.set_response_cache_control(given.text("ResponseCacheControl"));
    let get = get.set_checksum_mode(given.text("ChecksumMode").map(|mode| ChecksumMode::from(&*mode)));
    let told = get.set_part_number(given.number("PartNumber")).send().await?;
    let mut answer = described!(told);
    let body = told.body.collect().await.map_err(|error| Failure { status: 200, code: error.to_string() })?;
    answer["Body"] = json!(body.into_bytes().to_vec());
    Ok(answer)
}

async fn head(client: &Client, bucket: Option<String>, key: Option<String>, given: &Given<'_>) -> Outcome {
    let head = client.head_object().set_bucket(bucket).set_key(key).set_range(given.text("Range"));
    let head = head.set_if_match(given.text("IfMatch")).set_if_none_match(given.text("IfNoneMatch"));
    let told = head.set_checksum_mode(given.text("ChecksumMode").map(|mode| ChecksumMode::from(&*mode))).send().await?;
    Ok(described!(told))
}

async fn copy(client: &Client, bucket: Option<String>, key: Option<String>, given: &Given<'_>) -> Outcome {
    let copy = client.copy_object().set_bucket(bucket).set_key(key).set_copy_source(given.text("CopySource"));
    let directive = given.text("MetadataDirective").map(|one| MetadataDirective::from(&*one));
    let copy = copy.set_metadata_directive(directive).set_metadata(given.metadata());
    let copy = copy.set_content_type(given.text("ContentType"));
    let copy = copy.set_copy_source_if_match(given.text("CopySourceIfMatch"));
    let told = copy.set_copy_source_if_none_match(given.text("CopySourceIfNoneMatch")).send().await?;
    Ok(json!({ "CopyObjectResult": { "ETag": told.copy_object_result().and_then(|one| one.e_tag()) } }))
}

async fn list(client: &Client, bucket: Option<String>, given: &Given<'_>) -> Outcome {
    let list = client.list_objects_v2().set_bucket(bucket).set_prefix(given.text("Prefix"));
    let list = list.set_delimiter(given.text("Delimiter")).set_max_keys(given.number("MaxKeys"));
    let list = list.set_continuation_token(given.text("ContinuationToken")).set_start_after(given.text("StartAfter"));
    let list = list.set_fetch_owner(given.0.get("FetchOwner").and_then(Value::as_bool));
    let told = list.set_encoding_type(given.text("EncodingType").map(|one| EncodingType::from(&*one))).send().await?;
    Ok(json!({
        "Contents": objects(told.contents()), "CommonPrefixes": prefixes(told.common_prefixes()),
        "Prefix": told.prefix(), "KeyCount": told.key_count(), "MaxKeys": told.max_keys(),
        "IsTruncated": told.is_truncated(), "NextContinuationToken": told.next_continuation_token(),
        "StartAfter": told.start_after(), "EncodingType": told.encoding_type().map(EncodingType::as_str),
    }))
}

async fn list_by_marker(client: &Client, bucket: Option<String>, given: &Given<'_>) -> Outcome {
    let list = client.list_objects().set_bucket(bucket).set_delimiter(given.text("Delimiter"));
    let told = list.set_max_keys(given.number("MaxKeys")).set_marker(given.text("Marker")).send().await?;
    Ok(json!({
        "Contents": objects(told.contents()), "CommonPrefixes": prefixes(told.common_prefixes()),
        "IsTruncated": told.is_truncated(), "NextMarker": told.next_marker(),
    }))
}

fn objects(listed: &[Object]) -> Value {
    let told = listed.iter().map(|one| {
        json!({
            "Key": one.key(), "Size": one.size(), "ETag": one.e_tag(),
            "StorageClass": one.storage_class().map(ObjectStorageClass::as_str),
            "LastModified": one.last_modified().and_then(|at| at.fmt(DateTimeFormat::DateTime).ok()),
            "Owner": one.owner().map(|owner| json!({ "ID": owner.id() })),
        })
    });
    told.collect()
}

fn prefixes(listed: &[CommonPrefix]) -> Value {
    listed.iter().map(|one| json!({ "Prefix": one.prefix() })).collect()
}
