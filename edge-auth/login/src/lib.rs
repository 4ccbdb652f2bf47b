//! Signing in, staying signed in, signing out.
//!
//! In: the event of a Lambda function URL and the time. Out: its response, with a token in a cookie when a viewer is who
//! they say ([`Login`]). The records of viewers ([`users`]) and the keys that sign ([`keys`]) lie in the auth bucket;
//! the owner's command writes them through the same functions.
//!
//! Whether a request may see a picture is decided by `session`'s gate, without asking anybody here. The home pages that
//! scopes need are the builder's: this crate only leaves a record that a scope exists.

pub mod audit;
pub mod foreign;
pub mod keys;
pub mod passphrase;
pub mod password;
mod texts;
pub mod throttle;
mod title;
pub mod users;

mod address;
mod answer;
mod asked;
mod devices;
mod handler;
mod invitations;
mod mail;
mod origin;
mod page;
mod renewal;
mod secret;
mod upload;

pub use address::AddressPrefix;
pub use audit::Audit;
pub use handler::{Config, Login};
pub use invitations::{Invitation, Invitations};
pub use keys::{KeysError, load_or_create, public_keys};
pub use mail::{Language, Mail, MailAddress, NoAddress};
pub use password::{Cost, Hasher, Unfit};
pub use secret::Secret;
pub use upload::Uploads;
pub use users::{Role, User, Users, UsersError};
