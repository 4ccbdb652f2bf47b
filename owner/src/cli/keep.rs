//! The commands that keep what the family has: copies, and proofs that all is there.

use std::path::PathBuf;

use clap::Args;

use super::Data;

/// `heirloom backup`
#[derive(Clone, Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "a command has many switches")]
pub struct Backup {
    /// Where the copy is, or will be: a folder on another disk
    #[arg(value_name = "FOLDER")]
    pub folder: PathBuf,

    /// Keep nothing of what is no longer in the gallery. Without it, what was deleted or replaced stays in `earlier`
    ///
    /// It is removed last, when everything else is in the copy. A gallery that has lost more than half of the originals in
    /// the copy is not believed: run the command once without this flag if it is right.
    #[arg(long)]
    pub delete: bool,

    /// Read every file of the copy again, and fetch those that are damaged or missing
    #[arg(long)]
    pub check: bool,

    /// Say what would be done, and do nothing
    #[arg(long)]
    pub dry_run: bool,

    /// How many files are on their way at once
    #[arg(long, default_value_t = 4, value_name = "COUNT")]
    pub parallel: usize,

    /// Tell the outcome as one JSON object
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    /// The data folder
    pub data: Data,
}

/// `heirloom restore`
#[derive(Clone, Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "a command has many switches")]
pub struct Restore {
    /// The folder that `heirloom backup` filled
    #[arg(value_name = "FOLDER")]
    pub folder: PathBuf,

    /// Put back what the gallery has in another version: originals whose bytes differ, viewers who were changed
    #[arg(long)]
    pub overwrite: bool,

    /// Remove originals from the gallery that are not in the copy
    #[arg(long)]
    pub delete: bool,

    /// Originals and metadata alone: nobody is let in
    #[arg(long)]
    pub without_people: bool,

    /// Say what would be done, and do nothing
    #[arg(long)]
    pub dry_run: bool,

    /// How many files are on their way at once
    #[arg(long, default_value_t = 4, value_name = "COUNT")]
    pub parallel: usize,

    /// Tell the outcome as one JSON object
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    /// The data folder
    pub data: Data,
}

/// `heirloom verify`
#[derive(Clone, Debug, Args)]
pub struct Verify {
    /// Do not read originals and renditions, but only compare what the listings say
    ///
    /// Reading everything is what proves it; on AWS, reading from outside costs what downloading costs.
    #[arg(long)]
    pub quick: bool,

    /// Make again what can be made again. A damaged original cannot: it comes from a copy
    #[arg(long)]
    pub repair: bool,

    /// Tell the outcome as one JSON object
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    /// The data folder
    pub data: Data,
}

/// `heirloom watch`
#[derive(Clone, Debug, Args)]
pub struct Watch {
    /// The folder to look after. Each folder in it becomes a collection, without `--to`
    #[arg(value_name = "PATH")]
    pub path: PathBuf,

    /// Where the folder belongs
    #[arg(long, value_name = "COLLECTION/ALBUM", value_parser = gallery::FolderPath::parse)]
    pub to: Option<gallery::FolderPath>,

    /// Put the photos of each folder into albums by the day or month in which they were taken
    #[arg(long, value_name = "TIME")]
    pub album_by: Option<crate::upload::find::AlbumBy>,

    /// How long a file must stay as it is before it is sent, in seconds: it may still be written
    #[arg(long, default_value_t = 5, value_name = "SECONDS")]
    pub settle: u64,

    /// How often everything is looked through without being told, in seconds: some network folders tell nothing
    #[arg(long, default_value_t = 300, value_name = "SECONDS")]
    pub look_every: u64,

    /// Send what is there and has settled, and end
    #[arg(long)]
    pub once: bool,

    /// Bytes a second at most: `500k`, `2M`
    #[arg(long, value_name = "RATE", value_parser = crate::upload::pace::rate)]
    pub limit: Option<u64>,

    /// Tell what was sent as JSON, one object a line
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    /// The data folder
    pub data: Data,
}
