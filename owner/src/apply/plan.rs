//! What has to change, from what a file says and who is let in.

use std::collections::BTreeMap;

use gallery::{Scope, ViewerName};
use login::User;
use serde::{Deserialize, Serialize};

/// A viewer in the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    pub(super) sees: Sees,
    #[serde(default)]
    pub(super) signs_in: SignsIn,
    /// A command whose first line is the password of somebody new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) password_command: Option<String>,
}

/// What somebody may see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "`sees` is \"everything\" or a list of collections")]
pub(super) enum Sees {
    /// "everything".
    Word(String),
    /// Collections.
    List(Vec<String>),
}

/// How somebody new comes in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum SignsIn {
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
        .filter_map(|(name, (scope, entry))| match known_by_name.get(name) {
            None => Some(Change::Add { name, scope, entry }),
            Some(user) if user.scope != *scope => Some(Change::Scope { name, from: &user.scope, to: scope }),
            Some(_) => None,
        })
        .collect();
    if remove {
        let gone = known.iter().filter(|user| !wanted.contains_key(&user.name));
        changes.extend(gone.map(|user| Change::Remove { name: &user.name }));
    }
    changes
}

impl Change<'_> {
    pub(super) fn name(&self) -> &ViewerName {
        match self {
            Self::Add { name, .. } | Self::Scope { name, .. } | Self::Remove { name } => name,
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
            Self::Remove { name } => serde_json::json!({ "remove": name }),
        }
    }
}
