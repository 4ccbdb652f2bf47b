//! One build: a tree of albums to be looked at, and the home pages above it.
//!
//! Two builders may be at work at once. What makes them converge, for every record (an album's catalogue, the
//! gallery's record) alike:
//!
//! 1. The record is read *before* anything that it is made from is looked at: the facts, the metadata, and the
//!    children's catalogues, which are rebuilt only after their parent's was read.
//! 2. The page is published under the condition that it is what the record says was published last.
//! 3. The record is written last, with the page's `ETag` in it, under the condition that it is still what was read.
//! 4. When all records are written, everything that was observed is looked at once more. If it changed meanwhile, the
//!    build starts again: another builder may have seen the newer state, found it to be that of the older records (as
//!    after a photo that came and went), and had nothing to write.
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

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::future::{BoxFuture, FutureExt};
use futures::{StreamExt, stream};
use gallery::store::Written;
use gallery::{AlbumPath, Condition, Key, Slug, Store, StoreError};

use crate::catalogue::{Catalogue, Described, Learned, Summary};
use crate::gallery_record::{Collection, GalleryRecord};
use crate::homes::{self, Settled};
use crate::look;
use crate::observed::Observations;
use crate::pages;
use crate::publish::{AlbumPages, Kept, Outcome, etags, has_foreign, kept};
use crate::settings::Settings;
use crate::work::{AlbumWork, Look, Whose, Work};

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
}

/// A failure, and the album that it happened at; `None` for the gallery's record and the home pages.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) album: Option<AlbumPath>,
    pub(crate) error: BuildError,
}

/// Does the work and returns what failed. A failed album keeps the state it had; everything else goes on.
pub(crate) async fn run(store: &Store, called: Option<&str>, work: &Work) -> Vec<Failure> {
    if work.is_empty() {
        return Vec::new();
    }
    let run = Run {
        store,
        called,
        doubt: work.doubt,
        failures: Mutex::default(),
        observed: Mutex::default(),
        wrote: AtomicBool::default(),
    };
    if let Err(error) = run.gallery(work).await {
        run.failed(None, error);
    }
    run.failures.into_inner().unwrap_or_else(PoisonError::into_inner)
}

