//! One build: a tree of albums to be looked at, and the home pages above it.
//!
//! Two builders may be at work at once. What makes them converge, for every record (an album's catalogue, the
//! gallery's record) alike:
//!
//! 1. The record is read *before* anything that it is made from is looked at: the facts, the metadata, and the
//!    children's catalogues, which are rebuilt only after their parent's was read. (Of a record that a listing did not
//!    show it is enough that the listing came before.)
//! 2. The page is published under the condition that it is what the record says was published last.
//! 3. The record is written last, with the page's `ETag` in it, under the condition that it is still what was read.
//! 4. When all records are written, everything that was observed is looked at once more. If it changed meanwhile, the
//!    build starts again: another builder may have seen the newer state, found it to be that of the older records (as
//!    after a photo that came and went), and had nothing to write.
//!
//! The site's own files, which every page names, are there before anything else: `rebuild/files.rs`.
//!
//! The settings of the whole gallery are read first of all and written into the gallery's record before any page is made
//! with them; the record's last write then fails for every builder that began with other settings, and it starts anew.
//!
//! Whoever is overtaken at 2 or 3 starts again at 1, and from then on looks at the page itself instead of trusting the
//! record. So the last record written saw everything that was there before, and the page is that record's: a builder
//! that published another page meanwhile cannot write its record and comes round again. A builder that dies half-way
//! leaves its message in the queue; the next attempt knows from the message that it is not the first, and looks at the
//! pages, too (`doubt`). Nothing is written when nothing changed, since a record is a function of what lies in the
//! buckets.

mod album;
mod files;
mod sheets;

use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::future::{BoxFuture, FutureExt};
use futures::{StreamExt, stream};
use gallery::store::Written;
use gallery::{AlbumPath, Condition, Key, Store, StoreError};

use crate::catalogue::{Catalogue, Described};
use crate::gallery_record::{Collection, GalleryRecord};
use crate::homes::{self, Asked, Settled};
use crate::look;
use crate::observed::Observations;
use crate::pages;
use crate::publish::{Kept, kept};
use crate::settings::Settings;
use crate::survey::Unrecorded;
use crate::work::{AlbumWork, Look, Work};

/// How often a builder comes round again before it gives its messages back to the queue. Of any number of builders one
/// succeeds in each round.
pub(crate) const ROUNDS: u64 = 30;

/// How often a builder that finds pages which no record knows of waits for somebody to record them, before it takes them
/// for what a builder left that died. Between a page and its record lies one request, so these few hundred milliseconds
/// are long; who needs longer yet has its page made anew by the next reconcile.
pub(crate) const WAITS: u64 = 6;

/// How many albums of one parent are built at once.
const AT_ONCE: usize = 6;

/// Why a build ended early.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// S3 did not do what was asked.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Others kept writing.
    #[error("`{0}` was changed by other builders {ROUNDS} times in a row")]
    Overtaken(String),
    /// Photos and metadata changed each time while pages were made of them.
    #[error("what pages are made of changed {ROUNDS} times in a row while they were made")]
    Restless,
}

/// A failure, and the album that it happened at; `None` for the gallery's record and the home pages.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) album: Option<AlbumPath>,
    pub(crate) error: BuildError,
}

/// How a builder builds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manner<'a> {
    /// What the gallery is called as long as its settings say nothing else, when this builder was told.
    pub(crate) called: Option<&'a str>,
    /// Whether pages that go across albums may wait: [`Builder::across_albums_later`](crate::Builder::across_albums_later).
    pub(crate) across_later: bool,
    /// Whether it sees to the site's own files: [`Builder::with_own_files`](crate::Builder::with_own_files).
    pub(crate) own_files: bool,
}

/// The first failure, if there was any.
pub(crate) fn only_failure(failures: Vec<Failure>) -> Result<(), BuildError> {
    failures.into_iter().next().map_or(Ok(()), |failure| Err(failure.error))
}

/// Does the work and returns what failed. A failed album keeps the state it had; everything else goes on.
pub(crate) async fn run(store: &Store, manner: Manner<'_>, work: &Work) -> Vec<Failure> {
    run_after(BTreeMap::new(), store, manner, work).await
}

/// The same after a survey, which has looked for some albums' records already and found none.
pub(crate) async fn run_after(
    unrecorded: BTreeMap<AlbumPath, Unrecorded>,
    store: &Store,
    manner: Manner<'_>,
    work: &Work,
) -> Vec<Failure> {
    if work.is_empty() {
        return Vec::new();
    }
    let run = Run {
        store,
        manner,
        doubt: work.doubt,
        unrecorded: Mutex::new(unrecorded),
        failures: Mutex::default(),
        observed: Mutex::default(),
        wrote: AtomicBool::default(),
    };
    if let Err(error) = Box::pin(run.gallery(work)).await {
        run.failed(None, error);
    }
    run.failures.into_inner().unwrap_or_else(PoisonError::into_inner)
}

struct Run<'a> {
    store: &'a Store,
    manner: Manner<'a>,
    doubt: bool,
    /// What a survey saw of albums without a record. It counts once: whoever starts again looks again.
    unrecorded: Mutex<BTreeMap<AlbumPath, Unrecorded>>,
    failures: Mutex<Vec<Failure>>,
    observed: Mutex<Observations>,
    /// Whether a record was written or removed.
    wrote: AtomicBool,
}

/// An album as built, with its catalogue's `ETag`; `None` when it is gone.
type Built = Option<(Catalogue, String)>;

/// It failed, and that is noted.
struct Failed;

