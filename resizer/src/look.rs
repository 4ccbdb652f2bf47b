//! A look through the buckets: which photos are not as they should be.
//!
//! Memory stays at a few dozen bytes a photo, whatever the photos are. Three listings are walked page by page: the facts,
//! the originals (each compared with its facts) and the renditions (compared with what the facts promised, as a sum of
//! hashes). Facts are read only where the last look did not see the same ([`seen`](crate::seen)). A mistaken suspicion, as
//! when the gallery changes meanwhile, costs time alone: no rendition is removed before the originals were listed once more.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::atomic::Ordering;

use futures::{StreamExt, stream};
use gallery::store::{Listed, Removed};
use gallery::{Bucket, Facts, Key, PhotoId, StoreError};

use crate::place::Place;
use crate::resizer::Resizer;
use crate::seen::{Gist, Seen, hash};

/// What a look found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Photos that are right.
    pub right: usize,
    /// Keys of the source bucket that want [a close refresh](Resizer::refresh_closely), the newest originals first.
    pub wrong: Vec<String>,
    /// Photos of which neither an original nor a name was left, and whose remains the look removed.
    pub removed: usize,
}

/// A hash of the `ETag` of facts, by a hash of where they lie.
type Listing = HashMap<u64, u64>;

/// The photos that have an original: what their renditions should sum up to, or `None` for those that are wrong anyway.
type Sums = HashMap<PhotoId, Option<u64>>;

impl Resizer {
    /// Looks through both buckets. What cannot belong to any photo is removed at once; everything else is told.
    pub async fn look(&self) -> Result<Found, StoreError> {
        let wish = self.wish().await?;
        let before = if self.remembers { Seen::read(&self.store).await? } else { Seen::default() };
        let mut facts = self.list_facts().await?;
        let mut now = Seen::default();
        let (mut sums, mut wrong) = (Sums::new(), Vec::new());
        let mut originals = self.store.list(Bucket::Source, "");
        while let Some(page) = originals.next().await? {
            let (asked, known) = (page.len(), wrong.len());
            self.asked.fetch_add(asked, Ordering::Relaxed);
            let looked = page.into_iter().filter_map(|original| {
                let place = Place::of(&original.path);
                let (photo, key) = place.photo().zip(place.facts())?;
                let path = key.path();
                let etag = facts.remove(&hash(&path));
                Some((photo, path, etag, original))
            });
            let looked: Vec<_> = looked.collect();
            let gists = stream::iter(looked).map(|(photo, path, etag, original)| {
                let kept = etag.and_then(|etag| before.gist(hash(&path), etag));
                async move {
                    let gist = match (etag, kept) {
                        (Some(etag), Some(gist)) => Some((etag, gist)),
                        // Facts that cannot be read are for the refresh to fail on.
                        (Some(_), None) => self.read_gist(&path).await.ok().flatten(),
                        (None, _) => None,
                    };
                    (photo, hash(&path), original, gist)
                }
            });
            let mut gists = gists.buffer_unordered(self.width);
            while let Some((photo, path, original, gist)) = gists.next().await {
                if let Some((etag, gist)) = gist {
                    now.keep(path, etag, gist);
                }
                let fresh = gist.filter(|(_, gist)| !self.anew && gist.is_fresh(&original, &wish));
                sums.insert(photo, fresh.map(|(_, gist)| gist.renditions));
                if fresh.is_none() {
                    wrong.push((original.modified, original.path));
                }
            }
            self.done.fetch_add(asked - (wrong.len() - known), Ordering::Relaxed);
        }
        let mut removed = 0;
        let mut forgotten = self.sweep_facts(&facts, &mut sums, &mut removed).await?;
        let suspects = self.sweep_renditions(&sums, &mut removed).await?;
        let thought_right = |key: &str| sums.get(&PhotoId::of_key(key)).is_some_and(Option::is_some);
        let not_right = suspects.iter().filter(|(_, key)| thought_right(key)).count();
        let right = sums.values().flatten().count() - not_right;
        self.asked.fetch_add(suspects.len() + forgotten.len(), Ordering::Relaxed);
        wrong.extend(suspects);
        if self.remembers && now != before {
            now.write(&self.store).await?;
        }
        // Somebody waits for the newest.
        wrong.sort_by_key(|(modified, _)| Reverse(*modified));
        let mut wrong: Vec<String> = wrong.into_iter().map(|(_, key)| key).collect();
        wrong.append(&mut forgotten);
        Ok(Found { right, wrong, removed })
    }

    async fn list_facts(&self) -> Result<Listing, StoreError> {
        let mut facts = Listing::new();
        let mut pages = self.store.list(Bucket::Resized, "facts/");
        while let Some(page) = pages.next().await? {
            let those = page.into_iter().filter(|listed| is_facts(listed).is_some());
            facts.extend(those.map(|listed| (hash(&listed.path), hash(&listed.etag))));
        }
        Ok(facts)
    }

