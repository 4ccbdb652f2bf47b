//! The keys: the set of public ones that the gate carries, the private one that login signs with.

use std::fmt;

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use ed25519_dalek::VerifyingKey;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, encode};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::provider;

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
pub struct KeyId(String);

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
struct Written {
    kid: KeyId,
    x: String,
}

impl PublicKeys {
    /// The public halves of some signing keys.
    pub fn of<'a>(keys: impl IntoIterator<Item = &'a SigningKey>) -> Result<Self, KeyError> {
        let written = keys.into_iter().map(|key| Written {
            kid: key.id().clone(),
            x: BASE64URL_NOPAD.encode(&key.key.verifying_key().to_bytes()),
        });
        Self::try_from(written.collect::<Vec<_>>())
    }

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
            let sound = |b: &[u8; 32]| VerifyingKey::from_bytes(b).is_ok_and(|key| !key.is_weak());
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

/// A private key. It is wiped from memory when dropped, and shows nothing of itself in logs.
#[derive(Clone)]
pub struct SigningKey {
    id: KeyId,
    key: ed25519_dalek::SigningKey,
}

impl SigningKey {
    /// The key of 32 random bytes. Its id follows from it: 80 bits of the SHA-256 of the public half.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        let key = ed25519_dalek::SigningKey::from_bytes(seed);
        let digest = Sha256::digest(key.verifying_key().as_bytes());
        let id = KeyId(HEXLOWER.encode(&digest).chars().take(20).collect());
        Self { id, key }
    }

    /// Its id.
    pub fn id(&self) -> &KeyId {
        &self.id
    }

    pub(super) fn sign<T: Serialize>(&self, claims: &T) -> Result<String, String> {
        if !provider::install() {
            return Err(super::TokenError::Provider.to_string());
        }
        let header = Header { kid: Some(self.id.to_string()), ..Header::new(Algorithm::EdDSA) };
        encode(&header, claims, &EncodingKey::from_ed_der(self.key.as_bytes())).map_err(|e| e.to_string())
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_reads_back_and_holds_no_private_half() {
        let keys = [SigningKey::from_seed(&[1; 32]), SigningKey::from_seed(&[2; 32])];
        let public = PublicKeys::of(&keys).unwrap();
        let json = public.to_json();
        assert_eq!(PublicKeys::from_json(&json).unwrap().to_json(), json);
        assert!(public.get(keys[0].id()).is_some());
        assert!(public.get(&KeyId::parse("other").unwrap()).is_none());
        for key in &keys {
            assert!(!json.contains(&BASE64URL_NOPAD.encode(key.key.as_bytes())));
            assert_eq!(format!("{key:?}"), format!("SigningKey({})", key.id()));
        }
    }

    #[test]
    fn unsound_sets_are_refused() {
        let sound = BASE64URL_NOPAD.encode(SigningKey::from_seed(&[1; 32]).key.verifying_key().as_bytes());
        let neutral = BASE64URL_NOPAD.encode(&[&[1][..], &[0; 31]].concat());
        let refused = [
            format!(r#"[{{"kid":"a","x":"{sound}"}},{{"kid":"a","x":"{sound}"}}]"#),
            format!(r#"[{{"kid":"a","x":"{sound}","d":"{sound}"}}]"#),
            format!(r#"[{{"kid":"a","kid":"a","x":"{sound}"}}]"#),
            format!(r#"[{{"kid":"a/b","x":"{sound}"}}]"#),
            format!(r#"[{{"kid":"","x":"{sound}"}}]"#),
            format!(r#"[{{"kid":"a","x":"{sound}="}}]"#),
            format!(r#"[{{"kid":"a","x":"{neutral}"}}]"#),
            r#"[{"kid":"a","x":"AAAA"}]"#.to_owned(),
            r#"{"keys":[]}"#.to_owned(),
        ];
        for json in refused {
            assert!(PublicKeys::from_json(&json).is_err(), "{json}");
        }
        assert!(PublicKeys::from_json(&format!(r#"[{{"kid":"a","x":"{sound}"}}]"#)).is_ok());
    }
}
