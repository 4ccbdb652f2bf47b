//! What is stored about an object, and the bytes that say so.
//!
//! A record has a fixed head, which is all that a listing reads, and a tail of JSON for what only a reader of the
//! object wants. Records of all versions since the first can be read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::blobs::Place;
use super::digest::{Algorithm, Checksum, Kind};

/// The form of the head. A new form gets a new number and keeps the old one readable.
const FORM: u8 = 1;

/// An object as the index knows it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Record {
    /// What a listing shows.
    pub(super) head: Head,
    /// Where the bytes are.
    pub(super) place: Place,
    /// The headers to give back.
    pub(super) headers: Headers,
    /// The checksum that the client sent, or the one taken for want of one.
    pub(super) checksum: Option<Checksum>,
    /// The sizes of the parts, when it was uploaded in parts.
    pub(super) parts: Vec<u64>,
}

/// The part of a record that a listing shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// Bytes.
    pub(super) size: u64,
    /// Milliseconds since the epoch.
    pub(super) modified: i64,
    /// Without quotes.
    pub(super) etag: String,
}

/// Headers that a client stores with an object and gets back with it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Headers {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) content_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) cache_control: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) content_disposition: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) content_encoding: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) content_language: Option<String>,
    /// Seconds since the epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) expires: Option<i64>,
    /// `x-amz-meta-*`, without that prefix.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) metadata: BTreeMap<String, String>,
}

#[derive(Serialize, Deserialize)]
struct Tail<'a> {
    place: Place,
    headers: std::borrow::Cow<'a, Headers>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    checksum: Option<Checksum>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    parts: Vec<u64>,
}

/// Bytes in the index that are no record: the index is damaged.
#[derive(Debug, thiserror::Error)]
#[error("the index holds a record that cannot be read: {0}")]
pub(super) struct Unreadable(pub(super) String);

impl Head {
    /// Reads the head alone.
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, Unreadable> {
        split(bytes).map(|(head, _)| head)
    }
}

impl Record {
    /// The bytes for the index.
    pub(super) fn encode(&self) -> Vec<u8> {
        let tail = Tail {
            place: self.place.clone(),
            headers: std::borrow::Cow::Borrowed(&self.headers),
            checksum: self.checksum.clone(),
            parts: self.parts.clone(),
        };
        let mut bytes = Vec::with_capacity(256);
        bytes.push(FORM);
        bytes.extend_from_slice(&self.head.size.to_le_bytes());
        bytes.extend_from_slice(&self.head.modified.to_le_bytes());
        bytes.push(u8::try_from(self.head.etag.len()).expect("an ETag is an MD5 and a number"));
        bytes.extend_from_slice(self.head.etag.as_bytes());
        serde_json::to_writer(&mut bytes, &tail).expect("a record holds nothing that JSON cannot");
        bytes
    }

    /// Reads what [`Record::encode`] wrote.
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, Unreadable> {
        let (head, rest) = split(bytes)?;
        let tail: Tail<'static> = serde_json::from_slice(rest).map_err(|e| Unreadable(e.to_string()))?;
        let headers = tail.headers.into_owned();
        Ok(Self { head, place: tail.place, headers, checksum: tail.checksum, parts: tail.parts })
    }
}

fn split(bytes: &[u8]) -> Result<(Head, &[u8]), Unreadable> {
    let short = || Unreadable("it is cut short".to_owned());
    let (form, rest) = bytes.split_first().ok_or_else(short)?;
    if *form != FORM {
        return Err(Unreadable(format!("its form {form} is newer than this program")));
    }
    let (size, rest) = rest.split_first_chunk().ok_or_else(short)?;
    let (modified, rest) = rest.split_first_chunk().ok_or_else(short)?;
    let (length, rest) = rest.split_first().ok_or_else(short)?;
    let (etag, rest) = rest.split_at_checked(usize::from(*length)).ok_or_else(short)?;
    let etag = std::str::from_utf8(etag).map_err(|e| Unreadable(e.to_string()))?.to_owned();
    Ok((Head { size: u64::from_le_bytes(*size), modified: i64::from_le_bytes(*modified), etag }, rest))
}

/// An upload in parts, under way. Stored as JSON, as its parts are.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Upload {
    pub(super) headers: Headers,
    /// The checksum that its creator asked for.
    pub(super) algorithm: Option<Algorithm>,
    pub(super) kind: Option<Kind>,
    /// Milliseconds since the epoch.
    pub(super) initiated: i64,
}

/// A part of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Part {
    pub(super) size: u64,
    pub(super) etag: String,
    /// Milliseconds since the epoch.
    pub(super) modified: i64,
    pub(super) place: Place,
    pub(super) checksum: Checksum,
}

/// Reads JSON that this program wrote.
pub(super) fn read_json<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<T, Unreadable> {
    serde_json::from_slice(bytes).map_err(|error| Unreadable(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::super::blobs::BlobId;
    use super::*;

    #[test]
    fn records_read_back_and_damage_is_noticed() {
        let record = Record {
            head: Head { size: 7, modified: 1_700_000_000_123, etag: "d41d8cd98f00b204e9800998ecf8427e-3".into() },
            place: Place::File(BlobId(9)),
            headers: Headers {
                content_type: Some("text/plain".into()),
                metadata: BTreeMap::from([("name".into(), "Grüße".into())]),
                ..Headers::default()
            },
            checksum: None,
            parts: vec![5, 2],
        };
        let bytes = record.encode();
        assert_eq!(Record::decode(&bytes).unwrap(), record);
        assert_eq!(Head::decode(&bytes).unwrap(), record.head);
        for cut in 0..bytes.len() {
            assert!(Record::decode(&bytes[..cut]).is_err(), "cut at {cut}");
        }
        let mut newer = bytes;
        newer[0] = 2;
        assert!(Record::decode(&newer).unwrap_err().to_string().contains("newer"));
    }
}
