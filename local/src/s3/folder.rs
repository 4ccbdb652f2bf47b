//! The folder: opening it, and what others keep in it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use redb::{DatabaseError, StorageError};
use s3s::S3Result;
use tokio::sync::watch;

use super::blobs::Blobs;
use super::index::outbox::Change;
use super::index::{Index, IndexError, OpenError, Stop, Tables, View};
use super::pace::Pace;
use super::sweep::{SweepError, Sweeper, missing};
use crate::durable::sync_folder;

/// Why the folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The file system says no.
    #[error("cannot write in the data folder `{path}`: {cause}")]
    NotWritable {
        /// The folder.
        path: PathBuf,
        /// What the file system said.
        cause: std::io::Error,
    },
    /// Another process has it open.
    #[error("the data folder `{path}` is already in use by another heirloom process")]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// What is in it cannot be read.
    #[error(
        "the index of the data folder `{path}` is damaged: {cause}. If the folder is a copy, stop the gallery and copy it \
         again; if it is not, bring a backup into a new folder with `heirloom restore`"
    )]
    Damaged {
        /// The folder.
        path: PathBuf,
        /// What is wrong with it.
        cause: String,
    },
    /// It was once not closed after its use, and lacks what no crash takes.
    #[error(
        "the data folder `{path}` lacks {missing} of the {wanted} files that its index refers to, as a copy does that was \
         made while the gallery ran: stop the gallery and copy it again, or bring a backup into a new folder with \
         `heirloom restore`"
    )]
    Incomplete {
        /// The folder.
        path: PathBuf,
        /// How many files are not there.
        missing: usize,
        /// How many should be.
        wanted: usize,
    },
    /// A name that S3 does not allow for a bucket.
    #[error("`{0}` is no name for a bucket: use 3 to 63 lower-case letters, digits, `.` and `-`")]
    BucketName(String),
    /// The index did not answer, after it had been opened.
    #[error("the data folder failed: {0}")]
    Failed(String),
}

/// An open folder. One process at a time has it open; within the process it is shared.
pub struct Folder {
    // Dropped first: the sweep reads the index, which then closes.
    sweeper: Sweeper,
    index: Index,
    blobs: Arc<Blobs>,
    pace: Arc<Pace>,
    #[cfg(test)]
    fails: std::sync::Mutex<Option<Fails>>,
}

/// Says of each write whether it fails, as on a full disk.
#[cfg(test)]
type Fails = Box<dyn FnMut() -> bool + Send>;

impl Folder {
    /// Opens a folder, making it when it is missing. Blocks for as long as the disk takes; after a crash the index is
    /// checked, which takes about a second per gigabyte of it.
    pub fn open(path: &Path) -> Result<Arc<Self>, FolderError> {
        let not_writable = |cause| FolderError::NotWritable { path: path.to_owned(), cause };
        let blobs = Arc::new(Blobs::prepare(path).map_err(not_writable)?);
        let file = path.join("index.redb");
        // A kill during the very first start leaves as little, but no files: each is written after the index knows of its
        // opening. An index that was made anew would know none of them, and they would be swept away.
        if is_new(&file) && blobs.all().next().transpose().map_err(not_writable)?.is_some() {
            let cause = "`index.redb` is missing or empty, and `blobs` holds files that only it can name".to_owned();
            return Err(FolderError::Damaged { path: path.to_owned(), cause });
        }
        // redb may panic on a file that is damaged in an unlucky place.
        let opened = catch_unwind(AssertUnwindSafe(|| Index::open(&file, &blobs)));
        let index = match opened {
            Ok(Ok(index)) => index,
            Ok(Err(error)) => return Err(explain(path, error)),
            Err(_) => {
                return Err(FolderError::Damaged { path: path.to_owned(), cause: "it is no index".to_owned() });
            }
        };
        // The index's own name in it.
        sync_folder(path).map_err(not_writable)?;
        if index.unchecked() {
            let (missing, wanted) = missing(&index.reader(), &blobs).map_err(|error| match error {
                SweepError::Index(cause) => explain(path, OpenError::Index(cause)),
                SweepError::Files(cause) => not_writable(cause),
            })?;
            if missing > 0 {
                return Err(FolderError::Incomplete { path: path.to_owned(), missing, wanted });
            }
            index.checked().map_err(|cause| explain(path, OpenError::Index(cause)))?;
        }
        let sweeper = Sweeper::start(index.reader(), Arc::clone(&blobs), index.opening()).map_err(not_writable)?;
        Ok(Arc::new(Self {
            sweeper,
            index,
            blobs,
            pace: Arc::default(),
            #[cfg(test)]
            fails: std::sync::Mutex::default(),
        }))
    }

