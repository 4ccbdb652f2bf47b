//! The link in each mail that ends the mails, and begins them again.
//!
//! It needs no session, since it is for somebody who reads mail and is signed in nowhere. Opening it changes nothing:
//! what looks at links in mails comes by as well. A POST ends the mails, be it the page's button or a mail program's
//! "unsubscribe" (RFC 8058), which sends neither cookies nor an origin: the signature in the link is what counts.

use jiff::Timestamp;

use super::{Failure, Login};
use crate::answer::Answer;
use crate::asked::Asked;
use crate::audit::{Event, Outcome};
use crate::mail::parse_link;
use crate::page;
use crate::users::User;

impl Login {
    /// Says how it is, with a button to change that.
    pub(super) async fn show_mails(&self, asked: &Asked<'_>) -> Result<Answer, Failure> {
        Ok(match self.reader(asked).await? {
            Some(user) => self.mails(asked, user.mail.is_some_and(|mail| mail.wants())),
            None => self.no_such_link(asked),
        })
    }

    /// Ends the mails, or begins them again when the page's second button says so. The same again changes nothing.
    pub(super) async fn end_mails(&self, asked: &Asked<'_>, now: Timestamp) -> Result<Answer, Failure> {
        let Some(user) = self.reader(asked).await? else {
            return Ok(self.no_such_link(asked));
        };
        let again = asked.form(["again"]).is_some_and(|[again]| again.is_some());
        if self.users.want_mail(&user, again, now).await? {
            let event = if again { Event::MailResumed } else { Event::MailStopped };
            self.record(asked, event, Some(&user.name), Outcome::Done, now).await?;
        }
        Ok(self.mails(asked, again))
    }

    /// Whose link it is. A link that is nobody's, forged or of an address that is no longer theirs is one and the same.
    async fn reader(&self, asked: &Asked<'_>) -> Result<Option<User>, Failure> {
        let Some((name, mark)) = asked.only("to").as_deref().and_then(parse_link) else {
            return Ok(None);
        };
        let user = self.users.find(&name).await?;
        Ok(user.filter(|user| user.mail.as_ref().is_some_and(|mail| mail.is_signed(&name, &mark))))
    }

    fn mails(&self, asked: &Asked<'_>, come: bool) -> Answer {
        Answer::page(200, page::mails(asked.texts(), &self.title.now(), come))
    }

    /// Its status is read by mail programs; CloudFront makes 403 and 404 the page of what is not there.
    fn no_such_link(&self, asked: &Asked<'_>) -> Answer {
        self.sentence(asked, 410, asked.texts().no_mail_link)
    }
}
