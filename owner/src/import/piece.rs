//! Files of an export: on the disk, or in an archive that is never unpacked as a whole.

use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, bail, ensure};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;
use walkdir::WalkDir;
use zip::ZipArchive;

/// A file of an export.
#[derive(Clone, Debug)]
pub(crate) struct Piece {
    /// Where it lies in the export: folders and its name, with slashes between.
    pub(crate) path: String,
    /// Its size in bytes.
    pub(crate) bytes: u64,
    place: Place,
}

#[derive(Clone, Debug)]
enum Place {
    File(PathBuf),
    Archived { archive: Arc<Archive>, index: usize },
    Stored(Stored),
}

/// An object of another bucket.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    /// What reaches it.
    pub(crate) client: aws_sdk_s3::Client,
    /// Its bucket.
    pub(crate) bucket: String,
    /// Its key there.
    pub(crate) key: String,
    /// Its `ETag`.
    pub(crate) etag: String,
    /// Whether the gallery's own S3 reaches it as well, and can copy it without sending it through here.
    pub(crate) within_reach: bool,
}

#[derive(Debug)]
struct Archive {
    file: PathBuf,
    open: Mutex<ZipArchive<BufReader<File>>>,
}

/// A piece as a file, for as long as this lives.
#[derive(Debug)]
pub(crate) enum Staged {
    /// It is one anyway.
    Own(PathBuf),
    /// Taken out of its archive.
    Unpacked(NamedTempFile),
}

impl Staged {
    /// The file.
    pub(crate) fn file(&self) -> &Path {
        match self {
            Self::Own(file) => file,
            Self::Unpacked(file) => file.path(),
        }
    }
}

impl Piece {
    /// A file on the disk.
    pub(crate) fn on_disk(path: String, file: PathBuf, bytes: u64) -> Self {
        Self { path, bytes, place: Place::File(file) }
    }

    /// An object of another bucket.
    pub(crate) fn stored(path: String, bytes: u64, object: Stored) -> Self {
        Self { path, bytes, place: Place::Stored(object) }
    }

    /// The object, when it is one.
    pub(crate) fn object(&self) -> Option<&Stored> {
        match &self.place {
            Place::Stored(object) => Some(object),
            Place::File(_) | Place::Archived { .. } => None,
        }
    }

    /// The folder's own name and the file's; `None` for a file that lies in no folder.
    pub(crate) fn names(&self) -> Option<(&str, &str)> {
        let (folder, file) = self.path.rsplit_once('/')?;
        Some((folder.rsplit('/').next().unwrap_or(folder), file))
    }

    /// Where it is, for a sentence.
    pub(crate) fn place(&self) -> PathBuf {
        match &self.place {
            Place::File(file) => file.clone(),
            Place::Archived { archive, .. } => archive.file.join(&self.path),
            Place::Stored(object) => Path::new(&object.bucket).join(&object.key),
        }
    }

    /// Makes a file of it. Blocks.
    pub(crate) fn staged(&self) -> Result<Staged> {
        match &self.place {
            Place::File(file) => Ok(Staged::Own(file.clone())),
            Place::Archived { .. } | Place::Stored(_) => {
                let mut file = NamedTempFile::with_prefix_in("heirloom-import-", room())
                    .or_else(|_| NamedTempFile::with_prefix("heirloom-import-"))
                    .context("cannot make a file to unpack to")?;
                self.read_into(&mut file)?;
                file.flush().context("cannot unpack")?;
                Ok(Staged::Unpacked(file))
            }
        }
    }

    /// Whether it is a file on the disk anyway.
    pub(crate) fn is_file(&self) -> bool {
        matches!(self.place, Place::File(_))
    }

