//! The whole bucket made right: what lost events, crashes and older versions left.
//!
//! Memory stays at a few dozen bytes a photo, whatever the photos are, and the keys of those to be made. Three listings are walked page by page: the
//! originals (each compared with its facts; what differs is made afterwards, the newest first), the facts (for originals that are gone) and the renditions (compared with
//! what the facts promised, as a sum of hashes). Whatever looks wrong is refreshed, so a mistaken suspicion, as when
//! the gallery changes meanwhile, costs time alone.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::Ordering;

use futures::{StreamExt, stream};
use gallery::store::Listed;
use gallery::{Bucket, Facts, Key, PhotoId, StoreError};
use tracing::error;

use crate::place::{Place, promised};
use crate::refresh::{Done, Look, RefreshError, is_fresh};
use crate::resizer::Resizer;

/// What a reconciliation did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Photos that were right already.
    pub unchanged: usize,
    /// Photos that were rendered.
    pub rendered: usize,
    /// Originals that were found not to be photos.
    pub rejected: usize,
    /// Photos whose remains were removed.
    pub removed: usize,
    /// Keys that could not be refreshed; each was logged.
    pub failed: usize,
}

/// What comparing an original with its facts tells.
enum Checked {
    /// Not meant as a photo.
    Ignored,
    /// All right, and what its renditions should sum up to.
    Fresh(PhotoId, u64),
    /// To be made.
    Stale,
}

/// What the renditions of a photo should sum up to.
type Sums = HashMap<PhotoId, u64>;

impl Resizer {
    /// Walks the buckets and refreshes what differs. Fails only when a listing fails; keys that fail are logged and
    /// counted.
    pub async fn reconcile(&self) -> Result<Tally, StoreError> {
        let mut tally = Tally::default();
        let mut sums = Sums::new();
        let mut stale = Vec::new();
        let mut originals = self.store.list(Bucket::Source, "");
        while let Some(page) = originals.next().await? {
            self.asked.fetch_add(page.len(), Ordering::Relaxed);
            let mut seen = stream::iter(page)
                .map(|original| async move {
                    let fresh = self.promised_by_fresh_facts(&original).await;
                    (original, fresh)
                })
                .buffer_unordered(self.width);
            while let Some((original, fresh)) = seen.next().await {
                match fresh {
                    Ok(Checked::Fresh(photo, sum)) => {
                        sums.insert(photo, sum);
                        tally.count(Ok(Done::Unchanged));
                    }
                    Ok(Checked::Stale) => {
                        stale.push((original.modified, original.path));
                        continue;
                    }
                    Ok(Checked::Ignored) => {}
                    Err(error) => count_failed(original.path, error, &mut sums, &mut tally),
                }
                self.done.fetch_add(1, Ordering::Relaxed);
            }
        }
        // Somebody waits for the newest.
        stale.sort_unstable_by_key(|(modified, _)| Reverse(*modified));
        let mut made = stream::iter(stale)
            .map(|(_, key)| async move {
                let made = self.make_fresh(&key).await;
                self.done.fetch_add(1, Ordering::Relaxed);
                (key, made)
            })
            .buffer_unordered(self.width);
        while let Some((key, made)) = made.next().await {
            match made {
                Ok((sum, done)) => {
                    sums.insert(PhotoId::of_key(&key), sum);
                    tally.count(Ok(done));
                }
                Err(error) => count_failed(key, error, &mut sums, &mut tally),
            }
        }
        self.sweep_facts(&sums, &mut tally).await?;
        self.sweep_renditions(&sums, &mut tally).await?;
        Ok(tally)
    }

    /// Compares an original with its facts.
    async fn promised_by_fresh_facts(&self, original: &Listed) -> Result<Checked, RefreshError> {
        let place = Place::of(&original.path);
        let (Some(photo), Some(facts_key)) = (place.photo(), place.facts()) else {
            return Ok(Checked::Ignored);
        };
        let wish = self.wish().await?;
        let facts = self.known(&facts_key).await?.facts;
        let fresh = facts.filter(|facts| !self.anew && is_fresh(facts, original, &wish));
        Ok(fresh.map_or(Checked::Stale, |facts| Checked::Fresh(photo, sum(&promised(&facts)))))
    }