    /// Makes the buckets that are missing.
    pub async fn ensure_buckets(&self, names: &[&str]) -> Result<(), FolderError> {
        if let Some(name) = names.iter().find(|name| !s3s::path::check_bucket_name(name)) {
            return Err(FolderError::BucketName((*name).to_owned()));
        }
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let made = Timestamp::now().as_millisecond();
        let written = self.write(move |tables| {
            for name in &names {
                if !tables.has_bucket(name)? {
                    tables.make_bucket(name, made)?;
                }
            }
            Ok(())
        });
        written.await.map_err(failed)
    }

    /// The changes after a sequence (0: from the first), oldest first, at most `limit`. What has been forgotten is
    /// not among them.
    pub async fn changes_after(&self, sequence: u64, limit: usize) -> Result<Vec<Change>, FolderError> {
        self.look(move |view, _| view.changes_after(sequence, limit)).await.map_err(failed)
    }

    /// Tells of something that happened once more, under a sequence of its own. Durable when it returns.
    pub async fn tell_again(&self, change: Change) -> Result<(), FolderError> {
        self.write(move |tables| tables.announce(change)).await.map_err(failed)
    }

    /// Forgets changes that have been dealt with. Durable when it returns.
    pub async fn forget(&self, sequences: &[u64]) -> Result<(), FolderError> {
        self.forget_noting(sequences, Vec::new()).await
    }

    /// Forgets changes and keeps notes, by name, of what is to be known of them: all of it or nothing. Durable when it
    /// returns.
    pub async fn forget_noting(&self, sequences: &[u64], notes: Vec<(String, Vec<u8>)>) -> Result<(), FolderError> {
        let sequences = sequences.to_vec();
        let written = self.write(move |tables| {
            for (name, note) in notes {
                tables.notes.insert(name.as_str(), note.as_slice())?;
            }
            for sequence in sequences {
                tables.outbox.remove(sequence)?;
            }
            Ok(())
        });
        written.await.map_err(failed)
    }

