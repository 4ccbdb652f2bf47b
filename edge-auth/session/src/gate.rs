//! The gate: may this request pass, and as what?
//!
//! The order is the design's: the path's form, the public places, the session, the scope, the rewriting. What the
//! gate does not know it denies. It does not know what exists: a place outside the scope is forwarded as a path where
//! nothing ever lies, so that the forbidden and the missing get the same answer from the same hand.

mod refusal;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::cookie;
use crate::next::Next;
use crate::path::{AuthRoute, CanonicalPath, Place};
use crate::token::{Verified, Verifier};
use crate::viewer_request::{Request, Response};
use refusal::Refusal;

/// A path where no bucket ever holds anything.
pub const ABSENT: &str = "/~/absent";

/// What of a request no bucket gets to see: what could tell viewers apart, and what only the gate may say.
pub const WITHHELD: [&str; 5] =
    ["cookie", "authorization", "x-amz-content-sha256", "x-forwarded-host", "x-viewer-address"];

/// What the gate knows: whose tokens to believe.
#[derive(Clone, Debug)]
pub struct Gate {
    verifier: Verifier,
}

impl Gate {
    /// A gate that believes the tokens that `verifier` accepts.
    pub fn new(verifier: Verifier) -> Self {
        Self { verifier }
    }
}

/// What becomes of a request. In JSON it is what Lambda@Edge expects: the request to go on with, or a response.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Decision {
    /// The request goes on, rewritten. Which bucket it goes to follows from the path that the *viewer* asked for.
    Forward(Request),
    /// This is the answer.
    Respond(Response),
}

/// Decides on one request at the Unix time `now`.
pub fn decide(gate: &Gate, request: &Request, now: i64) -> Decision {
    match pass(gate, request, now) {
        Ok(request) => Decision::Forward(request),
        Err(refusal) => Decision::Respond(refusal.response()),
    }
}

/// The path in its bucket that a request may have which only reads, and whose session needs no second look: most
/// requests by far. `None` says nothing but that [`decide`] has to be asked. `cookies` are all its cookie lines, with
/// semicolons between them. Who forwards on this word alone drops the query, the body and the headers [`WITHHELD`].
///
/// At the edge this spares the greater part of the work, which is to write an event out for the addon and read it back.
pub fn object(gate: &Gate, method: &str, path: &str, cookies: &str, now: i64) -> Option<String> {
    let path = CanonicalPath::parse(path).ok().filter(|_| reads(method))?;
    match path.place() {
        Place::Auth(_) => None,
        Place::Public => Some(path.as_str().to_owned()),
        _ => {
            let token = cookie::read([cookies]).ok()??;
            let session = gate.verifier.verify(token, now).ok().filter(|session| !session.needs_recheck(now))?;
            allowed(&path, &session).ok()
        }
    }
}

fn pass(gate: &Gate, request: &Request, now: i64) -> Result<Request, Refusal> {
    let path = CanonicalPath::parse(&request.uri).map_err(|_| Refusal::Malformed)?;
    let uri = match path.place() {
        Place::Auth(route) => return to_login(request, *route),
        _ if !reads(&request.method) => return Err(Refusal::Method("GET, HEAD")),
        Place::Public => path.as_str().to_owned(),
        _ => {
            let session = session(gate, request, now)?;
            allowed(&path, &session)?
        }
    };
    Ok(to_bucket(request, uri))
}

/// The session that the request carries, fresh enough for what it asks.
fn session(gate: &Gate, request: &Request, now: i64) -> Result<Verified, Refusal> {
    let navigates = navigates(request);
    let next = || Next::parse(&request.uri);
    let token = cookie::read(request.header("cookie")).map_err(|_| Refusal::SeveralSessions { navigates })?;
    let verified = token.and_then(|token| gate.verifier.verify(token, now).ok());
    match verified {
        Some(session) if !session.needs_recheck(now) => Ok(session),
        Some(_) if navigates => Err(Refusal::Renew(next())),
        Some(session) if session.within_grace(now) => Ok(session),
        None if navigates => Err(Refusal::SignIn(next())),
        _ => Err(Refusal::Unauthorised),
    }
}

