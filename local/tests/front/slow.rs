//! Clients that stop in the middle, or come byte by byte.

use std::time::{Duration, Instant};

use local::Limits;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::gallery::{Client, FILM, FILM_BYTES, PATIENCE, within};

const SHORT: Duration = Duration::from_millis(300);

/// Sends a byte now and then until the server has had enough of it, and tells what it said.
async fn trickle(mut client: Client) -> Vec<u8> {
    let since = Instant::now();
    let mut said = Vec::new();
    let mut piece = [0; 4096];
    loop {
        assert!(since.elapsed() < PATIENCE, "the server never has enough");
        if client.stream.write_all(b"a").await.is_err() {
            return said;
        }
        match tokio::time::timeout(Duration::from_millis(30), client.stream.read(&mut piece)).await {
            Ok(Ok(0) | Err(_)) => return said,
            Ok(Ok(count)) => said.extend_from_slice(&piece[..count]),
            Err(_) => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_has_to_come_in_time() {
    let gallery = within(Limits { head: SHORT, ..Limits::default() }).await;
    let mut slow = Vec::new();
    for address in [gallery.address(), gallery.s3_address()] {
        for begun in ["", "GET / HTTP/1.1\r\n", "GET /auth/login HTTP/1.1\r\nHost: a\r\nX-Long: "] {
            let mut client = Client::to(address).await;
            client.say(begun).await;
            slow.push(tokio::spawn(trickle(client)));
        }
    }
    // Meanwhile others are served.
    assert_eq!(gallery.ask(&gallery.signed_in("/", "")).await.status, 200);
    for slow in slow {
        let said = slow.await.unwrap();
        assert!(!said.starts_with(b"HTTP/1.1 2"), "{}", String::from_utf8_lossy(&said));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_may_rest_for_as_long_as_a_head_may_take() {
    let gallery = within(Limits { head: SHORT, ..Limits::default() }).await;
    // Nothing said at all, and nothing more after an answer: what half-open connections look like.
    for first in [String::new(), gallery.signed_in("/", "")] {
        let mut client = gallery.connect().await;
        if !first.is_empty() {
            client.say(&first).await;
            assert_eq!(client.answer().await.unwrap().status, 200);
        }
        assert!(client.rest().await.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_has_to_come_in_time_and_without_long_pauses() {
    let begun = |gallery: &crate::gallery::Gallery| {
        format!(
            "POST /auth/login HTTP/1.1\r\nHost: {}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: 60000\r\n\r\nname=",
            gallery.address()
        )
    };
    let gallery = within(Limits { form: SHORT, ..Limits::default() }).await;
    let mut client = gallery.connect().await;
    client.say(&begun(&gallery)).await;
    let said = trickle(client).await;
    assert!(said.starts_with(b"HTTP/1.1 408 "), "{}", String::from_utf8_lossy(&said));

    let gallery = within(Limits { stall: SHORT, ..Limits::default() }).await;
    let mut client = gallery.connect().await;
    client.say(&begun(&gallery)).await;
    let answer = client.answer().await.unwrap();
    assert_eq!((answer.status, answer.header("cache-control")), (408, Some("no-store")));
    assert!(client.rest().await.is_empty(), "and the connection is closed");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_stops_leaves_nothing() {
    let gallery = within(Limits { stall: SHORT, ..Limits::default() }).await;
    for (length, sent) in [(1000, 10), (5_000_000, 10), (5_000_000, 4_000_000)] {
        let target = gallery.put_target("Garden/half.jpg").await;
        let mut client = Client::to(gallery.s3_address()).await;
        let host = gallery.s3_address();
        client.say(&format!("PUT {target} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\n\r\n")).await;
        client.say(&"x".repeat(sent)).await;
        let answer = client.answer().await.unwrap();
        let body = String::from_utf8(answer.body).unwrap();
        assert!(answer.status == 400 && body.contains("<Code>RequestTimeout</Code>"), "{} {body}", answer.status);
        let there = gallery.machine.store().client().head_object().bucket("source").key("Garden/half.jpg");
        assert!(there.send().await.is_err());
        let drafts = std::fs::read_dir(gallery.folder.path().join("buckets/tmp")).unwrap().count();
        assert_eq!(drafts, 0, "what had come is gone");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_nobody_takes_is_cut() {
    let gallery = within(Limits { stall: SHORT, ..Limits::default() }).await;
    let mut client = gallery.connect().await;
    client.say(&gallery.signed_in(FILM, "")).await;
    tokio::time::sleep(SHORT * 10).await;
    let got = client.rest().await;
    assert!(got.starts_with(b"HTTP/1.1 200 ") && got.len() < FILM_BYTES, "{} bytes came", got.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_taken_slowly_is_not() {
    let gallery = within(Limits { stall: Duration::from_secs(3), ..Limits::default() }).await;
    let mut client = gallery.connect().await;
    client.say(&gallery.signed_in(FILM, "Connection: close\r\n")).await;
    let (mut got, mut piece) = (0, vec![0; 512 * 1024]);
    let since = Instant::now();
    loop {
        let count = client.stream.read(&mut piece).await.unwrap();
        got += count;
        if count == 0 {
            break;
        }
        // Slower than the whole may take, if pauses were not counted from the last byte.
        if since.elapsed() < Duration::from_secs(4) {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
    assert!(got > FILM_BYTES && since.elapsed() > Duration::from_secs(3), "{got} bytes in {:?}", since.elapsed());
}
