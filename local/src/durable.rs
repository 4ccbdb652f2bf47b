//! Files and folders that are still there after a power cut, once they have been made.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Makes the names in a folder durable.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Makes a folder, and those above it that are missing, and makes their names durable. The builder is a recursive one.
pub(crate) fn make_folder(path: &Path, builder: &DirBuilder) -> io::Result<()> {
    let missing: Vec<&Path> =
        path.ancestors().take_while(|folder| !folder.as_os_str().is_empty() && !folder.is_dir()).collect();
    builder.create(path)?;
    missing.into_iter().rev().try_for_each(|made| sync_folder(folder_of(made)))
}

/// Writes a file that its owner alone may read. It is what it was or what it is to be, never empty or half of either.
pub(crate) fn write_private(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let draft = draft_of(file);
    let written = write(&draft, bytes).and_then(|()| fs::rename(&draft, file));
    if written.is_err() {
        // What fails is told; a draft that will not go is written over by the next of the same name.
        let _ = fs::remove_file(&draft);
    }
    written?;
    sync_folder(folder_of(file))
}

/// Another for each process, so that two that start at once do not write into the same.
fn draft_of(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    name.into()
}

fn write(draft: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut draft = options.open(draft)?;
    draft.write_all(bytes)?;
    draft.sync_all()
}

/// The folder that something lies in.
fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_and_leaves_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("keys.json");
        for bytes in ["the first, which is longer", "the second"] {
            write_private(&file, bytes.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(&file).unwrap(), bytes);
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_cannot_be_written_leaves_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("keys.json");
        // Nothing is renamed over a folder.
        fs::create_dir(&file).unwrap();
        assert!(write_private(&file, b"new").is_err());
        assert!(file.is_dir());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn folders_are_made_that_are_missing() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("a/b/c");
        for _ in 0..2 {
            make_folder(&deep, DirBuilder::new().recursive(true)).unwrap();
            assert!(deep.is_dir());
        }
        assert_eq!(folder_of(Path::new("here")), Path::new("."));
        assert_eq!(folder_of(Path::new("a/b")), Path::new("a"));
    }
}
