//! What an album tells the album that holds it.

use gallery::facts::{Facts, Rendition};
use gallery::{AlbumPath, FolderPath, Key, PhotoId, Slug, SourceKey};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use serde::{Deserialize, Serialize};

use super::shelf::{self, Shelf};
use super::{Catalogue, Photo, Version};
use crate::publish;
use crate::words::Beginnings;
use crate::yaml::Problem;

/// An album as its parent knows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// What the parent's page shows.
    pub card: Card,
    /// Whether the owner keeps it out of the lists.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hidden: bool,
    /// What the owner wrote, here and below, and could not be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<Unread>,
    /// The album and those inside it that lists show, for the pages that go across albums.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shelves: Vec<Shelf>,
    /// By what a reconcile sees, without reading the album's catalogue, that it is up to date.
    pub stamp: Stamp,
}

/// A file of the owner's that could not be read: the pages keep to the last version that could.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unread {
    /// Its key in the source bucket.
    pub file: String,
    /// Why.
    pub problem: Problem,
}

/// So many files that could not be read are told of one album and those inside it: nobody mends more at a time.
const TOLD: usize = 50;

/// An album as a card on another page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Card {
    /// The folder, as the owner wrote it.
    pub folder: FolderPath,
    /// The title.
    pub title: String,
    /// How many photos it shows, those of the albums inside it included.
    pub photos: usize,
    /// How many of them are videos.
    #[serde(default, skip_serializing_if = "is_none")]
    pub films: usize,
    /// How many albums it shows right inside it.
    #[serde(default)]
    pub albums: usize,
    /// The day of the oldest photo.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<Date>,
    /// The day of the newest photo.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Date>,
    /// When the newest of its photos was uploaded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub added: Option<Timestamp>,
    /// The photo on the card.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cover: Option<Cover>,
    /// A filter over the words in it, those of its photos included, as [`crate::words`] makes it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub words: String,
}

/// Whether there are none.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for this form")]
fn is_none(count: &usize) -> bool {
    *count == 0
}

/// The photo on a card.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cover {
    /// Whose picture.
    pub photo: PhotoId,
    /// Width in pixels, upright.
    pub width: u32,
    /// Height in pixels, upright.
    pub height: u32,
    /// The average colour, `#rrggbb`.
    pub colour: String,
    /// A placeholder, in base64.
    #[serde(default)]
    pub thumbhash: String,
    /// The sized copies, smallest first.
    pub renditions: Vec<Rendition>,
}

/// The versions that an album was built from and into.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// [`Catalogue::facts_digest`].
    pub facts: String,
    /// The metadata that was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Version>,
    /// How many albums lie right inside, shown or not.
    #[serde(default)]
    pub children: usize,
    /// [`pages_stamp`] of its pages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
    /// The catalogue's `ETag`.
    pub catalogue: String,
}

impl Summary {
    /// Sums up a catalogue that is stored under `etag`.
    pub fn of(catalogue: &Catalogue, etag: &str) -> Self {
        let card = Card::of(catalogue);
        Self {
            shelves: shelf::of(catalogue, card.cover.as_ref()),
            card,
            hidden: catalogue.described.values.hidden,
            unread: unread(catalogue),
            stamp: Stamp {
                facts: catalogue.facts_digest(),
                metadata: catalogue.described.version.clone(),
                children: catalogue.children.len(),
                page: pages_stamp(catalogue.pages.iter().map(|(name, page)| (name.as_str(), page.etag.as_str()))),
                catalogue: etag.to_owned(),
            },
        }
    }

    /// Whether lists show it.
    pub fn is_shown(&self) -> bool {
        !self.hidden && self.stamp.page.is_some() && self.card.photos > 0
    }
}

/// What stands for the pages of an album, by name and `ETag` in the order of names; `None` when there are none.
pub(crate) fn pages_stamp<'a>(pages: impl Iterator<Item = (&'a str, &'a str)>) -> Option<String> {
    let pages: Vec<_> = pages.collect();
    match pages[..] {
        [] => None,
        [("", etag)] => Some(etag.to_owned()),
        _ => {
            let lines: Vec<String> = pages.iter().map(|(name, etag)| format!("{name} {etag}")).collect();
            Some(publish::digest(lines.join("\n").as_bytes()))
        }
    }
}

fn unread(catalogue: &Catalogue) -> Vec<Unread> {
    let own = catalogue
        .described
        .problem
        .as_ref()
        .map(|problem| Unread { file: Key::Metadata(catalogue.folder.clone()).path(), problem: problem.clone() });
    let inside = catalogue.children.values().flat_map(|child| child.unread.iter().cloned());
    own.into_iter().chain(inside).take(TOLD).collect()
}

impl Card {
    /// The folder that holds the album's; `None` for a collection's.
    pub(crate) fn folder_above(&self) -> Option<FolderPath> {
        let (_, above) = self.folder.names().split_last()?;
        FolderPath::parse(&above.join("/")).ok()
    }