    /// Its beginning. Blocks.
    pub(crate) fn head(&self, most: u64) -> Result<Vec<u8>> {
        let failed = || format!("cannot read `{}`", self.place().display());
        let mut head = Vec::new();
        match &self.place {
            Place::File(file) => File::open(file).with_context(failed)?.take(most).read_to_end(&mut head),
            Place::Archived { archive, index } => {
                let mut open = archive.open.lock().unwrap_or_else(PoisonError::into_inner);
                let inside = open.by_index(*index).with_context(failed)?;
                inside.take(most).read_to_end(&mut head)
            }
            Place::Stored(object) => object.head_into(most, &mut head).with_context(failed).map(Ok)?,
        }
        .with_context(failed)?;
        Ok(head)
    }

    /// All of it, when it is no longer than `most` bytes.
    pub(crate) fn read(&self, most: u64) -> Result<Vec<u8>> {
        ensure!(
            self.bytes <= most,
            "`{}` is {} bytes long; at most {most} are read",
            self.place().display(),
            self.bytes
        );
        let mut bytes = Vec::new();
        self.read_into(&mut bytes)?;
        Ok(bytes)
    }

    /// The SHA-256 of its bytes.
    pub(crate) fn checksum(&self) -> Result<String> {
        let mut hash = Hashing(Sha256::new());
        self.read_into(&mut hash)?;
        Ok(HEXLOWER.encode(&hash.0.finalize()))
    }

    fn read_into(&self, to: &mut impl Write) -> Result<()> {
        let failed = || format!("cannot read `{}`", self.place().display());
        // An archive says how long a file is, and may be wrong: no more than that is taken.
        let copied = match &self.place {
            Place::File(file) => std::io::copy(&mut File::open(file).with_context(failed)?.take(self.bytes), to),
            Place::Archived { archive, index } => {
                let mut open = archive.open.lock().unwrap_or_else(PoisonError::into_inner);
                let inside = open.by_index(*index).with_context(failed)?;
                std::io::copy(&mut inside.take(self.bytes), to)
            }
            Place::Stored(object) => object.read_into(to).with_context(failed).map(Ok)?,
        };
        ensure!(copied.with_context(failed)? == self.bytes, "`{}` is cut short", self.place().display());
        Ok(())
    }
}

impl Stored {
    /// Its beginning alone.
    fn head_into(&self, most: u64, to: &mut Vec<u8>) -> Result<usize> {
        let range = format!("bytes=0-{}", most.saturating_sub(1));
        tokio::runtime::Handle::current().block_on(async {
            let get = self.client.get_object().bucket(&self.bucket).key(&self.key).if_match(&self.etag).range(range);
            to.extend(get.send().await?.body.collect().await?.to_vec());
            Ok(to.len())
        })
    }

    /// From a thread that may block, of a runtime that goes on.
    fn read_into(&self, to: &mut impl Write) -> Result<u64> {
        tokio::runtime::Handle::current().block_on(async {
            let get = self.client.get_object().bucket(&self.bucket).key(&self.key).if_match(&self.etag);
            let mut body = get.send().await?.body;
            let mut copied = 0;
            while let Some(bytes) = body.next().await {
                let bytes = bytes?;
                to.write_all(&bytes)?;
                copied += bytes.len() as u64;
            }
            Ok(copied)
        })
    }
}

/// Where there is room for videos of gigabytes: `/tmp` is often the memory, `/var/tmp` never (Filesystem Hierarchy Standard 3.0,
/// 5.15). Whoever has named another place (`TMPDIR`) means it.
fn room() -> PathBuf {
    let usual = std::env::temp_dir();
    let larger = Path::new("/var/tmp");
    if usual == Path::new("/tmp") && larger.is_dir() { larger.to_owned() } else { usual }
}

