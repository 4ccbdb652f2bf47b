//! `[mail]` in `heirloom.toml` or `mail.toml`: which server takes the letters, and who they are from.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use jiff::SignedDuration;
use lettre::message::Mailbox;
use serde::{Deserialize, Serialize};

/// What is wrong with the settings.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// No TOML, or not these settings.
    #[error("`{file}`{place}: {what}")]
    Unreadable {
        /// The file.
        file: String,
        /// `, line 3`
        place: String,
        /// What is wrong.
        what: String,
    },
    /// There is no such table.
    #[error("`{0}` has no table [mail]: docs/notify.md shows one")]
    NoTable(String),
    /// A setting that is none.
    #[error("`{file}`: {what}")]
    Wrong {
        /// The file.
        file: String,
        /// What is wrong, and the way out.
        what: String,
    },
}

/// How the line to the server is kept private.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    /// It begins in the clear and must turn private before anything is said: port 587.
    #[default]
    Starttls,
    /// It is private from its first byte on: port 465.
    Tls,
    /// It is not: for a server on this very machine.
    None,
}

/// Which server takes the letters, and who they are from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The server's name.
    pub server: String,
    /// Its port; 587, 465 or 25 otherwise, as `tls` says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// How the line is kept private.
    #[serde(default)]
    pub tls: Tls,
    /// The name to sign in to the server with; without one nobody signs in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// A file with the password, which nobody else may read. On this machine alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_file: Option<PathBuf>,
    /// A certificate to trust besides the usual ones, in PEM. On this machine alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
    /// Who the letters are from: `photos@example.org`.
    pub from: String,
    /// The gallery's address, as viewers reach it; the running gallery's or the stack's otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// How many hours nothing new has to have come before what came is told.
    #[serde(default = "usual_quiet")]
    pub quiet_hours: u16,
}

fn usual_quiet() -> u16 {
    3
}

#[derive(Deserialize)]
struct File {
    mail: Option<toml::Value>,
}

impl Settings {
    /// Reads the table out of a file's text. `file` is its name in sentences.
    pub fn read(text: &str, file: &str) -> Result<Self, SettingsError> {
        let read = Self::read_if_there(text, file)?;
        read.ok_or_else(|| SettingsError::NoTable(file.to_owned()))
    }

    /// The same where there need not be one.
    pub fn read_if_there(text: &str, file: &str) -> Result<Option<Self>, SettingsError> {
        let unreadable = |error: &toml::de::Error| SettingsError::Unreadable {
            file: file.to_owned(),
            place: error.span().map_or_else(String::new, |span| {
                format!(", line {}", text[..span.start.min(text.len())].matches('\n').count() + 1)
            }),
            what: error.message().replace('\n', " "),
        };
        let Some(table) = toml::from_str::<File>(text).map_err(|e| unreadable(&e))?.mail else { return Ok(None) };
        let settings: Self = table.try_into().map_err(|error: toml::de::Error| SettingsError::Wrong {
            file: file.to_owned(),
            what: format!("[mail]: {}", error.message().replace('\n', " ")),
        })?;
        settings.checked(file).map(Some)
    }

