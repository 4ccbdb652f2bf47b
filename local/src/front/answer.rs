//! Bodies and the headers that every answer carries.

use std::convert::Infallible;
use std::error::Error;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, HeaderName};
use http::{HeaderValue, Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Empty, Full};

/// What the front answers with: bytes at hand, or a stream out of a bucket.
pub(super) type Body = UnsyncBoxBody<Bytes, Box<dyn Error + Send + Sync>>;

/// Any body that cannot fail.
pub(super) fn boxed<B>(body: B) -> Body
where
    B: http_body::Body<Data = Bytes, Error = Infallible> + Send + 'static,
{
    body.map_err(|never| match never {}).boxed_unsync()
}

/// An answer without a body, never kept.
pub(super) fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(boxed(Empty::new()));
    *response.status_mut() = status;
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// An answer with these bytes.
pub(super) fn with_bytes(status: StatusCode, bytes: impl Into<Bytes>) -> Response<Body> {
    let mut response = empty(status);
    *response.body_mut() = boxed(Full::new(bytes.into()));
    response
}

/// Adds the security headers that the answer does not set for itself.
pub(super) fn secure(response: &mut Response<Body>) {
    for (name, value) in session::headers::SECURITY {
        response.headers_mut().entry(HeaderName::from_static(name)).or_insert(HeaderValue::from_static(value));
    }
}
