//! The handler: a batch of messages in, the ones that failed out.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use futures::StreamExt;
use futures::stream;
use gallery::notification::{changed, is_from_a_look};
use gallery::{Bucket, Store, StoreError};
use tokio::sync::{AcquireError, Semaphore, SemaphorePermit};
use tracing::{debug, error};

use crate::leavings::Leavings;
use crate::limits::Limits;
use crate::render::Wanted;
use crate::settings::{Wish, Wishes};

/// Mebibytes for each core: an ordinary photo and its pixels, with room to spare.
const MEMORY_PER_CORE: usize = 160;

/// Mebibytes that there must be on the smallest machine.
const LEAST_MEMORY: usize = 768;

/// Mebibytes of pixels that a mebibyte of an original becomes, at most and unless it was made to be a bomb; that has a
/// limit of its own.
const PIXELS_PER_BYTE: u64 = 4;

/// Mebibytes that a photo of any size takes.
const PIXELS_AT_LEAST: u64 = 64;

/// How far a resizer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Keys that were dealt with.
    pub done: usize,
    /// Keys that were asked for, those included.
    pub asked: usize,
}

/// Makes the resized bucket follow the source bucket.
#[derive(Debug)]
pub struct Resizer {
    pub(crate) store: Store,
    pub(crate) limits: Limits,
    pub(crate) wanted: Arc<Wanted>,
    wishes: Wishes,
    /// Renditions that pages may still name; `None` where they are removed at once.
    pub(crate) leavings: Option<Mutex<Leavings>>,
    /// Whether everything is made anew, however fresh it is.
    pub(crate) anew: bool,
    /// Whether a look keeps what it saw for the next one.
    pub(crate) remembers: bool,
    /// One turn for each core: a turn holds an original and its pixels in memory.
    pub(crate) turns: Semaphore,
    /// Mebibytes that originals and their pixels may hold together.
    memory: Semaphore,
    most_memory: u32,
    pub(crate) asked: AtomicUsize,
    pub(crate) done: AtomicUsize,
    /// How many keys are worked on at once: while some wait for S3, the others keep the cores busy.
    pub(crate) width: usize,
}

impl Resizer {
    /// A resizer over these buckets.
    pub fn new(store: Store, limits: Limits) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let most_memory = (cores * MEMORY_PER_CORE).max(LEAST_MEMORY);
        Self {
            store,
            limits,
            wanted: Arc::default(),
            wishes: Wishes::default(),
            leavings: None,
            anew: false,
            remembers: false,
            turns: Semaphore::new(cores),
            memory: Semaphore::new(most_memory),
            most_memory: most_memory as u32,
            asked: AtomicUsize::new(0),
            done: AtomicUsize::new(0),
            width: 4 + 2 * cores,
        }
    }

    /// The same with other renditions than usual.
    #[must_use]
    pub fn wanting(self, wanted: Wanted) -> Self {
        Self { wanted: Arc::new(wanted), ..self }
    }

    /// The same, making every photo's renditions anew even where they are right already.
    #[must_use]
    pub fn anew(self, anew: bool) -> Self {
        Self { anew, ..self }
    }

    /// The same, keeping what a look saw of the facts, so that the next need not read them again: where each reading is a
    /// request that costs.
    #[must_use]
    pub fn remembering(self) -> Self {
        Self { remembers: true, ..self }
    }

    /// Which renditions the owner wants now.
    pub(crate) async fn wish(&self) -> Result<Wish, StoreError> {
        self.wishes.now(&self.store, &self.wanted).await
    }

    /// How far it is with what it was asked for since it was made.
    pub fn progress(&self) -> Progress {
        let done = self.done.load(Ordering::Relaxed);
        Progress { done, asked: self.asked.load(Ordering::Relaxed).max(done) }
    }

    /// A core, and room in memory for an original of so many bytes. What needs more than there is has it all to itself.
    pub(crate) async fn turn(&self, bytes: u64) -> Result<(SemaphorePermit<'_>, SemaphorePermit<'_>), AcquireError> {
        let wanted = (bytes >> 20) * PIXELS_PER_BYTE + PIXELS_AT_LEAST;
        let room = u32::try_from(wanted).unwrap_or(u32::MAX).min(self.most_memory);
        // Always in this order, so that nobody who holds room waits for it.
        let room = self.memory.acquire_many(room).await?;
        Ok((room, self.turns.acquire().await?))
    }

    /// Refreshes every key that the messages speak of, each once, and names the messages that must come again.
    pub async fn handle(&self, event: SqsEvent) -> SqsBatchResponse {
        let mut failed = BTreeSet::new();
        let mut asked: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        // What comes again may have been left half-way: after the facts, say, and before what they made stale was removed.
        // What a look found wrong may be so behind facts that are fresh.
        let closely = |message: &SqsMessage| is_repeated(message) || is_from_a_look(message);
        let closely: &[bool] = &event.records.iter().map(closely).collect::<Vec<_>>();
        for (position, message) in event.records.iter().enumerate() {
            match changed(message) {
                Ok(changes) => {
                    for change in changes {
                        if self.store.bucket_called(&change.bucket) == Some(Bucket::Source) {
                            asked.entry(change.key).or_default().push(position);
                        } else {
                            debug!(bucket = change.bucket, key = change.key, "not in the source bucket");
                        }
                    }
                }
                Err(error) => {
                    error!(message = message.message_id, %error, "cannot read a message");
                    failed.insert(position);
                }
            }
        }
        // What was said last is what somebody waits for now.
        let mut asked: Vec<_> = asked.into_iter().collect();
        asked.sort_by_key(|(_, positions)| Reverse(positions.last().copied()));
        self.asked.fetch_add(asked.len(), Ordering::Relaxed);
        let mut refreshed = stream::iter(asked)
            .map(|(key, positions)| async move {
                let closely = positions.iter().any(|&position| closely[position]);
                let result = if closely { self.refresh_closely(&key).await } else { self.refresh(&key).await };
                self.done.fetch_add(1, Ordering::Relaxed);
                (result, key, positions)
            })
            .buffer_unordered(self.width);
        while let Some((result, key, positions)) = refreshed.next().await {
            if let Err(error) = result {
                error!(key, %error, "cannot refresh a photo");
                failed.extend(positions);
            }
        }
        let mut response = SqsBatchResponse::default();
        for position in failed {
            // Without an id AWS takes the whole batch for failed, which is safe.
            response.add_failure(event.records[position].message_id.clone().unwrap_or_default());
        }
        response
    }
}

/// Whether a message was received before (AWS, "SQS message system attributes").
fn is_repeated(message: &SqsMessage) -> bool {
    message.attributes.get("ApproximateReceiveCount").and_then(|count| count.parse().ok()).unwrap_or(1_u32) > 1
}
