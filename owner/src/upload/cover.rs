//! What a folder here stands for in the bucket.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// A part of the bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cover {
    /// A folder, with a slash at its end.
    pub(crate) folder: String,
    /// With all folders in it; otherwise just the files right in it.
    pub(crate) whole: bool,
    /// The folder here that was looked through for it.
    pub(crate) from: PathBuf,
    /// Whether its files went into albums by their dates, so that keys do not tell where files lie.
    pub(crate) by_date: bool,
}

impl Cover {
    /// Whether a key lies in it.
    pub(crate) fn holds(&self, key: &str) -> bool {
        self.below(key).is_some()
    }

    /// Whether a key has a file by now. What a system finds under other letters as well is another file. What a link
    /// stands for that leads nowhere at the moment, as when its disk is away, is not gone.
    pub(crate) fn has_file(&self, key: &str) -> bool {
        let Some(below) = self.below(key).filter(|_| !self.by_date) else { return false };
        let Ok(mut at) = self.from.canonicalize() else { return self.from.is_symlink() };
        for name in below.split('/') {
            let place = at.join(name);
            let is_link = place.is_symlink();
            if is_link && !lists(&at, name) {
                return false;
            }
            match place.canonicalize() {
                Ok(real) if is_link || real == place => at = real,
                Ok(_) => return false,
                Err(error) => return is_link || !is_away(&error),
            }
        }
        at.is_file()
    }

    fn below<'a>(&self, key: &'a str) -> Option<&'a str> {
        key.strip_prefix(&self.folder).filter(|below| self.whole || !below.contains('/'))
    }
}

/// Whether a folder has an entry of this very name.
fn lists(folder: &Path, name: &str) -> bool {
    fs::read_dir(folder).is_ok_and(|entries| entries.flatten().any(|entry| entry.file_name() == name))
}

/// Whether an error says that there is no such file. What may not be looked at may be there.
fn is_away(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}
