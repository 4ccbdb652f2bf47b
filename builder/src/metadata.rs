//! `metadata.yml`: what the owner says of a folder.
//!
//! Reading is bounded (size, depth, number of nodes, aliases), knows the ancestor's keys (`title`, `comment1`,
//! `comment2`, `cover_image`) and ours, ignores keys that it does not know, and takes any value for text: quoted or
//! not, a number, a date, or nothing at all. What cannot be read is answered with one sentence for the owner.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// The longest file that is read, in bytes. A caption for each of a thousand photos fits.
pub(crate) const MAX_BYTES: u64 = 256 * 1024;

/// The longest sentence about a problem, in characters: it may quote the file.
const MAX_PROBLEM: usize = 400;

/// What the owner says of a folder.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Metadata {
    /// The album's title instead of the folder's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// A line under the title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment1: Option<String>,
    /// A second line under the title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment2: Option<String>,
    /// A longer text; empty lines part paragraphs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The file in this folder, or the album right inside it, that is the cover.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cover_image: Option<String>,
    /// When it was, instead of the photos' own dates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<Dated>,
    /// Whether the lists leave the album out. Its page stays, for those who have the link.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub hidden: bool,
    /// The order of the photos.
    #[serde(skip_serializing_if = "Sort::is_default")]
    pub sort: Sort,
    /// Captions by file name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub captions: BTreeMap<String, String>,
}

/// The order of an album's photos. Written `taken`, `name`, and either with ` desc`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sort {
    /// What is compared.
    pub by: SortBy,
    /// The last first.
    pub descending: bool,
}

/// What is compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SortBy {
    /// When it was taken, then the name.
    #[default]
    Taken,
    /// The file's name.
    Name,
}

impl Sort {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl TryFrom<String> for Sort {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let mut sort = Self::default();
        for word in text.split([' ', ',']).filter(|word| !word.is_empty()) {
            match word.to_ascii_lowercase().as_str() {
                "taken" | "date" => sort.by = SortBy::Taken,
                "name" => sort.by = SortBy::Name,
                "asc" => sort.descending = false,
                "desc" => sort.descending = true,
                _ => return Err(format!("`sort` is `taken` or `name`, with `asc` or `desc`, not `{word}`")),
            }
        }
        Ok(sort)
    }
}

impl From<Sort> for String {
    fn from(sort: Sort) -> Self {
        let by = match sort.by {
            SortBy::Taken => "taken",
            SortBy::Name => "name",
        };
        if sort.descending { format!("{by} desc") } else { by.to_owned() }
    }
}

/// A year, a month or a day: `2024`, `2024-05`, `2024-05-06`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Dated {
    first: Date,
    last: Date,
}

impl Dated {
    /// Its first day.
    pub fn first(self) -> Date {
        self.first
    }

    /// Its last day.
    pub fn last(self) -> Date {
        self.last
    }
}

impl TryFrom<String> for Dated {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || {
            format!(
                "`date` is written 2024, 2024-05 or 2024-05-06, not `{}`",
                text.chars().take(40).collect::<String>()
            )
        };
        // A day may be followed by a time, which says nothing here.
        let day = text.trim().split(['T', ' ']).next().unwrap_or_default();
        let parts: Vec<i16> = day.split('-').map(str::parse).collect::<Result<_, _>>().map_err(|_| wrong())?;
        let at = |month: i16, day: i16| {
            let (month, day) = (i8::try_from(month).ok()?, i8::try_from(day).ok()?);
            Date::new(parts[0], month, day).ok()
        };
        let span = match parts[..] {
            [year] if (1000..=9999).contains(&year) => at(1, 1).zip(at(12, 31)),
            [_, month] => at(month, 1).map(|first| (first, first.last_of_month())),
            [_, month, day] => at(month, day).map(|day| (day, day)),
            _ => None,
        };
        span.map(|(first, last)| Self { first, last }).ok_or_else(wrong)
    }
}

