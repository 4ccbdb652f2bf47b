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
use local::s3::{Credentials, InProcess, Server};

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
    /// 412 to a conditional write, which is not done.
    Conflict,
}

const FAULTS: [Fault; 6] =
    [Fault::Timeout, Fault::Internal, Fault::SlowDown, Fault::LostAnswer, Fault::Cut, Fault::Conflict];

/// Which faults come, and how often.
#[derive(Debug)]
pub(crate) struct Weather {
    state: AtomicU64,
    /// Faults in a thousand requests.
    per_mille: AtomicU32,
    only: Option<Fault>,
    pub(crate) requests: AtomicUsize,
    pub(crate) faults: AtomicUsize,
}

impl Weather {
    /// Each kind of fault as likely as the others.
    pub(crate) fn rough(seed: u64, per_mille: u32) -> Arc<Self> {
        Self::new(seed, per_mille, None)
    }

    /// Nothing but this, always.
    pub(crate) fn nothing_but(fault: Fault) -> Arc<Self> {
        Self::new(1, 1000, Some(fault))
    }

    fn new(seed: u64, per_mille: u32, only: Option<Fault>) -> Arc<Self> {
        Arc::new(Self {
            state: AtomicU64::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1),
            per_mille: AtomicU32::new(per_mille),
            only,
            requests: AtomicUsize::new(0),
            faults: AtomicUsize::new(0),
        })
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

    fn next(&self) -> Option<Fault> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        if self.draw(1000) >= u64::from(self.per_mille.load(Ordering::Relaxed)) {
            return None;
        }
        self.faults.fetch_add(1, Ordering::Relaxed);
        Some(self.only.unwrap_or_else(|| FAULTS[self.draw(FAULTS.len() as u64) as usize]))
    }
}

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
        .endpoint_url("http://s3.in-process.heirloom.invalid")
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
        let writes = matches!(request.method(), "PUT" | "POST");
        let fault = self.weather.next();
        HttpConnectorFuture::new(async move {
            match fault {
                None => inner.call(request).await,
                Some(Fault::Timeout) => Err(ConnectorError::timeout("nobody answers".into())),
                Some(Fault::Internal) => Ok(refused(500, "InternalError")),
                Some(Fault::Conflict) if writes && conditional => Ok(refused(412, "PreconditionFailed")),
                Some(Fault::SlowDown | Fault::Conflict) => Ok(refused(503, "SlowDown")),
                Some(Fault::LostAnswer) => {
                    inner.call(request).await?;
                    Err(ConnectorError::io("connection reset by peer".into()))
                }
                Some(Fault::Cut) => cut(inner.call(request).await?).await,
            }
        })
    }
}

fn refused(status: u16, code: &str) -> HttpResponse {
    let body = format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>the weather</Message></Error>");
    HttpResponse::new(StatusCode::try_from(status).expect("a status"), SdkBody::from(body))
}

/// Half of the body, then the end of the connection.
async fn cut(mut response: HttpResponse) -> Result<HttpResponse, ConnectorError> {
    let whole = std::mem::replace(response.body_mut(), SdkBody::empty());
    let collected = aws_smithy_types::byte_stream::ByteStream::new(whole).collect().await;
    let bytes = collected.map_err(|error| ConnectorError::io(error.into()))?.into_bytes();
    let half = bytes.slice(..bytes.len() / 2);
    let frames = futures::stream::iter([
        Ok(http_body::Frame::data(half)),
        Err(std::io::Error::new(std::io::ErrorKind::ConnectionReset, "connection reset by peer")),
    ]);
    *response.body_mut() = SdkBody::from_body_1_x(http_body_util::StreamBody::new(frames));
    Ok(response)
}
