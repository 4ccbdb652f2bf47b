//! The handler: one event in, one response out.

mod invited;
mod signing_in;
mod unsubscribing;

use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::lambda_function_urls::{LambdaFunctionUrlRequest, LambdaFunctionUrlResponse};
use gallery::{Store, StoreError, ViewerName};
use jiff::Timestamp;
use session::token::MintError;
use session::{AuthRoute, Next, Session, SessionId, Verified, Verifier, cookie};
use tokio::sync::Mutex;

use crate::answer::Answer;
use crate::asked::Asked;
use crate::audit::{Audit, Event, Outcome, Record};
use crate::devices::Devices;
use crate::invitations::Invitations;
use crate::keys::{self, KeyRing, KeysError};
use crate::password::{Cost, HashError, Hasher};
use crate::throttle::Throttle;
use crate::title::Title;
use crate::upload::Uploads;
use crate::users::{User, Users, UsersError};
use crate::{page, renewal, upload};

/// How long the keys are remembered, in seconds: a new one signs, and a dropped one stops, within this time. What would
/// outlast a dropped key does not believe them so long: see `session_today`.
const KEYS_FOR: i64 = 60;

/// What a gallery may set.
#[derive(Clone, Debug)]
pub struct Config {
    /// The gallery's title on the pages, as long as the gallery's own record says no other.
    pub title: String,
    /// Whom tokens are for: the same text as in the gate's verifier.
    pub audience: String,
    /// What a password's hash costs.
    pub cost: Cost,
    /// How long a session is believed without looking at the viewer's record.
    pub recheck_after: Duration,
    /// How long a session lasts at most.
    pub lifetime: Duration,
}

impl Config {
    /// How long a session lasts when nothing else is set.
    pub const LIFETIME: Duration = Duration::from_hours(30 * 24);

    /// The usual settings: looked at every ten minutes, for thirty days at most.
    pub fn new(title: impl Into<String>, audience: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            audience: audience.into(),
            cost: Cost::RECOMMENDED,
            recheck_after: Duration::from_mins(10),
            lifetime: Self::LIFETIME,
        }
    }
}

