//! Ways to a [`Server`]: a socket, and none at all.

use std::future::Future;

use aws_runtime::invocation_id::InvocationIdInterceptor;
use aws_runtime::request_info::RequestInfoInterceptor;
use aws_runtime::service_clock_skew::ServiceClockSkewInterceptor;
use aws_runtime::user_agent::UserAgentInterceptor;
use aws_sdk_s3::config::endpoint::{EndpointFuture, Params, ResolveEndpoint};
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{
    BehaviorVersion, Region, RequestChecksumCalculation, ResponseChecksumValidation, StalledStreamProtectionConfig,
};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::interceptors::context::BeforeSerializationInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::{Intercept, disable_interceptor, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::endpoint::Endpoint;
use bytes::Bytes;
use s3s::Body;
use tokio::net::TcpListener;

use super::server::Server;
use crate::sockets::{self, Limits, Sent};

/// The host that requests without a socket name; nothing resolves it.
pub const IN_PROCESS: &str = "http://s3.in-process.heirloom.invalid";

/// Serves HTTP/1.1 on a socket until `shutdown` ends, then lets answers under way end, for a few seconds at most.
pub async fn listen(server: Server, listener: TcpListener, shutdown: impl Future<Output = ()>) {
    listen_within(server, listener, &Limits::default(), shutdown).await;
}

/// The same within other limits.
pub async fn listen_within(server: Server, listener: TcpListener, limits: &Limits, shutdown: impl Future<Output = ()>) {
    let answer = move |request: http::Request<Sent>, _| {
        let server = server.clone();
        async move { server.answer(request.map(Body::http_body_unsync)).await }
    };
    sockets::serve(listener, None, limits, shutdown, answer).await;
}

/// A transport for `aws_sdk_s3` that hands requests to the server in this process. What is not signed comes from the
/// process itself, which may do everything; what is signed has to be signed right.
#[derive(Clone, Debug)]
pub struct InProcess(Server);

impl InProcess {
    /// A transport to this server.
    pub fn new(server: Server) -> Self {
        Self(server)
    }
}

impl Server {
    /// A client of this server that needs no socket, and leaves out what a network makes necessary: nobody between here
    /// and there could read, change, lose or delay anything. The server takes its own checksums all the same.
    pub fn client(&self) -> aws_sdk_s3::Client {
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("us-east-1"))
            .allow_no_auth()
            .endpoint_resolver(PathStyle)
            .interceptor(Unannounced)
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
            .retry_config(RetryConfig::disabled())
            .timeout_config(TimeoutConfig::disabled())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .http_client(InProcess::new(self.clone()));
        aws_sdk_s3::Client::from_conf(config.build())
    }
}

/// Where the server in this process has its buckets. The SDK's own rules are an interpreter of all that Amazon's names of
/// buckets and regions can mean, and remember one answer, for one bucket and key.
#[derive(Clone, Copy, Debug)]
struct PathStyle;

impl ResolveEndpoint for PathStyle {
    fn resolve_endpoint<'a>(&'a self, params: &'a Params) -> EndpointFuture<'a> {
        let url = params.bucket().map_or_else(|| IN_PROCESS.to_owned(), |bucket| format!("{IN_PROCESS}/{bucket}"));
        EndpointFuture::ready(Ok(Endpoint::builder().url(url).build()))
    }
}

/// Leaves out who calls, from where, for which time and with what clock: nobody reads it here, and to write it down takes
/// as long as to read a photo's facts.
#[derive(Clone, Copy, Debug)]
struct Unannounced;

#[dyn_dispatch_hint]
impl Intercept for Unannounced {
    fn name(&self) -> &'static str {
        "unannounced"
    }

    fn read_before_execution(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        const WHY: &str = "the server is in this process";
        let state = config.interceptor_state();
        state.store_put(disable_interceptor::<UserAgentInterceptor>(WHY));
        state.store_put(disable_interceptor::<InvocationIdInterceptor>(WHY));
        state.store_put(disable_interceptor::<RequestInfoInterceptor>(WHY));
        state.store_put(disable_interceptor::<ServiceClockSkewInterceptor>(WHY));
        Ok(())
    }
}

impl HttpClient for InProcess {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for InProcess {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let server = self.0.clone();
        HttpConnectorFuture::new(async move {
            let request = request.try_into_http1x().map_err(|e| ConnectorError::user(e.into()))?;
            let request = with_host(request.map(into_server));
            let signed = request.headers().contains_key(http::header::AUTHORIZATION);
            let response = if signed { server.answer(request).await } else { server.answer_own(request).await };
            HttpResponse::try_from(response.map(into_client)).map_err(|e| ConnectorError::other(e.into(), None))
        })
    }
}

/// A connection would name the host, which the signature covers.
fn with_host(mut request: http::Request<Body>) -> http::Request<Body> {
    let host = request.uri().authority().and_then(|host| http::HeaderValue::from_str(host.as_str()).ok());
    if let Some(host) = host {
        request.headers_mut().entry(http::header::HOST).or_insert(host);
    }
    request
}

fn into_client(body: Body) -> SdkBody {
    match body.bytes() {
        Some(bytes) => SdkBody::from(bytes),
        None => SdkBody::from_body_1_x(body),
    }
}

fn into_server(body: SdkBody) -> Body {
    match body.bytes() {
        Some(bytes) => Body::from(Bytes::copy_from_slice(bytes)),
        None => Body::http_body_unsync(body),
    }
}
