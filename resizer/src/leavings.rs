//! Renditions of replaced photos, left lying until no page names them any more.
//!
//! The pages of a gallery are made a while after the renditions, so a page may name what a replacement made stale. A
//! resizer that is [told to](Resizer::leaving_until_published) notes such renditions and removes them when its owner
//! says that the pages are published. The note is in memory alone: whatever a crash leaves is found by the next
//! reconcile, which notes it once more.
//!
//! What belongs to an original that was *removed* is never left: whoever takes a photo away wants it gone now, and a page
//! with a gap until the next build is the lesser harm.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use aws_lambda_events::event::sqs::SqsEvent;
use gallery::notification::changed;
use gallery::{Bucket, Key};
use tracing::error;

use crate::place::{Place, promised};
use crate::refresh::{Look, RefreshError};
use crate::resizer::Resizer;

/// Renditions that pages may still name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leavings {
    /// By the path of the facts that no longer name them.
    photos: BTreeMap<String, Left>,
    /// How often something was noted.
    notes: u64,
}

/// What was left of one photo.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Left {
    /// The key of the original.
    source: String,
    /// Which note was the last to speak of each.
    paths: BTreeMap<String, u64>,
}

impl Leavings {
    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.photos.is_empty()
    }

    /// Those of the photos whose facts these messages speak of: the ones that the build of these messages shows as they
    /// are now.
    #[must_use]
    pub fn spoken_of(mut self, event: &SqsEvent) -> Self {
        let told: BTreeSet<String> =
            event.records.iter().filter_map(|m| changed(m).ok()).flatten().map(|c| c.key).collect();
        self.photos.retain(|facts, _| told.contains(facts));
        self
    }
}

impl Resizer {
    /// The same, leaving the renditions of replaced photos to [`clear_away`](Self::clear_away).
    #[must_use]
    pub fn leaving_until_published(mut self) -> Self {
        self.leavings = Some(Mutex::default());
        self
    }

    /// What is left at the moment. Asked for *before* pages are made: what is in it then is named by none of them.
    pub fn leavings(&self) -> Leavings {
        self.noted(|leavings| leavings.clone()).unwrap_or_default()
    }

    /// Removes what was left, now that the pages are published. What could not be removed stays noted, and so does what was
    /// left once more meanwhile: it is for whoever asks later.
    pub async fn clear_away(&self, left: Leavings) {
        for (facts, Left { source, mut paths }) in left.photos {
            let is_noted = |path: &str, note: u64| {
                self.noted(|leavings| leavings.photos.get(&facts)?.paths.get(path).copied()).flatten() == Some(note)
            };
            paths.retain(|path, note| is_noted(path, *note));
            match self.clear(&source, paths.keys()).await {
                Ok(()) => self.unnote(&facts, |path, note| paths.get(path) == Some(&note)),
                Err(error) => error!(key = source, %error, "cannot remove what a replaced photo left"),
            }
        }
    }

    /// Notes what these facts, which are replaced or differ from what is there, leave behind. Whether it is noted: otherwise it is
    /// for the caller to remove.
    pub(crate) fn leave(&self, facts: &Key, source: &str, stale: impl IntoIterator<Item = String>) -> bool {
        let note = |leavings: &mut Leavings| {
            let mut stale = stale.into_iter().peekable();
            if stale.peek().is_some() {
                leavings.notes += 1;
                let note = leavings.notes;
                let left = leavings.photos.entry(facts.path()).or_default();
                source.clone_into(&mut left.source);
                left.paths.extend(stale.map(|path| (path, note)));
            }
        };
        self.noted(note).is_some()
    }

    /// What of the stale is not noted as left.
    pub(crate) fn not_left(&self, facts: &Key, mut stale: Vec<String>) -> Vec<String> {
        let left = self.noted(|leavings| leavings.photos.get(&facts.path()).map(|left| left.paths.clone())).flatten();
        stale.retain(|path| left.as_ref().is_none_or(|left| !left.contains_key(path)));
        stale
    }

    /// Takes these out of the note, as they are removed.
    pub(crate) fn forget_leavings(&self, facts: &str, paths: &[String]) {
        self.unnote(facts, |path, _| paths.iter().any(|removed| removed == path));
    }

    fn unnote(&self, facts: &str, which: impl Fn(&str, u64) -> bool) {
        self.noted(|leavings| {
            if let Some(left) = leavings.photos.get_mut(facts) {
                left.paths.retain(|path, note| !which(path, *note));
                if left.paths.is_empty() {
                    leavings.photos.remove(facts);
                }
            }
        });
    }

    fn noted<T>(&self, with: impl FnOnce(&mut Leavings) -> T) -> Option<T> {
        Some(with(&mut self.leavings.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner)))
    }

    /// Removes those of the paths that the facts do not promise. A photo may have become what it was before at this very
    /// moment: so the facts are looked at again afterwards, and the photo closely if they changed.
    async fn clear(&self, source: &str, paths: impl Iterator<Item = &String>) -> Result<(), RefreshError> {
        let Some(facts_key) = Place::of(source).facts() else { return Ok(()) };
        let known = self.known(&facts_key).await?;
        let promised = known.facts.as_ref().map(promised).unwrap_or_default();
        let stale: Vec<String> = paths.filter(|path| !promised.contains(path)).cloned().collect();
        for path in &stale {
            self.store.remove_path(Bucket::Resized, path).await?;
        }
        if !stale.is_empty() && self.known(&facts_key).await?.etag != known.etag {
            self.refresh_looking(source, Look::Whole).await?;
        }
        Ok(())
    }
}
