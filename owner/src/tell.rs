//! How an outcome is told: to a person in words, to a program as one JSON object.

use std::fmt::Display;

use serde_json::Value;

/// Prints an outcome. What is secret stands in the object only where the words show it as well.
pub(crate) fn tell(json: bool, outcome: &Value, words: impl FnOnce()) {
    if json { println!("{outcome}") } else { words() }
}

/// A number with the words for one and for any other: `1 photo`, `0 photos`.
pub(crate) fn counted<N: Copy + Display + PartialEq + From<u8>>(count: N, one: &str, many: &str) -> String {
    let noun = if count == N::from(1) { one } else { many };
    format!("{count} {noun}")
}

/// How many of what was to be sent or copied were there.
pub(crate) fn there_already(count: usize) -> String {
    counted(count, "was there already", "were there already")
}
