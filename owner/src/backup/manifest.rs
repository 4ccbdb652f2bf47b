//! What is in the copy, written so that a crash leaves the old record or the new one.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File, TryLockError};
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::place::ORIGINALS;

const FILE: &str = "manifest.json";

/// The record of a copy.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Manifest {
    /// When a backup last went through everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) finished: Option<Timestamp>,
    /// By the object's key.
    pub(crate) files: BTreeMap<String, Kept>,
    /// What is no longer in the gallery, by file.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) earlier: BTreeMap<String, Earlier>,
}

/// A file of the copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Kept {
    /// Relative to the copy, with slashes.
    pub(crate) file: String,
    /// Its size.
    pub(crate) bytes: u64,
    /// The object's `ETag` when it was copied.
    pub(crate) etag: String,
    /// When the object was written.
    pub(crate) modified: Timestamp,
    /// Of its bytes, as they were read back from the disk.
    pub(crate) sha256: String,
}

/// A file whose object is gone or was replaced.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Earlier {
    pub(crate) key: String,
    pub(crate) sha256: String,
}

impl Kept {
    /// Whether a file of this size lies where it should.
    pub(crate) fn is_there(&self, root: &Path) -> bool {
        fs::metadata(root.join(&self.file)).is_ok_and(|found| found.is_file() && found.len() == self.bytes)
    }
}

impl Manifest {
    /// Reads it; `None` when there is none. Where it cannot be understood, the sentence ends with the way out.
    pub(crate) fn read(root: &Path, way_out: &str) -> Result<Option<Self>> {
        let file = root.join(FILE);
        match fs::read(&file) {
            Ok(bytes) => {
                let read = serde_json::from_slice(&bytes);
                read.map(Some).with_context(|| format!("`{}` cannot be understood: {way_out}", file.display()))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot read `{}`", file.display())),
        }
    }

    /// Writes it, whole or not at all.
    pub(crate) fn write(&self, root: &Path) -> Result<()> {
        let mut json = serde_json::to_vec_pretty(self)?;
        json.push(b'\n');
        replace(&root.join(FILE), &json, false)
    }
}

/// What sends the photos of a folder to which no record belongs: of a copy that lost it, or of any other.
pub(crate) fn way_without(root: &Path) -> String {
    let originals = root.join(ORIGINALS);
    let photos = if originals.is_dir() { originals.as_path() } else { root };
    format!("`heirloom upload {}`", photos.display())
}

/// Replaces a file in one step. A private one can be read by its owner alone, from its first byte on.
pub(crate) fn replace(file: &Path, bytes: &[u8], private: bool) -> Result<()> {
    let beside = file.with_extension("new");
    let write = || -> std::io::Result<()> {
        let mut options = File::options();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        if private {
            use std::os::unix::fs::OpenOptionsExt;
            let _ = fs::remove_file(&beside);
            options.mode(0o600);
        }
        #[cfg(not(unix))]
        let _ = private;
        let mut new = options.open(&beside)?;
        new.write_all(bytes)?;
        new.sync_all()?;
        fs::rename(&beside, file)
    };
    write().with_context(|| format!("cannot write `{}`", file.display()))
}

/// Keeps a second backup out of the same folder, for as long as it lives.
pub(crate) fn lock(root: &Path) -> Result<File> {
    let path = root.join(".lock");
    let file = File::create(&path).with_context(|| format!("cannot write into `{}`", root.display()))?;
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => bail!("another backup is writing into `{}`: let it end", root.display()),
        // Some network folders know no locks.
        Ok(()) | Err(TryLockError::Error(_)) => Ok(file),
    }
}

/// Writes what `sha256sum --check` reads. Names with a backslash or a line break are written as it writes them.
pub(crate) fn write_sums(root: &Path, manifest: &Manifest) -> Result<()> {
    let mut lines = String::new();
    let files = manifest.files.values().map(|kept| (kept.file.as_str(), kept.sha256.as_str()));
    for (file, sum) in files.chain(manifest.earlier.iter().map(|(file, e)| (file.as_str(), e.sha256.as_str()))) {
        let _ = writeln!(lines, "{sum}  {file}");
    }
    replace(&root.join("SHA256SUMS"), lines.as_bytes(), false)
}

/// Writes what a person needs who finds the folder in ten years.
pub(crate) fn write_words(root: &Path) -> Result<()> {
    let words = "\
This is a copy of a Heirloom photo gallery, in plain files.

originals/     the photos and videos as they were uploaded, in their albums, and what was written about them
earlier/       what was deleted or replaced in the gallery since
people.json    who may look. The passwords are hashed; keep the file to yourself all the same
manifest.json  what was copied, when, with its checksum
SHA256SUMS     the checksums once more: `sha256sum --check --quiet SHA256SUMS` compares every file with them

To bring it back:     heirloom restore THIS-FOLDER
Without Heirloom:     the folders in originals/ are all there is; open them with anything.
";
    replace(&root.join("README.txt"), words.as_bytes(), false)
}

/// Removes the folders above a file that are empty now, up to the copy itself.
pub(crate) fn remove_empty(root: &Path, file: &Path) {
    for folder in file.ancestors().skip(1).take_while(|folder| *folder != root && folder.starts_with(root)) {
        if fs::remove_dir(folder).is_err() {
            break;
        }
    }
}
