//! The one thread that writes: whatever waits when a transaction begins goes into it, and is answered after its sync.

use std::sync::Arc;
use std::time::Duration;

use redb::Database;
use tokio::sync::mpsc::error::TryRecvError;
use tokio::sync::{mpsc, watch};

use super::IndexError;
use super::store::Store;
use super::tables::{After, Tables};
use crate::s3::blobs::{Blobs, Fresh};

/// A part of a batch. It returns how to answer once the batch is durable; when the batch fails, that is dropped.
pub(super) type Job = Box<dyn FnOnce(&mut Tables<'_>) -> Result<Answer, IndexError> + Send>;
/// Tells the one who asked.
pub(super) type Answer = Box<dyn FnOnce() + Send>;

/// The most parts in one transaction: bounds the memory of a batch and how long the first of it waits.
const BATCH: usize = 256;

/// How long to wait before an index is tried again that could not be opened.
const AGAIN: Duration = Duration::from_secs(1);

pub(super) struct Writer {
    pub(super) store: Arc<Store>,
    pub(super) blobs: Arc<Blobs>,
    /// The sequence of the last change.
    pub(super) told: watch::Sender<u64>,
}

impl Writer {
    /// Runs until the last sender is gone and what it sent is written.
    pub(super) fn run(self, mut queue: mpsc::Receiver<Job>) {
        let mut batch = Vec::with_capacity(BATCH);
        while queue.blocking_recv_many(&mut batch, BATCH) > 0 {
            let committed = self.commit(batch.drain(..));
            self.store.count_batch();
            match committed {
                Ok((answers, after)) => {
                    for answer in answers {
                        answer();
                    }
                    if let Some(sequence) = after.sequence {
                        self.told.send_replace(sequence);
                    }
                    self.blobs.remove(&after.doomed);
                }
                Err(error) => {
                    tracing::error!(%error, "a batch of writes to the S3 index failed");
                    if let Some(cause) = error.of_the_disk() {
                        self.blobs.room().note(cause.kind());
                    }
                    self.reopen(&mut queue);
                }
            }
        }
    }

    /// Opens the index again, whether or not anybody writes: those who read wait for it too. What is to be written while it
    /// cannot be opened fails.
    fn reopen(&self, queue: &mut mpsc::Receiver<Job>) {
        let mut told = false;
        loop {
            let opened = self.store.reopen();
            self.store.count_batch();
            let Err(error) = opened else { return };
            if !told {
                tracing::error!(%error, "the index could not be opened again; it is tried once a second");
                told = true;
            }
            if refuse_all(queue).is_none() {
                return;
            }
            std::thread::sleep(AGAIN);
        }
    }

    fn commit(&self, batch: impl Iterator<Item = Job>) -> Result<(Vec<Answer>, After), IndexError> {
        self.store.with(|database| self.transact(database, batch))
    }

    fn transact(
        &self,
        database: &Database,
        batch: impl Iterator<Item = Job>,
    ) -> Result<(Vec<Answer>, After), IndexError> {
        let txn = database.begin_write()?;
        let mut tables = Tables::open(&txn, &self.blobs)?;
        let answers = batch.map(|job| job(&mut tables)).collect::<Result<_, _>>()?;
        let mut after = tables.finish()?;
        let committed = txn.commit();
        // When a commit fails nobody knows what is on disk: then the files stay too, for the sweep to decide.
        after.fresh.drain(..).for_each(Fresh::settle);
        committed?;
        Ok((answers, after))
    }
}

/// Drops what waits, which tells those who wait. `None` when nobody can send any more.
fn refuse_all(queue: &mut mpsc::Receiver<Job>) -> Option<()> {
    loop {
        match queue.try_recv() {
            Ok(job) => drop(job),
            Err(TryRecvError::Empty) => return Some(()),
            Err(TryRecvError::Disconnected) => return None,
        }
    }
}
