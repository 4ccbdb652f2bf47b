//! Who may look, as one file that its owner alone can read.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use gallery::keys::Bucket;
use gallery::{Key, Store};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::manifest::replace;

const FILE: &str = "people.json";

/// The folders of the auth bucket that are copied.
const FOLDERS: [&str; 3] = ["users/", "devices/", "invitations/"];

/// Viewers, their devices and their invitations.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct People {
    /// When it was written.
    pub(crate) taken: Timestamp,
    /// The records as they lie in the auth bucket, by their path there.
    pub(crate) records: BTreeMap<String, Value>,
}

/// Writes them down. Returns how many viewers.
pub(crate) async fn save(store: &Store, root: &Path, now: Timestamp) -> Result<usize> {
    let mut people = People { taken: now, records: BTreeMap::new() };
    for folder in FOLDERS {
        for listed in store.list(Bucket::Auth, folder).all().await? {
            let Some(key) = Key::parse(Bucket::Auth, &listed.path) else { continue };
            if let Some((record, _)) = store.read_json::<Value>(&key).await? {
                people.records.insert(listed.path, record);
            }
        }
    }
    let mut json = serde_json::to_vec_pretty(&people)?;
    json.push(b'\n');
    replace(&root.join(FILE), &json, true)?;
    Ok(people.records.keys().filter(|path| path.starts_with("users/")).count())
}

/// Reads them; none when the copy holds nobody.
pub(crate) fn read(root: &Path) -> Result<People> {
    let file = root.join(FILE);
    match std::fs::read(&file) {
        Ok(bytes) => {
            serde_json::from_slice(&bytes).with_context(|| format!("`{}` cannot be understood", file.display()))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(People::default()),
        Err(error) => Err(error).with_context(|| format!("cannot read `{}`", file.display())),
    }
}
