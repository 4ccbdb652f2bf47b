//! An S3 server over a folder on this machine.
//!
//! What Amazon documents for the operations offered here holds; the others answer `NotImplemented`. The crate `s3s`
//! speaks the protocol (routes, signatures, XML); what is kept, and how safely, is decided in these files:
//!
//! ```text
//! folder.rs       opening, the changes and notes                   index/      redb tables, group commit
//! record.rs       what is stored about an object                   blobs.rs    bytes: inline or in files
//! body.rs         a request's body in, checked; a stream out       digest.rs   MD5 and the five checksums
//! conditions.rs   If-Match and its family, as pure functions       listing.rs  pages in key order
//! cors.rs         which sites' pages may send here                 pace.rs     whether reading has to wait
//! sweep.rs        files that nothing refers to, or that lack       room.rs     whether writing found room
//! ops/            one file per family of operations                server.rs   the front door; transport.rs sockets
//! ```
//!
//! # What is on disk, and when
//!
//! ```text
//! index.redb      which objects there are, and the bytes of the small ones (up to 32 KiB)
//! blobs/ab/…      the bytes of the larger ones; a file never changes and is never named after a key
//! tmp/            uploads under way; emptied when the folder is opened
//! ```
//!
//! A write is acknowledged only after it is durable:
//! 1. a larger body is written to a file in `tmp/`, its MD5 and checksum are compared with what the client
//!    announced, the file is synced, renamed into `blobs/`, and that directory is synced;
//! 2. the record, the small body and the change's entry in the outbox go into one redb transaction, which is synced.
//!    Writers that arrive while a transaction is being synced share the next one, so a sync is paid per batch;
//!    The parts of an upload become an object where they lie: completing it writes a record and copies nothing;
//! 3. the caller is answered; then the files that nothing refers to any more are removed.
//!
//! Conditions (`If-Match`, `If-None-Match`) are decided inside the transaction, by the one thread that writes, so that
//! exactly one of many racers wins. A crash before step 2 leaves a file that nothing refers to, which the sweep after
//! the next opening removes; a crash after it leaves the object whole. Nobody sees a part of an object.

mod blobs;
mod body;
mod conditions;
mod cors;
mod digest;
mod folder;
mod index;
mod listing;
mod ops;
mod pace;
mod record;
mod room;
mod server;
mod shelf;
mod sweep;
mod transport;

pub use folder::{Folder, FolderError};
pub use index::outbox::{Change, ChangeKind};
pub use server::{Credentials, Server};
pub use transport::{IN_PROCESS, InProcess, listen, listen_within};
