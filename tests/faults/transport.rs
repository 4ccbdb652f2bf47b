//! A way to S3 on which things go wrong.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};

use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::{BehaviorVersion, Credentials as Pair, Region};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::{AggregatedBytes, ByteStream};
use heirloom_tests::PATIENCE;
use local::s3::{Credentials, InProcess, Server};
use tokio::sync::{Notify, watch};

/// What goes wrong with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nobody answers.
    Timeout,
    /// 500, `InternalError`.
    Internal,
    /// 503, `SlowDown`.
    SlowDown,
    /// It is done, and the answer is lost.
    LostAnswer,
    /// The answer's body ends in the middle.
    Cut,
    /// 412 to a conditional write or removal, which is not done.
    Conflict,
    /// A listing that ends in the middle, as if that were its end.
    HalfList,
    /// A listing that says there is more, and not where.
    NoToken,
}

const FAULTS: [Fault; 8] = [
    Fault::Timeout,
    Fault::Internal,
    Fault::SlowDown,
    Fault::LostAnswer,
    Fault::Cut,
    Fault::Conflict,
    Fault::HalfList,
    Fault::NoToken,
];

/// Where a handler dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Doom {
    /// The method of the request that is its last.
    pub(crate) method: &'static str,
    /// What its path begins with, bucket and key.
    pub(crate) path: &'static str,
    /// Whether that request is still done.
    pub(crate) done: bool,
}

/// What none who write it may read: login and its like add records (`cdk/sign-in/`).
const UNREAD: &str = "/auth/audit/";

/// What a fault is aimed at.
#[derive(Debug)]
pub(crate) struct Aim {
    /// What goes wrong.
    pub(crate) fault: Fault,
    /// What the path of a write begins with, bucket and key.
    pub(crate) path: &'static str,
    /// Whether only conditional writes are meant.
    pub(crate) conditional: bool,
    /// How often it still happens.
    pub(crate) times: AtomicUsize,
}

/// A request that waits for something else to happen first.
#[derive(Debug)]
pub(crate) struct Hold {
    method: &'static str,
    /// What its address holds.
    part: &'static str,
    /// How many of its kind are still to come, itself included.
    left: AtomicUsize,
    came: Notify,
    go: Notify,
}

/// Which faults come, and how often.
#[derive(Debug)]
pub(crate) struct Weather {
    state: AtomicU64,
    /// Faults in a thousand requests.
    per_mille: AtomicU32,
    only: Option<Fault>,
    aim: Option<Aim>,
    doom: Option<Doom>,
    dead: watch::Sender<bool>,
    hold: Option<Hold>,
    pub(crate) requests: AtomicUsize,
    pub(crate) faults: AtomicUsize,
}

impl Weather {
    /// Each kind of fault as likely as the others.
    pub(crate) fn rough(seed: u64, per_mille: u32) -> Arc<Self> {
        Arc::new(Self::new(seed, per_mille, None, None, None))
    }

    /// Nothing but this, always.
    pub(crate) fn nothing_but(fault: Fault) -> Arc<Self> {
        Arc::new(Self::new(1, 1000, Some(fault), None, None))
    }

    /// Fine weather, but for what happens to some writes.
    pub(crate) fn aimed(aim: Aim) -> Arc<Self> {
        Arc::new(Self::new(1, 0, None, Some(aim), None))
    }

    /// Fine weather, until this.
    pub(crate) fn until(doom: Doom) -> Arc<Self> {
        Arc::new(Self::new(1, 0, None, None, Some(doom)))
    }

    /// Fine weather, in which the first request of this kind waits.
    pub(crate) fn holding(method: &'static str, part: &'static str) -> Arc<Self> {
        Self::holding_nth(1, method, part)
    }

    /// The same with another than the first.
    pub(crate) fn holding_nth(nth: usize, method: &'static str, part: &'static str) -> Arc<Self> {
        let (came, go) = (Notify::new(), Notify::new());
        let hold = Hold { method, part, left: AtomicUsize::new(nth), came, go };
        Arc::new(Self { hold: Some(hold), ..Self::new(1, 0, None, None, None) })
    }

