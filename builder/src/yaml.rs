//! Reading what the owner writes: bounded (size, depth, number of nodes, aliases), and with a sentence for the owner,
//! line and column in it, about what cannot be read.

mod fields;

use std::fmt;

use serde::de::{DeserializeOwned, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

/// Raised when more, or something else, is read out of the owner's files: they are then read again, though they did not
/// change.
pub(crate) const EDITION: u32 = 1;

/// The longest file that is read, in bytes. A date and a caption for each of ten thousand photos fit.
pub(crate) const MAX_BYTES: u64 = 2 * 1024 * 1024;

/// The longest sentence about a problem, in characters: it may quote the file.
const MAX_PROBLEM: usize = 400;

/// Why a file could not be read, for the owner. Shown as `line 3, column 7: …`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The line, from 1; `None` when the problem is with the whole file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// The column, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<u64>,
    /// What is wrong there, and what would be right.
    pub sentence: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.line, self.column) {
            (Some(line), Some(column)) => write!(f, "line {line}, column {column}: {}", self.sentence),
            (Some(line), None) => write!(f, "line {line}: {}", self.sentence),
            _ => f.write_str(&self.sentence),
        }
    }
}

/// Reads a file; `None` when it says nothing.
pub(crate) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<Option<T>, Problem> {
    if bytes.len() as u64 > MAX_BYTES {
        return Err(too_long(bytes.len() as u64));
    }
    let text = std::str::from_utf8(bytes).map_err(|e| {
        let good = &bytes[..e.valid_up_to()];
        let line = good.split(|b| *b == b'\n').count() as u64;
        let before = good.rsplit(|b| *b == b'\n').next().and_then(|line| std::str::from_utf8(line).ok());
        let column = before.map(|before| before.chars().count() as u64 + 1);
        Problem { line: Some(line), column, sentence: "the file is not written in UTF-8".to_owned() }
    })?;
    if text.trim().is_empty() {
        return Ok(None);
    }
    let options = serde_saphyr::options! {
        with_snippet: false,
        budget: serde_saphyr::budget! {
            max_depth: 8,
            max_nodes: 60_000,
            max_events: 200_000,
            max_aliases: 100,
            max_anchors: 100,
            max_documents: 1,
        },
    };
    serde_saphyr::from_str_with_options(text, options).map_err(|e| problem(&e))
}

/// So many unknown keys of a file are told.
const UNKNOWN: usize = 20;

/// The keys of a file that can be read, besides those that a struct knows; the first few.
pub(crate) fn keys_besides<'de, T: Deserialize<'de>>(bytes: &[u8]) -> Vec<String> {
    let Ok(Some(Keys(keys))) = read::<Keys>(bytes) else { return Vec::new() };
    let known = fields::of::<T>();
    keys.into_iter().filter(|key| !known.contains(&key.as_str())).map(|key| quoted(&key)).take(UNKNOWN).collect()
}

/// The keys of a map, whatever their values.
struct Keys(Vec<String>);

impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Names;
        impl<'de> Visitor<'de> for Names {
            type Value = Keys;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("lines of the form `key: value`")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Keys, A::Error> {
                let mut keys = Vec::new();
                while let Some((key, IgnoredAny)) = map.next_entry()? {
                    keys.push(key);
                }
                Ok(Keys(keys))
            }
        }
        deserializer.deserialize_map(Names)
    }
}

/// The sentence about a file that is too long to be read.
pub(crate) fn too_long(bytes: u64) -> Problem {
    let sentence = format!("the file is {bytes} bytes long; at most {MAX_BYTES} are read");
    Problem { line: None, column: None, sentence }
}

/// The parser's complaint in the owner's words.
fn problem(error: &serde_saphyr::Error) -> Problem {
    use serde_saphyr::Error::{DuplicateMappingKey, Unexpected};
    let words = match error.without_snippet() {
        DuplicateMappingKey { key: Some(key), .. } => format!("`{key}` is written twice"),
        Unexpected { expected: "mapping start", .. } => "here should be lines of the form `key: value`".to_owned(),
        Unexpected { expected: "string scalar", .. } => "here should be a text, not a list or a map".to_owned(),
        Unexpected { expected: "sequence start", .. } => "here should be a list, a `- ` in front of each".to_owned(),
        other => other.to_string().replace(['\n', '\r'], " "),
    };
    let place = error.location().filter(|place| place.line() > 0);
    let (line, column) = place.map(|place| (place.line(), place.column())).unzip();
    // The parser may end with the place, which we tell apart from the words.
    let tails = line.zip(column).map(|(line, column)| {
        [format!(" at line {line}, column {column}"), format!(" (line {line}, column {column})")]
    });
    let words = tails.iter().flatten().fold(words, |words, tail| words.replace(tail, ""));
    Problem { line, column, sentence: words.chars().take(MAX_PROBLEM).collect() }
}

/// A text that says something: trimmed, and none when nothing is left.
pub(crate) fn text(text: Option<String>) -> Option<String> {
    text.map(|t| t.trim().to_owned()).filter(|t| !t.is_empty())
}

/// The beginning of what the owner wrote, to be quoted in a sentence.
pub(crate) fn quoted(text: &str) -> String {
    text.chars().take(40).collect()
}

/// Yes or no, in any of the words that people use for it, quoted or not.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Flag(pub(crate) bool);

impl TryFrom<String> for Flag {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "1" => Ok(Self(true)),
            "false" | "no" | "off" | "0" | "" => Ok(Self(false)),
            _ => Err(format!("here should be `true` or `false`, not `{}`", quoted(&text))),
        }
    }
}

/// A map whose order says something.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pairs(pub(crate) Vec<(String, Option<String>)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Pairs;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("lines of the form `key: value`")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}
