//! Signing in with a password, staying signed in, signing out.

use std::time::Duration;

use gallery::ViewerName;
use jiff::Timestamp;
use session::token::LEEWAY;
use session::{Session, cookie};

use super::{Failure, Login, record};
use crate::answer::Answer;
use crate::asked::{Asked, SignIn};
use crate::audit::{Event, Once, Outcome, Record};
use crate::devices::{self, Mark};
use crate::page::{self, Notice};
use crate::password::MAX_BYTES;
use crate::secret::Secret;
use crate::throttle::{Admission, Admitted, Try};
use crate::users::User;
use crate::{origin, renewal, upload};

/// How a try to sign in ended.
enum Tried {
    /// It is the viewer.
    Viewer(User),
    /// It is not, or there is none.
    Wrong,
    /// It has not been looked at: there were too many before.
    Wait(Duration),
}

impl Login {
    pub(super) fn form(&self, asked: &Asked<'_>) -> Answer {
        let notice = if asked.says("signed-out") { Notice::SignedOut } else { Notice::None };
        Answer::page(200, page::sign_in(asked.texts(), &self.title.now(), &asked.next(), notice))
    }

    /// The form; but a device that stays signed in goes on at once.
    pub(super) async fn welcome_back(&self, asked: &Asked<'_>, now: Timestamp) -> Result<Answer, Failure> {
        // The device first: to an invented one it makes no difference whether there is a viewer of its name.
        if let Some(mark) = asked.mark().filter(|_| !asked.says("signed-out"))
            && self.devices.knows(&mark, now).await?
            && let Some(user) = self.users.find(&mark.viewer).await?
            && self.devices.stays(&mark, &user, now).await?
            // With a session that is good here the gate sent the viewer on all the same: the gate does not know its
            // key yet. Another session would lead in a circle.
            && self.session(asked, now).await?.is_none_or(|session| session.needs_recheck(now.as_second()))
        {
            self.record(asked, Event::DeviceSignIn, Some(&user.name), Outcome::Done, now).await?;
            return Ok(self.begin(&user, &asked.next(), now).await?.with_cookie(mark.cookie()));
        }
        Ok(self.form(asked))
    }

    pub(super) async fn sign_in(&self, asked: &Asked<'_>, now: Timestamp) -> Result<Answer, Failure> {
        if !origin::is_this_site(asked.headers()) {
            return Ok(self.foreign(asked));
        }
        let Some(form) = asked.sign_in() else {
            return Ok(self.sentence(asked, 400, asked.texts().not_sign_in));
        };
        let again =
            |status, notice| Answer::page(status, page::sign_in(asked.texts(), &self.title.now(), &form.next, notice));
        // The mark speaks for the viewer whose name was typed, and for nobody else.
        let mark = asked.mark().filter(|mark| ViewerName::parse(&form.name).is_ok_and(|name| name == mark.viewer));
        let known = match mark {
            Some(mark) if self.devices.knows(&mark, now).await? => Some(mark),
            _ => None,
        };
        match Box::pin(self.tried(asked, &form, known.as_ref(), now)).await? {
            Tried::Viewer(user) => {
                let mark = match known {
                    Some(mark) => mark,
                    None => self.devices.remember(&user, Secret::new()?, false, now).await?,
                };
                Ok(self.begin(&user, &form.next, now).await?.with_cookie(mark.cookie()))
            }
            Tried::Wrong => Ok(again(401, Notice::Wrong)),
            Tried::Wait(wait) => {
                let seconds = wait.as_secs_f64().ceil() as u64;
                Ok(again(429, Notice::Wait(seconds)).with_header("retry-after", &seconds.to_string()))
            }
        }
    }

