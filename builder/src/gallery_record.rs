//! The builder's record of the whole gallery: what the home pages show.

use std::collections::BTreeMap;

use gallery::{CollectionSlug, HomeId, Key, NameError, Scope, ScopePage};
use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};

use crate::catalogue::{self, Card, Catalogue, Described, Published, Shelf, Summary, Unread};
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
    /// Which version of the site's own files was published last, as far as that is known.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub files: String,
    /// The collections.
    pub collections: BTreeMap<CollectionSlug, Collection>,
    /// The scopes that some viewer has, besides everything.
    pub scopes: BTreeMap<HomeId, Scope>,
    /// The home pages, and the others that scopes have, as last published.
    pub homes: BTreeMap<HomeFile, Published>,
}

/// A scope's home page, or another page of that scope. As text: `all`, `all/timeline/2024`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HomeFile {
    /// Whose.
    pub home: HomeId,
    /// Which; `None` for the home page itself.
    pub page: Option<ScopePage>,
}

impl HomeFile {
    /// Where it lies.
    pub fn key(&self) -> Key {
        match self.page {
            None => Key::HomePage(self.home.clone()),
            Some(page) => Key::ScopePage(self.home.clone(), page),
        }
    }

    /// Whether it goes across albums: all but the home page itself.
    pub(crate) fn goes_across(&self) -> bool {
        self.page.is_some()
    }

    /// Which one lies at a path of the web bucket.
    pub(crate) fn of_path(path: &str) -> Option<Self> {
        let (home, path) = path.strip_prefix("home/")?.split_once('/')?;
        let page = if path == "index.html" { None } else { Some(ScopePage::of_path(path)?) };
        Some(Self { home: HomeId::parse(home).ok()?, page })
    }
}

impl TryFrom<String> for HomeFile {
    type Error = NameError;
    fn try_from(text: String) -> Result<Self, NameError> {
        let (home, page) = text.split_once('/').map_or((text.as_str(), None), |(home, page)| (home, Some(page)));
        Ok(Self { home: HomeId::parse(home)?, page: page.map(ScopePage::parse).transpose()? })
    }
}

impl From<HomeFile> for String {
    fn from(file: HomeFile) -> Self {
        match file.page {
            None => file.home.to_string(),
            Some(page) => format!("{}/{page}", file.home),
        }
    }
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
    /// The album with the newest photo: one right inside it, whether or not it is among the first, or itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newest: Option<Card>,
}

impl Collection {
    /// A collection whose catalogue is stored under `etag`.
    pub(crate) fn of(catalogue: &Catalogue, etag: &str) -> Self {
        // Home pages are not searched: whoever searches begins with the collections' own pages.
        let unsearched = |card: &Card| Card { words: String::new(), ..card.clone() };
        let mut summary = Summary::of(catalogue, etag);
        summary.card = unsearched(&summary.card);
        let children = catalogue.shown_children();
        let inside = children.iter().map(|(_, child)| &child.card).min_by(|a, b| catalogue::newest_first(a, b));
        let photos = catalogue.in_order();
        let own = photos.iter().filter_map(|(_, photo)| catalogue.taken(photo)).map(DateTime::date).max();
        // Of a day that both have, the album has more to say.
        let newest = inside.filter(|card| own <= card.last).map_or_else(|| summary.card.clone(), unsearched);
        Self {
            summary,
            own_photos: photos.len(),
            newest: Some(newest),
            albums: children.into_iter().map(|(_, child)| unsearched(&child.card)).take(SHOWN).collect(),
        }
    }

    /// The album with the newest photo. (A record of former days does not tell; then it is one of the first.)
    pub(crate) fn newest(&self) -> &Card {
        let first = || self.albums.iter().min_by(|a, b| catalogue::newest_first(a, b));
        self.newest.as_ref().or_else(first).unwrap_or(&self.summary.card)
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

    /// The albums that a scope's pages tell of, in the order of their folders.
    pub(crate) fn shelves(&self, scope: &Scope) -> Vec<&Shelf> {
        let mut shelves: Vec<_> = self.shown(scope).into_iter().flat_map(|c| &c.summary.shelves).collect();
        shelves.sort_by(|a, b| a.folder.cmp(&b.folder));
        shelves
    }

    /// Whether no more happened since a version of the record than that days or places came to albums which it had: then
    /// the pages that go across albums lack something and say nothing wrong.
    pub(crate) fn only_gained_since(&self, before: &Self) -> bool {
        let gained = |(slug, now): (&CollectionSlug, &Collection)| {
            let Some(before) = before.collections.get(slug) else { return false };
            let (now, before) = (&now.summary, &before.summary);
            let shelves = || now.shelves.iter().zip(&before.shelves);
            now.card.title == before.card.title
                && now.is_shown() == before.is_shown()
                && now.shelves.len() == before.shelves.len()
                && shelves().all(|(now, before)| now.only_gained_since(before))
        };
        (&self.settings, &self.edition, &self.scopes) == (&before.settings, &before.edition, &before.scopes)
            && self.collections.len() == before.collections.len()
            && self.collections.iter().all(gained)
    }

    /// Whether a home page is one of a scope that there is.
    pub(crate) fn has_home(&self, home: &HomeId) -> bool {
        self.scopes.contains_key(home) || *home == Scope::All.home()
    }

    /// Whether a scope has pages that go across albums.
    pub(crate) fn has_timeline(&self, home: &HomeId) -> bool {
        self.homes.contains_key(&HomeFile { home: home.clone(), page: Some(ScopePage::Timeline) })
    }

    /// Every scope that has a home page.
    pub(crate) fn all_scopes(&self) -> BTreeMap<HomeId, Scope> {
        let mut scopes = self.scopes.clone();
        scopes.insert(Scope::All.home(), Scope::All);
        scopes
    }
}
