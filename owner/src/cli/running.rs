//! The commands that run a gallery on this machine.

use std::path::PathBuf;

use clap::Args;

use super::{MailFile, USUAL_FOLDER};

/// Where the gallery listens. Always on this machine alone (127.0.0.1)
#[derive(Clone, Debug, Args)]
pub struct Ports {
    /// The port of the gallery; 0 takes any free one
    #[arg(long, env = "HEIRLOOM_PORT", default_value_t = 8080)]
    pub port: u16,

    /// The port of the S3 server; 0 takes any free one
    #[arg(long, env = "HEIRLOOM_S3_PORT", default_value_t = 9000)]
    pub s3_port: u16,
}

/// `heirloom serve`
#[derive(Clone, Debug, Args)]
pub struct Serve {
    /// The folder that holds everything: originals, pages, viewers, keys
    #[arg(long, env = "HEIRLOOM_DATA", default_value = USUAL_FOLDER, value_name = "FOLDER")]
    pub data: PathBuf,

    #[command(flatten)]
    /// The ports
    pub ports: Ports,

    /// What the gallery is called, on its pages and at its door, as long as its `gallery.yml` says no other title
    #[arg(long, env = "HEIRLOOM_TITLE", default_value = "Heirloom")]
    pub title: String,

    /// Tell the address and where the keys are as one JSON object
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    /// How viewers are written to
    pub mail: MailFile,

    /// Speak https, with a certificate made for this machine; the browser asks once whether to trust it
    ///
    /// Safari needs it: it keeps secure cookies on no plain http address, not even on this machine.
    #[arg(long)]
    pub tls: bool,

    /// Believe a reverse proxy on this machine about who asks (X-Forwarded-For): tries to sign in are counted by that
    #[arg(long)]
    pub trust_proxy: bool,

    /// Bear more or less from clients, for example stall=120; may be given several times
    ///
    /// The limits and their usual values are told in the owner's guide, on the page `Limits`.
    #[arg(long = "limit", value_name = "NAME=NUMBER")]
    pub limits: Vec<local::Limit>,
}

/// `heirloom demo`
#[derive(Clone, Debug, Args)]
pub struct Demo {
    #[command(flatten)]
    /// What `serve` takes
    pub serve: Serve,

    /// A folder of photos to show instead of the drawn ones. Each folder in it becomes a collection
    #[arg(long, value_name = "FOLDER")]
    pub photos: Option<PathBuf>,
}
