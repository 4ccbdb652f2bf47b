//! The handler: a batch of messages in, the ones that failed out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use futures::StreamExt;
use futures::stream;
use gallery::notification::changed;
use gallery::{Bucket, Store};
use tokio::sync::Semaphore;
use tracing::{debug, error};

use crate::limits::Limits;
use crate::render::Wanted;

/// Makes the resized bucket follow the source bucket.
#[derive(Debug)]
pub struct Resizer {
    pub(crate) store: Store,
    pub(crate) limits: Limits,
    pub(crate) wanted: Arc<Wanted>,
    /// One turn for each core: a turn holds an original and its pixels in memory.
    pub(crate) turns: Semaphore,
    /// How many keys are worked on at once: while some wait for S3, the others keep the cores busy.
    pub(crate) width: usize,
}

impl Resizer {
    /// A resizer over these buckets.
    pub fn new(store: Store, limits: Limits) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self { store, limits, wanted: Arc::default(), turns: Semaphore::new(cores), width: 4 + 2 * cores }
    }

    /// Refreshes every key that the messages speak of, each once, and names the messages that must come again.
    pub async fn handle(&self, event: SqsEvent) -> SqsBatchResponse {
        let mut failed = BTreeSet::new();
        let mut asked: BTreeMap<String, Vec<usize>> = BTreeMap::new();
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
        let mut refreshed = stream::iter(asked)
            .map(|(key, positions)| async move { (self.refresh(&key).await, key, positions) })
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
