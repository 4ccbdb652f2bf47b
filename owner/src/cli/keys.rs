//! The commands about the keys that sign sessions.

use clap::Subcommand;
use jiff::SignedDuration;

use super::Data;
use super::people::time_span;

/// `heirloom keys`
#[derive(Debug, Subcommand)]
pub enum Keys {
    /// Make a new key. It begins to sign after a while; sessions go on
    #[command(after_help = "\
Examples:
  heirloom keys rotate
  heirloom keys rotate --signs-in 1d")]
    Rotate {
        /// How long the new key waits before it signs: until then every gate has to know it. Five minutes on this
        /// machine, where the gate looks every 20 seconds; a day on AWS, where it takes a deploy
        #[arg(long, value_parser = time_span, value_name = "TIME")]
        signs_in: Option<SignedDuration>,

        /// Tell the outcome as one JSON object
        #[arg(long)]
        json: bool,

        #[command(flatten)]
        /// Which gallery
        data: Data,
    },

    /// Drop a key that no session rests on any more
    #[command(after_help = "\
Examples:
  heirloom keys drop 0a1b2c3d4e5f60718293
  heirloom keys drop 0a1b2c3d4e5f60718293 --emergency")]
    Drop {
        /// Its id, as `heirloom keys list` shows it
        id: String,

        /// Drop it at once, and end everybody's session. For a key that somebody has stolen
        #[arg(long)]
        emergency: bool,

        /// Tell the outcome as one JSON object
        #[arg(long)]
        json: bool,

        #[command(flatten)]
        /// Which gallery
        data: Data,
    },

    /// The keys, and what each does
    #[command(after_help = "\
Example:
  heirloom keys list")]
    List {
        /// Tell the outcome as one JSON object
        #[arg(long)]
        json: bool,

        #[command(flatten)]
        /// Which gallery
        data: Data,
    },

    /// What a gate elsewhere has to know, as JSON: the public halves, and whom tokens are for
    #[command(after_help = "\
Example:
  heirloom keys public > keys.json && make edge CONFIGURATION=keys.json")]
    Public {
        /// Whom tokens are for: what the login function is told as HEIRLOOM_AUDIENCE. On AWS that is the gallery's
        /// name
        #[arg(long, value_name = "NAME")]
        audience: Option<String>,

        /// Nothing else: it is one JSON object anyway
        #[arg(long)]
        json: bool,

        #[command(flatten)]
        /// Which gallery
        data: Data,
    },
}
