//! How fast the S3 server is: puts and gets of 4 KB over a socket, and pages of a large bucket.
//!
//! `cargo run -p heirloom-local --example s3_load [-- KEYS]`; KEYS (100,000 unless given) are listed in pages.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Region};
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use futures::future::try_join_all;
use local::s3::{Credentials, Folder, Server, listen};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

const BUCKET: &str = "load";
const CLIENTS: usize = 32;
const BODY: usize = 4096;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let keys: usize = std::env::args().nth(1).map_or(Ok(100_000), |text| text.parse())?;
    let directory = tempfile::tempdir()?;
    let folder = Folder::open(directory.path())?;
    folder.ensure_buckets(&[BUCKET]).await?;
    let pair = Credentials { access_key: "load".to_owned(), secret_key: "load".to_owned() };
    let server = Server::new(Arc::clone(&folder), &pair);
    let near = server.client(&pair);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(listen(server, listener, std::future::pending()));
    let far = far_client(&format!("http://{address}"), &pair);

    for method in ["PUT", "GET"] {
        let rate = bare(&near, &far, &address.to_string(), method, 8000).await?;
        println!("{rate:.0} {method}s of 4 KB a second, from a client that does nothing else");
    }
    let filled = timed(&near, keys, |client, n| async move {
        put(&client, &format!("albums/{:03}/photo {n:07}.jpg", n % 100)).await
    });
    println!("{keys} keys written in {:.1} s", filled.await?.as_secs_f64());
    for client in [&far, &near] {
        for (name, delimiter) in [("1,000 keys", None), ("100 common prefixes", Some("/"))] {
            let list = || {
                client.list_objects_v2().bucket(BUCKET).prefix("albums/").set_delimiter(delimiter.map(str::to_owned))
            };
            let mut times = Vec::new();
            for round in 0..50 {
                let after = if delimiter.is_none() { format!("albums/{:03}/", round * 2) } else { String::new() };
                let start = Instant::now();
                let page = list().start_after(after).send().await?;
                times.push(start.elapsed());
                anyhow::ensure!(page.key_count.unwrap_or_default() > 0, "empty page");
            }
            times.sort();
            println!("a page of {name}: median {:.1?}, slowest {:.1?}", times[times.len() / 2], times[times.len() - 1]);
        }
    }
    println!("the index is {} MB", std::fs::metadata(directory.path().join("index.redb"))?.len() / 1_000_000);
    drop((near, far, folder));
    Ok(())
}

fn far_client(endpoint: &str, pair: &Credentials) -> Client {
    let pair = aws_sdk_s3::config::Credentials::new(&pair.access_key, &pair.secret_key, None, None, "load");
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .credentials_provider(pair)
        .endpoint_url(endpoint)
        .force_path_style(true)
        .http_client(aws_smithy_http_client::Builder::new().build_http());
    Client::from_conf(config.build())
}

async fn put(client: &Client, key: &str) -> anyhow::Result<()> {
    let body = ByteStream::from(vec![7; BODY]);
    client.put_object().bucket(BUCKET).key(key).body(body).send().await.context("put")?;
    Ok(())
}

/// Runs `count` requests from several clients at once.
async fn timed<F, Fut>(client: &Client, count: usize, request: F) -> anyhow::Result<Duration>
where
    F: Fn(Client, usize) -> Fut + Send + Sync + Clone + 'static,
    Fut: Future<Output = anyhow::Result<()>> + Send,
{
    let start = Instant::now();
    let workers = (0..CLIENTS).map(|worker| {
        let (client, request) = (client.clone(), request.clone());
        let work = tokio::spawn(async move {
            for n in (worker..count).step_by(CLIENTS) {
                request(client.clone(), n).await?;
            }
            anyhow::Ok(())
        });
        async { work.await? }
    });
    try_join_all(workers).await?;
    Ok(start.elapsed())
}

/// Requests that have been signed beforehand, over kept connections: what the server costs, and hardly the client.
async fn bare(near: &Client, far: &Client, address: &str, method: &str, count: usize) -> anyhow::Result<f64> {
    let signing = PresigningConfig::expires_in(Duration::from_mins(10))?;
    let mut requests: Vec<Vec<u8>> = Vec::with_capacity(count);
    for n in 0..count {
        let key = format!("bare/{n}");
        let signed = match method {
            "PUT" => far.put_object().bucket(BUCKET).key(key).presigned(signing.clone()).await?,
            _ => far.get_object().bucket(BUCKET).key(key).presigned(signing.clone()).await?,
        };
        let target = signed.uri().trim_start_matches("http://").trim_start_matches(address);
        let length = if method == "PUT" { BODY } else { 0 };
        let head = format!("{method} {target} HTTP/1.1\r\nhost: {address}\r\ncontent-length: {length}\r\n\r\n");
        requests.push([head.as_bytes(), &vec![7; length]].concat());
    }
    let start = Instant::now();
    let connections = requests.chunks(count / CLIENTS).map(|requests| {
        let (requests, address) = (requests.to_vec(), address.to_owned());
        let work = tokio::spawn(async move {
            let mut connection = BufReader::new(TcpStream::connect(address).await?);
            for request in requests {
                connection.write_all(&request).await?;
                let (mut line, mut length) = (String::new(), 0);
                connection.read_line(&mut line).await?;
                anyhow::ensure!(line.starts_with("HTTP/1.1 200"), "{line}");
                while line != "\r\n" {
                    line.clear();
                    connection.read_line(&mut line).await?;
                    if let Some(value) = line.strip_prefix("content-length: ") {
                        length = value.trim().parse()?;
                    }
                }
                connection.read_exact(&mut vec![0; length]).await?;
            }
            anyhow::Ok(())
        });
        async { work.await? }
    });
    try_join_all(connections).await?;
    let rate = count as f64 / start.elapsed().as_secs_f64();
    let sample = near.get_object().bucket(BUCKET).key("bare/1").send().await?.body.collect().await?;
    anyhow::ensure!(sample.to_vec() == vec![7; BODY], "the bytes differ");
    Ok(rate)
}
