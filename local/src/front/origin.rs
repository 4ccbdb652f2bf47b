//! An object of a bucket as an HTTP answer: what CloudFront does with an S3 origin.

use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::primitives::{ByteStream, DateTime, DateTimeFormat as DateFormat};
use gallery::Store;
use gallery::keys::{Bucket, Key};
use http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_SECURITY_POLICY,
    CONTENT_TYPE, ETAG, HeaderMap, HeaderName, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, LAST_MODIFIED, RANGE,
};
use http::request::Parts;
use http::{HeaderValue, Method, Response, StatusCode};
use http_body_util::{BodyExt, StreamBody};
use percent_encoding::percent_decode_str;

use super::answer::{Body, empty, with_bytes};
use super::range;

/// Uploaded bytes are shown as pictures and films, never run as pages of this site.
const NEVER_A_PAGE: &str = "sandbox; default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'";

/// Which bucket answers a path, as the behaviours of the deployed CloudFront distribution say. `path` is the one that
/// the viewer asked for; the gate may have rewritten the key.
pub(super) fn bucket(path: &str) -> Bucket {
    if path.starts_with("/pics/") {
        Bucket::Resized
    } else if path.starts_with("/originals/") {
        Bucket::Source
    } else {
        Bucket::Web
    }
}

/// Fetches `/key` (percent-encoded) for a request.
pub(super) async fn fetch(store: &Store, bucket: Bucket, uri: &str, parts: &Parts) -> Response<Body> {
    let Ok(key) = percent_decode_str(uri.trim_start_matches('/')).decode_utf8() else {
        return missing(store).await;
    };
    let header = |name: HeaderName| parts.headers.get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
    // A part is wanted of the very bytes that the rest came from, or else the whole: players ask so when they seek. A date
    // is too coarse to tell (RFC 9110, section 13.1.5).
    let unchanged = header(IF_RANGE);
    let range = header(RANGE).filter(|_| unchanged.as_ref().is_none_or(|tag| tag.starts_with('"')));
    let range = range.as_deref().and_then(range::single);
    let since = header(IF_MODIFIED_SINCE)
        .filter(|_| !parts.headers.contains_key(IF_NONE_MATCH))
        .and_then(|date| DateTime::from_str(&date, DateFormat::HttpDate).ok());
    let asking = store
        .client()
        .get_object()
        .bucket(store.name(bucket))
        .key(key.as_ref())
        .set_if_none_match(header(IF_NONE_MATCH).map(|tags| strong(&tags)))
        .set_if_modified_since(since);
    let part = asking.clone().set_if_match(unchanged.filter(|_| range.is_some())).set_range(range);
    let answer = match part.send().await {
        Err(error) if error.raw_response().is_some_and(|raw| raw.status().as_u16() == 412) => asking.send().await,
        answer => answer,
    };
    match answer {
        Ok(object) => found(object, bucket, &key, parts.method == Method::HEAD),
        Err(error) => refused(store, &error, &key).await,
    }
}

/// The bucket's own validators: those of compressed answers are weak ones.
fn strong(tags: &str) -> String {
    tags.split(',').map(|tag| tag.trim().trim_start_matches("W/")).collect::<Vec<_>>().join(", ")
}

