//! One key made right: whatever lies in the source bucket, its facts and renditions follow.
//!
//! The order of the writes keeps every promise: renditions, then the facts that name them, then the removal of those
//! that no facts name any more (at once, or when the pages are published: [`leavings`](crate::leavings)). After the last write the original is looked at again, and what changed meanwhile is
//! made right in another round, so that of several at work on one photo the last leaves it whole.

use futures::future::try_join_all;
use gallery::facts::{Outcome, VERSION};
use gallery::store::{Listed, Written};
use gallery::{Bucket, Condition, Facts, Key, StoreError};
use tracing::info;

use crate::place::{Place, promised};
use crate::render::Rendered;
use crate::resizer::Resizer;
use crate::seen::Gist;
use crate::settings::Wish;

/// More rounds than any honest race needs; after these the queue tries again later.
const ROUNDS: usize = 8;

/// What refreshing a key came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// Not meant as a photo.
    Ignored,
    /// Right already.
    Unchanged,
    /// Rendered; the photo is ready.
    Rendered,
    /// Not a picture, damaged or over the limits; the facts say why.
    Rejected,
    /// The original is gone, and so are its facts and renditions.
    Removed,
}

/// Why a key could not be refreshed now. Trying again may help.
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// S3 did not do what was asked.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It kept changing.
    #[error("`{0}` kept changing while it was rendered")]
    Restless(String),
    /// It took too long: the machine may have had too much to do. What takes as long every time ends among what is given up.
    #[error("making the pictures of `{0}` took longer than the limit of {1} seconds")]
    Slow(String, u64),
    /// The program is stopping.
    #[error("rendering `{0}` was interrupted: the program is stopping")]
    Interrupted(String),
}

/// How closely to look at a photo whose facts are fresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// Facts are believed: they were written after the renditions.
    Quick,
    /// The renditions are listed and compared with the facts.
    Whole,
    /// The same; what the facts do not promise is left until the pages are published, where that is wanted.
    Leaving,
    /// Not at all: everything is made anew.
    Never,
}

/// How a round ended.
enum Round {
    Settled(Done),
    Again,
}

impl Resizer {
    /// Makes one key of the source bucket right.
    pub async fn refresh(&self, key: &str) -> Result<Done, RefreshError> {
        self.refresh_looking(key, if self.anew { Look::Never } else { Look::Quick }).await
    }

    /// The same, and the renditions are compared with what the facts promise, even where the facts are fresh.
    pub async fn refresh_closely(&self, key: &str) -> Result<Done, RefreshError> {
        let look = if self.leavings.is_some() { Look::Leaving } else { Look::Whole };
        self.refresh_looking(key, if self.anew { Look::Never } else { look }).await
    }

    pub(crate) async fn refresh_looking(&self, key: &str, look: Look) -> Result<Done, RefreshError> {
        let place = Place::of(key);
        let Some(facts_key) = place.facts() else {
            return Ok(Done::Ignored);
        };
        let mut look = look;
        let mut done = Done::Unchanged;
        let wish = self.wish().await?;
        for _ in 0..ROUNDS {
            match self.round(key, &place, &facts_key, look, &wish).await? {
                // A later round that finds all well confirms what an earlier one did.
                Round::Settled(Done::Unchanged) => return Ok(done),
                Round::Settled(settled) => {
                    done = settled;
                    if self.is_still(key, &facts_key, done, &wish).await? {
                        info!(key, ?done, "refreshed");
                        return Ok(done);
                    }
                }
                Round::Again => {}
            }
            look = Look::Whole;
        }
        Err(RefreshError::Restless(key.to_owned()))
    }

    /// Looks at the buckets once and does what is missing.
    async fn round(
        &self,
        key: &str,
        place: &Place,
        facts_key: &Key,
        look: Look,
        wish: &Wish,
    ) -> Result<Round, RefreshError> {
        let (original, known) = futures::try_join!(self.store.look(Bucket::Source, key), self.known(facts_key))?;
        let Some(original) = original else {
            return self.forget(place, facts_key, &known).await;
        };
        let fresh = known.facts.as_ref().filter(|facts| look != Look::Never && is_fresh(facts, &original, wish));
        if let Some(facts) = fresh {
            if look == Look::Quick {
                return Ok(Round::Settled(Done::Unchanged));
            }
            let (missing, stale) = self.compare(place, &promised(facts)).await?;
            if missing.is_empty() {
                // A note that is there already is for the build that was told of these facts: a newer one would be for nobody.
                let unnoted = self.not_left(facts_key, stale.clone());
                if look == Look::Leaving && self.leave(facts_key, key, unnoted) {
                    return Ok(Round::Settled(Done::Unchanged));
                }
                return self.without(facts_key, known.etag.as_ref(), stale, Done::Unchanged).await;
            }
        }
        self.make(key, place, facts_key, &original, known, wish).await
    }

