//! What can be wrong, and what helps.

use gallery::Bucket;
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
    /// The object whose being so (by its `ETag`, or not there) is the finding.
    #[serde(skip)]
    pub(super) seen: Option<(Bucket, String, Option<String>)>,
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
    /// A rebuild makes it again when these are gone.
    Forget(Vec<(Bucket, String)>),
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
