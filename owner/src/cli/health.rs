//! The commands about how the gallery is, making it whole, and bringing it onto AWS.

use std::path::PathBuf;

use clap::Args;
use gallery::FolderPath;

use super::Data;

/// `heirloom status`
#[derive(Clone, Debug, Args)]
pub struct Status {
    /// Tell it as one JSON object
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    /// Which gallery
    pub data: Data,
}

/// `heirloom doctor`
#[derive(Clone, Debug, Args)]
pub struct Doctor {
    /// Tell the findings as one JSON object
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    /// Which gallery
    pub data: Data,
}

/// `heirloom deploy`
#[derive(Clone, Debug, Args)]
pub struct Deploy {
    /// Show what would change, and change nothing
    #[arg(long)]
    pub dry_run: bool,

    /// Take the gallery away. What lies in its buckets stays: originals, viewers, pages
    #[arg(long, conflicts_with = "dry_run")]
    pub destroy: bool,

    /// The checkout to build from. The one that the current folder lies in otherwise
    #[arg(long, value_name = "FOLDER")]
    pub checkout: Option<PathBuf>,

    /// Tell the outcome as one JSON object; what the tools say goes to standard error
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    /// Which gallery
    pub data: Data,
}

/// `heirloom retry`
#[derive(Clone, Debug, Args)]
pub struct Retry {
    /// Tell the outcome as one JSON object
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    /// Which gallery
    pub data: Data,
}

/// `heirloom rebuild`
#[derive(Clone, Debug, Args)]
pub struct Rebuild {
    /// Make every photo's pictures again, even those that are right
    #[arg(long)]
    pub renditions: bool,

    /// This album alone, with the albums in it. Everything otherwise
    #[arg(value_name = "COLLECTION/ALBUM", value_parser = FolderPath::parse)]
    pub album: Option<FolderPath>,

    /// Everything, which is also what happens when no album is named
    #[arg(long, conflicts_with = "album")]
    pub all: bool,

    /// Tell the outcome as one JSON object
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    /// Which gallery
    pub data: Data,
}
