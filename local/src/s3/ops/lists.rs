//! `ListObjectsV2` and its elder.

use data_encoding::BASE64URL_NOPAD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use s3s::dto::{
    CommonPrefix, EncodingType, ListObjectsInput, ListObjectsOutput, ListObjectsV2Input, ListObjectsV2Output, Object,
    ObjectStorageClass,
};
use s3s::{S3Request, S3Response, S3Result, s3_error};

use super::{Operations, owner, page_size, shown, strong};
use crate::s3::listing::{Entry, Page, Query, list};

/// What `encoding-type=url` leaves as it is.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'/');

impl Operations {
    pub(super) async fn list_objects_v2(
        &self,
        request: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        let input = request.input;
        let after = match &input.continuation_token {
            Some(token) => read_token(token)?,
            None => input.start_after.clone().unwrap_or_default(),
        };
        let asked = Asked::new(input.bucket, input.prefix, input.delimiter, after, input.max_keys)?;
        let encode = Encode::of(input.encoding_type.as_ref())?;
        let (asked, page) = self.page(asked).await?;
        let token = page.entries.last().filter(|_| page.truncated).map(|last| write_token(last.name()));
        let (contents, common_prefixes) = sort(page.entries, &encode, input.fetch_owner.unwrap_or_default());
        Ok(S3Response::new(ListObjectsV2Output {
            key_count: Some((contents.len() + common_prefixes.len()) as i32),
            name: Some(asked.bucket),
            prefix: Some(encode.text(&asked.prefix)),
            max_keys: Some(asked.limit as i32),
            continuation_token: input.continuation_token,
            is_truncated: Some(page.truncated),
            next_continuation_token: token,
            contents: Some(contents),
            common_prefixes: Some(common_prefixes),
            delimiter: asked.delimiter.map(|delimiter| encode.text(&delimiter)),
            encoding_type: input.encoding_type,
            start_after: input.start_after.map(|after| encode.text(&after)),
            request_charged: None,
        }))
    }

    pub(super) async fn list_objects(
        &self,
        request: S3Request<ListObjectsInput>,
    ) -> S3Result<S3Response<ListObjectsOutput>> {
        let input = request.input;
        let marker = input.marker.unwrap_or_default();
        let asked = Asked::new(input.bucket, input.prefix, input.delimiter, marker.clone(), input.max_keys)?;
        let encode = Encode::of(input.encoding_type.as_ref())?;
        let (asked, page) = self.page(asked).await?;
        // Without a delimiter the last key is the marker (AWS, `ListObjects`); giving it then too does no harm.
        let next_marker = page.entries.last().filter(|_| page.truncated).map(|last| encode.text(last.name()));
        let (contents, common_prefixes) = sort(page.entries, &encode, true);
        Ok(S3Response::new(ListObjectsOutput {
            name: Some(asked.bucket),
            prefix: Some(encode.text(&asked.prefix)),
            marker: Some(encode.text(&marker)),
            max_keys: Some(asked.limit as i32),
            is_truncated: Some(page.truncated),
            contents: Some(contents),
            common_prefixes: Some(common_prefixes),
            delimiter: asked.delimiter.map(|delimiter| encode.text(&delimiter)),
            next_marker,
            encoding_type: input.encoding_type,
            request_charged: None,
        }))
    }

    async fn page(&self, asked: Asked) -> S3Result<(Asked, Page)> {
        let read = self.folder.look(move |view, _| {
            if view.bucket(&asked.bucket)?.is_none() {
                return Ok(None);
            }
            let query = Query {
                bucket: &asked.bucket,
                prefix: &asked.prefix,
                delimiter: asked.delimiter.as_deref(),
                after: &asked.after,
                limit: asked.limit,
            };
            let page = list(&view.objects()?, &query)?;
            Ok(Some((asked, page)))
        });
        read.await?.ok_or_else(|| s3_error!(NoSuchBucket))
    }
}

/// What both operations ask.
struct Asked {
    bucket: String,
    prefix: String,
    delimiter: Option<String>,
    after: String,
    limit: usize,
}

impl Asked {
    fn new(
        bucket: String,
        prefix: Option<String>,
        delimiter: Option<String>,
        after: String,
        limit: Option<i32>,
    ) -> S3Result<Self> {
        let delimiter = delimiter.filter(|delimiter| !delimiter.is_empty());
        Ok(Self { bucket, prefix: prefix.unwrap_or_default(), delimiter, after, limit: page_size(limit)? })
    }
}

/// Whether names are percent-encoded, as XML cannot hold every character that a key can.
pub(super) struct Encode(bool);

impl Encode {
    pub(super) fn of(asked: Option<&EncodingType>) -> S3Result<Self> {
        match asked.map(EncodingType::as_str) {
            None => Ok(Self(false)),
            Some(EncodingType::URL) => Ok(Self(true)),
            Some(_) => Err(s3_error!(InvalidArgument, "Invalid Encoding Method specified in Request")),
        }
    }

    pub(super) fn text(&self, text: &str) -> String {
        if self.0 { utf8_percent_encode(text, PLAIN).to_string() } else { text.to_owned() }
    }
}

fn sort(entries: Vec<Entry>, encode: &Encode, owned: bool) -> (Vec<Object>, Vec<CommonPrefix>) {
    let (mut contents, mut prefixes) = (Vec::with_capacity(entries.len()), Vec::new());
    for entry in entries {
        match entry {
            Entry::Prefix(prefix) => prefixes.push(CommonPrefix { prefix: Some(encode.text(&prefix)) }),
            Entry::Object(key, head) => contents.push(Object {
                e_tag: Some(strong(&head.etag)),
                key: Some(encode.text(&key)),
                last_modified: Some(shown(head.modified)),
                owner: owned.then(owner),
                size: Some(head.size as i64),
                storage_class: Some(ObjectStorageClass::from_static(ObjectStorageClass::STANDARD)),
                ..Object::default()
            }),
        }
    }
    (contents, prefixes)
}

/// A token is the last entry's name: opaque to clients, and good after a restart.
fn write_token(name: &str) -> String {
    BASE64URL_NOPAD.encode(name.as_bytes())
}

fn read_token(token: &str) -> S3Result<String> {
    let name = BASE64URL_NOPAD.decode(token.as_bytes()).ok().and_then(|name| String::from_utf8(name).ok());
    name.ok_or_else(|| s3_error!(InvalidArgument, "The continuation token provided is incorrect"))
}
