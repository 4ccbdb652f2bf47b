//! What a gallery is started with, and the small files beside its buckets.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use data_encoding::HEXLOWER;
use login::Cost;
use serde::{Deserialize, Serialize};

use super::AUDIENCE;
use crate::Limits;
use crate::durable;
use crate::s3::Credentials;

/// The keys for the S3 server, in the data folder.
const CREDENTIALS: &str = "credentials.json";

/// Where a running gallery can be reached, in the data folder.
const RUNNING: &str = "running.json";

/// Why a data folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// It cannot be made or written to.
    #[error("cannot write to the data folder `{folder}`: {cause}; choose another with `--data`")]
    NotWritable {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        cause: std::io::Error,
    },
    /// There is no gallery in it.
    #[error(
        "there is no gallery in `{0}`: start one with `heirloom serve --data {0}`, or name the folder of yours with \
         `--data`"
    )]
    NoGallery(PathBuf),
    /// Whether there is one cannot be seen.
    #[error(
        "cannot look at `{file}`: {cause}; run this as the user whose gallery it is, or name the folder of yours with \
         `--data`"
    )]
    NotReadable {
        /// The file.
        file: PathBuf,
        /// What the system says.
        cause: std::io::Error,
    },
    /// One of the small files does not say what it should.
    #[error("`{file}` cannot be read: {cause}; remove it and start again to have it made anew")]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        cause: String,
    },
    /// The system gives no random bytes.
    #[error("the system gives no random numbers to make keys of: {0}")]
    Random(String),
}

/// What a gallery is started with.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The folder that holds everything.
    pub data: PathBuf,
    /// Where the gallery listens.
    pub http: SocketAddr,
    /// Where the S3 server listens.
    pub s3: SocketAddr,
    /// What the gallery is called.
    pub title: String,
    /// How much work a password is.
    pub password_cost: Cost,
    /// Whether the gallery speaks `https`, with a certificate of its own.
    pub tls: bool,
    /// Whether a proxy on this machine is believed about who asks (`X-Forwarded-For`).
    pub trust_proxy: bool,
    /// How often the gate looks for new signing keys.
    pub keys_every: Duration,
    /// How long a request that the upload page got signed is good.
    pub uploads_good_for: Duration,
    /// How long a page goes on finding the pictures that it names after the next has taken its place.
    pub pictures_stay: Duration,
    /// What both servers bear from their clients.
    pub limits: Limits,
}

impl Settings {
    /// The usual settings: ports 8080 and 9000, on this machine alone.
    pub fn new(data: impl Into<PathBuf>) -> Self {
        Self {
            data: data.into(),
            http: (Ipv4Addr::LOCALHOST, 8080).into(),
            s3: (Ipv4Addr::LOCALHOST, 9000).into(),
            title: "Heirloom".to_owned(),
            password_cost: Cost::RECOMMENDED,
            tls: false,
            trust_proxy: false,
            keys_every: Duration::from_secs(20),
            uploads_good_for: Duration::from_mins(10),
            pictures_stay: Duration::from_mins(1),
            limits: Limits::default(),
        }
    }

    /// On whichever ports are free.
    #[must_use]
    pub fn on_free_ports(mut self) -> Self {
        self.http.set_port(0);
        self.s3.set_port(0);
        self
    }

    /// With passwords that cost next to nothing to check, for tests.
    #[must_use]
    pub fn with_quick_passwords(mut self) -> Self {
        self.password_cost = Cost::LEAST;
        self
    }

    /// What the login function is told.
    pub(super) fn login(&self) -> login::Config {
        login::Config { cost: self.password_cost, ..login::Config::new(&self.title, AUDIENCE) }
    }

    /// Makes the data folder, readable by its owner alone.
    pub fn make_folder(&self) -> Result<(), SettingsError> {
        let not_writable = |cause| SettingsError::NotWritable { folder: self.data.clone(), cause };
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        durable::make_folder(&self.data, &builder).map_err(not_writable)?;
        let probe = self.data.join(".probe");
        fs::write(&probe, b"").and_then(|()| fs::remove_file(&probe)).map_err(not_writable)
    }

