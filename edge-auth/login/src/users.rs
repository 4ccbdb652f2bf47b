//! Viewers: one JSON object each in the auth bucket.
//!
//! Every change is conditional on what was read, and every change that should end sessions raises the generation.
//! Generations are milliseconds: a viewer removed and added again never meets a token of the first life. What ends
//! somebody's sessions for good (a removal, a new password, a sign-out everywhere) also forgets their devices and takes
//! back their unused invitations; a changed scope does not, so that a grandmother who only has her device keeps it.

mod imported;
mod user;
mod written;

use gallery::store::{Condition, Written};
use gallery::{Bucket, Key, Scope, Store, StoreError, ViewerName};
use jiff::Timestamp;
use session::token::MintError;
use session::{Session, SessionId, SigningKey};
use zeroize::Zeroizing;

use crate::devices::Devices;
use crate::invitations::Invitations;
use crate::password::{self, HashError, Hasher, Unfit};
pub use user::{Role, User};

/// How often a change is tried again when somebody else changes the same viewer.
const TRIES: usize = 8;

/// How bringing somebody back ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restored {
    /// They are back.
    Back,
    /// They were there, with the same password and scope.
    Same,
    /// They were there otherwise, and stayed so.
    Kept,
}

/// What becomes of a viewer's other ways in when they change: their devices that stay signed in, their invitations.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ways {
    Kept,
    Ended,
}

