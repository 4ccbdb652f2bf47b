//! The bytes of objects: files that never change, and whose names tell nothing.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::room::Room;
use super::shelf::{Pinned, Shelf};
use crate::durable::{make_folder, sync_folder};

/// Up to this many bytes lie in the index itself, where they cost no file and no sync of their own.
pub(super) const INLINE: usize = 32 * 1024;

/// The low bits of a [`BlobId`] count within one opening of the folder; the others say which opening.
const COUNT_BITS: u32 = 40;

/// The name of some bytes. Never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct BlobId(pub(super) u64);

/// Where an object's bytes are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Place {
    /// There are none.
    Nowhere,
    /// In the index.
    Index(BlobId),
    /// In a file.
    File(BlobId),
    /// One after another where the parts lie that it was uploaded in. So nothing is copied when an upload is complete.
    Parts(Vec<Place>),
}

/// Bytes on their way to a [`Place`].
pub(super) enum Stored {
    /// None at all.
    Empty,
    /// Few enough for the index.
    Small(Bytes),
    /// In a file already, synced.
    Large(Fresh),
}

/// The folders `blobs/` and `tmp/`.
#[derive(Debug)]
pub(super) struct Blobs {
    shelf: Arc<Shelf>,
    tmp: PathBuf,
    next: AtomicU64,
    room: Arc<Room>,
}

impl Blobs {
    /// Makes the folders where they are missing. [`Blobs::begin`] must follow before any id is taken.
    pub(super) fn prepare(root: &Path) -> io::Result<Self> {
        let (kept, tmp) = (root.join("blobs"), root.join("tmp"));
        for folder in [&kept, &tmp] {
            make_folder(folder, DirBuilder::new().recursive(true))?;
        }
        // Each is looked for: what copies folders may leave empty ones out.
        let folders = (0..=u8::MAX).map(|low| kept.join(format!("{low:02x}")));
        for folder in folders.filter(|folder| !folder.is_dir()) {
            fs::create_dir_all(folder)?;
        }
        sync_folder(&kept)?;
        sync_folder(root)?;
        Ok(Self { shelf: Arc::new(Shelf::new(kept)), tmp, next: AtomicU64::new(0), room: Arc::default() })
    }

    /// Starts an opening of the folder, by its number. Empties `tmp/`: nobody else is writing there.
    pub(super) fn begin(&self, opening: u64) -> io::Result<()> {
        self.next.store(opening << COUNT_BITS, Ordering::SeqCst);
        for entry in fs::read_dir(&self.tmp)? {
            fs::remove_file(entry?.path())?;
        }
        Ok(())
    }

    /// A name for new bytes.
    pub(super) fn name(&self) -> BlobId {
        BlobId(self.next.fetch_add(1, Ordering::Relaxed))
    }

    /// A file to write new bytes to.
    pub(super) fn draft(&self) -> io::Result<Draft> {
        let id = self.name();
        let path = self.tmp.join(format!("{:016x}", id.0));
        let file = File::options().write(true).create_new(true).open(&path).map_err(|error| self.room.noted(error))?;
        Ok(Draft { file, id, leftover: Leftover(Some(path)), room: Arc::clone(&self.room) })
    }

    /// The same bytes under a second name, without copying where the file system can.
    pub(super) fn duplicate(&self, id: BlobId) -> io::Result<Fresh> {
        let copy = self.name();
        let (from, to) = (self.path(id), self.path(copy));
        let fresh = Fresh { id: copy, leftover: Leftover(Some(to.clone())) };
        match fs::hard_link(&from, &to) {
            Ok(()) => {}
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Err(e),
            Err(_) => {
                let mut draft = self.draft()?;
                io::copy(&mut File::open(from)?, &mut draft.file).map_err(|error| self.room.noted(error))?;
                return draft.keep(self);
            }
        }
        sync_folder(to.parent().expect("a blob lies in a folder"))?;
        Ok(fresh)
    }

    /// Opens a file for reading. It stays readable when it is removed meanwhile.
    pub(super) fn open(&self, id: BlobId) -> io::Result<File> {
        File::open(self.path(id))
    }

    /// Keeps files from being removed until what is returned is dropped. Those that are gone already are not kept.
    pub(super) fn pin(&self, ids: Vec<BlobId>) -> Pinned {
        Pinned::new(Arc::clone(&self.shelf), ids)
    }

    /// Removes files that nothing refers to any more, those that are being read once they have been. What cannot be
    /// removed now is swept after the next opening.
    pub(super) fn remove(&self, ids: &[BlobId]) {
        self.shelf.remove(ids);
    }

    /// Every file that was written before this opening.
    pub(super) fn older(&self, opening: u64) -> impl Iterator<Item = io::Result<BlobId>> + '_ {
        let folders = (0..=u8::MAX).map(|low| self.shelf.folder().join(format!("{low:02x}")));
        let entries = folders.flat_map(|folder| match fs::read_dir(folder) {
            Ok(entries) => entries.collect(),
            Err(e) => vec![Err(e)],
        });
        let ids = entries.filter_map(|entry| {
            let name = match entry {
                Ok(entry) => entry.file_name(),
                Err(e) => return Some(Err(e)),
            };
            let name = name.to_str().filter(|name| name.len() == 16)?;
            u64::from_str_radix(name, 16).ok().map(|id| Ok(BlobId(id)))
        });
        ids.filter(move |id| !matches!(id, Ok(BlobId(id)) if id >> COUNT_BITS >= opening))
    }

    /// Every file there is.
    pub(super) fn all(&self) -> impl Iterator<Item = io::Result<BlobId>> + '_ {
        self.older(u64::MAX)
    }

    /// Whether there was room for what was written lately, here and in the index.
    pub(super) fn room(&self) -> &Room {
        &self.room
    }

    fn path(&self, id: BlobId) -> PathBuf {
        self.shelf.path(id)
    }
}

/// A file in `tmp/`; removed when dropped.
pub(super) struct Draft {
    file: File,
    id: BlobId,
    leftover: Leftover,
    room: Arc<Room>,
}

impl Draft {
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes).map_err(|error| self.room.noted(error))
    }

    /// Makes the bytes durable and gives them their place among the blobs.
    pub(super) fn keep(self, blobs: &Blobs) -> io::Result<Fresh> {
        self.kept(blobs).map_err(|error| blobs.room.noted(error))
    }

    fn kept(mut self, blobs: &Blobs) -> io::Result<Fresh> {
        self.file.sync_all()?;
        let path = blobs.path(self.id);
        if let Some(from) = &self.leftover.0 {
            fs::rename(from, &path)?;
        }
        self.leftover.0 = Some(path.clone());
        sync_folder(path.parent().expect("a blob lies in a folder"))?;
        Ok(Fresh { id: self.id, leftover: self.leftover })
    }
}

/// A blob that the index does not know yet; removed when dropped before [`Fresh::settle`].
pub(super) struct Fresh {
    id: BlobId,
    leftover: Leftover,
}

impl Fresh {
    pub(super) fn id(&self) -> BlobId {
        self.id
    }

    /// The index may know it now: it stays.
    pub(super) fn settle(mut self) {
        self.leftover.0 = None;
    }
}

/// A file that goes when this does.
struct Leftover(Option<PathBuf>);

impl Drop for Leftover {
    fn drop(&mut self) {
        if let Some(path) = self.0.take() {
            // A file that will not go is swept after the next opening.
            let _ = fs::remove_file(path);
        }
    }
}
