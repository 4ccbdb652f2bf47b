//! The keys that sign sessions. They lie in the auth bucket, one object each, named by their id.
//!
//! All of them verify; one signs: of those whose time to sign has come, the newest. A new key waits before it signs, so
//! that every gate knows its public half by then. An old one verifies for as long as a session that it signed may live.
//! A stolen one is dropped at once, and lies there, believed by nobody, until everybody's sessions have ended.

use std::time::Duration;

use data_encoding::BASE64;
use gallery::store::Condition;
use gallery::{Bucket, Key, Store, StoreError};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use session::{PublicKeys, SigningKey};
use zeroize::{Zeroize, Zeroizing};

use crate::users::{Users, UsersError};

/// Why the keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// S3 failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An object that is not the key that its name says.
    #[error("`{0}` does not hold the signing key of that name: remove it, or put the right one back")]
    NotThatKey(String),
    /// No key at all.
    #[error("there is no signing key in the auth bucket")]
    None,
    /// No such key.
    #[error("there is no signing key `{0}`: `heirloom keys list` shows them")]
    Unknown(String),
    /// A key that sessions still rest on.
    #[error(
        "sessions signed with `{id}` may live until {until}: wait, or drop it with `--emergency`, which ends everybody's \
         sessions"
    )]
    InUse {
        /// The key.
        id: String,
        /// When the last session that it signed ends.
        until: String,
    },
    /// The key that signs, which no waiting makes idle.
    #[error(
        "`{0}` signs: `heirloom keys rotate` makes one that takes its place, and `heirloom keys list` tells when this one \
         can be dropped; or drop it with `--emergency`, which ends everybody's sessions"
    )]
    Signs(String),
    /// A stolen key whose drop broke off.
    #[error(
        "`{0}` is dropped as stolen, and not every session has ended: run `heirloom keys drop {0} --emergency` again"
    )]
    HalfDropped(String),
    /// A stolen key that is dropped, and not all that belongs to it is done.
    #[error(
        "`{id}` is dropped, but sessions that somebody began with it may go on: run `heirloom keys drop {id} \
         --emergency` again"
    )]
    Unfinished {
        /// The key.
        id: String,
        /// What kept it.
        #[source]
        cause: Box<UsersError>,
    },
    /// No randomness.
    #[error("the system gives no random bytes: {0}")]
    Random(String),
    /// Keys that contradict each other.
    #[error(transparent)]
    Set(#[from] session::token::KeyError),
}

/// A key as it is stored.
#[derive(Serialize, Deserialize)]
struct SigningKeyRecord {
    /// 32 bytes in base64. Whoever reads it can sign in as anybody.
    seed: String,
    created: Timestamp,
    /// When it begins to sign; at once when nothing is said.
    #[serde(default)]
    signs_from: Option<Timestamp>,
    /// Whether it is stolen and dropped, and sessions are still to be ended.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    dropped: bool,
}

impl Drop for SigningKeyRecord {
    fn drop(&mut self) {
        self.seed.zeroize();
    }
}

/// A key of the ring.
#[derive(Clone, Debug)]
struct Held {
    signs_from: Timestamp,
    created: Timestamp,
    key: SigningKey,
}

/// What a key does at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// It waits until every gate knows it.
    Waits {
        /// When it begins to sign.
        until: Timestamp,
    },
    /// It signs.
    Signs,
    /// It only verifies what it signed before.
    Verifies {
        /// When the last such session ends.
        until: Timestamp,
    },
    /// No session rests on it any more: it can be dropped.
    Idle,
    /// It is stolen and dropped, and not everybody's sessions have ended: dropping it again goes on with that.
    Dropped,
}

/// All keys of a gallery.
#[derive(Clone, Debug)]
pub struct KeyRing {
    /// In the order in which they begin to sign; never empty.
    keys: Vec<Held>,
    /// Those that are believed no more, though they lie there.
    dropped: Vec<(String, Timestamp)>,
}

impl KeyRing {
    /// The key that signs: the newest whose time has come, or the first of those that wait.
    pub fn signing(&self, now: Timestamp) -> &SigningKey {
        &self.keys[self.signing_place(now)].key
    }

    fn signing_place(&self, now: Timestamp) -> usize {
        self.keys.iter().rposition(|held| held.signs_from <= now).unwrap_or(0)
    }

