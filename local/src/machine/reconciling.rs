//! The look through everything, for what a lost event left behind.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use login::Login;
use tokio::sync::watch;

use super::subscriptions::Handlers;
use super::until;
use crate::s3::Folder;

/// How often everything is looked through.
const EVERY: Duration = Duration::from_hours(24);

/// How soon after something failed in that, doubled each time it fails again.
const AGAIN: Duration = Duration::from_mins(10);

/// How long an upload in parts may wait for its next part; then nobody finishes it. On AWS it is so long from its beginning
/// (`cdk/storage/buckets.ts`); here one that goes on over a slow line stays.
const UNFINISHED: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Looks through everything at the start and once a day. `told` says that the first look is over.
pub(super) async fn run(
    handlers: Handlers,
    login: Arc<Login>,
    folder: Arc<Folder>,
    told: watch::Sender<bool>,
    stopped: watch::Receiver<bool>,
) {
    let mut pauses = Pauses { again: AGAIN };
    loop {
        let mut well = false;
        let all = async {
            well = handlers.reconcile().await;
            let now = Timestamp::now();
            if let Err(error) = login.tidy(now).await {
                tracing::error!("looking through what login keeps ended early: {error}");
            }
            match folder.abort_uploads_before(now - UNFINISHED).await {
                Ok(0) => {}
                Ok(aborted) => tracing::info!(aborted, "removed uploads that nobody finished"),
                Err(error) => tracing::error!("uploads that nobody finishes stay until the next look: {error}"),
            }
        };
        tokio::select! {
            () = all => {}
            () = until(stopped.clone()) => return,
        }
        told.send_replace(true);
        tokio::select! {
            () = tokio::time::sleep(pauses.after(well)) => {}
            () = until(stopped.clone()) => return,
        }
    }
}

/// How long to wait between looks. What fails each time must not keep a machine at work.
struct Pauses {
    again: Duration,
}

impl Pauses {
    fn after(&mut self, well: bool) -> Duration {
        let pause = if well { EVERY } else { self.again };
        self.again = if well { AGAIN } else { EVERY.min(self.again * 2) };
        pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_each_time_is_looked_at_ever_less_often_and_at_least_once_a_day() {
        let mut pauses = Pauses { again: AGAIN };
        let minutes = |pause: Duration| pause.as_secs() / 60;
        let failing: Vec<u64> = (0..10).map(|_| minutes(pauses.after(false))).collect();
        assert_eq!(failing, [10, 20, 40, 80, 160, 320, 640, 1280, 1440, 1440]);
        assert_eq!([true, false].map(|well| minutes(pauses.after(well))), [1440, 10], "it was well once");
    }
}
