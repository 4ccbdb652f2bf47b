//! The password for the mail server: out of the environment, out of a file that nobody else may read, or out of the
//! auth bucket.
//!
//! The bucket is where a gallery on AWS has it. It holds what is worth more already (the keys that sign sessions), is
//! encrypted, speaks TLS alone, and a role is given this one object of it; a parameter store would be one more service
//! to be let into, and one more client to build, for the same end.

use std::path::Path;

use gallery::store::Condition;
use gallery::{Key, Store, StoreError};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::settings::Settings;

/// The variable that may hold it.
pub const VARIABLE: &str = "HEIRLOOM_SMTP_PASSWORD";

/// Why there is no password.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// The file cannot be read.
    #[error("cannot read the mail server's password in `{file}`: {cause}")]
    File {
        /// The file.
        file: String,
        /// Why.
        cause: std::io::Error,
    },
    /// Others may read the file.
    #[error("others on this machine can read the password in `{0}`: `chmod 600 {0}` keeps it yours")]
    Open(String),
    /// S3 failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It is nowhere.
    #[error(
        "the mail server wants a password of `{0}` and there is none: `heirloom notify --set-password`, or set \
         {VARIABLE}, or name a file with `password_file`"
    )]
    None(String),
}

#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
struct Stored {
    password: String,
}

/// Puts the password into the auth bucket.
pub async fn store_password(store: &Store, password: &str) -> Result<(), StoreError> {
    let stored = Stored { password: password.to_owned() };
    store.write_json(&Key::MailPassword, &stored, Condition::Always).await.map(drop)
}

/// The password; `None` where nobody signs in.
pub(crate) async fn find(
    settings: &Settings,
    variable: Option<String>,
    store: &Store,
) -> Result<Option<(String, Zeroizing<String>)>, PasswordError> {
    let Some(user) = settings.user.clone() else { return Ok(None) };
    if let Some(password) = variable.filter(|password| !password.is_empty()) {
        return Ok(Some((user, password.into())));
    }
    if let Some(file) = &settings.password_file {
        return Ok(Some((user, in_file(file)?)));
    }
    match store.read_json::<Stored>(&Key::MailPassword).await? {
        Some((stored, _)) => Ok(Some((user, stored.password.clone().into()))),
        None => Err(PasswordError::None(user)),
    }
}

#[allow(clippy::disallowed_methods, reason = "the one file that the owner names")]
fn in_file(file: &Path) -> Result<Zeroizing<String>, PasswordError> {
    let failed = |cause| PasswordError::File { file: file.display().to_string(), cause };
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(file).map_err(failed)?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(PasswordError::Open(file.display().to_string()));
        }
    }
    let text = Zeroizing::new(std::fs::read_to_string(file).map_err(failed)?);
    Ok(text.trim_end_matches(['\n', '\r']).to_owned().into())
}
