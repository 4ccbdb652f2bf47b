//! What an original may cost.

use std::time::{Duration, Instant};

use crate::render::Rejection;

/// Limits that are checked from an original's size and header, before anything is allocated for its pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most bytes of an original.
    pub bytes: u64,
    /// Most pixels of an original.
    pub pixels: u64,
    /// Most pixels along one side.
    pub side: u32,
    /// Most bytes of memory that a decoder may ask for.
    pub memory: u64,
    /// The longest time that one may take.
    pub time: Duration,
}

impl Default for Limits {
    /// 768 MiB, 200 megapixels (the largest that phones and medium-format cameras write), 65,535 pixels a side (all that JPEG
    /// can say), 768 MiB of memory: with the original's bytes, which lie beside it, 1,536 of the 2,048 MB of the
    /// function that the resizer is deployed as. 75 seconds: many times what a photo takes, and less than the function is given for it.
    fn default() -> Self {
        Self { bytes: 768 << 20, pixels: 200_000_000, side: 65_535, memory: 768 << 20, time: Duration::from_secs(75) }
    }
}

/// When work on an original must have ended. Asked between rows of blocks, tiles, passes and sizes, so that it is
/// noticed within a fraction of a second; what lies between two questions is bounded by the other limits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    since: Instant,
    most: Duration,
}

impl Deadline {
    /// From now on.
    pub(crate) fn of(limits: &Limits) -> Self {
        Self { since: Instant::now(), most: limits.time }
    }

    /// Whether there is time left.
    pub(crate) fn check(&self) -> Result<(), Rejection> {
        if self.since.elapsed() <= self.most { Ok(()) } else { Err(Rejection::TooSlow(self.most.as_secs())) }
    }
}
