//! The builder: facts and metadata in, the static site out.
//!
//! It reads the facts that the resizer wrote and the `metadata.yml` files of the owner, keeps a *catalogue* of every
//! album in the web bucket, and publishes the pages: one for each album, one home page for each scope, and the assets
//! that they use. Nobody else writes to the web bucket, save for the scope records that signing in keeps there.
//!
//! It is level-triggered. A notification says only where to look; what is found there is believed. A batch of
//! notifications is one build, a build costs what changed and not what is there, and a page whose bytes stay the same
//! is not written again. Any order and repetition of notifications ends in the same bucket, and so do two builders at
//! work at once: see [`handler`](Builder::handle) and the protocol at the head of `rebuild.rs`.
//!
//! The middle is pure: `catalogue` merges and sums up, `metadata` and `settings` read what the owner writes, `pages`
//! turns catalogues into HTML. It decides nothing about who may see what (the gate does), and makes no pictures (the resizer
//! does).

mod accent;
mod assets;
mod catalogue;
mod gallery_record;
mod handler;
mod homes;
mod links;
mod look;
mod markdown;
mod metadata;
mod observed;
mod pages;
mod publish;
mod rebuild;
mod reconcile;
mod settings;
mod survey;
mod words;
mod work;
mod yaml;

pub use accent::Accent;
pub use catalogue::{
    Card, Catalogue, Cover, Days, Described, Film, Learned, Pages, Photo, Published, Rejected, Shelf, Spot, Stamp,
    Summary, Unread, Version, When,
};
pub use gallery_record::{Collection, GalleryRecord, HomeFile};
pub use metadata::{Dated, Metadata, Sort, SortBy};
pub use rebuild::BuildError;
pub use reconcile::Reconciled;
pub use settings::{Language, Link, Map, Settings, Tiles};
pub use yaml::Problem;

use gallery::Store;

use rebuild::Manner;
use work::Work;

/// The builder over one gallery's buckets.
#[derive(Clone, Debug)]
pub struct Builder {
    store: Store,
    called: Option<String>,
    across_later: bool,
    own_files: bool,
}

impl Builder {
    /// A builder that reads and writes through `store`.
    pub fn new(store: Store) -> Self {
        Self { store, called: None, across_later: false, own_files: false }
    }

    /// Tells it what the gallery is called as long as `gallery.yml` says nothing else.
    #[must_use]
    pub fn of_gallery(mut self, called: impl Into<String>) -> Self {
        self.called = Some(called.into()).filter(|called| !called.trim().is_empty());
        self
    }

    /// Lets it leave the pages that go across albums (timeline, feed, map) to [`catch_up`](Self::catch_up) when all that
    /// they lack is a day or a place that came to an album: where each request has its price, and something calls that
    /// every few minutes.
    #[must_use]
    pub fn across_albums_later(mut self) -> Self {
        self.across_later = true;
        self
    }

    /// Lets every build see to the site's own files first. It costs nothing when the gallery's record says that this
    /// version's were published last.
    #[must_use]
    pub fn with_own_files(mut self) -> Self {
        self.own_files = true;
        self
    }

    /// Brings the pages that go across albums up to date. It costs one request when they are.
    pub async fn catch_up(&self) -> Result<(), BuildError> {
        let work = Work { across: true, ..Work::default() };
        rebuild::only_failure(rebuild::run(&self.store, self.manner(), &work).await)
    }

    /// How it builds.
    fn manner(&self) -> Manner<'_> {
        Manner { called: self.called.as_deref(), across_later: self.across_later, own_files: self.own_files }
    }
}
