//! Files that other programs and people wrote, read and nothing done about it: the readers behind the commands, open to
//! those who try them on any bytes (`fuzz/bodies/owner.rs`).

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::apply::plan::Entry;
use crate::import::sidecar::Notes;

/// A line of an `htpasswd` file: the viewer, or why there is none.
pub fn htpasswd(line: &str) -> Result<String, String> {
    crate::htpasswd::read(line).map(|(name, _)| name.to_string()).map_err(|(_, why)| why)
}

/// `users.toml`, as `heirloom user export` would write what it says, or why it says nothing.
pub fn users_toml(text: &str) -> Result<String, String> {
    let entries: BTreeMap<String, Entry> = crate::apply::entries(text)?;
    toml::to_string(&entries).map_err(|error| error.to_string())
}

/// What a JSON file of a Takeout says of a photo.
#[derive(Debug, PartialEq, Eq)]
pub struct OfPhoto {
    /// Its caption.
    pub caption: Option<String>,
    /// When it was taken.
    pub taken: Option<Timestamp>,
}

/// A JSON file of a Takeout; `None` where it says nothing of a photo.
pub fn takeout_json(file: &str, bytes: &[u8]) -> Option<OfPhoto> {
    match Notes::read(file, bytes) {
        Notes::Photo(sidecar) => Some(OfPhoto { caption: sidecar.caption, taken: sidecar.taken }),
        Notes::Album { .. } | Notes::Other | Notes::Broken => None,
    }
}
