//! Looking through the catalogues for what became known, reading only those that changed.

use std::collections::BTreeMap;

use builder::{Catalogue, GalleryRecord};
use gallery::store::{Condition, Written};
use gallery::{AlbumPath, Key, Store, StoreError};
use jiff::Timestamp;

use crate::known::{Found, Known};

/// How often a look begins again when somebody else looked at the same time.
const TRIES: usize = 8;

/// Looks, and notes what is new. `keep` is false for who only wants to know what would be.
pub(crate) async fn look(
    store: &Store,
    gallery: &GalleryRecord,
    now: Timestamp,
    keep: bool,
) -> Result<Known, StoreError> {
    let mut tries = 0;
    loop {
        let stored: Option<(Known, String)> = store.read_json(&Key::KnownPhotos).await?;
        let (mut known, etag) = stored.map_or_else(Default::default, |(known, etag)| (known, Some(etag)));
        let (found, albums) = changed(store, gallery, &known).await?;
        let changed = known.learn(&found, albums, now);
        tries += 1;
        if !changed || !keep || tries > TRIES {
            return Ok(known);
        }
        if let Written::Stored(_) =
            store.write_json(&Key::KnownPhotos, &known, Condition::since(etag.as_deref())).await?
        {
            return Ok(known);
        }
    }
}

/// The photos of the albums that lists show and that changed, and all albums' versions. A catalogue holds the versions of
/// those inside it, so one that is as it was has nothing new anywhere below.
async fn changed(
    store: &Store,
    gallery: &GalleryRecord,
    known: &Known,
) -> Result<(Vec<Found>, BTreeMap<String, String>), StoreError> {
    let (mut found, mut albums) = (Vec::new(), BTreeMap::new());
    let shown = gallery.collections.values().map(|collection| &collection.summary).filter(|summary| summary.is_shown());
    let mut open: Vec<(AlbumPath, String)> =
        shown.map(|summary| (summary.card.folder.album(), summary.stamp.catalogue.clone())).collect();
    while let Some((album, etag)) = open.pop() {
        let name = album.to_string();
        if known.albums.get(&name) == Some(&etag) {
            let inside = format!("{name}/");
            let below = known.albums.range(inside.clone()..).take_while(|(path, _)| path.starts_with(&inside));
            albums.extend(below.map(|(path, etag)| (path.clone(), etag.clone())));
            albums.insert(name, etag);
            continue;
        }
        let Some((catalogue, etag)) = store.read_json::<Catalogue>(&Key::AlbumCatalogue(album.clone())).await? else {
            continue;
        };
        found.extend(catalogue.in_order().into_iter().map(|(id, photo)| Found::of(&album, id, photo)));
        open.extend(
            catalogue
                .shown_children()
                .into_iter()
                .map(|(slug, child)| (album.child(slug), child.stamp.catalogue.clone())),
        );
        albums.insert(name, etag);
    }
    Ok((found, albums))
}
