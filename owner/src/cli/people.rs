//! The commands about people: who may look, how they come in, what happened.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use gallery::{CollectionSlug, Scope, Slug, ViewerName};
use jiff::{SignedDuration, Span, SpanRelativeTo};
use login::{Language, MailAddress};

use super::Data;

/// `heirloom user`
#[derive(Debug, Subcommand)]
pub enum User {
    /// Let somebody in: makes a name and a password
    ///
    /// Prints a passphrase of six words to pass on, unless you give a password of your own.
    #[command(after_help = "\
Examples:
  heirloom user add gerda
  heirloom user add tom --collections Family,Holidays
  heirloom user add anna --ask
  pass show gallery/anna | heirloom user add anna --password-stdin")]
    Add {
        /// The name to sign in with
        name: ViewerName,

        /// What they may see: the names of collections (top-level folders), with commas between. Everything otherwise
        #[arg(long, value_delimiter = ',', value_name = "NAMES")]
        collections: Option<Vec<String>>,

        /// They may add photos as well: from a browser, to what they may see, at /auth/upload
        #[arg(long)]
        owner: bool,

        /// Where they are told of new photos: at most one mail a day
        #[arg(long, value_name = "ADDRESS", value_parser = MailAddress::parse)]
        email: Option<MailAddress>,

        #[command(flatten)]
        /// Where the password comes from
        password: PasswordFrom,

        /// Tell the outcome as one JSON object
        #[arg(long)]
        json: bool,

        #[command(flatten)]
        /// Which gallery
        data: Data,
    },

    /// Say where somebody is told of new photos, from now on
    #[command(after_help = "\
Examples:
  heirloom user email gerda gerda@example.com
  heirloom user email gerda gerda@example.com --language de
  heirloom user email gerda --none")]
    Email {
        /// The name
        name: ViewerName,

        /// The address
        #[arg(value_parser = MailAddress::parse, required_unless_present = "none")]
        address: Option<MailAddress>,

        /// The language of the mails: en, de, fr, es, it, ja. The first of `languages` in gallery.yml otherwise
        #[arg(long, value_name = "LANGUAGE", requires = "address")]
        language: Option<Language>,

        /// No mails any more
        #[arg(long, conflicts_with = "address")]
        none: bool,

        /// Tell the outcome as one JSON object
        #[arg(long)]
        json: bool,

        #[command(flatten)]
        /// Which gallery
        data: Data,
    },

    /// Let somebody add photos from a browser, or let them only look; from now on
    #[command(after_help = "\
Examples:
  heirloom user role gerda owner
  heirloom user role gerda viewer")]
    Role {
        /// The name
        name: ViewerName,

        /// What they may do
        role: May,

        /// Tell the outcome as one JSON object
        #[arg(long)]
        json: bool,

        #[command(flatten)]
        /// Which gallery
        data: Data,
    },

    /// Who may look, and at what
    #[command(after_help = "\
Examples:
  heirloom user list
  heirloom user list --json | jq -r '.viewers[].name'")]
    List {
        /// Tell the outcome as one JSON object
        #[arg(long)]
        json: bool,

        #[command(flatten)]
        /// Which gallery
        data: Data,
    },

    /// Let somebody out, on every device, within 15 minutes
    #[command(after_help = "\
Example:
  heirloom user remove tom")]
    Remove {
        /// The name
        name: ViewerName,

        /// Tell the outcome as one JSON object
        #[arg(long)]
        json: bool,

        #[command(flatten)]
        /// Which gallery
        data: Data,
    },

    /// Change what somebody may see, within 15 minutes
    #[command(after_help = "\
Examples:
  heirloom user scope tom --collections Family,Holidays
  heirloom user scope tom --everything")]
    Scope {
        /// The name
        name: ViewerName,

        #[command(flatten)]
        /// What they may see from now on
        see: See,

        /// Tell the outcome as one JSON object
        #[arg(long)]
        json: bool,

        #[command(flatten)]
        /// Which gallery
        data: Data,
    },

    /// Sign somebody out on every device, within 15 minutes; unused invitations end as well
    #[command(after_help = "\
Example:
  heirloom user logout grandma")]
    Logout {
        /// The name
        name: ViewerName,

        /// Tell the outcome as one JSON object
        #[arg(long)]
        json: bool,

        #[command(flatten)]
        /// Which gallery
        data: Data,
    },

    /// What is about many
    #[command(flatten)]
    Many(super::Many),

