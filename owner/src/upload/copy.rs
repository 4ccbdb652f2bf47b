//! Objects copied inside S3, without their bytes passing through here.

use anyhow::Result;
use gallery::Store;
use gallery::keys::Bucket;
use gallery::store::{Written, is_overtaken};

/// Copies an object to a key of the source bucket at which nothing was seen, if it still has this `ETag`.
///
/// When the answer is lost the client asks again, and is told that the key is taken. So what lies there is looked at
/// before that counts as overtaken.
pub(crate) async fn copy(store: &Store, bucket: &str, from: &str, etag: &str, to: &str) -> Result<Written> {
    let copy =
        store.client().copy_object().bucket(store.name(Bucket::Source)).copy_source(source(bucket, from)).key(to);
    match copy.copy_source_if_match(etag).if_none_match("*").send().await {
        Ok(answer) => {
            let told = answer.copy_object_result.and_then(|result| result.e_tag);
            Ok(Written::Stored(told.unwrap_or_default()))
        }
        Err(error) if is_overtaken(&error) => {
            let there = store.look(Bucket::Source, to).await?.filter(|there| there.etag == etag);
            Ok(there.map_or(Written::Overtaken, |there| Written::Stored(there.etag)))
        }
        Err(error) => Err(error.into()),
    }
}

/// An object as the header of a copy names it.
pub(crate) fn source(bucket: &str, key: &str) -> String {
    let encoded =
        |part: &str| percent_encoding::utf8_percent_encode(part, percent_encoding::NON_ALPHANUMERIC).to_string();
    format!("{bucket}/{}", key.split('/').map(encoded).collect::<Vec<_>>().join("/"))
}