    /// The public halves of all that verify.
    pub fn public(&self) -> Result<PublicKeys, KeysError> {
        Ok(PublicKeys::of(self.keys.iter().map(|held| &held.key))?)
    }

    /// Every key's id, birth and state, when sessions live at most for `lifetime`.
    pub fn states(&self, now: Timestamp, lifetime: Duration) -> Vec<(String, Timestamp, KeyState)> {
        let signing = self.signing_place(now);
        let state = |place: usize, held: &Held| match place {
            _ if place == signing => KeyState::Signs,
            _ if place > signing => KeyState::Waits { until: held.signs_from },
            _ => {
                // It signed until the next began to.
                let until = self.keys[place + 1].signs_from.saturating_add(lifetime).unwrap_or(Timestamp::MAX);
                if until <= now { KeyState::Idle } else { KeyState::Verifies { until } }
            }
        };
        let listed = self.keys.iter().enumerate();
        let listed = listed.map(|(place, held)| (held.key.id().to_string(), held.created, state(place, held)));
        listed.chain(self.dropped.iter().map(|(id, created)| (id.clone(), *created, KeyState::Dropped))).collect()
    }
}

/// Reads the keys.
pub async fn load(store: &Store) -> Result<KeyRing, KeysError> {
    let (mut keys, mut dropped) = (Vec::new(), Vec::new());
    for listed in store.list(Bucket::Auth, "keys/").all().await? {
        let Some(key @ Key::SigningKey(_)) = Key::parse(Bucket::Auth, &listed.path) else {
            continue;
        };
        // A key may be dropped between the listing and this.
        let Some((record, _)) = store.read_json::<SigningKeyRecord>(&key).await? else {
            continue;
        };
        let (created, signs_from) = (record.created, record.signs_from.unwrap_or(record.created));
        let key = read(&record, &key).ok_or(KeysError::NotThatKey(listed.path))?;
        if record.dropped {
            dropped.push((key.id().to_string(), created));
        } else {
            keys.push(Held { signs_from, created, key });
        }
    }
    keys.sort_by(|a, b| (a.signs_from, a.created, a.key.id()).cmp(&(b.signs_from, b.created, b.key.id())));
    if keys.is_empty() { Err(KeysError::None) } else { Ok(KeyRing { keys, dropped }) }
}

fn read(record: &SigningKeyRecord, stored: &Key) -> Option<SigningKey> {
    let bytes = Zeroizing::new(BASE64.decode(record.seed.as_bytes()).ok()?);
    let key = SigningKey::from_seed(bytes.as_slice().try_into().ok()?);
    (*stored == Key::SigningKey(key.id().to_string())).then_some(key)
}

/// Reads the keys, and makes the first when there is none.
pub async fn load_or_create(store: &Store, now: Timestamp) -> Result<KeyRing, KeysError> {
    match load(store).await {
        Err(KeysError::None) => {
            create(store, now, now).await?;
            // Read again: somebody else may have made one at the same time, and all must agree on the newest.
            load(store).await
        }
        other => other,
    }
}

/// The public keys, for the gate.
pub async fn public_keys(store: &Store) -> Result<PublicKeys, KeysError> {
    load(store).await?.public()
}

/// Makes a key that signs from a moment on. Returns its id.
pub async fn rotate(store: &Store, now: Timestamp, signs_from: Timestamp) -> Result<String, KeysError> {
    create(store, now, signs_from).await
}

/// Drops a key on which no session rests, when sessions live at most for `lifetime`.
pub async fn drop_key(store: &Store, id: &str, now: Timestamp, lifetime: Duration) -> Result<(), KeysError> {
    let states = load(store).await?.states(now, lifetime);
    let (_, _, state) = states.iter().find(|(known, ..)| known == id).ok_or(KeysError::Unknown(id.to_owned()))?;
    let id = id.to_owned();
    match state {
        KeyState::Waits { .. } | KeyState::Idle => Ok(store.remove(&Key::SigningKey(id)).await?),
        KeyState::Signs => Err(KeysError::Signs(id)),
        KeyState::Dropped => Err(KeysError::HalfDropped(id)),
        KeyState::Verifies { until } => {
            Err(KeysError::InUse { id, until: until.strftime("%Y-%m-%d %H:%M UTC").to_string() })
        }
    }
}

