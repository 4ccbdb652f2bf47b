//! Many connections, and floods of headers.

use std::time::Duration;

use futures::future::join_all;
use local::Limits;
use tokio::io::AsyncWriteExt;

use crate::gallery::{Client, PICTURE, within};

#[tokio::test(flavor = "multi_thread")]
async fn two_thousand_connections_are_served_at_once() {
    let gallery = within(Limits::default()).await;
    let mut clients = Vec::new();
    for _ in 0..2000 {
        clients.push(gallery.connect().await);
    }
    // All of them ask before any answer is looked at, and twice, so that none is closed in between.
    for _ in 0..2 {
        let request = gallery.signed_in(PICTURE, "");
        join_all(clients.iter_mut().map(|client| client.say(&request))).await;
        for answer in join_all(clients.iter_mut().map(Client::answer)).await {
            let answer = answer.expect("every connection is answered");
            assert_eq!((answer.status, answer.body.len()), (200, 50_000));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn further_connections_wait_for_a_place() {
    let gallery = within(Limits { connections: 3, ..Limits::default() }).await;
    let request = gallery.signed_in("/robots.txt", "");
    // The one that signed in has gone; the server may learn of it a moment later.
    let mut inside = Vec::new();
    for _ in 0..3 {
        let mut client = gallery.connect().await;
        client.say(&request).await;
        assert_eq!(client.answer().await.unwrap().status, 200);
        inside.push(client);
    }
    let mut outside = gallery.connect().await;
    outside.say(&request).await;
    let waiting = tokio::time::timeout(Duration::from_millis(300), outside.answer()).await;
    assert!(waiting.is_err(), "nobody is let in beyond the limit");
    drop(inside.pop());
    assert_eq!(outside.answer().await.unwrap().status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn floods_of_headers_are_refused() {
    let gallery = within(Limits::default()).await;
    let line = |n: usize, bytes: usize| format!("X-{n}: {}\r\n", "a".repeat(bytes));
    let lines = |count: usize, bytes: usize| (0..count).map(|n| line(n, bytes)).collect::<String>();
    for address in [gallery.address(), gallery.s3_address()] {
        for (what, head, status) in [
            ("many lines", lines(200, 1), 431),
            ("one long line", lines(1, 40_000), 431),
            ("lines as long as they may be", lines(60, 700), 431),
            ("within the limits", lines(90, 200), 0),
        ] {
            let mut client = Client::to(address).await;
            client.say(&format!("GET /robots.txt HTTP/1.1\r\nHost: a\r\n{head}\r\n")).await;
            let answer = client.answer().await.unwrap();
            assert!(answer.status == status || (status == 0 && answer.status != 431), "{what}: {}", answer.status);
        }
        for target in [40_000, 70_000] {
            let mut client = Client::to(address).await;
            client.say(&format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "a".repeat(target))).await;
            assert!(matches!(client.answer().await.unwrap().status, 414 | 431), "an address of {target} bytes");
        }
    }
}

/// Whoever sends for ever is stopped soon: what the server reads of a head is bounded.
#[tokio::test(flavor = "multi_thread")]
async fn a_head_without_an_end_is_given_up() {
    let gallery = within(Limits::default()).await;
    for address in [gallery.address(), gallery.s3_address()] {
        for (begun, piece) in [("GET / HTTP/1.1\r\nX: ", "a".repeat(8192)), ("GET /", "a".repeat(8192))] {
            let mut client = Client::to(address).await;
            client.say(begun).await;
            let mut sent = 0;
            while sent < 64 * 1024 * 1024 && client.stream.write_all(piece.as_bytes()).await.is_ok() {
                sent += piece.len();
            }
            assert!(sent < 32 * 1024 * 1024, "it took {sent} bytes");
        }
    }
}
