//! The cryptography that `jsonwebtoken` uses here: Ed25519 from `ed25519-dalek`, verified strictly, and no other.
//!
//! The crate's own providers bring RSA and the NIST curves along; the gate at the edge has no use for them, nor room.

use std::cell::RefCell;
use std::sync::{LazyLock, OnceLock};

use curve25519_dalek::constants::EIGHT_TORSION;
use ed25519_dalek::{Signature, Verifier as _, VerifyingKey};
use jsonwebtoken::crypto::{CryptoProvider, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::{Algorithm, DecodingKey, signature};

#[cfg(feature = "mint")]
use super::mint::signer;

static PROVIDER: CryptoProvider =
    CryptoProvider { signer_factory: signer, verifier_factory: verifier, key_utils: KeyUtils::new_unimplemented() };

/// Installs the provider for this process. `false` when another one was there first: then nothing verifies.
pub(super) fn install() -> bool {
    static INSTALLED: OnceLock<bool> = OnceLock::new();
    *INSTALLED.get_or_init(|| PROVIDER.install_default().is_ok())
}

/// Where nothing is minted, nothing can be signed.
#[cfg(not(feature = "mint"))]
#[expect(clippy::trivially_copy_pass_by_ref, reason = "the type of the factory is the crate's")]
fn signer(_: &Algorithm, _: &jsonwebtoken::EncodingKey) -> Result<Box<dyn jsonwebtoken::crypto::JwtSigner>, Error> {
    Err(invalid())
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the type of the factory is the crate's")]
fn verifier(algorithm: &Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>, Error> {
    let point = key.try_get_as_bytes()?.try_into().map_err(|_| invalid())?;
    only_eddsa(*algorithm)?;
    Ok(Box::new(Verifies(unpacked(point)?)))
}

/// The key of 32 bytes, never one of small order. To unpack a point costs a tenth of a verification, and a process sees
/// the same one or two keys all its life, so the last few stay unpacked.
fn unpacked(point: &[u8; 32]) -> Result<VerifyingKey, Error> {
    const OTHERS: usize = 3;
    thread_local!(static KEYS: RefCell<Vec<VerifyingKey>> = const { RefCell::new(Vec::new()) });
    KEYS.with_borrow_mut(|keys| {
        if let Some(key) = keys.iter().find(|key| key.as_bytes() == point) {
            return Ok(*key);
        }
        let key = VerifyingKey::from_bytes(point).ok().filter(|key| !key.is_weak()).ok_or_else(invalid)?;
        keys.truncate(OTHERS);
        keys.insert(0, key);
        Ok(key)
    })
}

pub(super) fn only_eddsa(algorithm: Algorithm) -> Result<(), Error> {
    if algorithm == Algorithm::EdDSA { Ok(()) } else { Err(ErrorKind::InvalidAlgorithm.into()) }
}

pub(super) fn invalid() -> Error {
    ErrorKind::InvalidEddsaKey.into()
}

/// The encodings of the eight points whose order divides 8.
static SMALL: LazyLock<[[u8; 32]; 8]> = LazyLock::new(|| EIGHT_TORSION.map(|point| point.compress().to_bytes()));

/// A key of no small order.
struct Verifies(VerifyingKey);

impl signature::Verifier<Vec<u8>> for Verifies {
    /// Accepts exactly what `VerifyingKey::verify_strict` accepts: neither the key nor R may be of small order (RFC 8032
    /// leaves that open). That function unpacks both points each time, for a seventh of its time. Here the key was looked
    /// at when it was unpacked, and R need not be: `verify` packs the point that it computes and compares bytes, so an R
    /// that passes is canonical, and one of small order is one of eight encodings.
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), signature::Error> {
        let signature = Signature::from_slice(signature).map_err(|_| signature::Error::new())?;
        if SMALL.contains(signature.r_bytes()) {
            return Err(signature::Error::new());
        }
        self.0.verify(message, &signature).map_err(|_| signature::Error::new())
    }
}

impl JwtVerifier for Verifies {
    fn algorithm(&self) -> Algorithm {
        Algorithm::EdDSA
    }
}

#[cfg(all(test, feature = "mint"))]
mod tests;