/// The path of the object that a session may see here.
fn allowed(path: &CanonicalPath, session: &Verified) -> Result<String, Refusal> {
    let scope = &session.session().scope;
    let object = match path.place() {
        Place::Home => Some(format!("/home/{}/index.html", session.home())),
        Place::HomePage(home) if *home == session.home() => Some(format!("/home/{home}/index.html")),
        Place::ScopePage(page) => Some(format!("/home/{}/{}", session.home(), page.path())),
        Place::ScopePageWithoutSlash(page) => return Err(Refusal::Slash(page.address())),
        Place::Album(album) if scope.holds(&album.collection()) => Some(format!("/albums/{album}/index.html")),
        Place::AlbumWithoutSlash(album) if scope.holds(&album.collection()) => {
            return Err(Refusal::Slash(format!("/albums/{album}/")));
        }
        Place::Picture(collection) if scope.holds(collection) => Some(path.as_str().to_owned()),
        Place::Original(source) if source.folder().names().first().is_some_and(|name| scope.holds_folder(name)) => {
            Some(path.below_originals().to_owned())
        }
        _ => None,
    };
    Ok(object.unwrap_or_else(|| ABSENT.to_owned()))
}

/// A request to the login function. The function's URL is signed for by `CloudFront`, which does not hash bodies: the
/// hash has to come with the request (AWS, "Restrict access to an AWS Lambda function URL origin").
fn to_login(request: &Request, route: AuthRoute) -> Result<Request, Refusal> {
    let posts = request.method == "POST" && route != AuthRoute::Renew;
    let reads = reads(&request.method) && route != AuthRoute::Logout;
    if !posts && !reads {
        return Err(Refusal::Method(match route {
            AuthRoute::Login | AuthRoute::Invite | AuthRoute::Upload | AuthRoute::Unsubscribe => "GET, HEAD, POST",
            AuthRoute::Logout => "POST",
            AuthRoute::Renew => "GET, HEAD",
        }));
    }
    let mut forwarded = without_credentials(request);
    if let Some(cookies) = request.headers.get("cookie") {
        forwarded.headers.insert("cookie".to_owned(), cookies.clone());
    }
    // The function sees its own name in `Host`; it needs the gallery's to check where a form came from.
    if let Some(host) = request.only_header("host") {
        forwarded.set_header("x-forwarded-host", host);
    }
    // The function sees the address of CloudFront; it throttles and records by the viewer's.
    forwarded.set_header("x-viewer-address", &request.client_ip);
    if posts {
        let bytes = match &request.body {
            Some(body) if body.input_truncated => return Err(Refusal::TooLarge),
            Some(body) => body.bytes().map_err(|_| Refusal::Malformed)?,
            None => Vec::new(),
        };
        forwarded.set_header("x-amz-content-sha256", HEXLOWER.encode(&Sha256::digest(&bytes)));
    }
    Ok(forwarded)
}

/// A request to a bucket: neither cookies nor queries go there, and neither can split the cache.
fn to_bucket(request: &Request, uri: String) -> Request {
    Request { uri, querystring: String::new(), body: None, ..without_credentials(request) }
}

fn without_credentials(request: &Request) -> Request {
    let mut request = request.clone();
    for name in WITHHELD {
        request.headers.remove(name);
    }
    request
}

fn reads(method: &str) -> bool {
    matches!(method, "GET" | "HEAD")
}

/// Whether a person is going to this page, as against a page loading its parts. Browsers say so in Fetch Metadata;
/// those that do not (before 2020 to 2023) ask for HTML when they navigate.
fn navigates(request: &Request) -> bool {
    if request.headers.keys().any(|name| name.starts_with("sec-fetch-")) {
        return request.only_header("sec-fetch-mode") == Some("navigate");
    }
    request.header("accept").any(|accept| accept.contains("text/html"))
}
