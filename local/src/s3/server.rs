//! The front door: what `s3s` needs to be told, and what it needs to be spared.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use data_encoding::HEXLOWER;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use s3s::auth::SecretKey;
use s3s::route::S3Route;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{Body, S3Error, S3Result, s3_error};
use sha2::{Digest, Sha256};

use super::body::Announced;
use super::cors;
use super::folder::Folder;
use super::ops::Operations;

/// The header by which a client names an answer in its log.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amz-request-id");

/// The key pair that requests are signed with.
#[derive(Clone)]
pub struct Credentials {
    /// The access key's id.
    pub access_key: String,
    /// The secret.
    pub secret_key: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("access_key", &self.access_key).finish_non_exhaustive()
    }
}

/// An S3 server over a folder, for one key pair. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Server {
    service: S3Service,
    /// The same for this process itself, which has nothing to prove.
    own: S3Service,
    /// The sites whose pages may send here: the gallery's own.
    open_to: Arc<[String]>,
    /// Counts requests, so that an answer can be found in the log of a client.
    requests: Arc<AtomicU64>,
}

impl Server {
    /// A server over an open folder.
    pub fn new(folder: Arc<Folder>, credentials: &Credentials) -> Self {
        Self::with(folder, credentials, None::<NoRoute>)
    }

    /// The same, which answers also what the route takes, under the same keys.
    pub fn with_route(folder: Arc<Folder>, credentials: &Credentials, route: impl S3Route) -> Self {
        Self::with(folder, credentials, Some(route))
    }

    fn with(folder: Arc<Folder>, credentials: &Credentials, route: Option<impl S3Route>) -> Self {
        let own = S3ServiceBuilder::new(Operations::new(Arc::clone(&folder))).build();
        let mut builder = S3ServiceBuilder::new(Operations::new(folder));
        builder.set_auth(OnePair(credentials.clone()));
        if let Some(route) = route {
            builder.set_route(route);
        }
        Self { service: builder.build(), own, open_to: Arc::default(), requests: Arc::default() }
    }

    /// The same, for pages of these sites as well: `http://127.0.0.1:8080`.
    #[must_use]
    pub fn open_to(mut self, sites: Vec<String>) -> Self {
        self.open_to = sites.into();
        self
    }

    /// Answers one request, if it is signed.
    pub async fn answer(&self, request: Request<Body>) -> Response<Body> {
        self.answer_by(&self.service, request).await
    }

    /// Answers one request of this process.
    pub(super) async fn answer_own(&self, request: Request<Body>) -> Response<Body> {
        // `s3s` takes a body out of its chunks when it checks the signature, and would store the chunks otherwise.
        let chunked = |value: &HeaderValue| value.as_bytes().windows(11).any(|word| word == b"aws-chunked");
        if request.headers().get_all(header::CONTENT_ENCODING).iter().any(chunked) {
            return told(s3_error!(NotImplemented, "In this process bodies come without a checksum behind them."));
        }
        self.answer_by(&self.own, request).await
    }

    async fn answer_by(&self, service: &S3Service, mut request: Request<Body>) -> Response<Body> {
        let head = request.method() == Method::HEAD;
        let site = cors::site(request.headers(), &self.open_to);
        if let Some(answer) = cors::preflight(&request, site.as_ref()) {
            return answer;
        }
        if is_signed_with_version_2(&request) {
            return told(s3_error!(
                InvalidRequest,
                "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."
            ));
        }
        if let Some(name) = unsigned(&request) {
            tracing::warn!(%name, path = request.uri().path(), "a request with a header that its signature does not cover");
            return told(s3_error!(AccessDenied, "There were headers present in the request which were not signed"));
        }
        tidy(request.headers_mut());
        let mut response = match checked(request).await {
            Ok(request) => service.call(request).await.unwrap_or_else(|error| {
                tracing::error!(?error, "the S3 server could not answer");
                status_alone(StatusCode::INTERNAL_SERVER_ERROR)
            }),
            Err(error) => told(error),
        };
        if let Ok(id) = HeaderValue::from_str(&format!("{:016X}", self.requests.fetch_add(1, Ordering::Relaxed))) {
            response.headers_mut().insert(REQUEST_ID, id);
        }
        cors::allow(response.headers_mut(), site);
        if head || response.status() == StatusCode::NOT_MODIFIED {
            // Neither has a body; over HTTP the connection would drop it, without one it is dropped here.
            *response.body_mut() = Body::empty();
        }
        response
    }
}

/// The route of a server that has none.
enum NoRoute {}

#[async_trait::async_trait]
impl S3Route for NoRoute {
    fn is_match(&self, _: &Method, _: &http::Uri, _: &HeaderMap, _: &mut http::Extensions) -> bool {
        match *self {}
    }

    async fn call(&self, _: s3s::S3Request<Body>) -> S3Result<s3s::S3Response<Body>> {
        match *self {}
    }
}

/// The one pair there is.
struct OnePair(Credentials);

#[async_trait::async_trait]
impl s3s::auth::S3Auth for OnePair {
    async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
        if access_key == self.0.access_key {
            return Ok(SecretKey::from(self.0.secret_key.as_str()));
        }
        Err(s3_error!(InvalidAccessKeyId, "The access key id you provided does not exist here."))
    }
}

