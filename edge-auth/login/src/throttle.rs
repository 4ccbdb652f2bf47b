//! How often somebody may try: counted in S3 objects before any password is hashed.
//!
//! A try from an unknown device counts three times: for the viewer from this network, for the viewer, and for the
//! gallery. Each count lets a few tries pass and then makes the next wait, longer each time. Nobody is ever locked out
//! by their name alone: a device that has signed in before has a count of its own and is not touched by the other
//! three, however hard strangers knock.
//!
//! Every count is raised by a conditional write *before* the password is checked, so many tries at once cannot slip
//! through together; a success takes it back. A try that has to wait leaves every count as it was. When S3 fails, nobody
//! signs in and nothing is hashed: the same S3 holds the viewers, so nothing would be won by letting tries pass.

use std::time::Duration;

use data_encoding::HEXLOWER;
use gallery::store::{Condition, Written};
use gallery::{Key, Store, StoreError};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::address::AddressPrefix;

/// How often a count is read again when others raise it at the same time. Whoever loses that often waits a second.
const TRIES: usize = 6;

/// How a count makes tries wait.
#[derive(Clone, Copy, Debug)]
struct Limit {
    /// So many tries pass at once.
    free: u32,
    /// The first wait; each further one is twice as long.
    first: Duration,
    /// The longest wait.
    longest: Duration,
    /// After so long without a try all are forgotten.
    forgotten: Duration,
}

/// For one viewer from one network, and for one known device.
const PAIR: Limit = Limit {
    free: 5,
    first: Duration::from_secs(4),
    longest: Duration::from_mins(15),
    forgotten: Duration::from_hours(12),
};

/// For one viewer from everywhere: at most 1,440 guesses a day against a name.
const VIEWER: Limit = Limit {
    free: 20,
    first: Duration::from_secs(2),
    longest: Duration::from_mins(1),
    forgotten: Duration::from_hours(2),
};

/// For the whole gallery: bounds what a flood costs the owner.
const GALLERY: Limit = Limit {
    free: 100,
    first: Duration::from_millis(500),
    longest: Duration::from_secs(8),
    forgotten: Duration::from_mins(30),
};

/// The clocks of those who count differ by less.
const CLOCKS_AGREE: jiff::SignedDuration = jiff::SignedDuration::from_secs(60);

impl Limit {
    /// How long the next try has to wait.
    fn wait(&self, count: &Count, now: Timestamp) -> Duration {
        let since = now.duration_since(count.last);
        // A clock that was set back, by hours perhaps: nobody waits for it to come round again. One more try is free, and
        // tells the count what time it is.
        let not_yet = since < -CLOCKS_AGREE;
        if not_yet || since >= self.forgotten.try_into().unwrap_or(jiff::SignedDuration::MAX) || count.tries < self.free
        {
            return Duration::ZERO;
        }
        let doubled = 1u32.checked_shl(count.tries - self.free).unwrap_or(u32::MAX);
        let wait = self.first.saturating_mul(doubled).min(self.longest);
        wait.saturating_sub(Duration::try_from(since).unwrap_or_default())
    }

    /// The count after one more try.
    fn raised(&self, count: &Count, now: Timestamp) -> Count {
        let since = now.duration_since(count.last);
        let kept =
            if since >= self.forgotten.try_into().unwrap_or(jiff::SignedDuration::MAX) { 0 } else { count.tries };
        Count { tries: kept.saturating_add(1), last: now }
    }
}

/// How often it was tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Count {
    tries: u32,
    last: Timestamp,
}

impl Count {
    /// With one try less.
    fn lowered(self) -> Self {
        Self { tries: self.tries.saturating_sub(1), ..self }
    }
}

/// A count that a try has raised.
struct Raised {
    before: Count,
    after: Count,
}

/// Who tries.
#[derive(Clone, Debug)]
pub struct Try<'a> {
    /// The name as typed, known or not.
    pub name: &'a str,
    /// From which network.
    pub from: &'a AddressPrefix,
    /// The hash of the secret of a device on which this viewer has signed in before.
    pub device: Option<&'a str>,
}

