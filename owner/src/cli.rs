//! The command line: typed settings out of flags and the environment.

#![allow(clippy::doc_markdown, reason = "these comments are the help that a terminal shows")]

mod album;
mod health;
mod keep;
mod keys;
mod mails;
mod many;
mod moving;
mod people;
mod place;
mod running;
mod sending;

use clap::{Parser, Subcommand};

pub use album::Album;
pub use health::{Deploy, Doctor, Rebuild, Retry, Status};
pub use keep::{Backup, Restore, Verify, Watch};
pub use keys::Keys;
pub use mails::{MailFile, Notify};
pub use many::{Apply, Export, Htpasswd, ImportPeople, Many};
pub use moving::{Asked, Import, ImportFolder, ImportTakeout, Migrate, MigrateAwspics};
pub use people::{Audit, Invite, May, PasswordFrom, See, User, scope};
pub use place::{Data, Place, USUAL_FOLDER};
pub use running::{Demo, Ports, Serve};
pub use sending::Upload;

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
  heirloom user add gerda --data ~/heirloom-data

Exit codes: 0 done, 1 failed, 2 the command line is wrong, 3 `doctor` or `verify` found something wrong, 130 stopped by Ctrl-C,
with which `serve` and `demo` end well.
Every command tells its outcome as JSON with `--json`; what goes wrong is told on standard error.";

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
  heirloom serve --tls

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

    /// Send photos to the gallery
    ///
    /// Each top-level folder becomes a collection, each folder below an album. What is there already is not sent again, a
    /// renamed file is moved inside the bucket, and an interrupted upload goes on with the same command.
    #[command(after_help = "\
Examples:
  heirloom upload ~/Pictures
  heirloom upload ~/DCIM --to Family --album-by month
  heirloom upload ~/Pictures --delete --dry-run
  heirloom upload film.mov --to Family/Lisbon --limit 2M")]
    Upload(Upload),

    /// Bring photos in from elsewhere, with their dates and captions
    #[command(subcommand)]
    Import(Import),

    /// Move a whole gallery in from another program
    #[command(subcommand)]
    Migrate(Migrate),

    /// How the gallery is: albums, files that wait, files that are no photos, words that cannot be read
    #[command(after_help = "\
Examples:
  heirloom status
  heirloom status --json | jq '.albums[] | select(.waiting > 0)'")]
    Status(Status),

    /// Look whether the machine or the account is as the gallery needs it, and say what mends what is not
    ///
    /// On this machine: the data folder, who may read it, room, ports, clock, certificate. On AWS: the stack, the clock,
    /// public access, name and certificate of the address, the keys of the gate. On both: keys, queues, metadata.
    #[command(after_help = "\
Exit code: 0 when nothing is wrong, 3 when something is.

Examples:
  heirloom doctor
  heirloom doctor --aws
  heirloom doctor --json | jq -r '.findings[] | select(.state != \"good\") | .mend'")]
    Doctor(Doctor),

    /// Bring the gallery onto AWS, as heirloom.toml says, or up to date there
    ///
    /// Run it in a checkout of Heirloom, since it builds what AWS runs: `make deploy` is the same. Should anything break
    /// off, run it again. `--destroy` takes the gallery away; what lies in its buckets stays.
    #[command(after_help = "\
Examples:
  heirloom deploy --dry-run
  heirloom deploy
  heirloom deploy --config ~/gallery/heirloom.toml --profile family")]
    Deploy(Deploy),

    /// Try again what the gallery gave up on
    ///
    /// A message that every attempt failed on lies aside, among the dead letters, for 14 days on AWS. `heirloom status`
    /// tells what is there; once the reason is mended, this puts it back.
    #[command(after_help = "\
Examples:
  heirloom retry
  heirloom retry --json")]
    Retry(Retry),

    /// Look through everything or one album, and make again what is missing or out of date
    ///
    /// A running gallery does this by itself at every start and once a day.
    #[command(after_help = "\
Examples:
  heirloom rebuild
  heirloom rebuild Family/Lisbon
  heirloom rebuild --renditions")]
    Rebuild(Rebuild),

    /// Keep sending what appears in a folder, until Ctrl-C
    ///
    /// Sends what came while it was off, waits for files that are still being written, and goes on when the gallery was
    /// away for a while. Nothing is ever removed from the gallery.
    #[command(after_help = "\
Examples:
  heirloom watch ~/Pictures
  heirloom watch ~/Camera-Uploads --to Family --album-by month
  heirloom watch ~/Pictures --once")]
    Watch(Watch),

    /// Copy what cannot be made again into a folder: originals, metadata, viewers
    ///
    /// Only what is new is copied, and every file is compared with its checksum. The copy is plain files and folders,
    /// which `sha256sum --check` and any file manager read.
    #[command(after_help = "\
Examples:
  heirloom backup /media/disk/gallery
  heirloom backup /media/disk/gallery --check
  heirloom backup /media/disk/gallery --dry-run --json | jq .bytes")]
    Backup(Backup),

    /// Bring a copy back into a gallery, empty or not
    ///
    /// What the gallery has stays as it is, unless a flag says otherwise. Signing keys are not in a copy: everybody signs
    /// in again, but for devices that stay signed in.
    #[command(after_help = "\
