//! Changes: what happened to objects, kept until somebody says that it has been dealt with.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Something that happened to an object. Written in the transaction that made it happen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Its place in the order of all changes; grows, with no promise of being gapless.
    pub sequence: u64,
    /// The bucket.
    pub bucket: String,
    /// The key, as it is: not encoded.
    pub key: String,
    /// What happened.
    pub kind: ChangeKind,
    /// The new `ETag` without quotes; empty for a deletion.
    pub etag: String,
    /// The new size in bytes; 0 for a deletion.
    pub size: u64,
    /// When.
    pub time: Timestamp,
}

/// The kinds of change that S3 sends events for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ChangeKind {
    /// `ObjectCreated:Put`
    Put,
    /// `ObjectCreated:Copy`
    Copy,
    /// `ObjectCreated:CompleteMultipartUpload`
    CompleteMultipartUpload,
    /// `ObjectRemoved:Delete`. Only for an object that was there.
    Delete,
}
