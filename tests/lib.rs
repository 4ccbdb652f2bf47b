//! Journeys end to end, against a gallery that runs: real HTTP, real S3, real files in a folder of its own.
//!
//! [`Home`] is a gallery with an owner, [`Visitor`] a person with a browser of the plainest kind. Assertions look at
//! what lies in the buckets and at what a visitor is shown.

mod browser;
mod crowd;
mod measured;

pub use browser::chromium;

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use gallery::keys::{BUCKETS, Bucket};
use gallery::{Scope, Store, ViewerName};
use jiff::{SignedDuration, Timestamp};
use local::machine::{AUDIENCE, Machine, Settings};
use reqwest::header::{ACCEPT, COOKIE, LOCATION, ORIGIN, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Method, Response, StatusCode};
use session::{Session, Verifier};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The password of every viewer here.
pub const PASSWORD: &str = "correct horse battery staple of mine";

/// How long anything may take before a journey counts as stuck. Generous: machines that test are slow and shared.
pub const PATIENCE: Duration = Duration::from_secs(90);

/// A gallery that runs, and its owner.
pub struct Home {
    folder: TempDir,
    machine: Option<Machine>,
}

impl Home {
    /// A new gallery in an empty folder.
    pub async fn start() -> Result<Self> {
        let mut home = Self { folder: tempfile::tempdir()?, machine: None };
        home.restart().await?;
        Ok(home)
    }

    /// The same with other settings.
    pub async fn start_with(change: impl FnOnce(&mut Settings)) -> Result<Self> {
        let mut home = Self { folder: tempfile::tempdir()?, machine: None };
        let mut settings = home.settings();
        change(&mut settings);
        home.machine = Some(Machine::start(settings).await?);
        Ok(home)
    }

    /// Stops the gallery, if it runs, and starts it on the same folder.
    pub async fn restart(&mut self) -> Result<()> {
        self.begin(false).await
    }

    /// The same, over https from now on.
    pub async fn restart_with_tls(&mut self) -> Result<()> {
        self.begin(true).await
    }

    async fn begin(&mut self, tls: bool) -> Result<()> {
        self.stop().await;
        let mut settings = self.settings();
        settings.tls = tls;
        self.machine = Some(Machine::start(settings).await?);
        Ok(())
    }

    fn settings(&self) -> Settings {
        let mut settings = Settings::new(self.folder.path()).on_free_ports().with_quick_passwords();
        settings.keys_every = Duration::from_millis(100);
        settings.pictures_stay = Duration::ZERO;
        settings
    }

    /// The data folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Stops the gallery.
    pub async fn stop(&mut self) {
        if let Some(machine) = self.machine.take() {
            machine.stop().await;
        }
    }

    /// The running gallery.
    pub fn machine(&self) -> &Machine {
        self.machine.as_ref().expect("the gallery runs")
    }

    /// The gallery's address, without a slash at the end.
    pub fn address(&self) -> String {
        format!("http://{}", self.machine().address())
    }

    /// The four buckets, as the handlers see them.
    pub fn store(&self) -> &Store {
        self.machine().store()
    }

    /// An S3 client over a socket, as the owner's tools have it.
    pub fn owner(&self) -> Client {
        gallery::store::at(&self.machine().s3_endpoint())
    }

    /// Puts a file into the source bucket.
    pub async fn upload(&self, key: &str, bytes: impl Into<Vec<u8>>) -> Result<()> {
        let put = self.owner().put_object().bucket("source").key(key).body(ByteStream::from(bytes.into()));
        put.send().await.with_context(|| format!("uploading {key}"))?;
        Ok(())
    }

    /// Puts a small photo into the source bucket.
    pub async fn upload_photo(&self, key: &str, seed: u64) -> Result<()> {
        self.upload(key, owner::sample::small(seed, 640, 480)).await
    }

    /// Removes a file from the source bucket.
    pub async fn remove(&self, key: &str) -> Result<()> {
        self.owner().delete_object().bucket("source").key(key).send().await?;
        Ok(())
    }

    /// Waits until every event has been dealt with.
    pub async fn settled(&self) -> Result<()> {
        tokio::time::timeout(PATIENCE, self.machine().settled()).await.context("the queues never came to rest")
    }

    /// Every key in a bucket, in order.
    pub async fn keys(&self, bucket: Bucket) -> Result<Vec<String>> {
        Ok(self.store().list(bucket, "").all().await?.into_iter().map(|listed| listed.path).collect())
    }

