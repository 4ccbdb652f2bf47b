//! The set of public keys that the gate carries.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use ed25519_dalek::VerifyingKey;
use jsonwebtoken::DecodingKey;
use serde::{Deserialize, Serialize};

/// Why a set of keys cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not a key's id.
    #[error("a key's id is 1 to 64 letters, digits, `-` or `_`")]
    Id,
    /// Not a list of `{kid, x}`.
    #[error("the public keys are not a JSON list of `kid` and `x`: {0}")]
    Json(String),
    /// Two keys with one id.
    #[error("two public keys are called `{0}`")]
    Twice(KeyId),
    /// Not a usable point.
    #[error("the public key `{0}` is not a sound Ed25519 key of 32 bytes in base64url")]
    Unsound(KeyId),
}

/// A key's name, `kid` in the token.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyId(pub(super) String);

impl KeyId {
    /// Reads a key's id.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let legal = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
        if text.is_empty() || text.len() > 64 || !text.bytes().all(legal) {
            return Err(KeyError::Id);
        }
        Ok(Self(text.to_owned()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for KeyId {
    type Error = KeyError;
    fn try_from(text: String) -> Result<Self, KeyError> {
        Self::parse(&text)
    }
}

impl From<KeyId> for String {
    fn from(id: KeyId) -> Self {
        id.0
    }
}

/// The keys whose tokens are accepted. In JSON: a list of `{"kid": …, "x": …}`, `x` as in a JWK (RFC 8037).
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(try_from = "Vec<Written>", into = "Vec<Written>")]
pub struct PublicKeys(Vec<(KeyId, DecodingKey, [u8; 32])>);

/// Unknown fields are refused, so that a private `d` can never ride along unnoticed.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    pub(super) kid: KeyId,
    pub(super) x: String,
}

impl PublicKeys {
    /// Reads the set from JSON.
    pub fn from_json(json: &str) -> Result<Self, KeyError> {
        serde_json::from_str(json).map_err(|e| KeyError::Json(e.to_string()))
    }

    /// The set as JSON.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The ids of the keys.
    pub fn ids(&self) -> impl Iterator<Item = &KeyId> {
        self.0.iter().map(|(id, ..)| id)
    }

    pub(super) fn get(&self, id: &KeyId) -> Option<&DecodingKey> {
        self.0.iter().find(|(known, ..)| known == id).map(|(_, key, _)| key)
    }
}

impl fmt::Debug for PublicKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.ids()).finish()
    }
}

impl TryFrom<Vec<Written>> for PublicKeys {
    type Error = KeyError;
    fn try_from(list: Vec<Written>) -> Result<Self, KeyError> {
        let mut keys: Vec<(KeyId, DecodingKey, [u8; 32])> = Vec::with_capacity(list.len());
        for Written { kid, x } in list {
            if keys.iter().any(|(known, ..)| *known == kid) {
                return Err(KeyError::Twice(kid));
            }
            let bytes = BASE64URL_NOPAD.decode(x.as_bytes()).ok().and_then(|b| <[u8; 32]>::try_from(b).ok());
            let canonical = |key: &VerifyingKey| key.to_edwards().compress().as_bytes() == key.as_bytes();
            let sound = |b: &[u8; 32]| VerifyingKey::from_bytes(b).is_ok_and(|key| !key.is_weak() && canonical(&key));
            let Some(bytes) = bytes.filter(sound) else {
                return Err(KeyError::Unsound(kid));
            };
            keys.push((kid, DecodingKey::from_ed_der(&bytes), bytes));
        }
        Ok(Self(keys))
    }
}

impl From<PublicKeys> for Vec<Written> {
    fn from(keys: PublicKeys) -> Self {
        let written = |(kid, _, x): (KeyId, DecodingKey, [u8; 32])| Written { kid, x: BASE64URL_NOPAD.encode(&x) };
        keys.0.into_iter().map(written).collect()
    }
}

#[cfg(all(test, feature = "mint"))]
mod tests {
    use super::super::SigningKey;
    use super::*;

    #[test]
    fn requirement_25_a_set_reads_back_and_holds_no_private_half() {
        let seeds = [[1; 32], [2; 32]];
        let keys = seeds.map(|seed| SigningKey::from_seed(&seed));
        let public = PublicKeys::of(&keys).unwrap();
        let json = public.to_json();
        assert_eq!(PublicKeys::from_json(&json).unwrap().to_json(), json);
        assert!(public.get(keys[0].id()).is_some());
        assert!(public.get(&KeyId::parse("other").unwrap()).is_none());
        assert_eq!(format!("{public:?}"), format!("[{:?}, {:?}]", keys[0].id(), keys[1].id()));
        for (key, seed) in keys.iter().zip(seeds) {
            assert!(!json.contains(&BASE64URL_NOPAD.encode(&seed)));
            assert_eq!(format!("{key:?}"), format!("SigningKey({})", key.id()));
        }
    }

    #[test]
    fn a_key_s_id_is_short_and_plain() {
        for good in ["a", "k-1_Z", &"a".repeat(64)] {
            assert_eq!(KeyId::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", "a b", "a/b", "../k", "é", "a\0", "a'--", &"a".repeat(65)] {
            assert_eq!(KeyId::parse(bad), Err(KeyError::Id), "{bad:?}");
        }
    }

    #[test]
    fn unsound_sets_are_refused() {
        let set = PublicKeys::of([&SigningKey::from_seed(&[1; 32])]).unwrap().to_json();
        let set: serde_json::Value = serde_json::from_str(&set).unwrap();
        let sound = set[0]["x"].as_str().unwrap();
        let neutral = BASE64URL_NOPAD.encode(&[&[1][..], &[0; 31]].concat());
        let no_point = BASE64URL_NOPAD.encode(&[2; 32]);
        let refused = [
            (format!(r#"[{{"kid":"a","x":"{sound}"}},{{"kid":"a","x":"{sound}"}}]"#), "two public keys are called `a`"),
            (format!(r#"[{{"kid":"a","x":"{sound}","d":"{sound}"}}]"#), "unknown field `d`"),
            (format!(r#"[{{"kid":"a","kid":"a","x":"{sound}"}}]"#), "duplicate field"),
            (format!(r#"[{{"kid":"a/b","x":"{sound}"}}]"#), "a key's id is"),
            (format!(r#"[{{"kid":"","x":"{sound}"}}]"#), "a key's id is"),
            (format!(r#"[{{"kid":"a","x":"{sound}="}}]"#), "`a` is not a sound"),
            (format!(r#"[{{"kid":"a","x":"{neutral}"}}]"#), "`a` is not a sound"),
            (format!(r#"[{{"kid":"a","x":"{no_point}"}}]"#), "`a` is not a sound"),
            (r#"[{"kid":"a","x":"AAAA"}]"#.to_owned(), "`a` is not a sound"),
            (r#"{"keys":[]}"#.to_owned(), "not a JSON list"),
        ];
        for (json, why) in refused {
            let error = PublicKeys::from_json(&json).unwrap_err().to_string();
            assert!(error.contains(why), "{json}: {error}");
        }
        assert!(PublicKeys::from_json(&format!(r#"[{{"kid":"a","x":"{sound}"}}]"#)).is_ok());
    }
}