/// May they?
#[derive(Debug)]
pub enum Admission {
    /// Yes, and it has been counted.
    Admitted(Admitted),
    /// Not before this has passed.
    Wait(Duration),
}

/// A try that has been counted.
#[derive(Debug)]
pub struct Admitted {
    counts: Vec<(Key, Limit)>,
    /// How long the next try will have to wait if this one fails.
    pub next: Duration,
}

/// The counts.
#[derive(Clone, Debug)]
pub struct Throttle {
    store: Store,
}

impl Throttle {
    /// Counts in the auth bucket.
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// Counts a try, unless it has to wait.
    pub async fn admit(&self, tried: &Try<'_>, now: Timestamp) -> Result<Admission, StoreError> {
        let counts = counts(tried);
        let mut read = Vec::with_capacity(counts.len());
        for (key, limit) in &counts {
            let found = self.read(key).await?;
            let wait = limit.wait(&found.0, now);
            if wait > Duration::ZERO {
                return Ok(Admission::Wait(wait));
            }
            read.push(found);
        }
        let (mut raised, mut next) = (Vec::with_capacity(counts.len()), Duration::ZERO);
        for ((key, limit), found) in counts.iter().zip(read) {
            match self.raise(key, *limit, found, now).await? {
                Ok(count) => {
                    next = next.max(limit.wait(&count.after, now));
                    raised.push((key, count));
                }
                Err(wait) => {
                    // Others came first, and nobody looks at this try: what it has raised is as it was again.
                    for (key, Raised { before, after }) in raised {
                        self.change(key, |count| if count == after { before } else { count.lowered() }).await?;
                    }
                    return Ok(Admission::Wait(wait));
                }
            }
        }
        Ok(Admission::Admitted(Admitted { counts, next }))
    }

    /// Takes a try back that turned out to be the viewer.
    pub async fn succeeded(&self, admitted: Admitted) -> Result<(), StoreError> {
        for (index, (key, _)) in admitted.counts.iter().enumerate() {
            if index == 0 {
                // The viewer's own count, from here or on this device, begins anew.
                self.store.remove(key).await?;
                continue;
            }
            self.change(key, Count::lowered).await?;
        }
        Ok(())
    }

    /// Removes counts that no longer make anybody wait. Returns how many.
    pub async fn tidy(&self, now: Timestamp) -> Result<usize, StoreError> {
        let oldest = now - jiff::SignedDuration::from_hours(24);
        let mut removed = 0;
        let mut pages = self.store.list(gallery::Bucket::Auth, "throttle/");
        while let Some(page) = pages.next().await? {
            for listed in page.into_iter().filter(|listed| listed.modified < oldest) {
                self.store.remove_path(gallery::Bucket::Auth, &listed.path).await?;
                removed += 1;
            }
        }
        Ok(removed)
    }

    async fn read(&self, key: &Key) -> Result<(Count, Option<String>), StoreError> {
        let found = self.store.read_json(key).await?;
        let none = || (Count { tries: 0, last: Timestamp::UNIX_EPOCH }, None);
        Ok(found.map_or_else(none, |(count, etag)| (count, Some(etag))))
    }

    /// Changes a count that is there. Others may be counting: a try that is not taken back is forgotten in time.
    async fn change(&self, key: &Key, change: impl FnOnce(Count) -> Count) -> Result<(), StoreError> {
        if let Some((count, etag)) = self.store.read_json::<Count>(key).await? {
            self.store.write_json(key, &change(count), Condition::Unchanged(etag)).await?;
        }
        Ok(())
    }

