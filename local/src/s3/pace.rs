//! Whether reads come out of memory at present, so that they may be done where they are asked for.
//!
//! To hand a read to a thread that may wait for the disk, and to wake up whoever asked, takes the system several times as
//! long as the read itself, when the disk is not needed for it: nearly always, since what is asked for was written a
//! moment ago or is asked for often. Nobody knows beforehand; but where one read had to wait, others will.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// What takes longer did not come out of memory, or not alone. A disk that turns takes ten times as long.
const SLOW: Duration = Duration::from_millis(1);

/// How long the last read took.
#[derive(Debug, Default)]
pub(super) struct Pace {
    slow: AtomicBool,
}

impl Pace {
    /// Whether the last read had to wait.
    pub(super) fn is_slow(&self) -> bool {
        self.slow.load(Ordering::Relaxed)
    }

    /// Reads, and notes how long it took.
    pub(super) fn reading<T>(&self, read: impl FnOnce() -> T) -> T {
        let since = Instant::now();
        let read = read();
        self.slow.store(since.elapsed() > SLOW, Ordering::Relaxed);
        read
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_read_tells() {
        let pace = Pace::default();
        assert!(!pace.is_slow());
        pace.reading(|| std::thread::sleep(SLOW * 2));
        assert!(pace.is_slow());
        // The machine may have other things to do at one moment, not at a hundred.
        assert!((0..100).any(|_| {
            pace.reading(|| ());
            !pace.is_slow()
        }));
    }
}
