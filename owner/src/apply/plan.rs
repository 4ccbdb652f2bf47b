//! What has to change, from what a file says and who is let in.

use std::collections::BTreeMap;

use gallery::{Scope, ViewerName};
use login::{Language, MailAddress, User};
use serde::{Deserialize, Serialize};

/// A viewer in the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    pub(crate) sees: Sees,
    #[serde(default)]
    pub(crate) signs_in: SignsIn,
    /// Where they are told of new photos.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) email: Option<MailAddress>,
    /// The language of the mails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) language: Option<Language>,
    /// A command whose first line is the password of somebody new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) password_command: Option<String>,
}

/// What somebody may see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "`sees` is \"everything\" or a list of collections")]
pub(crate) enum Sees {
    /// "everything".
    Word(String),
    /// Collections.
    List(Vec<String>),
}

/// How somebody new comes in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SignsIn {
    /// With a password.
    #[default]
    Password,
    /// With a link.
    Invitation,
}

/// One change.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Change<'a> {
    Add { name: &'a ViewerName, scope: &'a Scope, entry: &'a Entry },
    Scope { name: &'a ViewerName, from: &'a Scope, to: &'a Scope },
    Email { name: &'a ViewerName, entry: &'a Entry },
    Remove { name: &'a ViewerName },
}

/// The changes, by name; those who go come last.
pub(super) fn plan<'a>(
    wanted: &'a BTreeMap<ViewerName, (Scope, Entry)>,
    known: &'a [User],
    remove: bool,
) -> Vec<Change<'a>> {
    let known_by_name: BTreeMap<&ViewerName, &User> = known.iter().map(|user| (&user.name, user)).collect();
    let mut changes: Vec<Change<'a>> = wanted
        .iter()
        .flat_map(|(name, (scope, entry))| {
            let Some(user) = known_by_name.get(name) else {
                return vec![Change::Add { name, scope, entry }];
            };
            let scope = (user.scope != *scope).then_some(Change::Scope { name, from: &user.scope, to: scope });
            scope.into_iter().chain(entry.writes_otherwise(user).then_some(Change::Email { name, entry })).collect()
        })
        .collect();
    if remove {
        let gone = known.iter().filter(|user| !wanted.contains_key(&user.name));
        changes.extend(gone.map(|user| Change::Remove { name: &user.name }));
    }
    changes
}

impl Entry {
    fn address(&self) -> &str {
        self.email.as_ref().map_or("", MailAddress::as_str)
    }

    /// Whether the file says another address or language than somebody has. A file that says no address takes none away:
    /// those written before there were addresses name none.
    fn writes_otherwise(&self, user: &User) -> bool {
        let (known, language) =
            (user.mail.as_ref().map(|mail| &mail.address), user.mail.as_ref().and_then(|m| m.language));
        self.email.is_some() && (self.email.as_ref() != known || (self.language.is_some() && self.language != language))
    }
}

impl Change<'_> {
    pub(super) fn name(&self) -> &ViewerName {
        match self {
            Self::Add { name, .. } | Self::Scope { name, .. } | Self::Email { name, .. } | Self::Remove { name } => {
                name
            }
        }
    }

    /// As a line of a diff.
    pub(super) fn line(&self, seen: &dyn Fn(&Scope) -> String) -> String {
        match self {
            Self::Add { name, scope, entry } => {
                let by = match entry.signs_in {
                    SignsIn::Password => "with a password",
                    SignsIn::Invitation => "by invitation",
                };
                format!("+ {name}  {by}, sees {}", seen(scope))
            }
            Self::Scope { name, from, to } => format!("~ {name}  sees {} instead of {}", seen(to), seen(from)),
            Self::Email { name, entry } => format!("~ {name}  is written to at {}", entry.address()),
            Self::Remove { name } => format!("- {name}"),
        }
    }

    /// The same for programs.
    pub(super) fn json(&self, seen: &dyn Fn(&Scope) -> String) -> serde_json::Value {
        match self {
            Self::Add { name, scope, entry } => {
                serde_json::json!({ "add": name, "sees": seen(scope), "signs_in": entry.signs_in })
            }
            Self::Scope { name, from, to } => {
                serde_json::json!({ "change": name, "sees": seen(to), "saw": seen(from) })
            }
            Self::Email { name, entry } => {
                serde_json::json!({ "change": name, "email": entry.email, "language": entry.language })
            }
            Self::Remove { name } => serde_json::json!({ "remove": name }),
        }
    }
}