    async fn raise(
        &self,
        key: &Key,
        limit: Limit,
        mut found: (Count, Option<String>),
        now: Timestamp,
    ) -> Result<Result<Raised, Duration>, StoreError> {
        for _ in 0..TRIES {
            let wait = limit.wait(&found.0, now);
            if wait > Duration::ZERO {
                return Ok(Err(wait));
            }
            let raised = limit.raised(&found.0, now);
            let condition = Condition::since(found.1.as_deref());
            // A lost answer counts a try twice. Two tries at the same moment write the same bytes, so what lies there
            // cannot tell whose it is, and one too many is the safe side.
            if let Written::Stored(_) = self.store.write_json(key, &raised, condition).await? {
                return Ok(Ok(Raised { before: found.0, after: raised }));
            }
            found = self.read(key).await?;
        }
        Ok(Err(Duration::from_secs(1)))
    }
}

/// What a try counts for, the narrowest first. Names are hashed: people type passwords where the name belongs.
fn counts(tried: &Try<'_>) -> Vec<(Key, Limit)> {
    let name = tried.name.trim().to_lowercase();
    let key = |parts: &[&str]| {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        Key::Throttle(HEXLOWER.encode(&hash.finalize()[..16]))
    };
    match tried.device {
        Some(device) => vec![(key(&["device", &name, device]), PAIR)],
        None => vec![
            (key(&["network", &name, &tried.from.to_string()]), PAIR),
            (key(&["viewer", &name]), VIEWER),
            (key(&["gallery"]), GALLERY),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn wait(limit: &Limit, tries: u32, since: i64) -> u64 {
        limit.wait(&Count { tries, last: at(0) }, at(since)).as_secs()
    }

    /// Requirement 15.
    #[test]
    fn waits_grow_and_end() {
        assert_eq!([0, 4, 5, 6, 7, 12, 13, 100].map(|tries| wait(&PAIR, tries, 0)), [0, 0, 4, 8, 16, 512, 900, 900]);
        assert_eq!(wait(&PAIR, 6, 5), 3);
        assert_eq!(wait(&PAIR, 6, 8), 0);
        assert_eq!(wait(&PAIR, 1000, 43_200), 0, "forgotten");
        assert_eq!(wait(&PAIR, 6, -10), 8, "clocks that differ a little add nothing");
        assert_eq!(wait(&PAIR, 6, -1000), 0, "a clock that was set back holds nobody up");
        assert_eq!(PAIR.raised(&Count { tries: 6, last: at(0) }, at(-1000)), Count { tries: 7, last: at(-1000) });
        assert_eq!(wait(&VIEWER, 10_000, 0), 60);
        assert_eq!(GALLERY.wait(&Count { tries: u32::MAX, last: at(0) }, at(0)), GALLERY.longest);
    }

    #[test]
    fn counts_rise_until_they_are_forgotten() {
        let count = Count { tries: 7, last: at(0) };
        assert_eq!(PAIR.raised(&count, at(10)), Count { tries: 8, last: at(10) });
        assert_eq!(PAIR.raised(&count, at(43_200)), Count { tries: 1, last: at(43_200) });
    }

    #[test]
    fn a_known_device_has_a_count_of_its_own() {
        let (home, office) = (AddressPrefix::of("203.0.113.1"), AddressPrefix::of("198.51.100.1"));
        let stranger = |name| counts(&Try { name, from: &home, device: None });
        let keys = |counts: Vec<(Key, Limit)>| counts.into_iter().map(|(key, _)| key).collect::<Vec<_>>();
        let gerda = keys(stranger("gerda"));
        assert_eq!(gerda.len(), 3);
        assert_eq!(keys(stranger(" Gerda ")), gerda, "as names are read");
        let elsewhere = keys(counts(&Try { name: "gerda", from: &office, device: None }));
        assert_ne!(elsewhere[0], gerda[0]);
        assert_eq!(elsewhere[1..], gerda[1..]);
        assert_eq!(keys(stranger("otto"))[2], gerda[2]);
        assert_ne!(keys(stranger("otto"))[1], gerda[1]);
        let known = keys(counts(&Try { name: "gerda", from: &home, device: Some("00ff") }));
        assert!(known.len() == 1 && !gerda.contains(&known[0]));
        assert!(known[0].path().starts_with("throttle/") && !known[0].path().contains("gerda"));
    }
}
