//! The albums that are offered: those of the builder's records that lie in the owner's scope.

use std::collections::{BTreeMap, BTreeSet};

use gallery::{AlbumPath, FolderPath, Key, Scope, Store, StoreError};
use serde::Deserialize;

/// The builder's record of the gallery, as far as it concerns albums (`builder::GalleryRecord`).
#[derive(Default, Deserialize)]
#[serde(default)]
struct Gallery {
    collections: BTreeMap<String, Collection>,
}

#[derive(Deserialize)]
struct Collection {
    summary: Summary,
    #[serde(default)]
    albums: Vec<Card>,
}

#[derive(Deserialize)]
struct Summary {
    card: Card,
    /// The albums with photos of their own, at every depth.
    #[serde(default)]
    shelves: Vec<Shelf>,
}

#[derive(Deserialize)]
struct Shelf {
    folder: FolderPath,
}

#[derive(Deserialize)]
struct Card {
    folder: FolderPath,
    #[serde(default)]
    albums: usize,
}

/// The builder's record of an album (`builder::Catalogue`).
#[derive(Default, Deserialize)]
#[serde(default)]
struct Album {
    children: BTreeMap<String, Summary>,
}

/// The folders of a scope's collections and of the albums inside them, in order. Hidden albums are offered where they lie right
/// in a collection.
pub(super) async fn all(store: &Store, scope: &Scope) -> Result<BTreeSet<String>, StoreError> {
    let gallery = store.read_json::<Gallery>(&Key::GalleryCatalogue).await?.map(|(gallery, _)| gallery);
    let mut folders = BTreeSet::new();
    for Collection { summary: Summary { card, shelves }, albums } in
        gallery.unwrap_or_default().collections.into_values()
    {
        if !scope.holds_folder(super::first(&card.folder)) {
            continue;
        }
        folders.insert(card.folder.to_string());
        for Shelf { folder } in shelves {
            // With those above it, which may hold albums alone.
            let path = folder.to_string();
            folders.extend(path.match_indices('/').map(|(at, _)| path[..at].to_owned()));
            folders.insert(path);
        }
        if card.albums > albums.len() {
            let album: AlbumPath = card.folder.album();
            let whole = store.read_json::<Album>(&Key::AlbumCatalogue(album)).await?.map(|(album, _)| album);
            let inside = whole.unwrap_or_default().children.into_values();
            folders.extend(inside.map(|child| child.card.folder.to_string()));
        }
        folders.extend(albums.into_iter().map(|card| card.folder.to_string()));
    }
    Ok(folders)
}
