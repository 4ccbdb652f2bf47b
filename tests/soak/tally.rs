//! What was asked, how it was answered, how long it took, and what went wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use gallery::PhotoId;

/// More than so many errors are counted and not told.
const TOLD: usize = 200;

/// What a family would take for a fault: a page whose pictures are not there although nobody took them away.
pub(crate) const LOST_PICTURES: &str = "pictures that a page named in vain";

/// One answer: when it came, and after how long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answered {
    pub(crate) at: f64,
    pub(crate) milliseconds: f64,
}

/// The counts of a run.
#[derive(Debug)]
pub(crate) struct Tally {
    since: Instant,
    over: AtomicBool,
    done: Mutex<BTreeMap<&'static str, usize>>,
    looked: Mutex<Vec<Answered>>,
    errors: Mutex<Vec<String>>,
    removed: Mutex<BTreeSet<PhotoId>>,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            since: Instant::now(),
            over: AtomicBool::new(false),
            done: Mutex::default(),
            looked: Mutex::default(),
            errors: Mutex::default(),
            removed: Mutex::default(),
        }
    }
}

impl Tally {
    /// Since the beginning of the run.
    pub(crate) fn elapsed(&self) -> Duration {
        self.since.elapsed()
    }

    /// One more of these was done.
    pub(crate) fn count(&self, what: &'static str) {
        *self.done.lock().expect("no one crashed").entry(what).or_default() += 1;
    }

    /// An owner is about to take this photo away.
    pub(crate) fn removes(&self, key: &str) {
        self.removed.lock().expect("no one crashed").insert(PhotoId::of_key(key));
    }

    /// Whether an owner took away the photo that a picture shows.
    pub(crate) fn is_removed(&self, photo: PhotoId) -> bool {
        self.removed.lock().expect("no one crashed").contains(&photo)
    }

    /// A viewer was answered.
    pub(crate) fn looked(&self, asked: Instant) {
        let milliseconds = asked.elapsed().as_secs_f64() * 1000.0;
        let answered = Answered { at: self.elapsed().as_secs_f64(), milliseconds };
        self.looked.lock().expect("no one crashed").push(answered);
    }

    /// Something went wrong that must not.
    pub(crate) fn wrong(&self, what: impl Display) {
        let mut errors = self.errors.lock().expect("no one crashed");
        let line = format!("at {:.1} s: {what}", self.elapsed().as_secs_f64());
        if errors.len() < TOLD {
            eprintln!("{line}");
            errors.push(line);
        }
    }

    pub(crate) fn counts(&self) -> BTreeMap<&'static str, usize> {
        self.done.lock().expect("no one crashed").clone()
    }

    pub(crate) fn answers(&self) -> Vec<Answered> {
        self.looked.lock().expect("no one crashed").clone()
    }

    pub(crate) fn errors(&self) -> Vec<String> {
        self.errors.lock().expect("no one crashed").clone()
    }

    /// Everybody is asked to come to an end.
    pub(crate) fn stop(&self) {
        self.over.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    /// Waits so long, or until the end.
    pub(crate) async fn pause(&self, time: Duration) {
        let until = Instant::now() + time;
        while !self.is_over() && Instant::now() < until {
            let left = until.saturating_duration_since(Instant::now());
            tokio::time::sleep(left.min(Duration::from_millis(200))).await;
        }
    }
}

/// Marsaglia's xorshift64: the same seed makes the same choices.
#[derive(Clone, Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        let mut dice = Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        dice.below(2);
        dice
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 11) % end.max(1) as u64) as usize
    }

    /// One of these.
    pub(crate) fn of<'a, T>(&mut self, these: &'a [T]) -> &'a T {
        &these[self.below(these.len())]
    }

    /// Between these two, in milliseconds.
    pub(crate) fn time(&mut self, from: usize, to: usize) -> Duration {
        Duration::from_millis((from + self.below(to - from)) as u64)
    }
}
