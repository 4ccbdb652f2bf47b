//! For tests of what others do while a command is at work: a gallery that rests, and a way to it on which something else
//! comes first.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use aws_sdk_s3::Client;
use aws_sdk_s3::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_s3::config::{BehaviorVersion, ConfigBag, Credentials, Intercept, Region};
use aws_sdk_s3::error::BoxError;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use clap::Parser;
use futures::FutureExt;
use futures::future::BoxFuture;
use gallery::store::BucketNames;
use gallery::{Bucket, Store};
use local::machine::{Resting, Settings};
use local::s3::{IN_PROCESS, InProcess};

use crate::cli::{Arguments, Command};

/// A gallery that rests, in a folder of its own, and room for photos beside it.
pub(crate) struct Gallery {
    folder: tempfile::TempDir,
    resting: Resting,
}

impl Gallery {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        std::fs::create_dir(&data).unwrap();
        let settings = Settings::new(data);
        settings.credentials().unwrap();
        let resting = Resting::open(&settings).await.unwrap();
        Self { folder, resting }
    }

    /// Where photos lie that are to come.
    pub(crate) fn photos(&self) -> PathBuf {
        self.folder.path().join("Photos")
    }

    pub(crate) fn store(&self) -> &Store {
        self.resting.store()
    }

    /// The same buckets, but something else happens before the first request of this method whose address has this part.
    pub(crate) fn after(
        &self,
        act: impl Future<Output = ()> + Send + 'static,
        method: &'static str,
        part: &'static str,
    ) -> Store {
        let (inner, keys) = self.resting.transport();
        let way = Way { inner, method, part, act: Arc::new(Mutex::new(Some(act.boxed()))) };
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("us-east-1"))
            .credentials_provider(Credentials::new(&keys.access_key, &keys.secret_key, None, None, "test"))
            .endpoint_url(IN_PROCESS)
            .force_path_style(true)
            .http_client(way);
        Store::new(Client::from_conf(config.build()), BucketNames::plain())
    }

    /// What somebody else puts there.
    pub(crate) fn put(&self, key: &'static str, bytes: &'static [u8]) -> impl Future<Output = ()> + Send + use<> {
        let store = self.store().clone();
        async move {
            let put = store.client().put_object().bucket(store.name(Bucket::Source)).key(key);
            put.body(bytes.to_vec().into()).send().await.unwrap();
        }
    }

    /// What lies there.
    pub(crate) async fn holds(&self, key: &str) -> Option<Vec<u8>> {
        let object = self.store().read_path(Bucket::Source, key).await.unwrap();
        object.map(|object| object.bytes.to_vec())
    }

    /// Every key.
    pub(crate) async fn keys(&self) -> Vec<String> {
        let listed = self.store().list(Bucket::Source, "").all().await.unwrap();
        listed.into_iter().map(|listed| listed.path).collect()
    }
}

/// The same buckets, but no request of this method, or of any, whose address has this part gets there.
pub(crate) fn cut_off(store: &Store, method: Option<&'static str>, part: &'static str) -> Store {
    let config = store.client().config().to_builder().interceptor(Cut { method, part });
    Store::new(Client::from_conf(config.build()), BucketNames::plain())
}

#[derive(Debug)]
struct Cut {
    method: Option<&'static str>,
    part: &'static str,
}

impl Intercept for Cut {
    fn name(&self) -> &'static str {
        "cut"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request();
        let is_meant = self.method.is_none_or(|method| request.method() == method) && request.uri().contains(self.part);
        if is_meant { Err("connection reset by peer".into()) } else { Ok(()) }
    }
}

/// Writes a file and the folders above it.
pub(crate) fn write(file: &Path, bytes: impl AsRef<[u8]>) {
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, bytes).unwrap();
}

/// What the command line asks.
pub(crate) fn asked(arguments: &[&str]) -> Command {
    Arguments::parse_from([&["heirloom"], arguments].concat()).command
}

#[derive(Clone)]
struct Way {
    inner: InProcess,
    method: &'static str,
    part: &'static str,
    act: Arc<Mutex<Option<BoxFuture<'static, ()>>>>,
}

impl fmt::Debug for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Way").field("method", &self.method).field("part", &self.part).finish_non_exhaustive()
    }
}

impl HttpClient for Way {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Way {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let is_meant = request.method() == self.method && request.uri().contains(self.part);
        let act = if is_meant { self.act.lock().unwrap().take() } else { None };
        let inner = self.inner.clone();
        HttpConnectorFuture::new(async move {
            if let Some(act) = act {
                act.await;
            }
            inner.call(request).await
        })
    }
}
