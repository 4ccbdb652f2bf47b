//! Invitations: a link that lets one device in, once, without a password. For grandparents.
//!
//! The link carries 128 random bits; the auth bucket holds their hash. Opening the link shows a page with one button
//! and changes nothing, so the robots that look at links in messages cannot use it up; the button's POST takes it by a
//! conditional write, so of many at once one gets in.

use gallery::store::{Condition, Written};
use gallery::{Bucket, Key, Store, StoreError, ViewerName};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::devices::Mark;
use crate::secret::Secret;
use crate::users::User;

/// What is stored of an invitation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// Who is invited.
    pub viewer: ViewerName,
    /// The viewer's `devices_from` when it was made: what ends their sessions for good ends this as well.
    devices_from: u64,
    /// When it was made.
    pub made: Timestamp,
    /// When it ends.
    pub expires: Timestamp,
    /// When it was used.
    pub used: Option<Timestamp>,
    /// By which device: the hash of its mark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    used_by: Option<String>,
}

/// How long it is kept when it is over, so that whoever comes late is told so.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// How often another writer may come first.
const TRIES: usize = 5;

impl Invitation {
    /// Until when it is known.
    pub(crate) fn kept_until(&self) -> Timestamp {
        self.expires.saturating_add(KEPT).unwrap_or(Timestamp::MAX)
    }

    /// Whether it lets somebody in at this moment.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.used.is_none() && now < self.expires
    }

    /// Whether it is still for this viewer: not for another who had the name before, and not taken back.
    pub(crate) fn is_for(&self, user: &User) -> bool {
        self.viewer == user.name && self.devices_from == user.devices_from
    }
}

/// The invitations of a gallery.
#[derive(Clone, Debug)]
pub struct Invitations {
    store: Store,
}

impl Invitations {
    /// Invitations in the auth bucket.
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// Makes one for a viewer.
    pub async fn make(
        &self,
        user: &User,
        secret: &Secret,
        now: Timestamp,
        expires: Timestamp,
    ) -> Result<Invitation, StoreError> {
        let (viewer, devices_from) = (user.name.clone(), user.devices_from);
        let invitation = Invitation { viewer, devices_from, made: now, expires, used: None, used_by: None };
        self.store.write_json(&key(secret), &invitation, Condition::New).await?;
        Ok(invitation)
    }

    /// Looks at one without using it; `None` when there is none, or it is over.
    pub(crate) async fn look(&self, secret: &Secret, now: Timestamp) -> Result<Option<Invitation>, StoreError> {
        Ok(self.find(secret).await?.filter(|invitation| invitation.is_open(now)))
    }

    /// The same, though it may be over.
    pub(crate) async fn find(&self, secret: &Secret) -> Result<Option<Invitation>, StoreError> {
        let found = self.store.read_json::<Invitation>(&key(secret)).await?;
        Ok(found.map(|(invitation, _)| invitation))
    }

    /// Uses one up for a device that nobody knows yet. Of many who try at once, one gets it.
    ///
    /// When S3's answer is lost, it says the next time that somebody was first. So the record tells who it was, and an
    /// answer on its way costs nobody their invitation.
    pub(crate) async fn take(
        &self,
        secret: &Secret,
        device: &Mark,
        now: Timestamp,
    ) -> Result<Option<Invitation>, StoreError> {
        let key = key(secret);
        for _ in 0..TRIES {
            let Some((found, etag)) = self.store.read_json::<Invitation>(&key).await? else {
                return Ok(None);
            };
            if found.used_by == Some(device.hash()) {
                return Ok(Some(found));
            }
            if !found.is_open(now) {
                return Ok(None);
            }
            let taken = Invitation { used: Some(now), used_by: Some(device.hash()), ..found };
            let written = self.store.write_json(&key, &taken, Condition::Unchanged(etag)).await?;
            if let Written::Stored(_) = written {
                return Ok(Some(taken));
            }
        }
        Ok(None)
    }

    /// All of them, used and unused.
    pub async fn list(&self) -> Result<Vec<Invitation>, StoreError> {
        Ok(self.all().await?.into_iter().map(|(_, invitation)| invitation).collect())
    }

    /// Takes back what a viewer has not used yet. Returns how many.
    pub async fn revoke(&self, viewer: &ViewerName) -> Result<usize, StoreError> {
        self.remove(|invitation| invitation.viewer == *viewer && invitation.used.is_none()).await
    }

    /// Removes all of a viewer's, used and unused. Returns how many.
    pub(crate) async fn forget_all(&self, viewer: &ViewerName) -> Result<usize, StoreError> {
        self.remove(|invitation| invitation.viewer == *viewer).await
    }

    /// Removes what has been over for a month. Returns how many.
    pub async fn tidy(&self, now: Timestamp) -> Result<usize, StoreError> {
        self.remove(|invitation| invitation.kept_until() <= now).await
    }

    async fn remove(&self, of_no_use: impl Fn(&Invitation) -> bool) -> Result<usize, StoreError> {
        let mut removed = 0;
        for (key, invitation) in self.all().await? {
            if of_no_use(&invitation) {
                self.store.remove(&key).await?;
                removed += 1;
            }
        }
        Ok(removed)
    }

    async fn all(&self) -> Result<Vec<(Key, Invitation)>, StoreError> {
        let mut all = Vec::new();
        for listed in self.store.list(Bucket::Auth, "invitations/").all().await? {
            if let Some(key @ Key::Invitation(_)) = Key::parse(Bucket::Auth, &listed.path)
                && let Some((invitation, _)) = self.store.read_json(&key).await?
            {
                all.push((key, invitation));
            }
        }
        Ok(all)
    }
}

fn key(secret: &Secret) -> Key {
    Key::Invitation(secret.hash())
}