/// What the drop of a stolen key did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Emergency {
    /// The id of the key that signs in its place, when there was no other.
    pub made: Option<String>,
    /// How many viewers' sessions ended.
    pub signed_out: usize,
}

/// Drops a stolen key at once and ends everybody's sessions. Not those alone that it signed: whoever has it may have had
/// a session of theirs renewed, which another signed then.
///
/// The key first: from the first raised generation on, no renewal that reads the keys believes it. Until the last one it
/// lies there as dropped, so that whatever breaks off is seen, and another call goes on with it.
pub async fn drop_stolen(store: &Store, users: &Users, id: &str, now: Timestamp) -> Result<Emergency, KeysError> {
    let ring = load(store).await?;
    let key = Key::SigningKey(id.to_owned());
    let Some((mut record, _)) = store.read_json::<SigningKeyRecord>(&key).await? else {
        return Err(KeysError::Unknown(id.to_owned()));
    };
    // The new one before: between the two steps the gallery has a key.
    let is_last = ring.keys.iter().all(|held| held.key.id().as_str() == id);
    let made = if is_last { Some(create(store, now, now).await?) } else { None };
    record.dropped = true;
    store.write_json(&key, &record, Condition::Always).await?;
    let rest = async {
        let signed_out = users.end_all_sessions(now).await?;
        store.remove(&key).await?;
        Ok::<_, UsersError>(signed_out)
    };
    let signed_out = rest.await.map_err(|cause| KeysError::Unfinished { id: id.to_owned(), cause: Box::new(cause) })?;
    Ok(Emergency { made, signed_out })
}

async fn create(store: &Store, now: Timestamp, signs_from: Timestamp) -> Result<String, KeysError> {
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(&mut seed[..]).map_err(|e| KeysError::Random(e.to_string()))?;
    let id = SigningKey::from_seed(&seed).id().to_string();
    let record =
        SigningKeyRecord { seed: BASE64.encode(&seed[..]), created: now, signs_from: Some(signs_from), dropped: false };
    store.write_json(&Key::SigningKey(id.clone()), &record, Condition::New).await?;
    Ok(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    #[test]
    fn a_record_is_the_key_that_its_name_says() {
        let key = SigningKey::from_seed(&[4; 32]);
        let record = |seed: &[u8]| SigningKeyRecord {
            seed: BASE64.encode(seed),
            created: at(0),
            signs_from: None,
            dropped: false,
        };
        let named = |id: &str| Key::SigningKey(id.to_owned());
        assert_eq!(read(&record(&[4; 32]), &named(key.id().as_str())).unwrap().id(), key.id());
        assert!(read(&record(&[5; 32]), &named(key.id().as_str())).is_none());
        assert!(read(&record(&[4; 31]), &named(key.id().as_str())).is_none());
        assert!(read(&record(&[4; 32]), &named("k1")).is_none());
    }

    /// Requirement 11.
    #[test]
    fn a_key_waits_signs_and_verifies_as_long_as_its_sessions_live() {
        let held = |seed: u8, from: i64| Held {
            signs_from: at(from),
            created: at(0),
            key: SigningKey::from_seed(&[seed; 32]),
        };
        let ring = KeyRing { keys: vec![held(1, 0), held(2, 1000), held(3, 5000)], dropped: Vec::new() };
        let month = Duration::from_secs(100_000);
        let states = |now| ring.states(at(now), month).into_iter().map(|(_, _, state)| state).collect::<Vec<_>>();
        let signs = |now| ring.signing(at(now)).id().to_string();
        let id = |place: usize| ring.keys[place].key.id().to_string();

        assert_eq!((signs(-5), signs(0), signs(999), signs(1000), signs(9000)), (id(0), id(0), id(0), id(1), id(2)));
        let waits = |until| KeyState::Waits { until: at(until) };
        assert_eq!(states(0), [KeyState::Signs, waits(1000), waits(5000)]);
        let verifies = |until| KeyState::Verifies { until: at(until) };
        assert_eq!(states(5000), [verifies(101_000), verifies(105_000), KeyState::Signs]);
        assert_eq!(states(101_000), [KeyState::Idle, verifies(105_000), KeyState::Signs]);
        assert_eq!(ring.public().unwrap().ids().count(), 3, "all of them verify");
    }
}
