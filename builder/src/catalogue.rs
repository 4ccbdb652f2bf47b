//! The catalogue of an album: what its page shows, and what the builder has to remember to build it cheaply.
//!
//! Everything here is a function of values. A catalogue is a function of what lies in the buckets (the facts, the
//! metadata and the children's catalogues), so that builders that look at the same buckets write the same bytes.

mod chunks;
mod days;
mod digest;
mod films;
mod notices;
mod order;
mod shelf;
mod summary;
mod when;

use std::collections::{BTreeMap, BTreeSet};

use gallery::facts::{Exposure, Facts, Outcome, Position, Rendition, Witness};
use gallery::{AlbumPath, FolderPath, PhotoId, Slug};
use jiff::Timestamp;
use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};

pub(crate) use chunks::{ChunkName, Photos, chunks};
pub use days::Days;
pub(crate) use digest::FactsDigest;
pub use films::Film;
pub(crate) use notices::unknown_key;
pub(crate) use order::{collections, newest_first};
pub(crate) use shelf::UPLOADS;
pub use shelf::{Shelf, Spot};
pub(crate) use summary::pages_stamp;
pub use summary::{Card, Cover, Stamp, Summary, Unread};
pub use when::When;

use crate::metadata::Metadata;
use crate::settings::Settings;
use crate::words::Beginnings;
use crate::yaml::{self, Problem};

/// The builder's record of an album.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Catalogue {
    /// The folder, as the owner wrote it.
    pub folder: FolderPath,
    /// What of the facts is in here.
    #[serde(default)]
    pub learned: Learned,
    /// The photos that are ready.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub photos: BTreeMap<PhotoId, Photo>,
    /// The files that are no photos, with the reason; no page shows them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rejected: BTreeMap<PhotoId, Rejected>,
    /// The albums right inside this one.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub children: BTreeMap<Slug, Summary>,
    /// What the owner says of the folder.
    #[serde(default)]
    pub described: Described<Metadata>,
    /// The photo of a folder below that the owner wants for a cover.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cover: Option<Cover>,
    /// The pages as last published: the album's own under the empty name, and those of its chunks. None while there is
    /// nothing to show.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub pages: Pages,
}

/// What a catalogue takes out of facts. One that took something else is made anew from all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Learned {
    /// Raised when more is taken.
    pub edition: u32,
    /// Whether positions are, which is for the owner to say.
    pub places: bool,
}

impl Learned {
    /// What a catalogue takes now.
    pub fn wanted(settings: &Settings) -> Self {
        Self { edition: 4, places: settings.map.is_some() }
    }
}

/// Published pages by the last segment of their address.
pub type Pages = BTreeMap<String, Published>;

/// A photo as a page needs it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Photo {
    /// The `ETag` of its facts when they were read.
    pub facts: String,
    /// The file's name.
    pub file: String,
    /// The original's size in bytes.
    pub bytes: u64,
    /// Width in pixels, upright.
    pub width: u32,
    /// Height in pixels, upright.
    pub height: u32,
    /// When it was taken, on the clock of the place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken: Option<DateTime>,
    /// What the photo itself says it shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
    /// Maker and model of the camera.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub camera: Option<String>,
    /// The lens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lens: Option<String>,
    /// How it was exposed.
    #[serde(default, skip_serializing_if = "Exposure::is_unknown")]
    pub exposure: Exposure,
    /// The photo's own keywords.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keywords: Vec<String>,
    /// The names of where it was taken or what it shows, as the photo itself says them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<String>,
    /// Where it was taken, if the owner wants a map; otherwise that stays in the facts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
    /// When the original was uploaded.
    #[serde(default)]
    pub added: Timestamp,
    /// The average colour, `#rrggbb`.
    pub colour: String,
    /// A placeholder, in base64.
    pub thumbhash: String,
    /// The sized copies, smallest first; none of a video that no picture could be made of.
    pub renditions: Vec<Rendition>,
    /// A JPEG of all there is, where browsers cannot show the original.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whole: Option<Rendition>,
    /// What is known of a video; the rest is then its poster's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub film: Option<Film>,
    /// Whether the original of a picture moves, as GIFs do.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub animated: bool,
}

/// A file that did not become a photo.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejected {
    /// The `ETag` of its facts when they were read.
    pub facts: String,
    /// The file's name.
    pub file: String,
    /// One sentence for the owner.
    pub reason: String,
}

