//! The files of the blobs while they are read: those of an object in parts stay until its last reader has left.
//!
//! A reader of one file opens it, and can read on whatever happens to its name. One of many files could open them all, but
//! a film in a thousand parts would take every file that the process may have open. So it pins them, and opens each when it
//! comes to it.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use super::blobs::BlobId;

/// Where the files are, and which are being read.
#[derive(Debug)]
pub(super) struct Shelf {
    folder: PathBuf,
    pins: Mutex<HashMap<BlobId, Pin>>,
}

#[derive(Debug, Default)]
struct Pin {
    readers: usize,
    /// Nothing refers to it any more: it goes with its last reader.
    doomed: bool,
}

impl Shelf {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder, pins: Mutex::default() }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn path(&self, id: BlobId) -> PathBuf {
        self.folder.join(format!("{:02x}/{:016x}", id.0 & 0xff, id.0))
    }

    /// All of them before anybody else may pin: of an object in parts either every file is there or none.
    pub(super) fn remove(&self, ids: &[BlobId]) {
        let mut pins = self.pins();
        for &id in ids {
            match pins.get_mut(&id) {
                Some(pin) => pin.doomed = true,
                None => self.unlink(id),
            }
        }
    }

    fn unlink(&self, id: BlobId) {
        if let Err(e) = fs::remove_file(self.path(id)) {
            tracing::warn!(blob = format!("{:016x}", id.0), error = %e, "a file of a removed object stays for the sweep");
        }
    }

    fn pins(&self) -> MutexGuard<'_, HashMap<BlobId, Pin>> {
        self.pins.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Files that stay as long as this does.
#[derive(Debug)]
pub(super) struct Pinned {
    shelf: Arc<Shelf>,
    ids: Vec<BlobId>,
}

impl Pinned {
    pub(super) fn new(shelf: Arc<Shelf>, ids: Vec<BlobId>) -> Self {
        let mut pins = shelf.pins();
        for id in &ids {
            pins.entry(*id).or_default().readers += 1;
        }
        drop(pins);
        Self { shelf, ids }
    }
}

impl Drop for Pinned {
    fn drop(&mut self) {
        let mut pins = self.shelf.pins();
        for id in &self.ids {
            let Some(pin) = pins.get_mut(id) else { continue };
            pin.readers -= 1;
            if pin.readers == 0 && pins.remove(id).is_some_and(|pin| pin.doomed) {
                self.shelf.unlink(*id);
            }
        }
    }
}

/// One of the parts that an object's bytes lie in.
#[derive(Debug)]
pub(super) enum Piece {
    /// In memory.
    Bytes(Bytes),
    /// In a pinned file, so many bytes long.
    File(BlobId, u64),
}

impl Piece {
    fn length(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File(_, length) => *length,
        }
    }
}

/// An object in parts, as one run of bytes.
#[derive(Debug)]
pub(super) struct Pieces {
    pinned: Pinned,
    all: Vec<Piece>,
    /// The piece that is read, from where on, and how much of all is left to read.
    at: usize,
    within: u64,
    left: u64,
    open: Option<File>,
}

impl Pieces {
    /// An error of the kind `NotFound` when the files have been removed since the index was read.
    pub(super) fn open(pinned: Pinned, pieces: Vec<Piece>) -> io::Result<Self> {
        let first = pieces.iter().find_map(|piece| match piece {
            Piece::File(id, _) => Some(*id),
            Piece::Bytes(_) => None,
        });
        if let Some(first) = first {
            fs::metadata(pinned.shelf.path(first))?;
        }
        let left = pieces.iter().map(Piece::length).sum();
        Ok(Self { pinned, all: pieces, at: 0, within: 0, left, open: None })
    }

    /// These bytes of it.
    pub(super) fn range(mut self, range: &Range<u64>) -> Self {
        (self.at, self.within, self.open) = (0, range.start, None);
        self.left = range.end - range.start;
        while let Some(piece) = self.all.get(self.at)
            && self.within >= piece.length()
        {
            self.within -= piece.length();
            self.at += 1;
        }
        self
    }
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(piece) = self.all.get(self.at) {
            let here = (piece.length() - self.within).min(self.left).min(buffer.len() as u64) as usize;
            if here == 0 {
                if self.left == 0 || buffer.is_empty() {
                    return Ok(0);
                }
                (self.at, self.within, self.open) = (self.at + 1, 0, None);
                continue;
            }
            let count = match piece {
                Piece::Bytes(bytes) => {
                    let from = self.within as usize;
                    buffer[..here].copy_from_slice(&bytes[from..from + here]);
                    here
                }
                Piece::File(id, _) => {
                    let file = match &mut self.open {
                        Some(file) => file,
                        closed => {
                            let mut file = File::open(self.pinned.shelf.path(*id))?;
                            file.seek(SeekFrom::Start(self.within))?;
                            closed.insert(file)
                        }
                    };
                    match file.read(&mut buffer[..here])? {
                        0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                        count => count,
                    }
                }
            };
            self.within += count as u64;
            self.left -= count as u64;
            return Ok(count);
        }
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shelf(contents: &[&str]) -> (tempfile::TempDir, Arc<Shelf>) {
        let folder = tempfile::tempdir().unwrap();
        let shelf = Arc::new(Shelf::new(folder.path().to_owned()));
        for (id, bytes) in contents.iter().enumerate() {
            let path = shelf.path(BlobId(id as u64));
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        (folder, shelf)
    }

    fn pieces(shelf: &Arc<Shelf>) -> io::Result<Pieces> {
        let pinned = Pinned::new(Arc::clone(shelf), vec![BlobId(0), BlobId(1)]);
        let all = vec![
            Piece::File(BlobId(0), 3),
            Piece::Bytes("".into()),
            Piece::File(BlobId(1), 4),
            Piece::Bytes("hi".into()),
        ];
        Pieces::open(pinned, all)
    }

    #[test]
    fn every_range_reads_as_one_run_of_bytes() {
        let (_folder, shelf) = shelf(&["abc", "defg"]);
        let whole = b"abcdefghi";
        for start in 0..=whole.len() {
            for end in start..=whole.len() {
                let mut read = Vec::new();
                let range = start as u64..end as u64;
                pieces(&shelf).unwrap().range(&range).read_to_end(&mut read).unwrap();
                assert_eq!(read, &whole[start..end], "{range:?}");
            }
        }
    }

    #[test]
    fn files_go_with_their_last_reader_and_not_before() {
        let (_folder, shelf) = shelf(&["abc", "defg"]);
        let (mut one, other) = (pieces(&shelf).unwrap(), pieces(&shelf).unwrap());
        shelf.remove(&[BlobId(0), BlobId(1)]);
        drop(other);
        let mut read = String::new();
        one.read_to_string(&mut read).unwrap();
        assert_eq!(read, "abcdefghi", "it is read to its end");
        drop(one);
        assert!(!shelf.path(BlobId(0)).exists() && !shelf.path(BlobId(1)).exists());
        assert_eq!(pieces(&shelf).unwrap_err().kind(), io::ErrorKind::NotFound);
        assert!(shelf.pins().is_empty());
    }
}
