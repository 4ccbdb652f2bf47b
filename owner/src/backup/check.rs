//! `--check`: every file of the copy is read again. Here nothing is changed: a damaged file stays until the right bytes
//! are there to take its place.

use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::fetch;
use super::manifest::Manifest;

/// What was found, by key.
#[derive(Debug, Default)]
pub(super) struct Checked {
    /// Whose files have other bytes than were noted, or are missing.
    pub(super) damaged: BTreeSet<String>,
    /// Whose files cannot be read, and why. They may be whole: a disk that was away comes back.
    pub(super) unread: BTreeMap<String, String>,
}

/// Reads every file of the copy, and names what is damaged.
pub(super) async fn check(root: &Path, manifest: &Manifest) -> Result<Checked> {
    let files: Vec<(String, PathBuf, String)> =
        manifest.files.iter().map(|(key, kept)| (key.clone(), root.join(&kept.file), kept.sha256.clone())).collect();
    let look = move || {
        let mut checked = Checked::default();
        for (key, file, noted) in files {
            match fetch::sum(&file) {
                Ok(sum) if sum == noted => {}
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    let why = format!("cannot read `{}`: {error}. If that stays so, remove the file", file.display());
                    checked.unread.insert(key, why);
                }
                Ok(_) | Err(_) => {
                    checked.damaged.insert(key);
                }
            }
        }
        checked
    };
    let checked = tokio::task::spawn_blocking(look).await?;
    for kept in checked.damaged.iter().filter_map(|key| manifest.files.get(key)) {
        eprintln!("damaged or missing in the copy: {}", kept.file);
    }
    Ok(checked)
}
