//! The site's own files: there before any page names them.

use gallery::{Condition, Key};

use super::{BuildError, Run};
use crate::assets;
use crate::gallery_record::GalleryRecord;
use crate::publish::Kept;
use crate::work::Work;

impl Run<'_> {
    /// Publishes the site's own files, unless the gallery's record says that this version's were published last. A reconcile of
    /// everything looks even then, for what was removed or overwritten since. `None` when the record is to be read once more.
    ///
    /// As long as files of two versions may be on their way the record names none, so that whoever comes next looks.
    pub(super) async fn own_files(
        &self,
        work: &Work,
        record: Kept<GalleryRecord>,
    ) -> Result<Option<Kept<GalleryRecord>>, BuildError> {
        let published = record.value.as_ref().map_or("", |record| &record.files);
        if !self.manner.own_files {
            return Ok(Some(record));
        }
        if published == assets::version() {
            if work.everything {
                assets::publish(self.store).await?;
            }
            return Ok(Some(record));
        }
        if let Some(value) = record.value.clone().filter(|record| !record.files.is_empty()) {
            let next = GalleryRecord { files: String::new(), ..value };
            self.store.write_json(&Key::GalleryCatalogue, &next, Condition::since(record.etag.as_deref())).await?;
            return Ok(None);
        }
        assets::ensure(self.store).await?;
        Ok(Some(record))
    }
}