    /// The sequence of the last change since the opening; it wakes whoever waits for it to change, after the commit.
    /// A fresh receiver has seen the present value: read [`Folder::changes_after`] once before waiting.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.index.changes()
    }

    /// Keeps a note under a name, over the one that was there. Durable when it returns.
    pub async fn put_note(&self, name: &str, note: impl Into<Vec<u8>>) -> Result<(), FolderError> {
        let (name, note) = (name.to_owned(), note.into());
        let written = self.write(move |tables| {
            tables.notes.insert(name.as_str(), note.as_slice())?;
            Ok(())
        });
        written.await.map_err(failed)
    }

    /// All notes, by name.
    pub async fn notes(&self) -> Result<Vec<(String, Vec<u8>)>, FolderError> {
        self.look(|view, _| view.notes()).await.map_err(failed)
    }

    /// Removes a note; no error when there is none.
    pub async fn remove_note(&self, name: &str) -> Result<(), FolderError> {
        let name = name.to_owned();
        let written = self.write(move |tables| {
            tables.notes.remove(name.as_str())?;
            Ok(())
        });
        written.await.map_err(failed)
    }

    /// Aborts the uploads in parts that were begun, and got their last part, before a moment. Returns how many.
    pub async fn abort_uploads_before(&self, moment: Timestamp) -> Result<usize, FolderError> {
        let moment = moment.as_millisecond();
        self.write(move |tables| tables.remove_uploads_before(moment)).await.map_err(failed)
    }

    /// Waits until the sweep that the opening began has ended. Nothing depends on it but tests and tidiness.
    pub async fn swept(&self) {
        self.sweeper.ended().await;
    }

    /// Whether a write found no room a moment ago, as on a full disk. Small ones may succeed meanwhile.
    pub fn lacked_room(&self) -> bool {
        self.blobs.room().lacked_lately()
    }

    /// A number that stays the same as long as no object changes: what was read since it was first seen is what is
    /// there. Whoever was told that a write is durable finds another number than before it.
    pub fn state(&self) -> u64 {
        self.index.batches()
    }

    /// The `ETag` of an object, without quotes; `None` when there is none.
    pub async fn etag(&self, bucket: &str, key: &str) -> Result<Option<String>, FolderError> {
        let (bucket, key) = (bucket.to_owned(), key.to_owned());
        self.glance(move |view, _| view.etag(&bucket, &key)).await.map_err(failed)
    }

    pub(super) fn blobs(&self) -> &Arc<Blobs> {
        &self.blobs
    }

    /// Reads from a snapshot, away from the executor.
    pub(super) async fn look<T, F>(&self, read: F) -> S3Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&View, &Blobs) -> Result<T, IndexError> + Send + 'static,
    {
        let (reader, blobs) = (self.index.reader(), Arc::clone(&self.blobs));
        blocking(move || read(&reader.view()?, &blobs)).await?.map_err(Into::into)
    }

    /// The same for one object, whose reading seldom has to wait: away from the executor only while it does.
    pub(super) async fn glance<T, F>(&self, read: F) -> S3Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&View, &Blobs) -> Result<T, IndexError> + Send + 'static,
    {
        let (reader, blobs, pace) = (self.index.reader(), Arc::clone(&self.blobs), Arc::clone(&self.pace));
        let waits = pace.is_slow();
        let read = move || pace.reading(|| read(&reader.view()?, &blobs));
        if waits {
            return blocking(read).await?.map_err(Into::into);
        }
        // Whoever reads much lets others have their turn.
        tokio::task::coop::consume_budget().await;
        read().map_err(Into::into)
    }

    /// Does a part of the next transaction; see [`Index::write`].
    pub(super) async fn write<T, F>(&self, part: F) -> S3Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tables<'_>) -> Result<T, Stop> + Send + 'static,
    {
        #[cfg(test)]
        if self.fails.lock().unwrap().as_mut().is_some_and(|fails| fails()) {
            return Err(IndexError::NotWritten.into());
        }
        self.index.write(part).await
    }

    #[cfg(test)]
    pub(crate) fn fail_when(&self, fails: impl FnMut() -> bool + Send + 'static) {
        *self.fails.lock().unwrap() = Some(Box::new(fails));
    }

    /// As if a write had just found no room.
    #[cfg(test)]
    pub(crate) fn lack_room(&self) {
        self.blobs.room().note(std::io::ErrorKind::StorageFull);
    }
}

impl std::fmt::Debug for Folder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Folder").field("blobs", &self.blobs).finish_non_exhaustive()
    }
}

/// Whether nothing was ever written into the index.
fn is_new(index: &Path) -> bool {
    match std::fs::metadata(index) {
        Ok(found) => found.len() == 0,
        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
    }
}

/// Runs what blocks away from the executor.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> S3Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(s3s::S3Error::internal_error)
}

#[allow(clippy::needless_pass_by_value, reason = "it is what `map_err` passes")]
fn failed(error: s3s::S3Error) -> FolderError {
    FolderError::Failed(error.message().map_or_else(|| error.to_string(), str::to_owned))
}

fn explain(path: &Path, error: OpenError) -> FolderError {
    let path = path.to_owned();
    match error {
        OpenError::Database(DatabaseError::DatabaseAlreadyOpen) => FolderError::InUse { path },
        OpenError::Database(DatabaseError::Storage(StorageError::Io(cause)))
            if cause.kind() != std::io::ErrorKind::InvalidData && cause.kind() != std::io::ErrorKind::UnexpectedEof =>
        {
            FolderError::NotWritable { path, cause }
        }
        OpenError::Files(cause) => FolderError::NotWritable { path, cause },
        OpenError::Database(cause) => FolderError::Damaged { path, cause: cause.to_string() },
        OpenError::Index(cause) => FolderError::Damaged { path, cause: cause.to_string() },
    }
}
