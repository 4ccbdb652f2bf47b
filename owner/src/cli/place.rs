//! Which gallery a command is about: one on this machine, or one on AWS.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use clap::Args;

/// The folder of a gallery's data when nothing is said.
pub const USUAL_FOLDER: &str = "heirloom-data";

/// The settings of a gallery on AWS, when nothing is said.
const USUAL_SETTINGS: &str = "heirloom.toml";

const FOLDER_VARIABLE: &str = "HEIRLOOM_DATA";
const SETTINGS_VARIABLE: &str = "HEIRLOOM_CONFIG";
const STACK_VARIABLE: &str = "HEIRLOOM_STACK";

/// Which gallery: its data folder, or where on AWS it is
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Which gallery")]
pub struct Data {
    /// A gallery on this machine: the folder that holds everything of it. `heirloom-data` when nothing is said
    #[arg(long, env = FOLDER_VARIABLE, value_name = "FOLDER")]
    pub data: Option<PathBuf>,

    /// The gallery on AWS that the `heirloom.toml` in this folder tells of. So it is without `--aws`, too, where such a
    /// file lies and no `heirloom-data` beside it
    #[arg(long)]
    pub aws: bool,

    /// The gallery on AWS that this `heirloom.toml` tells of
    #[arg(long, env = SETTINGS_VARIABLE, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// The gallery on AWS that this stack is, without any `heirloom.toml`
    #[arg(long, env = STACK_VARIABLE, value_name = "NAME")]
    pub stack: Option<String>,

    /// The region it is in. What `heirloom.toml` says otherwise, or the profile
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,

    /// Whose credentials for AWS: a profile of `~/.aws/config`. AWS_PROFILE, or AWS's usual places, otherwise
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
}

/// Where a gallery is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// On this machine, in this folder.
    Folder(PathBuf),
    /// On AWS.
    Amazon {
        /// The `heirloom.toml` that tells of it, when there is one.
        settings: Option<PathBuf>,
    },
}

/// What there is to decide by, beside what was said.
#[derive(Clone, Copy, Debug, Default)]
struct Here<'a> {
    /// `HEIRLOOM_DATA`
    folder_variable: Option<&'a OsStr>,
    /// `HEIRLOOM_CONFIG`
    settings_variable: Option<&'a OsStr>,
    /// `HEIRLOOM_STACK`
    stack_variable: Option<&'a OsStr>,
    /// Whether a `heirloom-data` lies in the current folder.
    folder: bool,
    /// Whether a `heirloom.toml` does.
    settings: bool,
}

impl Data {
    /// The gallery in this folder.
    pub fn folder(folder: impl Into<PathBuf>) -> Self {
        Self { data: Some(folder.into()), ..Self::default() }
    }

    /// Where the gallery is.
    pub fn place(&self) -> Result<Place> {
        let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        let (folder, settings, stack) =
            (variable(FOLDER_VARIABLE), variable(SETTINGS_VARIABLE), variable(STACK_VARIABLE));
        self.decided(Here {
            folder_variable: folder.as_deref(),
            settings_variable: settings.as_deref(),
            stack_variable: stack.as_deref(),
            folder: Path::new(USUAL_FOLDER).is_dir(),
            settings: Path::new(USUAL_SETTINGS).is_file(),
        })
    }

