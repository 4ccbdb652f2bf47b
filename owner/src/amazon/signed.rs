//! Calls to AWS that are few and small: signed by AWS's own library, sent by the runtime of its SDK.
//!
//! The SDK's crates for CloudFormation and CloudFront are each larger than the one for S3, for one call each of ours.

use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, anyhow, bail};
use aws_config::SdkConfig;
use aws_credential_types::provider::ProvideCredentials;
use aws_sdk_s3::config::SharedHttpClient;
use aws_sigv4::http_request::{PayloadChecksumKind, SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_async::rt::sleep::default_async_sleep;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, OrchestratorError};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;

/// A call before it is signed.
#[derive(Clone, Debug)]
pub(crate) struct Call<'a> {
    /// The service as signatures and host names have it: `sqs`.
    pub(crate) service: &'a str,
    /// The region; `None` for services of the whole world, which sign as us-east-1.
    pub(crate) region: Option<&'a str>,
    /// `GET` or `POST`.
    pub(crate) method: &'a str,
    /// The path, which begins with a slash.
    pub(crate) path: &'a str,
    /// Headers beside those of the signature.
    pub(crate) headers: &'a [(&'a str, &'a str)],
    /// The body.
    pub(crate) body: String,
}

/// What a service answered.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The body.
    pub(crate) text: String,
    /// When it was sent, by the service's own clock.
    pub(crate) date: Option<String>,
}

/// Why no answer came.
#[derive(Debug, thiserror::Error)]
#[error("no answer")]
struct NoAnswer;

/// How often a call is signed whose time the service does not believe.
const TRIES: usize = 3;

/// Sends a call. An answer that is an error is an answer.
pub(crate) async fn send(config: &SdkConfig, call: &Call<'_>) -> Result<Answer> {
    let host = match call.region {
        Some(region) => format!("https://{}.{region}.amazonaws.com", call.service),
        None => format!("https://{}.amazonaws.com", call.service),
    };
    // An emulator on this machine is all services at one address.
    let endpoint = config.endpoint_url().map_or(host, |url| url.trim_end_matches('/').to_owned());
    let transport = config.http_client().context("there is no HTTP client")?;
    let mut tries = 0;
    loop {
        tries += 1;
        let answer = exchange(&transport, &endpoint, signed(config, call, &endpoint).await?).await?;
        // The clock was set after the call had been signed.
        if tries == TRIES || answer.status != 403 || !answer.text.contains("RequestTimeTooSkewed") {
            return Ok(answer);
        }
    }
}

/// Asks for a page without any signature. An answer that is an error is an answer.
pub(crate) async fn get(transport: &SharedHttpClient, origin: &str, path: &str) -> Result<Answer> {
    let headers = vec![("accept".to_owned(), "text/html".to_owned())];
    let request = Prepared { method: "GET".to_owned(), path: path.to_owned(), headers, body: String::new() };
    exchange(transport, origin, request).await
}

async fn exchange(transport: &SharedHttpClient, endpoint: &str, request: Prepared) -> Result<Answer> {
    let operation = Operation::builder()
        .service_name("Heirloom")
        .operation_name("Call")
        .endpoint_url(endpoint)
        .no_auth()
        .http_client(transport.clone())
        .sleep_impl(default_async_sleep().context("there is no clock")?)
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
    operation.invoke(request).await.map_err(|error| {
        let cause = aws_sdk_s3::error::DisplayErrorContext(&error).to_string();
        anyhow!("cannot reach {endpoint}: {cause}")
    })
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

async fn signed(config: &SdkConfig, call: &Call<'_>, endpoint: &str) -> Result<Prepared> {
    let provider = config.credentials_provider().context("there are no credentials for AWS")?;
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

impl Answer {
    /// The text of a good answer; AWS's sentence as an error otherwise.
    pub(crate) fn good(self, what: &str) -> Result<String> {
        if (200..300).contains(&self.status) {
            return Ok(self.text);
        }
        bail!("{what}: {}", self.sentence())
    }

    /// The code of an error, such as `AccessDenied`, whichever way the service writes it.
    pub(crate) fn code(&self) -> Option<String> {
        if let Ok(json) = serde_json::from_str::<serde_json::Value>(&self.text) {
            let code = json.get("__type")?.as_str()?;
            return code.rsplit('#').next().map(str::to_owned);
        }
        xml_text(&self.text, "Code")
    }

    /// What AWS says is wrong.
    pub(crate) fn sentence(&self) -> String {
        let message = match serde_json::from_str::<serde_json::Value>(&self.text) {
            Ok(json) => ["message", "Message"].iter().find_map(|name| json.get(name)?.as_str().map(str::to_owned)),
            Err(_) => xml_text(&self.text, "Message"),
        };
        match (self.code(), message) {
            (Some(code), Some(message)) => format!("{message} ({code})"),
            (Some(only), None) | (None, Some(only)) => only,
            (None, None) => format!("status {}", self.status),
        }
    }
}

/// The text of the first element of this name.
pub(crate) fn xml_text(text: &str, element: &str) -> Option<String> {
    let document = roxmltree::Document::parse(text).ok()?;
    let node = document.descendants().find(|node| node.tag_name().name() == element)?;
    node.text().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_both_kinds_are_told() {
        let xml = "<ErrorResponse xmlns=\"x\"><Error><Code>ValidationError</Code><Message>Stack with id a does not \
                   exist</Message></Error></ErrorResponse>";
        let answer = Answer { status: 400, text: xml.to_owned(), date: None };
        assert_eq!(answer.code().as_deref(), Some("ValidationError"));
        assert_eq!(answer.sentence(), "Stack with id a does not exist (ValidationError)");
        let json = r#"{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"no such queue"}"#;
        let answer = Answer { status: 400, text: json.to_owned(), date: None };
        assert_eq!(answer.sentence(), "no such queue (QueueDoesNotExist)");
        let error = Answer { status: 502, text: "<html>".to_owned(), date: None }.good("cannot do it").unwrap_err();
        assert_eq!(error.to_string(), "cannot do it: status 502");
    }
}
