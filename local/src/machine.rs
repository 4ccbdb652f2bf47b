//! A whole gallery on one machine: the data folder, the servers, the queues and the handlers behind them.

mod certificate;
mod clearing;
mod reconciling;
mod settings;
pub(crate) mod subscriptions;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gallery::Store;
use gallery::store::{BucketNames, Endpoint, StoreError};
use jiff::Timestamp;
use login::{Login, Uploads, Users};
use session::{Gate, PublicKeys, Verifier};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub use certificate::{CertificateError, expires as certificate_expires};
pub use settings::{Running, Settings, SettingsError};

use crate::Limits;
use crate::events::asked::Asked;
use crate::events::pump::Pump;
use crate::front::{self, Front};
use crate::s3::{self, Credentials, Folder, FolderError, InProcess, Server};
use subscriptions::{Handlers, subscriptions};

/// How long a stop waits for the last user of the folder.
const CLOSING: Duration = Duration::from_secs(5);

/// Whom the tokens of a gallery on one machine are for. Its keys are its own, so the name may be everybody's.
pub const AUDIENCE: &str = "this-machine";

/// Why a gallery did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data folder.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The buckets in it.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// A port.
    #[error("port {port} is taken by another program: stop it, or choose another with `{flag}`")]
    PortTaken {
        /// The port.
        port: u16,
        /// The flag that chooses another.
        flag: &'static str,
    },
    /// A port that cannot be listened on for another reason.
    #[error("cannot listen on {address}: {cause}; choose another port with `{flag}`")]
    Port {
        /// Where.
        address: SocketAddr,
        /// The flag that chooses another.
        flag: &'static str,
        /// What the system says.
        cause: std::io::Error,
    },
    /// The signing keys.
    #[error(transparent)]
    Keys(#[from] login::KeysError),
    /// The certificate for `https`.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The site's own files.
    #[error("cannot publish the site's own files: {0}")]
    Assets(#[from] StoreError),
}

/// A gallery that runs.
pub struct Machine {
    address: SocketAddr,
    endpoint: Endpoint,
    store: Store,
    users: Users,
    at_rest: watch::Receiver<bool>,
    photos: watch::Receiver<usize>,
    reconciled: watch::Receiver<bool>,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
    running: Running,
    folder: Arc<Folder>,
}

impl Machine {
    /// Starts on a folder, which is made if it is not there, or goes on where the last start on it stopped.
    pub async fn start(settings: Settings) -> Result<Self, StartError> {
        settings.make_folder()?;
        // The ports first: a second start on the same folder and ports should complain about what a person sees.
        let http = bind(settings.http, "--port").await?;
        let s3_listener = bind(settings.s3, "--s3-port").await?;
        let folder = open(&settings.data).await?;
        let credentials = settings.credentials()?;
        let server = Server::with_route(folder.clone(), &credentials, Asked::new(folder.clone()));
        let store = Store::new(server.client(), BucketNames::plain());

        let tls = settings.tls.then(|| certificate::acceptor(&settings.data)).transpose()?;
        let keys = login::load_or_create(&store, Timestamp::now()).await?.public()?;
        let (rekey, gate) = watch::channel(Arc::new(Gate::new(Verifier::new(keys.clone(), AUDIENCE))));
        let address = http.local_addr().map_err(|cause| port_error(settings.http, "--port", cause))?;
        let s3_address = s3_listener.local_addr().map_err(|cause| port_error(settings.s3, "--s3-port", cause))?;
        let endpoint = Endpoint {
            url: format!("http://{s3_address}"),
            access_key: credentials.access_key.clone(),
            secret_key: credentials.secret_key.clone(),
        };
        // Browsers reach the gallery, whatever it is called where they are, and perhaps not the S3 server.
        let uploads = Uploads::new(store.clone(), gallery::store::at(&endpoint)).at_the_gallery();
        let uploads = uploads.good_for(settings.uploads_good_for);
        let login = Arc::new(Login::new(store.clone(), settings.login()).with_uploads(uploads));
        let server = server.open_to(origins(address, settings.tls));
        let users = login.users().clone();
        let (handlers, clearing) = Handlers::new(store.clone(), &settings.title, settings.pictures_stay);
        handlers.builder.publish_assets().await?;

        let (stop, stopped) = watch::channel(false);
        let (told_reconciled, reconciled) = watch::channel(false);
        let pump = Pump::new(folder.clone(), store.clone(), subscriptions(&handlers));
        let (at_rest, photos) = (pump.at_rest(), pump.photos());
        let limits = settings.limits;
        let front = Front::new(folder.clone(), store.clone(), server.clone(), login.clone(), gate, limits.clone());
        let front = Arc::new(if settings.trust_proxy { front.behind_proxy() } else { front });
        let tasks = vec![
            tokio::spawn(front::listen(front, http, tls, until(stopped.clone()))),
            tokio::spawn(rekeying(store.clone(), keys, rekey, settings.keys_every, stopped.clone())),
            tokio::spawn(serving_s3(server, s3_listener, limits, until(stopped.clone()))),
            tokio::spawn(pumping(pump, stopped.clone())),
            tokio::spawn(clearing.run(stopped.clone())),
            tokio::spawn(reconciling::run(handlers, login, folder.clone(), told_reconciled, stopped)),
        ];
        let running = Running::announce(address, settings.tls, s3_address, &settings.data)?;
        Ok(Self { address, endpoint, store, users, at_rest, photos, reconciled, stop, tasks, running, folder })
    }

    /// Where the gallery listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The gallery's address for a browser: `http://127.0.0.1:8080`.
    pub fn origin(&self) -> String {
        self.running.origin()
    }

    /// Where the S3 server is, and with which keys.
    pub fn s3_endpoint(&self) -> Endpoint {
        self.endpoint.clone()
    }

    /// The buckets.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Who may look.
    pub fn users(&self) -> &Users {
        &self.users
    }

    /// How many new, changed and removed originals wait for the resizer, now and from now on.
    pub fn photos_waiting(&self) -> watch::Receiver<usize> {
        self.photos.clone()
    }

    /// Waits until everything that happened in the buckets has been dealt with.
    pub async fn settled(&self) {
        let mut reconciled = self.reconciled.clone();
        let mut at_rest = self.at_rest.clone();
        // A dropped sender means that the gallery is stopping: there is nothing to wait for.
        let _ = reconciled.wait_for(|&done| done).await;
        loop {
            let _ = at_rest.wait_for(|&rest| rest).await;
            match self.folder.changes_after(0, 1).await {
                Ok(left) if !left.is_empty() && at_rest.has_changed().is_ok() => tokio::task::yield_now().await,
                _ => return,
            }
        }
    }

    /// Stops: lets open requests and handlers end, and closes the folder.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        for task in self.tasks {
            if let Err(error) = task.await {
                tracing::error!("a part of the gallery crashed: {error}");
            }
        }
        self.running.withdraw();
        drop((self.store, self.users, self.at_rest));
        closed(self.folder).await;
    }
}

