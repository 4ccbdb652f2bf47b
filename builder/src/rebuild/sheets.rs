//! The stylesheets of the owner's accent colour: the present one is there, former ones are not.

use gallery::{Bucket, Condition, Key};

use super::{BuildError, ROUNDS, Run, pause};
use crate::accent::PREFIX;
use crate::gallery_record::GalleryRecord;
use crate::publish::kept;

impl Run<'_> {
    /// Removes the sheets that no page names any more, once all pages are made.
    ///
    /// Another builder may be about to publish pages of another colour: it writes its sheet before it announces its
    /// settings, and looks here when it is done. So whoever removes looks once more at what is announced, and writes what is
    /// missing, until there is nothing to remove.
    pub(super) async fn tidy_sheets(&self) -> Result<(), BuildError> {
        for round in 0..ROUNDS {
            if round > 0 {
                pause(round).await;
            }
            let listed = self.store.list(Bucket::Web, Key::Asset(PREFIX.to_owned()).path()).all().await?;
            let record: Option<GalleryRecord> = kept(self.store, &Key::GalleryCatalogue).await?.value;
            let accent = record.and_then(|record| record.settings.values.accent);
            let wanted = accent.map(|accent| (Key::Asset(accent.asset()), accent));
            let path = wanted.as_ref().map(|(key, _)| key.path());
            if let Some((key, accent)) = wanted
                && !listed.iter().any(|sheet| Some(&sheet.path) == path.as_ref())
            {
                self.store.write(&key, accent.stylesheet(), Condition::Always).await?;
            }
            let former: Vec<_> = listed.iter().filter(|sheet| Some(&sheet.path) != path.as_ref()).collect();
            if former.is_empty() {
                return Ok(());
            }
            for sheet in former {
                self.store.remove_path(Bucket::Web, &sheet.path).await?;
            }
        }
        // Others keep changing the colour; the next build of the settings goes on.
        Ok(())
    }
}
