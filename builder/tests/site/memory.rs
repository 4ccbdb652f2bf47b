//! Buckets in memory, behind the transport of `aws_sdk_s3::Client`: what S3 documents for the seven requests that the
//! builder makes, counted, and with any of them able to be the last one that a builder lives to make.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use http::{HeaderMap, Method, Response, StatusCode};
use jiff::Timestamp;

/// An object.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) bytes: Vec<u8>,
    pub(crate) etag: String,
    modified: Timestamp,
}

/// Objects by bucket and key.
pub(crate) type Objects = BTreeMap<(String, String), Stored>;

/// The buckets. Clones are the same buckets.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memory {
    objects: Arc<Mutex<Objects>>,
    clock: Arc<AtomicI64>,
    /// Buckets that were removed.
    gone: Arc<Mutex<Vec<String>>>,
}

impl Memory {
    /// What lies there.
    pub(crate) fn objects(&self) -> MutexGuard<'_, Objects> {
        self.objects.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts an object without a request, and returns its `ETag`.
    pub(crate) fn put(&self, bucket: &str, key: String, bytes: Vec<u8>) -> String {
        // Every write has a second of its own, so that no two versions look alike.
        let modified =
            Timestamp::from_second(1_700_000_000 + self.clock.fetch_add(1, Ordering::SeqCst)).expect("a time");
        let mut hasher = DefaultHasher::new();
        bytes.hash(&mut hasher);
        let etag = format!("\"{:016x}\"", hasher.finish());
        self.objects().insert((bucket.to_owned(), key), Stored { bytes, etag: etag.clone(), modified });
        etag
    }

    /// A client of these buckets that notes its requests in `meter`.
    pub(crate) fn client(&self, meter: &Meter) -> Client {
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("us-east-1"))
            .credentials_provider(Credentials::new("a", "b", None, None, "memory"))
            .endpoint_url("http://memory.invalid")
            .force_path_style(true)
            .http_client(Wire { memory: self.clone(), meter: meter.clone() });
        Client::from_conf(config.build())
    }
}

/// Counts requests, and can end a builder's life after some.
#[derive(Clone, Debug, Default)]
pub(crate) struct Meter {
    requests: Arc<AtomicUsize>,
    writes: Arc<AtomicUsize>,
    /// How many requests will still be answered; all of them when there is none.
    left: Arc<Mutex<Option<usize>>>,
    /// How often requests let others go first.
    patience: Arc<AtomicUsize>,
    /// How often the gallery's record will be refused, as if somebody else had just written it.
    overtaken: Arc<AtomicUsize>,
}

#[allow(dead_code, reason = "each of the two tests that share this file uses a part of it")]
impl Meter {
    /// All requests so far.
    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    /// Those that wrote or removed something.
    pub(crate) fn writes(&self) -> usize {
        self.writes.load(Ordering::SeqCst)
    }

    /// From now on so many requests are answered, and none after.
    pub(crate) fn die_after(&self, requests: Option<usize>) {
        *self.left.lock().unwrap_or_else(PoisonError::into_inner) = requests;
    }

    /// How often each request lets other tasks go first, varied a little, so that builders at work at once interleave.
    pub(crate) fn yields(&self, times: usize) {
        self.patience.store(times, Ordering::SeqCst);
    }

    /// So often somebody else seems to write the gallery's record first.
    pub(crate) fn overtake(&self, times: usize) {
        self.overtaken.store(times, Ordering::SeqCst);
    }

    fn is_overtaken(&self, request: &http::Request<SdkBody>) -> bool {
        let concerned = *request.method() == Method::PUT && request.uri().path().ends_with("/catalogue/gallery.json");
        let fewer = |left: usize| left.checked_sub(1);
        concerned && self.overtaken.fetch_update(Ordering::SeqCst, Ordering::SeqCst, fewer).is_ok()
    }

    fn alive(&self) -> bool {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *left {
            None => true,
            Some(0) => false,
            Some(left) => {
                *left -= 1;
                true
            }
        }
    }
}

#[derive(Clone, Debug)]
struct Wire {
    memory: Memory,
    meter: Meter,
}

impl HttpClient for Wire {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Self { memory, meter } = self.clone();
        HttpConnectorFuture::new(async move {
            let count = meter.requests.fetch_add(1, Ordering::SeqCst);
            let patience = meter.patience.load(Ordering::SeqCst);
            for _ in 0..(count * 7 % (patience + 1)) {
                tokio::task::yield_now().await;
            }
            if !meter.alive() {
                std::future::pending::<()>().await;
            }
            let request = request.try_into_http1x().map_err(|e| ConnectorError::user(e.into()))?;
            if matches!(*request.method(), Method::PUT | Method::DELETE) {
                meter.writes.fetch_add(1, Ordering::SeqCst);
            }
            let answer = if meter.is_overtaken(&request) {
                error(StatusCode::PRECONDITION_FAILED, "PreconditionFailed")
            } else {
                memory.answer(&request)
            };
            HttpResponse::try_from(answer).map_err(|e| ConnectorError::other(e.into(), None))
        })
    }
}