/// Why a viewer could not be added, changed or found.
#[derive(Debug, thiserror::Error)]
pub enum UsersError {
    /// The name is taken.
    #[error("there is already a viewer called `{0}`: remove them first, or change their password")]
    Exists(ViewerName),
    /// There is none.
    #[error("there is no viewer called `{0}`")]
    Unknown(ViewerName),
    /// Only a viewer without a password chooses one without the old.
    #[error("`{0}` has a password already")]
    HasPassword(ViewerName),
    /// The password is not fit.
    #[error(transparent)]
    Unfit(#[from] Unfit),
    /// A scope that no cookie holds.
    #[error(transparent)]
    Scope(#[from] MintError),
    /// The password could not be hashed.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// No randomness.
    #[error("the system gives no random bytes: {0}")]
    Random(#[from] getrandom::Error),
    /// Others kept changing the same viewer.
    #[error("`{0}` was changed by somebody else at the same time: try again")]
    Overtaken(ViewerName),
    /// S3 failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The viewers of one gallery.
#[derive(Clone, Debug)]
pub struct Users {
    store: Store,
    hasher: Hasher,
    title: String,
}

impl Users {
    /// The viewers in this store. The gallery's title is no password.
    pub fn new(store: Store, hasher: Hasher, title: impl Into<String>) -> Self {
        Self { store, hasher, title: title.into() }
    }

    /// Adds a viewer who signs in with a password.
    pub async fn add(
        &self,
        name: &ViewerName,
        password: &Zeroizing<String>,
        scope: Scope,
        now: Timestamp,
    ) -> Result<User, UsersError> {
        password::fit(password, &[name.as_str(), &self.title])?;
        fits_a_cookie(name, &scope)?;
        let hash = self.hasher.hash(password).await?;
        self.create(name, Some(hash), scope, now).await
    }

    /// Adds a viewer who has no password yet and comes in by invitation.
    pub async fn add_invited(&self, name: &ViewerName, scope: Scope, now: Timestamp) -> Result<User, UsersError> {
        fits_a_cookie(name, &scope)?;
        self.create(name, None, scope, now).await
    }

    async fn create(
        &self,
        name: &ViewerName,
        password: Option<String>,
        scope: Scope,
        now: Timestamp,
    ) -> Result<User, UsersError> {
        let generation = raised(0, now);
        let user = User {
            name: name.clone(),
            password,
            scope,
            generation,
            devices_from: generation,
            created: now,
            role: Role::Viewer,
            mail: None,
        };
        // Before the viewer, so that whoever can sign in has a home page under way.
        self.record_scope(&user.scope).await?;
        match self.store.write_own(&key(name), &user, Condition::New).await? {
            Written::Stored(_) => Ok(user),
            Written::Overtaken => Err(UsersError::Exists(name.clone())),
        }
    }

    /// Brings somebody back out of a copy, with the password and the devices that they had. The generation rises, so
    /// that no token of before comes to life again.
    pub async fn restore(&self, user: User, overwrite: bool, now: Timestamp) -> Result<Restored, UsersError> {
        fits_a_cookie(&user.name, &user.scope)?;
        let known = self.read(&user.name).await?;
        if let Some((known, _)) = &known {
            if known.is_let_in_as(&user) {
                return Ok(Restored::Same);
            }
            if !overwrite {
                return Ok(Restored::Kept);
            }
        }
        if let Some(cost) = user.password.as_deref().and_then(password::imported::cost) {
            self.raise_dearest(cost).await?;
        }
        self.record_scope(&user.scope).await?;
        let least = known.as_ref().map_or(0, |(known, _)| known.generation).max(user.generation);
        let user = User { generation: raised(least, now), ..user };
        let since = Condition::since(known.as_ref().map(|(_, etag)| etag.as_str()));
        match self.store.write_own(&key(&user.name), &user, since).await? {
            Written::Stored(_) => Ok(Restored::Back),
            Written::Overtaken => Err(UsersError::Overtaken(user.name)),
        }
    }

    /// Changes a viewer's password; their sessions end.
    pub async fn set_password(
        &self,
        name: &ViewerName,
        password: &Zeroizing<String>,
        now: Timestamp,
    ) -> Result<User, UsersError> {
        password::fit(password, &[name.as_str(), &self.title])?;
        let hash = self.hasher.hash(password).await?;
        let user = self.change(name, now, |user| user.password = Some(hash.clone()), Ways::Ended).await?;
        self.forget_ways_in(name).await?;
        Ok(user)
    }

    /// Gives an invited viewer the password of their choice; their sessions go on. Only the first is taken, and none
    /// when their sessions have ended since they were `seen`.
    pub(crate) async fn choose_password(&self, seen: &User, password: &Zeroizing<String>) -> Result<User, UsersError> {
        let name = &seen.name;
        password::fit(password, &[name.as_str(), &self.title])?;
        let (user, etag) = self.read(name).await?.ok_or_else(|| UsersError::Unknown(name.clone()))?;
        if user.password.is_some() {
            return Err(UsersError::HasPassword(name.clone()));
        }
        if user.generation != seen.generation {
            return Err(UsersError::Overtaken(name.clone()));
        }
        let user = User { password: Some(self.hasher.hash(password).await?), ..user };
        match self.store.write_own(&key(name), &user, Condition::Unchanged(etag)).await? {
            Written::Stored(_) => Ok(user),
            Written::Overtaken => Err(UsersError::Overtaken(name.clone())),
        }
    }

    /// Changes what a viewer may see; their sessions end.
    pub async fn set_scope(&self, name: &ViewerName, scope: Scope, now: Timestamp) -> Result<User, UsersError> {
        fits_a_cookie(name, &scope)?;
        self.record_scope(&scope).await?;
        self.change(name, now, |user| user.scope.clone_from(&scope), Ways::Kept).await
    }

    /// Changes what a viewer may do; their sessions go on.
    pub async fn set_role(&self, name: &ViewerName, role: Role) -> Result<User, UsersError> {
        self.amend(name, |user| user.role = role).await
    }

    /// Ends a viewer's sessions on every device.
    pub async fn sign_out_everywhere(&self, name: &ViewerName, now: Timestamp) -> Result<User, UsersError> {
        let user = self.change(name, now, |_| {}, Ways::Ended).await?;
        self.forget_ways_in(name).await?;
        Ok(user)
    }

    /// Ends a viewer's sessions, and nothing else: devices that stay signed in begin new ones, and invitations are good.
    pub async fn end_sessions(&self, name: &ViewerName, now: Timestamp) -> Result<User, UsersError> {
        self.change(name, now, |_| {}, Ways::Kept).await
    }

    /// The same for everybody. Returns how many they are.
    pub async fn end_all_sessions(&self, now: Timestamp) -> Result<usize, UsersError> {
        let all = self.list().await?;
        for user in &all {
            match self.end_sessions(&user.name, now).await {
                // Let out meanwhile.
                Ok(_) | Err(UsersError::Unknown(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(all.len())
    }

    /// Removes a viewer; their sessions end.
    pub async fn remove(&self, name: &ViewerName) -> Result<(), UsersError> {
        self.find(name).await?.ok_or_else(|| UsersError::Unknown(name.clone()))?;
        self.store.remove(&key(name)).await?;
        self.store.remove(&Key::ToldByMail(name.clone())).await?;
        Devices::new(self.store.clone()).forget_all(name).await?;
        Invitations::new(self.store.clone()).forget_all(name).await?;
        Ok(())
    }

    /// All viewers, by name.
    pub async fn list(&self) -> Result<Vec<User>, UsersError> {
        let mut users = Vec::new();
        for listed in self.store.list(Bucket::Auth, "users/").all().await? {
            if let Some(Key::User(name)) = Key::parse(Bucket::Auth, &listed.path) {
                users.extend(self.find(&name).await?);
            }
        }
        Ok(users)
    }

    /// One viewer.
    pub async fn find(&self, name: &ViewerName) -> Result<Option<User>, UsersError> {
        Ok(self.read(name).await?.map(|(user, _)| user))
    }

    /// Replaces a hash by one of the same password at today's cost. When the record has changed meanwhile, it stays.
    pub(crate) async fn strengthen(&self, user: &User, password: &Zeroizing<String>) -> Result<(), UsersError> {
        let hash = self.hasher.hash(password).await?;
        if let Some((current, etag)) = self.read(&user.name).await?
            && current == *user
        {
            let stronger = User { password: Some(hash), ..current };
            self.store.write_json(&key(&user.name), &stronger, Condition::Unchanged(etag)).await?;
        }
        Ok(())
    }

    async fn read(&self, name: &ViewerName) -> Result<Option<(User, String)>, UsersError> {
        Ok(self.store.read_json(&key(name)).await?)
    }

    /// What lets a viewer in besides their password. The record alone already bars both.
    async fn forget_ways_in(&self, name: &ViewerName) -> Result<(), UsersError> {
        Devices::new(self.store.clone()).forget_all(name).await?;
        Invitations::new(self.store.clone()).revoke(name).await?;
        Ok(())
    }

    async fn change(
        &self,
        name: &ViewerName,
        now: Timestamp,
        change: impl Fn(&mut User),
        ways: Ways,
    ) -> Result<User, UsersError> {
        for _ in 0..TRIES {
            let Some((mut user, etag)) = self.read(name).await? else {
                return Err(UsersError::Unknown(name.clone()));
            };
            change(&mut user);
            user.generation = raised(user.generation, now);
            if ways == Ways::Ended {
                user.devices_from = user.generation;
            }
            if let Written::Stored(_) = self.store.write_json(&key(name), &user, Condition::Unchanged(etag)).await? {
                return Ok(user);
            }
        }
        Err(UsersError::Overtaken(name.clone()))
    }

    /// Changes what no session depends on.
    async fn amend(&self, name: &ViewerName, change: impl Fn(&mut User)) -> Result<User, UsersError> {
        for _ in 0..TRIES {
            let Some((mut user, etag)) = self.read(name).await? else {
                return Err(UsersError::Unknown(name.clone()));
            };
            change(&mut user);
            if let Written::Stored(_) = self.store.write_json(&key(name), &user, Condition::Unchanged(etag)).await? {
                return Ok(user);
            }
        }
        Err(UsersError::Overtaken(name.clone()))
    }

    /// Tells the builder that this scope needs a home page. Everybody's is always there.
    async fn record_scope(&self, scope: &Scope) -> Result<(), UsersError> {
        if *scope != Scope::All {
            self.store.write_json(&Key::ScopeRecord(scope.home()), scope, Condition::New).await?;
        }
        Ok(())
    }
}

fn key(name: &ViewerName) -> Key {
    Key::User(name.clone())
}

fn raised(generation: u64, now: Timestamp) -> u64 {
    let clock = u64::try_from(now.as_millisecond()).unwrap_or_default();
    clock.max(generation.saturating_add(1))
}

/// Makes a token as login would, so that the owner hears of a list that is too long, and not the viewer.
fn fits_a_cookie(name: &ViewerName, scope: &Scope) -> Result<(), MintError> {
    let longest = Session {
        viewer: name.clone(),
        scope: scope.clone(),
        generation: u64::MAX,
        id: SessionId::from_random([0; 16]),
        issued: i64::MAX,
        recheck_after: i64::MAX,
        expires: i64::MAX,
    };
    SigningKey::from_seed(&[0; 32]).mint(&longest, &"x".repeat(253)).map(drop)
}

#[cfg(test)]
mod tests {
    use gallery::CollectionSlug;

    use super::*;

    /// Requirement 10.
    #[test]
    fn generations_only_rise() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let first = raised(0, at(1_800_000_000));
        assert_eq!(first, 1_800_000_000_000);
        assert_eq!(raised(first, at(1_800_000_000)), first + 1);
        assert_eq!(raised(first, at(0)), first + 1, "even when a clock goes back");
        assert!(raised(first + 5, at(1_800_000_001)) > first + 5);
    }

    #[test]
    fn a_scope_that_no_cookie_holds_is_refused_early() {
        let gerda = ViewerName::parse("gerda").unwrap();
        let scope = |count: usize| {
            Scope::Only((0..count).map(|n| CollectionSlug::parse(&format!("A_longer_name_{n}")).unwrap()).collect())
        };
        assert!(fits_a_cookie(&gerda, &scope(60)).is_ok());
        let error = fits_a_cookie(&gerda, &scope(300)).unwrap_err();
        assert!(error.to_string().contains("300 collections"), "{error}");
    }
}