impl From<Dated> for String {
    fn from(date: Dated) -> Self {
        let (first, last) = (date.first, date.last);
        if first == last {
            first.to_string()
        } else if first.month() == last.month() {
            first.strftime("%Y-%m").to_string()
        } else {
            first.strftime("%Y").to_string()
        }
    }
}

/// Reads a file. The error is a sentence for the owner, with line and column.
pub(crate) fn read(bytes: &[u8]) -> Result<Metadata, String> {
    if bytes.len() as u64 > MAX_BYTES {
        return Err(too_long(bytes.len() as u64));
    }
    let text = std::str::from_utf8(bytes).map_err(|e| {
        let line = bytes[..e.valid_up_to()].split(|b| *b == b'\n').count();
        format!("line {line}: the file is not written in UTF-8")
    })?;
    if text.trim().is_empty() {
        return Ok(Metadata::default());
    }
    let options = serde_saphyr::options! {
        with_snippet: false,
        budget: serde_saphyr::budget! {
            max_depth: 8,
            max_nodes: 20_000,
            max_events: 100_000,
            max_aliases: 100,
            max_anchors: 100,
            max_documents: 1,
        },
    };
    let written: Option<Written> = serde_saphyr::from_str_with_options(text, options).map_err(|e| sentence(&e))?;
    Ok(written.map(Metadata::from).unwrap_or_default())
}

/// The sentence about a file that is too long to be read.
pub(crate) fn too_long(bytes: u64) -> String {
    format!("the file is {bytes} bytes long; at most {MAX_BYTES} are read")
}

/// The parser's complaint in the owner's words, with the place in front.
fn sentence(error: &serde_saphyr::Error) -> String {
    use serde_saphyr::Error::{DuplicateMappingKey, Unexpected};
    let words = match error.without_snippet() {
        DuplicateMappingKey { key: Some(key), .. } => format!("`{key}` is written twice"),
        Unexpected { expected: "mapping start", .. } => "here should be lines of the form `key: value`".to_owned(),
        Unexpected { expected: "string scalar", .. } => "here should be a text, not a list or a map".to_owned(),
        other => other.to_string().replace(['\n', '\r'], " "),
    };
    let Some(place) = error.location().filter(|place| place.line() > 0) else {
        return words.chars().take(MAX_PROBLEM).collect();
    };
    let (line, column) = (place.line(), place.column());
    // The parser may end with the place; ours begins with it.
    let tails = [format!(" at line {line}, column {column}"), format!(" (line {line}, column {column})")];
    let words = tails.iter().fold(words, |words, tail| words.replace(tail, ""));
    format!("line {line}, column {column}: {words}").chars().take(MAX_PROBLEM).collect()
}

/// The file as written: every value may be missing or null.
#[derive(Deserialize)]
struct Written {
    title: Option<String>,
    comment1: Option<String>,
    comment2: Option<String>,
    description: Option<String>,
    cover_image: Option<String>,
    date: Option<Dated>,
    hidden: Option<Flag>,
    sort: Option<Sort>,
    captions: Option<BTreeMap<String, Option<String>>>,
}

/// Yes or no, in any of the words that people use for it, quoted or not.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Flag(bool);

impl TryFrom<String> for Flag {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "1" => Ok(Self(true)),
            "false" | "no" | "off" | "0" | "" => Ok(Self(false)),
            _ => Err(format!("`hidden` is `true` or `false`, not `{}`", text.chars().take(40).collect::<String>())),
        }
    }
}

impl From<Written> for Metadata {
    fn from(written: Written) -> Self {
        let text = |text: Option<String>| text.map(|t| t.trim().to_owned()).filter(|t| !t.is_empty());
        let captions = written.captions.unwrap_or_default().into_iter();
        Self {
            title: text(written.title),
            comment1: text(written.comment1),
            comment2: text(written.comment2),
            description: text(written.description),
            cover_image: text(written.cover_image),
            date: written.date,
            hidden: written.hidden.is_some_and(|flag| flag.0),
            sort: written.sort.unwrap_or_default(),
            captions: captions.filter_map(|(file, caption)| Some((file, text(caption)?))).collect(),
        }
    }
}

#[cfg(test)]
mod tests;
