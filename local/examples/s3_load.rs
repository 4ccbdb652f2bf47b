//! How fast the S3 server is, in a process of its own: puts and gets of 4 KB, pages of a large bucket, and how much
//! memory that takes.
//!
//! `make bench-storage`, or `cargo run -p heirloom-local --example s3_load [-- KEYS]`; KEYS are 100,000 unless given.
//!
//! The client must not be what is measured: the SDK takes several times as long to sign a request and to read a page of
//! XML as the server takes to answer. So every request is signed beforehand, and the client does nothing but write it to
//! a kept connection and read the answer. What the server itself spent is told as processor time beside that.
//!
//! What it has to reach on two cores with nothing else to do stands in [`Bounds`]; what misses it makes the run fail.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader as Lines};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Region};
use aws_sdk_s3::presigning::{PresignedRequest, PresigningConfig};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use futures::future::try_join_all;
use local::s3::{Credentials, Folder, Server, listen};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

const BUCKET: &str = "load";
const CONNECTIONS: usize = 32;
const BODY: usize = 4096;

/// So many requests of a kind are timed.
const TIMED: usize = 8000;

/// The least requests of 4 KB a second.
const LEAST_PUTS: f64 = 1500.0;
const LEAST_GETS: f64 = 4000.0;

/// The longest that half of the pages of 1,000 keys may take.
const LONGEST_PAGE: Duration = Duration::from_millis(20);

/// Megabytes of memory: the index's cache of 64 MB, what glibc keeps of it while it changes, and everything else.
const MOST_MEMORY: f64 = 256.0;

/// Megabytes by which it may grow while the same is asked again and again.
const MOST_GROWTH: f64 = 16.0;

/// What was to be reached and was not.
#[derive(Default)]
struct Bounds {
    missed: Vec<String>,
}

impl Bounds {
    fn hold(&mut self, kept: bool, what: impl FnOnce() -> String) {
        if !kept {
            self.missed.push(what());
        }
    }

