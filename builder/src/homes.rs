//! The gallery's record and the home pages: the top of every build.

use std::collections::{BTreeMap, BTreeSet};

use gallery::store::Written;
use gallery::{AlbumPath, Bucket, CollectionSlug, Condition, HomeId, Key, Scope, Store, StoreError};

use crate::catalogue::Catalogue;
use crate::gallery_record::{Collection, GalleryRecord};
use crate::look;
use crate::pages;
use crate::publish::{Kept, kept, publish};
use crate::rebuild::{BuildError, ROUNDS, pause};
use crate::work::Work;

/// Brings the gallery's record and the home pages in line with the collections just built. Follows the protocol at the
/// head of `rebuild.rs`: `record` was read before the collections were.
pub(crate) async fn settle(
    store: &Store,
    work: &Work,
    complete: bool,
    mut record: Kept<GalleryRecord>,
    mut collections: BTreeMap<CollectionSlug, Option<Collection>>,
) -> Result<(), BuildError> {
    let mut check = work.doubt;
    for round in 0..ROUNDS {
        if round > 0 {
            pause(round).await;
            check = true;
            record = kept(store, &Key::GalleryCatalogue).await?;
            collections = read_collections(store, collections.into_keys().collect()).await?;
        }
        let mut next = observe(store, work, &record, &collections).await?;
        if complete {
            next.edition = pages::edition();
        }
        if !publish_homes(store, &mut next, check).await? {
            continue;
        }
        if record.value.as_ref() == Some(&next) {
            return Ok(());
        }
        let condition = Condition::since(record.etag.as_deref());
        if let Written::Stored(_) = store.write_json(&Key::GalleryCatalogue, &next, condition).await? {
            return Ok(());
        }
    }
    Err(BuildError::Overtaken(Key::GalleryCatalogue.path()))
}

/// The record as it should be, the pages aside.
async fn observe(
    store: &Store,
    work: &Work,
    record: &Kept<GalleryRecord>,
    collections: &BTreeMap<CollectionSlug, Option<Collection>>,
) -> Result<GalleryRecord, StoreError> {
    let mut next = record.value.clone().unwrap_or_default();
    let mut homes = work.homes.clone();
    if record.value.is_none() {
        // Without a record everything has to be found by looking.
        let mut found = listed_collections(store).await?;
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

/// Publishes every scope's home page and removes those of scopes that are no more. `false` when overtaken.
async fn publish_homes(store: &Store, record: &mut GalleryRecord, check: bool) -> Result<bool, StoreError> {
    let scopes = record.all_scopes();
    for (home, scope) in &scopes {
        let html = pages::home(record, scope);
        let published = publish(store, &Key::HomePage(home.clone()), html, record.homes.get(home), check).await?;
        let Some(published) = published else { return Ok(false) };
        record.homes.insert(home.clone(), published);
    }
    let gone: Vec<HomeId> = record.homes.keys().filter(|home| !scopes.contains_key(home)).cloned().collect();
    for home in gone {
        store.remove(&Key::HomePage(home.clone())).await?;
        record.homes.remove(&home);
    }
    Ok(true)
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

async fn listed_collections(store: &Store) -> Result<BTreeSet<CollectionSlug>, StoreError> {
    let mut found = BTreeSet::new();
    let mut pages = store.list(Bucket::Web, "catalogue/albums/");
    while let Some(page) = pages.next().await? {
        for object in page {
            if let Some(Key::AlbumCatalogue(album)) = Key::parse(Bucket::Web, &object.path) {
                found.insert(album.collection());
            }
        }
    }
    Ok(found)
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