impl Memory {
    fn answer(&self, request: &http::Request<SdkBody>) -> Response<SdkBody> {
        let path = percent_encoding::percent_decode_str(request.uri().path()).decode_utf8().expect("UTF-8");
        let (bucket, key) = path[1..].split_once('/').unwrap_or((&path[1..], ""));
        let at = (bucket.to_owned(), key.to_owned());
        if self.gone.lock().is_ok_and(|gone| gone.iter().any(|name| name == bucket)) {
            return error(StatusCode::NOT_FOUND, "NoSuchBucket");
        }
        match *request.method() {
            Method::GET if key.is_empty() => self.list(bucket, request.uri().query().unwrap_or_default()),
            Method::GET | Method::HEAD => match self.objects().get(&at) {
                Some(found) => found.response(*request.method() == Method::GET),
                None => error(StatusCode::NOT_FOUND, "NoSuchKey"),
            },
            Method::PUT => {
                let bytes = request.body().bytes().expect("a body in memory").to_vec();
                let there = self.objects().get(&at).map(|stored| stored.etag.clone());
                // Nothing comes between the condition and the write: this future does not wait.
                if let Some(refusal) = refusal(request.headers(), there.as_deref()) {
                    return refusal;
                }
                let etag = self.put(bucket, key.to_owned(), bytes);
                response(StatusCode::OK, String::new(), &[("etag", &etag)])
            }
            Method::DELETE if key.is_empty() => {
                self.gone.lock().unwrap_or_else(PoisonError::into_inner).push(bucket.to_owned());
                response(StatusCode::NO_CONTENT, String::new(), &[])
            }
            Method::DELETE => {
                self.objects().remove(&at);
                response(StatusCode::NO_CONTENT, String::new(), &[])
            }
            _ => error(StatusCode::NOT_IMPLEMENTED, "NotImplemented"),
        }
    }

    fn list(&self, bucket: &str, query: &str) -> Response<SdkBody> {
        let query: BTreeMap<String, String> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let prefix = query.get("prefix").cloned().unwrap_or_default();
        let after = query.get("continuation-token").cloned().unwrap_or_default();
        let flat = query.contains_key("delimiter");
        let (mut contents, mut last, mut next) = (Vec::new(), None, None);
        let objects = self.objects();
        let from = (bucket.to_owned(), prefix.clone().max(after.clone()));
        for ((_, key), stored) in objects.range(from..).take_while(|((b, k), _)| b == bucket && k.starts_with(&prefix))
        {
            if *key <= after || (flat && key[prefix.len()..].contains('/')) {
                continue;
            }
            if contents.len() == 1_000 {
                next = last;
                break;
            }
            last = Some(escaped(key));
            contents.push(format!(
                "<Contents><Key>{}</Key><ETag>{}</ETag><Size>{}</Size><LastModified>{}</LastModified></Contents>",
                escaped(key),
                escaped(&stored.etag),
                stored.bytes.len(),
                stored.modified,
            ));
        }
        let contents = contents.concat();
        let next = next.map(|key| format!("<NextContinuationToken>{key}</NextContinuationToken>")).unwrap_or_default();
        let xml = format!(
            "<?xml version=\"1.0\"?><ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
             <IsTruncated>{}</IsTruncated>{contents}{next}</ListBucketResult>",
            !next.is_empty(),
        );
        response(StatusCode::OK, xml, &[("content-type", "application/xml")])
    }
}

/// AWS, "Conditional writes": what a write that relies on something else is answered.
fn refusal(headers: &HeaderMap, there: Option<&str>) -> Option<Response<SdkBody>> {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    match (header("if-match"), header("if-none-match"), there) {
        (Some(_), _, None) => Some(error(StatusCode::NOT_FOUND, "NoSuchKey")),
        (Some(expected), _, Some(found)) if expected != found => {
            Some(error(StatusCode::PRECONDITION_FAILED, "PreconditionFailed"))
        }
        (_, Some("*"), Some(_)) => Some(error(StatusCode::PRECONDITION_FAILED, "PreconditionFailed")),
        _ => None,
    }
}

impl Stored {
    fn response(&self, with_body: bool) -> Response<SdkBody> {
        let modified = self.modified.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let length = self.bytes.len().to_string();
        let headers = [("etag", self.etag.as_str()), ("last-modified", &modified), ("content-length", &length)];
        let body = if with_body { self.bytes.clone() } else { Vec::new() };
        response(StatusCode::OK, body, &headers)
    }
}

fn error(status: StatusCode, code: &str) -> Response<SdkBody> {
    response(status, format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>no</Message></Error>"), &[])
}

fn response(status: StatusCode, body: impl Into<Vec<u8>>, headers: &[(&str, &str)]) -> Response<SdkBody> {
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    response.body(SdkBody::from(body.into())).expect("a response")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
