//! The builder's record of the whole gallery: what the home pages show.

use std::collections::BTreeMap;

use gallery::{CollectionSlug, HomeId, Key, Scope};
use serde::{Deserialize, Serialize};

use crate::catalogue::{self, Card, Catalogue, Described, Published, Summary, Unread};
use crate::settings::Settings;

/// So many albums of a collection are on the home page; its own page has all.
const SHOWN: usize = 12;

/// The record.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GalleryRecord {
    /// What the owner says of the whole gallery.
    pub settings: Described<Settings>,
    /// [`crate::pages::edition`] when all pages were last made: pages of another edition may be about otherwise.
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
    /// The first albums right inside it, in the order of its page.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub albums: Vec<Card>,
}

impl Collection {
    /// A collection whose catalogue is stored under `etag`.
    pub(crate) fn of(catalogue: &Catalogue, etag: &str) -> Self {
        Self {
            summary: Summary::of(catalogue, etag),
            own_photos: catalogue.in_order().len(),
            albums: catalogue.shown_children().into_iter().map(|(_, child)| child.card.clone()).take(SHOWN).collect(),
        }
    }
}

impl GalleryRecord {
    /// The files of the owner's that could not be read, in the whole gallery: what `heirloom status` tells.
    pub fn unread(&self) -> Vec<Unread> {
        let own = self.settings.problem.as_ref();
        let own = own.map(|problem| Unread { file: Key::Settings.path(), problem: problem.clone() });
        let inside = self.collections.values().flat_map(|collection| collection.summary.unread.iter().cloned());
        own.into_iter().chain(inside).collect()
    }

    /// The collections that a scope's home page shows, in its order.
    pub(crate) fn shown(&self, scope: &Scope) -> Vec<&Collection> {
        let visible = |slug: &CollectionSlug, c: &Collection| scope.holds(slug) && c.summary.is_shown();
        let mut shown: Vec<_> = self.collections.iter().filter(|(slug, c)| visible(slug, c)).map(|(_, c)| c).collect();
        catalogue::collections(&mut shown, self.settings.values.sort);
        shown
    }

    /// Whether a home page is one of a scope that there is.
    pub(crate) fn has_home(&self, home: &HomeId) -> bool {
        self.scopes.contains_key(home) || *home == Scope::All.home()
    }

    /// Every scope that has a home page.
    pub(crate) fn all_scopes(&self) -> BTreeMap<HomeId, Scope> {
        let mut scopes = self.scopes.clone();
        scopes.insert(Scope::All.home(), Scope::All);
        scopes
    }
}
