//! What a server bears from its clients: each limit once, with its name, its unit and what it is against.

use std::str::FromStr;
use std::time::Duration;

/// The limits of one server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections served at once; further ones wait to be accepted.
    pub connections: usize,
    /// How long a client may take to agree on encryption.
    pub handshake: Duration,
    /// How long a client may take to send the head of a request, and how long a connection may rest between two.
    pub head: Duration,
    /// The most bytes of a request's head.
    pub head_bytes: usize,
    /// The most header lines of a request.
    pub headers: usize,
    /// How long a client may neither send of a body nor take of an answer a single byte.
    pub stall: Duration,
    /// How long a client may take to send a form of the gallery's, from its first byte to its last.
    pub form: Duration,
    /// The most bytes of such a form.
    pub form_bytes: usize,
    /// How long answers under way may take once the server is asked to stop.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4096,
            handshake: Duration::from_secs(10),
            head: Duration::from_secs(20),
            // What CloudFront takes (AWS, "Quotas on CloudFront": length of a request with its headers).
            head_bytes: 32 * 1024,
            headers: 100,
            stall: Duration::from_mins(1),
            form: Duration::from_secs(30),
            // Twice what a function at the edge is shown.
            form_bytes: 80 * 1024,
            drain: Duration::from_secs(10),
        }
    }
}

/// What is told of a limit, and where it is kept.
struct Told {
    name: &'static str,
    unit: &'static str,
    against: &'static str,
    get: fn(&Limits) -> u64,
    set: fn(&mut Limits, u64),
}

macro_rules! amount {
    ($field:ident) => {
        (|limits| limits.$field as u64, |limits, value| limits.$field = usize::try_from(value).unwrap_or(usize::MAX))
    };
}

macro_rules! seconds {
    ($field:ident) => {
        (|limits| limits.$field.as_secs(), |limits, value| limits.$field = Duration::from_secs(value))
    };
}

macro_rules! told {
    ($($name:literal, $unit:literal, $access:expr, $against:literal;)*) => {
        [$({
            let (get, set): (fn(&Limits) -> u64, fn(&mut Limits, u64)) = $access;
            Told { name: $name, unit: $unit, against: $against, get, set }
        }),*]
    };
}

/// Every limit, in the order in which a request meets them.
fn told() -> [Told; 9] {
    told![
        "connections", "at once", amount!(connections), "clients that open connections and say nothing; further ones wait to be accepted";
        "handshake", "seconds", seconds!(handshake), "clients that begin to encrypt and do not go on";
        "head", "seconds", seconds!(head), "heads that come byte by byte, and connections that rest between two requests";
        "head-bytes", "bytes", amount!(head_bytes), "floods of headers and endless addresses; answered 431 or 414";
        "headers", "lines", amount!(headers), "floods of headers; answered 431";
        "stall", "seconds", seconds!(stall), "uploads that stop in the middle, and downloads that nobody takes";
        "form", "seconds", seconds!(form), "forms that come byte by byte; answered 408";
        "form-bytes", "bytes", amount!(form_bytes), "forms without an end; answered 413";
        "drain", "seconds", seconds!(drain), "answers that would keep a gallery from stopping: what is under way then may end within this time";
    ]
}

/// A limit that was asked for and is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LimitError {
    /// Not `name=number`.
    #[error("`{0}` is no limit: write NAME=NUMBER, for example stall=120")]
    Form(String),
    /// A name that no limit has.
    #[error("there is no limit `{name}`: there are {known}")]
    Unknown {
        /// The name.
        name: String,
        /// Those that there are.
        known: String,
    },
    /// Nothing would get through.
    #[error("the limit `{name}` is at least {least}: with less no browser could use the gallery")]
    TooLow {
        /// The name.
        name: String,
        /// What it has to be.
        least: u64,
    },
}

/// One limit and what it is to be: `stall=120`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    name: &'static str,
    value: u64,
}

impl FromStr for Limit {
    type Err = LimitError;

    fn from_str(text: &str) -> Result<Self, LimitError> {
        let form = || LimitError::Form(text.to_owned());
        let (name, value) = text.split_once('=').ok_or_else(form)?;
        let value: u64 = value.trim().parse().map_err(|_| form())?;
        let Some(told) = told().into_iter().find(|told| told.name == name.trim()) else {
            let known = told().map(|told| told.name).join(", ");
            return Err(LimitError::Unknown { name: name.trim().to_owned(), known });
        };
        // hyper reads heads into at least 8 KiB.
        let least = if told.name == "head-bytes" { 8192 } else { 1 };
        if value < least {
            return Err(LimitError::TooLow { name: told.name.to_owned(), least });
        }
        Ok(Self { name: told.name, value })
    }
}

impl Limits {
    /// These limits with others in their place.
    #[must_use]
    pub fn with(mut self, others: &[Limit]) -> Self {
        for other in others {
            if let Some(told) = told().into_iter().find(|told| told.name == other.name) {
                (told.set)(&mut self, other.value);
            }
        }
        self
    }

    /// The table of the documentation: name, usual value, what it is against.
    pub fn table(&self) -> String {
        let rows =
            told().map(|told| format!("| `{}` | {} {} | {} |\n", told.name, (told.get)(self), told.unit, told.against));
        format!("| limit | usual | against |\n|---|--:|---|\n{}", rows.concat())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_limit_can_be_set_by_its_name_and_no_other_changes() {
        let usual = Limits::default();
        let mut seen = Vec::new();
        for one in told() {
            let limit: Limit = format!("{}=9999", one.name).parse().unwrap();
            let changed = usual.clone().with(&[limit]);
            assert_eq!((one.get)(&changed), 9999);
            let others = told().into_iter().filter(|other| other.name != one.name);
            assert!(others.into_iter().all(|other| (other.get)(&changed) == (other.get)(&usual)), "{}", one.name);
            seen.push(one.name);
        }
        seen.dedup();
        assert_eq!(seen.len(), told().len());
    }

    #[test]
    fn what_is_no_limit_is_told_so() {
        for (text, sentence) in [
            ("stall", "write NAME=NUMBER"),
            ("stall=", "write NAME=NUMBER"),
            ("stall=-1", "write NAME=NUMBER"),
            ("stahl=1", "there is no limit `stahl`: there are connections, handshake"),
            ("stall=0", "is at least 1"),
            ("head-bytes=100", "is at least 8192"),
        ] {
            let error = text.parse::<Limit>().unwrap_err().to_string();
            assert!(error.contains(sentence), "{text}: {error}");
        }
    }

    #[test]
    fn the_documentation_tells_the_limits_as_they_are() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let page = std::fs::read_to_string(root.join("docs/limits.md")).unwrap();
        let table = Limits::default().table();
        assert!(page.contains(&table), "docs/limits.md should hold this table:\n{table}");
    }
}
