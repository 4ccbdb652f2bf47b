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

pub(crate) const FILE: &str = "people.json";

/// Where a viewer's record lies, by their name.
const VIEWERS: &str = "users/";

/// The folders of the auth bucket that are copied.
const FOLDERS: [&str; 3] = [VIEWERS, "devices/", "invitations/"];

/// Viewers, their devices and their invitations.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct People {
    /// When it was written.
    pub(crate) taken: Timestamp,
    /// The records as they lie in the auth bucket, by their path there.
    pub(crate) records: BTreeMap<String, Value>,
}

impl People {
    fn viewers(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.records.iter().filter(|(path, _)| path.starts_with(VIEWERS))
    }
}

/// Who is in the copy.
pub(super) struct Saved {
    pub(super) viewers: usize,
    /// Whether those are the ones that it had, because the gallery has none.
    pub(super) kept: bool,
}

/// Writes them down. The file that was there is put away before, where a viewer is gone or has another record by now. It
/// stays where nobody is left and that is not believed: so a wrong gallery looks, and one whose disk is not there.
pub(super) async fn save(
    store: &Store,
    root: &Path,
    now: Timestamp,
    believes: bool,
    put_away: impl FnOnce(&[u8]) -> Result<()>,
) -> Result<Saved> {
    let mut people = People { taken: now, records: BTreeMap::new() };
    for folder in FOLDERS {
        for listed in store.list(Bucket::Auth, folder).all().await? {
            let Some(key) = Key::parse(Bucket::Auth, &listed.path) else { continue };
            if let Some((record, _)) = store.read_json::<Value>(&key).await? {
                people.records.insert(listed.path, record);
            }
        }
    }
    let file = root.join(FILE);
    let viewers = people.viewers().count();
    if let Some(old) = bytes(&file)? {
        let before = serde_json::from_slice::<People>(&old).ok();
        let known = before.as_ref().map_or(0, |before| before.viewers().count());
        if viewers == 0 && known > 0 && !believes {
            return Ok(Saved { viewers: known, kept: true });
        }
        let is_same = |(path, record): (&String, &Value)| people.records.get(path) == Some(record);
        if !before.is_some_and(|before| before.viewers().all(is_same)) {
            put_away(&old)?;
        }
    }
    let mut json = serde_json::to_vec_pretty(&people)?;
    json.push(b'\n');
    replace(&file, &json, true)?;
    Ok(Saved { viewers, kept: false })
}

/// Reads them; none when the copy holds nobody.
pub(crate) fn read(root: &Path) -> Result<People> {
    let file = root.join(FILE);
    let Some(bytes) = bytes(&file)? else { return Ok(People::default()) };
    serde_json::from_slice(&bytes).with_context(|| format!("`{}` cannot be understood", file.display()))
}

fn bytes(file: &Path) -> Result<Option<Vec<u8>>> {
    match std::fs::read(file) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read `{}`", file.display())),
    }
}