    /// Refreshes an original, and sums up what its facts promise then.
    async fn make_fresh(&self, key: &str) -> Result<(u64, Done), RefreshError> {
        let done = self.refresh(key).await?;
        let facts = match Place::of(key).facts() {
            Some(facts_key) => self.known(&facts_key).await?.facts,
            None => None,
        };
        Ok((facts.map_or(0, |facts| sum(&promised(&facts))), done))
    }

    /// Refreshes what has facts but no original.
    async fn sweep_facts(&self, sums: &Sums, tally: &mut Tally) -> Result<(), StoreError> {
        let mut pages = self.store.list(Bucket::Resized, "facts/");
        while let Some(page) = pages.next().await? {
            for listed in page {
                let key = Key::parse(Bucket::Resized, &listed.path);
                let Some(Key::Facts(_, photo) | Key::StrayFacts(photo)) = key else {
                    continue;
                };
                if sums.contains_key(&photo) {
                    continue;
                }
                let Some(object) = self.store.read_path(Bucket::Resized, &listed.path).await? else {
                    continue;
                };
                let source = Facts::from_json(&object.bytes).ok().map(|facts| facts.source);
                let own = source.filter(|source| Place::of(source).facts() == key);
                if let Some(source) = own {
                    tally.count(self.refresh(&source).await.map_err(|error| (source, error)));
                } else {
                    // It names no original that it could belong to.
                    self.store.remove_path(Bucket::Resized, &listed.path).await?;
                    tally.removed += 1;
                }
            }
        }
        Ok(())
    }

    /// Looks closely at photos whose renditions are not the promised ones, and removes those of no photo.
    async fn sweep_renditions(&self, sums: &Sums, tally: &mut Tally) -> Result<(), StoreError> {
        let mut found: Sums = Sums::new();
        let mut pages = self.store.list(Bucket::Resized, "pics/");
        while let Some(page) = pages.next().await? {
            for listed in page {
                if let Some(Key::Rendition { photo, .. }) = Key::parse(Bucket::Resized, &listed.path) {
                    let sum = found.entry(photo).or_default();
                    *sum = sum.wrapping_add(hash(&listed.path));
                }
            }
        }
        let differs = |photo: &PhotoId| sums.get(photo).copied().unwrap_or(0) != found.get(photo).copied().unwrap_or(0);
        let mut suspects: HashSet<PhotoId> = sums.keys().chain(found.keys()).copied().filter(differs).collect();
        drop(found);
        if suspects.is_empty() {
            return Ok(());
        }
        let mut originals = self.store.list(Bucket::Source, "");
        while let Some(page) = originals.next().await? {
            for original in page {
                if suspects.remove(&PhotoId::of_key(&original.path)) {
                    let result = self.refresh_looking(&original.path, Look::Leaving).await;
                    tally.count_again(result.map_err(|error| (original.path, error)));
                }
            }
        }
        self.remove_orphans(&suspects, tally).await
    }

    /// Removes the renditions of photos that have no original.
    async fn remove_orphans(&self, photos: &HashSet<PhotoId>, tally: &mut Tally) -> Result<(), StoreError> {
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
        tally.removed += emptied.len();
        Ok(())
    }
}

impl Tally {
    fn count(&mut self, result: Result<Done, (String, RefreshError)>) {
        match result {
            Ok(Done::Ignored) => {}
            Ok(Done::Unchanged) => self.unchanged += 1,
            Ok(Done::Rendered) => self.rendered += 1,
            Ok(Done::Rejected) => self.rejected += 1,
            Ok(Done::Removed) => self.removed += 1,
            Err((key, error)) => {
                error!(key, %error, "cannot refresh a photo");
                self.failed += 1;
            }
        }
    }

    /// Counts a photo that was counted before as unchanged.
    fn count_again(&mut self, result: Result<Done, (String, RefreshError)>) {
        if !matches!(result, Ok(Done::Unchanged)) {
            self.unchanged = self.unchanged.saturating_sub(1);
            self.count(result);
        }
    }
}

/// Counts a key that failed, whose remains must not be taken for orphans.
fn count_failed(key: String, error: RefreshError, sums: &mut Sums, tally: &mut Tally) {
    sums.insert(PhotoId::of_key(&key), 0);
    tally.count(Err((key, error)));
}

fn sum(paths: &[String]) -> u64 {
    paths.iter().fold(0, |sum, path| sum.wrapping_add(hash(path)))
}

fn hash(path: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    path.hash(&mut hasher);
    hasher.finish()
}
