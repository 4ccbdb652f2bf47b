//! Everything that lies in the buckets, by listing it.

use std::collections::BTreeMap;

use gallery::{AlbumPath, Bucket, Key, PhotoId, Store, StoreError};

use crate::catalogue::{FactsDigest, Version};
use crate::look;

/// Of so many photos at most the listing is kept for the build: some twenty megabytes.
const KEPT: usize = 200_000;

/// An album as the listings show it.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) facts: FactsDigest,
    pub(crate) metadata: Option<Version>,
    pub(crate) catalogue: Option<String>,
    /// By name, the `ETags` of its pages.
    pub(crate) pages: BTreeMap<String, String>,
    /// The facts themselves, of an album without a catalogue.
    listed: BTreeMap<PhotoId, String>,
}

/// Every album, in the order of paths: what lies in an album follows it.
pub(crate) type Albums = BTreeMap<AlbumPath, Seen>;

/// What was seen of an album after its catalogue had been looked for, and not found.
#[derive(Debug, Default)]
pub(crate) struct Unrecorded {
    /// Its facts, each with its `ETag`.
    pub(crate) facts: BTreeMap<PhotoId, String>,
    /// By name, the `ETags` of its pages.
    pub(crate) pages: BTreeMap<String, String>,
    /// Whether every album inside it has been built since.
    pub(crate) has_all_inside: bool,
}

/// What the listings show.
#[derive(Debug)]
pub(crate) struct Survey {
    pub(crate) albums: Albums,
    /// How many facts there are.
    pub(crate) facts: usize,
}

impl Survey {
    /// Lists everything. The catalogues come first: a build may then rely on what was seen of an album that has none, as
    /// if it had read the record before it looked.
    pub(crate) async fn of(store: &Store) -> Result<Self, StoreError> {
        let mut survey = Self { albums: Albums::new(), facts: 0 };
        survey.catalogues(store).await?;
        let new = survey.albums.is_empty();
        survey.facts(store).await?;
        survey.pages(store).await?;
        // Where there is no catalogue at all, every album's file is looked at in any case.
        if !new {
            survey.metadata(store).await?;
        }
        Ok(survey)
    }

    async fn catalogues(&mut self, store: &Store) -> Result<(), StoreError> {
        let mut pages = store.list(Bucket::Web, "catalogue/albums/");
        while let Some(page) = pages.next().await? {
            for object in page {
                if let Some(Key::AlbumCatalogue(album)) = Key::parse(Bucket::Web, &object.path) {
                    self.albums.entry(album).or_default().catalogue = Some(object.etag);
                }
            }
        }
        Ok(())
    }

    async fn facts(&mut self, store: &Store) -> Result<(), StoreError> {
        let mut kept = 0;
        let mut pages = store.list(Bucket::Resized, "facts/");
        while let Some(page) = pages.next().await? {
            for object in page {
                let Some(Key::Facts(album, photo)) = Key::parse(Bucket::Resized, &object.path) else { continue };
                self.facts += 1;
                let seen = self.albums.entry(album).or_default();
                seen.facts.add(photo, &object.etag);
                if seen.catalogue.is_none() {
                    kept += 1;
                    if kept <= KEPT {
                        seen.listed.insert(photo, object.etag);
                    }
                }
            }
        }
        if kept > KEPT {
            self.albums.values_mut().for_each(|seen| seen.listed.clear());
        }
        Ok(())
    }

    async fn pages(&mut self, store: &Store) -> Result<(), StoreError> {
        let mut pages = store.list(Bucket::Web, "albums/");
        while let Some(page) = pages.next().await? {
            for object in page {
                if let Some((album, chunk)) = look::published(&object.path) {
                    let name = chunk.map(|chunk| chunk.to_string()).unwrap_or_default();
                    self.albums.entry(album).or_default().pages.insert(name, object.etag);
                }
            }
        }
        Ok(())
    }

    /// Folders that only hold metadata are no albums: these come last, for the albums found so far.
    async fn metadata(&mut self, store: &Store) -> Result<(), StoreError> {
        let mut pages = store.list(Bucket::Source, "");
        while let Some(page) = pages.next().await? {
            for object in page {
                if let Some(Key::Metadata(folder)) = Key::parse(Bucket::Source, &object.path)
                    && let Some(seen) = self.albums.get_mut(&folder.album())
                {
                    seen.metadata = Some(Version { etag: object.etag, modified: object.modified });
                }
            }
        }
        Ok(())
    }

    /// The albums that have facts and no catalogue, with those that hold them.
    pub(crate) fn unrecorded(self) -> BTreeMap<AlbumPath, Unrecorded> {
        let recorded = |album: &AlbumPath| self.albums.get(album).is_some_and(|seen| seen.catalogue.is_some());
        let new = self.albums.iter().filter(|(_, seen)| !seen.listed.is_empty()).map(|(album, _)| album);
        let above = new.flat_map(|album| std::iter::successors(album.parent(), AlbumPath::parent));
        let mut found: BTreeMap<AlbumPath, Unrecorded> =
            above.filter(|album| !recorded(album)).map(|album| (album, Unrecorded::default())).collect();
        for (album, Seen { pages, listed, .. }) in self.albums {
            if !listed.is_empty() {
                found.insert(album, Unrecorded { facts: listed, pages, has_all_inside: false });
            } else if let Some(above) = found.get_mut(&album) {
                above.pages = pages;
            }
        }
        found
    }
}
