//! How it feels: from a cold start to the login page, and from a dropped photo to the page that shows it.
//!
//!     cargo run --package heirloom-tests --example feel -- PATH/TO/heirloom [RUNS]
//!
//! Starts the real program on an empty folder each time and prints a line a figure: median, least and most of the runs,
//! in seconds.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use aws_sdk_s3::primitives::ByteStream;
use gallery::store::{Endpoint, at};
use heirloom_tests::{PASSWORD, Visitor, attributes};

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let program = PathBuf::from(arguments.next().context("name the heirloom program to measure")?).canonicalize()?;
    let runs = arguments.next().map_or(Ok(5), |runs| runs.parse())?;
    let runtime = tokio::runtime::Runtime::new()?;
    let photo = owner::sample::library().photos[0].paint();
    let (mut starts, mut photos) = (Vec::new(), Vec::new());
    for _ in 0..runs {
        let (start, shown) = runtime.block_on(once(&program, &photo))?;
        starts.push(start);
        photos.push(shown);
    }
    tell("cold start to the login page", starts);
    tell("a 12-megapixel photo dropped, until it is on the page", photos);
    Ok(())
}

fn tell(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let seconds = |time: Option<&Duration>| time.map_or(0.0, Duration::as_secs_f64);
    let median = seconds(times.get(times.len() / 2));
    println!("{what}: {median:.2} s (least {:.2}, most {:.2})", seconds(times.first()), seconds(times.last()));
}

/// Ends the gallery when it is dropped.
struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

async fn once(program: &Path, photo: &[u8]) -> Result<(Duration, Duration)> {
    let folder = tempfile::tempdir()?;
    let (port, s3_port) = (free_port()?, free_port()?);
    let address = format!("http://127.0.0.1:{port}");
    let since = Instant::now();
    let child = Command::new(program)
        .current_dir(folder.path())
        .args(["serve", "--port", &port.to_string(), "--s3-port", &s3_port.to_string()])
        .stdout(Stdio::null())
        .spawn()?;
    let serving = Serving(child);
    let mut visitor = Visitor::at(&address);
    while visitor.visit("/auth/login").await.is_err() {
        ensure!(since.elapsed() < Duration::from_secs(30), "the gallery does not start");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let started = since.elapsed();

    let mut adding = Command::new(program)
        .current_dir(folder.path())
        .args(["user", "add", "gerda", "--password-stdin"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()?;
    std::io::Write::write_all(&mut adding.stdin.take().context("piped")?, PASSWORD.as_bytes())?;
    ensure!(adding.wait()?.success(), "nobody could be let in");
    visitor.sign_in("gerda", PASSWORD).await?;

    let keys: serde_json::Value =
        serde_json::from_slice(&std::fs::read(folder.path().join("heirloom-data/credentials.json"))?)?;
    let text = |name: &str| keys[name].as_str().map(str::to_owned).context("a key pair");
    let client = at(&Endpoint {
        url: format!("http://127.0.0.1:{s3_port}"),
        access_key: text("access_key")?,
        secret_key: text("secret_key")?,
    });
    let since = Instant::now();
    let body = ByteStream::from(photo.to_vec());
    client.put_object().bucket("source").key("Family/photo.jpg").body(body).send().await?;
    visitor.page_when("/albums/Family/", |page| !attributes(page, "src", "/pics/").is_empty()).await?;
    let shown = since.elapsed();
    drop(serving);
    Ok((started, shown))
}

/// A port that nobody uses at this moment.
fn free_port() -> Result<u16> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
