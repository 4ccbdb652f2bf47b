//! Coming in by invitation.

use gallery::ViewerName;
use jiff::Timestamp;
use session::Next;

use super::{Failure, Login, record};
use crate::answer::Answer;
use crate::asked::Asked;
use crate::audit::{Event, Once, Outcome};
use crate::secret::Secret;
use crate::users::{User, UsersError};
use crate::{origin, page};

impl Login {
    /// The page behind the link. It changes nothing: robots that look at links in messages come by as well.
    pub(super) async fn show_invitation(&self, asked: &Asked<'_>, now: Timestamp) -> Result<Answer, Failure> {
        if asked.says("code") {
            let Some(secret) = asked.code() else {
                return Ok(self.over(asked));
            };
            let invitation = self.invitations.look(&secret, now).await?;
            let user = match &invitation {
                Some(invitation) => self.users.find(&invitation.viewer).await?,
                None => None,
            };
            return Ok(match (invitation, user) {
                (Some(invitation), Some(user)) if invitation.is_for(&user) => {
                    Answer::page(200, page::invitation(asked.texts(), &self.title.now(), &user.name, &secret.reveal()))
                }
                _ => self.over(asked),
            });
        }
        // Without a code: what follows an invitation.
        Ok(match self.without_password(asked, now).await? {
            Some(user) => Answer::page(200, page::choose_password(asked.texts(), &self.title.now(), &user.name, None)),
            None => Answer::see_other("/"),
        })
    }

    /// The button of that page, and the form of the next.
    pub(super) async fn invited(&self, asked: &Asked<'_>, now: Timestamp) -> Result<Answer, Failure> {
        if !origin::is_this_site(asked.headers()) {
            return Ok(self.foreign(asked));
        }
        match asked.form(["code", "name", "password"]) {
            Some([Some(code), None, None]) => match Secret::parse(&code) {
                Some(secret) => self.take(asked, &secret, now).await,
                None => Ok(self.over(asked)),
            },
            // The name stands in the form for the browser's password manager; who it is, the session says.
            Some([None, _, Some(password)]) => {
                let Some(user) = self.without_password(asked, now).await? else {
                    return Ok(Answer::see_other("/"));
                };
                match self.users.choose_password(&user, &password).await {
                    Ok(user) => {
                        self.record(asked, Event::PasswordChosen, Some(&user.name), Outcome::Done, now).await?;
                        Ok(Answer::see_other("/"))
                    }
                    Err(UsersError::Unfit(unfit)) => Ok(Answer::page(
                        422,
                        page::choose_password(asked.texts(), &self.title.now(), &user.name, Some(unfit)),
                    )),
                    // Another tab was first.
                    Err(UsersError::HasPassword(_) | UsersError::Overtaken(_)) => Ok(Answer::see_other("/")),
                    Err(error) => Err(error.into()),
                }
            }
            _ => Ok(self.sentence(asked, 400, asked.texts().not_invitation)),
        }
    }

    /// Uses an invitation up: a session begins, and the device stays signed in.
    async fn take(&self, asked: &Asked<'_>, secret: &Secret, now: Timestamp) -> Result<Answer, Failure> {
        // One that never was is not recorded: it tells the owner nothing, and strangers could fill the bucket with it.
        let Some(open) = self.invitations.find(secret).await? else {
            return Ok(self.over(asked));
        };
        let once = Once { of: secret.hash(), until: open.kept_until() };
        let refused = async |viewer: Option<&ViewerName>| {
            let record = record(asked, Event::Invitation, viewer, Outcome::Refused, now);
            self.audit.record_once(&record, &once).await?;
            Ok(self.over(asked))
        };
        if !open.is_open(now) {
            return refused(None).await;
        }
        // All that can fail comes before it is used up, so that a failure costs nobody their invitation.
        let Some(user) = self.users.find(&open.viewer).await?.filter(|user| open.is_for(user)) else {
            return refused(Some(&open.viewer)).await;
        };
        let answer = match user.password {
            Some(_) => self.begin(&user, &Next::home(), now).await?,
            None => self.begin_at(&user, "/auth/invite", now).await?,
        };
        let mark = self.devices.remember(&user, Secret::new()?, true, now).await?;
        if self.invitations.take(secret, &mark, now).await?.is_none() {
            self.devices.forget(&mark).await?;
            return refused(Some(&user.name)).await;
        }
        if let Err(error) = self.record(asked, Event::Invitation, Some(&user.name), Outcome::Done, now).await {
            tracing::error!(viewer = %user.name, %error, "an invitation that was used was not recorded");
        }
        Ok(answer.with_cookie(mark.cookie()))
    }

    /// The viewer of this request's session, if it goes on and they have no password.
    async fn without_password(&self, asked: &Asked<'_>, now: Timestamp) -> Result<Option<User>, Failure> {
        let Some((session, user)) = self.session_today(asked, now).await? else {
            return Ok(None);
        };
        let generation = session.session().generation;
        Ok(user.filter(|user| user.generation == generation && user.password.is_none()))
    }

    /// Used, expired, taken back or never made: one answer for all.
    fn over(&self, asked: &Asked<'_>) -> Answer {
        self.sentence(asked, 410, asked.texts().over)
    }
}
