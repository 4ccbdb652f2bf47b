//! The commands about all people at once: out of an old password file, into one file, out of one file.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Data;

/// What of `heirloom user` is about many
#[derive(Debug, Subcommand)]
pub enum Many {
    /// Let in whom another program let in, with the passwords that they have
    #[command(subcommand)]
    Import(ImportPeople),

    /// All viewers, in a form that people read and `apply` takes. Without passwords or their hashes
    #[command(after_help = "\
Examples:
  heirloom user export > users.toml
  heirloom user export --json")]
    Export(Export),

    /// Bring the viewers to what a file says
    ///
    /// Shows what would change and asks. Whom the file does not name stays, unless `--remove` is said. Somebody new gets a
    /// password that is shown this once; with `signs_in = "invitation"` a link; with `password_command = "…"` the
    /// password that this command prints.
    #[command(after_help = "\
Examples:
  heirloom user apply users.toml
  heirloom user apply users.toml --remove --yes")]
    Apply(Apply),
}

/// Where they come from
#[derive(Debug, Subcommand)]
pub enum ImportPeople {
    /// A file of Apache's htpasswd, with hashes of bcrypt or apr1
    ///
    /// The hashes are themselves hashed, and replaced when their owners first sign in. Whoever is let in already stays as
    /// they are.
    #[command(after_help = "\
Example:
  heirloom user import htpasswd /etc/nginx/.htpasswd --collections Family")]
    Htpasswd(Htpasswd),
}

/// `heirloom user import htpasswd`
#[derive(Clone, Debug, Args)]
pub struct Htpasswd {
    /// The file
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// What they may see: the names of collections (top-level folders), with commas between. Everything otherwise
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    pub collections: Option<Vec<String>>,

    /// Say what would be done, and do nothing
    #[arg(long)]
    pub dry_run: bool,

    /// Tell the outcome as one JSON object
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    /// The data folder
    pub data: Data,
}

/// `heirloom user export`
#[derive(Clone, Debug, Args)]
pub struct Export {
    /// As one JSON object
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    /// The data folder
    pub data: Data,
}

/// `heirloom user apply`
#[derive(Clone, Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "a command has many switches")]
pub struct Apply {
    /// What `heirloom user export` printed, changed by you
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// Let those out whom the file does not name
    #[arg(long)]
    pub remove: bool,

    /// Do it without asking
    #[arg(long)]
    pub yes: bool,

    /// Say what would be done, and do nothing
    #[arg(long)]
    pub dry_run: bool,

    /// The gallery's address, for links. That of the running gallery otherwise
    #[arg(long, env = "HEIRLOOM_ADDRESS", value_name = "URL")]
    pub address: Option<String>,

    /// Tell the outcome as one JSON object, with the passwords and links that were made. Needs `--yes` or `--dry-run`
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    /// The data folder
    pub data: Data,
}

impl Many {
    /// Which gallery.
    pub fn data(&self) -> &Data {
        match self {
            Self::Import(ImportPeople::Htpasswd(command)) => &command.data,
            Self::Export(command) => &command.data,
            Self::Apply(command) => &command.data,
        }
    }
}