    fn told(self) -> anyhow::Result<()> {
        ensure!(self.missed.is_empty(), "out of bounds: {}", self.missed.join("; "));
        println!("All within bounds.");
        Ok(())
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let first = std::env::args().nth(1);
    if first.as_deref() == Some("--serve") {
        return serve(&std::env::args().nth(2).context("a folder")?).await;
    }
    let keys: usize = first.map_or(Ok(100_000), |text| text.parse())?;
    let directory = tempfile::tempdir()?;
    let mut served = Served::start(directory.path())?;
    let client = client(&served.address);

    let mut bounds = Bounds::default();
    println!("{CONNECTIONS} connections, {} cores, load {}", cores(), load());
    for (method, least) in [("PUT", LEAST_PUTS), ("GET", LEAST_GETS)] {
        let requests = signed(&client, method, 0..TIMED).await?;
        let (time, spent) = timed(&served, requests).await?;
        let rate = TIMED as f64 / time;
        println!("{rate:.0} {method}s of 4 KB a second; {:.0} µs of processor time each", spent * 1e6);
        bounds.hold(rate >= least, || format!("{rate:.0} {method}s a second are fewer than {least}"));
    }
    let since = Instant::now();
    for from in (0..keys).step_by(20_000) {
        let requests = signed(&client, "PUT", from..keys.min(from + 20_000)).await?;
        timed(&served, requests).await?;
        println!("{} keys: {:.0} MB of memory", keys.min(from + 20_000), served.memory());
    }
    println!("{keys} keys signed and written in {:.0} s", since.elapsed().as_secs_f64());
    for (name, delimiter) in [("1,000 keys", false), ("the 100 folders", true)] {
        let mut times = Vec::new();
        let before = served.spent();
        for round in 0..100 {
            let after = if delimiter { String::new() } else { format!("albums/{:03}/", round % 90) };
            let list = client.list_objects_v2().bucket(BUCKET).prefix("albums/").start_after(after);
            let recorder = Recorder { address: served.address.clone(), ..Recorder::default() };
            let recording = client.config().to_builder().http_client(recorder.clone());
            let recording =
                list.set_delimiter(delimiter.then(|| "/".to_owned())).customize().config_override(recording);
            // It is signed, and goes no further than the recorder.
            let _ = recording.send().await;
            let request = recorder.request.lock().expect("no one crashed").clone();
            let (since, mut connection) = (Instant::now(), BufReader::new(TcpStream::connect(&served.address).await?));
            let page = ask(&mut connection, &request).await?;
            times.push(since.elapsed());
            let (contents, prefixes) = (page.matches("<Contents>").count(), page.matches("<CommonPrefixes>").count());
            let wanted = if delimiter { prefixes == 100.min(keys) } else { contents == 1000.min(keys) };
            ensure!(wanted || keys < 100_000, "the page holds {contents} keys and {prefixes} folders");
        }
        times.sort();
        let spent = (served.spent() - before) * 1000.0 / times.len() as f64;
        println!(
            "a page of {name}: half within {:.1?}, 99 in 100 within {:.1?}; {spent:.1} ms of processor time",
            times[49], times[98]
        );
        bounds.hold(times[49] < LONGEST_PAGE, || format!("a page of {name} takes {:.1?}", times[49]));
    }
    let mut first = None;
    for round in 0..3 {
        timed(&served, signed(&client, "GET", 0..20_000.min(keys)).await?).await?;
        let memory = served.memory();
        println!("after {} gets more: {memory:.0} MB of memory", (round + 1) * 20_000.min(keys));
        let grown = memory - *first.get_or_insert(memory);
        bounds.hold(memory < MOST_MEMORY, || format!("{memory:.0} MB of memory are more than {MOST_MEMORY}"));
        bounds.hold(grown < MOST_GROWTH, || format!("memory grew by {grown:.0} MB while the same was read"));
    }
    println!("the index is {} MB", std::fs::metadata(directory.path().join("index.redb"))?.len() / 1_000_000);
    served.child.kill()?;
    served.child.wait()?;
    bounds.told()
}

/// The server, until it is killed.
async fn serve(folder: &str) -> anyhow::Result<()> {
    let folder = Folder::open(folder.as_ref())?;
    folder.ensure_buckets(&[BUCKET]).await?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    listen(Server::new(folder, &pair()), listener, std::future::pending()).await;
    Ok(())
}

fn pair() -> Credentials {
    Credentials { access_key: "load".to_owned(), secret_key: "load".to_owned() }
}

/// The server's process.
struct Served {
    child: Child,
    address: String,
}

impl Served {
    fn start(folder: &std::path::Path) -> anyhow::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        let mut child = command.arg("--serve").arg(folder).stdout(Stdio::piped()).spawn()?;
        let mut address = String::new();
        Lines::new(child.stdout.take().context("a pipe")?).read_line(&mut address)?;
        Ok(Self { child, address: address.trim().to_owned() })
    }

    /// In MB; 0 where there is no `/proc`.
    fn memory(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
        line.split_whitespace().next().and_then(|kilobytes| kilobytes.parse().ok()).unwrap_or(0.0) / 1000.0
    }

