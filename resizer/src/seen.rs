//! The gist of facts: as much as tells whether they are fresh, and what they promise.
//!
//! Facts with the same `ETag` are the same bytes. So a resizer that is told to
//! [remember](crate::Resizer::remembering) keeps the gist of all facts under their `ETag`s in one object, and its next
//! look through the buckets reads those alone that a listing shows to be others. The object is believed about bytes and
//! never about the buckets: when it is lost, damaged or old, facts are read that need not have been.

use std::collections::BTreeMap;

use gallery::facts::VERSION;
use gallery::renditions::{Format, sizes_of};
use gallery::store::Listed;
use gallery::{Condition, Facts, Key, Store, StoreError};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::place::promised;
use crate::settings::Wish;

/// What of a photo's facts matters to a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Gist {
    /// A hash of the original that they speak of, and of the version that they are written in.
    about: u64,
    /// The sum of the hashes of the renditions that they promise.
    pub(crate) renditions: u64,
    /// The picture, where there is one.
    picture: Option<Made>,
}

/// What was made of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Made {
    /// Width and height of the picture.
    size: (u32, u32),
    /// A hash of the sizes of its JPEGs, which alone are made of every rung.
    rungs: u64,
    /// Whether there is AVIF as well.
    avif: bool,
}

impl Gist {
    /// The gist of facts.
    pub(crate) fn of(facts: &Facts) -> Self {
        Self {
            about: about(facts.version, &facts.source, &facts.etag, facts.modified),
            renditions: promised(facts).iter().fold(0, |sum, path| sum.wrapping_add(hash(path))),
            picture: facts.picture().map(|picture| {
                let jpegs = picture.renditions.iter().filter(|rendition| rendition.format == Format::Jpeg);
                Made {
                    size: (picture.width, picture.height),
                    rungs: rungs(jpegs.map(|rendition| (rendition.width, rendition.height))),
                    avif: picture.avif,
                }
            }),
        }
    }

    /// Whether the facts speak of this original, in today's version, and of the renditions that are wanted.
    pub(crate) fn is_fresh(&self, original: &Listed, wish: &Wish) -> bool {
        let as_wished = self.picture.is_none_or(|made| {
            let (ladder, (width, height)) = (&wish.wanted.ladder, made.size);
            // A new ladder needs no new version.
            let whole = !wish.wanted.formats.contains(&Format::Jpeg)
                || made.rungs == rungs(sizes_of(ladder, width, height).into_iter());
            whole && wish.avif.is_none_or(|wanted| made.avif == wanted)
        });
        self.about == about(VERSION, &original.path, &original.etag, original.modified) && as_wished
    }
}

fn rungs(sizes: impl Iterator<Item = (u32, u32)>) -> u64 {
    let sizes: Vec<String> = sizes.map(|(width, height)| format!("{width}x{height}")).collect();
    hash(&sizes.join(" "))
}

/// The same bytes sent once more are as new as their upload. Not every answer of S3 tells parts of a second.
fn about(version: u32, source: &str, etag: &str, modified: jiff::Timestamp) -> u64 {
    hash(&format!("{version}\n{}\n{etag}\n{source}", modified.as_second()))
}

/// The gists of facts by their `ETag`s, under hashes of where they lie.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Seen(BTreeMap<u64, (u64, Gist)>);

impl Seen {
    /// What the last look kept; nothing where that cannot be understood.
    pub(crate) async fn read(store: &Store) -> Result<Self, StoreError> {
        let object = store.read(&Key::FactsSeen).await?;
        Ok(object.and_then(|object| serde_json::from_slice(&object.bytes).ok()).unwrap_or_default())
    }

    /// Keeps it for the next look.
    pub(crate) async fn write(&self, store: &Store) -> Result<(), StoreError> {
        store.write_json(&Key::FactsSeen, self, Condition::Always).await.map(|_| ())
    }

    /// The gist of facts that lie here, if they are still those.
    pub(crate) fn gist(&self, path: u64, etag: u64) -> Option<Gist> {
        self.0.get(&path).filter(|(kept, _)| *kept == etag).map(|(_, gist)| *gist)
    }

    /// Keeps a gist.
    pub(crate) fn keep(&mut self, path: u64, etag: u64, gist: Gist) {
        self.0.insert(path, (etag, gist));
    }
}

/// The same on every machine and in every version: 64 bits of the SHA-256.
pub(crate) fn hash(text: &str) -> u64 {
    let digest = Sha256::digest(text.as_bytes());
    u64::from_be_bytes(std::array::from_fn(|at| digest[at]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gist_is_known_by_its_place_and_its_etag_and_reads_back() {
        let picture = Some(Made { size: (4, 3), rungs: u64::MAX, avif: false });
        let gist = Gist { about: u64::MAX, renditions: 7, picture };
        let mut seen = Seen::default();
        seen.keep(1, 2, gist);
        let seen: Seen = serde_json::from_str(&serde_json::to_string(&seen).unwrap()).unwrap();
        assert_eq!(seen.gist(1, 2), Some(gist));
        assert_eq!((seen.gist(1, 3), seen.gist(2, 2)), (None, None));
    }

    #[test]
    fn hashes_stay_what_they_are() {
        // SHA-256 of "abc" (FIPS 180-4).
        assert_eq!(hash("abc"), 0xba78_16bf_8f01_cfea);
    }
}
