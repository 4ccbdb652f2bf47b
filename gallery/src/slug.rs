//! Slugs: how a folder's name is written in a path.
//!
//! A slug uses `[A-Za-z0-9._~-]` only. The fold is a function of the name alone (no register of names is kept
//! anywhere), so the resizer, the builder and the gate agree without talking to each other:
//!
//! - a *plain* name, made of ASCII letters, digits, `.`, `-` and single spaces, folds to itself with `_` for each
//!   space: `Lisbon 2024` is `Lisbon_2024`;
//! - any other name is transliterated by the `deunicode` crate and gets `~` and a short hash of the name:
//!   `Märchen & Wald` is `Marchen_and_Wald~1f0c2d9a4b`.
//!
//! Plain names fold one to one and never hold `~`, so two names share a slug only when two SHA-256 prefixes collide.

use std::fmt;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::names::{NameError, written_as_text};

/// The longest slug in bytes: four of them, a photo's id and a content hash stay under S3's 1,024 bytes a key.
pub const MAX_SLUG: usize = 128;

/// The longest readable part of a hashed slug, in bytes.
const MAX_READABLE: usize = 60;

/// One path segment that stands for one folder name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Slug(String);

written_as_text!(Slug);

impl Slug {
    /// Reads a slug that comes from a path or from stored JSON.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let legal = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'~' | b'-');
        if text.is_empty() || text.len() > MAX_SLUG || text.starts_with('.') || !text.bytes().all(legal) {
            return Err(NameError::Slug(text.chars().take(MAX_SLUG).collect()));
        }
        Ok(Self(text.to_owned()))
    }

    /// Folds a folder's name.
    #[cfg(feature = "store")]
    pub fn of(name: &str) -> Self {
        if is_plain(name) {
            Self(name.replace(' ', "_"))
        } else {
            Self(format!("{}~{}", readable(name), short_hash(name)))
        }
    }

    /// Whether this is the slug of the folder called `name`. Needs no transliteration, so the gate can ask it.
    pub fn stands_for(&self, name: &str) -> bool {
        if is_plain(name) {
            return self.0 == name.replace(' ', "_");
        }
        self.0.rsplit_once('~').is_some_and(|(_, hash)| hash == short_hash(name))
    }

    /// The slug as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The slug of a collection, the unit of access.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CollectionSlug(pub Slug);

impl CollectionSlug {
    /// Reads a collection's slug that comes from a path, a token or stored JSON.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        Slug::parse(text).map(Self)
    }

    /// The slug as text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Display for CollectionSlug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Whether a name folds to its slug without loss. Names with a leading dot are not plain: they would be dot segments.
fn is_plain(name: &str) -> bool {
    let legal = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b' ');
    !name.is_empty()
        && name.len() <= MAX_READABLE
        && name.bytes().all(legal)
        && !name.starts_with(['.', ' '])
        && !name.ends_with(' ')
        && !name.contains("  ")
}

/// Ten hexadecimal digits (40 bits) of the name's SHA-256.
fn short_hash(name: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(name.as_bytes())[..5])
}

/// The part of a hashed slug that a person reads: transliterated, every run of other characters one `_`.
#[cfg(feature = "store")]
fn readable(name: &str) -> String {
    let mut text = String::new();
    for c in deunicode::deunicode(name).chars() {
        match c {
            _ if text.len() >= MAX_READABLE => break,
            'A'..='Z' | 'a'..='z' | '0'..='9' | '-' => text.push(c),
            '.' if !text.is_empty() => text.push(c),
            '&' => text.push_str("and"),
            _ if text.ends_with('_') || text.is_empty() => {}
            _ => text.push('_'),
        }
    }
    text.truncate(text.trim_end_matches('_').len());
    text
}

#[cfg(all(test, feature = "store"))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn plain_names_stay_readable() {
        assert_eq!(Slug::of("Lisbon 2024").as_str(), "Lisbon_2024");
        assert_eq!(Slug::of("lisbon-2024").as_str(), "lisbon-2024");
        assert_eq!(Slug::of("v1.0").as_str(), "v1.0");
    }

    #[test]
    fn other_names_carry_a_hash() {
        let slug = Slug::of("Märchen & Wald");
        assert!(slug.as_str().starts_with("Marchen_and_Wald~"), "{slug}");
        assert!(Slug::of("京都").as_str().contains('~'));
        assert!(Slug::of("🎂").as_str().contains('~'));
        assert_ne!(Slug::of("a_b"), Slug::of("a b"));
        assert_ne!(Slug::of(".."), Slug::of("."));
    }

    #[test]
    fn slugs_from_outside_are_checked() {
        for bad in ["", ".", "..", ".git", "a/b", "a b", "a%20b", "ä", "a\0", &"x".repeat(MAX_SLUG + 1)] {
            assert!(Slug::parse(bad).is_err(), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn every_name_has_a_legal_slug_that_stands_for_it(name in "\\PC{1,80}") {
            let slug = Slug::of(&name);
            prop_assert_eq!(&Slug::parse(slug.as_str()).unwrap(), &slug);
            prop_assert!(slug.stands_for(&name));
        }

        #[test]
        fn two_names_have_two_slugs(a in "[aA _.~ä-]{1,4}", b in "[aA _.~ä-]{1,4}") {
            prop_assert_eq!(a == b, Slug::of(&a) == Slug::of(&b));
            prop_assert_eq!(a == b, Slug::of(&a).stands_for(&b));
        }
    }
}