/// The addresses that browsers on this machine may have the gallery's pages from.
fn origins(address: SocketAddr, tls: bool) -> Vec<String> {
    let scheme = if tls { "https" } else { "http" };
    let port = address.port();
    [address.ip().to_string(), "localhost".to_owned()].map(|host| format!("{scheme}://{host}:{port}")).into()
}

/// Waits until nothing uses the folder any more, so that it can be opened again at once.
async fn closed(folder: Arc<Folder>) {
    let patience = Instant::now() + CLOSING;
    while Arc::strong_count(&folder) > 1 && Instant::now() < patience {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Opens the buckets of a gallery.
async fn open(data: &Path) -> Result<Arc<Folder>, FolderError> {
    let path = data.join("buckets");
    let folder = match tokio::task::spawn_blocking(move || Folder::open(&path)).await {
        Ok(opened) => opened?,
        Err(crash) => return Err(FolderError::Failed(crash.to_string())),
    };
    let names = BucketNames::plain();
    folder.ensure_buckets(&[&names.source, &names.resized, &names.web, &names.auth]).await?;
    Ok(folder)
}

/// The buckets of a gallery that does not run at the moment.
pub struct Resting {
    folder: Arc<Folder>,
    store: Store,
    server: Server,
    credentials: Credentials,
}

impl Resting {
    /// Opens them.
    pub async fn open(settings: &Settings) -> Result<Self, StartError> {
        settings.must_exist()?;
        let folder = open(&settings.data).await?;
        let credentials = settings.credentials()?;
        let server = Server::with_route(folder.clone(), &credentials, Asked::new(folder.clone()));
        let store = Store::new(server.client(), BucketNames::plain());
        Ok(Self { folder, store, server, credentials })
    }

    /// The buckets.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The way to the server in this process, which also answers for the queues, and its keys.
    pub fn transport(&self) -> (InProcess, &Credentials) {
        (InProcess::new(self.server.clone()), &self.credentials)
    }

    /// Closes them.
    pub async fn close(self) {
        drop((self.store, self.server));
        closed(self.folder).await;
    }
}

async fn bind(address: SocketAddr, flag: &'static str) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|cause| port_error(address, flag, cause))
}

fn port_error(address: SocketAddr, flag: &'static str, cause: std::io::Error) -> StartError {
    match cause.kind() {
        std::io::ErrorKind::AddrInUse => StartError::PortTaken { port: address.port(), flag },
        _ => StartError::Port { address, flag, cause },
    }
}

async fn until(mut stopped: watch::Receiver<bool>) {
    // A dropped sender means the same as a stop.
    let _ = stopped.wait_for(|&stop| stop).await;
}

async fn serving_s3(server: Server, listener: TcpListener, limits: Limits, stop: impl Future<Output = ()>) {
    s3::listen_within(server, listener, &limits, stop).await;
}

async fn pumping(pump: Pump, stopped: watch::Receiver<bool>) {
    if let Err(error) = pump.run(stopped).await {
        tracing::error!("what was dealt with last comes again with the next start: {error}");
    }
}

/// Gives the gate the keys as they are in the bucket, so that the owner can make and drop them while it runs.
async fn rekeying(
    store: Store,
    mut known: PublicKeys,
    gate: watch::Sender<Arc<Gate>>,
    every: Duration,
    stopped: watch::Receiver<bool>,
) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(every) => {}
            () = until(stopped.clone()) => return,
        }
        match login::public_keys(&store).await {
            Ok(keys) if keys.to_json() != known.to_json() => {
                gate.send_replace(Arc::new(Gate::new(Verifier::new(keys.clone(), AUDIENCE))));
                known = keys;
            }
            Ok(_) => {}
            Err(error) => tracing::error!("the gate keeps the keys it has: {error}"),
        }
    }
}
