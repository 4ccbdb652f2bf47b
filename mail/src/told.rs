//! What a viewer has been told: one object each, changed by conditional writes alone.

use gallery::store::{Condition, Written};
use gallery::{Key, Store, StoreError, ViewerName};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// So long a letter may be on its way before somebody else may send it again.
pub(crate) const CLAIM: SignedDuration = SignedDuration::from_mins(15);

/// The record.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Told {
    /// Everything up to this look.
    pub(crate) through: u64,
    /// When the last letter went.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sent: Option<Timestamp>,
    /// The letter that is on its way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sending: Option<Sending>,
    /// Why the last try came to nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) failed: Option<Failed>,
}

impl Told {
    /// Whether somebody may be sending at this moment. Whose line broke has said so.
    pub(crate) fn is_on_its_way(&self) -> bool {
        self.sending.as_ref().is_some_and(|sending| self.failed.as_ref().is_none_or(|failed| failed.at < sending.since))
    }
}

/// A letter on its way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Sending {
    /// What it tells: everything up to this look.
    pub(crate) through: u64,
    /// Since when.
    pub(crate) since: Timestamp,
    /// The number that it keeps if it has to be sent again.
    pub(crate) id: String,
}

/// A try that came to nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Failed {
    /// When.
    pub(crate) at: Timestamp,
    /// How many in a row.
    pub(crate) tries: u32,
    /// Whether the server will not have it at all.
    pub(crate) refused: bool,
    /// Whether the server may have it all the same.
    #[serde(default)]
    pub(crate) unsure: bool,
    /// What the server said.
    pub(crate) why: String,
}

impl Failed {
    /// When it is worth another try: soon at first, then ever later; once a day where the server refuses, and from the
    /// third try on where it may have delivered each of them.
    pub(crate) fn again(&self) -> Timestamp {
        let wait = match (self.refused, self.unsure, self.tries) {
            (true, _, _) | (false, true, 3..) => 24 * 60,
            (false, true, 2) => 60,
            (false, _, tries) => (15 << tries.clamp(1, 6).saturating_sub(1)).min(6 * 60),
        };
        self.at.saturating_add(SignedDuration::from_mins(wait)).unwrap_or(Timestamp::MAX)
    }
}

/// A record as read.
pub(crate) struct Held {
    pub(crate) told: Told,
    etag: Option<String>,
}

impl Held {
    pub(crate) async fn read(store: &Store, name: &ViewerName) -> Result<Self, StoreError> {
        let read = store.read_json::<Told>(&Key::ToldByMail(name.clone())).await?;
        Ok(read.map_or(Self { told: Told::default(), etag: None }, |(told, etag)| Self { told, etag: Some(etag) }))
    }

    /// Writes it, if it is still what was read.
    pub(crate) async fn write(&mut self, store: &Store, name: &ViewerName, told: Told) -> Result<bool, StoreError> {
        let when = Condition::since(self.etag.as_deref());
        Ok(match store.write_json(&Key::ToldByMail(name.clone()), &told, when).await? {
            Written::Stored(etag) => {
                (self.told, self.etag) = (told, Some(etag));
                true
            }
            // Or S3's answer was lost: then the claim is there, and the letter goes when that is over.
            Written::Overtaken => false,
        })
    }
}
