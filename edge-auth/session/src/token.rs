//! The token: a JWT signed with Ed25519, and nothing else that calls itself a JWT.
//!
//! The `jsonwebtoken` crate encodes, decodes and checks signature, issuer and audience. It is told everything it would
//! otherwise assume, and what it is lax about is refused before it sees the token: unknown or repeated header fields,
//! arrays in place of objects, odd lengths. Times are checked here, because the clock is passed in.

mod keys;
mod provider;

use data_encoding::BASE64URL_NOPAD;
use gallery::{HomeId, Scope, ViewerName};
use jsonwebtoken::{Algorithm, Validation, decode};
use serde::{Deserialize, Serialize};

pub use keys::{KeyError, KeyId, PublicKeys, SigningKey};

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

/// Why a token could not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MintError {
    /// The cookie would not fit into a browser.
    #[error(
        "the session of `{viewer}` would take {bytes} bytes and a cookie holds {MAX_TOKEN}: its list of {collections} \
         collections is too long, so give fewer, or all"
    )]
    TooManyCollections {
        /// Whose session.
        viewer: ViewerName,
        /// The size it would have.
        bytes: usize,
        /// How many collections it lists.
        collections: usize,
    },
    /// Claims that [`Verifier::verify`] would refuse.
    #[error("the session of `{0}` would end before it begins")]
    Times(ViewerName),
    /// The signer failed.
    #[error("cannot sign the session: {0}")]
    Signing(String),
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
pub struct Verified(Session);

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
}

/// Checks tokens for one gallery.
#[derive(Clone, Debug)]
pub struct Verifier {
    keys: PublicKeys,
    audience: String,
    validation: Validation,
}

impl Verifier {
    /// A verifier for tokens of `audience` signed by one of `keys`.
    pub fn new(keys: PublicKeys, audience: impl Into<String>) -> Self {
        let audience = audience.into();
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[&audience]);
        validation.validate_exp = false;
        validation.leeway = LEEWAY.unsigned_abs();
        Self { keys, audience, validation }
    }

    /// Whom the tokens are for.
    pub fn audience(&self) -> &str {
        &self.audience
    }

    /// Verifies a token at the Unix time `now`.
    pub fn verify(&self, token: &str, now: i64) -> Result<Verified, TokenError> {
        if !provider::install() {
            return Err(TokenError::Provider);
        }
        let header = header(token)?;
        let key = self.keys.get(&header.kid).ok_or(TokenError::UnknownKey)?;
        let claims = decode::<Claims>(token, key, &self.validation).map_err(|_| TokenError::Refused)?.claims;
        claims.session(now)
    }
}

impl SigningKey {
    /// Makes the token of a session for one gallery.
    pub fn mint(&self, session: &Session, audience: &str) -> Result<String, MintError> {
        if !(session.issued <= session.recheck_after && session.recheck_after <= session.expires) {
            return Err(MintError::Times(session.viewer.clone()));
        }
        let token = self.sign(&Claims::of(session, audience)).map_err(MintError::Signing)?;
        if token.len() > MAX_TOKEN {
            let collections = match &session.scope {
                Scope::All => 0,
                Scope::Only(list) => list.len(),
            };
            return Err(MintError::TooManyCollections {
                viewer: session.viewer.clone(),
                bytes: token.len(),
                collections,
            });
        }
        Ok(token)
    }
}

/// The claims as they are written. Every one is required, no other is known, none may come twice.
#[derive(Serialize, Deserialize)]
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
    fn of(session: &Session, audience: &str) -> Self {
        Self {
            iss: ISSUER.to_owned(),
            aud: audience.to_owned(),
            typ: KIND.to_owned(),
            sub: session.viewer.clone(),
            iat: session.issued,
            exp: session.expires,
            rca: session.recheck_after,
            r#gen: session.generation,
            jti: session.id.clone(),
            home: session.scope.home(),
            scope: session.scope.clone(),
        }
    }

    fn session(self, now: i64) -> Result<Verified, TokenError> {
        if self.typ != KIND {
            return Err(TokenError::Kind);
        }
        if self.home != self.scope.home() || self.iat > self.rca || self.rca > self.exp {
            return Err(TokenError::Inconsistent);
        }
        if self.iat > now.saturating_add(LEEWAY) {
            return Err(TokenError::NotYet);
        }
        if now > self.exp.saturating_add(LEEWAY) {
            return Err(TokenError::Expired);
        }
        Ok(Verified(Session {
            viewer: self.sub,
            scope: self.scope,
            generation: self.r#gen,
            id: self.jti,
            issued: self.iat,
            recheck_after: self.rca,
            expires: self.exp,
        }))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    typ: String,
    kid: KeyId,
}

/// Checks a token's shape and reads its header, which must be exactly ours: no `jwk`, `jku`, `x5u`, `x5c`, `crit`,
/// `zip` or `b64`, nothing twice.
fn header(token: &str) -> Result<Header, TokenError> {
    if token.len() > MAX_TOKEN {
        return Err(TokenError::Shape);
    }
    let mut parts = token.split('.');
    let (Some(header), Some(claims), Some(signature), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(TokenError::Shape);
    };
    let strict = |part: &str| BASE64URL_NOPAD.decode(part.as_bytes()).map_err(|_| TokenError::Shape);
    let (header, claims, signature) = (strict(header)?, strict(claims)?, strict(signature)?);
    // serde would also read a struct from an array.
    if signature.len() != ed25519_dalek::SIGNATURE_LENGTH || !header.starts_with(b"{") || !claims.starts_with(b"{") {
        return Err(TokenError::Shape);
    }
    let header: Header = serde_json::from_slice(&header).map_err(|_| TokenError::Header)?;
    if header.alg != "EdDSA" || header.typ != "JWT" {
        return Err(TokenError::Header);
    }
    Ok(header)
}

#[cfg(test)]
mod tests;