    /// Give somebody a new password, which signs them out everywhere within 15 minutes
    #[command(after_help = "\
Examples:
  heirloom user passwd gerda
  pass show gallery/anna | heirloom user passwd anna --password-stdin")]
    Passwd {
        /// The name
        name: ViewerName,

        #[command(flatten)]
        /// Where the password comes from
        password: PasswordFrom,

        /// Tell the outcome as one JSON object
        #[arg(long)]
        json: bool,

        #[command(flatten)]
        /// Which gallery
        data: Data,
    },
}

/// What somebody may do
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum May {
    /// Look
    Viewer,
    /// Add photos as well
    Owner,
}

/// What somebody may see
#[derive(Clone, Debug, Args)]
#[group(required = true, multiple = false)]
pub struct See {
    /// These collections (top-level folders), with commas between
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    pub collections: Option<Vec<String>>,

    /// Everything
    #[arg(long)]
    pub everything: bool,
}

/// Where a password comes from; a passphrase is made when nothing is said
#[derive(Clone, Copy, Debug, Args)]
#[group(multiple = false)]
pub struct PasswordFrom {
    /// Ask for the password on the terminal
    #[arg(long)]
    pub ask: bool,

    /// Read the password from standard input: its first line
    #[arg(long)]
    pub password_stdin: bool,
}

/// The scope that a list of collections means.
pub fn scope(collections: Option<&[String]>) -> Scope {
    match collections {
        None => Scope::All,
        Some(names) => {
            let names = names.iter().map(|name| name.trim().trim_matches('/')).filter(|name| !name.is_empty());
            Scope::Only(names.map(|name| CollectionSlug(Slug::of(name))).collect())
        }
    }
}

/// `heirloom invite`
#[derive(Clone, Debug, Args)]
pub struct Invite {
    /// The name. Somebody new is let in under it; somebody you have let in before gets one more device
    pub name: ViewerName,

    /// What somebody new may see: the names of collections, with commas between. Everything otherwise
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    pub collections: Option<Vec<String>>,

    /// How long the link can be used: `36h`, `7d`, `2weeks`
    #[arg(long, default_value = "7d", value_parser = time_span, value_name = "TIME")]
    pub expires: SignedDuration,

    /// The gallery's address, as people reach it. That of the running gallery otherwise
    #[arg(long, env = "HEIRLOOM_ADDRESS", value_name = "URL")]
    pub address: Option<String>,

    /// Write a card to print: an SVG file, which browsers open and print
    #[arg(long, value_name = "FILE")]
    pub card: Option<PathBuf>,

    /// Tell the link as one JSON object, without its code for a camera
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    /// Which gallery
    pub data: Data,
}

/// `heirloom audit`
#[derive(Clone, Debug, Args)]
pub struct Audit {
    /// How far back: `12h`, `7d`, `1y`
    #[arg(long, default_value = "7d", value_parser = time_span, value_name = "TIME")]
    pub since: SignedDuration,

    /// Only what concerns this viewer
    #[arg(long, value_name = "NAME")]
    pub viewer: Option<ViewerName>,

    /// Only what was refused
    #[arg(long)]
    pub refused: bool,

    /// One JSON object a line
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    /// Which gallery
    pub data: Data,
}

/// Reads a time such as `7d` or `90 min`. A day has 24 hours.
pub(super) fn time_span(text: &str) -> Result<SignedDuration, String> {
    let wrong = || format!("`{text}` is no time: write for instance `30m`, `36h` or `7d`");
    let span: Span = text.parse().map_err(|_| wrong())?;
    let span = match span.get_years() {
        0 => span,
        years => {
            span.try_years(0).and_then(|s| s.try_days(span.get_days() + i32::from(years) * 365)).map_err(|_| wrong())?
        }
    };
    let duration = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| wrong())?;
    if duration.is_positive() { Ok(duration) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        let hours = |text: &str| time_span(text).map(|time| time.as_secs() / 3600);
        assert_eq!(hours("7d"), Ok(168));
        assert_eq!(hours("2weeks"), Ok(336));
        assert_eq!(hours("36h"), Ok(36));
        assert_eq!(hours("1y"), Ok(8760));
        for wrong in ["", "7", "-7d", "0d", "soon", "1month"] {
            assert!(time_span(wrong).unwrap_err().contains(wrong), "{wrong}");
        }
    }

    #[test]
    fn collections_become_a_scope() {
        assert_eq!(scope(None), Scope::All);
        let Scope::Only(list) = scope(Some(&["Family".into(), " Märchen/".into(), String::new()])) else {
            panic!("a list is not everything");
        };
        assert_eq!(list.len(), 2);
    }
}