    /// Counts a try, checks the password, and records how it ended. A viewer who is not there costs the same work and
    /// gets the same answer as a wrong password.
    async fn tried(
        &self,
        asked: &Asked<'_>,
        form: &SignIn,
        known: Option<&Mark>,
        now: Timestamp,
    ) -> Result<Tried, Failure> {
        if form.name.len() > MAX_BYTES || form.password.len() > MAX_BYTES {
            return Ok(Tried::Wrong);
        }
        let (address, device) = (asked.address(), known.map(Mark::hash));
        let tried = Try { name: &form.name, from: &address, device: device.as_deref() };
        let admitted = match self.throttle.admit(&tried, now).await? {
            Admission::Admitted(admitted) => admitted,
            Admission::Wait(wait) => return Ok(Tried::Wait(wait)),
        };
        let user = async {
            match ViewerName::parse(&form.name) {
                Ok(name) => self.users.find(&name).await,
                Err(_) => Ok(None),
            }
        };
        let (user, dearest) = futures::try_join!(user, self.users.dearest_imported())?;
        let stored = user.as_ref().and_then(|user| user.password.as_deref());
        let matches = self.hasher.matches(&form.password, stored, dearest).await?;
        let outcome = if matches { Outcome::Done } else { Outcome::Refused };
        let wait = Some(admitted.next.as_secs()).filter(|seconds| !matches && *seconds > 0);
        let viewer = user.as_ref().map(|user| user.name.clone());
        let record = Record { at: now, event: Event::SignIn, viewer, address: Some(address), outcome, wait };
        self.audit.record(&record).await?;
        Ok(match user.filter(|_| matches) {
            Some(user) => {
                self.settle(&user, form, admitted).await;
                Tried::Viewer(user)
            }
            None => Tried::Wrong,
        })
    }

    /// What follows a success. The viewer is who they say: what fails here is made up for at the next login.
    async fn settle(&self, user: &User, form: &SignIn, admitted: Admitted) {
        if let Err(error) = self.throttle.succeeded(admitted).await {
            tracing::warn!(viewer = %user.name, %error, "a successful try stays counted");
        }
        let cheap = user.password.as_deref().is_some_and(|stored| self.hasher.cost().exceeds(stored));
        if cheap && let Err(error) = self.users.strengthen(user, &form.password).await {
            tracing::warn!(viewer = %user.name, %error, "a password's hash could not be strengthened");
        }
    }

    pub(super) async fn sign_out(&self, asked: &Asked<'_>, now: Timestamp) -> Result<Answer, Failure> {
        let has_cookie = !matches!(asked.token(), Ok(None));
        if !origin::may_sign_out(asked.headers(), has_cookie) {
            return Ok(self.foreign(asked));
        }
        let mut answer = Answer::see_other("/auth/login?signed-out")
            .with_cookie(cookie::clear())
            .with_header("clear-site-data", "\"cache\", \"storage\"");
        answer = upload::marked(answer, false, asked.is_told_owner(), 0);
        if let Some(mark) = asked.mark() {
            let forgotten = self.devices.sign_out(&mark).await.unwrap_or_else(|error| {
                // Whatever S3 says, this browser forgets it.
                tracing::error!(viewer = %mark.viewer, %error, "a device that signed out is still remembered");
                true
            });
            if forgotten {
                answer = answer.with_cookie(devices::clear());
            }
        }
        match self.session(asked, now).await {
            Ok(Some(session)) => {
                let session = session.session();
                let record = record(asked, Event::SignOut, Some(&session.viewer), Outcome::Done, now);
                if let Err(error) = self.audit.record_once(&record, &once(session)).await {
                    tracing::error!(%error, "a sign-out was not recorded");
                }
            }
            Ok(None) => {}
            Err(error) => tracing::error!(%error, "a sign-out was not recorded"),
        }
        Ok(answer)
    }

    pub(super) async fn renew(&self, asked: &Asked<'_>, now: Timestamp) -> Result<Answer, Failure> {
        let next = asked.next();
        let to_form = || Answer::see_other(&next.through("/auth/login")).with_cookie(cookie::clear());
        let Some((old, user)) = self.session_today(asked, now).await? else {
            return Ok(to_form());
        };
        if let Some(session) = renewal::renew(&old, user.as_ref(), &self.config, now.as_second()) {
            let answer = self.go_on(&session, next.as_str(), now).await?;
            let is_owner = user.is_some_and(|user| user.role.is_owner());
            return Ok(upload::marked(answer, is_owner, asked.is_told_owner(), session.expires - now.as_second()));
        }
        let refused = record(asked, Event::Renewal, Some(&old.session().viewer), Outcome::Refused, now);
        self.audit.record_once(&refused, &once(old.session())).await?;
        Ok(to_form())
    }
}

/// A token is good until its end, whoever was let out meanwhile.
fn once(session: &Session) -> Once {
    let until = Timestamp::from_second(session.expires.saturating_add(LEEWAY)).unwrap_or(Timestamp::MAX);
    Once { of: session.id.clone().into(), until }
}