Examples:
  heirloom restore /media/disk/gallery --dry-run
  heirloom restore /media/disk/gallery
  heirloom restore /media/disk/gallery --overwrite")]
    Restore(Restore),

    /// Prove that every original is whole, that all that is shown comes from one, and that deleted means gone
    ///
    /// Reads every original and compares it with the checksum that was recorded when it came; compares facts, renditions
    /// and pages with the originals; and looks for traces of photos that are there no more.
    #[command(after_help = "\
Exit code: 0 when all is well, 3 when something is wrong.

Examples:
  heirloom verify
  heirloom verify --quick
  heirloom verify --repair
  heirloom verify --json | jq '.findings[]'")]
    Verify(Verify),

    /// Albums: what they are called, what is on their cover, where they lie
    #[command(subcommand)]
    Album(Album),

    /// Let people in, or out
    #[command(subcommand)]
    User(User),

    /// Make a link that lets somebody in without a password, once
    ///
    /// Opening the link shows one button; pressing it signs that device in, and it stays signed in until they sign out
    /// there or you run `heirloom user logout NAME`. The link and its QR code are shown this once and kept nowhere.
    #[command(after_help = "\
Examples:
  heirloom invite grandma --collections Family --expires 7d
  heirloom invite grandma --card grandma.svg --address https://photos.example.org")]
    Invite(Invite),

    /// Write to viewers about new photos: one mail each, about what they may see
    ///
    /// Says who has been written to. Each viewer with an address (`heirloom user email`) gets one mail about everything that
    /// is new for them, when nothing new has come for three hours, and at most one a day. `heirloom serve` does this by
    /// itself where its data folder has a `mail.toml`, and so does a gallery on AWS whose heirloom.toml has a table [mail].
    #[command(after_help = "\
Examples:
  heirloom notify --dry-run
  heirloom notify
  heirloom notify --to gerda --now
  pass show mail | heirloom notify --set-password
  heirloom notify --set-password --from-secret-key --aws")]
    Notify(Notify),

    /// The keys that sign sessions: make a new one, drop an old one
    #[command(subcommand)]
    Keys(Keys),

    /// What happened: who signed in, who was refused, what you changed
    #[command(after_help = "\
Examples:
  heirloom audit
  heirloom audit --since 30d --viewer gerda
  heirloom audit --refused --json")]
    Audit(Audit),

    /// What a gallery costs on AWS in a month
    ///
    /// Prints a table in Markdown. The prices are dated; `--prices` takes others.
    #[command(after_help = "\
Examples:
  heirloom cost
  heirloom cost --photos 10000 --page-views 1000000
  heirloom cost --show-prices > prices.json")]
    Cost(crate::cost::Cost),

    /// What makes a shell complete these commands
    #[command(after_help = "\
Examples:
  heirloom completions bash > ~/.local/share/bash-completion/completions/heirloom
  heirloom completions zsh > ~/.zfunc/_heirloom
  heirloom completions fish > ~/.config/fish/completions/heirloom.fish")]
    Completions {
        /// Which shell
        shell: clap_complete::Shell,

        /// Tell the script as one JSON object
        #[arg(long)]
        json: bool,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    /// Calls `see` with each command that does something, and with its name.
    fn leaves(command: &clap::Command, name: &str, see: &mut impl FnMut(&str, &clap::Command)) {
        let inside: Vec<_> = command.get_subcommands().filter(|inside| inside.get_name() != "help").collect();
        if inside.is_empty() {
            see(name, command);
        }
        for inside in inside {
            leaves(inside, &format!("{name} {}", inside.get_name()), see);
        }
    }

    #[test]
    fn every_command_tells_json_and_shows_an_example_of_itself() {
        let mut wanting = Vec::new();
        let mut all = 0;
        leaves(&Arguments::command(), "heirloom", &mut |name, command| {
            all += 1;
            if !command.get_arguments().any(|argument| argument.get_long() == Some("json")) {
                wanting.push(format!("`{name}` has no --json"));
            }
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let (_, examples) = help.split_once("Example").unwrap_or_default();
            if !examples.contains(name) {
                wanting.push(format!("the help of `{name}` shows no example of it"));
            }
        });
        assert!(all > 15, "{all} commands were looked at");
        assert!(wanting.is_empty(), "{wanting:#?}");
    }

    /// Every example can be typed: it is read by the very parser.
    #[test]
    fn the_examples_are_no_fiction() {
        leaves(&Arguments::command(), "heirloom", &mut |name, command| {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            for line in help.lines().filter_map(|line| line.find("heirloom ").map(|at| &line[at..])) {
                let line = line.split(['|', '>', '&', '#']).next().unwrap_or_default();
                let line = line.split("   ").next().unwrap_or_default();
                if !line.starts_with(name) {
                    continue;
                }
                // As a shell reads it: what stands between quotes is one word.
                let parts = line.split('\'').enumerate();
                let words = parts.flat_map(|(n, part)| match n % 2 {
                    0 => part.split_whitespace().collect(),
                    _ => vec![part],
                });
                if let Err(error) = Arguments::try_parse_from(words) {
                    panic!("`{line}` is not read: {error}");
                }
            }
        });
    }
}
