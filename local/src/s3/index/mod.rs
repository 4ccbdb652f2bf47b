//! The index: which objects there are. One thread writes, in batches; anybody reads, from a snapshot.

pub(in crate::s3) mod outbox;
mod store;
mod tables;
mod uploads;
mod view;
mod writer;

use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

use redb::{Database, DatabaseError, ReadableTable};
use s3s::{S3Error, S3ErrorCode, S3Result};
use tokio::sync::{mpsc, oneshot, watch};

pub(super) use tables::{Stop, Tables, object_key};
pub(super) use view::View;

use self::store::Store;
use self::tables::COUNTERS;
use super::blobs::Blobs;
use super::record::Unreadable;

/// The layout of the tables. A later one may read earlier ones, never the other way round.
const LAYOUT: u64 = 2;

/// The counter that is there from an opening of a file that had not been closed until nothing was found missing.
const UNCHECKED: &str = "unchecked";

/// Writers that may wait for the thread before the next ones wait for a place in the queue.
const QUEUE: usize = 1024;

/// Why the index did not answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum IndexError {
    /// The store under it failed.
    #[error("the index failed: {0}")]
    Store(Box<redb::Error>),
    /// It holds what no version of this program wrote.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// Its layout is of a newer program.
    #[error("the index was written by a newer version of heirloom (layout {0})")]
    Newer(u64),
    /// It could not be opened again after it had failed.
    #[error("the index is closed, after the disk failed")]
    Closed,
    /// The batch failed, or the folder is being closed. The cause has been logged.
    #[error("the index could not be written")]
    NotWritten,
}

impl IndexError {
    /// What the file system said, if it is its doing.
    fn of_the_disk(&self) -> Option<&std::io::Error> {
        let Self::Store(error) = self else { return None };
        match &**error {
            redb::Error::Io(cause) => Some(cause),
            _ => None,
        }
    }
}

macro_rules! from_redb {
    ($($error:ident)*) => {
        $(impl From<redb::$error> for IndexError {
            fn from(error: redb::$error) -> Self {
                Self::Store(Box::new(error.into()))
            }
        })*
    };
}
from_redb!(StorageError TableError TransactionError CommitError);

impl From<IndexError> for S3Error {
    fn from(error: IndexError) -> Self {
        let sentence = error.to_string();
        let mut answer = Self::with_source(S3ErrorCode::InternalError, Box::new(error));
        answer.set_message(sentence);
        answer
    }
}

/// The open index.
pub(super) struct Index {
    /// `None` only while being dropped.
    jobs: Option<mpsc::Sender<writer::Job>>,
    thread: Option<JoinHandle<()>>,
    store: Arc<Store>,
    changes: watch::Receiver<u64>,
    opening: u64,
    unchecked: bool,
}

impl Index {
    /// Opens the file, or makes it, and starts the thread that writes.
    pub(super) fn open(path: &Path, blobs: &Arc<Blobs>) -> Result<Self, OpenError> {
        let store = Arc::new(Store::open(path)?);
        let (opening, unchecked) = store.with(|database| begin(database, blobs, store.repaired()))?;
        blobs.begin(opening).map_err(OpenError::Files)?;
        let (jobs, queue) = mpsc::channel(QUEUE);
        let (told, changes) = watch::channel(0);
        let writer = writer::Writer { store: Arc::clone(&store), blobs: Arc::clone(blobs), told };
        let thread = std::thread::Builder::new().name("s3-index".to_owned()).spawn(move || writer.run(queue));
        let thread = Some(thread.map_err(OpenError::Files)?);
        Ok(Self { jobs: Some(jobs), thread, store, changes, opening, unchecked })
    }

    /// Which opening of the folder this is, counted from 1.
    pub(super) fn opening(&self) -> u64 {
        self.opening
    }

    /// The sequence of the last change since the opening, whenever it grows; 0 before the first.
    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.clone()
    }

    /// Whether it had not been closed when it was used last, or another time since [`Index::checked`] was called.
    pub(super) fn unchecked(&self) -> bool {
        self.unchecked
    }

    /// Notes that no file is missing. Until then each opening has to look, however well the last one ended.
    pub(super) fn checked(&self) -> Result<(), IndexError> {
        self.store.with(|database| {
            let txn = database.begin_write()?;
            let mut counters = txn.open_table(COUNTERS)?;
            counters.remove(UNCHECKED)?;
            drop(counters);
            txn.commit()?;
            Ok(())
        })
    }

    /// A number that stays the same as long as nothing in the index changes. Whoever was told that a write is durable
    /// finds another number than before it.
    pub(super) fn batches(&self) -> u64 {
        self.store.batches()
    }

    /// A door for reading. It must be gone before the folder can be opened anew.
    pub(super) fn reader(&self) -> Reader {
        Reader(Arc::clone(&self.store))
    }

    /// Does a part of the next batch, and returns after it has become durable.
    pub(super) async fn write<T, F>(&self, part: F) -> S3Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tables<'_>) -> Result<T, Stop> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let job: writer::Job = Box::new(move |tables| {
            let outcome = match part(tables) {
                Ok(value) => Ok(value),
                Err(Stop::Refused(error)) => Err(error),
                Err(Stop::Broken(error)) => return Err(error),
            };
            // Whoever asked may have left meanwhile: what is done stays done.
            Ok(Box::new(move || drop(answer.send(outcome))))
        });
        let jobs = self.jobs.as_ref().ok_or(IndexError::NotWritten)?;
        jobs.send(job).await.map_err(|_| IndexError::NotWritten)?;
        answered.await.map_err(|_| IndexError::NotWritten)?
    }
}

/// A door for reading.
pub(super) struct Reader(Arc<Store>);

impl Reader {
    /// A snapshot to read from. Reading blocks.
    pub(super) fn view(&self) -> Result<View, IndexError> {
        self.0.with(View::open)
    }
}

impl Drop for Index {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // What was queued is written before the file is closed. A panic there has been reported by the thread.
            let _ = thread.join();
        }
    }
}

/// Why the index could not be opened.
#[derive(Debug)]
pub(super) enum OpenError {
    Database(DatabaseError),
    Index(IndexError),
    Files(std::io::Error),
}

impl From<DatabaseError> for OpenError {
    fn from(error: DatabaseError) -> Self {
        Self::Database(error)
    }
}

impl<E: Into<IndexError>> From<E> for OpenError {
    fn from(error: E) -> Self {
        Self::Index(error.into())
    }
}

/// Makes the tables, checks the layout, counts the opening. Returns its number, and whether files may be missing.
fn begin(database: &Database, blobs: &Blobs, repaired: bool) -> Result<(u64, bool), IndexError> {
    let txn = database.begin_write()?;
    let mut tables = Tables::open(&txn, blobs)?;
    let layout = tables.counters.get("layout")?.map(|layout| layout.value());
    if let Some(layout) = layout.filter(|&layout| layout > LAYOUT) {
        return Err(IndexError::Newer(layout));
    }
    let opening = tables.counters.get("openings")?.map_or(0, |count| count.value()) + 1;
    tables.counters.insert("layout", LAYOUT)?;
    tables.counters.insert("openings", opening)?;
    let unchecked = repaired || tables.counters.get(UNCHECKED)?.is_some();
    if unchecked {
        tables.counters.insert(UNCHECKED, 1_u64)?;
    }
    drop(tables);
    txn.commit()?;
    Ok((opening, unchecked))
}

#[cfg(test)]
mod tests;