struct Hashing(Sha256);

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Everything in folders and archives, in the order of the names.
pub(crate) fn gather(paths: &[PathBuf]) -> Result<Vec<Piece>> {
    let mut pieces = Vec::new();
    for path in paths {
        let root = path.canonicalize().with_context(|| format!("cannot read `{}`", path.display()))?;
        if root.is_dir() {
            folder(&root, &mut pieces)?;
        } else if root.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("zip")) {
            archive(&root, &mut pieces)?;
        } else {
            bail!(
                "`{}` is neither a folder nor a .zip: unpack it first, or let Takeout make .zip files",
                path.display()
            );
        }
    }
    pieces.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(pieces)
}

fn folder(root: &Path, pieces: &mut Vec<Piece>) -> Result<()> {
    // The folder itself may be an album.
    let above = root.parent().unwrap_or(root);
    for entry in WalkDir::new(root).sort_by_file_name() {
        let entry = entry.with_context(|| format!("cannot read `{}` to its end", root.display()))?;
        let file = entry.path();
        if entry.file_type().is_dir() {
            continue;
        }
        let names = file.strip_prefix(above).unwrap_or(file).iter();
        let path = names.map(|name| name.to_string_lossy()).collect::<Vec<_>>().join("/");
        if file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("zip")) {
            archive(file, pieces)?;
        } else {
            let bytes = file.metadata().with_context(|| format!("cannot read `{}`", file.display()))?.len();
            pieces.push(Piece::on_disk(path, file.to_owned(), bytes));
        }
    }
    Ok(())
}

fn archive(file: &Path, pieces: &mut Vec<Piece>) -> Result<()> {
    let failed = || format!("cannot read `{}`: is it downloaded to its end?", file.display());
    let reader = BufReader::new(File::open(file).with_context(failed)?);
    let open = ZipArchive::new(reader).with_context(failed)?;
    let archive = Arc::new(Archive { file: file.to_owned(), open: Mutex::new(open) });
    let mut open = archive.open.lock().unwrap_or_else(PoisonError::into_inner);
    for index in 0..open.len() {
        let inside = open.by_index_raw(index).with_context(failed)?;
        if inside.is_file() {
            let place = Place::Archived { archive: Arc::clone(&archive), index };
            // Programs on Windows write the other slash.
            let path = inside.name().with_context(failed)?.replace('\\', "/");
            pieces.push(Piece { path, bytes: inside.size(), place });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use zip::write::SimpleFileOptions;

    #[test]
    fn archives_and_folders_look_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("Takeout");
        std::fs::create_dir_all(root.join("Photos/京都")).unwrap();
        std::fs::write(root.join("Photos/京都/a.jpg"), b"hello").unwrap();
        let mut zip = zip::ZipWriter::new(File::create(folder.path().join("t.zip")).unwrap());
        zip.start_file("Takeout/Photos/京都/a.jpg", SimpleFileOptions::default()).unwrap();
        zip.write_all(b"hello").unwrap();
        zip.finish().unwrap();

        for from in [root, folder.path().join("t.zip")] {
            let pieces = gather(&[from]).unwrap();
            assert_eq!(pieces.len(), 1);
            assert_eq!(pieces[0].path, "Takeout/Photos/京都/a.jpg");
            assert_eq!(pieces[0].names(), Some(("京都", "a.jpg")));
            assert_eq!(pieces[0].read(10).unwrap(), b"hello");
            assert!(pieces[0].read(4).unwrap_err().to_string().contains("5 bytes"));
            assert!(pieces[0].checksum().unwrap().starts_with("2cf24dba5fb0a30e"));
            assert_eq!(std::fs::read(pieces[0].staged().unwrap().file()).unwrap(), b"hello");
        }
        std::fs::write(folder.path().join("half.zip"), b"PK\x03\x04").unwrap();
        let error = format!("{:#}", gather(&[folder.path().join("half.zip")]).unwrap_err());
        assert!(error.contains("half.zip") && error.contains("downloaded to its end"), "{error}");
        std::fs::write(folder.path().join("t.tgz"), b"x").unwrap();
        assert!(gather(&[folder.path().join("t.tgz")]).unwrap_err().to_string().contains(".zip"));
    }
}
