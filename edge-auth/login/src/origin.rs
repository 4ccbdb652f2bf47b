//! Where a form was sent from: this site, or another that would like to act in a viewer's name.

use http::HeaderMap;

/// Whether a form was sent by a page of this site, by what the browser says: `Sec-Fetch-Site`, which no page can set,
/// and `Origin`. Each that comes has to agree, and one has to come. `Origin: null` says nothing: browsers send it for
/// pages under `Referrer-Policy: no-referrer`.
pub(crate) fn is_this_site(headers: &HeaderMap) -> bool {
    spoken(headers) == Some(true)
}

/// The same for signing out, where a browser may say neither: an old one, from a page under `no-referrer`. There the
/// session cookie speaks for it, since `SameSite=Lax` keeps it out of other sites' forms.
pub(crate) fn may_sign_out(headers: &HeaderMap, has_session_cookie: bool) -> bool {
    spoken(headers).unwrap_or(has_session_cookie)
}

/// What the browser says; `None` when it says nothing.
fn spoken(headers: &HeaderMap) -> Option<bool> {
    let fetch_site = all(headers, "sec-fetch-site").map(|site| site == ["same-origin"]);
    let origin = all(headers, "origin")
        .filter(|origin| *origin != ["null"])
        .map(|origin| matches!((origin.as_slice(), host(headers)), ([origin], Some(host)) if names(origin, host)));
    match (fetch_site, origin) {
        (None, None) => None,
        (site, origin) => Some(site.unwrap_or(true) && origin.unwrap_or(true)),
    }
}

/// The values of a header, unreadable ones as an empty text; `None` when there is none.
fn all<'a>(headers: &'a HeaderMap, name: &str) -> Option<Vec<&'a str>> {
    let values: Vec<&str> = headers.get_all(name).iter().map(|value| value.to_str().unwrap_or_default()).collect();
    (!values.is_empty()).then_some(values)
}

/// The gallery's own host: the gate's word when it came through the gate, which drops what the viewer says.
pub(crate) fn host(headers: &HeaderMap) -> Option<&str> {
    match all(headers, "x-forwarded-host").or_else(|| all(headers, "host"))?.as_slice() {
        [host] if !host.is_empty() => Some(host),
        _ => None,
    }
}

/// Whether an origin is `https` of this host; plain `http` is for this machine alone.
fn names(origin: &str, host: &str) -> bool {
    let name =
        host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit())).map_or(host, |(n, _)| n);
    let here = matches!(name, "localhost" | "127.0.0.1" | "[::1]");
    let rest = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://").filter(|_| here));
    rest.is_some_and(|rest| rest.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        headers
    }

    const HOST: (&str, &str) = ("x-forwarded-host", "gallery.example");

    /// Requirement 13.
    #[test]
    fn forms_of_this_site_are_known() {
        for lines in [
            &[HOST, ("origin", "https://gallery.example"), ("sec-fetch-site", "same-origin")][..],
            &[HOST, ("origin", "https://gallery.example")],
            &[HOST, ("origin", "https://Gallery.Example")],
            &[HOST, ("sec-fetch-site", "same-origin")],
            &[HOST, ("origin", "null"), ("sec-fetch-site", "same-origin")],
            &[HOST, ("host", "abc.lambda-url.aws"), ("origin", "https://gallery.example")],
            &[("host", "127.0.0.1:8080"), ("origin", "http://127.0.0.1:8080")],
            &[("host", "localhost:8080"), ("origin", "http://localhost:8080")],
            &[("host", "[::1]:8080"), ("origin", "http://[::1]:8080")],
        ] {
            assert!(is_this_site(&headers(lines)), "{lines:?}");
        }
    }

    #[test]
    fn forms_of_other_sites_are_refused() {
        for lines in [
            &[][..],
            &[HOST],
            &[HOST, ("origin", "null")],
            &[HOST, ("origin", "")],
            &[HOST, ("origin", "https://evil.example")],
            &[HOST, ("origin", "https://gallery.example.evil.example")],
            &[HOST, ("origin", "https://evil.example/gallery.example")],
            &[HOST, ("origin", "https://gallery.example:444")],
            &[HOST, ("origin", "http://gallery.example")],
            &[HOST, ("origin", "gallery.example")],
            &[HOST, ("origin", "https://gallery.example"), ("origin", "https://evil.example")],
            &[HOST, ("origin", "https://gallery.example"), ("sec-fetch-site", "cross-site")],
            &[HOST, ("origin", "https://gallery.example"), ("sec-fetch-site", "same-site")],
            &[HOST, ("origin", "https://gallery.example"), ("sec-fetch-site", "none")],
            &[HOST, ("origin", "https://evil.example"), ("sec-fetch-site", "same-origin")],
            &[HOST, ("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")],
            &[HOST, ("x-forwarded-host", "evil.example"), ("origin", "https://evil.example")],
            &[("host", "evil.example"), HOST, ("origin", "https://evil.example")],
            &[("host", "127.0.0.1:8080"), ("origin", "http://127.0.0.1:9000")],
            &[("origin", "https://gallery.example")],
        ] {
            assert!(!is_this_site(&headers(lines)), "{lines:?}");
        }
    }

    #[test]
    fn signing_out_may_rest_on_the_cookie_but_not_against_the_browser_s_word() {
        let silent = headers(&[HOST, ("origin", "null")]);
        assert!(may_sign_out(&silent, true));
        assert!(!may_sign_out(&silent, false));
        let foreign = headers(&[HOST, ("origin", "https://evil.example")]);
        assert!(!may_sign_out(&foreign, true));
        assert!(may_sign_out(&headers(&[HOST, ("sec-fetch-site", "same-origin")]), false));
    }
}
