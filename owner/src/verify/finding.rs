//! What can be wrong, and what helps.

use gallery::{Bucket, PhotoId};
use serde::Serialize;

/// Something that is wrong.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Finding {
    pub(super) kind: Kind,
    /// The bucket's role and the path in it.
    pub(super) object: String,
    /// What is wrong with it.
    pub(super) sentence: String,
    /// What helps.
    #[serde(skip)]
    pub(super) mend: Mend,
    /// What was seen that makes it one: when any of it is otherwise now, it is none.
    #[serde(skip)]
    pub(super) seen: Vec<Sight>,
    /// The photos that have no original, where that makes it one: when all of them have, it is none.
    #[serde(skip)]
    pub(super) gone: Vec<PhotoId>,
}

impl Finding {
    /// It is none when this is otherwise now, either.
    pub(super) fn beside(mut self, seen: impl IntoIterator<Item = Sight>) -> Self {
        self.seen.extend(seen);
        self
    }

    /// It is none when all of these photos have an original now.
    pub(super) fn unless_back(self, gone: Vec<PhotoId>) -> Self {
        Self { gone, ..self }
    }
}

/// An object as it was seen: by its `ETag`, or not there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Sight {
    pub(super) bucket: Bucket,
    pub(super) path: String,
    pub(super) etag: Option<String>,
}

impl Sight {
    /// It was there.
    pub(super) fn of(bucket: Bucket, path: impl Into<String>, etag: impl Into<String>) -> Self {
        Self { bucket, path: path.into(), etag: Some(etag.into()) }
    }

    /// It was not there.
    pub(super) fn none(bucket: Bucket, path: impl Into<String>) -> Self {
        Self { bucket, path: path.into(), etag: None }
    }
}

/// The kinds of things that are wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Kind {
    /// Its bytes are not those that were uploaded.
    Damaged,
    /// It should be there.
    Missing,
    /// It speaks of an older state.
    Stale,
    /// What it belongs to is gone.
    LeftOver,
}

/// What helps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Mend {
    /// Only a copy has the bytes.
    Copy,
    /// A rebuild sees it by itself.
    Rebuild,
    /// A rebuild makes it again when these are gone. One that is no longer what was seen is left to the rebuild.
    Forget(Vec<Sight>),
}

impl Kind {
    /// One word for a line on the terminal.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Damaged => "damaged",
            Self::Missing => "missing",
            Self::Stale => "stale",
            Self::LeftOver => "left",
        }
    }
}
