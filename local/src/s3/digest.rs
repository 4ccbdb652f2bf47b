//! MD5, which is the `ETag`, and the five checksums that S3 knows.

use std::str::FromStr;

use crc_fast::{CrcAlgorithm, checksum_combine};
use data_encoding::{BASE64, HEXLOWER};
use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};
use sha1::Sha1;
use sha2::Sha256;

/// A checksum algorithm of S3's (AWS, "Checking object integrity").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Algorithm {
    Crc32,
    Crc32c,
    Crc64nvme,
    Sha1,
    Sha256,
}

/// All five.
pub(super) const ALGORITHMS: [Algorithm; 5] =
    [Algorithm::Crc32, Algorithm::Crc32c, Algorithm::Crc64nvme, Algorithm::Sha1, Algorithm::Sha256];

/// How a checksum of an object in parts was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum Kind {
    /// Over all bytes.
    FullObject,
    /// Over the parts' checksums.
    Composite,
}

/// A checksum as it is stored and shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Checksum {
    pub(super) algorithm: Algorithm,
    /// Base64, with `-<parts>` after it for a composite one.
    pub(super) value: String,
    pub(super) kind: Kind,
}

impl Algorithm {
    /// The name as S3 writes it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Crc32 => "CRC32",
            Self::Crc32c => "CRC32C",
            Self::Crc64nvme => "CRC64NVME",
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
        }
    }

    /// The header, or trailer, that carries its value.
    pub(super) fn header(self) -> &'static str {
        match self {
            Self::Crc32 => "x-amz-checksum-crc32",
            Self::Crc32c => "x-amz-checksum-crc32c",
            Self::Crc64nvme => "x-amz-checksum-crc64nvme",
            Self::Sha1 => "x-amz-checksum-sha1",
            Self::Sha256 => "x-amz-checksum-sha256",
        }
    }

    /// The length of its value in bytes.
    fn length(self) -> usize {
        match self {
            Self::Crc32 | Self::Crc32c => 4,
            Self::Crc64nvme => 8,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }

    /// Whether a value is base64 of the right length.
    pub(super) fn accepts(self, value: &str) -> bool {
        BASE64.decode(value.as_bytes()).is_ok_and(|bytes| bytes.len() == self.length())
    }

    fn crc(self) -> Option<CrcAlgorithm> {
        match self {
            Self::Crc32 => Some(CrcAlgorithm::Crc32IsoHdlc),
            Self::Crc32c => Some(CrcAlgorithm::Crc32Iscsi),
            Self::Crc64nvme => Some(CrcAlgorithm::Crc64Nvme),
            Self::Sha1 | Self::Sha256 => None,
        }
    }

    /// The kind that a multipart upload gets when its creator names none.
    pub(super) fn usual_kind(self) -> Kind {
        if self == Self::Crc64nvme { Kind::FullObject } else { Kind::Composite }
    }

    /// Whether S3 offers this kind for multipart uploads.
    pub(super) fn offers(self, kind: Kind) -> bool {
        match kind {
            Kind::FullObject => self.crc().is_some(),
            Kind::Composite => self != Self::Crc64nvme,
        }
    }
}

impl FromStr for Algorithm {
    type Err = ();
    fn from_str(name: &str) -> Result<Self, ()> {
        ALGORITHMS.into_iter().find(|algorithm| algorithm.name().eq_ignore_ascii_case(name)).ok_or(())
    }
}

impl Kind {
    /// The name as S3 writes it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::FullObject => "FULL_OBJECT",
            Self::Composite => "COMPOSITE",
        }
    }
}

/// MD5 and one checksum, taken in one pass.
pub(super) struct Hasher {
    md5: Md5,
    sum: Sum,
    algorithm: Algorithm,
}

enum Sum {
    Crc(crc_fast::Digest),
    Sha1(Sha1),
    Sha256(Sha256),
}

/// What a pass found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Digests {
    pub(super) md5: [u8; 16],
    pub(super) checksum: Checksum,
}

impl Hasher {
    pub(super) fn new(algorithm: Algorithm) -> Self {
        let sum = match (algorithm.crc(), algorithm) {
            (Some(crc), _) => Sum::Crc(crc_fast::Digest::new(crc)),
            (None, Algorithm::Sha1) => Sum::Sha1(Sha1::new()),
            (None, _) => Sum::Sha256(Sha256::new()),
        };
        Self { md5: Md5::new(), sum, algorithm }
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.md5.update(bytes);
        match &mut self.sum {
            Sum::Crc(crc) => crc.update(bytes),
            Sum::Sha1(sha) => sha.update(bytes),
            Sum::Sha256(sha) => sha.update(bytes),
        }
    }

