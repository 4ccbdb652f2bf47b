//! Reaching a gallery's buckets: on AWS, or on this machine, whether it runs or not.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_s3::config::SharedHttpClient;
use builder::GalleryRecord;
use gallery::store::{BucketNames, Endpoint};
use gallery::{Key, Store};
use local::events::notification::REGION;
use local::machine::{Resting, Running, Settings, StartError};
use local::s3::{FolderError, IN_PROCESS};
use login::Config;

use crate::amazon::Amazon;
use crate::cli::{Data, Place};
use crate::queues::Queues;

/// The buckets of a gallery: opened here, or through the S3 server of the process that has them open.
pub(crate) enum Reached {
    /// Nobody else has them open.
    Resting(Resting),
    /// A running gallery has.
    Running {
        /// Through its S3 server.
        store: Store,
        /// Which is here.
        endpoint: Endpoint,
        /// The gallery's address.
        origin: String,
    },
    /// It is on AWS. Boxed: what it says of itself is long.
    Amazon(Box<Amazon>),
}

impl Reached {
    /// Reaches the gallery that a command is about.
    pub(crate) async fn in_folder(data: &Data) -> Result<Self> {
        match data.place()? {
            Place::Folder(folder) => Self::on_this_machine(&folder).await,
            Place::Amazon { settings } => {
                Ok(Self::Amazon(Box::new(Box::pin(Amazon::find(data, settings.as_deref())).await?)))
            }
        }
    }

    async fn on_this_machine(folder: &Path) -> Result<Self> {
        let settings = Settings::new(folder);
        match Resting::open(&settings).await {
            Ok(resting) => Ok(Self::Resting(resting)),
            Err(StartError::Folder(FolderError::InUse { .. })) => {
                let Some(running) = Running::on(folder) else {
                    bail!("another command is using `{}` at this moment: try again", folder.display());
                };
                let keys = settings.credentials()?;
                let endpoint = Endpoint {
                    url: format!("http://{}", running.s3),
                    access_key: keys.access_key,
                    secret_key: keys.secret_key,
                };
                let store = Store::new(gallery::store::at(&endpoint), BucketNames::plain());
                Ok(Self::Running { store, endpoint, origin: running.origin() })
            }
            Err(error) => Err(error).context("cannot open the gallery"),
        }
    }

    /// The buckets.
    pub(crate) fn store(&self) -> &Store {
        match self {
            Self::Resting(resting) => resting.store(),
            Self::Running { store, .. } => store,
            Self::Amazon(amazon) => amazon.store(),
        }
    }

    /// What it is called: on its pages, at its door, on cards.
    pub(crate) async fn title(&self) -> Result<String> {
        let record = self.store().read_json::<GalleryRecord>(&Key::GalleryCatalogue).await?;
        let of_record = record.filter(|(record, _)| {
            let values = &record.settings.values;
            values.title.is_some() || values.called.is_some()
        });
        if let Some((record, _)) = of_record {
            return Ok(record.settings.values.title().to_owned());
        }
        let of_settings = self.amazon().and_then(Amazon::title);
        Ok(of_settings.unwrap_or_else(|| builder::Settings::default().title().to_owned()))
    }

    /// How long its sessions live at most.
    pub(crate) fn session_lifetime(&self) -> Duration {
        // `serve` sets no other than the usual.
        self.amazon().map_or(Config::LIFETIME, Amazon::session_lifetime)
    }

    /// Whether it is on this machine and does not run.
    pub(crate) fn rests(&self) -> bool {
        matches!(self, Self::Resting(_))
    }

    /// Its queues.
    pub(crate) fn queues(&self) -> Queues {
        let here = |url: &str, access_key: &str, secret_key: &str, transport: SharedHttpClient| {
            let keys = Credentials::new(access_key, secret_key, None, None, "heirloom");
            let config = SdkConfig::builder()
                .behavior_version(BehaviorVersion::latest())
                .endpoint_url(url)
                .credentials_provider(SharedCredentialsProvider::new(keys))
                .http_client(transport)
                .build();
            Queues::new(config, "s3", REGION, String::new())
        };
        match self {
            Self::Resting(resting) => {
                let (transport, keys) = resting.transport();
                here(IN_PROCESS, &keys.access_key, &keys.secret_key, SharedHttpClient::new(transport))
            }
            Self::Running { endpoint, .. } => {
                let transport = aws_smithy_http_client::Builder::new().build_http();
                here(&endpoint.url, &endpoint.access_key, &endpoint.secret_key, transport)
            }
            Self::Amazon(amazon) => amazon.queues(),
        }
    }

    /// The gallery's address: on this machine, while it runs.
    pub(crate) fn origin(&self) -> Option<String> {
        match self {
            Self::Resting(_) => None,
            Self::Running { origin, .. } => Some(origin.clone()),
            Self::Amazon(amazon) => amazon.address(),
        }
    }

    /// The gallery on AWS, when it is there.
    pub(crate) fn amazon(&self) -> Option<&Amazon> {
        match self {
            Self::Amazon(amazon) => Some(amazon),
            Self::Resting(_) | Self::Running { .. } => None,
        }
    }

    /// Asks CloudFront to forget what it keeps of these paths, as a browser asks for them; `*` at the end stands for
    /// everything that follows. Tells the invalidation's id, or `None` on this machine, where nothing is kept.
    pub(crate) async fn invalidate(&self, paths: &[String]) -> Result<Option<String>> {
        match self.amazon() {
            Some(amazon) if !paths.is_empty() => Ok(Some(Box::pin(amazon.forget(paths)).await?)),
            _ => Ok(None),
        }
    }

    /// Lets go of them.
    pub(crate) async fn close(self) {
        if let Self::Resting(resting) = self {
            resting.close().await;
        }
    }
}
