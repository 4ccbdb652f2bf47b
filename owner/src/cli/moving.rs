//! The commands that bring photos in from elsewhere.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use gallery::FolderPath;
use jiff::tz::Offset;

use super::Data;
use crate::import::Edited;
use crate::upload::pace::rate;

/// `heirloom import`
#[derive(Debug, Subcommand)]
pub enum Import {
    /// From Google Photos: the .zip files that Takeout made, or folders that you unpacked them to
    ///
    /// Albums become albums in one collection, with their titles and descriptions; photos in no album go into an album for
    /// each year. What Google noted about a photo (the caption, a date that the file itself does not know) is added to
    /// the album's `metadata.yml`. Photos are never altered, and nothing is uploaded twice: run it again to go on after
    /// an interruption, or with a newer export.
    #[command(after_help = "\
Examples:
  heirloom import takeout ~/Downloads/takeout-*.zip --dry-run
  heirloom import takeout ~/Downloads/takeout-*.zip
  heirloom import takeout ~/Takeout --to Family --edited edited")]
    Takeout(ImportTakeout),

    /// From a folder of photos: as `heirloom upload`, and with the XMP files that photo programs leave beside photos
    ///
    /// Each folder in it becomes a collection unless `--to` says where they belong. Captions and dates out of `.xmp` files
    /// are added to the albums' `metadata.yml`. A photo that lies in the folder twice is uploaded once and copied inside
    /// the gallery. What is in the gallery is never replaced.
    #[command(after_help = "\
Examples:
  heirloom import folder ~/Pictures --dry-run
  heirloom import folder ~/Scans --to Family/Scans --file-dates")]
    Folder(ImportFolder),
}

/// `heirloom import takeout`
#[derive(Clone, Debug, Args)]
pub struct ImportTakeout {
    /// Archives (.zip) and folders: all parts of an export together
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,

    /// The collection, or an album in one, that the albums go into
    #[arg(long, default_value = "Google Photos", value_name = "COLLECTION", value_parser = FolderPath::parse)]
    pub to: FolderPath,

    /// Where Google has an edited copy of a photo: take both, the edited copy, or the original
    #[arg(long, default_value = "both", value_name = "WHICH")]
    pub edited: Edited,

    /// The clock by which to write dates that no photo nearby tells the time zone of: `+02:00`, `-05:00`
    #[arg(long, default_value = "+00:00", value_name = "OFFSET", value_parser = offset, allow_hyphen_values = true)]
    pub zone: Offset,

    #[command(flatten)]
    /// How to go about it
    pub asked: Asked,
}

/// `heirloom import folder`
#[derive(Clone, Debug, Args)]
pub struct ImportFolder {
    /// Folders, or files with `--to`
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,

    /// Where they belong. Without it each folder in PATH is a collection
    #[arg(long, value_name = "COLLECTION/ALBUM", value_parser = FolderPath::parse)]
    pub to: Option<FolderPath>,

    /// For photos that say nothing of when they were taken, take the date of the file
    #[arg(long)]
    pub file_dates: bool,

    #[command(flatten)]
    /// How to go about it
    pub asked: Asked,
}

/// `heirloom migrate`
#[derive(Debug, Subcommand)]
pub enum Migrate {
    /// From a gallery made with AWSPics: its bucket of originals
    ///
    /// Albums, collections and `metadata.yml` files keep their places. The other gallery's bucket is only read. Where this
    /// gallery's S3 reaches that bucket, photos are copied inside S3; otherwise they pass through this machine. What is
    /// here already is not copied again and never replaced: run it again to go on, or to bring what is new.
    #[command(after_help = "\
Examples:
  heirloom migrate awspics --source my-awspics-source --dry-run
  heirloom migrate awspics --source my-awspics-source --source-profile old-account --source-region us-east-1
  heirloom migrate awspics --source my-awspics-source --prefix photos/originals/ --to Family")]
    Awspics(MigrateAwspics),
}

/// `heirloom migrate awspics`
#[derive(Clone, Debug, Args)]
pub struct MigrateAwspics {
    /// The bucket that the other gallery keeps its originals in
    #[arg(long, value_name = "BUCKET")]
    pub source: String,

    /// Where in it the originals lie: a folder, or what their keys begin with
    #[arg(long, default_value = "pics/original/", value_name = "PREFIX")]
    pub prefix: String,

    /// The collection that everything goes into. Otherwise each top-level folder there is a collection here
    #[arg(long, value_name = "COLLECTION", value_parser = FolderPath::parse)]
    pub to: Option<FolderPath>,

    /// Where photos go that lie in no folder at all
    #[arg(long, default_value = "Unsorted", value_name = "COLLECTION", value_parser = FolderPath::parse)]
    pub strays: FolderPath,

    /// The profile of the AWS settings that may read that bucket
    #[arg(long, value_name = "NAME")]
    pub source_profile: Option<String>,

    /// The region of that bucket
    #[arg(long, value_name = "REGION")]
    pub source_region: Option<String>,

    /// An S3 server that is not Amazon's; its keys are those of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY
    #[arg(long, value_name = "URL")]
    pub source_endpoint: Option<String>,

    #[command(flatten)]
    /// How to go about it
    pub asked: Asked,
}

/// How an import goes about it
#[derive(Clone, Debug, Args)]
pub struct Asked {
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

/// Reads `+02:00`, `-3` or `Z`.
fn offset(text: &str) -> Result<Offset, String> {
    let wrong = || format!("`{text}` is no distance from UTC: write for instance `+02:00`");
    if matches!(text, "Z" | "UTC") {
        return Ok(Offset::UTC);
    }
    let (sign, rest) = match text.split_at_checked(1) {
        Some(("+", rest)) => (1, rest),
        Some(("-", rest)) => (-1, rest),
        _ => return Err(wrong()),
    };
    let (hours, minutes) = rest.split_once(':').unwrap_or((rest, "0"));
    let number = |text: &str| text.parse::<i32>().ok().filter(|_| text.bytes().all(|b| b.is_ascii_digit()));
    match (number(hours), number(minutes)) {
        (Some(hours @ 0..=14), Some(minutes @ 0..=59)) => {
            Offset::from_seconds(sign * (hours * 60 + minutes) * 60).map_err(|_| wrong())
        }
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::super::{Arguments, Command};
    use super::*;

    #[test]
    fn offsets_are_read_as_people_write_them() {
        let seconds = |text: &str| offset(text).map(Offset::seconds);
        assert_eq!(seconds("+02:00"), Ok(7200));
        assert_eq!(seconds("-3:30"), Ok(-12600));
        assert_eq!(seconds("+5"), Ok(18000));
        assert_eq!(seconds("Z"), Ok(0));
        for wrong in ["", "2", "+", "+25", "+02:60", "Europe/Lisbon", "+-2"] {
            assert!(offset(wrong).unwrap_err().contains(wrong), "{wrong}");
        }
    }

    #[test]
    fn the_zone_may_lie_west_of_greenwich() {
        let line = ["heirloom", "import", "takeout", "Takeout", "--zone", "-05:00", "--dry-run"];
        let Command::Import(Import::Takeout(asked)) = Arguments::parse_from(line).command else { panic!() };
        assert_eq!((asked.zone.seconds(), asked.asked.dry_run), (-18000, true));
    }
}
