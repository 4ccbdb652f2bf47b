//! A server over a temporary folder, and clients of it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Region};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::primitives::ByteStream;
use local::s3::{Credentials, Folder, InProcess, Server, listen};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// The bucket that is always there.
pub(crate) const BUCKET: &str = "photos";

pub(crate) struct Running {
    pub(crate) folder: Arc<Folder>,
    pub(crate) server: Server,
    /// Without a socket.
    pub(crate) near: Client,
    /// Over the socket.
    pub(crate) far: Client,
    pub(crate) address: String,
    directory: Option<tempfile::TempDir>,
    stop: Option<oneshot::Sender<()>>,
    listening: Option<JoinHandle<()>>,
}

pub(crate) fn credentials() -> Credentials {
    Credentials { access_key: "heirloom".into(), secret_key: "a secret for tests alone".into() }
}

impl Running {
    pub(crate) async fn start() -> Self {
        Self::start_in(tempfile::tempdir().unwrap()).await
    }

    pub(crate) async fn start_in(directory: tempfile::TempDir) -> Self {
        let folder = Folder::open(directory.path()).unwrap();
        folder.ensure_buckets(&[BUCKET]).await.unwrap();
        let server = Server::new(Arc::clone(&folder), &credentials());
        let near = near_client(&server, &credentials());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (stop, stopped) = oneshot::channel::<()>();
        let listening = tokio::spawn(listen(server.clone(), listener, async move {
            let _ = stopped.await;
        }));
        let far = far_client(&address, &credentials());
        let (stop, listening, directory) = (Some(stop), Some(listening), Some(directory));
        Self { folder, server, near, far, address, directory, stop, listening }
    }

    /// Both clients, for behaviours that must not depend on the way.
    pub(crate) fn clients(&self) -> [&Client; 2] {
        [&self.near, &self.far]
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.as_ref().unwrap().path()
    }

    /// Stops everything, as Ctrl-C does, and gives back the folder.
    pub(crate) async fn stop(mut self) -> tempfile::TempDir {
        drop(self.stop.take());
        self.listening.take().unwrap().await.unwrap();
        self.directory.take().unwrap()
    }

    /// Stops and starts over the same folder.
    pub(crate) async fn restart(self) -> Self {
        let directory = self.stop().await;
        Self::start_in(directory).await
    }

    /// Every file of the folder below this one.
    pub(crate) fn files(&self, below: &str) -> Vec<PathBuf> {
        files(&self.path().join(below))
    }
}

pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

pub(crate) fn far_client(address: &str, credentials: &Credentials) -> Client {
    let pair =
        aws_sdk_s3::config::Credentials::new(&credentials.access_key, &credentials.secret_key, None, None, "test");
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .credentials_provider(pair)
        .endpoint_url(format!("http://{address}"))
        .force_path_style(true)
        .http_client(aws_smithy_http_client::Builder::new().build_http());
    Client::from_conf(config.build())
}

/// A client without a socket that signs all the same.
pub(crate) fn near_client(server: &Server, credentials: &Credentials) -> Client {
    let config = far_client("in-process.invalid", credentials).config().to_builder();
    Client::from_conf(config.http_client(InProcess::new(server.clone())).build())
}

pub(crate) async fn put(client: &Client, key: &str, bytes: impl Into<Vec<u8>>) -> String {
    let sent = client.put_object().bucket(BUCKET).key(key).body(ByteStream::from(bytes.into())).send().await.unwrap();
    sent.e_tag.unwrap()
}

/// The bytes of an object; `None` when there is none.
pub(crate) async fn get(client: &Client, key: &str) -> Option<Vec<u8>> {
    match client.get_object().bucket(BUCKET).key(key).send().await {
        Ok(object) => Some(object.body.collect().await.unwrap().to_vec()),
        Err(error) if code(&error) == "NoSuchKey" => None,
        Err(error) => panic!("{key:?}: {error:?}"),
    }
}

/// S3's code of an error.
pub(crate) fn code<E: ProvideErrorMetadata>(error: &SdkError<E>) -> String {
    error.as_service_error().and_then(|error| error.code()).unwrap_or("none").to_owned()
}

/// HTTP's status of an error.
pub(crate) fn status<E>(error: &SdkError<E>) -> u16 {
    error.raw_response().map_or(0, |response| response.status().as_u16())
}

/// Bytes that compress badly and repeat nowhere within the test.
pub(crate) fn noise(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        // Marsaglia's xorshift64.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}