    /// Renders what lies at a key and writes it.
    async fn make(
        &self,
        key: &str,
        place: &Place,
        facts_key: &Key,
        original: &Listed,
        known: Known,
        wish: &Wish,
    ) -> Result<Round, RefreshError> {
        let Some(judged) = self.judge(key, place, original, &wish.wanted).await? else {
            return Ok(Round::Again);
        };
        let (outcome, renditions, done) = match judged.outcome {
            Ok(Rendered { mut picture, mut renditions, whole }) => {
                picture.avif = wish.avif == Some(true);
                renditions.extend(whole);
                (Outcome::Ready(Box::new(picture)), renditions, Done::Rendered)
            }
            Err(reason) => (Outcome::Rejected { reason }, Vec::new(), Done::Rejected),
        };
        let facts = Facts {
            version: VERSION,
            photo: place.photo().expect("what has facts has an identity"),
            source: key.to_owned(),
            etag: judged.etag,
            bytes: judged.bytes,
            modified: judged.modified,
            checksum: judged.checksum,
            video: judged.video,
            outcome,
        };
        let writes = facts
            .rendition_keys()
            .into_iter()
            .zip(renditions)
            .map(|(key, (_, bytes))| async move { self.store.write(&key, bytes, Condition::Always).await });
        try_join_all(writes).await?;
        let now = promised(&facts);
        let before = known.facts.as_ref().map(promised).unwrap_or_default();
        let replaced: Vec<String> = before.into_iter().filter(|path| !now.contains(path)).collect();
        // Noted before the facts are there, so that the build which they begin finds the note,
        self.leave(facts_key, key, replaced.clone());
        let written = self.store.write(facts_key, facts.to_json(), Condition::since(known.etag.as_deref())).await?;
        let Written::Stored(etag) = written else {
            return Ok(Round::Again);
        };
        // and once more, for a build that began before still names what they replace.
        self.leave(facts_key, key, replaced);

        // Somebody who was slower may have removed what these facts name, and these facts may have left over what
        // older ones named. Both sides look after they wrote, so at least one of them sees it.
        let (missing, stale) = self.compare(place, &now).await?;
        if !missing.is_empty() {
            return Ok(Round::Again);
        }
        self.without(facts_key, Some(&etag), stale, done).await
    }

    /// Removes what these facts do not promise, and has another look taken if others were written meanwhile: they may
    /// promise it.
    async fn without(
        &self,
        facts_key: &Key,
        etag: Option<&String>,
        stale: Vec<String>,
        done: Done,
    ) -> Result<Round, RefreshError> {
        let stale = self.not_left(facts_key, stale);
        if !stale.is_empty() {
            self.remove_all(&stale).await?;
            if self.known(facts_key).await?.etag.as_ref() != etag {
                return Ok(Round::Again);
            }
        }
        Ok(Round::Settled(done))
    }

    /// Removes what is kept of an original that is gone: the facts first, since they promise the rest.
    async fn forget(&self, place: &Place, facts_key: &Key, known: &Known) -> Result<Round, RefreshError> {
        if known.etag.is_some() {
            self.store.remove(facts_key).await?;
        }
        let (_, left) = self.compare(place, &[]).await?;
        self.remove_all(&left).await?;
        self.forget_leavings(&facts_key.path(), &left);
        let nothing = known.etag.is_none() && left.is_empty();
        Ok(Round::Settled(if nothing { Done::Unchanged } else { Done::Removed }))
    }

    /// Whether the original is still what was acted on.
    async fn is_still(&self, key: &str, facts_key: &Key, done: Done, wish: &Wish) -> Result<bool, RefreshError> {
        let (original, known) = futures::try_join!(self.store.look(Bucket::Source, key), self.known(facts_key))?;
        Ok(match (original, known.facts) {
            (None, None) => done == Done::Removed && known.etag.is_none(),
            (Some(original), Some(facts)) => done != Done::Removed && is_fresh(&facts, &original, wish),
            _ => false,
        })
    }

    /// What is known at a key. Facts that cannot be understood count as none, and are replaced.
    pub(crate) async fn known(&self, facts_key: &Key) -> Result<Known, StoreError> {
        let object = self.store.read(facts_key).await?;
        Ok(object.map_or_else(Known::default, |object| Known {
            facts: Facts::from_json(&object.bytes).ok(),
            etag: Some(object.etag),
        }))
    }

    /// Which of the promised renditions are missing, and which are there without a promise.
    async fn compare(&self, place: &Place, promised: &[String]) -> Result<(Vec<String>, Vec<String>), StoreError> {
        let Some(prefix) = place.renditions() else {
            return Ok((Vec::new(), Vec::new()));
        };
        let listed = self.store.list(Bucket::Resized, prefix).all().await?;
        let there: Vec<String> = listed.into_iter().map(|listed| listed.path).collect();
        let missing = promised.iter().filter(|path| !there.contains(path)).cloned().collect();
        Ok((missing, there.into_iter().filter(|path| !promised.contains(path)).collect()))
    }

    pub(crate) async fn remove_all(&self, paths: &[String]) -> Result<(), StoreError> {
        try_join_all(paths.iter().map(|path| self.store.remove_path(Bucket::Resized, path))).await?;
        Ok(())
    }
}

/// The facts that are stored, and their `ETag`.
#[derive(Default)]
pub(crate) struct Known {
    pub(crate) facts: Option<Facts>,
    pub(crate) etag: Option<String>,
}

/// Whether facts speak of this original, in today's version, and of the renditions that are wanted.
fn is_fresh(facts: &Facts, original: &Listed, wish: &Wish) -> bool {
    Gist::of(facts).is_fresh(original, wish)
}
