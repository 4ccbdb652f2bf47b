//! Whether a request can be read in one way only.
//!
//! hyper refuses most of what two servers in a row could read differently: contradicting lengths, codings that it does not
//! know, spaces before colons, folded headers. What it lets pass is here.

use http::header::{CONNECTION, HOST, TRANSFER_ENCODING};
use http::uri::Authority;
use http::{HeaderMap, HeaderValue, Request, Response, Version};

/// Whether the request names one host, as it has to (RFC 9112, section 3.2).
pub(super) fn is_sound<B>(request: &Request<B>) -> bool {
    let mut hosts = request.headers().get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, None) => request.version() == Version::HTTP_10,
        (Some(host), None) => is_host(host),
        _ => false,
    }
}

fn is_host(host: &HeaderValue) -> bool {
    host.to_str().ok().and_then(|host| host.parse::<Authority>().ok()).is_some_and(|host| !host.as_str().contains('@'))
}

/// Whether nothing may follow the request on its connection. A body in chunks may have come with a length as well, of
/// which hyper tells nobody; somebody in front of us who went by that length would take what follows for another's request
/// (RFC 9112, section 6.1: such a connection has to be closed).
pub(super) fn is_last(headers: &HeaderMap) -> bool {
    headers.contains_key(TRANSFER_ENCODING)
}

/// Has the connection closed after this answer.
pub(super) fn close<B>(response: &mut Response<B>) {
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(version: Version, hosts: &[&str]) -> Request<()> {
        let builder =
            hosts.iter().fold(Request::builder().version(version), |builder, host| builder.header(HOST, *host));
        builder.body(()).unwrap()
    }

    #[test]
    fn one_host_is_named() {
        for hosts in [&["gallery.example"][..], &["127.0.0.1:8080"], &["[::1]:8080"]] {
            assert!(is_sound(&request(Version::HTTP_11, hosts)), "{hosts:?}");
        }
        for hosts in [&[][..], &[""], &["a", "b"], &["a", "a"], &["a b"], &["a/b"], &["u@a"], &["a, b"], &["a:b:c"]] {
            assert!(!is_sound(&request(Version::HTTP_11, hosts)), "{hosts:?}");
        }
        assert!(is_sound(&request(Version::HTTP_10, &[])));
        assert!(!is_sound(&request(Version::HTTP_10, &["a", "b"])));
    }
}