    /// The settings, if they make sense.
    pub fn checked(self, file: &str) -> Result<Self, SettingsError> {
        let wrong = |what: String| Err(SettingsError::Wrong { file: file.to_owned(), what });
        if self.server.is_empty() || !self.server.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.:".contains(&b)) {
            return wrong(format!(
                "the mail server `{}` is no host name: write server = \"smtp.example.org\"",
                self.server.escape_debug()
            ));
        }
        if self.sender().is_none() {
            return wrong(format!(
                "`from` is no e-mail address but `{}`: write from = \"photos@example.org\"",
                self.from.escape_debug()
            ));
        }
        if self.tls == Tls::None && !self.is_here() {
            return wrong(format!(
                "tls = \"none\" is for a mail server on this machine, and `{}` is elsewhere: write \"starttls\" or \"tls\"",
                self.server
            ));
        }
        for (port, other, tls) in [(465, Tls::Starttls, "tls"), (587, Tls::Tls, "starttls")] {
            if self.port == Some(port) && self.tls == other {
                return wrong(format!("port {port} wants another `tls`: write tls = \"{tls}\" beside it"));
            }
        }
        if let Some(address) = &self.address
            && !is_address(address)
        {
            return wrong(format!(
                "`address` is where viewers reach the gallery, such as \"https://photos.example.org\", and not `{}`",
                address.escape_debug()
            ));
        }
        if !(0..=168).contains(&self.quiet_hours) {
            return wrong("`quiet_hours` is a number of hours from 0 to 168".to_owned());
        }
        Ok(self)
    }

    /// Who the letters are from, without a name, which is the gallery's title.
    pub fn sender(&self) -> Option<Mailbox> {
        self.from.parse().ok()
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(match self.tls {
            Tls::Starttls => 587,
            Tls::Tls => 465,
            Tls::None => 25,
        })
    }

    /// How long nothing new has to have come.
    pub fn quiet(&self) -> SignedDuration {
        SignedDuration::from_hours(i64::from(self.quiet_hours))
    }

    /// Whether the server is on this machine.
    fn is_here(&self) -> bool {
        self.server == "localhost"
            || self.server.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback() || ip == IpAddr::from(Ipv4Addr::LOCALHOST))
    }
}

/// Whether a text is where a gallery can be: an origin that fits into a header as it stands.
pub(crate) fn is_address(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|host| {
        !host.is_empty()
            && host.len() <= 260
            && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.:[]".contains(&b))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAST: &str = "title = \"x\"\n[mail]\nserver = \"smtp.example.org\"\nfrom = \"photos@example.org\"\n";

    #[test]
    fn two_lines_are_enough() {
        let settings = Settings::read(LEAST, "heirloom.toml").unwrap();
        assert_eq!((settings.port(), settings.tls, settings.quiet_hours), (587, Tls::Starttls, 3));
        assert_eq!(Settings::read(&format!("{LEAST}tls = \"tls\"\n"), "x").unwrap().port(), 465);
        assert!(Settings::read(&format!("{LEAST}from = \"x\"\n"), "x").is_err(), "twice");
        assert_eq!(Settings::read_if_there("title = \"x\"", "x").unwrap(), None);
    }

    #[test]
    fn what_is_wrong_is_told_with_the_way_out() {
        let told = |text: &str| Settings::read(text, "mail.toml").unwrap_err().to_string();
        let with = |line: &str| told(&format!("[mail]\nserver = \"smtp.example.org\"\nfrom = \"a@b.c\"\n{line}\n"));
        assert!(told("x = 1").contains("docs/notify.md"));
        assert!(told("[mail]\nserver = \"s\"\n").contains("missing field `from`"));
        assert!(told("[mail]\nserver = \"a b\"\nfrom = \"a@b.c\"\n").contains("no host name"));
        assert!(told("[mail]\nserver = \"s\"\nfrom = \"a@b.c\\r\\nBcc: x@y.z\"\n").contains("`from` is no e-mail"));
        assert!(with("tls = \"none\"").contains("elsewhere"));
        assert!(with("tls = \"ssl\"").contains("starttls"), "{}", with("tls = \"ssl\""));
        assert!(with("port = 465").contains("tls = \"tls\""));
        assert!(with("port = 587\ntls = \"tls\"").contains("tls = \"starttls\""));
        assert!(with("pasword = \"x\"").contains("unknown field `pasword`"));
        assert!(with("address = \"photos.example.org\"").contains("https://"));
        assert!(with("address = \"https://a/\\r\\nX: y\"").contains("https://"));
        assert!(with("quiet_hours = 999").contains("0 to 168"));
        assert!(told("[mail\n").contains("line 1"), "{}", told("[mail\n"));
        let here = "[mail]\nserver = \"127.0.0.1\"\nport = 2525\ntls = \"none\"\nfrom = \"a@b.c\"\n";
        assert_eq!(Settings::read(here, "x").unwrap().port(), 2525);
    }
}
