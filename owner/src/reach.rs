//! Reaching a gallery's buckets, whether it runs or not.

use anyhow::{Context, Result, bail};
use gallery::Store;
use gallery::store::{BucketNames, Endpoint};
use local::machine::{Resting, Running, Settings, StartError};
use local::s3::FolderError;

use crate::cli::Data;

/// The buckets of a gallery: opened here, or through the S3 server of the process that has them open.
pub(crate) enum Reached {
    /// Nobody else has them open.
    Resting(Resting),
    /// A running gallery has.
    Running {
        /// Through its S3 server.
        store: Store,
        /// The gallery's address.
        origin: String,
    },
}

impl Reached {
    /// Reaches the gallery in a data folder.
    pub(crate) async fn in_folder(data: &Data) -> Result<Self> {
        let settings = Settings::new(&data.data);
        match Resting::open(&settings).await {
            Ok(resting) => Ok(Self::Resting(resting)),
            Err(StartError::Folder(FolderError::InUse { .. })) => {
                let Some(running) = Running::on(&data.data) else {
                    bail!("another command is using `{}` at this moment: try again", data.data.display());
                };
                let keys = settings.credentials()?;
                let endpoint = Endpoint {
                    url: format!("http://{}", running.s3),
                    access_key: keys.access_key,
                    secret_key: keys.secret_key,
                };
                let store = Store::new(gallery::store::at(&endpoint), BucketNames::plain());
                Ok(Self::Running { store, origin: running.origin() })
            }
            Err(error) => Err(error).context("cannot open the gallery"),
        }
    }

    /// The buckets.
    pub(crate) fn store(&self) -> &Store {
        match self {
            Self::Resting(resting) => resting.store(),
            Self::Running { store, .. } => store,
        }
    }

    /// The gallery's address, while it runs.
    pub(crate) fn origin(&self) -> Option<&str> {
        match self {
            Self::Resting(_) => None,
            Self::Running { origin, .. } => Some(origin),
        }
    }

    /// Lets go of them.
    pub(crate) async fn close(self) {
        if let Self::Resting(resting) = self {
            resting.close().await;
        }
    }
}