    /// The same, once they are as many as expected: what a replaced photo left goes a moment after the queues came to rest.
    pub async fn keys_when(&self, bucket: Bucket, expected: usize) -> Result<Vec<String>> {
        let since = Instant::now();
        loop {
            let keys = self.keys(bucket).await?;
            if keys.len() == expected || since.elapsed() > PATIENCE {
                return Ok(keys);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Every key in all buckets that holds `text`.
    pub async fn keys_with(&self, text: &str) -> Result<Vec<String>> {
        let mut found = Vec::new();
        for bucket in BUCKETS {
            found.extend(self.keys(bucket).await?.into_iter().filter(|key| key.contains(text)));
        }
        Ok(found)
    }

    /// Lets somebody in.
    pub async fn let_in(&self, name: &str, scope: Scope) -> Result<ViewerName> {
        let name: ViewerName = name.parse()?;
        self.machine().users().add(&name, &PASSWORD.to_owned().into(), scope, Timestamp::now()).await?;
        Ok(name)
    }

    /// Makes a visitor's session older by so much, as if they had come back after that time.
    pub async fn age(&self, visitor: &mut Visitor, by: SignedDuration) -> Result<()> {
        let (now, ring) = (Timestamp::now(), login::keys::load(self.store()).await?);
        let token = visitor.cookie.as_deref().context("a visitor with a session")?;
        let verified = Verifier::new(ring.public()?, AUDIENCE).verify(token, now.as_second())?;
        let session = verified.session().clone();
        let back = |at: i64| at - by.as_secs();
        let aged = Session {
            issued: back(session.issued),
            recheck_after: back(session.recheck_after),
            expires: back(session.expires),
            ..session
        };
        visitor.cookie = Some(ring.signing(now).mint(&aged, AUDIENCE)?);
        Ok(())
    }

    /// Somebody who comes by without a session.
    pub fn stranger(&self) -> Visitor {
        Visitor::at(&self.address())
    }

    /// Somebody who is signed in.
    pub async fn viewer(&self, name: &str, scope: Scope) -> Result<Visitor> {
        self.let_in(name, scope).await?;
        let mut visitor = self.stranger();
        let answer = visitor.sign_in(name, PASSWORD).await?;
        ensure!(answer.status() == StatusCode::SEE_OTHER, "signing in was answered {}", answer.status());
        Ok(visitor)
    }
}

/// A person with a browser of the plainest kind: it follows nothing by itself and keeps one cookie.
#[derive(Clone)]
pub struct Visitor {
    client: reqwest::Client,
    address: String,
    /// The session cookie's value.
    pub cookie: Option<String>,
}

impl Visitor {
    /// Somebody without a session, at the gallery of this address.
    pub fn at(address: &str) -> Self {
        let client = reqwest::Client::builder().redirect(Policy::none()).build().expect("a client without TLS");
        Self { client, address: address.to_owned(), cookie: None }
    }

    /// Asks for a path as somebody does who types it in.
    pub async fn visit(&self, path: &str) -> Result<Response> {
        let request = self.client.get(format!("{}{path}", self.address));
        self.send(request.header(ACCEPT, "text/html").header("sec-fetch-mode", "navigate")).await
    }

    /// Asks for a path and goes where the answers lead, as a browser does.
    pub async fn follow(&mut self, path: &str) -> Result<Response> {
        let mut path = path.to_owned();
        for _ in 0..5 {
            let answer = self.visit(&path).await?;
            self.keep_cookie(&answer)?;
            if !answer.status().is_redirection() {
                return Ok(answer);
            }
            location(&answer).clone_into(&mut path);
        }
        bail!("{path} leads in a circle")
    }

    /// Asks for a path as a page does for its pictures.
    pub async fn fetch(&self, path: &str) -> Result<Response> {
        self.send(self.request(Method::GET, path)).await
    }

    /// The head of the answer to a path that is sent as it is: clients tidy paths before they send them.
    pub async fn raw(&self, path: &str) -> Result<String> {
        let host = self.address.trim_start_matches("http://");
        let cookie = self.cookie.as_deref().unwrap_or_default();
        let mut stream = TcpStream::connect(host).await?;
        let name = session::cookie::NAME;
        let head =
            format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nCookie: {name}={cookie}\r\nConnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        let answer = String::from_utf8_lossy(&answer);
        Ok(answer.split("\r\n\r\n").next().unwrap_or_default().to_owned())
    }

    /// A request to add to.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, format!("{}{path}", self.address)).header(ACCEPT, "*/*")
    }

    /// Sends a request with the cookie.
    pub async fn send(&self, request: reqwest::RequestBuilder) -> Result<Response> {
        let request = match &self.cookie {
            Some(value) => request.header(COOKIE, format!("{}={value}", session::cookie::NAME)),
            None => request,
        };
        Ok(request.send().await?)
    }

    /// Sends a form from a page of this gallery, and keeps or drops the cookie as the answer says.
    pub async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Result<Response> {
        let request = self.request(Method::POST, path).header(ORIGIN, &self.address).form(form);
        let answer = self.send(request).await?;
        self.keep_cookie(&answer)?;
        Ok(answer)
    }

    fn keep_cookie(&mut self, answer: &Response) -> Result<()> {
        for line in answer.headers().get_all(SET_COOKIE) {
            let pair = line.to_str()?.split(';').next().unwrap_or_default();
            if let Some((session::cookie::NAME, value)) = pair.split_once('=') {
                self.cookie = Some(value.to_owned()).filter(|value| !value.is_empty());
            }
        }
        Ok(())
    }

    /// Sends the login form.
    pub async fn sign_in(&mut self, name: &str, password: &str) -> Result<Response> {
        self.post("/auth/login", &[("name", name), ("password", password), ("next", "/")]).await
    }

    /// The text of a page that must be there.
    pub async fn page(&self, path: &str) -> Result<String> {
        let answer = self.visit(path).await?;
        ensure!(answer.status() == StatusCode::OK, "{path} was answered {}", answer.status());
        Ok(answer.text().await?)
    }

    /// The text of a page, once it is as expected.
    pub async fn page_when(&self, path: &str, ready: impl Fn(&str) -> bool) -> Result<String> {
        let since = Instant::now();
        loop {
            let answer = self.visit(path).await?;
            let status = answer.status();
            let page = answer.text().await?;
            if status == StatusCode::OK && ready(&page) {
                return Ok(page);
            }
            if since.elapsed() > PATIENCE {
                bail!("{path} never became as expected; last answer {status}:\n{page}");
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// Where an answer sends the browser.
pub fn location(answer: &Response) -> &str {
    answer.headers().get(LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// The values of an attribute that begin with `prefix`, in the order of the page.
pub fn attributes<'a>(page: &'a str, name: &str, prefix: &str) -> Vec<&'a str> {
    let opening = format!("{name}=\"{prefix}");
    page.match_indices(&opening)
        .map(|(at, _)| {
            let rest = &page[at + name.len() + 2..];
            &rest[..rest.find('"').unwrap_or(rest.len())]
        })
        .collect()
}
