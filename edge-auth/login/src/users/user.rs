//! A viewer as stored, and what they may do.

use gallery::{Scope, ViewerName};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::mail::Mail;

/// A viewer as stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Their name, which is also the object's.
    pub name: ViewerName,
    /// The PHC string of the password; none for a viewer who was invited and has not chosen one.
    pub password: Option<String>,
    /// What they may see.
    pub scope: Scope,
    /// Tokens of another generation end at their next renewal.
    pub generation: u64,
    /// Devices remembered in an older generation begin no sessions.
    #[serde(default)]
    pub devices_from: u64,
    /// When they were added.
    pub created: Timestamp,
    /// What they may do besides looking. It is read from here each time, so that it ends at once.
    #[serde(default, skip_serializing_if = "Role::is_viewer")]
    pub role: Role,
    /// Where they are told of new photos; nowhere when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail: Option<Mail>,
}

/// What a viewer may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Look.
    #[default]
    Viewer,
    /// Add photos from a browser as well, to what they may see.
    Owner,
}

impl Role {
    /// Whether they may add photos.
    pub fn is_owner(self) -> bool {
        self == Self::Owner
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
    fn is_viewer(&self) -> bool {
        *self == Self::Viewer
    }
}

impl User {
    /// Whether somebody has the same password and may see the same.
    pub fn is_let_in_as(&self, other: &Self) -> bool {
        (&self.name, &self.password, &self.scope) == (&other.name, &other.password, &other.scope)
    }
}
