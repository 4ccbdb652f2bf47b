//! Whether there was room for what was written lately.
//!
//! On a full disk some writes fail and others go on: a small one finds pages of the index that are there already. So
//! whoever cannot do something asks here whether that may be the disk's doing.

use std::io::{self, ErrorKind};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// For how long what fails is laid to a write that found no room.
const LATELY: Duration = Duration::from_mins(1);

/// When a write last found none.
#[derive(Debug, Default)]
pub(super) struct Room(Mutex<Option<Instant>>);

impl Room {
    /// Remembers that a write failed, if it was for want of room.
    pub(super) fn note(&self, kind: ErrorKind) {
        if is_want_of_room(kind) {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        }
    }

    /// The same, and gives the error back.
    pub(super) fn noted(&self, error: io::Error) -> io::Error {
        self.note(error.kind());
        error
    }

    /// Whether a write found no room a moment ago.
    pub(super) fn lacked_lately(&self) -> bool {
        let last = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.is_some_and(|last| last.elapsed() < LATELY)
    }
}

/// The disk is full, or what the system allows of it is used up.
fn is_want_of_room(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_want_of_room_is_remembered_and_only_for_a_while() {
        let room = Room::default();
        for other in [ErrorKind::NotFound, ErrorKind::PermissionDenied, ErrorKind::ReadOnlyFilesystem] {
            assert_eq!(room.noted(other.into()).kind(), other);
            assert!(!room.lacked_lately(), "{other}");
        }
        for full in [ErrorKind::StorageFull, ErrorKind::QuotaExceeded, ErrorKind::FileTooLarge] {
            let room = Room::default();
            room.note(full);
            assert!(room.lacked_lately(), "{full}");
            *room.0.lock().unwrap() = Instant::now().checked_sub(LATELY);
            assert!(!room.lacked_lately(), "{full}");
        }
    }
}