fn found(object: GetObjectOutput, bucket: Bucket, key: &str, head: bool) -> Response<Body> {
    let status = if object.content_range.is_some() { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
    let mut response = empty(status);
    let (headers, body) = described(object, bucket, key);
    *response.headers_mut() = headers;
    if !head {
        let stream = tokio_util::io::ReaderStream::with_capacity(body.into_async_read(), 64 * 1024);
        let frames = futures::StreamExt::map(stream, |chunk| chunk.map(http_body::Frame::data).map_err(Into::into));
        *response.body_mut() = StreamBody::new(frames).boxed_unsync();
    }
    response
}

/// The headers that tell of an object, and its bytes.
pub(super) fn described(object: GetObjectOutput, bucket: Bucket, key: &str) -> (HeaderMap, ByteStream) {
    let mut headers = HeaderMap::new();
    let mut set = |name: HeaderName, value: Option<&str>| {
        if let Some(value) = value.and_then(|v| HeaderValue::from_str(v).ok()) {
            headers.insert(name, value);
        }
    };
    set(CONTENT_TYPE, Some(object.content_type.as_deref().unwrap_or("application/octet-stream")));
    set(CACHE_CONTROL, Some(object.cache_control.as_deref().unwrap_or("private, no-cache")));
    set(ACCEPT_RANGES, Some("bytes"));
    set(ETAG, object.e_tag.as_deref());
    set(CONTENT_RANGE, object.content_range.as_deref());
    set(CONTENT_LENGTH, object.content_length.map(|n| n.to_string()).as_deref());
    let modified = object.last_modified.and_then(|at| at.fmt(DateFormat::HttpDate).ok());
    set(LAST_MODIFIED, modified.as_deref());
    if bucket == Bucket::Source {
        set(CONTENT_TYPE, Some(original_type(object.content_type.as_deref(), key)));
        set(CONTENT_SECURITY_POLICY, Some(NEVER_A_PAGE));
        set(CONTENT_DISPOSITION, object.content_disposition.as_deref());
    }
    (headers, object.body)
}

/// The type an original is sent with: pictures and films as such, everything else as bytes to keep.
fn original_type<'a>(stored: Option<&'a str>, key: &str) -> &'a str {
    let shown = |kind: &&str| kind.starts_with("image/") && !kind.contains("svg") || kind.starts_with("video/");
    let guessed = || mime_guess::from_path(key).first_raw();
    stored.filter(shown).or_else(|| guessed().filter(shown)).unwrap_or("application/octet-stream")
}

async fn refused<E: std::error::Error + Send + Sync + 'static>(
    store: &Store,
    error: &SdkError<E>,
    key: &str,
) -> Response<Body> {
    match error.raw_response().map(|raw| raw.status().as_u16()) {
        Some(304) => {
            let mut response = empty(StatusCode::NOT_MODIFIED);
            let raw = error.raw_response().expect("just read its status");
            response.headers_mut().remove(CACHE_CONTROL);
            for name in [ETAG, CACHE_CONTROL, LAST_MODIFIED] {
                if let Some(value) = raw.headers().get(name.as_str()).and_then(|v| HeaderValue::from_str(v).ok()) {
                    response.headers_mut().insert(name, value);
                }
            }
            response
        }
        Some(416) => empty(StatusCode::RANGE_NOT_SATISFIABLE),
        Some(404 | 400) => missing(store).await,
        _ => {
            tracing::error!(key, "the bucket did not answer: {}", aws_sdk_s3::error::DisplayErrorContext(error));
            empty(StatusCode::BAD_GATEWAY)
        }
    }
}

/// What is answered for anything that is not there.
pub(super) async fn missing(store: &Store) -> Response<Body> {
    match store.read(&Key::NotFoundPage).await {
        Ok(Some(page)) => {
            let mut response = with_bytes(StatusCode::NOT_FOUND, page.bytes);
            let kind = HeaderValue::from_static(Key::NotFoundPage.content_type());
            response.headers_mut().insert(CONTENT_TYPE, kind);
            response
        }
        Ok(None) => empty(StatusCode::NOT_FOUND),
        Err(error) => {
            tracing::error!("{error}");
            empty(StatusCode::NOT_FOUND)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_find_their_bucket() {
        assert_eq!(bucket("/pics/a/b/c.jpg"), Bucket::Resized);
        assert_eq!(bucket("/originals/a/b.jpg"), Bucket::Source);
        assert_eq!(bucket("/albums/a/"), Bucket::Web);
        assert_eq!(bucket("/picsome"), Bucket::Web);
    }

    #[test]
    fn uploads_never_become_pages() {
        assert_eq!(original_type(Some("image/jpeg"), "a.bin"), "image/jpeg");
        assert_eq!(original_type(None, "a.JPG"), "image/jpeg");
        assert_eq!(original_type(Some("binary/octet-stream"), "a.mov"), "video/quicktime");
        assert_eq!(original_type(Some("text/html"), "a.html"), "application/octet-stream");
        assert_eq!(original_type(Some("image/svg+xml"), "a.svg"), "application/octet-stream");
    }
}
