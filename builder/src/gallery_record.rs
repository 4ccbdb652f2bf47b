//! The builder's record of the whole gallery: what the home pages show.

use std::collections::BTreeMap;

use gallery::{CollectionSlug, HomeId, Scope};
use serde::{Deserialize, Serialize};

use crate::catalogue::{Card, Catalogue, Published, Summary};

/// The record.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GalleryRecord {
    /// [`crate::pages::edition`] of the last full reconcile: pages of another edition may still be about.
    pub edition: String,
    /// The collections.
    pub collections: BTreeMap<CollectionSlug, Collection>,
    /// The scopes that some viewer has, besides everything.
    pub scopes: BTreeMap<HomeId, Scope>,
    /// The home pages as last published.
    pub homes: BTreeMap<HomeId, Published>,
}

/// A collection as home pages show it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Collection {
    /// The collection as an album.
    pub summary: Summary,
    /// How many photos lie right in it.
    pub own_photos: usize,
    /// The albums right inside it, in the order of its page.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub albums: Vec<Card>,
}

impl Collection {
    /// A collection whose catalogue is stored under `etag`.
    pub(crate) fn of(catalogue: &Catalogue, etag: &str) -> Self {
        Self {
            summary: Summary::of(catalogue, etag),
            own_photos: catalogue.photos.len(),
            albums: catalogue.shown_children().into_iter().map(|(_, child)| child.card.clone()).collect(),
        }
    }
}

impl GalleryRecord {
    /// The collections that a scope's home page shows, the newest first.
    pub(crate) fn shown(&self, scope: &Scope) -> Vec<&Collection> {
        let visible = |slug: &CollectionSlug, c: &Collection| scope.holds(slug) && c.summary.is_shown();
        let mut shown: Vec<_> = self.collections.iter().filter(|(slug, c)| visible(slug, c)).map(|(_, c)| c).collect();
        shown.sort_by(|a, b| crate::catalogue::newest_first(&a.summary.card, &b.summary.card));
        shown
    }

    /// Every scope that has a home page.
    pub(crate) fn all_scopes(&self) -> BTreeMap<HomeId, Scope> {
        let mut scopes = self.scopes.clone();
        scopes.insert(Scope::All.home(), Scope::All);
        scopes
    }
}
