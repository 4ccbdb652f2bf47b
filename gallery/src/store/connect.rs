//! How a client reaches S3, and how long it waits there.

use std::time::Duration;

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::{ConfigLoader, SdkConfig};
use aws_sdk_s3::Client;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region, SharedHttpClient};
use aws_smithy_http_client::tls;

use super::clock::ClockWasSet;
use crate::keys::Bucket;

/// How long one try waits for a connection: the SDK's own.
const CONNECTION: Duration = Duration::from_millis(3100);

/// How long a function waits for the beginning of an answer, with each try anew. What functions send is small, and S3
/// answers in a fraction of that (AWS, "Performance guidelines for Amazon S3": a try that takes longer than a few seconds is
/// better made again). Login has ten seconds for everything.
const ANSWER: Duration = Duration::from_secs(4);

/// The same for the owner's commands, whose line may be slow, and which have S3 copy files of any size.
const ANSWER_TO_OWNER: Duration = Duration::from_mins(2);

/// How long is waited for a server that accepts and says nothing; the SDK waits for ever. A body that comes to a stop is
/// the SDK's own concern ("stalled stream protection").
fn patience(answer: Duration) -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(CONNECTION).read_timeout(answer).build()
}

/// For requests whose bodies may take any time on a slow line: the time until the answer counts them as well.
pub fn unhurried() -> aws_sdk_s3::config::Builder {
    let timeouts = TimeoutConfig::builder().connect_timeout(CONNECTION).disable_read_timeout().build();
    aws_sdk_s3::config::Builder::new().timeout_config(timeouts)
}

/// The names of the four buckets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketNames {
    /// [`Bucket::Source`].
    pub source: String,
    /// [`Bucket::Resized`].
    pub resized: String,
    /// [`Bucket::Web`].
    pub web: String,
    /// [`Bucket::Auth`].
    pub auth: String,
}

/// A setting that a function was deployed without.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the environment variable {0} is not set: it holds the name of a bucket")]
pub struct MissingBucketName(pub &'static str);

impl BucketNames {
    /// The names on one machine.
    pub fn plain() -> Self {
        let name = str::to_owned;
        Self { source: name("source"), resized: name("resized"), web: name("web"), auth: name("auth") }
    }

    /// The names that a deployment gives in `HEIRLOOM_…_BUCKET`. A function is told of the buckets that it may use
    /// and no others; the rest get names that no bucket can have.
    pub fn from_settings(
        setting: impl Fn(&str) -> Option<String>,
        needed: &[Bucket],
    ) -> Result<Self, MissingBucketName> {
        let name = |bucket| {
            let variable = variable(bucket);
            match setting(variable) {
                Some(name) => Ok(name),
                None if needed.contains(&bucket) => Err(MissingBucketName(variable)),
                None => Ok("-".to_owned()),
            }
        };
        Ok(Self {
            source: name(Bucket::Source)?,
            resized: name(Bucket::Resized)?,
            web: name(Bucket::Web)?,
            auth: name(Bucket::Auth)?,
        })
    }

    /// One bucket's name.
    pub fn name(&self, bucket: Bucket) -> &str {
        match bucket {
            Bucket::Source => &self.source,
            Bucket::Resized => &self.resized,
            Bucket::Web => &self.web,
            Bucket::Auth => &self.auth,
        }
    }
}

fn variable(bucket: Bucket) -> &'static str {
    match bucket {
        Bucket::Source => "HEIRLOOM_SOURCE_BUCKET",
        Bucket::Resized => "HEIRLOOM_RESIZED_BUCKET",
        Bucket::Web => "HEIRLOOM_WEB_BUCKET",
        Bucket::Auth => "HEIRLOOM_AUTH_BUCKET",
    }
}

/// A client for Amazon, with the region and credentials of the surroundings.
pub async fn amazon() -> Client {
    Client::new(&surroundings().timeout_config(patience(ANSWER)).load().await)
}

/// The region and credentials of the surroundings, before they are looked up: for what may be said instead.
pub fn surroundings() -> ConfigLoader {
    aws_config::defaults(BehaviorVersion::latest()).http_client(https()).timeout_config(patience(ANSWER_TO_OWNER))
}

