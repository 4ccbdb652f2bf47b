//! The gallery's record and the scopes' pages: the top of every build.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};

use futures::{StreamExt, TryStreamExt, stream};
use gallery::store::Written;
use gallery::{AlbumPath, Bucket, CollectionSlug, Condition, HomeId, Key, Scope, Store, StoreError};

use crate::assets;
use crate::catalogue::{Catalogue, Described};
use crate::gallery_record::{Collection, GalleryRecord, HomeFile};
use crate::look;
use crate::pages;
use crate::publish::{Kept, etags, has_foreign, kept, publish};
use crate::rebuild::{BuildError, ROUNDS, WAITS, pause};
use crate::settings::Settings;
use crate::work::Work;

/// How the top of a build ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Settled {
    /// Everything is as it should be.
    Done,
    /// Another builder found other settings: what was made with the old ones has to be made again.
    OtherSettings,
}

/// What is asked of the top of a build.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) work: &'a Work,
    pub(crate) settings: &'a Described<Settings>,
    /// Whether every page is of the present edition now.
    pub(crate) complete: bool,
    /// Whether pages that go across albums may be left as they are as long as they only lack something.
    pub(crate) later: bool,
    /// Whether the site's own files were seen to.
    pub(crate) own_files: bool,
}

/// Brings the gallery's record and the home pages in line with the collections just built with these settings. Follows
/// the protocol at the head of `rebuild.rs`: `record` was read before the collections were. `wrote` is set when the record
/// had to be written.
pub(crate) async fn settle(
    store: &Store,
    Asked { work, settings, complete, later, own_files }: Asked<'_>,
    mut record: Kept<GalleryRecord>,
    mut collections: BTreeMap<CollectionSlug, Option<Collection>>,
    wrote: &AtomicBool,
) -> Result<Settled, BuildError> {
    let (mut check, mut written) = (work.doubt, false);
    let mut doubtful = work.homes.clone();
    let (mut own, mut waited) = (BTreeSet::new(), 0);
    let edition = record.value.as_ref().map(|record| record.edition.clone());
    let seen_to = own_files.then(|| record.value.as_ref().map(|record| record.files.clone()).unwrap_or_default());
    for round in 0..=ROUNDS {
        // A record that was written in the last round is looked at once more, as every one is.
        if round == ROUNDS && !written {
            break;
        }
        if round > 0 && !written {
            pause(round).await;
            check = true;
            record = kept(store, &Key::GalleryCatalogue).await?;
            let other = |record: &GalleryRecord| {
                record.settings.values != settings.values || Some(&record.edition) != edition.as_ref()
            };
            if record.value.as_ref().is_some_and(other) {
                return Ok(Settled::OtherSettings);
            }
            collections = read_collections(store, collections.into_keys().collect()).await?;
        }
        written = false;
        let mut next = observe(store, &doubtful, &record, &collections).await?;
        if record.value.is_none() {
            next.settings = settings.clone();
        }
        if complete {
            next.edition = pages::edition(&settings.values);
        }
        if let Some(seen_to) = &seen_to {
            // Another version may have published its own meanwhile: then nobody knows whose are there.
            let same = next.files == *seen_to || next.files == assets::version();
            next.files = if same { assets::version().to_owned() } else { String::new() };
        }
        let there = if check { listed_homes(store).await? } else { etags(&next.homes) };
        if waited < WAITS && has_foreign(&there, &next.homes, &own) {
            waited += 1;
            continue;
        }
        let mut pages = pages::of_scopes(&next);
        let gone = |file: &&HomeFile| !pages.contains_key(*file) && !next.homes.contains_key(*file);
        let strays: BTreeSet<HomeFile> = there.keys().filter(gone).cloned().collect();
        let gone: Vec<HomeFile> = next.homes.keys().filter(|file| !pages.contains_key(file)).cloned().collect();
        if later && !check && record.value.as_ref().is_some_and(|before| next.only_gained_since(before)) {
            pages.retain(|file, _| !file.goes_across() || !next.has_timeline(&file.home));
        }
        let published = publish_homes(store, &mut next, pages, gone, &there).await?;
        own.extend(next.homes.values().map(|page| page.etag.clone()));
        if !published {
            continue;
        }
        // A page of a scope that this builder did not look for: what is known of that scope is looked at in the next
        // round, and if it is not there the page goes; then once more, for whoever makes the scope anew meanwhile. So do
        // pages of known scopes that are none of theirs (any more).
        let (looked, unknown): (Vec<HomeFile>, Vec<HomeFile>) =
            strays.into_iter().partition(|file| next.has_home(&file.home) || doubtful.contains(&file.home));
        for file in &looked {
            store.remove(&file.key()).await?;
        }
        doubtful.extend(unknown.iter().map(|file| file.home.clone()));
        if !looked.is_empty() || !unknown.is_empty() {
            continue;
        }
        if record.value.as_ref() == Some(&next) {
            return Ok(Settled::Done);
        }
        let condition = Condition::since(record.etag.as_deref());
        if let Written::Stored(etag) = store.write_json(&Key::GalleryCatalogue, &next, condition).await? {
            record = Kept { value: Some(next), etag: Some(etag) };
            wrote.store(true, Ordering::Relaxed);
            written = true;
        }
    }
    Err(BuildError::Overtaken(Key::GalleryCatalogue.path()))
}

