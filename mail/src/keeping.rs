//! Round after round, for as long as a gallery runs.

use std::time::Duration;

use jiff::Timestamp;

use crate::report::Reached;
use crate::rounds::{Asked, Rounds};

/// How often rounds are made.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Before the first: a gallery that has just begun is not through with what it missed.
    pub first: Duration,
    /// Between two. What is due is a matter of hours.
    pub every: Duration,
}

impl Pace {
    /// A running gallery's.
    pub const USUAL: Self = Self { first: Duration::from_mins(1), every: Duration::from_mins(15) };
}

/// Makes rounds without end, at the times that `clock` tells. What fails is told to the log, and tried in the next round.
pub async fn keep_making(rounds: Rounds, pace: Pace, clock: impl Fn() -> Timestamp) {
    tokio::time::sleep(pace.first).await;
    loop {
        match Box::pin(rounds.make(&Asked::default(), clock())).await {
            Ok(report) => {
                for viewed in &report.viewers {
                    if let Reached::Failed { why, .. } = &viewed.reached {
                        tracing::warn!(viewer = %viewed.viewer, "a mail was not sent: {why}");
                    }
                }
            }
            Err(error) => tracing::error!("nobody was written to: {error}"),
        }
        tokio::time::sleep(pace.every).await;
    }
}