    /// Refuses a folder without a gallery.
    pub(super) fn must_exist(&self) -> Result<(), SettingsError> {
        let file = self.data.join(CREDENTIALS);
        match file.try_exists() {
            Ok(true) => Ok(()),
            Ok(false) => Err(SettingsError::NoGallery(self.data.clone())),
            Err(cause) => Err(SettingsError::NotReadable { file, cause }),
        }
    }

    /// The S3 server's keys, made at the first start.
    pub fn credentials(&self) -> Result<Credentials, SettingsError> {
        let file = self.data.join(CREDENTIALS);
        match fs::read(&file) {
            Ok(bytes) => serde_json::from_slice::<KeyPair>(&bytes)
                .map(Credentials::from)
                .map_err(|e| SettingsError::Unreadable { file, cause: e.to_string() }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let pair = KeyPair::generate()?;
                write_private(&file, &pair)
                    .map_err(|cause| SettingsError::NotWritable { folder: self.data.clone(), cause })?;
                Ok(pair.into())
            }
            Err(cause) => Err(SettingsError::NotReadable { file, cause }),
        }
    }
}

/// The keys for the S3 server, as they are kept.
#[derive(Serialize, Deserialize)]
struct KeyPair {
    access_key: String,
    secret_key: String,
}

impl From<KeyPair> for Credentials {
    fn from(pair: KeyPair) -> Self {
        Self { access_key: pair.access_key, secret_key: pair.secret_key }
    }
}

impl KeyPair {
    fn generate() -> Result<Self, SettingsError> {
        let mut random = [0; 30];
        getrandom::fill(&mut random).map_err(|e| SettingsError::Random(e.to_string()))?;
        let text = HEXLOWER.encode(&random);
        let (id, secret) = text.split_at(20);
        Ok(Self { access_key: id.to_uppercase(), secret_key: secret.to_owned() })
    }
}

/// Where a running gallery can be reached by the owner's other commands.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Running {
    /// The gallery.
    pub http: SocketAddr,
    /// Whether it speaks `https`.
    #[serde(default)]
    pub tls: bool,
    /// The S3 server.
    pub s3: SocketAddr,
    /// The process.
    pub process: u32,
    #[serde(skip)]
    file: PathBuf,
}

impl Running {
    pub(super) fn announce(http: SocketAddr, tls: bool, s3: SocketAddr, data: &Path) -> Result<Self, SettingsError> {
        let file = data.join(RUNNING);
        let running = Self { http, tls, s3, process: std::process::id(), file };
        write_private(&running.file, &running)
            .map_err(|cause| SettingsError::NotWritable { folder: data.to_owned(), cause })?;
        Ok(running)
    }

    /// What the gallery on this folder announced.
    pub fn on(data: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(data.join(RUNNING)).ok()?).ok()
    }

    /// The gallery's address for a browser.
    pub fn origin(&self) -> String {
        format!("{}://{}", if self.tls { "https" } else { "http" }, self.http)
    }

    pub(super) fn withdraw(&self) {
        if let Err(error) = fs::remove_file(&self.file) {
            tracing::debug!("cannot remove {}: {error}", self.file.display());
        }
    }
}

fn write_private<T: Serialize>(file: &Path, value: &T) -> std::io::Result<()> {
    let json = serde_json::to_vec_pretty(value).expect("a record of ours holds nothing that JSON cannot");
    durable::write_private(file, &json)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_folder_that_cannot_be_looked_into_is_not_called_empty() {
        let folder = tempfile::tempdir().unwrap();
        let sentence = |data: &Path| Settings::new(data).must_exist().unwrap_err().to_string();
        let nothing = folder.path().join("nothing");
        let way_out = format!("`heirloom serve --data {}`", nothing.display());
        assert!(sentence(&nothing).contains(&way_out), "{}", sentence(&nothing));
        // Not somebody else's folder: whoever runs the tests may be root, who sees through that.
        let file = folder.path().join("file");
        fs::write(&file, b"").unwrap();
        let told = sentence(&file.join("inside"));
        assert!(told.contains("cannot look at") && !told.contains("heirloom serve"), "{told}");
    }
}