impl Run<'_> {
    fn failed(&self, album: Option<AlbumPath>, error: BuildError) {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).push(Failure { album, error });
    }

    fn unrecorded(&self, album: &AlbumPath) -> Option<Unrecorded> {
        self.unrecorded.lock().unwrap_or_else(PoisonError::into_inner).remove(album)
    }

    fn observed(&self) -> MutexGuard<'_, Observations> {
        self.observed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn gallery(&self, work: &Work) -> Result<(), BuildError> {
        for round in 0..ROUNDS {
            if round > 0 {
                pause(round).await;
                self.failures.lock().unwrap_or_else(PoisonError::into_inner).clear();
            }
            let record = kept(self.store, &Key::GalleryCatalogue).await?;
            let Some(record) = self.own_files(work, record).await? else { continue };
            let Some((record, settings)) = self.settings(work, record).await? else { continue };
            *self.observed() = Observations::default();
            self.wrote.store(false, Ordering::Relaxed);
            let settled = self.gallery_with(work.clone(), record, &settings).await?;
            let wrote = self.wrote.load(Ordering::Relaxed);
            let observed = std::mem::take(&mut *self.observed());
            if settled == Settled::Done && (!wrote || observed.still_hold(self.store, work.facts).await?) {
                let all_made = self.failures.lock().is_ok_and(|failures| failures.is_empty());
                return if work.settings && all_made { self.tidy_sheets().await } else { Ok(()) };
            }
        }
        Err(BuildError::Restless)
    }

    /// The settings to build with, and the record in which they are announced; `None` when they were announced just now.
    async fn settings(
        &self,
        work: &Work,
        record: Kept<GalleryRecord>,
    ) -> Result<Option<(Kept<GalleryRecord>, Described<Settings>)>, BuildError> {
        let last = record.value.as_ref().map(|record| record.settings.clone());
        if let (Some(last), false) = (&last, work.settings) {
            let last = last.clone();
            return Ok(Some((record, last)));
        }
        let mut settings = look::settings(self.store, &last.clone().unwrap_or_default()).await?;
        // A builder that was not told leaves what another was: the owner's commands build, too.
        settings.values.called = self.manner.called.map(str::to_owned).or_else(|| last.as_ref()?.values.called.clone());
        if let Some(problem) = settings.problem.as_ref().filter(|_| last.as_ref() != Some(&settings)) {
            tracing::warn!(file = Key::Settings.path(), %problem, "the settings stay as they were");
        }
        if let Some(accent) = settings.values.accent {
            let key = Key::Asset(accent.asset());
            if self.store.look(key.bucket(), &key.path()).await?.is_none() {
                self.store.write(&key, accent.stylesheet(), Condition::Always).await?;
            }
        }
        // A record that is not there yet is written last, whole, with the settings in it.
        let Some(value) = record.value.clone().filter(|value| value.settings != settings) else {
            return Ok(Some((record, settings)));
        };
        // From here on no page is certain to be made with the settings that the record names.
        let next = GalleryRecord { settings: settings.clone(), edition: String::new(), ..value };
        let condition = Condition::since(record.etag.as_deref());
        match self.store.write_json(&Key::GalleryCatalogue, &next, condition).await? {
            // Either way the file is looked at once more.
            Written::Stored(_) | Written::Overtaken => Ok(None),
        }
    }

    async fn gallery_with(
        &self,
        mut work: Work,
        record: Kept<GalleryRecord>,
        settings: &Described<Settings>,
    ) -> Result<Settled, BuildError> {
        let present = pages::edition(&settings.values);
        let known = record.value.as_ref().map(|record| record.edition.as_str());
        let mut whole = known == Some(present.as_str());
        if !whole && (work.everything || work.settings || record.value.is_none()) {
            // Pages of another edition: all are made anew. Those that come out the same are not written.
            for album in look::albums(self.store).await? {
                work.add_album(&album, &Look::PAGE);
            }
            whole = true;
        }
        let albums = work.collections.iter().map(|(slug, work)| {
            let album = AlbumPath::parse(slug.as_str()).expect("a collection is an album");
            async move { (slug.clone(), self.album(album, work, &settings.values).await) }
        });
        let albums: Vec<_> = albums.collect();
        let mut collections = BTreeMap::new();
        let mut building = stream::iter(albums).buffer_unordered(AT_ONCE);
        while let Some((slug, built)) = building.next().await {
            if let Ok(built) = built {
                collections.insert(slug, built.map(|(catalogue, etag)| Collection::of(&catalogue, &etag)));
            }
        }
        let complete = whole && self.failures.lock().is_ok_and(|failures| failures.is_empty());
        let later = self.manner.across_later && !work.across;
        let asked = Asked { work: &work, settings, complete, later, own_files: self.manner.own_files };
        homes::settle(self.store, asked, record, collections, &self.wrote).await
    }

    /// Builds one album and those inside it. Boxed, for it calls itself.
    fn album<'b>(
        &'b self,
        album: AlbumPath,
        work: &'b AlbumWork,
        settings: &'b Settings,
    ) -> BoxFuture<'b, Result<Built, Failed>> {
        async move {
            match self.try_album(&album, work, settings).await {
                Ok(built) => Ok(built),
                Err(error) => {
                    self.failed(Some(album), error);
                    Err(Failed)
                }
            }
        }
        .boxed()
    }
}

/// Lets the others finish: longer each round, up to half a second, and not as long as another who began at the same moment.
pub(crate) async fn pause(round: u64) {
    let longest = (20 * round).min(500);
    // The standard library draws the keys of its hash tables: random enough to part two builders.
    let drawn = RandomState::new().build_hasher().finish() % (longest / 2 + 1);
    tokio::time::sleep(Duration::from_millis(longest - drawn)).await;
}