    pub(super) fn finish(self) -> Digests {
        let value = match self.sum {
            Sum::Crc(crc) => crc_text(self.algorithm, crc.finalize()),
            Sum::Sha1(sha) => BASE64.encode(&sha.finalize()),
            Sum::Sha256(sha) => BASE64.encode(&sha.finalize()),
        };
        let checksum = Checksum { algorithm: self.algorithm, value, kind: Kind::FullObject };
        Digests { md5: self.md5.finalize().into(), checksum }
    }
}

impl Digests {
    /// The `ETag` of bytes that came in one piece.
    pub(super) fn etag(&self) -> String {
        HEXLOWER.encode(&self.md5)
    }
}

/// The digests of bytes at hand.
pub(super) fn of(algorithm: Algorithm, bytes: &[u8]) -> Digests {
    let mut hasher = Hasher::new(algorithm);
    hasher.update(bytes);
    hasher.finish()
}

/// The `ETag` of an object in parts: the MD5 of the parts' MD5s, and their number. `None` when one is not an MD5.
pub(super) fn multipart_etag<'a>(etags: impl ExactSizeIterator<Item = &'a str>) -> Option<String> {
    let count = etags.len();
    let mut md5 = Md5::new();
    for etag in etags {
        md5.update(HEXLOWER.decode(etag.as_bytes()).ok()?);
    }
    Some(format!("{}-{count}", HEXLOWER.encode(&md5.finalize())))
}

/// The checksum of an object in parts, from the parts' values and sizes. `None` when a value does not fit.
pub(super) fn combined(algorithm: Algorithm, kind: Kind, parts: &[(&str, u64)]) -> Option<Checksum> {
    let values: Vec<(Vec<u8>, u64)> = parts
        .iter()
        .map(|(value, size)| {
            BASE64.decode(value.as_bytes()).ok().filter(|v| v.len() == algorithm.length()).zip(Some(*size))
        })
        .collect::<Option<_>>()?;
    let value = match (kind, algorithm.crc()) {
        (Kind::Composite, _) => {
            let all: Vec<u8> = values.iter().flat_map(|(value, _)| value).copied().collect();
            format!("{}-{}", of(algorithm, &all).checksum.value, parts.len())
        }
        (Kind::FullObject, Some(crc)) => {
            let number = |bytes: &[u8]| bytes.iter().fold(0, |sum: u64, byte| sum << 8 | u64::from(*byte));
            let mut values = values.iter().map(|(value, size)| (number(value), *size));
            let (first, _) = values.next()?;
            crc_text(algorithm, values.fold(first, |sum, (value, size)| checksum_combine(crc, sum, value, size)))
        }
        (Kind::FullObject, None) => return None,
    };
    Some(Checksum { algorithm, value, kind })
}

fn crc_text(algorithm: Algorithm, value: u64) -> String {
    BASE64.encode(&value.to_be_bytes()[8 - algorithm.length()..])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The check values of the CRC catalogue (Cook, "Catalogue of parametrised CRC algorithms") and of FIPS 180 for
    /// the nine digits, in base64.
    #[test]
    fn the_check_values_of_the_catalogues_come_out() {
        let known = [
            (Algorithm::Crc32, "cbf43926"),
            (Algorithm::Crc32c, "e3069283"),
            (Algorithm::Crc64nvme, "ae8b14860a799888"),
            (Algorithm::Sha1, "f7c3bc1d808e04732adf679965ccc34ca7ae3441"),
            (Algorithm::Sha256, "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225"),
        ];
        for (algorithm, hex) in known {
            let digests = of(algorithm, b"123456789");
            assert_eq!(
                digests.checksum.value,
                BASE64.encode(&HEXLOWER.decode(hex.as_bytes()).unwrap()),
                "{algorithm:?}"
            );
            assert_eq!(digests.etag(), "25f9e794323b453885f5181f1b624d0b");
            assert!(algorithm.accepts(&digests.checksum.value));
            assert!(!algorithm.accepts("AAA="));
        }
    }

    #[test]
    fn checksums_of_parts_combine_to_the_checksum_of_the_whole() {
        let whole = b"a photograph in three unequal parts".as_slice();
        let parts = [&whole[..3], &whole[3..20], &whole[20..]];
        for algorithm in ALGORITHMS.into_iter().filter(|a| a.offers(Kind::FullObject)) {
            let values: Vec<String> = parts.iter().map(|part| of(algorithm, part).checksum.value).collect();
            let sized: Vec<(&str, u64)> =
                values.iter().zip(&parts).map(|(value, part)| (value.as_str(), part.len() as u64)).collect();
            assert_eq!(combined(algorithm, Kind::FullObject, &sized), Some(of(algorithm, whole).checksum));
        }
    }
}
