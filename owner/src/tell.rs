//! How an outcome is told: to a person in words, to a program as one JSON object.

use serde_json::Value;

/// Prints an outcome. What is secret stands in the object only where the words show it as well.
pub(crate) fn tell(json: bool, outcome: &Value, words: impl FnOnce()) {
    if json { println!("{outcome}") } else { words() }
}
