//! What a batch of notifications asks to be looked at: a tree of albums.

use std::collections::{BTreeMap, BTreeSet};

use gallery::{AlbumPath, CollectionSlug, HomeId, Key, Slug};

/// Where to look in one album.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Look {
    /// Its facts may have changed.
    pub(crate) facts: bool,
    /// Its metadata may have changed.
    pub(crate) metadata: bool,
}

impl Look {
    /// Everywhere.
    pub(crate) const FULL: Self = Self { facts: true, metadata: true };
    /// At the catalogue and the page alone.
    pub(crate) const PAGE: Self = Self { facts: false, metadata: false };
}

/// An album to be looked at, and those inside it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct AlbumWork {
    pub(crate) look: Look,
    pub(crate) inside: BTreeMap<Slug, AlbumWork>,
}

/// One build.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Work {
    pub(crate) collections: BTreeMap<CollectionSlug, AlbumWork>,
    /// Scope records that may have changed.
    pub(crate) homes: BTreeSet<HomeId>,
    /// Whether an earlier attempt may have ended half-way: what should be published already is checked, too.
    pub(crate) doubt: bool,
    /// Whether this is a reconcile of everything, after which every page is of the present edition.
    pub(crate) everything: bool,
}

impl Work {
    /// Whether there is nothing to do.
    pub(crate) fn is_empty(&self) -> bool {
        self.collections.is_empty() && self.homes.is_empty() && !self.everything
    }

    /// Adds what a changed object concerns, and says which album that is. Most keys concern no page.
    pub(crate) fn add(&mut self, key: &Key) -> Option<AlbumPath> {
        let (album, look) = match key {
            Key::Facts(album, _) => (album.clone(), Look { facts: true, metadata: false }),
            Key::Metadata(folder) => (folder.album(), Look { facts: false, metadata: true }),
            Key::ScopeRecord(home) => {
                self.homes.insert(home.clone());
                return None;
            }
            _ => return None,
        };
        self.add_album(&album, look);
        Some(album)
    }

    /// Adds a look at one album.
    pub(crate) fn add_album(&mut self, album: &AlbumPath, look: Look) {
        let mut node = self.collections.entry(album.collection()).or_default();
        for slug in &album.slugs()[1..] {
            node = node.inside.entry(slug.clone()).or_default();
        }
        node.look.facts |= look.facts;
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
        assert_eq!(lisbon.look, Look::FULL);
        let day = &lisbon.inside[&Slug::parse("day_1").unwrap()];
        assert_eq!(day.look, Look { facts: true, metadata: false });
        assert_eq!(work.homes.len(), 1);
    }
}
