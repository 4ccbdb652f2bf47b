//! The command that writes to viewers, and where its mail server is said.

use std::path::PathBuf;

use clap::Args;
use gallery::ViewerName;

use super::Data;

/// Which mail server
#[derive(Clone, Debug, Default, Args)]
pub struct MailFile {
    /// The file whose table [mail] names the mail server. `mail.toml` in the data folder otherwise; on AWS, heirloom.toml
    #[arg(long, env = "HEIRLOOM_MAIL", value_name = "FILE")]
    pub mail: Option<PathBuf>,
}

/// `heirloom notify`
#[derive(Clone, Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct Notify {
    /// Say what each would get, and send nothing
    #[arg(long)]
    pub dry_run: bool,

    /// Write to this viewer alone
    #[arg(long, value_name = "NAME")]
    pub to: Option<ViewerName>,

    /// Do not wait until nothing new comes any more, nor for a day between two mails
    #[arg(long)]
    pub now: bool,

    /// Keep the mail server's password in the gallery's auth bucket: it is asked for, or the first line of standard input
    #[arg(long, conflicts_with_all = ["dry_run", "to", "now"])]
    pub set_password: bool,

    /// With Amazon SES: what is given is the secret key of the access key in `user`, and its SMTP password is kept
    #[arg(long, requires = "set_password")]
    pub from_secret_key: bool,

    #[command(flatten)]
    /// Which mail server
    pub mail: MailFile,

    /// Tell the outcome as one JSON object
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    /// Which gallery
    pub data: Data,
}
