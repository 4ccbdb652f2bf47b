//! The tables of the index, and what a transaction does with them.

use jiff::Timestamp;
use redb::{ReadableTable, Table, TableDefinition, WriteTransaction};
use s3s::{S3Error, s3_error};

use super::IndexError;
use super::outbox::{Change, ChangeKind};
use crate::s3::blobs::{BlobId, Blobs, Fresh, Place, Stored};
use crate::s3::record::{Record, Unreadable};

/// Buckets, by name: when they were made, in milliseconds.
pub(super) const BUCKETS: TableDefinition<'static, &str, i64> = TableDefinition::new("buckets");
/// Objects, by [`object_key`]: their records.
pub(super) const OBJECTS: TableDefinition<'static, &[u8], &[u8]> = TableDefinition::new("objects");
/// The bytes of small objects and parts.
pub(super) const SMALL: TableDefinition<'static, u64, &[u8]> = TableDefinition::new("small");
/// The files that objects and parts refer to.
pub(super) const FILES: TableDefinition<'static, u64, ()> = TableDefinition::new("files");
/// Multipart uploads under way, by [`object_key`] and id.
pub(super) const UPLOADS: TableDefinition<'static, (&[u8], &str), &[u8]> = TableDefinition::new("uploads");
/// Their parts, by the upload's id and the part's number.
pub(super) const PARTS: TableDefinition<'static, (&str, u32), &[u8]> = TableDefinition::new("parts");
/// Changes that nobody has dealt with yet, by sequence.
pub(super) const OUTBOX: TableDefinition<'static, u64, &[u8]> = TableDefinition::new("outbox");
/// Notes that others keep here, by name.
pub(super) const NOTES: TableDefinition<'static, &str, &[u8]> = TableDefinition::new("notes");
/// Numbers: the layout's version, openings, the last change's sequence, whether files may be missing.
pub(super) const COUNTERS: TableDefinition<'static, &str, u64> = TableDefinition::new("counters");

/// The counter of changes.
const SEQUENCE: &str = "sequence";

/// The key of an object in the tables: byte order is then S3's order within a bucket. A bucket's name holds no zero
/// byte.
pub(in crate::s3) fn object_key(bucket: &str, key: &str) -> Vec<u8> {
    [bucket.as_bytes(), &[0], key.as_bytes()].concat()
}

/// Why a transaction's part did nothing.
pub(in crate::s3) enum Stop {
    /// The request cannot be granted; the others of the batch go on.
    Refused(S3Error),
    /// The index failed; the whole batch fails.
    Broken(IndexError),
}

impl From<S3Error> for Stop {
    fn from(error: S3Error) -> Self {
        Self::Refused(error)
    }
}

impl From<redb::StorageError> for Stop {
    fn from(error: redb::StorageError) -> Self {
        Self::Broken(error.into())
    }
}

impl From<Unreadable> for Stop {
    fn from(error: Unreadable) -> Self {
        Self::Broken(error.into())
    }
}

/// All tables of one write transaction, and what is to be done after its commit.
///
/// A part of a batch must decide before it writes: once it has written, it may not refuse.
pub(in crate::s3) struct Tables<'txn> {
    pub(in crate::s3) buckets: Table<'txn, &'static str, i64>,
    pub(in crate::s3) objects: Table<'txn, &'static [u8], &'static [u8]>,
    small: Table<'txn, u64, &'static [u8]>,
    files: Table<'txn, u64, ()>,
    pub(in crate::s3) uploads: Table<'txn, (&'static [u8], &'static str), &'static [u8]>,
    pub(in crate::s3) parts: Table<'txn, (&'static str, u32), &'static [u8]>,
    pub(in crate::s3) outbox: Table<'txn, u64, &'static [u8]>,
    pub(in crate::s3) notes: Table<'txn, &'static str, &'static [u8]>,
    pub(super) counters: Table<'txn, &'static str, u64>,
    blobs: &'txn Blobs,
    pub(super) after: After,
}

/// What a commit is followed by.
#[derive(Default)]
pub(super) struct After {
    /// Files that are referred to now.
    pub(super) fresh: Vec<Fresh>,
    /// Files that are not referred to any more.
    pub(super) doomed: Vec<BlobId>,
    /// The last change's sequence, when there were changes.
    pub(super) sequence: Option<u64>,
}

impl<'txn> Tables<'txn> {
    pub(super) fn open(txn: &'txn WriteTransaction, blobs: &'txn Blobs) -> Result<Self, IndexError> {
        Ok(Self {
            buckets: txn.open_table(BUCKETS)?,
            objects: txn.open_table(OBJECTS)?,
            small: txn.open_table(SMALL)?,
            files: txn.open_table(FILES)?,
            uploads: txn.open_table(UPLOADS)?,
            parts: txn.open_table(PARTS)?,
            outbox: txn.open_table(OUTBOX)?,
            notes: txn.open_table(NOTES)?,
            counters: txn.open_table(COUNTERS)?,
            blobs,
            after: After::default(),
        })
    }

