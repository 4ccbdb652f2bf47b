//! Objects copied inside S3, without their bytes passing through here.

use anyhow::{Context, Result};
use aws_sdk_s3::operation::head_object::HeadObjectError;
use aws_sdk_s3::types::CompletedPart;
use futures::{StreamExt, TryStreamExt, stream};
use gallery::Store;
use gallery::keys::Bucket;
use gallery::store::{Condition, Listed, Written, is_overtaken};

use super::complete::complete;
use super::etag::part_size;

/// S3 copies at most so many bytes in one go (AWS, "Copying objects").
const IN_ONE_GO: u64 = 5 << 30;

/// How many parts of what is larger are under way at once.
const AT_ONCE: usize = 8;

/// An object that is to be copied, as it was seen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen<'a> {
    pub(crate) bucket: &'a str,
    pub(crate) key: &'a str,
    pub(crate) etag: &'a str,
    pub(crate) bytes: u64,
}

impl<'a> Seen<'a> {
    /// An object of a bucket's listing.
    pub(crate) fn listed(bucket: &'a str, listed: &'a Listed) -> Self {
        Self { bucket, key: &listed.path, etag: &listed.etag, bytes: listed.bytes }
    }
}

/// Copies an object to a key of the source bucket at which nothing was seen, if it still has this `ETag`.
pub(crate) async fn copy(store: &Store, seen: &Seen<'_>, to: &str) -> Result<Written> {
    // In the parts in which it would be sent from here: their `ETag` is one that files are compared with.
    copy_within(store, seen, to, IN_ONE_GO, part_size(seen.bytes)).await
}

/// The same, from so many bytes on in parts of this size.
async fn copy_within(store: &Store, seen: &Seen<'_>, to: &str, in_one_go: u64, size: u64) -> Result<Written> {
    if seen.bytes < in_one_go {
        whole(store, seen, to).await
    } else {
        // Boxed: the S3 client's futures are large.
        Box::pin(in_parts(store, seen, to, size)).await
    }
}

/// When the answer is lost the client asks again, and is told that the key is taken. So what lies there is looked at
/// before that counts as overtaken.
async fn whole(store: &Store, seen: &Seen<'_>, to: &str) -> Result<Written> {
    let copy = store.client().copy_object().bucket(store.name(Bucket::Source)).key(to);
    let copy = copy.copy_source(source(seen.bucket, seen.key)).copy_source_if_match(seen.etag);
    match copy.if_none_match("*").send().await {
        Ok(answer) => {
            let told = answer.copy_object_result.and_then(|result| result.e_tag);
            Ok(Written::Stored(told.unwrap_or_default()))
        }
        Err(error) if is_overtaken(&error) => {
            let there = store.look(Bucket::Source, to).await?.filter(|there| there.etag == seen.etag);
            Ok(there.map_or(Written::Overtaken, |there| Written::Stored(there.etag)))
        }
        Err(error) => Err(error.into()),
    }
}

/// S3 takes over by itself what it keeps about an object only where it copies it in one go.
async fn in_parts(store: &Store, seen: &Seen<'_>, to: &str, size: u64) -> Result<Written> {
    let (client, bucket) = (store.client(), store.name(Bucket::Source));
    let head = match client.head_object().bucket(seen.bucket).key(seen.key).send().await {
        Ok(head) => head,
        Err(error) if error.as_service_error().is_some_and(HeadObjectError::is_not_found) => {
            return Ok(Written::Overtaken);
        }
        Err(error) => return Err(error.into()),
    };
    let begun = client
        .create_multipart_upload()
        .bucket(bucket)
        .key(to)
        .set_content_type(head.content_type)
        .set_cache_control(head.cache_control)
        .set_content_disposition(head.content_disposition)
        .set_content_encoding(head.content_encoding)
        .set_content_language(head.content_language)
        .set_metadata(head.metadata)
        .send()
        .await?;
    let upload = begun.upload_id.context("S3 named no upload")?;
    let done = filled(store, seen, to, &upload, size).await;
    if !matches!(done, Ok(Written::Stored(_))) {
        // Where that fails as well the parts are removed after a week, as those of every upload that is not finished.
        let abort = client.abort_multipart_upload().bucket(bucket).key(to).upload_id(&upload);
        let _ = abort.send().await;
    }
    done
}

/// Copies all parts, and makes an object of them.
async fn filled(store: &Store, seen: &Seen<'_>, to: &str, upload: &str, size: u64) -> Result<Written> {
    let starts = (0..seen.bytes).step_by(size as usize).enumerate();
    let copies = starts.map(|(index, start)| {
        let end = seen.bytes.min(start + size) - 1;
        copied_part(store, seen, to, upload, index, format!("bytes={start}-{end}"))
    });
    let mut copies = stream::iter(copies).buffered(AT_ONCE);
    let mut parts = Vec::new();
    while let Some(copied) = copies.try_next().await? {
        let Some(part) = copied else { return Ok(Written::Overtaken) };
        parts.push(part);
    }
    complete(store.client(), store.name(Bucket::Source), to, upload, parts, &Condition::New).await
}