struct Run<'a> {
    store: &'a Store,
    /// What the gallery is called as long as its settings say nothing else, when this builder was told.
    called: Option<&'a str>,
    doubt: bool,
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
            let Some((record, settings)) = self.settings(work, record).await? else { continue };
            *self.observed() = Observations::default();
            self.wrote.store(false, Ordering::Relaxed);
            let settled = self.gallery_with(work.clone(), record, &settings).await?;
            let wrote = self.wrote.load(Ordering::Relaxed);
            let observed = std::mem::take(&mut *self.observed());
            if settled == Settled::Done && (!wrote || observed.still_hold(self.store).await?) {
                return Ok(());
            }
        }
        Err(BuildError::Overtaken(Key::GalleryCatalogue.path()))
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
        settings.values.called = self.called.map(str::to_owned).or_else(|| last.as_ref()?.values.called.clone());
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
        homes::settle(self.store, &work, settings, complete, record, collections, &self.wrote).await
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

    async fn try_album(&self, album: &AlbumPath, work: &AlbumWork, settings: &Settings) -> Result<Built, BuildError> {
        let record = kept(self.store, &Key::AlbumCatalogue(album.clone())).await?;
        let inside = self.inside(album, work, settings).await;
        self.settle(album, work, settings, record, inside).await
    }

    /// Builds the albums right inside one. Those that fail are left as their parent knows them.
    async fn inside(
        &self,
        album: &AlbumPath,
        work: &AlbumWork,
        settings: &Settings,
    ) -> BTreeMap<Slug, Option<Summary>> {
        let children = work.inside.iter().map(|(slug, work)| {
            let child = album.child(slug);
            async move { (slug.clone(), self.album(child, work, settings).await) }
        });
        let children: Vec<_> = children.collect();
        let mut inside = BTreeMap::new();
        let mut building = stream::iter(children).buffer_unordered(AT_ONCE);
        while let Some((slug, built)) = building.next().await {
            if let Ok(built) = built {
                inside.insert(slug, built.map(|(catalogue, etag)| Summary::of(&catalogue, &etag)));
            }
        }
        inside
    }

    /// Brings one album's pages and catalogue in line with what is there.
    async fn settle(
        &self,
        album: &AlbumPath,
        work: &AlbumWork,
        settings: &Settings,
        mut record: Kept<Catalogue>,
        mut inside: BTreeMap<Slug, Option<Summary>>,
    ) -> Result<Built, BuildError> {
        let catalogue_key = Key::AlbumCatalogue(album.clone());
        let mut check = self.doubt;
        // A message that comes again may have left anything behind: the whole album is looked at.
        let look = if self.doubt && work.look != Look::PAGE { &Look::FULL } else { &work.look };
        let tidy = *look == Look::FULL;
        let (mut own, mut own_etags) = (BTreeSet::new(), BTreeSet::new());
        let (mut removed, mut waited) = (false, 0);
        for round in 0..ROUNDS {
            if round > 0 {
                pause(round).await;
                check = true;
                record = kept(self.store, &catalogue_key).await?;
                inside = look::summaries(self.store, album, inside.keys()).await?;
            }
            let recorded = record.value.as_ref().map(|known| known.pages.clone()).unwrap_or_default();
            let there = if check { look::pages(self.store, album).await? } else { etags(&recorded) };
            if waited < WAITS && !removed && has_foreign(&there, &recorded, &own_etags) {
                waited += 1;
                continue;
            }
            let Some(mut next) = self.observe(album, look, &record, &inside, settings).await? else {
                if removed || (record.etag.is_none() && !check) {
                    return Ok(None);
                }
                // Another builder may be filling the album again at this moment, and lose its work to this removal:
                // one more round sees what it found.
                let there = look::pages(self.store, album).await?;
                let (html, recorded, there) = (BTreeMap::new(), &recorded, &there);
                AlbumPages { album, html, recorded, there, own: &own, tidy: true }.publish(self.store).await?;
                self.store.remove(&catalogue_key).await?;
                self.wrote.store(true, Ordering::Relaxed);
                removed = true;
                continue;
            };
            let html = if next.has_page() { pages::album(&next, settings) } else { BTreeMap::new() };
            own.extend(html.keys().cloned());
            let pages = AlbumPages { album, html, recorded: &recorded, there: &there, own: &own, tidy };
            let Outcome::Published(published, tidied) = pages.publish(self.store).await? else { continue };
            own_etags.extend(published.values().map(|page| page.etag.clone()));
            next.pages = published;
            if let (Some(old), Some(etag)) = (&record.value, &record.etag)
                && *old == next
            {
                if tidied {
                    continue;
                }
                return Ok(Some((next, etag.clone())));
            }
            let condition = Condition::since(record.etag.as_deref());
            if let Written::Stored(etag) = self.store.write_json(&catalogue_key, &next, condition).await? {
                self.wrote.store(true, Ordering::Relaxed);
                return Ok(Some((next, etag)));
            }
        }
        Err(BuildError::Overtaken(catalogue_key.path()))
    }

    /// The catalogue as it should be; `None` when nothing is left of the album.
    async fn observe(
        &self,
        album: &AlbumPath,
        look: &Look,
        record: &Kept<Catalogue>,
        inside: &BTreeMap<Slug, Option<Summary>>,
        settings: &Settings,
    ) -> Result<Option<Catalogue>, BuildError> {
        let store = self.store;
        let known = record.value.as_ref();
        // Without a record everything has to be found by looking, the albums inside included.
        let look = if known.is_none() { &Look::FULL } else { look };
        // Nor is one enough that took less out of the facts than is wanted now.
        let wanted = Learned::wanted(settings);
        let lacks = known.is_some_and(|known| known.lacks(wanted));
        let look = if lacks { &Look { facts: Whose::All, metadata: look.metadata } } else { look };
        let mut children = known.map(|k| k.children.clone()).unwrap_or_default();
        if known.is_none() {
            let mut found = look::children(store, album).await?;
            found.retain(|slug| !inside.contains_key(slug));
            let found = look::summaries(store, album, &found).await?;
            children.extend(found.into_iter().filter_map(|(slug, summary)| Some((slug, summary?))));
        }
        for (slug, summary) in inside {
            match summary {
                Some(summary) => children.insert(slug.clone(), summary.clone()),
                None => children.remove(slug),
            };
        }
        let listed = match &look.facts {
            Whose::All => Some(look::listed_facts(store, album).await?),
            Whose::Some(_) => None,
        };
        let unread = match (&listed, known, &look.facts) {
            (Some(listed), Some(known), _) if !lacks => known.unread(listed),
            (Some(listed), _, _) => listed.keys().copied().collect(),
            (None, _, Whose::Some(photos)) => photos.iter().copied().collect(),
            (None, _, Whose::All) => Vec::new(),
        };
        let records = look::read_facts(store, album, unread.clone()).await?;
        match &listed {
            Some(listed) => self.observed().listed(album, listed),
            None => self.observed().read(album, &unread, &records),
        }

        let folder = known
            .map(|k| k.folder.clone())
            .or_else(|| records.iter().find_map(|r| Some(r.facts.as_ref().ok()?.source_key()?.folder().clone())))
            .or_else(|| children.values().find_map(|child| child.card.folder_above()));
        let Some(folder) = folder else {
            if !records.is_empty() {
                tracing::warn!(%album, records = records.len(), "an album's facts are all damaged: it has no name and no page");
            }
            return Ok(None);
        };
        let mut next = known.cloned().unwrap_or_else(|| Catalogue::new(folder));
        next.children = children;
        next.keep_to(wanted);
        if let Some(listed) = &listed {
            next.keep_only(listed);
        }
        for photo in unread {
            next.forget(photo);
        }
        for record in records {
            match record.facts {
                Ok(facts) => next.learn(facts, record.etag),
                Err(reason) => next.reject(record.photo, record.etag, String::new(), reason),
            }
        }
        if next.is_gone() {
            return Ok(None);
        }
        if look.metadata {
            let described = look::described(store, &next.folder, &next.described).await?;
            if let Some(problem) = described.problem.as_ref().filter(|_| described != next.described) {
                let file = Key::Metadata(next.folder.clone()).path();
                tracing::warn!(file, %problem, "the album stays as it was described last");
            }
            self.observed().described(&next.folder, &described);
            next.described = described;
        }
        Ok(Some(next))
    }
}

/// Lets the others finish: longer each round, up to half a second.
pub(crate) async fn pause(round: u64) {
    tokio::time::sleep(Duration::from_millis((20 * round).min(500))).await;
}
