//! The whole bucket made right: what lost events, crashes and older versions left.
//!
//! A [look](Resizer::look) tells which photos are not as they should be; here they are refreshed one after the other. On
//! AWS they go to the resizers' queue instead (`main.rs`), because no function lives long enough for all of them.

use std::sync::atomic::Ordering;

use futures::{StreamExt, stream};
use gallery::StoreError;
use tracing::error;

use crate::look::Found;
use crate::refresh::{Done, Look, RefreshError};
use crate::resizer::Resizer;

/// What a reconciliation did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Photos that were right already.
    pub unchanged: usize,
    /// Photos that were rendered.
    pub rendered: usize,
    /// Originals that were found not to be photos.
    pub rejected: usize,
    /// Photos whose remains were removed.
    pub removed: usize,
    /// Keys that could not be refreshed; each was logged.
    pub failed: usize,
}

impl Resizer {
    /// Looks through the buckets and refreshes what differs. Fails only when the look fails; keys that fail are logged and
    /// counted.
    pub async fn reconcile(&self) -> Result<Tally, StoreError> {
        let Found { right, wrong, removed } = self.look().await?;
        let mut tally = Tally { unchanged: right, removed, ..Tally::default() };
        let look = if self.anew { Look::Never } else { Look::Leaving };
        let mut refreshed = stream::iter(wrong)
            .map(|key| async move {
                let result = self.refresh_looking(&key, look).await.map_err(|error| (key, error));
                self.done.fetch_add(1, Ordering::Relaxed);
                result
            })
            .buffer_unordered(self.width);
        while let Some(result) = refreshed.next().await {
            tally.count(result);
        }
        Ok(tally)
    }
}

impl Tally {
    fn count(&mut self, result: Result<Done, (String, RefreshError)>) {
        match result {
            Ok(Done::Ignored) => {}
            Ok(Done::Unchanged) => self.unchanged += 1,
            Ok(Done::Rendered) => self.rendered += 1,
            Ok(Done::Rejected) => self.rejected += 1,
            Ok(Done::Removed) => self.removed += 1,
            Err((key, error)) => {
                error!(key, %error, "cannot refresh a photo");
                self.failed += 1;
            }
        }
    }
}
