//! The answers that the gate gives itself. None has a body, all have the security headers, none may be kept.

use crate::cookie;
use crate::headers::SECURITY;
use crate::next::Next;
use crate::viewer_request::{Header, Headers, Response};

/// Why a request does not go on.
pub(super) enum Refusal {
    /// The path or the body is not in the one form.
    Malformed,
    /// Another method than these.
    Method(&'static str),
    /// A form larger than any of ours.
    TooLarge,
    /// A person without a session.
    SignIn(Next),
    /// A person whose session has to be looked at again.
    Renew(Next),
    /// A part of a page, without a session.
    Unauthorised,
    /// Two sessions at once. Only this clears the cookie: when a token does not hold, another tab may be renewing it.
    SeveralSessions {
        /// Whether a person is waiting for a page.
        navigates: bool,
    },
    /// A page's path without its slash.
    Slash(String),
}

impl Refusal {
    pub(super) fn response(self) -> Response {
        let found = |location| answer("302", "Found", [("location", location)]);
        match self {
            Self::Malformed => answer("400", "Bad Request", []),
            Self::Method(allow) => answer("405", "Method Not Allowed", [("allow", allow.to_owned())]),
            Self::TooLarge => answer("413", "Content Too Large", []),
            Self::SignIn(next) => found(next.through("/auth/login")),
            Self::Renew(next) => found(next.through("/auth/renew")),
            Self::Unauthorised => answer("401", "Unauthorized", []),
            Self::SeveralSessions { navigates: true } => answer(
                "302",
                "Found",
                [("location", Next::home().through("/auth/login")), ("set-cookie", cookie::clear())],
            ),
            Self::SeveralSessions { navigates: false } => {
                answer("401", "Unauthorized", [("set-cookie", cookie::clear())])
            }
            Self::Slash(location) => found(location),
        }
    }
}

fn answer<const N: usize>(status: &str, description: &str, own: [(&str, String); N]) -> Response {
    let common = SECURITY.iter().map(|&(name, value)| (name, value.to_owned()));
    let no_store = ("cache-control", "no-store".to_owned());
    let headers: Headers = common
        .chain([no_store])
        .chain(own)
        .map(|(name, value)| (name.to_owned(), vec![Header { key: Some(name.to_owned()), value }]))
        .collect();
    Response {
        status: status.to_owned(),
        status_description: Some(description.to_owned()),
        headers,
        body: None,
        body_encoding: None,
    }
}
