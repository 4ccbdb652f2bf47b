//! Calls to AWS that are few and small: signed by AWS's own library, sent by the runtime of its SDK.
//!
//! The SDK's crates for SQS, CloudFormation and CloudFront are each larger than what calls them, which is one call or two.

use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_credential_types::provider::ProvideCredentials;
use aws_sdk_s3::config::SharedHttpClient;
use aws_sdk_s3::error::{BoxError, DisplayErrorContext};
use aws_sigv4::http_request::{PayloadChecksumKind, SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_async::rt::sleep::default_async_sleep;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, OrchestratorError};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// Nothing to send it with, or nobody to sign it as.
    #[error("a call to AWS cannot be made: {0}")]
    Unmade(String),
    /// It was sent, and nobody answered.
    #[error("cannot reach {0}: {1}")]
    Unreached(String, String),
}

/// A call before it is signed.
#[derive(Clone, Debug)]
pub struct Call<'a> {
    /// The service as signatures and host names have it: `sqs`.
    pub service: &'a str,
    /// The region; `None` for services of the whole world, which sign as us-east-1.
    pub region: Option<&'a str>,
    /// `GET` or `POST`.
    pub method: &'a str,
    /// The path, which begins with a slash.
    pub path: &'a str,
    /// Headers beside those of the signature.
    pub headers: &'a [(&'a str, &'a str)],
    /// The body.
    pub body: String,
}

/// What a service answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub text: String,
    /// When it was sent, by the service's own clock.
    pub date: Option<String>,
}

/// Why no answer came.
#[derive(Debug, thiserror::Error)]
#[error("no answer")]
struct NoAnswer;

/// How often a call is signed whose time the service does not believe.
const TRIES: usize = 3;

/// Sends a call. An answer that is an error is an answer.
pub async fn send(config: &SdkConfig, call: &Call<'_>) -> Result<Answer, CallError> {
    let host = match call.region {
        Some(region) => format!("https://{}.{region}.amazonaws.com", call.service),
        None => format!("https://{}.amazonaws.com", call.service),
    };
    // An emulator on this machine is all services at one address.
    let endpoint = config.endpoint_url().map_or(host, |url| url.trim_end_matches('/').to_owned());
    let transport = config.http_client().ok_or_else(|| CallError::Unmade("there is no HTTP client".to_owned()))?;
    let mut tries = 0;
    loop {
        tries += 1;
        let prepared = signed(config, call, &endpoint).await.map_err(|why| CallError::Unmade(why.to_string()))?;
        let answer = exchange(&transport, &endpoint, prepared).await?;
        // The clock was set after the call had been signed.
        if tries == TRIES || answer.status != 403 || !answer.text.contains("RequestTimeTooSkewed") {
            return Ok(answer);
        }
    }
}

/// Asks for a page without any signature. An answer that is an error is an answer.
pub async fn get(transport: &SharedHttpClient, origin: &str, path: &str) -> Result<Answer, CallError> {
    let headers = vec![("accept".to_owned(), "text/html".to_owned())];
    let request = Prepared { method: "GET".to_owned(), path: path.to_owned(), headers, body: String::new() };
    exchange(transport, origin, request).await
}

async fn exchange(transport: &SharedHttpClient, endpoint: &str, request: Prepared) -> Result<Answer, CallError> {
    let operation = Operation::builder()
        .service_name("Heirloom")
        .operation_name("Call")
        .endpoint_url(endpoint)
        .no_auth()
        .http_client(transport.clone())
        .sleep_impl(default_async_sleep().ok_or_else(|| CallError::Unmade("there is no clock".to_owned()))?)
        .standard_retry(&RetryConfig::standard())
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(Duration::from_secs(5))
                .operation_timeout(Duration::from_secs(30))
                .build(),
        )
        .serializer(|request: Prepared| request.into_request().map_err(Into::into))
        .deserializer::<Answer, NoAnswer>(|response| {
            let text = String::from_utf8_lossy(response.body().bytes().unwrap_or_default()).into_owned();
            let date = response.headers().get("date").map(str::to_owned);
            Ok::<_, OrchestratorError<NoAnswer>>(Answer { status: response.status().as_u16(), text, date })
        })
        .build();
    operation
        .invoke(request)
        .await
        .map_err(|error| CallError::Unreached(endpoint.to_owned(), DisplayErrorContext(&error).to_string()))
}

/// A request with everything on it.
#[derive(Clone, Debug)]
struct Prepared {
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl Prepared {
    fn into_request(self) -> Result<HttpRequest, aws_smithy_runtime_api::http::HttpError> {
        let mut request = HttpRequest::new(SdkBody::from(self.body));
        request.set_method(&self.method)?;
        request.set_uri(self.path)?;
        for (name, value) in self.headers {
            request.headers_mut().try_insert(name, value)?;
        }
        Ok(request)
    }
}

async fn signed(config: &SdkConfig, call: &Call<'_>, endpoint: &str) -> Result<Prepared, BoxError> {
    let provider = config.credentials_provider().ok_or("there are no credentials for AWS")?;
    let identity = provider.provide_credentials().await?.into();
    let mut settings = SigningSettings::default();
    // The S3 server on this machine wants it, others do not mind.
    settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(call.region.unwrap_or("us-east-1"))
        .name(call.service)
        .time(SystemTime::now())
        .settings(settings)
        .build()?
        .into();
    let url = format!("{endpoint}{}", call.path);
    let signable = SignableRequest::new(
        call.method,
        &url,
        call.headers.iter().copied(),
        SignableBody::Bytes(call.body.as_bytes()),
    )?;
    let (instructions, _) = sign(signable, &parameters)?.into_parts();
    let own = call.headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let added = instructions.headers().map(|(name, value)| (name.to_owned(), value.to_owned()));
    Ok(Prepared {
        method: call.method.to_owned(),
        headers: own.chain(added).collect(),
        body: call.body.clone(),
        path: call.path.to_owned(),
    })
}