    /// Does something between the coming of the request that is held and its being done.
    pub(crate) async fn meanwhile<T>(&self, act: impl Future<Output = T>) -> T {
        let hold = self.hold.as_ref().expect("a request is held");
        let came = tokio::time::timeout(PATIENCE, hold.came.notified()).await;
        came.unwrap_or_else(|_| panic!("{} of {} never came", hold.method, hold.part));
        let done = act.await;
        hold.go.notify_one();
        done
    }

    /// Waits until the handler has died.
    pub(crate) async fn end(&self) {
        let _ = self.dead.subscribe().wait_for(|&dead| dead).await;
    }

    fn new(seed: u64, per_mille: u32, only: Option<Fault>, aim: Option<Aim>, doom: Option<Doom>) -> Self {
        Self {
            state: AtomicU64::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1),
            per_mille: AtomicU32::new(per_mille),
            only,
            aim,
            doom,
            dead: watch::Sender::new(false),
            hold: None,
            requests: AtomicUsize::new(0),
            faults: AtomicUsize::new(0),
        }
    }

    /// A number below `end`.
    pub(crate) fn draw(&self, end: u64) -> u64 {
        // Marsaglia's xorshift64.
        let next = |mut state: u64| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        let before = self.state.update(Ordering::Relaxed, Ordering::Relaxed, next);
        (next(before) >> 11) % end
    }

    fn next(&self, write: Option<&str>, conditional: bool) -> Option<Fault> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let aim = self.aim.as_ref().filter(|aim| conditional || !aim.conditional);
        if let (Some(aim), Some(path)) = (aim, write)
            && path.starts_with(aim.path)
            && aim.times.try_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
        {
            self.faults.fetch_add(1, Ordering::Relaxed);
            return Some(aim.fault);
        }
        if self.draw(1000) >= u64::from(self.per_mille.load(Ordering::Relaxed)) {
            return None;
        }
        self.faults.fetch_add(1, Ordering::Relaxed);
        Some(self.only.unwrap_or_else(|| FAULTS[self.draw(FAULTS.len() as u64) as usize]))
    }
}

const ENDPOINT: &str = "http://s3.in-process.heirloom.invalid";

/// A client of the server through this weather. `patience` is how it tries again; `None` is its own way.
pub(crate) fn client(
    server: &Server,
    pair: &Credentials,
    weather: Arc<Weather>,
    patience: Option<RetryConfig>,
) -> Client {
    let credentials = Pair::new(&pair.access_key, &pair.secret_key, None, None, "test");
    let mut config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .credentials_provider(credentials)
        .endpoint_url(ENDPOINT)
        .force_path_style(true)
        .http_client(Faulty { inner: InProcess::new(server.clone()), weather });
    config.set_retry_config(patience);
    Client::from_conf(config.build())
}

#[derive(Clone, Debug)]
struct Faulty {
    inner: InProcess,
    weather: Arc<Weather>,
}

