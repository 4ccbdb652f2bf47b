//! An album as the pages know it that go across albums: the timeline, the feed, "on this day", the map.
//!
//! A shelf says which days there are photos of and not how many, so that one photo more rarely changes it: those pages
//! are written when a day, a month or an album begins, and not with every photo.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use gallery::FolderPath;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::days::Days;
use super::summary::{Cover, Summary};
use super::{Catalogue, Photo, When};

/// So many days on which photos came are remembered, the newest: as many as a feed tells.
pub(crate) const UPLOADS: usize = 50;

/// Wide enough for a small picture on a dense screen.
const SMALL: u32 = 400;

/// The album.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shelf {
    /// The folder, as the owner wrote it.
    pub folder: FolderPath,
    /// The title.
    pub title: String,
    /// The photo on its card, in its smallest copies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cover: Option<Cover>,
    /// The days on which its photos were taken. The first of a month stands for photos of which no more is known than the
    /// month.
    #[serde(default, skip_serializing_if = "Days::is_empty")]
    pub days: Days,
    /// The year that some of its photos are of, when no more is known of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub year: Option<i16>,
    /// Of each day (in UTC) on which photos were uploaded, when the first of them came; the newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub uploads: Vec<Timestamp>,
    /// Where photos were taken, if the owner wants a map.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spots: Vec<Spot>,
}

/// A place on the map: one of a grid, on which there is at least one photo.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spot {
    /// Hundredths of a degree north. That is about a kilometre: where, and not at whose door.
    pub north: i32,
    /// Hundredths of a degree east.
    pub east: i32,
    /// The first photo there.
    pub cover: Cover,
}

impl Shelf {
    /// What an album holds itself; `None` when it holds no photos.
    fn of(catalogue: &Catalogue, cover: Option<&Cover>) -> Option<Self> {
        if catalogue.photos.is_empty() {
            return None;
        }
        let photos = || catalogue.photos.values();
        let (of_a_year, dated): (Vec<When>, Vec<When>) =
            photos().filter_map(|photo| catalogue.when(photo)).partition(|when| when.is_a_year());
        Some(Self {
            folder: catalogue.folder.clone(),
            title: catalogue.title().to_owned(),
            cover: cover.map(|cover| cover.up_to(SMALL)),
            days: dated.into_iter().map(When::first).collect(),
            year: of_a_year.first().map(|when| when.first().year()),
            uploads: uploads(photos()),
            spots: spots(catalogue),
        })
    }
}

impl Shelf {
    /// Whether days or places came to what the album had before, and nothing else changed.
    pub(crate) fn only_gained_since(&self, before: &Self) -> bool {
        let same = (&self.folder, &self.title, &self.cover, self.year)
            == (&before.folder, &before.title, &before.cover, before.year);
        // The oldest uploads are forgotten when newer ones come.
        let oldest = self.uploads.last().filter(|_| self.uploads.len() == UPLOADS);
        let told = |first: &Timestamp| self.uploads.contains(first) || oldest.is_some_and(|oldest| first < oldest);
        same && self.days.hold(&before.days)
            && before.uploads.iter().all(told)
            && before.spots.iter().all(|spot| self.spots.contains(spot))
    }
}

/// The shelves of an album and of those inside it that lists show.
pub(super) fn of(catalogue: &Catalogue, cover: Option<&Cover>) -> Vec<Shelf> {
    let inside =
        catalogue.children.values().filter(|child| child.is_shown()).flat_map(|child: &Summary| &child.shelves);
    Shelf::of(catalogue, cover).into_iter().chain(inside.cloned()).collect()
}

fn uploads<'a>(photos: impl Iterator<Item = &'a Photo>) -> Vec<Timestamp> {
    let mut days = BTreeMap::new();
    for added in photos.map(|photo| photo.added).filter(|added| *added > Timestamp::UNIX_EPOCH) {
        let first = days.entry(added.to_zoned(TimeZone::UTC).date()).or_insert(added);
        *first = added.min(*first);
    }
    days.into_values().rev().take(UPLOADS).collect()
}

fn spots(catalogue: &Catalogue) -> Vec<Spot> {
    let mut found: BTreeMap<(i32, i32), (Option<DateTime>, Spot)> = BTreeMap::new();
    for (id, photo) in &catalogue.photos {
        let Some(position) = photo.position else { continue };
        let (north, east) = (hundredths(position.latitude, 90.0), hundredths(position.longitude, 180.0));
        let (Some(north), Some(east)) = (north, east) else { continue };
        let taken = catalogue.taken(photo);
        let spot = || Spot { north, east, cover: Cover::of(*id, photo).up_to(SMALL) };
        match found.entry((north, east)) {
            Entry::Vacant(place) => {
                place.insert((taken, spot()));
            }
            // Photos come in the order of their ids, which is none: the first one taken stands for the place.
            Entry::Occupied(mut place) if taken < place.get().0 => {
                place.insert((taken, spot()));
            }
            Entry::Occupied(_) => {}
        }
    }
    found.into_values().map(|(_, spot)| spot).collect()
}

#[allow(clippy::cast_possible_truncation, reason = "no more than 18,000 either way")]
fn hundredths(degrees: f64, most: f64) -> Option<i32> {
    (degrees.is_finite() && degrees.abs() <= most).then(|| (degrees * 100.0).round() as i32)
}
