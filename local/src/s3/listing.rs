//! Listings: a page of keys and common prefixes, in S3's order, without reading what is skipped.

use redb::ReadOnlyTable;

use super::index::{IndexError, object_key};
use super::record::Head;

/// The most entries of a page (AWS, `ListObjectsV2`).
pub(super) const MAX_KEYS: usize = 1000;

/// No key of UTF-8 holds this byte, so a prefix followed by it comes after all keys with that prefix.
const BEYOND: u8 = 0xff;

/// What to list.
pub(super) struct Query<'a> {
    pub(super) bucket: &'a str,
    pub(super) prefix: &'a str,
    /// Keys that hold this after the prefix are rolled up into one entry.
    pub(super) delimiter: Option<&'a str>,
    /// Only entries that come after this one.
    pub(super) after: &'a str,
    pub(super) limit: usize,
}

/// A page.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Page {
    pub(super) entries: Vec<Entry>,
    /// Whether more entries follow the last one.
    pub(super) truncated: bool,
}

/// A line of a listing.
#[derive(Debug, PartialEq)]
pub(super) enum Entry {
    Object(String, Head),
    Prefix(String),
}

impl Entry {
    /// What the order is by.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Object(key, _) => key,
            Self::Prefix(prefix) => prefix,
        }
    }
}

/// Reads a page of the objects' table.
pub(super) fn list(
    objects: &ReadOnlyTable<&'static [u8], &'static [u8]>,
    query: &Query<'_>,
) -> Result<Page, IndexError> {
    let mut page = Page::default();
    if query.limit == 0 {
        return Ok(page);
    }
    let bucket = object_key(query.bucket, "");
    let end = beyond(query.bucket, query.prefix);
    let mut start = first(query);
    // Each turn reads up to a common prefix, then goes on behind all of its keys.
    'seek: while start < end {
        for entry in objects.range(start.as_slice()..end.as_slice())? {
            let (key, value) = entry?;
            let key = std::str::from_utf8(&key.value()[bucket.len()..]).unwrap_or_default();
            if page.entries.len() == query.limit {
                page.truncated = true;
                return Ok(page);
            }
            if let Some(prefix) = common_prefix(query, key) {
                page.entries.push(Entry::Prefix(prefix.to_owned()));
                start = beyond(query.bucket, prefix);
                continue 'seek;
            }
            page.entries.push(Entry::Object(key.to_owned(), Head::decode(value.value())?));
        }
        break;
    }
    Ok(page)
}

/// Where the first entry may be. An entry that is a common prefix comes after `after` only if the prefix itself does.
fn first(query: &Query<'_>) -> Vec<u8> {
    if query.after < query.prefix {
        return object_key(query.bucket, query.prefix);
    }
    if query.after.is_empty() {
        return object_key(query.bucket, "");
    }
    match common_prefix(query, query.after) {
        Some(prefix) => beyond(query.bucket, prefix),
        None => [object_key(query.bucket, query.after), vec![0]].concat(),
    }
}

/// What a key is rolled up into.
fn common_prefix<'k>(query: &Query<'_>, key: &'k str) -> Option<&'k str> {
    let delimiter = query.delimiter?;
    let at = key.strip_prefix(query.prefix)?.find(delimiter)?;
    Some(&key[..query.prefix.len() + at + delimiter.len()])
}

/// The first place in the table after all keys with a prefix.
fn beyond(bucket: &str, prefix: &str) -> Vec<u8> {
    let mut place = object_key(bucket, prefix);
    place.push(BEYOND);
    place
}
