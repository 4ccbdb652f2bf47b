//! What a batch of notifications asks to be looked at: a tree of albums.

use std::collections::{BTreeMap, BTreeSet};

use gallery::{AlbumPath, CollectionSlug, HomeId, Key, PhotoId, Slug};

/// Where to look in one album.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Look {
    /// Whose facts may have changed.
    pub(crate) facts: Whose,
    /// Its metadata may have changed.
    pub(crate) metadata: bool,
}

/// Some photos of an album.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Whose {
    /// These.
    Some(BTreeSet<PhotoId>),
    /// All of them: the facts are listed.
    All,
}

/// From so many on the facts are listed, which finds those that did not change without reading them.
const MANY: usize = 4;

impl Default for Whose {
    fn default() -> Self {
        Self::Some(BTreeSet::new())
    }
}

impl Whose {
    fn add(&mut self, other: &Self) {
        match (&mut *self, other) {
            (Self::All, _) => {}
            (Self::Some(photos), Self::Some(more)) => {
                photos.extend(more);
                if photos.len() >= MANY {
                    *self = Self::All;
                }
            }
            (Self::Some(_), Self::All) => *self = Self::All,
        }
    }
}

impl Look {
    /// Everywhere.
    pub(crate) const FULL: Self = Self { facts: Whose::All, metadata: true };
    /// At the catalogue and the page alone.
    pub(crate) const PAGE: Self = Self { facts: Whose::Some(BTreeSet::new()), metadata: false };
}

/// An album to be looked at, and those inside it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct AlbumWork {
    pub(crate) look: Look,
    pub(crate) inside: BTreeMap<Slug, AlbumWork>,
}

/// One build.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a wish of its own, and they add up")]
pub(crate) struct Work {
    pub(crate) collections: BTreeMap<CollectionSlug, AlbumWork>,
    /// Scope records that may have changed.
    pub(crate) homes: BTreeSet<HomeId>,
    /// Whether `gallery.yml` may have changed.
    pub(crate) settings: bool,
    /// Whether an earlier attempt may have ended half-way: what should be published already is checked, too.
    pub(crate) doubt: bool,
    /// Whether this is a reconcile of everything, after which every page is of the present edition.
    pub(crate) everything: bool,
    /// How many facts there are, when somebody counted.
    pub(crate) facts: Option<usize>,
    /// Whether the pages that go across albums are to be up to date afterwards, whatever they lack.
    pub(crate) across: bool,
}

impl Work {
    /// Whether there is nothing to do.
    pub(crate) fn is_empty(&self) -> bool {
        self.collections.is_empty() && self.homes.is_empty() && !self.settings && !self.everything && !self.across
    }

    /// Adds what a changed object concerns, and says which album that is. Most keys concern no page.
    pub(crate) fn add(&mut self, key: &Key) -> Option<AlbumPath> {
        let (album, look) = match key {
            Key::Facts(album, photo) => (album.clone(), Look { facts: Whose::Some([*photo].into()), metadata: false }),
            Key::Metadata(folder) => (folder.album(), Look { metadata: true, ..Look::PAGE }),
            Key::Settings => {
                self.settings = true;
                return None;
            }
            Key::ScopeRecord(home) => {
                self.homes.insert(home.clone());
                return None;
            }
            _ => return None,
        };
        self.add_album(&album, &look);
        Some(album)
    }

    /// Adds a look at one album.
    pub(crate) fn add_album(&mut self, album: &AlbumPath, look: &Look) {
        let mut node = self.collections.entry(album.collection()).or_default();
        for slug in &album.slugs()[1..] {
            node = node.inside.entry(slug.clone()).or_default();
        }
        node.look.facts.add(&look.facts);
        node.look.metadata |= look.metadata;
    }
}

#[cfg(test)]
mod tests {
    use gallery::{Bucket, FolderPath};

    use super::*;

    #[test]
    fn changes_become_a_tree() {
        let mut work = Work::default();
        for key in [
            Key::Metadata(FolderPath::parse("Family/Lisbon 2024").unwrap()),
            Key::parse(Bucket::Resized, "facts/Family/Lisbon_2024/day_1/00000000000000000000.json").unwrap(),
            Key::parse(Bucket::Resized, "facts/Family/Lisbon_2024/00000000000000000001.json").unwrap(),
            Key::parse(Bucket::Resized, "facts/~stray/00000000000000000001.json").unwrap(),
            Key::parse(Bucket::Source, "Family/Lisbon 2024/1.jpg").unwrap(),
            Key::parse(Bucket::Web, "catalogue/scopes/all.json").unwrap(),
            Key::parse(Bucket::Web, "catalogue/albums/Family/album.json").unwrap(),
        ] {
            work.add(&key);
        }
        let family = &work.collections[&CollectionSlug::parse("Family").unwrap()];
        assert_eq!(work.collections.len(), 1);
        assert_eq!(family.look, Look::default());
        let lisbon = &family.inside[&Slug::parse("Lisbon_2024").unwrap()];
        let photo = |id: &str| Whose::Some([PhotoId::parse(id).unwrap()].into());
        assert_eq!(lisbon.look, Look { facts: photo("00000000000000000001"), metadata: true });
        let day = &lisbon.inside[&Slug::parse("day_1").unwrap()];
        assert_eq!(day.look, Look { facts: photo("00000000000000000000"), metadata: false });
        assert_eq!(work.homes.len(), 1);
        assert!(!work.settings);
        work.add(&Key::Settings);
        assert!(work.settings);
    }

    #[test]
    fn many_photos_of_one_album_are_listed() {
        let mut work = Work::default();
        for n in 0..MANY {
            let album = &work.collections.values().next();
            assert!(album.is_none_or(|album| album.look.facts != Whose::All), "{n}");
            let path = format!("facts/Family/{n:020}.json");
            work.add(&Key::parse(Bucket::Resized, &path).unwrap());
        }
        assert_eq!(work.collections.values().next().unwrap().look.facts, Whose::All);
    }
}
