//! The token: a JWT signed with Ed25519, and nothing else that calls itself a JWT.
//!
//! The `jsonwebtoken` crate makes tokens and verifies signatures, with the cryptography that [`provider`] gives it.
//! Header and claims are read here, because that crate is lax where the gate must not be: it knows more header fields
//! than ours, takes an audience that is absent or a list, and asks the system for the time. Nothing of the claims is
//! looked at before the signature holds.

mod keys;
#[cfg(feature = "mint")]
mod mint;
mod provider;
mod seen;

use std::sync::Arc;

use data_encoding::BASE64URL_NOPAD;
use gallery::{HomeId, Scope, ViewerName};
use jsonwebtoken::{Algorithm, crypto};
use serde::{Deserialize, Serialize};

pub use keys::{KeyError, KeyId, PublicKeys};
#[cfg(feature = "mint")]
pub use mint::{MintError, SigningKey};
use seen::Seen;

/// The longest token in bytes: browsers take 4,096 for a cookie's name, value and attributes together (RFC 6265,
/// section 6.1).
pub const MAX_TOKEN: usize = 3500;

/// How far two clocks may differ, in seconds.
pub const LEEWAY: i64 = 30;

/// How long past `recheck_after` pictures of a page already open are still shown, in seconds.
pub const GRACE: i64 = 300;

const ISSUER: &str = "heirloom";
const KIND: &str = "session";

/// Why a token is not a session. None of these sentences repeats any part of the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not three parts of strict base64url within the size limit.
    #[error("the token is not three parts of unpadded base64url within 3,500 bytes")]
    Shape,
    /// A header that is not exactly `alg`, `typ` and `kid`.
    #[error("the token's header is not exactly EdDSA, JWT and a key's id")]
    Header,
    /// A key that is not in the set.
    #[error("the token names a key that is not in the set")]
    UnknownKey,
    /// A signature that does not fit, or claims that are missing, of a wrong type or for somebody else.
    #[error("the token's signature or claims do not hold")]
    Refused,
    /// A token of another kind, such as an invitation.
    #[error("the token is of another kind")]
    Kind,
    /// Claims that contradict each other.
    #[error("the token's claims contradict each other")]
    Inconsistent,
    /// Issued in the future.
    #[error("the token is not valid yet")]
    NotYet,
    /// Past its absolute lifetime.
    #[error("the token has expired")]
    Expired,
    /// Another cryptography is installed in this process.
    #[error("another JWT cryptography is installed in this process")]
    Provider,
}

/// A sign-in's random name: 128 bits. It is new at each login and survives renewal.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SessionId(String);

impl SessionId {
    /// The id made of 16 random bytes.
    pub fn from_random(bytes: [u8; 16]) -> Self {
        Self(BASE64URL_NOPAD.encode(&bytes))
    }
}

impl TryFrom<String> for SessionId {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        match BASE64URL_NOPAD.decode(text.as_bytes()) {
            Ok(bytes) if bytes.len() == 16 => Ok(Self(text)),
            _ => Err("a session's id is 16 bytes in base64url"),
        }
    }
}

impl From<SessionId> for String {
    fn from(id: SessionId) -> Self {
        id.0
    }
}

/// What a token says. Anybody can write one of these; only [`Verified`] proves that login did. Times are Unix seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Who signed in.
    pub viewer: ViewerName,
    /// What they may see.
    pub scope: Scope,
    /// The viewer's generation at that time: a changed password, scope or sign-out everywhere makes it stale.
    pub generation: u64,
    /// This sign-in.
    pub id: SessionId,
    /// When the token was made.
    pub issued: i64,
    /// When the viewer's record has to be looked at again.
    pub recheck_after: i64,
    /// When it ends, however often it is renewed.
    pub expires: i64,
}

/// A session whose token has been verified. There is no other way to get one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified(Arc<Session>);

impl Verified {
    /// What the token says.
    pub fn session(&self) -> &Session {
        &self.0
    }

    /// The home page of its scope.
    pub fn home(&self) -> HomeId {
        self.0.scope.home()
    }

    /// Whether the viewer's record has to be looked at again before the next page.
    pub fn needs_recheck(&self, now: i64) -> bool {
        now > self.0.recheck_after
    }

    /// Whether pictures of a page already open may still be shown.
    pub fn within_grace(&self, now: i64) -> bool {
        now <= self.0.recheck_after.saturating_add(GRACE)
    }

    /// The session, if its time has come and not passed.
    fn at(self, now: i64) -> Result<Self, TokenError> {
        if self.0.issued > now.saturating_add(LEEWAY) {
            return Err(TokenError::NotYet);
        }
        if now > self.0.expires.saturating_add(LEEWAY) {
            return Err(TokenError::Expired);
        }
        Ok(self)
    }
}

