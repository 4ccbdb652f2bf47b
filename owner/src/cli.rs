//! The command line: typed settings out of flags and the environment.

#![allow(clippy::doc_markdown, reason = "these comments are the help that a terminal shows")]

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use gallery::{CollectionSlug, Scope, Slug, ViewerName};

/// A private photo gallery for your family
///
/// Start a gallery on this machine with `heirloom serve`, let somebody in with `heirloom user add NAME`, and drop
/// folders of photos into its source bucket with any S3 client. To see it all working first: `heirloom demo`.
#[derive(Debug, Parser)]
#[command(name = "heirloom", version, max_term_width = 100, after_help = EXAMPLES)]
pub struct Arguments {
    /// What to log, in the form of tracing's filters: `info`, `debug`, `warn,local=debug`
    #[arg(long, global = true, env = "HEIRLOOM_LOG", default_value = "warn", value_name = "FILTER")]
    pub log: String,

    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

const EXAMPLES: &str = "\
Examples:
  heirloom demo                            a gallery of drawn landscapes, ready to look at
  heirloom serve --data ~/heirloom-data    your own gallery on http://127.0.0.1:8080
  heirloom user add gerda --data ~/heirloom-data";

/// The commands
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a gallery on this machine until Ctrl-C
    ///
    /// Serves the gallery on http://127.0.0.1:8080 and an S3 server on http://127.0.0.1:9000. Everything is kept in
    /// the data folder; stopping and starting again goes on where it stopped. The access key for S3 clients lies in
    /// `credentials.json` in the data folder.
    #[command(after_help = "\
Examples:
  heirloom serve --data ~/heirloom-data
  heirloom serve --port 8090 --s3-port 9090

Then, in another terminal, with the keys that `serve` printed:
  aws --endpoint-url http://127.0.0.1:9000 s3 cp --recursive Photos/ s3://source/")]
    Serve(Serve),

    /// Run a gallery filled with sample photos, or with a folder of yours
    ///
    /// Makes a viewer called `demo` and prints the address, the name and the password. Runs until Ctrl-C.
    #[command(after_help = "\
Examples:
  heirloom demo
  heirloom demo --photos ~/Pictures")]
    Demo(Demo),

    /// Let people in, or out
    #[command(subcommand)]
    User(User),

    /// What a gallery costs on AWS in a month
    ///
    /// Prints a table in Markdown. The prices are dated; `--prices` takes others.
    #[command(after_help = "\
Examples:
  heirloom cost
  heirloom cost --photos 10000 --page-views 1000000
  heirloom cost --show-prices > prices.json")]
    Cost(crate::cost::Cost),
}

/// Where the gallery's data is
#[derive(Clone, Debug, Args)]
pub struct Data {
    /// The folder that holds everything: originals, pages, viewers, keys
    #[arg(long, env = "HEIRLOOM_DATA", default_value = "heirloom-data", value_name = "FOLDER")]
    pub data: PathBuf,
}

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
    #[command(flatten)]
    /// The data folder
    pub data: Data,

    #[command(flatten)]
    /// The ports
    pub ports: Ports,

    /// What the gallery is called
    #[arg(long, env = "HEIRLOOM_TITLE", default_value = "Heirloom")]
    pub title: String,
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

        #[command(flatten)]
        /// Where the password comes from
        password: PasswordFrom,

        #[command(flatten)]
        /// The data folder
        data: Data,
    },

    /// Who may look, and at what
    List {
        #[command(flatten)]
        /// The data folder
        data: Data,
    },

    /// Let somebody out, on every device, within 15 minutes
    Remove {
        /// The name
        name: ViewerName,

        #[command(flatten)]
        /// The data folder
        data: Data,
    },

    /// Give somebody a new password, which signs them out everywhere within 15 minutes
    Passwd {
        /// The name
        name: ViewerName,

        #[command(flatten)]
        /// Where the password comes from
        password: PasswordFrom,

        #[command(flatten)]
        /// The data folder
        data: Data,
    },
}

/// Where a password comes from; a passphrase is made when nothing is said
#[derive(Clone, Copy, Debug, Args)]
#[group(multiple = false)]
pub struct PasswordFrom {
    /// Ask for the password on the terminal
    #[arg(long)]
    pub ask: bool,

    /// Read the password from standard input
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

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
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
