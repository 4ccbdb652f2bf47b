//! Uploading from a browser, for viewers who are owners: a page, and requests signed for the source bucket.
//!
//! The page asks with the names, sizes and checksums of files; the answer holds a signed request for each that is not
//! there yet. The browser sends the bytes straight to the bucket. Such a request is good for some minutes, for one key, one
//! length, one type and the very bytes of that checksum, and only as long as nothing lies under the key: it can neither
//! replace nor remove anything. Who may ask is read from the viewer's record each time, not from the session.

mod album;
mod page;
mod sign;
mod wanted;
mod words;

use std::time::Duration;

use aws_lambda_events::lambda_function_urls::LambdaFunctionUrlRequest;
use gallery::{FolderPath, Store};
use jiff::Timestamp;

use crate::answer::Answer;
use crate::asked::Asked;
use crate::audit::{Event, Outcome};
use crate::handler::{Failure, Login};
use crate::origin;
use crate::users::User;
use words::{Refused, Words};

/// What uploading from a browser needs besides login: the buckets, and where browsers reach the source bucket.
#[derive(Clone, Debug)]
pub struct Uploads {
    store: Store,
    /// Signs requests, and names the address that browsers send them to.
    signer: aws_sdk_s3::Client,
    /// Whether browsers send them to the gallery itself, whatever it is called where they are.
    at_the_gallery: bool,
    good_for: Duration,
}

/// How long a signed request is good: a file has to be on its way by then.
const GOOD_FOR: Duration = Duration::from_mins(10);

impl Uploads {
    /// Uploads into the source bucket of `store`, which browsers reach where `signer` does.
    pub fn new(store: Store, signer: aws_sdk_s3::Client) -> Self {
        Self { store, signer, at_the_gallery: false, good_for: GOOD_FOR }
    }

    /// The same where the gallery takes such requests at its own address: then they come from wherever its pages do.
    #[must_use]
    pub fn at_the_gallery(mut self) -> Self {
        self.at_the_gallery = true;
        self
    }

    /// The same with requests that are good for another time than ten minutes.
    #[must_use]
    pub fn good_for(mut self, time: Duration) -> Self {
        self.good_for = time;
        self
    }
}

/// Tells the browser that its viewer is an owner, so that pages, which are the same for all, can show the way to the upload page.
/// It opens nothing: what owners may do is read from their record each time.
const OWNER: &str = "__Host-owner";

/// Adds that to the answer that begins or renews a session of so many seconds, or takes it back where it is `told` still.
pub(crate) fn marked(answer: Answer, is_owner: bool, told: bool, seconds: i64) -> Answer {
    // Scripts are to see it, so it is not `HttpOnly`.
    let cookie =
        |value, seconds: i64| format!("{OWNER}={value}; SameSite=Lax; Secure; Path=/; Max-Age={}", seconds.max(0));
    match (is_owner, told) {
        (true, _) => answer.with_cookie(cookie("1", seconds)),
        (false, true) => answer.with_cookie(cookie("", 0)),
        (false, false) => answer,
    }
}

/// Whether a request's cookies say so.
pub(crate) fn is_marked<'a>(cookies: impl IntoIterator<Item = &'a str>) -> bool {
    !matches!(session::cookie::only(OWNER, cookies), Ok(None))
}

/// A file that a question names and that may be uploaded.
#[derive(Debug, PartialEq, Eq)]
pub struct Upload {
    /// The album and the file's name.
    pub key: String,
    /// Its length.
    pub bytes: u64,
    /// The SHA-256 of its bytes, in base64.
    pub checksum: String,
    /// The type as which it is kept.
    pub kind: &'static str,
}

/// What a question for signed requests names and may be uploaded; `None` for what is no question.
pub fn upload(event: &LambdaFunctionUrlRequest) -> Option<Vec<Upload>> {
    let wanted::Wanted { album, files } = wanted::read(&Asked::of(event)).ok()?;
    let file = |wanted::File { name, bytes, checksum, kind, .. }| Upload {
        key: format!("{album}/{name}"),
        bytes,
        checksum,
        kind,
    };
    Some(files.into_iter().flatten().map(file).collect())
}

/// Who asks: an owner, or why not.
enum Asks {
    Owner(Box<User>),
    Nobody,
    Viewer,
}

impl Login {
    /// The page.
    pub(crate) async fn show_upload(&self, asked: &Asked<'_>, now: Timestamp) -> Result<Answer, Failure> {
        let Some(uploads) = self.uploads() else {
            return Ok(self.sentence(asked, 404, asked.texts().no_such_page));
        };
        match self.owner(asked, now).await? {
            Asks::Nobody => Ok(Answer::see_other("/auth/login?next=%2Fauth%2Fupload")),
            Asks::Viewer => Ok(self.only_owners(asked)),
            Asks::Owner(user) => {
                let albums = album::all(&uploads.store, &user.scope).await?;
                let bucket = if uploads.at_the_gallery { None } else { Some(uploads.origin().await?) };
                let page = page::upload(asked.texts(), &self.title(), &albums);
                Ok(Answer::page(200, page).with_header("content-security-policy", &page::policy(bucket.as_deref())))
            }
        }
    }

    /// Signs requests for files.
    pub(crate) async fn sign_uploads(&self, asked: &Asked<'_>, now: Timestamp) -> Result<Answer, Failure> {
        let words = Words::of(asked.texts());
        let refuse = |status, why| Ok(Answer::problem(status, words.why(why)));
        let Some(uploads) = self.uploads() else {
            return refuse(422, Refused::Nowhere);
        };
        if !origin::is_this_site(asked.headers()) {
            return refuse(422, Refused::Foreign);
        }
        let user = match self.owner(asked, now).await? {
            Asks::Nobody => return refuse(401, Refused::SignedOut),
            Asks::Viewer => return refuse(422, Refused::Viewer),
            Asks::Owner(user) => user,
        };
        let wanted = match wanted::read(asked) {
            Ok(wanted) => wanted,
            Err(why) => return refuse(400, why),
        };
        if !user.scope.holds_folder(first(&wanted.album)) {
            return refuse(422, Refused::Collection);
        }
        let answers = uploads.for_browser_at(origin::host(asked.headers())).answers(&wanted, words, now).await?;
        if answers.iter().any(sign::Told::is_signed) {
            self.record(asked, Event::UploadAllowed, Some(&user.name), Outcome::Done, now).await?;
        }
        Ok(Answer::json(200, &serde_json::json!({ "files": answers })))
    }

    /// The viewer of this request's session, as their record is now.
    async fn owner(&self, asked: &Asked<'_>, now: Timestamp) -> Result<Asks, Failure> {
        let Some(session) = self.session(asked, now).await? else { return Ok(Asks::Nobody) };
        let session = session.session();
        let user = self.users().find(&session.viewer).await?;
        Ok(match user.filter(|user| user.generation == session.generation) {
            Some(user) if user.role.is_owner() => Asks::Owner(Box::new(user)),
            Some(_) => Asks::Viewer,
            None => Asks::Nobody,
        })
    }

    /// Not 403: CloudFront shows another page in place of those.
    fn only_owners(&self, asked: &Asked<'_>) -> Answer {
        self.sentence(asked, 422, Words::of(asked.texts()).only_owners)
    }
}

/// The collection that a folder lies in.
fn first(folder: &FolderPath) -> &str {
    folder.names().first().map_or("", String::as_str)
}
