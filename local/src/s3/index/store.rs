//! The redb database itself, which can be opened anew.
//!
//! After a failed write, for want of space as a rule, redb refuses every operation until the file is opened again.
//! Then it goes back to the last commit, which is what was last acknowledged.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use redb::{Database, DatabaseError};

use super::IndexError;

/// Pages of the index kept in memory, in bytes. redb's own default is 1 GiB.
const CACHE: usize = 64 * 1024 * 1024;

pub(super) struct Store {
    path: PathBuf,
    /// `None` while it cannot be opened.
    database: RwLock<Option<Database>>,
    repaired: bool,
    /// Counts the batches that were tried.
    batches: AtomicU64,
}

impl Store {
    pub(super) fn open(path: &Path) -> Result<Self, DatabaseError> {
        let noted = Arc::new(AtomicBool::new(false));
        let note = Arc::clone(&noted);
        let mut builder = builder();
        let database = builder.set_repair_callback(move |_| note.store(true, Ordering::Relaxed)).create(path)?;
        let repaired = noted.load(Ordering::Relaxed);
        Ok(Self { path: path.to_owned(), database: RwLock::new(Some(database)), repaired, batches: AtomicU64::new(0) })
    }

    /// Whether the file had not been closed: after a crash, or because it is a copy of one that was open.
    pub(super) fn repaired(&self) -> bool {
        self.repaired
    }

    /// Uses the database. Any number may at a time.
    pub(super) fn with<T>(&self, work: impl FnOnce(&Database) -> Result<T, IndexError>) -> Result<T, IndexError> {
        let database = self.database.read().unwrap_or_else(PoisonError::into_inner);
        work(database.as_ref().ok_or(IndexError::Closed)?)
    }

    /// How many batches have been tried: as long as it stays the same, so does everything in the index.
    pub(super) fn batches(&self) -> u64 {
        self.batches.load(Ordering::Acquire)
    }

    /// Counts a batch, before anybody is told of its outcome.
    pub(super) fn count_batch(&self) {
        self.batches.fetch_add(1, Ordering::Release);
    }

    /// Closes the file and opens it again, after it has failed. Snapshots that are being read end with an error. When it
    /// cannot be opened, it stays closed: then this is to be called again.
    pub(super) fn reopen(&self) -> Result<(), DatabaseError> {
        let mut database = self.database.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(failed) = database.take()
            && let Err(error) = failed.close()
        {
            tracing::debug!(%error, "the failed index did not close well");
        }
        // What has gone is not made anew: an empty index would know nothing of the files.
        *database = Some(builder().open(&self.path)?);
        Ok(())
    }
}

fn builder() -> redb::Builder {
    let mut builder = Database::builder();
    builder.set_cache_size(CACHE);
    builder
}
