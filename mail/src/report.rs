//! What a round of letters tells: who was looked at, and what became of each.

use gallery::ViewerName;
use jiff::Timestamp;
use serde::Serialize;

/// What a round did.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// Who was looked at, by name.
    pub viewers: Vec<Viewed>,
    /// Why the server took nobody's letter, or nobody's any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub away: Option<String>,
}

/// What became of one viewer.
#[derive(Debug, Serialize)]
pub struct Viewed {
    /// Who.
    pub viewer: ViewerName,
    /// Where they are written to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// How it came out.
    #[serde(flatten)]
    pub reached: Reached,
}

/// How it came out for one viewer.
#[derive(Debug, Serialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Reached {
    /// They have no address.
    NoAddress,
    /// They want no mails.
    Stopped,
    /// There is nothing new that they may see.
    Nothing,
    /// There is, and it waits: for more, for a day to pass, or for another try.
    Waits {
        /// How many photos and videos.
        new: usize,
        /// Until when, at the earliest.
        until: Timestamp,
        /// Why the last try came to nothing.
        #[serde(skip_serializing_if = "Option::is_none")]
        why: Option<String>,
    },
    /// It would be sent, were this no dry run.
    Would(Telling),
    /// It was sent.
    Sent(Telling),
    /// Somebody else is sending it at this very moment.
    Elsewhere,
    /// They were removed or changed while the round was made: the next one looks at them anew.
    Changed,
    /// The server did not take it; it is tried again.
    Failed {
        /// Why.
        why: String,
        /// When.
        again: Timestamp,
    },
}

/// What a letter tells.
#[derive(Debug, Serialize)]
pub struct Telling {
    /// Its subject.
    pub subject: String,
    /// How many photos.
    pub photos: usize,
    /// How many videos.
    pub films: usize,
    /// The titles of the albums, and how much is new in each.
    pub albums: Vec<(String, usize)>,
}

impl Report {
    /// Those whose letter the server did not take.
    pub fn failures(&self) -> usize {
        self.viewers.iter().filter(|viewed| matches!(viewed.reached, Reached::Failed { .. })).count()
    }

    /// How many letters went.
    pub fn sent(&self) -> usize {
        self.viewers.iter().filter(|viewed| matches!(viewed.reached, Reached::Sent(_))).count()
    }
}
