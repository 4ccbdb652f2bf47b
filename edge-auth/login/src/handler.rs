//! The handler: one event in, one response out.

use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::lambda_function_urls::{LambdaFunctionUrlRequest, LambdaFunctionUrlResponse};
use gallery::{Store, ViewerName};
use jiff::Timestamp;
use session::token::MintError;
use session::{AuthRoute, Next, Session, SessionId, Verifier, cookie};
use tokio::sync::Mutex;

use crate::answer::Answer;
use crate::asked::{Asked, SignIn};
use crate::keys::{self, KeyRing, KeysError};
use crate::page::{self, Notice};
use crate::password::{Cost, HashError, Hasher, MAX_BYTES};
use crate::users::{User, Users, UsersError};
use crate::{origin, renewal};

/// How long the keys are remembered, in seconds: a new one signs, and a dropped one stops, within this time.
const KEYS_FOR: i64 = 60;

/// What a gallery may set.
#[derive(Clone, Debug)]
pub struct Config {
    /// The gallery's title, on the pages.
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
    /// The settings of DESIGN's section 6: looked at every ten minutes, for thirty days at most.
    pub fn new(title: impl Into<String>, audience: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            audience: audience.into(),
            cost: Cost::RECOMMENDED,
            recheck_after: Duration::from_mins(10),
            lifetime: Duration::from_hours(30 * 24),
        }
    }
}

