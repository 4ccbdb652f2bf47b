//! The command that sends photos.

use std::path::PathBuf;

use clap::Args;
use gallery::FolderPath;

use super::Data;
use crate::upload::find::AlbumBy;
use crate::upload::pace::rate;

/// `heirloom upload`
#[derive(Clone, Debug, Args)]
pub struct Upload {
    /// Folders, or files with `--to`
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,

    /// Where they belong. Without it each folder in PATH is a collection
    #[arg(long, value_name = "COLLECTION/ALBUM", value_parser = FolderPath::parse)]
    pub to: Option<FolderPath>,

    /// Put the photos of each folder into albums by the day or month in which they were taken
    #[arg(long, value_name = "TIME")]
    pub album_by: Option<AlbumBy>,

    /// Remove from the gallery what is no longer in PATH. `metadata.yml` files stay, and so does everything where a folder
    /// holds no photo at all
    #[arg(long)]
    pub delete: bool,

    /// Say what would be done, and do nothing
    #[arg(long)]
    pub dry_run: bool,

    /// Bytes a second at most: `500k`, `2M`
    #[arg(long, value_name = "RATE", value_parser = rate)]
    pub limit: Option<u64>,

    /// How many files, or parts of large ones, are on their way at once
    #[arg(long, default_value_t = 8, value_name = "COUNT")]
    pub parallel: usize,

    /// Tell the outcome as one JSON object
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    /// Which gallery
    pub data: Data,
}
