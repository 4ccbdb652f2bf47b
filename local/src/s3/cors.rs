//! Requests of pages: the gallery's own may put objects, with a signature in the address; no other page may do anything.
//!
//! This is what the deployed source bucket's CORS rule says (AWS, "Using cross-origin resource sharing").

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, HeaderMap, HeaderValue,
    ORIGIN, VARY,
};
use http::{Method, Request, Response, StatusCode};
use s3s::Body;

/// What a signed upload brings along.
const HEADERS: HeaderValue = HeaderValue::from_static("content-type, if-none-match, x-amz-checksum-sha256");

/// The site that a request comes from, when it is one of ours.
pub(super) fn site(headers: &HeaderMap, open_to: &[String]) -> Option<HeaderValue> {
    let origin = headers.get(ORIGIN)?;
    open_to.iter().any(|site| site.as_bytes() == origin.as_bytes()).then(|| origin.clone())
}

/// The answer to a browser that asks whether it may; `None` for every other request.
pub(super) fn preflight(request: &Request<Body>, site: Option<&HeaderValue>) -> Option<Response<Body>> {
    let asked = request.headers().get(ACCESS_CONTROL_REQUEST_METHOD).filter(|_| request.method() == Method::OPTIONS)?;
    let mut response = Response::new(Body::empty());
    let Some(site) = site.filter(|_| asked.as_bytes() == b"PUT") else {
        *response.status_mut() = StatusCode::FORBIDDEN;
        return Some(response);
    };
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("PUT"));
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HEADERS);
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("3000"));
    allow(headers, Some(site.clone()));
    Some(response)
}

/// Lets the site's page see the answer.
pub(super) fn allow(headers: &mut HeaderMap, site: Option<HeaderValue>) {
    if let Some(site) = site {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, site);
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("ETag"));
        headers.append(VARY, HeaderValue::from_static("Origin"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(origin: &'static str, method: &'static str) -> Option<u16> {
        let open_to = ["http://127.0.0.1:8080".to_owned()];
        let request = Request::builder().method(Method::OPTIONS).uri("/source/a.jpg").header(ORIGIN, origin);
        let request = request.header(ACCESS_CONTROL_REQUEST_METHOD, method).body(Body::empty()).unwrap();
        let site = site(request.headers(), &open_to);
        let answer = preflight(&request, site.as_ref())?;
        assert_eq!(answer.headers().contains_key(ACCESS_CONTROL_ALLOW_ORIGIN), answer.status() == StatusCode::OK);
        Some(answer.status().as_u16())
    }

    #[test]
    fn the_gallery_s_own_pages_may_put_and_nothing_else() {
        assert_eq!(asked("http://127.0.0.1:8080", "PUT"), Some(200));
        for (origin, method) in [
            ("http://127.0.0.1:8080", "DELETE"),
            ("http://127.0.0.1:8080", "GET"),
            ("http://127.0.0.1:8081", "PUT"),
            ("https://127.0.0.1:8080", "PUT"),
            ("http://127.0.0.1:8080.evil.example", "PUT"),
            ("null", "PUT"),
        ] {
            assert_eq!(asked(origin, method), Some(403), "{origin} {method}");
        }
        let plain = Request::builder().method(Method::OPTIONS).uri("/").body(Body::empty()).unwrap();
        assert!(preflight(&plain, None).is_none());
    }
}
