//! Which photos are known, so that what is new can be told.
//!
//! A photo is known by its place (its [`PhotoId`]) and by what it is: the same file in another folder of the same
//! collection is a photo that was moved, and a photo that is rendered anew, or replaced by an edited one, stays what it
//! was. Whoever was not yet told of it is told of it where it lies now. A copy in another collection is new there, because others look there. What becomes known gets the number of the look
//! that found it, and a viewer has been told everything up to a number: so no clock decides what is told, and two who look
//! at once cannot both give the same number, since the record is written under the condition that it is what was read.

use std::collections::{BTreeMap, BTreeSet};

use builder::Photo;
use data_encoding::{BASE64, HEXLOWER};
use gallery::{AlbumPath, CollectionSlug, PhotoId};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The first look tells of what came in the week before it, and of nothing older: an old gallery is not news.
const FIRST_REACH: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What nobody could be told of in so long is told no more.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(60 * 24);

/// The record, one for the gallery.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Known {
    /// The number of the last look that found something.
    pub(crate) turn: u64,
    /// The `ETag` of each album's catalogue as last looked at: what has not changed is not read again.
    pub(crate) albums: BTreeMap<String, String>,
    /// Every photo's id.
    photos: Packed<10>,
    /// What every photo is.
    kinds: Packed<8>,
    /// Those that somebody may still have to be told of.
    pub(crate) recent: BTreeMap<PhotoId, Recent>,
}

/// A photo that became known not long ago.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Recent {
    /// The look that found it.
    pub(crate) turn: u64,
    /// When that was.
    pub(crate) found: Timestamp,
    /// When the original was uploaded.
    pub(crate) added: Timestamp,
    /// The album it lies in.
    pub(crate) album: AlbumPath,
    /// What it is, by which it is found again where it was moved to. Records of old have none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) kind: String,
}

/// A photo that a page shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) photo: PhotoId,
    pub(crate) album: AlbumPath,
    pub(crate) kind: [u8; 8],
    pub(crate) added: Timestamp,
}

impl Found {
    pub(crate) fn of(album: &AlbumPath, id: PhotoId, photo: &Photo) -> Self {
        Self { photo: id, album: album.clone(), kind: kind(&album.collection(), photo), added: photo.added }
    }
}

impl Known {
    /// Takes in what a look found. Whether that changed anything.
    pub(crate) fn learn(&mut self, found: &[Found], albums: BTreeMap<String, String>, now: Timestamp) -> bool {
        let first = self.turn == 0;
        let before = (self.photos.0.len(), self.kinds.0.len(), self.recent.len());
        let looked_otherwise = self.albums != albums;
        let turn = self.turn + 1;
        let recently: BTreeMap<String, Recent> =
            self.recent.values().map(|recent| (recent.kind.clone(), recent.clone())).collect();
        for one in found {
            let is_new = self.photos.0.insert(bytes(one.photo)) & self.kinds.0.insert(one.kind);
            let kind = HEXLOWER.encode(&one.kind);
            if is_new {
                if !first || now.duration_since(one.added) <= FIRST_REACH {
                    let recent = Recent { turn, found: now, added: one.added, album: one.album.clone(), kind };
                    self.recent.insert(one.photo, recent);
                }
            } else if let Some(recent) = self.recent.get_mut(&one.photo) {
                recent.kind = kind;
            } else if let Some(recent) = recently.get(&kind) {
                // It was moved or copied. Its old place stays in the record: only who reads that page knows which.
                self.recent.insert(one.photo, Recent { album: one.album.clone(), ..recent.clone() });
            }
        }
        self.recent.retain(|_, recent| now.duration_since(recent.found) <= REMEMBERED);
        self.albums = albums;
        let changed =
            first || looked_otherwise || before != (self.photos.0.len(), self.kinds.0.len(), self.recent.len());
        if changed {
            self.turn = turn;
        }
        changed
    }
}

/// What a photo is, wherever it lies in its collection and however it was rendered.
fn kind(collection: &CollectionSlug, photo: &Photo) -> [u8; 8] {
    let Photo { bytes, width, height, taken, .. } = photo;
    let said = format!("{collection} {bytes} {width} {height} {taken:?}");
    let mut kind = [0; 8];
    kind.copy_from_slice(&Sha256::digest(said.as_bytes())[..8]);
    kind
}

fn bytes(photo: PhotoId) -> [u8; 10] {
    let decoded = HEXLOWER.decode(photo.to_string().as_bytes()).unwrap_or_default();
    decoded.try_into().unwrap_or_default()
}

