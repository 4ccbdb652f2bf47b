//! The commands about albums.

use clap::Subcommand;
use gallery::{FolderPath, SourceKey};

use super::Data;

/// `heirloom album`
#[derive(Debug, Subcommand)]
pub enum Album {
    /// Every album: its title, its photos, whether it is hidden
    #[command(after_help = "\
Examples:
  heirloom album list
  heirloom album list Family")]
    List {
        /// Only what lies in here
        #[arg(value_name = "COLLECTION/ALBUM", value_parser = FolderPath::parse)]
        folder: Option<FolderPath>,

        #[command(flatten)]
        /// How to answer, and where
        common: Asked,
    },

    /// Show an album in the lists again
    #[command(after_help = "\
Example:
  heirloom album show Family/Lisbon")]
    Show {
        /// The folder
        #[arg(value_name = "COLLECTION/ALBUM", value_parser = FolderPath::parse)]
        album: FolderPath,

        #[command(flatten)]
        /// How to answer, and where
        common: Asked,
    },

    /// Leave an album out of the lists. Who may see its collection and has the link can still open it
    #[command(after_help = "\
Example:
  heirloom album hide Family/Lisbon")]
    Hide {
        /// The folder
        #[arg(value_name = "COLLECTION/ALBUM", value_parser = FolderPath::parse)]
        album: FolderPath,

        #[command(flatten)]
        /// How to answer, and where
        common: Asked,
    },

    /// Change an album's title. Its folder keeps its name, and its address stays
    #[command(after_help = "\
Examples:
  heirloom album rename Family/Lisbon 'Summer in Lisbon'
  heirloom album rename Family/Lisbon ''")]
    Rename {
        /// The folder
        #[arg(value_name = "COLLECTION/ALBUM", value_parser = FolderPath::parse)]
        album: FolderPath,

        /// The title; an empty one brings back the folder's name
        title: String,

        #[command(flatten)]
        /// How to answer, and where
        common: Asked,
    },

    /// Move a folder with all that is in it to another place in the gallery
    ///
    /// Everything is copied inside the bucket first, and removed from the old place only when all of it has arrived. After an
    /// interruption the same command goes on.
    #[command(after_help = "\
Examples:
  heirloom album move Family/Lisbon Holidays/Lisbon
  heirloom album move Family/Lisbon 'Family/Lisbon 2024' --dry-run")]
    Move {
        /// The folder
        #[arg(value_name = "FROM", value_parser = FolderPath::parse)]
        from: FolderPath,

        /// Where it will be, its own name included
        #[arg(value_name = "TO", value_parser = FolderPath::parse)]
        to: FolderPath,

        /// Say what would be done, and do nothing
        #[arg(long)]
        dry_run: bool,

        #[command(flatten)]
        /// How to answer, and where
        common: Asked,
    },

    /// Choose an album's cover
    #[command(after_help = "\
Examples:
  heirloom album cover Family/Lisbon tram.jpg
  heirloom album cover Family Lisbon
  heirloom album cover Family/Lisbon ''")]
    Cover {
        /// The folder
        #[arg(value_name = "COLLECTION/ALBUM", value_parser = FolderPath::parse)]
        album: FolderPath,

        /// A photo in it, or the name of a folder in it; nothing lets the gallery choose
        #[arg(value_name = "FILE")]
        cover: String,

        #[command(flatten)]
        /// How to answer, and where
        common: Asked,
    },

    /// Write what is under a photo
    #[command(after_help = "\
Examples:
  heirloom album caption Family/Lisbon/tram.jpg 'The 28, as always'
  heirloom album caption Family/Lisbon/tram.jpg ''")]
    Caption {
        /// The photo
        #[arg(value_name = "COLLECTION/ALBUM/FILE", value_parser = SourceKey::parse)]
        photo: SourceKey,

        /// The words; none brings back the photo's own
        caption: String,

        #[command(flatten)]
        /// How to answer, and where
        common: Asked,
    },
}

/// What each of these commands takes
#[derive(Clone, Debug, clap::Args)]
pub struct Asked {
    /// Tell the outcome as one JSON object
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    /// The data folder
    pub data: Data,
}

impl Album {
    /// What each of them takes.
    pub fn asked(&self) -> &Asked {
        match self {
            Self::List { common, .. }
            | Self::Show { common, .. }
            | Self::Hide { common, .. }
            | Self::Rename { common, .. }
            | Self::Move { common, .. }
            | Self::Cover { common, .. }
            | Self::Caption { common, .. } => common,
        }
    }
}