    pub(in crate::s3) fn has_bucket(&self, bucket: &str) -> Result<bool, Stop> {
        Ok(self.buckets.get(bucket)?.is_some())
    }

    pub(in crate::s3) fn make_bucket(&mut self, bucket: &str, made: i64) -> Result<(), Stop> {
        self.buckets.insert(bucket, made)?;
        Ok(())
    }

    /// Refuses when there is no such bucket.
    pub(in crate::s3) fn require_bucket(&self, bucket: &str) -> Result<(), Stop> {
        if self.has_bucket(bucket)? { Ok(()) } else { Err(s3_error!(NoSuchBucket).into()) }
    }

    pub(in crate::s3) fn holds_objects(&self, bucket: &str) -> Result<bool, Stop> {
        let start = object_key(bucket, "");
        let first = self.objects.range(start.as_slice()..)?.next().transpose()?;
        Ok(first.is_some_and(|(key, _)| key.value().starts_with(&start)))
    }

    /// An object's record.
    pub(in crate::s3) fn object(&self, key: &[u8]) -> Result<Option<Record>, Stop> {
        Ok(self.objects.get(key)?.map(|bytes| Record::decode(bytes.value())).transpose()?)
    }

    /// Writes an object over the one that was there, and the change that this is.
    pub(in crate::s3) fn put(
        &mut self,
        (bucket, key): (&str, &str),
        record: &Record,
        kind: ChangeKind,
        time: Timestamp,
    ) -> Result<(), Stop> {
        let full = object_key(bucket, key);
        let old = self.objects.insert(full.as_slice(), record.encode().as_slice())?;
        let old = old.map(|bytes| Record::decode(bytes.value())).transpose()?;
        if let Some(old) = old {
            self.discard(old.place)?;
        }
        let (etag, size) = (record.head.etag.clone(), record.head.size);
        self.announce(Change { sequence: 0, bucket: bucket.into(), key: key.into(), kind, etag, size, time })
    }

    /// Removes an object, when it is there, and writes the change that this is.
    pub(in crate::s3) fn delete(&mut self, bucket: &str, key: &str, time: Timestamp) -> Result<(), Stop> {
        let full = object_key(bucket, key);
        let old = self.objects.remove(full.as_slice())?;
        let Some(old) = old.map(|bytes| Record::decode(bytes.value())).transpose()? else {
            return Ok(());
        };
        self.discard(old.place)?;
        let (bucket, key) = (bucket.into(), key.into());
        self.announce(Change { sequence: 0, bucket, key, kind: ChangeKind::Delete, etag: String::new(), size: 0, time })
    }

    /// Gives bytes their place.
    pub(in crate::s3) fn store(&mut self, stored: Stored) -> Result<Place, Stop> {
        Ok(match stored {
            Stored::Empty => Place::Nowhere,
            Stored::Small(bytes) => {
                let id = self.blobs.name();
                self.small.insert(id.0, &*bytes)?;
                Place::Index(id)
            }
            Stored::Large(fresh) => {
                let id = fresh.id();
                self.files.insert(id.0, ())?;
                self.after.fresh.push(fresh);
                Place::File(id)
            }
        })
    }

    /// Gives up the bytes of a place.
    pub(in crate::s3) fn discard(&mut self, place: Place) -> Result<(), Stop> {
        match place {
            Place::Nowhere => {}
            Place::Index(id) => {
                self.small.remove(id.0)?;
            }
            Place::File(id) => {
                self.files.remove(id.0)?;
                self.after.doomed.push(id);
            }
            Place::Parts(places) => {
                for place in places {
                    self.discard(place)?;
                }
            }
        }
        Ok(())
    }

    /// Writes a change into the outbox, at its end.
    pub(in crate::s3) fn announce(&mut self, mut change: Change) -> Result<(), Stop> {
        let last = match self.after.sequence {
            Some(last) => last,
            None => self.counters.get(SEQUENCE)?.map_or(0, |last| last.value()),
        };
        change.sequence = last + 1;
        let json = serde_json::to_vec(&change).expect("a change holds nothing that JSON cannot");
        self.outbox.insert(change.sequence, json.as_slice())?;
        self.after.sequence = Some(change.sequence);
        Ok(())
    }

    /// Writes the counters, once a batch.
    pub(super) fn finish(mut self) -> Result<After, IndexError> {
        if let Some(sequence) = self.after.sequence {
            self.counters.insert(SEQUENCE, sequence)?;
        }
        Ok(self.after)
    }
}