/// Why a request could not be served. The viewer is told to try again; the owner's log says why.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Users(#[from] UsersError),
    #[error(transparent)]
    Keys(#[from] KeysError),
    #[error(transparent)]
    Hash(#[from] HashError),
    #[error(transparent)]
    Mint(#[from] MintError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("an upload could not be signed for: {0}")]
    Signing(String),
    #[error("the system gives no random bytes: {0}")]
    Random(#[from] getrandom::Error),
}

/// The login function.
#[derive(Debug)]
pub struct Login {
    store: Store,
    config: Config,
    users: Users,
    hasher: Hasher,
    throttle: Throttle,
    devices: Devices,
    invitations: Invitations,
    audit: Audit,
    uploads: Option<Uploads>,
    ring: Mutex<Option<(Timestamp, Arc<KeyRing>)>>,
    title: Title,
}

impl Login {
    /// A login function over the viewers and keys in this store.
    pub fn new(store: Store, config: Config) -> Self {
        let hasher = Hasher::new(config.cost);
        Self {
            users: Users::new(store.clone(), hasher.clone(), &config.title),
            throttle: Throttle::new(store.clone()),
            devices: Devices::new(store.clone()),
            invitations: Invitations::new(store.clone()),
            audit: Audit::new(store.clone()),
            uploads: None,
            ring: Mutex::default(),
            title: Title::new(&config.title),
            store,
            config,
            hasher,
        }
    }

    /// The same with the page from which owners upload.
    #[must_use]
    pub fn with_uploads(mut self, uploads: Uploads) -> Self {
        self.uploads = Some(uploads);
        self
    }

    pub(crate) fn uploads(&self) -> Option<&Uploads> {
        self.uploads.as_ref()
    }

    pub(crate) fn title(&self) -> String {
        self.title.now()
    }

    /// The viewers.
    pub fn users(&self) -> &Users {
        &self.users
    }

    /// What hashes the passwords, which knows how much work that was.
    pub fn hasher(&self) -> &Hasher {
        &self.hasher
    }

    /// Answers one request.
    pub async fn handle(&self, request: LambdaFunctionUrlRequest, now: Timestamp) -> LambdaFunctionUrlResponse {
        let asked = Asked::of(&request);
        // Renewal shows no title, and may not look it up.
        if !matches!(asked.route(), Some((_, AuthRoute::Renew))) {
            self.title.refresh(&self.store, now).await;
        }
        // Boxed: the S3 client's futures nest so deep that callers of callers run into the compiler's limit.
        let answer = Box::pin(self.answer(&asked, now)).await.unwrap_or_else(|failure| {
            tracing::error!(error = %failure, "a request to login failed");
            let texts = asked.texts();
            let link = Some(("/", texts.try_again));
            Answer::page(503, page::sentence(texts, &self.title.now(), texts.cannot_open, link))
        });
        answer.into_response(asked.is_head())
    }

    /// Removes what is of no use any more: old counts of tries, devices whose cookies are gone, invitations long over.
    /// Returns how many objects.
    pub async fn tidy(&self, now: Timestamp) -> Result<usize, StoreError> {
        let counts = self.throttle.tidy(now).await?;
        Ok(counts + self.devices.tidy(now).await? + self.invitations.tidy(now).await?)
    }

    async fn answer(&self, asked: &Asked<'_>, now: Timestamp) -> Result<Answer, Failure> {
        match asked.route() {
            Some(("HEAD", AuthRoute::Login)) => Ok(self.form(asked)),
            Some(("GET", AuthRoute::Login)) => self.welcome_back(asked, now).await,
            Some(("POST", AuthRoute::Login)) => Box::pin(self.sign_in(asked, now)).await,
            Some(("POST", AuthRoute::Logout)) => self.sign_out(asked, now).await,
            Some(("GET" | "HEAD", AuthRoute::Renew)) => self.renew(asked, now).await,
            Some(("GET" | "HEAD", AuthRoute::Invite)) => self.show_invitation(asked, now).await,
            Some(("POST", AuthRoute::Invite)) => self.invited(asked, now).await,
            Some(("GET" | "HEAD", AuthRoute::Upload)) => self.show_upload(asked, now).await,
            Some(("POST", AuthRoute::Upload)) => self.sign_uploads(asked, now).await,
            Some(("GET" | "HEAD", AuthRoute::Unsubscribe)) => self.show_mails(asked).await,
            Some(("POST", AuthRoute::Unsubscribe)) => self.end_mails(asked, now).await,
            Some((_, AuthRoute::Login | AuthRoute::Invite | AuthRoute::Upload | AuthRoute::Unsubscribe)) => {
                Ok(self.wrong_method(asked, "GET, HEAD, POST"))
            }
            Some((_, AuthRoute::Logout)) => Ok(self.wrong_method(asked, "POST")),
            Some((_, AuthRoute::Renew)) => Ok(self.wrong_method(asked, "GET, HEAD")),
            // On AWS the gallery's own page for what is not there takes this one's place, and says the same.
            None => Ok(self.sentence(asked, 404, asked.texts().no_such_page)),
        }
    }

    /// Begins a session and goes on to `next`.
    async fn begin(&self, user: &User, next: &Next, now: Timestamp) -> Result<Answer, Failure> {
        self.begin_at(user, next.as_str(), now).await
    }

    /// Begins a session and goes on to a page of the gallery's own.
    async fn begin_at(&self, user: &User, location: &str, now: Timestamp) -> Result<Answer, Failure> {
        let mut id = [0; 16];
        getrandom::fill(&mut id)?;
        let session = renewal::begin(user, SessionId::from_random(id), &self.config, now.as_second());
        let answer = self.go_on(&session, location, now).await?;
        Ok(upload::marked(answer, user.role.is_owner(), false, session.expires - now.as_second()))
    }

    /// Hands a session out.
    async fn go_on(&self, session: &Session, location: &str, now: Timestamp) -> Result<Answer, Failure> {
        let token = self.ring(now).await?.signing(now).mint(session, &self.config.audience)?;
        Ok(Answer::see_other(location).with_cookie(cookie::set(&token, now.as_second(), session.expires)))
    }

    /// The session that a request carries, as the gate would see it. The viewer may have changed since.
    pub(crate) async fn session(&self, asked: &Asked<'_>, now: Timestamp) -> Result<Option<Verified>, Failure> {
        let Ok(Some(token)) = asked.token() else {
            return Ok(None);
        };
        let verifier = Verifier::new(self.ring(now).await?.public()?, &self.config.audience);
        Ok(verifier.verify(token, now.as_second()).ok())
    }

    /// The session and its viewer by what lies in the bucket now, for what may outlast the key: another session, a
    /// password. The keys are read after the record: whoever shows the generation that a stolen key's drop gave the
    /// viewer is judged without that key, which was dropped before.
    async fn session_today(
        &self,
        asked: &Asked<'_>,
        now: Timestamp,
    ) -> Result<Option<(Verified, Option<User>)>, Failure> {
        // First by the keys that are remembered, so that a made-up cookie asks nothing of S3.
        let Some(session) = self.session(asked, now).await? else {
            return Ok(None);
        };
        let user = self.users.find(&session.session().viewer).await?;
        *self.ring.lock().await = None;
        Ok(self.session(asked, now).await?.map(|session| (session, user)))
    }

    pub(crate) async fn record(
        &self,
        asked: &Asked<'_>,
        event: Event,
        viewer: Option<&ViewerName>,
        outcome: Outcome,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.audit.record(&record(asked, event, viewer, outcome, now)).await
    }

    async fn ring(&self, now: Timestamp) -> Result<Arc<KeyRing>, KeysError> {
        let mut remembered = self.ring.lock().await;
        if let Some((read, ring)) = &*remembered
            && (0..KEYS_FOR).contains(&now.duration_since(*read).as_secs())
        {
            return Ok(Arc::clone(ring));
        }
        let ring = Arc::new(keys::load(&self.store).await?);
        *remembered = Some((now, Arc::clone(&ring)));
        Ok(ring)
    }

    fn wrong_method(&self, asked: &Asked<'_>, allowed: &str) -> Answer {
        self.sentence(asked, 405, asked.texts().not_possible).with_header("allow", allowed)
    }

    /// Not 403: CloudFront shows another page in place of those.
    fn foreign(&self, asked: &Asked<'_>) -> Answer {
        self.sentence(asked, 422, asked.texts().foreign)
    }

    pub(crate) fn sentence(&self, asked: &Asked<'_>, status: u16, sentence: &str) -> Answer {
        let texts = asked.texts();
        let link = Some(("/", texts.to_gallery));
        Answer::page(status, page::sentence(texts, &self.title.now(), sentence, link))
    }
}

/// What happened in a request, for the owner to read.
fn record(asked: &Asked<'_>, event: Event, viewer: Option<&ViewerName>, outcome: Outcome, now: Timestamp) -> Record {
    Record { at: now, event, viewer: viewer.cloned(), address: Some(asked.address()), outcome, wait: None }
}
