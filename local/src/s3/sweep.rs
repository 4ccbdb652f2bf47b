//! The files of the folder beside its index: those that nothing refers to, which go, and those that are missing.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use tokio::sync::watch;

use super::blobs::{BlobId, Blobs};
use super::index::{IndexError, Reader};

/// The thread that removes files of earlier openings that nothing refers to.
pub(super) struct Sweeper {
    stop: Arc<AtomicBool>,
    ended: watch::Receiver<bool>,
    thread: Option<JoinHandle<()>>,
}

impl Sweeper {
    pub(super) fn start(reader: Reader, blobs: Arc<Blobs>, opening: u64) -> std::io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let (end, ended) = watch::channel(false);
        let stopped = Arc::clone(&stop);
        let thread = std::thread::Builder::new().name("s3-sweep".to_owned()).spawn(move || {
            if let Err(error) = sweep(&reader, &blobs, opening, &stopped) {
                tracing::warn!(%error, "the sweep of the data folder did not end; the next start tries again");
            }
            end.send_replace(true);
        })?;
        Ok(Self { stop, ended, thread: Some(thread) })
    }

    /// Waits until it has ended.
    pub(super) async fn ended(&self) {
        let mut ended = self.ended.clone();
        // The sender is only dropped after it has sent, or after a panic: in both cases there is no more to wait for.
        let _ = ended.wait_for(|ended| *ended).await;
    }
}

impl Drop for Sweeper {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // Its panic has been reported by the thread.
            let _ = thread.join();
        }
    }
}

/// A file of an earlier opening cannot be referred to anew, so one look at the index decides.
fn sweep(reader: &Reader, blobs: &Blobs, opening: u64, stop: &AtomicBool) -> Result<(), SweepError> {
    let view = reader.view()?;
    let mut stray: Vec<BlobId> = Vec::new();
    for id in blobs.older(opening) {
        if stop.load(Ordering::Relaxed) {
            return Ok(());
        }
        let id = id?;
        if !view.refers_to(id)? {
            stray.push(id);
        }
    }
    if !stray.is_empty() {
        tracing::info!(files = stray.len(), "removing files that nothing refers to");
        blobs.remove(&stray);
    }
    Ok(())
}

/// How many of the files that the index refers to are not there, and how many it refers to. No crash of ours loses one:
/// each is durable before the index knows it, and goes after the index has forgotten it.
pub(super) fn missing(reader: &Reader, blobs: &Blobs) -> Result<(usize, usize), SweepError> {
    let wanted = reader.view()?.files()?;
    let there = blobs.all().collect::<Result<HashSet<BlobId>, _>>()?;
    Ok((wanted.iter().filter(|id| !there.contains(id)).count(), wanted.len()))
}

/// Why the files could not be looked through.
#[derive(Debug, thiserror::Error)]
pub(super) enum SweepError {
    #[error(transparent)]
    Index(#[from] IndexError),
    #[error(transparent)]
    Files(#[from] std::io::Error),
}
