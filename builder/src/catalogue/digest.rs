//! What the facts in a catalogue amount to, to be compared with what a listing says.

use data_encoding::HEXLOWER;
use gallery::PhotoId;
use sha2::{Digest, Sha256};

/// A digest over the facts of one album, fed in the order of a listing.
#[derive(Clone, Debug, Default)]
pub(crate) struct FactsDigest(Sha256);

impl FactsDigest {
    /// Adds the next record.
    pub(crate) fn add(&mut self, photo: PhotoId, etag: &str) {
        for part in [photo.to_string().as_str(), " ", etag, "\n"] {
            self.0.update(part);
        }
    }

    /// The digest, as hexadecimal digits.
    pub(crate) fn finish(self) -> String {
        HEXLOWER.encode(&self.0.finalize()[..16])
    }
}
