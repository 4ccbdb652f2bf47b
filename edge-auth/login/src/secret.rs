//! Secrets that are handed out once and stored as hashes: the code of an invitation, the mark of a known device.
//!
//! They are random, so one round of SHA-256 is enough: nobody can list 2^128 of them.

use data_encoding::{BASE32_NOPAD, HEXLOWER};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// How many random bytes: 128 bits (requirement 17).
const BYTES: usize = 16;

/// The same as text: 26 letters and digits that cannot be mistaken for one another in capitals.
const LETTERS: usize = 26;

/// 128 random bits. It is shown by [`Secret::reveal`] alone.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Secret([u8; BYTES]);

impl Secret {
    /// A new one.
    pub fn new() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; BYTES];
        getrandom::fill(&mut bytes)?;
        Ok(Self(bytes))
    }

    /// Reads one as it was handed out, in letters of either size.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != LETTERS {
            return None;
        }
        let bytes = BASE32_NOPAD.decode(text.to_ascii_uppercase().as_bytes()).ok()?;
        Some(Self(bytes.try_into().ok()?))
    }

    /// The text to hand out.
    pub fn reveal(&self) -> String {
        BASE32_NOPAD.encode(&self.0).to_ascii_lowercase()
    }

    /// The name under which it is stored.
    pub fn hash(&self) -> String {
        HEXLOWER.encode(&Sha256::digest(self.0))
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Requirement 17: at least 128 bits.
    #[test]
    fn secrets_differ_and_read_back() {
        let (one, other) = (Secret::new().unwrap(), Secret::new().unwrap());
        assert_ne!(one, other);
        let text = one.reveal();
        assert!(text.len() == LETTERS && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()));
        assert_eq!(Secret::parse(&text), Some(one.clone()));
        assert_eq!(Secret::parse(&text.to_ascii_uppercase()), Some(one.clone()));
        assert_eq!(one.hash().len(), 64);
        assert!(!one.hash().contains(&text));
    }

    #[test]
    fn other_texts_are_no_secrets() {
        let text = Secret([7; BYTES]).reveal();
        // The last letter has spare bits: only one spelling of them is read.
        let crooked = format!("{}z", &text[..LETTERS - 1]);
        for bad in [
            "",
            "a",
            &text[1..],
            &format!("{text}a"),
            &crooked,
            "äaaaaaaaaaaaaaaaaaaaaaaaa",
            "00000000000000000000000000",
        ] {
            assert_eq!(Secret::parse(bad), None, "{bad}");
        }
    }

    /// Requirement 23.
    #[test]
    fn a_secret_is_not_logged() {
        let secret = Secret([7; BYTES]);
        assert_eq!(format!("{secret:?}"), "Secret");
    }
}