    /// Seconds of processor time (proc(5): fields 14 and 15, in hundredths).
    fn spent(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap_or_default();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let field = |n: usize| fields.get(n - 3).and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0);
        (field(14) + field(15)) / 100.0
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

fn load() -> String {
    let told = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    told.split_whitespace().next().unwrap_or("unknown").to_owned()
}

fn client(address: &str) -> Client {
    let pair = pair();
    let pair = aws_sdk_s3::config::Credentials::new(pair.access_key, pair.secret_key, None, None, "load");
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .credentials_provider(pair)
        .endpoint_url(format!("http://{address}"))
        .force_path_style(true)
        .http_client(aws_smithy_http_client::Builder::new().build_http());
    Client::from_conf(config.build())
}

/// Takes a signed request instead of sending it: the SDK signs no listing beforehand.
#[derive(Clone, Debug, Default)]
struct Recorder {
    address: String,
    request: Arc<Mutex<Vec<u8>>>,
}

impl HttpClient for Recorder {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Recorder {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.uri().trim_start_matches("http://").trim_start_matches(&self.address);
        let mut head = format!("{} {target} HTTP/1.1\r\nhost: {}\r\n", request.method(), self.address);
        for (name, value) in request.headers() {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        *self.request.lock().expect("no one crashed") = format!("{head}\r\n").into_bytes();
        HttpConnectorFuture::ready(Err(ConnectorError::user("recorded".into())))
    }
}

fn signing() -> anyhow::Result<PresigningConfig> {
    Ok(PresigningConfig::expires_in(Duration::from_hours(1))?)
}

/// Requests for these keys.
async fn signed(client: &Client, method: &str, keys: std::ops::Range<usize>) -> anyhow::Result<Vec<Vec<u8>>> {
    let mut requests = Vec::with_capacity(keys.len());
    for n in keys {
        let key = format!("albums/{:03}/photo {n:07}.jpg", n % 100);
        let (request, length) = match method {
            "PUT" => (client.put_object().bucket(BUCKET).key(key).presigned(signing()?).await?, BODY),
            _ => (client.get_object().bucket(BUCKET).key(key).presigned(signing()?).await?, 0),
        };
        let host = request.uri().trim_start_matches("http://").split('/').next().unwrap_or_default().to_owned();
        requests.push(plain(&request, &host, method, length));
    }
    Ok(requests)
}

fn plain(request: &PresignedRequest, address: &str, method: &str, length: usize) -> Vec<u8> {
    let target = request.uri().trim_start_matches("http://").trim_start_matches(address);
    let head = format!("{method} {target} HTTP/1.1\r\nhost: {address}\r\ncontent-length: {length}\r\n\r\n");
    [head.as_bytes(), &vec![7; length]].concat()
}

/// Sends requests over kept connections. Returns the seconds that passed, and the server's processor time for each.
async fn timed(served: &Served, requests: Vec<Vec<u8>>) -> anyhow::Result<(f64, f64)> {
    let (since, before, count) = (Instant::now(), served.spent(), requests.len() as f64);
    let connections = requests.chunks(requests.len().div_ceil(CONNECTIONS)).map(|requests| {
        let (requests, address) = (requests.to_vec(), served.address.clone());
        let work = tokio::spawn(async move {
            let mut connection = BufReader::new(TcpStream::connect(address).await?);
            for request in requests {
                ask(&mut connection, &request).await?;
            }
            anyhow::Ok(())
        });
        async { work.await? }
    });
    try_join_all(connections).await?;
    Ok((since.elapsed().as_secs_f64(), (served.spent() - before) / count))
}

/// Sends a request and reads the answer's body.
async fn ask(connection: &mut BufReader<TcpStream>, request: &[u8]) -> anyhow::Result<String> {
    connection.write_all(request).await?;
    let (mut line, mut length, mut chunked) = (String::new(), 0, false);
    connection.read_line(&mut line).await?;
    ensure!(line.starts_with("HTTP/1.1 200"), "{line}");
    while line != "\r\n" {
        line.clear();
        connection.read_line(&mut line).await?;
        if let Some(value) = line.strip_prefix("content-length: ") {
            length = value.trim().parse()?;
        }
        chunked |= line.starts_with("transfer-encoding: chunked");
    }
    let mut body = Vec::new();
    loop {
        if chunked {
            line.clear();
            connection.read_line(&mut line).await?;
            length = usize::from_str_radix(line.trim(), 16)?;
        }
        let from = body.len();
        body.resize(from + length, 0);
        connection.read_exact(&mut body[from..]).await?;
        if !chunked {
            return Ok(String::from_utf8_lossy(&body).into_owned());
        }
        line.clear();
        connection.read_line(&mut line).await?;
        if length == 0 {
            return Ok(String::from_utf8_lossy(&body).into_owned());
        }
    }
}
