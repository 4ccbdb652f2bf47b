//! Reading: a snapshot of the index that no writer disturbs.

use bytes::Bytes;
use redb::{Database, ReadOnlyTable, ReadTransaction, ReadableDatabase, TableDefinition};

use super::IndexError;
use super::outbox::Change;
use super::tables::{BUCKETS, FILES, NOTES, OBJECTS, OUTBOX, PARTS, SMALL, UPLOADS, object_key};
use crate::s3::blobs::BlobId;
use crate::s3::record::{Head, Record, Unreadable};

/// The table of uploads under way.
pub(in crate::s3) type Uploads = ReadOnlyTable<(&'static [u8], &'static str), &'static [u8]>;

/// A snapshot.
pub(in crate::s3) struct View {
    txn: ReadTransaction,
}

impl View {
    pub(super) fn open(database: &Database) -> Result<Self, IndexError> {
        Ok(Self { txn: database.begin_read()? })
    }

    /// When a bucket was made, in milliseconds; `None` when there is none.
    pub(in crate::s3) fn bucket(&self, bucket: &str) -> Result<Option<i64>, IndexError> {
        Ok(self.table(BUCKETS)?.get(bucket)?.map(|made| made.value()))
    }

    /// All buckets and when they were made, by name.
    pub(in crate::s3) fn buckets(&self) -> Result<Vec<(String, i64)>, IndexError> {
        let all = self.table(BUCKETS)?.range::<&str>(..)?;
        all.map(|entry| entry.map(|(name, made)| (name.value().to_owned(), made.value())).map_err(Into::into)).collect()
    }

    /// An object's record.
    pub(in crate::s3) fn object(&self, bucket: &str, key: &str) -> Result<Option<Record>, IndexError> {
        let found = self.table(OBJECTS)?.get(object_key(bucket, key).as_slice())?;
        Ok(found.map(|bytes| Record::decode(bytes.value())).transpose()?)
    }

    /// An object's `ETag`, without quotes.
    pub(in crate::s3) fn etag(&self, bucket: &str, key: &str) -> Result<Option<String>, IndexError> {
        let found = self.table(OBJECTS)?.get(object_key(bucket, key).as_slice())?;
        Ok(found.map(|bytes| Head::decode(bytes.value())).transpose()?.map(|head| head.etag))
    }

    /// The objects' table, for listings.
    pub(in crate::s3) fn objects(&self) -> Result<ReadOnlyTable<&'static [u8], &'static [u8]>, IndexError> {
        self.table(OBJECTS)
    }

    /// The table of uploads under way.
    pub(in crate::s3) fn uploads(&self) -> Result<Uploads, IndexError> {
        self.table(UPLOADS)
    }

    /// The table of their parts.
    pub(in crate::s3) fn parts(&self) -> Result<ReadOnlyTable<(&'static str, u32), &'static [u8]>, IndexError> {
        self.table(PARTS)
    }

    /// The bytes of something small.
    pub(in crate::s3) fn small(&self, id: BlobId) -> Result<Bytes, IndexError> {
        let found = self.table(SMALL)?.get(id.0)?;
        let found = found.ok_or_else(|| Unreadable("it refers to bytes that are not there".to_owned()))?;
        Ok(Bytes::copy_from_slice(found.value()))
    }

    /// Whether anything refers to a file.
    pub(in crate::s3) fn refers_to(&self, id: BlobId) -> Result<bool, IndexError> {
        Ok(self.table(FILES)?.get(id.0)?.is_some())
    }

    /// Every file that something refers to.
    pub(in crate::s3) fn files(&self) -> Result<Vec<BlobId>, IndexError> {
        let all = self.table(FILES)?.range::<u64>(..)?;
        all.map(|entry| entry.map(|(id, _)| BlobId(id.value())).map_err(Into::into)).collect()
    }

    /// The changes after a sequence, oldest first.
    pub(in crate::s3) fn changes_after(&self, sequence: u64, limit: usize) -> Result<Vec<Change>, IndexError> {
        let newer = self.table(OUTBOX)?.range(sequence.saturating_add(1)..)?;
        newer
            .take(limit)
            .map(|entry| serde_json::from_slice(entry?.1.value()).map_err(|e| Unreadable(e.to_string()).into()))
            .collect()
    }

    /// All notes, by name.
    pub(in crate::s3) fn notes(&self) -> Result<Vec<(String, Vec<u8>)>, IndexError> {
        let all = self.table(NOTES)?.range::<&str>(..)?;
        all.map(|entry| entry.map(|(name, note)| (name.value().to_owned(), note.value().to_vec())).map_err(Into::into))
            .collect()
    }

    fn table<K: redb::Key + 'static, V: redb::Value + 'static>(
        &self,
        definition: TableDefinition<'static, K, V>,
    ) -> Result<ReadOnlyTable<K, V>, IndexError> {
        Ok(self.txn.open_table(definition)?)
    }
}
