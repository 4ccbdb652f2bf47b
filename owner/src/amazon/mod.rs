//! A gallery on AWS: which one it is, its buckets, its queues, what CloudFront keeps of it.
//!
//! The names of its parts are read from the outputs of its stack. Where there is no stack, or whoever asks may not read
//! it, they follow from the gallery's name, the account and the region, as they do in the deploy (`cdk/storage/`).

mod cache;
mod certificate;
mod settings;
pub(crate) mod signed;
mod stack;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use aws_config::{Region, SdkConfig};
use aws_credential_types::provider::ProvideCredentials;
use aws_sdk_s3::config::SharedHttpClient;
use gallery::Store;
use gallery::store::{BucketNames, client_of, https, surroundings, surroundings_as};
use jiff::Timestamp;

use crate::cli::Data;
use crate::queues::Queues;
pub(crate) use settings::Settings;
use signed::{Call, send, xml_text};
use stack::{Outputs, Stack, describe};

/// A gallery on AWS.
pub(crate) struct Amazon {
    config: SdkConfig,
    region: String,
    name: String,
    settings: Option<Settings>,
    file: Option<PathBuf>,
    status: Option<String>,
    outputs: Outputs,
    store: Store,
}

impl Amazon {
    /// Finds the gallery that is meant.
    pub(crate) async fn find(data: &Data, file: Option<&Path>) -> Result<Self> {
        let settings = file.map(Settings::read).transpose()?;
        let config = configuration(data, settings.as_ref()).await?;
        let region = config.region().map(ToString::to_string).context(
            "no region is known: say it with `--region`, or name the gallery's heirloom.toml with `--config`",
        )?;
        let usual = || settings.as_ref().map_or_else(|| "heirloom-gallery".to_owned(), Settings::stack);
        let stack = data.stack.clone().unwrap_or_else(usual);
        let name = stack.strip_suffix("-gallery").unwrap_or(&stack).to_owned();
        let (status, outputs, names) = match describe(&config, &region, &stack).await? {
            Stack::Says { status, outputs } => {
                let names = named(&outputs).with_context(|| {
                    format!("the stack `{stack}` in {region} is no gallery: name yours with `--stack`")
                })?;
                (Some(status), outputs, names)
            }
            seen => (None, Outputs::new(), left(&config, &name, &region, &seen).await?),
        };
        let store = Store::new(client_of(&config), names);
        let file = file.map(Path::to_owned);
        Ok(Self { config, region, name, settings, file, status, outputs, store })
    }

    /// The buckets.
    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// Where people reach it. Unknown where its stack is gone or cannot be read, and no domain of its own is set.
    pub(crate) fn address(&self) -> Option<String> {
        let domain = || Some(format!("https://{}", self.settings.as_ref()?.domain.as_ref()?));
        self.outputs.get("Address").cloned().or_else(domain)
    }

    /// The host name of its own, as `heirloom.toml` says.
    pub(crate) fn domain(&self) -> Option<&str> {
        self.settings.as_ref()?.domain.as_deref()
    }

    /// What it is called, as `heirloom.toml` says.
    pub(crate) fn title(&self) -> Option<String> {
        self.settings.as_ref()?.title.clone()
    }

    /// US dollars a month from which on the owner is told, as `heirloom.toml` says.
    pub(crate) fn budget(&self) -> Option<f64> {
        self.settings.as_ref().map(|settings| settings.monthly_budget)
    }

    /// How long its sessions live at most, as `heirloom.toml` says; as long as that could say, where it is not at hand.
    pub(crate) fn session_lifetime(&self) -> Duration {
        self.settings.as_ref().map_or(settings::LONGEST_SESSION, Settings::session_lifetime)
    }

    /// Its queues.
    pub(crate) fn queues(&self) -> Queues {
        Queues::new(self.config.clone(), "sqs", &self.region, format!("{}-", self.name))
    }

    /// The state of its stack; `None` where there is none to be seen.
    pub(crate) fn stack_status(&self) -> Option<&str> {
        self.status.as_deref()
    }

