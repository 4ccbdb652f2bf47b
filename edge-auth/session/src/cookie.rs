//! The cookie that carries the token: written by the `cookie` crate, read byte for byte.
//!
//! Cookie parsers differ in what they unquote, decode and trim; those differences have let one cookie pass for
//! another. So reading knows one form only: the name, `=`, the value, between semicolons and spaces.

use ::cookie::time::Duration;
use ::cookie::{Cookie, SameSite};

/// `__Host-`: browsers take it only with Secure, `Path=/` and no Domain, so no other host can plant it (RFC 6265bis).
pub const NAME: &str = "__Host-session";

/// More than one session cookie came: somebody plants cookies, and none of them is trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the request carries more than one session cookie")]
pub struct SeveralSessions;

/// The token in a request's `Cookie` headers, of which there may be several.
pub fn read<'a>(headers: impl IntoIterator<Item = &'a str>) -> Result<Option<&'a str>, SeveralSessions> {
    only(NAME, headers)
}

/// The value of the one cookie of a name.
pub fn only<'a>(wanted: &str, headers: impl IntoIterator<Item = &'a str>) -> Result<Option<&'a str>, SeveralSessions> {
    let mut found = None;
    for pair in headers.into_iter().flat_map(|header| header.split(';')) {
        let Some((name, value)) = pair.trim_matches(' ').split_once('=') else {
            continue;
        };
        if name == wanted && found.replace(value).is_some() {
            return Err(SeveralSessions);
        }
    }
    Ok(found)
}

/// The `Set-Cookie` that begins or renews a session. It lives as long as the session may.
pub fn set(token: &str, now: i64, expires: i64) -> String {
    locked(NAME, token, expires.saturating_sub(now).max(0))
}

/// The `Set-Cookie` that ends a session.
pub fn clear() -> String {
    locked(NAME, "", 0)
}

/// The `Set-Cookie` of a cookie that only this host may set and only its own pages send, for so many seconds.
pub fn locked(name: &str, value: &str, seconds: i64) -> String {
    Cookie::build((name, value))
        .secure(true)
        .http_only(true)
        .same_site(SameSite::Lax)
        .path("/")
        .max_age(Duration::seconds(seconds))
        .build()
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn requirement_06_the_cookie_is_locked_to_this_host() {
        assert_eq!(set("abc", 1000, 1600), "__Host-session=abc; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=600");
        assert_eq!(clear(), "__Host-session=; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=0");
        assert!(set("abc", 1600, 1000).ends_with("Max-Age=0"));
    }

    #[test]
    fn requirement_07_reading_is_byte_for_byte() {
        let token = Ok(Some("a.b.c"));
        assert_eq!(read(["__Host-session=a.b.c"]), token);
        assert_eq!(read(["x=1;__Host-session=a.b.c;y=2"]), token);
        assert_eq!(read(["x=1", "  __Host-session=a.b.c  "]), token);
        assert_eq!(read(["__Host-session=a=b"]), Ok(Some("a=b")));
        assert_eq!(read(["__Host-session=\"a.b.c\""]), Ok(Some("\"a.b.c\"")));
        for none in [
            "",
            "__host-session=a",
            "__Host-session",
            "__Host-session =a",
            "\t__Host-session=a",
            "\u{a0}__Host-session=a",
            "__Host-session2=a",
            "%5F_Host-session=a",
            "$Version=1, __Host-session=a",
            "x=\"1 __Host-session=a\"",
        ] {
            assert_eq!(read([none]), Ok(None), "{none:?}");
        }
    }

    #[test]
    fn two_sessions_are_refused() {
        assert_eq!(read(["__Host-session=a; __Host-session=a"]), Err(SeveralSessions));
        assert_eq!(read(["__Host-session=a", "__Host-session=b"]), Err(SeveralSessions));
        assert_eq!(read(["__Host-session=", "x=y; __Host-session="]), Err(SeveralSessions));
        // A quoted string does not hide the semicolon inside it.
        assert_eq!(read(["x=\"; __Host-session=a\"; __Host-session=b"]), Err(SeveralSessions));
    }

    proptest! {
        #[test]
        fn any_header_is_read_without_a_panic(headers in prop::collection::vec("[ -~;=]{0,40}|\\PC{0,20}", 0..4)) {
            let _ = read(headers.iter().map(String::as_str));
        }

        #[test]
        fn the_token_is_found_among_others(before in "([a-z]{1,5}=[a-z]{0,5}; ){0,3}", token in "[A-Za-z0-9_.-]{1,40}") {
            let header = format!("{before}{NAME}={token}; z=1");
            prop_assert_eq!(read([header.as_str()]), Ok(Some(token.as_str())));
        }
    }
}