/// The record as it should be, the pages aside.
async fn observe(
    store: &Store,
    doubtful: &BTreeSet<HomeId>,
    record: &Kept<GalleryRecord>,
    collections: &BTreeMap<CollectionSlug, Option<Collection>>,
) -> Result<GalleryRecord, StoreError> {
    let mut next = record.value.clone().unwrap_or_default();
    let mut homes = doubtful.clone();
    if record.value.is_none() {
        // Without a record everything has to be found by looking.
        let mut found: BTreeSet<_> = look::albums(store).await?.iter().map(AlbumPath::collection).collect();
        found.retain(|slug| !collections.contains_key(slug));
        let found = read_collections(store, found).await?;
        next.collections.extend(found.into_iter().filter_map(|(slug, collection)| Some((slug, collection?))));
        homes.extend(listed_scopes(store).await?);
    }
    for (slug, collection) in collections {
        match collection {
            Some(collection) => next.collections.insert(slug.clone(), collection.clone()),
            None => next.collections.remove(slug),
        };
    }
    for home in homes {
        match scope(store, &home).await? {
            Some(scope) => next.scopes.insert(home, scope),
            None => next.scopes.remove(&home),
        };
    }
    Ok(next)
}

/// How many pages of scopes are published at once.
const AT_ONCE: usize = 8;

/// Publishes these pages and removes those that are gone. `false` when overtaken. `there` is what lies there, as far as
/// anybody looked.
async fn publish_homes(
    store: &Store,
    record: &mut GalleryRecord,
    pages: BTreeMap<HomeFile, String>,
    gone: Vec<HomeFile>,
    there: &BTreeMap<HomeFile, String>,
) -> Result<bool, StoreError> {
    let recorded = &record.homes;
    let publishing = pages.into_iter().map(|(file, text)| async move {
        let there = there.get(&file).map(String::as_str);
        let published = publish(store, &file.key(), text, recorded.get(&file), there).await?;
        Ok::<_, StoreError>(published.map(|published| (file, published)))
    });
    let publishing: Vec<_> = publishing.collect();
    let published: Vec<_> = stream::iter(publishing).buffer_unordered(AT_ONCE).try_collect().await?;
    let whole = published.iter().all(Option::is_some);
    record.homes.extend(published.into_iter().flatten());
    if !whole {
        return Ok(false);
    }
    for file in gone {
        store.remove(&file.key()).await?;
        record.homes.remove(&file);
    }
    Ok(true)
}

/// The pages of scopes that lie there, with their `ETags`.
async fn listed_homes(store: &Store) -> Result<BTreeMap<HomeFile, String>, StoreError> {
    let listed = store.list(Bucket::Web, "home/").all().await?;
    Ok(listed.into_iter().filter_map(|object| Some((HomeFile::of_path(&object.path)?, object.etag))).collect())
}

/// The scope that a record speaks of. One that lies under another scope's name, or cannot be read, is none.
async fn scope(store: &Store, home: &HomeId) -> Result<Option<Scope>, StoreError> {
    let scope: Option<Scope> = kept(store, &Key::ScopeRecord(home.clone())).await?.value;
    Ok(scope.filter(|scope| scope.home() == *home))
}

/// The scopes that have a record.
pub(crate) async fn listed_scopes(store: &Store) -> Result<BTreeSet<HomeId>, StoreError> {
    let listed = store.list(Bucket::Web, "catalogue/scopes/").all().await?;
    let homes = listed.iter().filter_map(|object| match Key::parse(Bucket::Web, &object.path) {
        Some(Key::ScopeRecord(home)) => Some(home),
        _ => None,
    });
    Ok(homes.collect())
}

async fn read_collections(
    store: &Store,
    slugs: BTreeSet<CollectionSlug>,
) -> Result<BTreeMap<CollectionSlug, Option<Collection>>, StoreError> {
    let mut read = BTreeMap::new();
    for slug in slugs {
        let album = AlbumPath::parse(slug.as_str()).expect("a collection is an album");
        let stored: Option<(Catalogue, String)> = look::stored_catalogue(store, &Key::AlbumCatalogue(album)).await?;
        read.insert(slug, stored.map(|(catalogue, etag)| Collection::of(&catalogue, &etag)));
    }
    Ok(read)
}