    /// The card of an album.
    pub fn of(catalogue: &Catalogue) -> Self {
        let children = catalogue.shown_children();
        let cards = || children.iter().map(|(_, child)| &child.card);
        let photos = catalogue.in_order();
        let days = || photos.iter().filter_map(|(_, photo)| catalogue.taken(photo)).map(DateTime::date);
        let films = photos.iter().filter(|(_, photo)| photo.film.is_some()).count();
        let added = || catalogue.photos.values().map(|photo| photo.added);
        let dated = catalogue.described.values.date.map(|date| (date.first(), date.last()));
        Self {
            folder: catalogue.folder.clone(),
            title: catalogue.title().to_owned(),
            photos: photos.len() + cards().map(|card| card.photos).sum::<usize>(),
            films: films + cards().map(|card| card.films).sum::<usize>(),
            albums: children.len(),
            first: dated.map(|d| d.0).or_else(|| days().chain(cards().filter_map(|card| card.first)).min()),
            last: dated.map(|d| d.1).or_else(|| days().chain(cards().filter_map(|card| card.last)).max()),
            added: added().chain(cards().filter_map(|card| card.added)).max(),
            cover: cover(catalogue, &photos, &children),
            words: words(catalogue).filter(),
        }
    }
}

/// What can be searched for in an album. Whoever searches knows what the albums that hold it are called.
fn words(catalogue: &Catalogue) -> Beginnings {
    let said = &catalogue.described.values;
    let mut words = Beginnings::default();
    let texts = [&said.title, &said.comment1, &said.comment2, &said.description];
    texts.into_iter().flatten().map(String::as_str).chain([catalogue.folder.name()]).for_each(|text| words.add(text));
    for photo in catalogue.photos.values() {
        catalogue.searched(photo, &mut words);
    }
    words
}

/// The photo that the owner named; else the first that lies well in a frame; else the newest child's.
///
/// `cover_image` names a file in the folder, or an album right inside it, whose cover is taken, or a file further below.
fn cover(catalogue: &Catalogue, photos: &[(PhotoId, &Photo)], children: &[(&Slug, &Summary)]) -> Option<Cover> {
    let wanted = catalogue.described.values.cover_image.as_deref();
    let mut photos = photos.iter().filter(|(_, photo)| !photo.renditions.is_empty()).peekable();
    let named = photos.clone().find(|(_, photo)| wanted == Some(photo.file.as_str()));
    if let Some((id, photo)) = named {
        return Some(Cover::of(*id, photo));
    }
    let inside = children.iter().find(|(_, child)| wanted == Some(child.card.folder.name()));
    if let Some(cover) = inside.and_then(|(_, child)| child.card.cover.clone()) {
        return Some(cover);
    }
    if let Some(cover) = &catalogue.cover {
        return Some(cover.clone());
    }
    let lies_well = |photo: &Photo| (1.2..=1.9).contains(&(f64::from(photo.width) / f64::from(photo.height)));
    let first = photos.clone().find(|(_, photo)| lies_well(photo)).or_else(|| photos.peek().copied());
    first
        .map(|(id, photo)| Cover::of(*id, photo))
        .or_else(|| children.iter().find_map(|(_, child)| child.card.cover.clone()))
}

impl Catalogue {
    /// The photo below that `cover_image` names, as the ancestor allowed it: `Lisbon/tram.jpg`, `Lisbon/Day 1/tram.jpg`.
    pub(crate) fn cover_wanted_below(&self) -> Option<(AlbumPath, PhotoId)> {
        let below = self.described.values.cover_image.as_deref().filter(|name| name.contains('/'))?;
        let source = SourceKey::parse(&format!("{}/{below}", self.folder)).ok()?;
        Some((source.folder().album(), source.photo()))
    }
}

impl Cover {
    /// Of a photo's facts; `None` when there is no picture of it.
    pub(crate) fn of_facts(facts: Facts) -> Option<Self> {
        let (id, folder) = (facts.photo, facts.source_key()?.folder().clone());
        let mut alone = Catalogue::new(folder);
        alone.learn(facts, String::new());
        alone.photos.get(&id).filter(|photo| !photo.renditions.is_empty()).map(|photo| Self::of(id, photo))
    }

    /// The same without the copies that are wider, if there are any as narrow.
    pub(super) fn up_to(&self, width: u32) -> Self {
        let narrow: Vec<_> = self.renditions.iter().filter(|copy| copy.width <= width).cloned().collect();
        let renditions = if narrow.is_empty() { self.renditions.clone() } else { narrow };
        Self { renditions, ..self.clone() }
    }

    pub(super) fn of(id: PhotoId, photo: &Photo) -> Self {
        Self {
            photo: id,
            width: photo.width,
            height: photo.height,
            colour: photo.colour.clone(),
            thumbhash: photo.thumbhash.clone(),
            renditions: photo.renditions.clone(),
        }
    }
}