/// Checks tokens for one gallery. It remembers tokens that held, for its own keys and audience, which never change: no
/// other verifier shares them, a clone of this one included.
#[derive(Clone, Debug)]
pub struct Verifier {
    keys: PublicKeys,
    audience: String,
    seen: Seen,
}

impl Verifier {
    /// A verifier for tokens of `audience` signed by one of `keys`.
    pub fn new(keys: PublicKeys, audience: impl Into<String>) -> Self {
        Self { keys, audience: audience.into(), seen: Seen::default() }
    }

    /// Whom the tokens are for.
    pub fn audience(&self) -> &str {
        &self.audience
    }

    /// Verifies a token at the Unix time `now`. A token that held before is only asked for its times again.
    pub fn verify(&self, token: &str, now: i64) -> Result<Verified, TokenError> {
        if let Some(verified) = self.seen.get(token) {
            return verified.at(now);
        }
        let verified = self.verify_unseen(token)?.at(now)?;
        self.seen.keep(token, &verified);
        Ok(verified)
    }

    /// Everything but the times.
    fn verify_unseen(&self, token: &str) -> Result<Verified, TokenError> {
        if !provider::install() {
            return Err(TokenError::Provider);
        }
        let parts = Parts::of(token)?;
        let key = self.keys.get(&parts.header.kid).ok_or(TokenError::UnknownKey)?;
        if !crypto::verify(parts.signature, parts.message.as_bytes(), key, Algorithm::EdDSA).unwrap_or(false) {
            return Err(TokenError::Refused);
        }
        let claims: Claims = serde_json::from_slice(&parts.claims).map_err(|_| TokenError::Refused)?;
        claims.session(&self.audience)
    }
}

/// The claims as they are written. Every one is required, no other is known, none may come twice.
#[derive(Deserialize)]
#[cfg_attr(feature = "mint", derive(Serialize))]
#[serde(deny_unknown_fields)]
struct Claims {
    iss: String,
    aud: String,
    typ: String,
    sub: ViewerName,
    iat: i64,
    exp: i64,
    rca: i64,
    r#gen: u64,
    jti: SessionId,
    scope: Scope,
    home: HomeId,
}

impl Claims {
    fn session(self, audience: &str) -> Result<Verified, TokenError> {
        if self.iss != ISSUER || self.aud != audience {
            return Err(TokenError::Refused);
        }
        if self.typ != KIND {
            return Err(TokenError::Kind);
        }
        if self.home != self.scope.home() || self.iat > self.rca || self.rca > self.exp {
            return Err(TokenError::Inconsistent);
        }
        Ok(Verified(Arc::new(Session {
            viewer: self.sub,
            scope: self.scope,
            generation: self.r#gen,
            id: self.jti,
            issued: self.iat,
            recheck_after: self.rca,
            expires: self.exp,
        })))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    typ: String,
    kid: KeyId,
}

/// A token taken apart. Its signature has not been looked at.
struct Parts<'a> {
    header: Header,
    claims: Vec<u8>,
    message: &'a str,
    signature: &'a str,
}

impl<'a> Parts<'a> {
    /// Checks a token's shape and reads its header, which must be exactly ours: no `jwk`, `jku`, `x5u`, `x5c`, `crit`,
    /// `zip` or `b64`, nothing twice.
    fn of(token: &'a str) -> Result<Self, TokenError> {
        if token.len() > MAX_TOKEN {
            return Err(TokenError::Shape);
        }
        let (message, signature) = token.rsplit_once('.').ok_or(TokenError::Shape)?;
        let (header, claims) = message.split_once('.').ok_or(TokenError::Shape)?;
        // A dot too many is no letter of base64url.
        let strict = |part: &str| BASE64URL_NOPAD.decode(part.as_bytes()).map_err(|_| TokenError::Shape);
        let (header, claims, signed) = (strict(header)?, strict(claims)?, strict(signature)?);
        // serde would also read a struct from an array.
        if signed.len() != ed25519_dalek::SIGNATURE_LENGTH || !header.starts_with(b"{") || !claims.starts_with(b"{") {
            return Err(TokenError::Shape);
        }
        let header: Header = serde_json::from_slice(&header).map_err(|_| TokenError::Header)?;
        if header.alg != "EdDSA" || header.typ != "JWT" {
            return Err(TokenError::Header);
        }
        Ok(Self { header, claims, message, signature })
    }
}

#[cfg(all(test, feature = "mint"))]
mod tests;