impl HttpClient for Faulty {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Faulty {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let inner = self.inner.clone();
        let conditional = request.headers().contains_key("if-match") || request.headers().contains_key("if-none-match");
        let writes = matches!(request.method(), "PUT" | "POST") || (request.method() == "DELETE" && conditional);
        let lists = request.method() == "GET" && request.uri().contains("list-type=2");
        let path = request.uri().trim_start_matches(ENDPOINT).to_owned();
        let weather = self.weather.clone();
        let last = weather.doom.filter(|doom| request.method() == doom.method && path.starts_with(doom.path));
        let held = weather.hold.as_ref().is_some_and(|hold| {
            let meant = request.method() == hold.method && path.contains(hold.part);
            meant && hold.left.try_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)) == Ok(1)
        });
        let fault = self.weather.next(writes.then_some(path.as_str()), conditional);
        HttpConnectorFuture::new(async move {
            if *weather.dead.borrow() {
                return std::future::pending().await;
            }
            if let Some(doom) = last {
                if doom.done {
                    inner.call(request).await?;
                }
                weather.dead.send_replace(true);
                return std::future::pending().await;
            }
            if let Some(hold) = weather.hold.as_ref().filter(|_| held) {
                hold.came.notify_one();
                hold.go.notified().await;
            }
            match fault {
                None if request.method() == "GET" && path.starts_with(UNREAD) => Ok(refused(403, "AccessDenied")),
                None => inner.call(request).await,
                Some(Fault::Timeout) => Err(ConnectorError::timeout("nobody answers".into())),
                Some(Fault::Internal) => Ok(refused(500, "InternalError")),
                Some(Fault::Conflict) if writes && conditional => Ok(refused(412, "PreconditionFailed")),
                Some(Fault::SlowDown | Fault::Conflict) => Ok(refused(503, "SlowDown")),
                Some(Fault::LostAnswer) => {
                    inner.call(request).await?;
                    Err(ConnectorError::io("connection reset by peer".into()))
                }
                Some(Fault::HalfList) if lists => half(inner.call(request).await?).await,
                Some(Fault::NoToken) if lists => without_token(inner.call(request).await?).await,
                Some(Fault::Cut | Fault::HalfList | Fault::NoToken) => cut(inner.call(request).await?).await,
            }
        })
    }
}

fn refused(status: u16, code: &str) -> HttpResponse {
    let body = format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>the weather</Message></Error>");
    HttpResponse::new(StatusCode::try_from(status).expect("a status"), SdkBody::from(body))
}

async fn read(response: &mut HttpResponse) -> Result<AggregatedBytes, ConnectorError> {
    let whole = std::mem::replace(response.body_mut(), SdkBody::empty());
    let collected = ByteStream::new(whole).collect().await;
    collected.map_err(|error| ConnectorError::io(error.into()))
}

/// The first half of the objects, and then a document that looks whole.
async fn half(mut response: HttpResponse) -> Result<HttpResponse, ConnectorError> {
    let text = String::from_utf8_lossy(&read(&mut response).await?.into_bytes()).into_owned();
    let objects: Vec<_> = text.match_indices("<Contents>").map(|(at, _)| at).collect();
    let end = text.rfind("</Contents>").map(|at| at + "</Contents>".len());
    let shorter = match (objects.get(objects.len() / 2), end) {
        (Some(&from), Some(end)) => format!("{}{}", &text[..from], &text[end..]),
        _ => text[..text.len() / 2].to_owned(),
    };
    response.headers_mut().remove("content-length");
    *response.body_mut() = SdkBody::from(shorter);
    Ok(response)
}

async fn without_token(mut response: HttpResponse) -> Result<HttpResponse, ConnectorError> {
    let text = String::from_utf8_lossy(&read(&mut response).await?.into_bytes()).into_owned();
    let text = text.replace("<IsTruncated>false<", "<IsTruncated>true<");
    let text = match (text.find("<NextContinuationToken>"), text.find("</NextContinuationToken>")) {
        (Some(from), Some(to)) => format!("{}{}", &text[..from], &text[to + "</NextContinuationToken>".len()..]),
        _ => text,
    };
    response.headers_mut().remove("content-length");
    *response.body_mut() = SdkBody::from(text);
    Ok(response)
}

/// Half of the body, then the end of the connection.
async fn cut(mut response: HttpResponse) -> Result<HttpResponse, ConnectorError> {
    let bytes = read(&mut response).await?.into_bytes();
    let half = bytes.slice(..bytes.len() / 2);
    let frames = futures::stream::iter([
        Ok(http_body::Frame::data(half)),
        Err(std::io::Error::new(std::io::ErrorKind::ConnectionReset, "connection reset by peer")),
    ]);
    *response.body_mut() = SdkBody::from_body_1_x(http_body_util::StreamBody::new(frames));
    Ok(response)
}
