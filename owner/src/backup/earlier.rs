//! Where what is no longer in the gallery goes.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use jiff::Timestamp;

use super::fetch;
use super::manifest::{self, Kept, Manifest};

const FOLDER: &str = "earlier";

/// The folder of one backup in it.
pub(super) struct Earlier<'a> {
    root: &'a Path,
    folder: String,
}

impl<'a> Earlier<'a> {
    /// The one of a backup that began then. Two of the same second do not share theirs.
    pub(super) fn since(root: &'a Path, now: Timestamp) -> Self {
        let time = format!("{FOLDER}/{}", now.strftime("%Y-%m-%d %H.%M.%S"));
        let mut folder = time.clone();
        for number in 2.. {
            if !root.join(&folder).exists() {
                break;
            }
            folder = format!("{time} ({number})");
        }
        Self { root, folder }
    }

    /// Moves a file there, and tells where it is now; `None` when there is no such file.
    pub(super) fn put_away(&self, manifest: &mut Manifest, key: &str, kept: Kept) -> Result<Option<String>> {
        if !self.root.join(&kept.file).exists() {
            return Ok(None);
        }
        // Once: a collection may have this name as well.
        let file = kept.file.strip_prefix("originals/").unwrap_or(&kept.file);
        let to = format!("{}/{file}", self.folder);
        rename(self.root, &kept.file, &to)?;
        manifest.earlier.insert(to.clone(), manifest::Earlier { key: key.to_owned(), sha256: kept.sha256 });
        Ok(Some(to))
    }

    /// Keeps what a file holds that is about to be replaced, and that its owner alone may read.
    pub(super) fn keep(&self, manifest: &mut Manifest, name: &str, bytes: &[u8]) -> Result<()> {
        let (folder, to) = (self.root.join(&self.folder), format!("{}/{name}", self.folder));
        fs::create_dir_all(&folder).with_context(|| format!("cannot make the folder `{}`", folder.display()))?;
        let file = self.root.join(&to);
        manifest::replace(&file, bytes, true)?;
        let sha256 = fetch::sum(&file).with_context(|| format!("cannot read `{}`", file.display()))?;
        manifest.earlier.insert(to, manifest::Earlier { key: name.to_owned(), sha256 });
        Ok(())
    }
}

/// Whether a copy has any such folder.
pub(super) fn is_there(root: &Path) -> bool {
    root.join(FOLDER).exists()
}

/// Removes all that backups put away.
pub(super) fn remove_all(root: &Path) -> Result<()> {
    let folder = root.join(FOLDER);
    match fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            bail!("cannot remove `{}`: {error}", folder.display())
        }
        _ => Ok(()),
    }
}

/// Moves a file inside the copy.
pub(super) fn rename(root: &Path, from: &str, to: &str) -> Result<()> {
    let (old, new) = (root.join(from), root.join(to));
    if let Some(parent) = new.parent() {
        fs::create_dir_all(parent).with_context(|| format!("cannot make the folder `{}`", parent.display()))?;
    }
    fs::rename(&old, &new).with_context(|| format!("cannot move `{}` to `{}`", old.display(), new.display()))?;
    manifest::remove_empty(root, &old);
    Ok(())
}
