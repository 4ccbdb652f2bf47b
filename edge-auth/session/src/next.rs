//! Where to go after signing in: a place of this gallery, or the home page.
//!
//! `next` comes from anybody's link. It is not cleaned up but read with the gate's own grammar: only what the gate
//! would serve behind a session is a place to return to. That grammar is narrower than what browsers resolve, so no
//! second reading is possible; a test compares it with the WHATWG parser.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::path::{AuthRoute, CanonicalPath, Place};

/// The longest `next`, in bytes.
pub const MAX_NEXT: usize = 512;

const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'.').remove(b'_').remove(b'~').remove(b'-');

/// A path of this gallery that needs a session, perhaps with a fragment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Next(String);

impl Next {
    /// Reads the parameter, already decoded. Whatever is not such a path becomes the home page.
    pub fn parse(text: &str) -> Self {
        if text.len() <= MAX_NEXT && is_place(text) { Self(text.to_owned()) } else { Self::home() }
    }

    /// The home page.
    pub fn home() -> Self {
        Self("/".to_owned())
    }

    /// The path, ready for a `Location` header.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path of a page of login that comes back here.
    pub fn through(&self, route: &str) -> String {
        format!("{route}?next={}", utf8_percent_encode(&self.0, ENCODED))
    }
}

impl fmt::Display for Next {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_place(text: &str) -> bool {
    let (path, fragment) = text.split_once('#').unwrap_or((text, ""));
    let legal = |b: u8| b.is_ascii_alphanumeric() || b"._~-=&/".contains(&b);
    let Ok(path) = CanonicalPath::parse(path) else {
        return false;
    };
    // The one page of login that is worth coming back to: asking for it changes nothing.
    if *path.place() == Place::Auth(AuthRoute::Upload) {
        return fragment.is_empty();
    }
    fragment.bytes().all(legal) && !matches!(path.place(), Place::Auth(_) | Place::Public | Place::NotOurs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn requirement_12_only_places_behind_a_session_are_returned_to() {
        for kept in [
            "/",
            "/albums/Family/",
            "/albums/Family",
            "/auth/upload",
            "/albums/Family/#photo=3",
            "/originals/Oma%20X/1.jpg",
            "/home/all/",
        ] {
            assert_eq!(Next::parse(kept).as_str(), kept);
        }
        let long = format!("/albums/{}/", "a/".repeat(300));
        for refused in [
            "",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "https://evil.example/",
            "https:evil.example",
            "javascript:alert(1)",
            " /albums/Family/",
            "/\t/evil.example",
            "/\n/evil.example",
            "/%2F/evil.example",
            "/albums/../auth/login",
            "/albums/Family/?next=//evil.example",
            "/albums/Family/#\"><script>",
            "/auth/login",
            "/auth/login#x",
            "/auth/logout",
            "/auth/renew?next=%2F",
            "/robots.txt",
            "/assets/site.css",
            "/catalogue/gallery.json",
            "albums/Family/",
            &long,
        ] {
            assert_eq!(Next::parse(refused).as_str(), "/", "{refused:?}");
        }
    }

    #[test]
    fn it_is_written_as_one_parameter() {
        assert_eq!(Next::parse("/albums/a/").to_string(), "/albums/a/");
        assert_eq!(
            Next::parse("/albums/a/#p=1&x").through("/auth/login"),
            "/auth/login?next=%2Falbums%2Fa%2F%23p%3D1%26x"
        );
    }

    proptest! {
        #[test]
        fn requirement_12_a_browser_stays_on_this_site(text in "(/|//|/\\\\|\\\\|https?:|/originals/|/albums/)?[-a-z0-9/\\\\.:%@?#\t\n ]{0,40}|\\PC{0,60}") {
            let next = Next::parse(&text);
            let here = url::Url::parse("https://gallery.example/auth/login").unwrap();
            let there = here.join(next.as_str()).unwrap();
            prop_assert_eq!(there.origin(), here.origin());
            prop_assert!(!there.path().starts_with("/auth/"));
            prop_assert_eq!(there.query(), None);
            prop_assert!(next.as_str().len() <= MAX_NEXT);
            prop_assert_eq!(Next::parse(next.as_str()), next);
        }
    }
}
