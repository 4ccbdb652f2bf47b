//! What the upload page sends: signed requests for the source bucket, taken at the gallery's own address.
//!
//! The S3 server's port is for this machine. A phone that reaches the gallery by a reverse proxy reaches this address and no other, so
//! the page's requests are signed for the name under which the gallery was asked, and come here. The signature is all the right
//! that they have, as at the bucket of a deployed gallery: for one key, one length, one checksum, and some minutes.

use http::header::{AUTHORIZATION, CACHE_CONTROL};
use http::request::Parts;
use http::{HeaderValue, Method, Request, Response};
use http_body_util::BodyExt;

use super::answer::Body;
use crate::s3::Server;
use crate::sockets::Sent;

/// The source bucket, as the addresses of signed requests begin.
const SOURCE: &str = "/source/";

/// Another object as the bytes to be written: a copy, which S3 makes of any bucket's.
const COPIED: &str = "x-amz-copy-source";

/// Whether a request is one: it adds an object and brings its signature in its address. Whatever else S3 can do has its own port.
pub(super) fn is_upload(parts: &Parts) -> bool {
    let signed = parts.uri.query().unwrap_or_default().split('&').any(|pair| pair.starts_with("X-Amz-Signature="));
    parts.method == Method::PUT
        && parts.uri.scheme().is_none()
        && parts.uri.path().starts_with(SOURCE)
        && signed
        && !parts.headers.contains_key(AUTHORIZATION)
        && !parts.headers.contains_key(COPIED)
}

/// Hands it to the S3 server.
pub(super) async fn take(server: &Server, parts: Parts, body: Sent) -> Response<Body> {
    let response = server.answer(Request::from_parts(parts, s3s::Body::http_body_unsync(body))).await;
    let mut response = response.map(|body| body.map_err(Into::into).boxed_unsync());
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_signed_additions_to_the_source_bucket_come_in_here() {
        let is = |method: &str, uri: &str, authorized: bool| {
            let request = Request::builder().method(method).uri(uri);
            let request = if authorized { request.header(AUTHORIZATION, "AWS4-HMAC-SHA256 x") } else { request };
            is_upload(&request.body(()).unwrap().into_parts().0)
        };
        assert!(is("PUT", "/source/Family/a.jpg?X-Amz-Date=1&X-Amz-Signature=2", false));
        let copy = Request::builder().method("PUT").uri("/source/Family/a.jpg?X-Amz-Signature=2");
        let copy = copy.header(COPIED, "/auth/keys/k.json").body(()).unwrap();
        assert!(!is_upload(&copy.into_parts().0));
        for (method, uri, authorized) in [
            ("GET", "/source/a.jpg?X-Amz-Signature=2", false),
            ("DELETE", "/source/a.jpg?X-Amz-Signature=2", false),
            ("POST", "/source/a.jpg?X-Amz-Signature=2", false),
            ("PUT", "/source/a.jpg", false),
            ("PUT", "/source/a.jpg?x=X-Amz-Signature=2", false),
            ("PUT", "/source/a.jpg?X-Amz-Signature=2", true),
            ("PUT", "/auth/keys.json?X-Amz-Signature=2", false),
            ("PUT", "/web/index.html?X-Amz-Signature=2", false),
            ("PUT", "/sources/a.jpg?X-Amz-Signature=2", false),
            ("PUT", "http://x/source/a.jpg?X-Amz-Signature=2", false),
        ] {
            assert!(!is(method, uri, authorized), "{method} {uri}");
        }
    }
}