/// Many short values of one length, in one text: a hundred thousand photos are 2.4 MB.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
struct Packed<const N: usize>(BTreeSet<[u8; N]>);

impl<const N: usize> TryFrom<String> for Packed<N> {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let bytes = BASE64.decode(text.as_bytes()).map_err(|error| error.to_string())?;
        let (values, rest) = bytes.as_chunks::<N>();
        if rest.is_empty() {
            Ok(Self(values.iter().copied().collect()))
        } else {
            Err(format!("no list of {N} bytes each"))
        }
    }
}

impl<const N: usize> From<Packed<N>> for String {
    fn from(packed: Packed<N>) -> Self {
        BASE64.encode(&packed.0.into_iter().flatten().collect::<Vec<_>>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn at(hours: i64) -> Timestamp {
        Timestamp::from_second(NOW + hours * 3600).unwrap()
    }

    fn found(name: &str, kind: u8, hours: i64) -> Found {
        let album = AlbumPath::parse("Family/Lisbon").unwrap();
        Found { photo: PhotoId::of_key(name), album, kind: [kind; 8], added: at(hours) }
    }

    fn told(known: &Known) -> usize {
        known.recent.values().filter(|recent| recent.turn == known.turn).count()
    }

    #[test]
    fn an_old_gallery_is_no_news() {
        let mut known = Known::default();
        assert!(known.learn(&[found("a/old.jpg", 1, -200), found("a/new.jpg", 2, -100)], BTreeMap::new(), at(0)));
        assert_eq!((known.turn, told(&known)), (1, 1));
        assert!(known.learn(&[found("a/scan.jpg", 3, -200)], BTreeMap::new(), at(1)), "late, but new");
        assert_eq!((known.turn, told(&known)), (2, 1));
    }

    #[test]
    fn what_is_known_stays_so() {
        let mut known = Known::default();
        known.learn(&[found("a/1.jpg", 1, -1)], BTreeMap::new(), at(0));
        // Edited in its place; looked at once more.
        for again in [found("a/1.jpg", 9, 6), found("a/1.jpg", 9, 6)] {
            known.learn(&[again], BTreeMap::new(), at(7));
        }
        assert_eq!((known.recent.len(), known.recent[&PhotoId::of_key("a/1.jpg")].turn), (1, 1));
        let turn = known.turn;
        assert!(!known.learn(&[], BTreeMap::new(), at(8)) && known.turn == turn, "nothing new is no turn");
        known.learn(&[], BTreeMap::new(), at(24 * 61));
        assert!(known.recent.is_empty());
        known.learn(&[found("a/1.jpg", 1, -1)], BTreeMap::new(), at(24 * 62));
        assert!(known.recent.is_empty(), "forgotten as news, and known for good");
    }

    #[test]
    fn what_is_moved_before_it_was_told_is_told_in_its_new_place() {
        let mut known = Known::default();
        known.learn(&[found("a/old.jpg", 7, -900)], BTreeMap::new(), at(0));
        known.learn(&[found("a/1.jpg", 1, 0)], BTreeMap::new(), at(1));
        let album = AlbumPath::parse("Family/Porto").unwrap();
        for (name, kind) in [("b/1.jpg", 1), ("b/old.jpg", 7)] {
            known.learn(&[Found { album: album.clone(), ..found(name, kind, 5) }], BTreeMap::new(), at(6));
        }
        let there = &known.recent[&PhotoId::of_key("b/1.jpg")];
        assert_eq!((there.turn, there.added, &there.album), (2, at(0), &album), "who was told of it is told no more");
        assert!(!known.recent.contains_key(&PhotoId::of_key("b/old.jpg")), "what is old stays so");
        // Edited, and then moved on.
        known.learn(&[found("b/1.jpg", 9, 6)], BTreeMap::new(), at(7));
        known.learn(&[found("c/1.jpg", 9, 6)], BTreeMap::new(), at(8));
        assert_eq!(known.recent[&PhotoId::of_key("c/1.jpg")].turn, 2);
    }

    #[test]
    fn the_record_reads_back() {
        let mut known = Known::default();
        known.learn(
            &[found("a/1.jpg", 1, -1), found("a/2.jpg", 2, -1)],
            BTreeMap::from([("a".into(), "\"e\"".into())]),
            at(0),
        );
        let text = serde_json::to_string(&known).unwrap();
        assert_eq!(serde_json::from_str::<Known>(&text).unwrap(), known);
        assert!(serde_json::from_str::<Known>(&text.replacen("\"photos\":\"", "\"photos\":\"AAAA", 1)).is_err());
    }
}
