//! A gallery within limits, and a client that says exactly what it is told to.

use std::net::SocketAddr;
use std::time::Duration;

use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use gallery::{Scope, ViewerName};
use jiff::Timestamp;
use local::Limits;
use local::machine::{Machine, Settings};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How long anything may take before a test counts as stuck: machines that test are slow and shared.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

const PASSWORD: &str = "correct horse battery staple of mine";

/// A picture that is no photo's: nothing in the gallery touches it.
pub(crate) const PICTURE: &str = "/pics/Garden/00000000000000000000/00-360.jpg";
/// A page of an album that the builder knows nothing of.
pub(crate) const PAGE: &str = "/albums/Garden/";
/// An original larger than what the system keeps of a connection's bytes.
pub(crate) const FILM: &str = "/originals/Garden/film.bin";
pub(crate) const FILM_BYTES: usize = 24 * 1024 * 1024;

pub(crate) struct Gallery {
    pub(crate) machine: Machine,
    pub(crate) folder: tempfile::TempDir,
    /// The header line of somebody who is signed in.
    pub(crate) cookie: String,
}

/// A gallery within these limits, at rest, with somebody who may see everything.
pub(crate) async fn within(limits: Limits) -> Gallery {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = Settings::new(folder.path()).on_free_ports().with_quick_passwords();
    settings.limits = limits;
    let machine = Machine::start(settings).await.unwrap();
    let name = ViewerName::parse("gerda").unwrap();
    machine.users().add(&name, &PASSWORD.to_owned().into(), Scope::All, Timestamp::now()).await.unwrap();
    let mut gallery = Gallery { machine, folder, cookie: String::new() };
    gallery.put("source", "Garden/film.bin", vec![7; FILM_BYTES]).await;
    tokio::time::timeout(PATIENCE, gallery.machine.settled()).await.unwrap();
    gallery.put("resized", &PICTURE[1..], vec![9; 50_000]).await;
    gallery.put("web", "albums/Garden/index.html", page("first")).await;
    let form = format!("name=gerda&password={}", PASSWORD.replace(' ', "+"));
    let host = gallery.address();
    let request = format!(
        "POST /auth/login HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nContent-Length: {}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\n\r\n{form}",
        form.len()
    );
    let answer = gallery.ask(&request).await;
    let cookie = answer.header("set-cookie").expect("signing in gives a cookie");
    gallery.cookie = format!("Cookie: {}", cookie.split(';').next().unwrap());
    gallery
}

/// A page with a word in it.
pub(crate) fn page(word: &str) -> Vec<u8> {
    format!("<!doctype html><p>{word}</p>{}", "<p>and a line that comes again</p>".repeat(100)).into_bytes()
}

impl Gallery {
    pub(crate) fn address(&self) -> SocketAddr {
        self.machine.address()
    }

    pub(crate) fn s3_address(&self) -> SocketAddr {
        self.machine.s3_endpoint().url.trim_start_matches("http://").parse().unwrap()
    }

    pub(crate) async fn put(&self, bucket: &str, key: &str, bytes: Vec<u8>) {
        let kind = if key.ends_with("/index.html") { "text/html; charset=utf-8" } else { "image/jpeg" };
        let put = self.machine.store().client().put_object().bucket(bucket).key(key).content_type(kind);
        put.body(ByteStream::from(bytes)).send().await.unwrap();
    }

    /// The target of a signed request that puts an object into `source`.
    pub(crate) async fn put_target(&self, key: &str) -> String {
        let hour = PresigningConfig::expires_in(Duration::from_hours(1)).unwrap();
        let client = gallery::store::at(&self.machine.s3_endpoint());
        let signed = client.put_object().bucket("source").key(key).presigned(hour).await.unwrap();
        signed.uri().strip_prefix(&self.machine.s3_endpoint().url).unwrap().to_owned()
    }

    /// A request of somebody who is signed in.
    pub(crate) fn signed_in(&self, path: &str, more: &str) -> String {
        format!("GET {path} HTTP/1.1\r\nHost: {}\r\n{}\r\n{more}\r\n", self.address(), self.cookie)
    }

    pub(crate) async fn connect(&self) -> Client {
        Client::to(self.address()).await
    }

    /// The answer to one request on a connection of its own.
    pub(crate) async fn ask(&self, request: &str) -> Answer {
        let mut client = self.connect().await;
        client.say(request).await;
        client.answer().await.expect("an answer")
    }
}

pub(crate) struct Client {
    pub(crate) stream: TcpStream,
    read: Vec<u8>,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

impl Client {
    pub(crate) async fn to(address: SocketAddr) -> Self {
        Self { stream: TcpStream::connect(address).await.unwrap(), read: Vec::new() }
    }

    /// Sends text. A server that has hung up is told by its answer, or by none.
    pub(crate) async fn say(&mut self, text: &str) {
        let _ = self.stream.write_all(text.as_bytes()).await;
    }

    /// The next answer, read by its length; `None` when the connection ends first.
    pub(crate) async fn answer(&mut self) -> Option<Answer> {
        let end = loop {
            if let Some(at) = self.read.windows(4).position(|window| window == b"\r\n\r\n") {
                break at + 4;
            }
            self.more().await?;
        };
        let head = String::from_utf8(self.read.drain(..end).collect()).unwrap();
        let status = head[9..12].parse().unwrap();
        let mut answer = Answer { status, head, body: Vec::new() };
        let length = answer.header("content-length").map_or(0, |length| length.parse().unwrap());
        if status != 304 && status != 100 {
            while self.read.len() < length {
                self.more().await?;
            }
            answer.body = self.read.drain(..length).collect();
        }
        Some(answer)
    }

    /// All that comes until the server closes.
    pub(crate) async fn rest(&mut self) -> Vec<u8> {
        while self.more().await.is_some() {}
        std::mem::take(&mut self.read)
    }

    async fn more(&mut self) -> Option<()> {
        let mut piece = vec![0; 64 * 1024];
        let count =
            tokio::time::timeout(PATIENCE, self.stream.read(&mut piece)).await.expect("the server says nothing");
        let count = count.unwrap_or(0);
        self.read.extend_from_slice(&piece[..count]);
        (count > 0).then_some(())
    }
}
