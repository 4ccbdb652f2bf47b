//! The keys that sign sessions. They lie in the auth bucket, one object each, named by their id; the newest signs, all
//! of them verify.

use data_encoding::BASE64;
use gallery::store::Condition;
use gallery::{Bucket, Key, Store, StoreError};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use session::{PublicKeys, SigningKey};
use zeroize::{Zeroize, Zeroizing};

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
}

impl Drop for SigningKeyRecord {
    fn drop(&mut self) {
        self.seed.zeroize();
    }
}

/// All keys of a gallery.
#[derive(Clone, Debug)]
pub struct KeyRing {
    /// Oldest first; never empty.
    keys: Vec<SigningKey>,
}

impl KeyRing {
    /// The key that signs.
    pub fn newest(&self) -> &SigningKey {
        &self.keys[self.keys.len() - 1]
    }

    /// The public halves of all.
    pub fn public(&self) -> Result<PublicKeys, KeysError> {
        Ok(PublicKeys::of(&self.keys)?)
    }
}

/// Reads the keys.
pub async fn load(store: &Store) -> Result<KeyRing, KeysError> {
    let mut keys = Vec::new();
    for listed in store.list(Bucket::Auth, "keys/").all().await? {
        let Some(key @ Key::SigningKey(_)) = Key::parse(Bucket::Auth, &listed.path) else {
            continue;
        };
        // A key may be dropped between the listing and this.
        let Some((record, _)) = store.read_json::<SigningKeyRecord>(&key).await? else {
            continue;
        };
        keys.push((record.created, read(&record, &key).ok_or(KeysError::NotThatKey(listed.path))?));
    }
    keys.sort_by(|(a, one), (b, other)| (a, one.id()).cmp(&(b, other.id())));
    let keys: Vec<SigningKey> = keys.into_iter().map(|(_, key)| key).collect();
    if keys.is_empty() { Err(KeysError::None) } else { Ok(KeyRing { keys }) }
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
            create(store, now).await?;
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

async fn create(store: &Store, now: Timestamp) -> Result<(), KeysError> {
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(&mut seed[..]).map_err(|e| KeysError::Random(e.to_string()))?;
    let key = Key::SigningKey(SigningKey::from_seed(&seed).id().to_string());
    let record = SigningKeyRecord { seed: BASE64.encode(&seed[..]), created: now };
    store.write_json(&key, &record, Condition::New).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_the_key_that_its_name_says() {
        let key = SigningKey::from_seed(&[4; 32]);
        let record = |seed: &[u8]| SigningKeyRecord { seed: BASE64.encode(seed), created: Timestamp::UNIX_EPOCH };
        let named = |id: &str| Key::SigningKey(id.to_owned());
        assert_eq!(read(&record(&[4; 32]), &named(key.id().as_str())).unwrap().id(), key.id());
        assert!(read(&record(&[5; 32]), &named(key.id().as_str())).is_none());
        assert!(read(&record(&[4; 31]), &named(key.id().as_str())).is_none());
        assert!(read(&record(&[4; 32]), &named("k1")).is_none());
    }
}
