//! The reconcile: lists everything, rebuilds what is missing or stale, removes what nothing stands behind.
//!
//! Memory is bounded by the number of albums (some hundred bytes each), not of photos, and by the catalogues from one
//! album up to its collection. Listings are read a page at a time; of albums that are new they are kept, up to a bound. A catalogue is read only when albums lie in it, or
//! when something about it is wrong: the stamp that its parent keeps answers the rest.

use std::collections::BTreeMap;

use futures::future::{BoxFuture, FutureExt};
use gallery::{AlbumPath, HomeId, Key, Store, StoreError};

use crate::catalogue::{Catalogue, Stamp, pages_stamp};
use crate::gallery_record::GalleryRecord;
use crate::homes::listed_scopes;
use crate::publish::kept;
use crate::rebuild::{self, BuildError};
use crate::survey::{Albums, Survey};
use crate::work::{Look, Work};
use crate::{Builder, look};

/// What a reconcile found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reconciled {
    /// Albums that are there, in the facts or in the web bucket.
    pub albums: usize,
    /// Albums that were looked at again, because something about them was missing or stale.
    pub repaired: usize,
}

impl Builder {
    /// Brings the whole web bucket in line with the facts and the metadata, whatever events were lost.
    pub async fn reconcile(&self) -> Result<Reconciled, BuildError> {
        let record: Option<GalleryRecord> = kept(&self.store, &Key::GalleryCatalogue).await?.value;
        let survey = Survey::of(&self.store).await?;
        let mut work = Work { doubt: true, everything: true, settings: true, across: true, ..Work::default() };
        work.facts = Some(survey.facts);
        work.homes = listed_scopes(&self.store).await?;
        let record = record.unwrap_or_default();
        work.homes.extend(record.scopes.keys().cloned());
        let mut audit = Audit { store: &self.store, albums: &survey.albums, work: &mut work, repaired: 0 };
        audit.collections(&record).await?;
        let repaired = audit.repaired;
        let albums = survey.albums.len();
        let failures = rebuild::run_after(survey.unrecorded(), &self.store, self.manner(), &work).await;
        rebuild::only_failure(failures)?;
        Ok(Reconciled { albums, repaired })
    }
}

impl Builder {
    /// Makes the pages of these scopes, so that whoever is let in finds them there. They are made by the scope's event as
    /// well, but that may wait for a while among others.
    pub async fn welcome(&self, homes: impl IntoIterator<Item = HomeId>) -> Result<(), BuildError> {
        let work = Work { homes: homes.into_iter().collect(), ..Work::default() };
        rebuild::only_failure(rebuild::run(&self.store, self.manner(), &work).await)
    }

    /// Looks at all of these albums, whatever the records say, and publishes what differs.
    pub async fn refresh(&self, albums: &[AlbumPath]) -> Result<(), BuildError> {
        let mut work = Work { doubt: true, across: true, ..Work::default() };
        for album in albums {
            work.add_album(album, &Look::FULL);
        }
        rebuild::only_failure(rebuild::run(&self.store, self.manner(), &work).await)
    }
}

/// Compares what the listings show with what the records say.
struct Audit<'a> {
    store: &'a Store,
    albums: &'a Albums,
    work: &'a mut Work,
    repaired: usize,
}

impl Audit<'_> {
    async fn collections(&mut self, record: &GalleryRecord) -> Result<(), StoreError> {
        let mut stamps: BTreeMap<AlbumPath, Option<Stamp>> =
            self.albums.keys().map(|album| (top(album), None)).collect();
        for (slug, collection) in &record.collections {
            let album = AlbumPath::parse(slug.as_str()).expect("a collection is an album");
            stamps.insert(album, Some(collection.summary.stamp.clone()));
        }
        for (album, stamp) in stamps {
            self.album(&album, stamp.as_ref()).await?;
        }
        Ok(())
    }

    /// Audits one album and those inside it.
    fn album<'b>(
        &'b mut self,
        album: &'b AlbumPath,
        stamp: Option<&'b Stamp>,
    ) -> BoxFuture<'b, Result<(), StoreError>> {
        async move {
            let mut stamps: BTreeMap<AlbumPath, Option<Stamp>> =
                self.inside(album).map(|child| (child, None)).collect();
            if !self.is_fresh(album, stamp) {
                self.work.add_album(album, &Look::FULL);
                self.repaired += 1;
            }
            // The catalogue may name children that the listings know nothing of any more.
            if !stamps.is_empty() || stamp.is_some_and(|stamp| stamp.children > 0) {
                let catalogue = look::stored_catalogue(self.store, &Key::AlbumCatalogue(album.clone())).await?;
                for (slug, child) in catalogue.into_iter().flat_map(|(catalogue, _): (Catalogue, _)| catalogue.children)
                {
                    stamps.insert(album.child(&slug), Some(child.stamp));
                }
            }
            for (child, stamp) in stamps {
                self.album(&child, stamp.as_ref()).await?;
            }
            Ok(())
        }
        .boxed()
    }

    /// The albums right inside one, according to the listings: those that have anything themselves or below them.
    fn inside(&self, album: &AlbumPath) -> impl Iterator<Item = AlbumPath> + use<> {
        let depth = album.slugs().len();
        let below = self.albums.range(album.clone()..).map(|(path, _)| path);
        let below = below.take_while(|path| path.slugs().starts_with(album.slugs()));
        let mut children: Vec<AlbumPath> =
            below.filter_map(|path| path.slugs().get(depth)).map(|slug| album.child(slug)).collect();
        children.dedup();
        children.into_iter()
    }

    /// Whether the stamp says what the listings show.
    fn is_fresh(&self, album: &AlbumPath, stamp: Option<&Stamp>) -> bool {
        let (Some(seen), Some(stamp)) = (self.albums.get(album), stamp) else { return false };
        let facts = seen.facts.clone().finish();
        seen.catalogue.as_ref() == Some(&stamp.catalogue)
            && pages_stamp(seen.pages.iter().map(|(name, etag)| (name.as_str(), etag.as_str()))) == stamp.page
            && seen.metadata == stamp.metadata
            && facts == stamp.facts
    }
}

/// The collection that an album belongs to.
fn top(album: &AlbumPath) -> AlbumPath {
    AlbumPath::parse(album.collection().as_str()).expect("a collection is an album")
}
