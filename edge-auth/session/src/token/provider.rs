//! The cryptography that `jsonwebtoken` uses here: Ed25519 from `ed25519-dalek`, verified strictly, and no other.
//!
//! The crate's own providers bring RSA and the NIST curves along; the gate at the edge has no use for them, nor room.

use std::sync::OnceLock;

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::signature;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};

static PROVIDER: CryptoProvider =
    CryptoProvider { signer_factory: signer, verifier_factory: verifier, key_utils: KeyUtils::new_unimplemented() };

/// Installs the provider for this process. `false` when another one was there first: then nothing verifies.
pub(super) fn install() -> bool {
    static INSTALLED: OnceLock<bool> = OnceLock::new();
    *INSTALLED.get_or_init(|| PROVIDER.install_default().is_ok())
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the type of the factory is the crate's")]
fn signer(algorithm: &Algorithm, key: &EncodingKey) -> Result<Box<dyn JwtSigner>, Error> {
    let seed = key.as_bytes().try_into().map_err(|_| invalid())?;
    only_eddsa(*algorithm)?;
    Ok(Box::new(Signs(SigningKey::from_bytes(seed))))
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the type of the factory is the crate's")]
fn verifier(algorithm: &Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>, Error> {
    let point = key.try_get_as_bytes()?.try_into().map_err(|_| invalid())?;
    only_eddsa(*algorithm)?;
    Ok(Box::new(Verifies(VerifyingKey::from_bytes(point).map_err(|_| invalid())?)))
}

fn only_eddsa(algorithm: Algorithm) -> Result<(), Error> {
    if algorithm == Algorithm::EdDSA { Ok(()) } else { Err(ErrorKind::InvalidAlgorithm.into()) }
}

fn invalid() -> Error {
    ErrorKind::InvalidEddsaKey.into()
}

struct Signs(SigningKey);

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

struct Verifies(VerifyingKey);

impl signature::Verifier<Vec<u8>> for Verifies {
    /// Strict: keys and points of small order are refused (RFC 8032 leaves it open; section 8.9 of RFC 8725's spirit).
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), signature::Error> {
        let signature = Signature::from_slice(signature).map_err(|_| signature::Error::new())?;
        self.0.verify_strict(message, &signature).map_err(|_| signature::Error::new())
    }
}

impl JwtVerifier for Verifies {
    fn algorithm(&self) -> Algorithm {
        Algorithm::EdDSA
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use data_encoding::HEXLOWER;

    /// RFC 8032, section 7.1, tests 1 to 3: seed, public key, message, signature.
    const VECTORS: [[&str; 4]; 3] = [
        [
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        ],
        [
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        ],
        [
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
        ],
    ];

    fn hex(text: &str) -> Vec<u8> {
        HEXLOWER.decode(text.as_bytes()).unwrap()
    }

    #[test]
    fn the_published_vectors_hold() {
        for [seed, public, message, signature] in VECTORS {
            let signs = signer(&Algorithm::EdDSA, &EncodingKey::from_ed_der(&hex(seed))).unwrap();
            assert_eq!(signs.try_sign(&hex(message)).unwrap(), hex(signature));
            let verifies = verifier(&Algorithm::EdDSA, &DecodingKey::from_ed_der(&hex(public))).unwrap();
            assert!(verifies.verify(&hex(message), &hex(signature)).is_ok());
            assert!(verifies.verify(b"another message", &hex(signature)).is_err());
        }
    }

    /// Requirement 4: the same signature with the group's order added to S, and a key of small order.
    #[test]
    fn malleated_signatures_and_weak_keys_are_refused() {
        let [_, public, message, signature] = VECTORS[1];
        let order = hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
        let mut malleated = hex(signature);
        let mut carry = 0u16;
        for (byte, add) in malleated[32..].iter_mut().zip(order) {
            carry += u16::from(*byte) + u16::from(add);
            *byte = (carry & 0xff) as u8;
            carry >>= 8;
        }
        let verifies = verifier(&Algorithm::EdDSA, &DecodingKey::from_ed_der(&hex(public))).unwrap();
        assert!(verifies.verify(&hex(message), &malleated).is_err());
        assert!(verifies.verify(&hex(message), &hex(signature)[..63].to_vec()).is_err());

        // The neutral element as a key, R the neutral element, S zero: lax verification would accept any message.
        let mut neutral = vec![0u8; 32];
        neutral[0] = 1;
        let forged = [neutral.clone(), vec![0; 32]].concat();
        let weak = verifier(&Algorithm::EdDSA, &DecodingKey::from_ed_der(&neutral)).unwrap();
        assert!(weak.verify(b"anything", &forged).is_err());
    }

    #[test]
    fn other_algorithms_and_odd_keys_are_refused() {
        let seed = EncodingKey::from_ed_der(&[7; 32]);
        for algorithm in [Algorithm::HS256, Algorithm::RS256, Algorithm::ES256] {
            assert!(signer(&algorithm, &seed).is_err());
            assert!(verifier(&algorithm, &DecodingKey::from_ed_der(&[7; 32])).is_err());
        }
        assert!(signer(&Algorithm::EdDSA, &EncodingKey::from_ed_der(&[7; 31])).is_err());
        assert!(verifier(&Algorithm::EdDSA, &DecodingKey::from_ed_der(&[7; 33])).is_err());
    }
}
