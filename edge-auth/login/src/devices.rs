//! Devices that a viewer has signed in on before.
//!
//! Each carries a secret in a cookie of its own; the auth bucket holds its hash. Knowing the secret is no session: it
//! lets a try to sign in past the counts that strangers can fill ([`crate::throttle`]), and where an invitation said
//! so, it lets the device begin a new session when the old one has ended, until the viewer changes or signs out there.

use gallery::store::{Condition, Written};
use gallery::{Bucket, Key, Store, StoreError, ViewerName};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use session::cookie;

use crate::secret::Secret;
use crate::users::User;

/// The cookie's name. `__Host-` for the same reasons as the session's.
const NAME: &str = "__Host-device";

/// How long a device is known without being used: the longest that browsers keep a cookie (RFC 6265bis, 5.5).
const KNOWN_FOR: SignedDuration = SignedDuration::from_hours(400 * 24);

/// A device that stays signed in is remembered anew when this much of its time has passed.
const FRESH_FOR: SignedDuration = SignedDuration::from_hours(24);

/// What is stored of a device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Device {
    /// When it was used last, roughly.
    seen: Timestamp,
    /// The viewer's generation when it was remembered.
    generation: u64,
    /// Whether it may begin sessions by itself.
    stays: bool,
}

/// The mark that a device carries: whose, and the secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) viewer: ViewerName,
    secret: Secret,
}

impl Mark {
    /// Reads the mark out of cookies. More than one, or anything else than was set, is none.
    pub(crate) fn read<'a>(cookies: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let (viewer, secret) = cookie::only(NAME, cookies).ok()??.split_once(':')?;
        let secret = Secret::parse(secret)?;
        // Names are folded when typed; a cookie holds them as they are.
        let name = ViewerName::parse(viewer).ok().filter(|name| name.as_str() == viewer)?;
        Some(Self { viewer: name, secret })
    }

    /// The `Set-Cookie` that plants it.
    pub(crate) fn cookie(&self) -> String {
        let value = format!("{}:{}", self.viewer, self.secret.reveal());
        cookie::locked(NAME, &value, KNOWN_FOR.as_secs())
    }

    /// The name under which the device is stored.
    pub(crate) fn hash(&self) -> String {
        self.secret.hash()
    }

    fn key(&self) -> Key {
        Key::Device(self.viewer.clone(), self.hash())
    }
}

/// The `Set-Cookie` that takes the mark away.
pub(crate) fn clear() -> String {
    cookie::locked(NAME, "", 0)
}

/// The devices of all viewers.
#[derive(Clone, Debug)]
pub(crate) struct Devices {
    store: Store,
}

impl Devices {
    /// Devices in the auth bucket.
    pub(crate) fn new(store: Store) -> Self {
        Self { store }
    }

    /// Remembers a new device.
    pub(crate) async fn remember(
        &self,
        user: &User,
        secret: Secret,
        stays: bool,
        now: Timestamp,
    ) -> Result<Mark, StoreError> {
        let mark = Mark { viewer: user.name.clone(), secret };
        let device = Device { seen: now, generation: user.generation, stays };
        self.store.write_json(&mark.key(), &device, Condition::Always).await?;
        Ok(mark)
    }

    /// Whether the viewer has signed in on this device before.
    pub(crate) async fn knows(&self, mark: &Mark, now: Timestamp) -> Result<bool, StoreError> {
        Ok(self.find(mark, now).await?.is_some())
    }

    /// Whether this device may begin a session for `user` by itself. Using it keeps it known.
    pub(crate) async fn stays(&self, mark: &Mark, user: &User, now: Timestamp) -> Result<bool, StoreError> {
        let Some((device, etag)) = self.find(mark, now).await? else {
            return Ok(false);
        };
        if !device.stays || device.generation < user.devices_from || mark.viewer != user.name {
            return Ok(false);
        }
        if now.duration_since(device.seen) < FRESH_FOR {
            return Ok(true);
        }
        let device = Device { seen: now, ..device };
        // Overtaken: another tab has done the same, or the device has just been forgotten. Look again to know which.
        match self.store.write_json(&mark.key(), &device, Condition::Unchanged(etag)).await? {
            Written::Stored(_) => Ok(true),
            Written::Overtaken => self.knows(mark, now).await,
        }
    }

    /// A viewer signs out on a device: one that stays signed in is forgotten. Whether it was.
    pub(crate) async fn sign_out(&self, mark: &Mark) -> Result<bool, StoreError> {
        let found = self.store.read_json::<Device>(&mark.key()).await?;
        let stays = found.is_none_or(|(device, _)| device.stays);
        if stays {
            self.forget(mark).await?;
        }
        Ok(stays)
    }

    /// Forgets one device.
    pub(crate) async fn forget(&self, mark: &Mark) -> Result<(), StoreError> {
        self.store.remove(&mark.key()).await
    }

    /// Forgets all devices of a viewer.
    pub(crate) async fn forget_all(&self, viewer: &ViewerName) -> Result<(), StoreError> {
        for listed in self.store.list(Bucket::Auth, format!("devices/{viewer}/")).all().await? {
            self.store.remove_path(Bucket::Auth, &listed.path).await?;
        }
        Ok(())
    }

    /// Removes devices that have not been used for so long that their cookies are gone. Returns how many.
    pub(crate) async fn tidy(&self, now: Timestamp) -> Result<usize, StoreError> {
        let mut removed = 0;
        let mut pages = self.store.list(Bucket::Auth, "devices/");
        while let Some(page) = pages.next().await? {
            for listed in page.into_iter().filter(|listed| now.duration_since(listed.modified) >= KNOWN_FOR) {
                self.store.remove_path(Bucket::Auth, &listed.path).await?;
                removed += 1;
            }
        }
        Ok(removed)
    }

    async fn find(&self, mark: &Mark, now: Timestamp) -> Result<Option<(Device, String)>, StoreError> {
        let found = self.store.read_json::<Device>(&mark.key()).await?;
        Ok(found.filter(|(device, _)| now.duration_since(device.seen) < KNOWN_FOR))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_read_as_it_was_set_and_not_otherwise() {
        let mark = Mark { viewer: ViewerName::parse("gerda@home.example").unwrap(), secret: Secret::new().unwrap() };
        let set = mark.cookie();
        assert!(set.ends_with("; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=34560000"), "{set}");
        let pair = set.split(';').next().unwrap();
        assert_eq!(Mark::read(["x=1", pair]), Some(mark.clone()));
        assert_eq!(Mark::read([pair, pair]), None, "two are none");
        let secret = mark.secret.reveal();
        for other in [
            String::new(),
            "__Host-device=".to_owned(),
            format!("__Host-device={secret}"),
            format!("__Host-device=:{secret}"),
            format!("__Host-device=Gerda:{secret}"),
            format!("__Host-device=../gerda:{secret}"),
            format!("__Host-device=gerda:{secret}x"),
            format!("__Host-session=gerda:{secret}"),
        ] {
            assert_eq!(Mark::read([other.as_str()]), None, "{other}");
        }
    }
}