/// Why a request could not be served. The viewer is told to try again; the owner's log says why.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Users(#[from] UsersError),
    #[error(transparent)]
    Keys(#[from] KeysError),
    #[error(transparent)]
    Hash(#[from] HashError),
    #[error(transparent)]
    Mint(#[from] MintError),
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
    ring: Mutex<Option<(Timestamp, Arc<KeyRing>)>>,
}

impl Login {
    /// Login over a store.
    pub fn new(store: Store, config: Config) -> Self {
        let hasher = Hasher::new(config.cost);
        let users = Users::new(store.clone(), hasher.clone(), &config.title);
        Self { store, config, users, hasher, ring: Mutex::new(None) }
    }

    /// The viewers, for whoever administers them in this process.
    pub fn users(&self) -> &Users {
        &self.users
    }

    /// Answers one request.
    pub async fn handle(&self, request: LambdaFunctionUrlRequest, now: Timestamp) -> LambdaFunctionUrlResponse {
        let asked = Asked::of(&request);
        // Boxed: the S3 client's futures nest so deep that callers of callers run into the compiler's limit.
        let answer = Box::pin(self.answer(&asked, now)).await.unwrap_or_else(|failure| {
            tracing::error!(error = %failure, "a request to login failed");
            let sentence = "The gallery cannot open right now. Please try again in a moment.";
            Answer::page(503, page::sentence(&self.config.title, sentence, Some(("/", "Try again"))))
        });
        answer.into_response(asked.is_head())
    }

    async fn answer(&self, asked: &Asked<'_>, now: Timestamp) -> Result<Answer, Failure> {
        match asked.route() {
            Some(("GET" | "HEAD", AuthRoute::Login)) => Ok(self.form(asked)),
            Some(("POST", AuthRoute::Login)) => self.sign_in(asked, now).await,
            Some(("POST", AuthRoute::Logout)) => Ok(self.sign_out(asked)),
            Some(("GET" | "HEAD", AuthRoute::Renew)) => self.renew(asked, now).await,
            Some((_, AuthRoute::Login)) => Ok(self.wrong_method("GET, HEAD, POST")),
            Some((_, AuthRoute::Logout)) => Ok(self.wrong_method("POST")),
            Some((_, AuthRoute::Renew)) => Ok(self.wrong_method("GET, HEAD")),
            Some((_, AuthRoute::Invite)) | None => Ok(self.sentence(404, "There is no such page.")),
        }
    }

    fn form(&self, asked: &Asked<'_>) -> Answer {
        let notice = if asked.says("signed-out") { Notice::SignedOut } else { Notice::None };
        Answer::page(200, page::sign_in(&self.config.title, &asked.next(), notice))
    }

    async fn sign_in(&self, asked: &Asked<'_>, now: Timestamp) -> Result<Answer, Failure> {
        if !origin::is_this_site(asked.headers()) {
            return Ok(self.sentence(403, "Please sign in on the gallery's own page."));
        }
        let Some(form) = asked.sign_in() else {
            return Ok(self.sentence(400, "That was not the sign-in form."));
        };
        let Some(user) = self.authenticated(&form).await? else {
            return Ok(Answer::page(401, page::sign_in(&self.config.title, &form.next, Notice::Wrong)));
        };
        let mut id = [0; 16];
        getrandom::fill(&mut id)?;
        let session = renewal::begin(&user, SessionId::from_random(id), &self.config, now.as_second());
        self.welcome(&session, &form.next, now).await
    }

    /// The viewer whom name and password prove. Unknown names cost the same work.
    async fn authenticated(&self, form: &SignIn) -> Result<Option<User>, Failure> {
        if form.name.len() > MAX_BYTES || form.password.len() > MAX_BYTES {
            return Ok(None);
        }
        let user = match ViewerName::parse(&form.name) {
            Ok(name) => self.users.find(&name).await?,
            Err(_) => None,
        };
        let stored = user.as_ref().map(|user| user.password.as_str());
        let matches = self.hasher.matches(&form.password, stored).await?;
        let Some(user) = user.filter(|_| matches) else {
            return Ok(None);
        };
        if self.hasher.cost().exceeds(&user.password)
            && let Err(error) = self.users.strengthen(&user, &form.password).await
        {
            // The viewer is who they say; the next login tries again.
            tracing::warn!(viewer = %user.name, %error, "a password's hash could not be strengthened");
        }
        Ok(Some(user))
    }

    fn sign_out(&self, asked: &Asked<'_>) -> Answer {
        let has_cookie = !matches!(asked.token(), Ok(None));
        if !origin::may_sign_out(asked.headers(), has_cookie) {
            return self.sentence(403, "Please sign out on the gallery's own page.");
        }
        Answer::see_other("/auth/login?signed-out")
            .with_cookie(cookie::clear())
            .with_header("clear-site-data", "\"cache\", \"storage\"")
    }

    async fn renew(&self, asked: &Asked<'_>, now: Timestamp) -> Result<Answer, Failure> {
        let next = asked.next();
        let to_form = || Answer::see_other(&next.through("/auth/login")).with_cookie(cookie::clear());
        let Ok(Some(token)) = asked.token() else {
            return Ok(to_form());
        };
        let ring = self.ring(now).await?;
        let Ok(old) = Verifier::new(ring.public()?, &self.config.audience).verify(token, now.as_second()) else {
            return Ok(to_form());
        };
        let user = self.users.find(&old.session().viewer).await?;
        match renewal::renew(&old, user.as_ref(), &self.config, now.as_second()) {
            Some(session) => self.welcome(&session, &next, now).await,
            None => Ok(to_form()),
        }
    }

    /// Hands out a session's token and goes on to `next`.
    async fn welcome(&self, session: &Session, next: &Next, now: Timestamp) -> Result<Answer, Failure> {
        let token = self.ring(now).await?.newest().mint(session, &self.config.audience)?;
        Ok(Answer::see_other(next.as_str()).with_cookie(cookie::set(&token, now.as_second(), session.expires)))
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

    fn wrong_method(&self, allowed: &str) -> Answer {
        self.sentence(405, "That is not possible here.").with_header("allow", allowed)
    }

    fn sentence(&self, status: u16, sentence: &str) -> Answer {
        let link = Some(("/", "To the gallery"));
        Answer::page(status, page::sentence(&self.config.title, sentence, link))
    }
}