/// The same, with the region and credentials of one profile. Keys in the environment, which go before every profile
/// otherwise, do not go before one that was named.
pub fn surroundings_as(profile: &str) -> ConfigLoader {
    let reach = ProviderConfig::default().with_http_client(https());
    let credentials = ProfileFileCredentialsProvider::builder().configure(&reach).profile_name(profile).build();
    surroundings().profile_name(profile).credentials_provider(credentials)
}

/// The transport to Amazon and the rest of the web.
pub fn https() -> SharedHttpClient {
    let ring = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring);
    aws_smithy_http_client::Builder::new().tls_provider(ring).build_https()
}

/// A client for where such settings lead. An emulator on this machine (`AWS_ENDPOINT_URL`) has no host names for its
/// buckets.
pub fn client_of(config: &SdkConfig) -> Client {
    let builder = aws_sdk_s3::config::Builder::from(config).force_path_style(config.endpoint_url().is_some());
    Client::from_conf(builder.build())
}

/// An S3 server that is not Amazon's, reached over plain HTTP on this machine.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// `http://127.0.0.1:9000`
    pub url: String,
    /// The access key's id.
    pub access_key: String,
    /// The secret key.
    pub secret_key: String,
}

impl Endpoint {
    /// The server that `HEIRLOOM_S3_ENDPOINT`, `HEIRLOOM_S3_ACCESS_KEY` and `HEIRLOOM_S3_SECRET_KEY` name; `None` unless
    /// all three are set.
    pub fn from_settings(setting: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let setting = |name| setting(name).filter(|value| !value.is_empty());
        Some(Self {
            url: setting("HEIRLOOM_S3_ENDPOINT")?,
            access_key: setting("HEIRLOOM_S3_ACCESS_KEY")?,
            secret_key: setting("HEIRLOOM_S3_SECRET_KEY")?,
        })
    }
}

/// A client for such a server.
pub fn at(endpoint: &Endpoint) -> Client {
    let credentials = Credentials::new(&endpoint.access_key, &endpoint.secret_key, None, None, "heirloom");
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(&endpoint.url)
        .credentials_provider(credentials)
        .force_path_style(true)
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .timeout_config(patience(ANSWER_TO_OWNER))
        .retry_classifier(ClockWasSet)
        .build();
    Client::from_conf(config)
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::config::retry::RetryConfig;

    use super::*;
    use crate::{Key, Store};

    /// A server that accepts and never answers.
    #[tokio::test]
    async fn silence_ends_in_an_error_that_names_the_object() {
        let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", silent.local_addr().unwrap());
        let listening = tokio::spawn(async move {
            let mut open = Vec::new();
            while let Ok((stream, _)) = silent.accept().await {
                open.push(stream);
            }
        });
        let client = at(&Endpoint { url, access_key: "a".to_owned(), secret_key: "b".to_owned() });
        let usual = client.config().timeout_config().and_then(TimeoutConfig::read_timeout);
        assert_eq!(usual, Some(ANSWER_TO_OWNER));
        let tries = RetryConfig::standard().with_initial_backoff(Duration::from_millis(1));
        let hasty =
            client.config().to_builder().timeout_config(patience(Duration::from_millis(40))).retry_config(tries);
        let store = Store::new(Client::from_conf(hasty.build()), BucketNames::plain());
        let error = store.read(&Key::Settings).await.unwrap_err().to_string();
        assert!(error.contains("source/gallery.yml") && error.contains("timeout"), "{error}");
        listening.abort();
    }

    #[test]
    fn a_missing_name_is_told_only_when_needed() {
        let setting = |name: &str| (name == "HEIRLOOM_AUTH_BUCKET").then(|| "mine".to_owned());
        assert_eq!(BucketNames::from_settings(setting, &[Bucket::Auth]).unwrap().auth, "mine");
        let error = BucketNames::from_settings(setting, &[Bucket::Web]).unwrap_err();
        assert!(error.to_string().contains("HEIRLOOM_WEB_BUCKET"));
    }
}
