//! Viewers who come with the passwords that they have elsewhere.

use gallery::store::{Condition, Written};
use gallery::{Key, Scope, ViewerName};
use jiff::Timestamp;

use super::{User, Users, UsersError, fits_a_cookie};
use crate::password;
use crate::password::imported::{Dearest, Imported};

impl Users {
    /// Adds a viewer with the password that they have elsewhere, whose hash is known.
    pub async fn import(
        &self,
        name: &ViewerName,
        imported: &Imported,
        scope: Scope,
        now: Timestamp,
    ) -> Result<User, UsersError> {
        fits_a_cookie(name, &scope)?;
        let hash = self.hasher.adopt(imported).await?;
        // Before the viewer, so that no try ever tells them apart.
        self.raise_dearest(imported.cost()).await?;
        self.create(name, Some(hash), scope, now).await
    }

    /// What the dearest imported password costs, while there are any.
    pub async fn dearest_imported(&self) -> Result<Option<Dearest>, UsersError> {
        Ok(self.store.read_json(&Key::ImportedPasswords).await?.map(|(dearest, _)| dearest))
    }

    pub(super) async fn raise_dearest(&self, cost: Dearest) -> Result<(), UsersError> {
        loop {
            let known: Option<(Dearest, String)> = self.store.read_json(&Key::ImportedPasswords).await?;
            let (old, etag) = known.map_or((None, None), |(old, etag)| (Some(old), Some(etag)));
            let new = cost.or(old.unwrap_or_default());
            if old == Some(new) {
                return Ok(());
            }
            let since = Condition::since(etag.as_deref());
            if let Written::Stored(_) = self.store.write_json(&Key::ImportedPasswords, &new, since).await? {
                return Ok(());
            }
        }
    }

    /// When everybody who was imported has a hash of today's, tries need not cost more any longer. Login may not list
    /// viewers, so the owner's commands see to this.
    pub async fn settle_imported(&self) -> Result<(), UsersError> {
        let left = |user: &User| user.password.as_deref().is_some_and(password::imported::is_imported);
        if self.dearest_imported().await?.is_some() && !self.list().await?.iter().any(left) {
            self.store.remove(&Key::ImportedPasswords).await?;
        }
        Ok(())
    }
}
