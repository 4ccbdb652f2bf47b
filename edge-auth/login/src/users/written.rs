//! Where viewers are written to.

use gallery::ViewerName;
use jiff::Timestamp;

use super::{User, Users, UsersError};
use crate::mail::{Language, Mail, MailAddress};

impl Users {
    /// Says where a viewer is told of new photos, from now on; `None` ends it. What they are told of begins now, unless
    /// they were written to at this very address already.
    pub async fn set_mail(
        &self,
        name: &ViewerName,
        address: Option<&MailAddress>,
        language: Option<Language>,
        now: Timestamp,
    ) -> Result<User, UsersError> {
        let new = address.map(|address| Mail::new(address.clone(), language, now)).transpose()?;
        self.amend(name, |user| {
            user.mail = match (user.mail.take(), new.clone()) {
                (Some(known), Some(new)) if known.address == new.address && known.wants() => {
                    Some(Mail { language: new.language.or(known.language), ..known })
                }
                (_, new) => new,
            };
        })
        .await
    }

    /// Notes that a viewer wants no more mails, or wants them again from now on. Says whether that changed anything.
    pub(crate) async fn want_mail(&self, user: &User, wanted: bool, now: Timestamp) -> Result<bool, UsersError> {
        let mut changed = false;
        if user.mail.as_ref().is_some_and(|mail| mail.wants() != wanted) {
            self.amend(&user.name, |user| {
                if let Some(mail) = &mut user.mail {
                    mail.want(wanted, now);
                }
            })
            .await?;
            changed = true;
        }
        Ok(changed)
    }
}
