//! What happened: one small object for each event, written once and never again.
//!
//! Records hold what the owner needs to see whether somebody tries to get in, and no more: the network and not the
//! address, the viewer when there is one of that name and otherwise nobody, because people type passwords where the
//! name belongs.

use data_encoding::HEXLOWER;
use futures::{StreamExt, stream};
use gallery::store::{Condition, Written};
use gallery::{Bucket, Key, Store, StoreError, ViewerName};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::address::AddressPrefix;

/// How many records are read at once.
const READ_AT_ONCE: usize = 32;

/// How a name begins: with a time, so that names are sorted by it.
const TIME: &str = "%Y-%m-%d/%H-%M-%S.%9f";

/// What kind of thing happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// Somebody signed in, or tried to, with a name and a password.
    SignIn,
    /// A device that stays signed in began a new session by itself.
    DeviceSignIn,
    /// A viewer signed out.
    SignOut,
    /// A session was not renewed.
    Renewal,
    /// An invitation was used, or tried.
    Invitation,
    /// An invited viewer chose a password.
    PasswordChosen,
    /// The owner let somebody in.
    ViewerAdded,
    /// The owner let somebody out.
    ViewerRemoved,
    /// The owner gave a new password.
    PasswordChanged,
    /// The owner changed what somebody may see.
    ScopeChanged,
    /// The owner signed somebody out everywhere.
    SignedOutEverywhere,
    /// The owner made an invitation.
    Invited,
    /// The owner changed what somebody may do.
    RoleChanged,
    /// A browser was allowed to upload.
    UploadAllowed,
    /// The owner changed where somebody is written to.
    MailAddressChanged,
    /// The owner set the mail server's password.
    MailPasswordSet,
    /// A viewer wants no more mails.
    MailStopped,
    /// A viewer wants mails again.
    MailResumed,
    /// The owner made a signing key.
    KeyMade,
    /// The owner dropped a signing key.
    KeyDropped,
}

impl Event {
    /// The event's name, as it is stored.
    pub fn name(self) -> String {
        serde_json::to_value(self).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
    }
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It was done.
    Done,
    /// It was refused.
    Refused,
}

/// One event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// When, in UTC.
    pub at: Timestamp,
    /// What.
    pub event: Event,
    /// Whom it concerns, if there is such a viewer.
    pub viewer: Option<ViewerName>,
    /// From which network; none for what the owner does.
    pub address: Option<AddressPrefix>,
    /// How it ended.
    pub outcome: Outcome,
    /// After a refused try: how many seconds the next one has to wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait: Option<u64>,
}

impl Record {
    /// Something that the owner did.
    pub fn by_owner(event: Event, viewer: Option<ViewerName>, at: Timestamp) -> Self {
        Self { at, event, viewer, address: None, outcome: Outcome::Done, wait: None }
    }
}

/// The records.
#[derive(Clone, Debug)]
pub struct Audit {
    store: Store,
}

/// What somebody may do again and again with a thing that is over. It is recorded once: there would be no end of what it
/// could fill this bucket with.
pub(crate) struct Once {
    /// The thing.
    pub(crate) of: String,
    /// Until when it can be done.
    pub(crate) until: Timestamp,
}

impl Audit {
    /// Records in the auth bucket.
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// Writes a record under a name that no other has.
    pub async fn record(&self, record: &Record) -> Result<(), StoreError> {
        // Two events in the same nanosecond are told apart by these bytes, and if the system has none, by counting on.
        let mut ending = [0; 4];
        let drawn = getrandom::fill(&mut ending).is_ok();
        let mut ending = u32::from_be_bytes(ending);
        loop {
            let time = record.at.strftime(TIME);
            let key = Key::Audit(format!("{time}-{}", HEXLOWER.encode(&ending.to_be_bytes())));
            ending = ending.wrapping_add(1);
            match self.store.write_json(&key, record, Condition::New).await? {
                Written::Stored(_) => return Ok(()),
                // After a lost answer the client writes again, and it was itself that was first.
                Written::Overtaken if drawn && self.is_there(&key).await? => return Ok(()),
                Written::Overtaken => {}
            }
        }
    }

    /// Whether a record lies there. Listed and not read: who writes records on AWS may not read them.
    async fn is_there(&self, key: &Key) -> Result<bool, StoreError> {
        Ok(!self.store.list(Bucket::Auth, key.path()).all().await?.is_empty())
    }

    /// Writes what happened, the first time that a thing of this kind does.
    pub(crate) async fn record_once(&self, record: &Record, once: &Once) -> Result<(), StoreError> {
        // Login may not read records. So the name is one that follows from what it happened to, and its time the last at
        // which it can: whoever looks for what is newer than any moment before finds it.
        let hash = HEXLOWER.encode(&Sha256::digest(format!("{} {}", record.event.name(), once.of))[..16]);
        let key = Key::Audit(format!("{}-{hash}", once.until.strftime(TIME)));
        // Overtaken, by this very write or one before: it is there.
        self.store.write_json(&key, record, Condition::New).await.map(drop)
    }

    /// The records since a moment, oldest first.
    pub async fn since(&self, from: Timestamp) -> Result<Vec<Record>, StoreError> {
        // Names begin with the time, or a later one, so what is older is hardly ever listed.
        let first = Key::Audit(from.strftime(TIME).to_string()).path();
        let mut pages = self.store.list(Bucket::Auth, "audit/").after(first.trim_end_matches(".json"));
        let mut records = Vec::new();
        while let Some(page) = pages.next().await? {
            let keys = page.into_iter().filter_map(|listed| Key::parse(Bucket::Auth, &listed.path));
            let mut read = stream::iter(keys)
                .map(|key| async move { self.store.read_json::<Record>(&key).await })
                .buffered(READ_AT_ONCE);
            while let Some(found) = read.next().await {
                records.extend(found?.map(|(record, _)| record).filter(|record| record.at >= from));
            }
        }
        records.sort_by_key(|record| record.at);
        Ok(records)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Requirement 24.
    #[test]
    fn a_record_is_in_utc_and_encoded() {
        let record = Record {
            at: Timestamp::from_nanosecond(1_800_000_000_123_456_789).unwrap(),
            event: Event::SignIn,
            viewer: Some(ViewerName::parse("gerda").unwrap()),
            address: Some(AddressPrefix::of("203.0.113.178")),
            outcome: Outcome::Refused,
            wait: Some(8),
        };
        let text = serde_json::to_string(&record).unwrap();
        let expected = r#"{"at":"2027-01-15T08:00:00.123456789Z","event":"sign-in","viewer":"gerda","address":"203.0.113.0/24","outcome":"refused","wait":8}"#;
        assert_eq!(text, expected);
        assert_eq!(serde_json::from_str::<Record>(&text).unwrap(), record);
        assert_eq!(Event::SignedOutEverywhere.name(), "signed-out-everywhere");
    }
}