/// What the owner says of a folder or of the gallery, and how far it could be read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Described<T> {
    /// Which edition of the parser read it; 0 before there were any.
    #[serde(default)]
    pub edition: u32,
    /// Which file was read; `None` when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Version>,
    /// The last values that could be read.
    #[serde(default)]
    pub values: T,
    /// Why the file as it is could not be read, for the owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

impl<T: Default> Default for Described<T> {
    /// What nothing is said of.
    fn default() -> Self {
        Self { edition: yaml::EDITION, version: None, values: T::default(), problem: None }
    }
}

impl<T> Described<T> {
    /// Whether another edition of the parser read it, which may have understood something else.
    pub(crate) fn is_of_old(&self) -> bool {
        self.edition != yaml::EDITION
    }
}

/// One version of an object. The time is part of it: a file that is changed and changed back is another version, so
/// that of two builders the one that saw the middle cannot pass for the one that saw the end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// The `ETag`, quotes included.
    pub etag: String,
    /// When it was written.
    pub modified: Timestamp,
}

/// A page as last published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Published {
    /// Of its bytes: the first 32 hexadecimal digits of the SHA-256.
    pub digest: String,
    /// The `ETag` that S3 gave it.
    pub etag: String,
}

impl Catalogue {
    /// The catalogue of a folder of which nothing is known yet.
    pub fn new(folder: FolderPath) -> Self {
        Self {
            folder,
            learned: Learned::wanted(&Settings::default()),
            photos: BTreeMap::new(),
            rejected: BTreeMap::new(),
            children: BTreeMap::new(),
            described: Described::default(),
            cover: None,
            pages: Pages::new(),
        }
    }

    /// The album's path.
    pub fn album(&self) -> AlbumPath {
        self.folder.album()
    }

    /// The album's title: the owner's, or the folder's name.
    pub fn title(&self) -> &str {
        self.described.values.title.as_deref().unwrap_or(self.folder.name())
    }

    /// The `ETag` of a photo's facts as last read.
    fn known(&self, photo: PhotoId) -> Option<&str> {
        let ready = self.photos.get(&photo).map(|p| p.facts.as_str());
        ready.or_else(|| self.rejected.get(&photo).map(|r| r.facts.as_str()))
    }

    /// Which of the listed facts have to be read: the new and the changed ones.
    pub fn unread(&self, listed: &BTreeMap<PhotoId, String>) -> Vec<PhotoId> {
        listed.iter().filter(|(id, etag)| self.known(**id) != Some(etag.as_str())).map(|(id, _)| *id).collect()
    }

    /// Forgets the photos whose facts are no longer listed.
    pub fn keep_only(&mut self, listed: &BTreeMap<PhotoId, String>) {
        self.photos.retain(|id, _| listed.contains_key(id));
        self.rejected.retain(|id, _| listed.contains_key(id));
    }

    /// Forgets one photo.
    pub fn forget(&mut self, photo: PhotoId) {
        self.photos.remove(&photo);
        self.rejected.remove(&photo);
    }

    /// Whether the facts of all photos have to be read again, to take out of them what is wanted now.
    pub(crate) fn lacks(&self, wanted: Learned) -> bool {
        self.learned.edition != wanted.edition || (wanted.places && !self.learned.places)
    }

    /// Keeps to what is wanted now: nobody's position stays that is not.
    pub(crate) fn keep_to(&mut self, wanted: Learned) {
        self.learned = wanted;
        if !wanted.places {
            self.photos.values_mut().for_each(|photo| photo.position = None);
        }
    }

    /// Takes in the facts of a photo, as read under `etag`.
    pub fn learn(&mut self, facts: Facts, etag: String) {
        self.forget(facts.photo);
        let file = facts.source.rsplit('/').next().unwrap_or_default().to_owned();
        let moving = facts.video.as_deref().and_then(Film::of);
        if let (Outcome::Rejected { .. }, Some(video), Some(_)) = (&facts.outcome, &facts.video, &moving) {
            let mut photo = films::without_poster(etag, file, &facts, video);
            photo.position = photo.position.filter(|_| self.learned.places);
            self.photos.insert(facts.photo, photo);
            return;
        }
        match facts.outcome {
            Outcome::Ready(picture) if !picture.renditions.is_empty() => {
                let photo = Photo {
                    facts: etag,
                    file,
                    bytes: facts.bytes,
                    width: picture.width.max(1),
                    height: picture.height.max(1),
                    // An upload is no day in anybody's life.
                    taken: picture.taken.filter(|_| picture.taken_from != Some(Witness::Upload)),
                    caption: picture.caption,
                    camera: picture.camera,
                    lens: picture.lens,
                    exposure: picture.exposure,
                    keywords: picture.keywords,
                    places: picture.places,
                    position: picture.position.filter(|_| self.learned.places),
                    added: facts.modified,
                    colour: picture.colour,
                    thumbhash: picture.thumbhash,
                    renditions: picture.renditions,
                    whole: picture.whole,
                    animated: picture.animated && moving.is_none(),
                    film: moving,
                };
                self.photos.insert(facts.photo, photo);
            }
            Outcome::Ready(_) => self.reject(facts.photo, etag, file, "it has no sized copies".to_owned()),
            Outcome::Rejected { reason } => self.reject(facts.photo, etag, file, reason),
        }
    }