/// Copies one part; `None` when the object is no longer what was seen.
async fn copied_part(
    store: &Store,
    seen: &Seen<'_>,
    to: &str,
    upload: &str,
    index: usize,
    range: String,
) -> Result<Option<CompletedPart>> {
    let number = i32::try_from(index + 1).context("too many parts")?;
    let part = store.client().upload_part_copy().bucket(store.name(Bucket::Source)).key(to);
    let part = part.upload_id(upload).part_number(number).copy_source_range(range);
    let part = part.copy_source(source(seen.bucket, seen.key)).copy_source_if_match(seen.etag);
    match part.send().await {
        Ok(copied) => {
            let etag = copied.copy_part_result.and_then(|result| result.e_tag);
            Ok(Some(CompletedPart::builder().part_number(number).set_e_tag(etag).build()))
        }
        Err(error) if is_overtaken(&error) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// An object as the header of a copy names it.
fn source(bucket: &str, key: &str) -> String {
    let encoded =
        |part: &str| percent_encoding::utf8_percent_encode(part, percent_encoding::NON_ALPHANUMERIC).to_string();
    format!("{bucket}/{}", key.split('/').map(encoded).collect::<Vec<_>>().join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meanwhile::Gallery;

    const MIB: u64 = 1 << 20;

    /// The smallest parts that S3 takes.
    const PART: u64 = 5 * MIB;

    async fn film(store: &Store, bytes: &[u8]) -> Listed {
        let put = store.client().put_object().bucket(store.name(Bucket::Source)).key("Family/film ü.mp4");
        let put = put.content_type("video/mp4").cache_control("max-age=7").metadata("camera", "ours");
        put.body(bytes.to_vec().into()).send().await.unwrap();
        store.look(Bucket::Source, "Family/film ü.mp4").await.unwrap().unwrap()
    }

    /// How many uploads were begun and neither finished nor given up.
    async fn open(store: &Store) -> usize {
        let open = store.client().list_multipart_uploads().bucket(store.name(Bucket::Source)).send().await.unwrap();
        open.uploads().len()
    }

    fn bytes() -> Vec<u8> {
        (0..11 * MIB).map(|n| (n % 251) as u8).collect()
    }

    #[tokio::test]
    async fn what_s3_does_not_copy_in_one_go_is_copied_in_parts() {
        let gallery = Gallery::new().await;
        let (store, bytes) = (gallery.store(), bytes());
        let listed = film(store, &bytes).await;
        let seen = Seen::listed(store.name(Bucket::Source), &listed);
        let whole = copy_within(store, &seen, "Family/whole.mp4", 11 * MIB + 1, PART).await.unwrap();
        assert!(matches!(&whole, Written::Stored(etag) if !etag.contains('-')), "{whole:?}");
        let parts = copy_within(store, &seen, "Family/parts.mp4", 11 * MIB, PART).await.unwrap();
        assert!(matches!(&parts, Written::Stored(etag) if etag.trim_matches('"').ends_with("-3")), "{parts:?}");
        assert_eq!(open(store).await, 0);
        for key in ["Family/whole.mp4", "Family/parts.mp4"] {
            assert!(gallery.holds(key).await.unwrap() == bytes, "the bytes of {key}");
            let head = store.client().head_object().bucket("source").key(key).send().await.unwrap();
            assert_eq!(head.content_type.as_deref(), Some("video/mp4"), "{key}");
            assert_eq!(head.cache_control.as_deref(), Some("max-age=7"), "{key}");
            assert_eq!(head.metadata.unwrap()["camera"], "ours", "{key}");
        }
    }

    #[tokio::test]
    async fn a_copy_in_parts_that_comes_to_nothing_leaves_none_of_them() {
        let gallery = Gallery::new().await;
        gallery.put("Family/taken.mp4", b"of somebody else").await;
        let store = gallery.store();
        let listed = film(store, &bytes()).await;
        let seen = Seen::listed(store.name(Bucket::Source), &listed);
        let taken = in_parts(store, &seen, "Family/taken.mp4", PART).await.unwrap();
        assert_eq!((taken, open(store).await), (Written::Overtaken, 0), "the key is taken");
        assert_eq!(gallery.holds("Family/taken.mp4").await.unwrap(), b"of somebody else");
        let before = Seen { etag: "\"00000000000000000000000000000000\"", ..seen };
        let changed = in_parts(store, &before, "Family/new.mp4", PART).await.unwrap();
        assert_eq!((changed, open(store).await), (Written::Overtaken, 0), "the film was changed");
        let gone = in_parts(store, &Seen { key: "Family/none.mp4", ..seen }, "Family/new.mp4", PART).await.unwrap();
        assert_eq!((gone, open(store).await), (Written::Overtaken, 0), "the film is gone");
        // S3 makes no object of parts as small as these.
        let failed = in_parts(store, &seen, "Family/new.mp4", MIB).await.unwrap_err();
        assert!(format!("{failed:#}").contains("EntityTooSmall"), "{failed:#}");
        assert_eq!(open(store).await, 0, "a failure");
        assert_eq!(gallery.keys().await, ["Family/film ü.mp4", "Family/taken.mp4"]);
    }
}
