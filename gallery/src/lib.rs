//! The shared nouns of Heirloom.
//!
//! What every room has to agree on lives here: how folders and photos are named ([`names`], [`slug`]), which objects
//! lie in which bucket ([`keys`]), what is known of a photo ([`facts`]), which sizes it is offered in
//! ([`renditions`]), how an S3 notification is read ([`notification`]), the one door to S3 ([`store`]), the small one to the
//! rest of AWS ([`call`]), and what functions tell their log ([`log`]).
//!
//! Nothing here decides anything: decoding pictures is the resizer's, pages are the builder's, who may see what is
//! the gate's. Without the `store` feature the crate is the names alone and pulls in no AWS code, so that the gate at
//! the edge can share them.

pub mod names;
pub mod scope;
pub mod scope_page;
pub mod slug;

#[cfg(feature = "store")]
pub mod call;
#[cfg(feature = "store")]
pub mod facts;
#[cfg(feature = "store")]
pub mod keys;
#[cfg(feature = "log")]
pub mod log;
#[cfg(feature = "store")]
pub mod notification;
#[cfg(feature = "store")]
pub mod renditions;
#[cfg(feature = "store")]
pub mod store;

#[cfg(feature = "store")]
pub use facts::{Facts, Outcome};
#[cfg(feature = "store")]
pub use keys::{Bucket, Key};
pub use names::{AlbumPath, FolderPath, NameError, PhotoId, SourceKey, ViewerName};
pub use scope::{HomeId, Scope};
pub use scope_page::ScopePage;
pub use slug::{CollectionSlug, Slug};
#[cfg(feature = "store")]
pub use store::{Condition, Store, StoreError};