    /// The gist of facts under the `ETag` of what was read, which may be younger than the listing.
    async fn read_gist(&self, path: &str) -> Result<Option<(u64, Gist)>, StoreError> {
        let object = self.store.read_path(Bucket::Resized, path).await?;
        Ok(object.and_then(|object| {
            let facts = Facts::from_json(&object.bytes).ok()?;
            Some((hash(&object.etag), Gist::of(&facts)))
        }))
    }

    /// The originals that facts without an original name. Facts that name none that they could belong to are removed.
    async fn sweep_facts(
        &self,
        left: &Listing,
        sums: &mut Sums,
        removed: &mut usize,
    ) -> Result<Vec<String>, StoreError> {
        let mut forgotten = Vec::new();
        if left.is_empty() {
            return Ok(forgotten);
        }
        let mut pages = self.store.list(Bucket::Resized, "facts/");
        while let Some(page) = pages.next().await? {
            for listed in page.into_iter().filter(|listed| left.contains_key(&hash(&listed.path))) {
                let key = is_facts(&listed);
                let Some(object) = self.store.read_path(Bucket::Resized, &listed.path).await? else { continue };
                let source = Facts::from_json(&object.bytes).ok().map(|facts| facts.source);
                if let Some(source) = source.filter(|source| Place::of(source).facts() == key) {
                    // Its renditions go with it.
                    sums.entry(PhotoId::of_key(&source)).or_insert(None);
                    forgotten.push(source);
                } else {
                    // Somebody may have written good ones meanwhile.
                    let gone = self.store.remove_unchanged(Bucket::Resized, &listed.path, &object.etag).await?;
                    *removed += usize::from(gone == Removed::Gone);
                }
            }
        }
        Ok(forgotten)
    }

    /// The photos whose renditions are not the promised ones. Those of no photo are removed.
    async fn sweep_renditions(
        &self,
        sums: &Sums,
        removed: &mut usize,
    ) -> Result<Vec<(jiff::Timestamp, String)>, StoreError> {
        let mut found: HashMap<PhotoId, u64> = HashMap::new();
        let mut pages = self.store.list(Bucket::Resized, "pics/");
        while let Some(page) = pages.next().await? {
            for listed in page {
                if let Some(Key::Rendition { photo, .. }) = Key::parse(Bucket::Resized, &listed.path) {
                    let sum = found.entry(photo).or_default();
                    *sum = sum.wrapping_add(hash(&listed.path));
                }
            }
        }
        let mut orphans: HashSet<PhotoId> = found.keys().filter(|photo| !sums.contains_key(photo)).copied().collect();
        let differs = |(photo, sum): (&PhotoId, &Option<u64>)| {
            sum.is_some_and(|sum| found.get(photo).copied().unwrap_or(0) != sum).then_some(*photo)
        };
        let mut suspects: HashSet<PhotoId> = sums.iter().filter_map(differs).collect();
        drop(found);
        // A photo that came while the originals were listed is no orphan.
        let mut wrong = self.found_again(&mut suspects, &mut orphans).await?;
        if !orphans.is_empty() {
            *removed += self.remove_orphans(&orphans).await?;
            // One that came back meanwhile may have been given the very renditions that were removed.
            wrong.extend(self.found_again(&mut HashSet::new(), &mut orphans).await?);
        }
        Ok(wrong)
    }

    /// Those of the photos whose originals are there, taken out of either set.
    async fn found_again(
        &self,
        suspects: &mut HashSet<PhotoId>,
        orphans: &mut HashSet<PhotoId>,
    ) -> Result<Vec<(jiff::Timestamp, String)>, StoreError> {
        let mut found = Vec::new();
        if suspects.is_empty() && orphans.is_empty() {
            return Ok(found);
        }
        let mut originals = self.store.list(Bucket::Source, "");
        while let Some(page) = originals.next().await? {
            for original in page {
                let Some(photo) = Place::of(&original.path).photo() else { continue };
                if suspects.remove(&photo) || orphans.remove(&photo) {
                    found.push((original.modified, original.path));
                }
            }
        }
        Ok(found)
    }

    /// Removes the renditions of photos that have no original, and tells of how many photos.
    async fn remove_orphans(&self, photos: &HashSet<PhotoId>) -> Result<usize, StoreError> {
        let mut emptied = BTreeSet::new();
        let mut pages = self.store.list(Bucket::Resized, "pics/");
        while let Some(page) = pages.next().await? {
            let mut orphans = Vec::new();
            for listed in page {
                if let Some(Key::Rendition { photo, .. }) = Key::parse(Bucket::Resized, &listed.path)
                    && photos.contains(&photo)
                {
                    emptied.insert(photo);
                    orphans.push(listed.path);
                }
            }
            self.remove_all(&orphans).await?;
        }
        Ok(emptied.len())
    }
}

fn is_facts(listed: &Listed) -> Option<Key> {
    Key::parse(Bucket::Resized, &listed.path).filter(|key| matches!(key, Key::Facts(..) | Key::StrayFacts(_)))
}
