//! Making tokens: the private key that login signs with. The bundle for the edge is built without this module, so there
//! is nothing in it that could sign.

use std::fmt;

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use ed25519_dalek::Signer as _;
use gallery::{Scope, ViewerName};
use jsonwebtoken::crypto::JwtSigner;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode, errors, signature};
use sha2::{Digest, Sha256};

use super::keys::Written;
use super::{Claims, ISSUER, KIND, KeyError, KeyId, MAX_TOKEN, PublicKeys, Session, TokenError, provider};

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
    /// Claims that [`super::Verifier::verify`] would refuse.
    #[error("the session of `{0}` would end before it begins")]
    Times(ViewerName),
    /// The signer failed.
    #[error("cannot sign the session: {0}")]
    Signing(String),
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

    fn sign(&self, claims: &Claims) -> Result<String, String> {
        if !provider::install() {
            return Err(TokenError::Provider.to_string());
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

impl PublicKeys {
    /// The public halves of some signing keys.
    pub fn of<'a>(keys: impl IntoIterator<Item = &'a SigningKey>) -> Result<Self, KeyError> {
        let written = keys.into_iter().map(|key| Written {
            kid: key.id().clone(),
            x: BASE64URL_NOPAD.encode(&key.key.verifying_key().to_bytes()),
        });
        Self::try_from(written.collect::<Vec<_>>())
    }
}

impl Claims {
    pub(super) fn of(session: &Session, audience: &str) -> Self {
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
}

/// The half of the provider that signs.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "the type of the factory is the crate's")]
pub(super) fn signer(algorithm: &Algorithm, key: &EncodingKey) -> Result<Box<dyn JwtSigner>, errors::Error> {
    let seed = key.as_bytes().try_into().map_err(|_| provider::invalid())?;
    provider::only_eddsa(*algorithm)?;
    Ok(Box::new(Signs(ed25519_dalek::SigningKey::from_bytes(seed))))
}

struct Signs(ed25519_dalek::SigningKey);

impl signature::Signer<Vec<u8>> for Signs {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, signature::Error> {
        let signature = self.0.try_sign(message).map_err(|_| signature::Error::new())?;
        Ok(signature.to_bytes().to_vec())
    }
}

impl JwtSigner for Signs {
    fn algorithm(&self) -> Algorithm {
        Algorithm::EdDSA
    }
}
