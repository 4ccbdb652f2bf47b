//! `metadata.yml`: what the owner says of a folder.
//!
//! Reading knows the ancestor's keys (`title`, `comment1`, `comment2`, `cover_image`) and ours, notes keys that it does not
//! know and ignores them, and takes any value for text: quoted or not, a number, a date, or nothing at all.

use std::collections::BTreeMap;

use jiff::civil::{Date, DateTime};
use serde::{Deserialize, Serialize};

use crate::yaml::{self, Flag, Problem, quoted, text};

/// What the owner says of a folder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
    /// A longer text, in Markdown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The file in this folder, or the album right inside it, that is the cover; or a file in one of the folders below,
    /// `Lisbon/tram.jpg`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cover_image: Option<String>,
    /// When it was, instead of the photos' own dates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<Dated>,
    /// Whether the lists leave the album out. Its page stays, for those who have the link.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub hidden: bool,
    /// Whether the page offers the originals.
    #[serde(skip_serializing_if = "Clone::clone")]
    pub downloads: bool,
    /// The order of the photos and of the albums inside; the oldest photo and the newest album first when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort: Option<Sort>,
    /// Files and albums that come first, in this order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub order: Vec<String>,
    /// Captions by file name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub captions: BTreeMap<String, String>,
    /// When photos were taken, by file name, instead of what the files say; midnight stands for a day alone.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub dates: BTreeMap<String, DateTime>,
    /// Keys that nobody knows, the first few.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<String>,
}

impl Default for Metadata {
    fn default() -> Self {
        Self {
            title: None,
            comment1: None,
            comment2: None,
            description: None,
            cover_image: None,
            date: None,
            hidden: false,
            downloads: true,
            sort: None,
            order: Vec::new(),
            captions: BTreeMap::new(),
            dates: BTreeMap::new(),
            unknown: Vec::new(),
        }
    }
}

impl Metadata {
    /// Reads a file as the builder does.
    pub fn read(bytes: &[u8]) -> Result<Self, Problem> {
        read(bytes)
    }
}

/// An order of photos or albums. Written `taken`, `name`, and either with ` desc`.
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
        let wrong = || format!("`date` is written 2024, 2024-05 or 2024-05-06, not `{}`", quoted(&text));
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

/// When one photo was taken: `1987-07-14`, `1987-07-14 15:30` or with seconds.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "Option<String>")]
struct Taken(Option<DateTime>);

impl TryFrom<Option<String>> for Taken {
    type Error = String;
    fn try_from(text: Option<String>) -> Result<Self, String> {
        let Some(text) = text.as_deref().map(str::trim).filter(|text| !text.is_empty()) else {
            return Ok(Self(None));
        };
        text.parse()
            .map(|taken| Self(Some(taken)))
            .map_err(|_| format!("a photo's date is written 1987-07-14 or 1987-07-14 15:30, not `{}`", quoted(text)))
    }
}

/// Reads a file.
pub(crate) fn read(bytes: &[u8]) -> Result<Metadata, Problem> {
    let written: Option<Written> = yaml::read(bytes)?;
    Ok(Metadata { unknown: yaml::keys_besides::<Written>(bytes), ..written.map(Metadata::from).unwrap_or_default() })
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
    downloads: Option<Flag>,
    sort: Option<Sort>,
    order: Option<Vec<Option<String>>>,
    captions: Option<BTreeMap<String, Option<String>>>,
    dates: Option<BTreeMap<String, Taken>>,
}

impl From<Written> for Metadata {
    fn from(written: Written) -> Self {
        let captions = written.captions.unwrap_or_default().into_iter();
        let dates = written.dates.unwrap_or_default().into_iter();
        Self {
            title: text(written.title),
            comment1: text(written.comment1),
            comment2: text(written.comment2),
            description: text(written.description),
            cover_image: text(written.cover_image),
            date: written.date,
            hidden: written.hidden.is_some_and(|flag| flag.0),
            downloads: written.downloads.is_none_or(|flag| flag.0),
            sort: written.sort,
            order: written.order.unwrap_or_default().into_iter().filter_map(text).collect(),
            captions: captions.filter_map(|(file, caption)| Some((file, text(caption)?))).collect(),
            dates: dates.filter_map(|(file, taken)| Some((file, taken.0?))).collect(),
            unknown: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests;
