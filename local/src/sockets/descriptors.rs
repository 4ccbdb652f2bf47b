//! File descriptors: one for each connection, and enough left for the buckets' files.

/// Kept for files, the index and the connections of others.
const OTHERS: u64 = 256;

/// How many connections may be served at once: as many as are wanted, if the system gives that many descriptors. What it
/// gives at first (1,024 on most systems) is less than what it gives to who asks, so it is asked.
#[cfg(unix)]
pub(super) fn for_connections(wanted: usize) -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let enough = 2 * wanted as u64 + OTHERS;
    let given = getrlimit(Resource::Nofile);
    let now = given.current.unwrap_or(u64::MAX);
    if now >= enough {
        return wanted;
    }
    let more = enough.min(given.maximum.unwrap_or(u64::MAX));
    let asked = setrlimit(Resource::Nofile, Rlimit { current: Some(more), maximum: given.maximum });
    let now = if asked.is_ok() { more } else { now };
    if now < enough {
        tracing::warn!("the system gives {now} file descriptors: fewer connections at once than {wanted}");
    }
    within(now, wanted)
}

#[cfg(not(unix))]
pub(super) fn for_connections(wanted: usize) -> usize {
    wanted
}

/// How many connections so many descriptors are enough for, with two servers that share them.
fn within(descriptors: u64, wanted: usize) -> usize {
    let left = (descriptors.saturating_sub(OTHERS).max(descriptors / 2) / 2).max(1);
    wanted.min(usize::try_from(left).unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_always_have_descriptors_left() {
        assert_eq!(within(20_000, 4096), 4096);
        assert_eq!(within(1024, 4096), 384);
        assert_eq!(within(300, 4096), 75);
        assert_eq!(within(0, 4096), 1);
        assert_eq!(for_connections(10), 10);
    }
}
