//! What `heirloom.toml` says that the owner's command needs. The deploy (`cdk/config/`) is who checks the whole file.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use login::Config;
use serde::Deserialize;

/// The most that `session_days` may be (`cdk/config/configuration.ts`).
pub(crate) const LONGEST_SESSION: Duration = Duration::from_hours(365 * 24);

/// A gallery on AWS as its owner wants it.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Settings {
    /// What the gallery is called on its pages.
    pub(crate) title: Option<String>,
    /// What stacks, buckets and functions are called.
    #[serde(default = "usual_name")]
    pub(crate) name: String,
    /// Where everything but the edge lives.
    pub(crate) region: String,
    /// The gallery's own host name; CloudFront's otherwise.
    pub(crate) domain: Option<String>,
    /// US dollars a month before the owner is told.
    #[serde(default = "usual_budget")]
    pub(crate) monthly_budget: f64,
    /// Days that a session lives at most.
    session_days: Option<u16>,
}

fn usual_name() -> String {
    "heirloom".to_owned()
}

fn usual_budget() -> f64 {
    5.0
}

impl Settings {
    /// Reads a `heirloom.toml`.
    pub(crate) fn read(file: &Path) -> Result<Self> {
        let shown = file.display();
        let text = fs::read_to_string(file).with_context(|| {
            format!(
                "cannot read the settings in `{shown}`: name the gallery's heirloom.toml with `--config`, or its \
                 stack with `--stack`"
            )
        })?;
        let settings: Self = toml::from_str(&text).map_err(|error| {
            // The library's own report draws the line, which the file's editor does better.
            let line = error.span().map(|span| text[..span.start.min(text.len())].matches('\n').count() + 1);
            let place = line.map(|line| format!(", line {line}")).unwrap_or_default();
            anyhow::anyhow!("`{shown}`{place}: {}", error.message())
        })?;
        let plain = |text: &str| text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        ensure!(
            !settings.name.is_empty() && plain(&settings.name),
            "`{shown}`: the name `{}` is none: small letters, digits and hyphens make one",
            settings.name
        );
        ensure!(
            !settings.region.is_empty() && plain(&settings.region),
            "`{shown}`: the region `{}` is none: write for instance \"eu-central-1\"",
            settings.region
        );
        Ok(settings)
    }

    /// What the stack with the gallery's buckets is called.
    pub(crate) fn stack(&self) -> String {
        format!("{}-gallery", self.name)
    }

    /// How long a session lives at most.
    pub(crate) fn session_lifetime(&self) -> Duration {
        self.session_days.map_or(Config::LIFETIME, |days| Duration::from_hours(24 * u64::from(days)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Settings> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("heirloom.toml");
        fs::write(&file, text).unwrap();
        Settings::read(&file)
    }

    #[test]
    fn the_example_is_read() {
        let settings = read(include_str!("../../../docs/heirloom.example.toml")).unwrap();
        assert_eq!((settings.stack().as_str(), settings.region.as_str()), ("heirloom-gallery", "eu-central-1"));
        assert!((settings.monthly_budget - 5.0).abs() < f64::EPSILON && settings.domain.is_none());
        assert_eq!(settings.session_lifetime(), Config::LIFETIME);
    }

    #[test]
    fn sessions_live_as_long_as_is_said() {
        let settings = read("region = \"x\"\nsession_days = 90\n").unwrap();
        assert_eq!(settings.session_lifetime(), Duration::from_hours(90 * 24));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let told = |text: &str| read(text).unwrap_err().to_string();
        assert!(told("title = \"x\"\nregion = 7\n").contains("line 2: invalid type"), "{}", told("region = 7"));
        assert!(told("title = \"x\"\n").contains("missing field `region`"));
        assert!(told("region = \"x\"\nname = \"a b\"\n").contains("the name `a b` is none"));
        assert!(told("region = \n").contains("line 1"));
        let missing = Settings::read(Path::new("nowhere/heirloom.toml")).unwrap_err().to_string();
        assert!(missing.contains("--config"), "{missing}");
    }
}