    /// What a domain of its own is to point to.
    pub(crate) fn distribution_domain(&self) -> Option<&str> {
        self.outputs.get("DistributionDomain").map(String::as_str)
    }

    /// The `heirloom.toml` that tells of it.
    pub(crate) fn settings_file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// The way to the web.
    pub(crate) fn transport(&self) -> SharedHttpClient {
        self.config.http_client().unwrap_or_else(https)
    }

    /// What time it is, by AWS's clock.
    pub(crate) async fn time(&self) -> Result<Timestamp> {
        let answer = send(&self.config, &identity(&self.region)).await?;
        let date = answer.date.context("the answer has no date")?;
        Ok(jiff::fmt::rfc2822::parse(&date)?.timestamp())
    }

    /// What stacks, buckets and functions are called; also whom its tokens are for.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Where its buckets and functions are.
    pub(crate) fn region(&self) -> &str {
        &self.region
    }
}

/// The surroundings' settings for AWS, with what was said put before them.
async fn configuration(data: &Data, settings: Option<&Settings>) -> Result<SdkConfig> {
    let mut loader = data.profile.as_deref().map_or_else(surroundings, surroundings_as);
    if let Some(region) = data.region.clone().or_else(|| Some(settings?.region.clone())) {
        loader = loader.region(Region::new(region));
    }
    let config = loader.load().await;
    let provider = config.credentials_provider().context("there are no credentials for AWS")?;
    if let Err(error) = provider.provide_credentials().await {
        let whose = data.profile.as_ref().map(|name| format!(" in the profile `{name}`")).unwrap_or_default();
        let why = std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
        bail!(
            "there are no credentials for AWS{whose} ({why}): sign in with `aws sso login`, name a profile with \
             `--profile`, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        );
    }
    Ok(config)
}

/// The buckets that a stack names.
fn named(outputs: &Outputs) -> Option<BucketNames> {
    let output = |name: &str| outputs.get(name).cloned();
    Some(BucketNames {
        source: output("SourceBucket")?,
        resized: output("ResizedBucket")?,
        web: output("WebBucket")?,
        auth: output("AuthBucket")?,
    })
}

/// The buckets of a gallery whose stack says nothing: they are still there when it was destroyed.
async fn left(config: &SdkConfig, name: &str, region: &str, seen: &Stack) -> Result<BucketNames> {
    let account = account(config, region).await?;
    let bucket = |what: &str| format!("{name}-{what}-{account}-{region}");
    let names =
        BucketNames { source: bucket("source"), resized: bucket("resized"), web: bucket("web"), auth: bucket("auth") };
    let found = client_of(config).head_bucket().bucket(&names.source).send().await;
    let status = found.as_ref().err().and_then(|error| error.raw_response()).map(|answer| answer.status().as_u16());
    match (found, status, seen) {
        (Ok(_), ..) => Ok(names),
        (_, Some(404), Stack::Denied(why)) => bail!(
            "there may be a gallery `{name}` in {region} of the account {account}, but these credentials may not look: {why}"
        ),
        (_, Some(404), _) => bail!(
            "there is no gallery `{name}` in {region} of the account {account}: deploy one with `heirloom deploy`, or \
             name yours with `--config`, `--stack`, `--region` or `--profile`"
        ),
        (_, Some(403), _) => {
            bail!("these credentials of the account {account} may not use the bucket `{}`", names.source)
        }
        (Err(error), ..) => Err(error).with_context(|| format!("cannot look for the bucket `{}`", names.source)),
    }
}

/// The question whose credentials these are.
fn identity(region: &str) -> Call<'_> {
    Call {
        service: "sts",
        region: Some(region),
        method: "POST",
        path: "/",
        headers: &[("content-type", "application/x-www-form-urlencoded")],
        body: "Action=GetCallerIdentity&Version=2011-06-15".to_owned(),
    }
}

/// The number of the account that the credentials are for.
async fn account(config: &SdkConfig, region: &str) -> Result<String> {
    let answer = send(config, &identity(region)).await?.good("AWS does not accept these credentials")?;
    xml_text(&answer, "Account").context("AWS does not say whose credentials these are")
}