    /// Notes that a file is no photo.
    pub(crate) fn reject(&mut self, photo: PhotoId, facts: String, file: String, reason: String) {
        self.rejected.insert(photo, Rejected { facts, file, reason });
    }

    /// Whether nothing is left to remember.
    pub fn is_gone(&self) -> bool {
        self.photos.is_empty() && self.rejected.is_empty() && self.children.is_empty()
    }

    /// Whether there is anything to show.
    pub fn has_page(&self) -> bool {
        !self.photos.is_empty() || self.children.values().any(|child| child.stamp.page.is_some())
    }

    /// The caption of a photo: the owner's, or the photo's own.
    pub fn caption<'a>(&'a self, photo: &'a Photo) -> Option<&'a str> {
        let own = photo.caption.as_deref().map(str::trim).filter(|text| !text.is_empty());
        self.described.values.captions.get(&photo.file).map(String::as_str).or(own)
    }

    /// Adds what can be searched for in one photo.
    pub(crate) fn searched(&self, photo: &Photo, words: &mut Beginnings) {
        let texts =
            self.caption(photo).into_iter().chain(photo.camera.as_deref()).chain(named_by_a_person(&photo.file));
        texts.for_each(|text| words.add(text));
        photo.keywords.iter().chain(&photo.places).for_each(|text| words.add(text));
    }

    /// When a photo was taken: as the owner says of it, or the photo itself. For putting photos in order.
    pub fn taken(&self, photo: &Photo) -> Option<DateTime> {
        self.described.values.dates.get(&photo.file).copied().or(photo.taken)
    }

    /// The photos in the order of the page. The movie of a Live Photo is no photo of its own.
    pub fn in_order(&self) -> Vec<(PhotoId, &Photo)> {
        let movies: BTreeSet<PhotoId> = self.live_photos().into_values().collect();
        let shown = self.photos.iter().map(|(id, photo)| (*id, photo)).filter(|(id, _)| !movies.contains(id));
        order::photos(shown.collect(), &self.described.values)
    }

    /// The movies of Live Photos, by the photo that each belongs to.
    pub fn live_photos(&self) -> BTreeMap<PhotoId, PhotoId> {
        films::pairs(&self.photos)
    }

    /// The children that a page shows, in its order.
    pub fn shown_children(&self) -> Vec<(&Slug, &Summary)> {
        let mut shown: Vec<_> = self.children.iter().filter(|(_, child)| child.is_shown()).collect();
        order::albums(&mut shown, &self.described.values);
        shown
    }

    /// What the facts in this catalogue amount to: equal to [`FactsDigest`] over a listing when nothing is missing.
    pub fn facts_digest(&self) -> String {
        let mut all: Vec<_> = self.photos.iter().map(|(id, p)| (*id, &p.facts)).collect();
        all.extend(self.rejected.iter().map(|(id, r)| (*id, &r.facts)));
        all.sort();
        let mut digest = FactsDigest::default();
        for (id, etag) in all {
            digest.add(id, etag);
        }
        digest.finish()
    }
}

/// The name of a file without its ending, unless a camera chose it.
pub(crate) fn named_by_a_person(file: &str) -> Option<&str> {
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    let letters = stem.chars().filter(|c| c.is_alphabetic()).count();
    let lower = stem.to_lowercase();
    let from_a_camera = ["img", "dsc", "dscf", "dscn", "pxl", "mvi", "mov", "vid", "gopr", "p"]
        .iter()
        .any(|prefix| lower.strip_prefix(prefix).is_some_and(|rest| rest.chars().all(|c| !c.is_alphabetic())));
    (letters >= 3 && !from_a_camera).then_some(stem)
}

#[cfg(test)]
pub(crate) mod tests;