/// Headers that clients may send more than once, and that `s3s` accepts only once. The signature stays valid: it is
/// taken over the values joined by commas (AWS, "Create a signed AWS API request").
const REPEATABLE: [HeaderName; 3] = [header::CONTENT_ENCODING, header::CACHE_CONTROL, header::CONTENT_LANGUAGE];

fn tidy(headers: &mut HeaderMap) {
    for name in REPEATABLE {
        join(headers, &name);
    }
    let metadata: Vec<HeaderName> =
        headers.keys().filter(|name| name.as_str().starts_with("x-amz-meta-")).cloned().collect();
    for name in metadata {
        join(headers, &name);
    }
    // A range that is none is to be ignored (RFC 9110, section 14.2); `s3s` would refuse it. A signed one must stay.
    let signed = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.contains(";range"));
    let readable = |value: &HeaderValue| value.to_str().is_ok_and(|range| s3s::dto::Range::parse(range).is_ok());
    if !signed && headers.get(header::RANGE).is_some_and(|value| !readable(value)) {
        headers.remove(header::RANGE);
    }
}

fn join(headers: &mut HeaderMap, name: &HeaderName) {
    if headers.get_all(name).iter().nth(1).is_none() {
        return;
    }
    let joined = headers.get_all(name).iter().map(HeaderValue::as_bytes).collect::<Vec<_>>().join(&b","[..]);
    if let Ok(value) = HeaderValue::from_bytes(&joined) {
        headers.insert(name, value);
    }
}

/// The first header that tells S3 what to do and that the signature of this request does not cover. Whoever was given a signed
/// address could otherwise add `x-amz-copy-source`, and have any object copied to where they may write. Amazon wants all of
/// `x-amz-*` signed (AWS, "Create a signed AWS API request").
fn unsigned(request: &Request<Body>) -> Option<HeaderName> {
    let header = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let header = header.filter(|value| value.starts_with("AWS4-")).map(|value| {
        let list = value.split_once("SignedHeaders=").map_or("", |(_, rest)| rest);
        list.split(',').next().unwrap_or_default().trim().to_owned()
    });
    let query = query(request);
    let said = |name: &str| query.iter().find(|(known, _)| known == name).map(|(_, value)| value.to_string());
    let address = said("X-Amz-Signature").map(|_| said("X-Amz-SignedHeaders").unwrap_or_default());
    let lists: Vec<String> = header.into_iter().chain(address).collect();
    let covered = |list: &String, name: &str| list.split(';').any(|signed| signed.eq_ignore_ascii_case(name));
    let mut told = request.headers().keys().filter(|name| name.as_str().starts_with("x-amz-"));
    told.find(|name| lists.iter().any(|list| !covered(list, name.as_str()))).cloned()
}

/// Version 2 of the signatures signs too little of a request; Amazon refuses it for buckets made since June 2020.
fn is_signed_with_version_2(request: &Request<Body>) -> bool {
    let header =
        request.headers().get(header::AUTHORIZATION).is_some_and(|value| value.as_bytes().starts_with(b"AWS "));
    header || query(request).iter().any(|(name, _)| name == "AWSAccessKeyId")
}

/// What an address asks, decoded as `s3s` does: names, too, may be written with `%`.
fn query(request: &Request<Body>) -> Vec<(Cow<'_, str>, Cow<'_, str>)> {
    form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes()).collect()
}

/// The largest list of keys to delete (AWS, `DeleteObjects`: 1,000 keys) with room for its markup.
const MAX_LIST: usize = 4 * 1024 * 1024;

/// `s3s` compares the digests of bodies that operations read themselves. A list of keys to delete it reads for them,
/// and compares nothing: so that is done here, before a key is lost to a damaged list.
async fn checked(request: Request<Body>) -> S3Result<Request<Body>> {
    let is_list = query(&request).iter().any(|(name, value)| name == "delete" && value.is_empty());
    let hash = request.headers().get("x-amz-content-sha256").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let in_chunks = hash.as_ref().is_some_and(|hash| hash.starts_with("STREAMING-"));
    if request.method() != Method::POST || !is_list || in_chunks {
        return Ok(request);
    }
    let announced = Announced::of(request.headers(), None)?;
    let (head, mut body) = request.into_parts();
    let bytes = body.store_all_limited(MAX_LIST).await.map_err(|_| s3_error!(MaxMessageLengthExceeded))?;
    announced.verify(&bytes)?;
    let is_hash = |hash: &String| hash.len() == 64;
    if hash.filter(is_hash).is_some_and(|hash| hash != HEXLOWER.encode(&Sha256::digest(&bytes))) {
        return Err(s3_error!(
            BadDigest,
            "The provided 'x-amz-content-sha256' header does not match what was computed."
        ));
    }
    Ok(Request::from_parts(head, Body::from(bytes)))
}

fn told(error: S3Error) -> Response<Body> {
    error.to_http_response().unwrap_or_else(|_| status_alone(StatusCode::INTERNAL_SERVER_ERROR))
}

fn status_alone(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}
