//! What must hold for whatever lies in a bucket as `metadata.yml` or `gallery.yml`. Each function takes any bytes and
//! panics when it does not.

use std::fmt::Debug;

use builder::{Metadata, Problem, Settings};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The description of an album.
pub(crate) fn metadata(bytes: &[u8]) {
    told(Metadata::read(bytes), bytes);
}

/// The gallery's settings.
pub(crate) fn settings(bytes: &[u8]) {
    told(Settings::read(bytes), bytes);
}

/// What was read can be kept in a record and comes out of it the same; what could not be read is told with a place that
/// is there.
fn told<T: Serialize + DeserializeOwned + Default + PartialEq + Debug>(read: Result<T, Problem>, bytes: &[u8]) {
    match read {
        Ok(read) => {
            let record = serde_json::to_vec(&read).expect("a record can always be written");
            assert_eq!(serde_json::from_slice::<T>(&record).expect("it can be read again"), read);
        }
        Err(problem) => {
            let lines =
                String::from_utf8_lossy(bytes).split(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']).count() as u64;
            assert!(problem.line.is_none_or(|line| (1..=lines + 1).contains(&line)), "{problem} of {lines} lines");
            assert!(!problem.sentence.is_empty() && problem.sentence.chars().count() <= 400, "{problem}");
        }
    }
}