    /// Flags go before the environment, and what was said before what lies here. Where two say different things
    /// nothing is guessed: a command for one family's gallery must not reach another's.
    fn decided(&self, here: Here<'_>) -> Result<Place> {
        let data = self.data.as_deref();
        let flag = |said: Option<&OsStr>, variable: Option<&OsStr>| said.is_some() && said != variable;
        let says_amazon = self.aws
            || self.region.is_some()
            || self.profile.is_some()
            || flag(self.config.as_deref().map(Path::as_os_str), here.settings_variable)
            || flag(self.stack.as_deref().map(OsStr::new), here.stack_variable);
        let says_folder = flag(data.map(Path::as_os_str), here.folder_variable);
        let amazon_variable = self.config.is_some() || self.stack.is_some();
        let amazon = || Place::Amazon { settings: self.settings(here) };
        let folder = || Place::Folder(data.unwrap_or(Path::new(USUAL_FOLDER)).to_owned());
        Ok(match (says_folder, says_amazon) {
            (true, true) => bail!("`--data` is a gallery on this machine, the other flags one on AWS: say one of them"),
            (true, false) => folder(),
            (false, true) => amazon(),
            (false, false) => match (data.is_some(), amazon_variable) {
                (true, true) => bail!(
                    "{FOLDER_VARIABLE} names a gallery on this machine and the environment one on AWS as well: say \
                     `--data FOLDER` or `--aws`"
                ),
                (true, false) => folder(),
                (false, true) => amazon(),
                (false, false) => match (here.folder, here.settings) {
                    (true, true) => bail!(
                        "here are both a gallery on this machine (`{USUAL_FOLDER}`) and one on AWS \
                         (`{USUAL_SETTINGS}`): say `--data {USUAL_FOLDER}` or `--aws`"
                    ),
                    (false, true) => amazon(),
                    (_, false) => folder(),
                },
            },
        })
    }

    /// The `heirloom.toml` that is meant. A stack that was named needs none.
    fn settings(&self, here: Here<'_>) -> Option<PathBuf> {
        let usual = (self.stack.is_none() && here.settings).then(|| PathBuf::from(USUAL_SETTINGS));
        self.config.clone().or(usual)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amazon(settings: Option<&str>) -> Place {
        Place::Amazon { settings: settings.map(PathBuf::from) }
    }

    #[test]
    fn what_was_said_decides() {
        let nothing = Here::default();
        let both = Here { folder: true, settings: true, ..nothing };
        let said = |data: Data, here| data.decided(here).unwrap();
        assert_eq!(said(Data::folder("x"), both), Place::Folder("x".into()));
        assert_eq!(said(Data { aws: true, ..Data::default() }, both), amazon(Some("heirloom.toml")));
        assert_eq!(said(Data { aws: true, ..Data::default() }, nothing), amazon(None));
        assert_eq!(said(Data { config: Some("a.toml".into()), ..Data::default() }, both), amazon(Some("a.toml")));
        assert_eq!(said(Data { stack: Some("a-gallery".into()), ..Data::default() }, both), amazon(None));
        assert_eq!(said(Data { profile: Some("me".into()), ..Data::default() }, both), amazon(Some("heirloom.toml")));
        let error = Data { aws: true, ..Data::folder("x") }.decided(nothing).unwrap_err().to_string();
        assert!(error.contains("say one of them"), "{error}");
    }

    #[test]
    fn flags_go_before_the_environment() {
        let here = Here { folder_variable: Some(OsStr::new("y")), ..Here::default() };
        let from_environment = Data::folder("y");
        assert_eq!(from_environment.decided(here).unwrap(), Place::Folder("y".into()));
        assert_eq!(Data { aws: true, ..from_environment.clone() }.decided(here).unwrap(), amazon(None));
        let here = Here { settings_variable: Some(OsStr::new("a.toml")), ..here };
        let error = Data { config: Some("a.toml".into()), ..from_environment }.decided(here).unwrap_err().to_string();
        assert!(error.contains("HEIRLOOM_DATA"), "{error}");
        let data = Data { config: Some("a.toml".into()), ..Data::folder("x") };
        assert_eq!(data.decided(here).unwrap(), Place::Folder("x".into()));
    }

    #[test]
    fn where_nothing_was_said_what_lies_here_decides() {
        let decided = |folder, settings| Data::default().decided(Here { folder, settings, ..Here::default() });
        assert_eq!(decided(false, false).unwrap(), Place::Folder(USUAL_FOLDER.into()));
        assert_eq!(decided(true, false).unwrap(), Place::Folder(USUAL_FOLDER.into()));
        assert_eq!(decided(false, true).unwrap(), amazon(Some("heirloom.toml")));
        let error = decided(true, true).unwrap_err().to_string();
        assert!(error.contains("--aws") && error.contains("--data heirloom-data"), "{error}");
    }
}
