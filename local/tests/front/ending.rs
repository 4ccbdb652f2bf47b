//! The end of a gallery: what is under way ends, what rests is closed, nobody new comes in.

use std::time::{Duration, Instant};

use local::Limits;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use crate::gallery::{FILM, FILM_BYTES, within};

#[tokio::test(flavor = "multi_thread")]
async fn a_download_under_way_ends_and_nothing_else_is_waited_for() {
    let gallery = within(Limits::default()).await;
    let (address, s3_address) = (gallery.address(), gallery.s3_address());
    let mut resting = gallery.connect().await;
    resting.say(&gallery.signed_in("/", "")).await;
    assert_eq!(resting.answer().await.unwrap().status, 200);
    let mut begun = gallery.connect().await;
    begun.say("GET / HTTP/1.1\r\nHost:").await;
    let mut download = gallery.connect().await;
    download.say(&gallery.signed_in(FILM, "")).await;
    let mut first = [0; 1000];
    download.stream.read_exact(&mut first).await.unwrap();

    let stopping = tokio::spawn(gallery.machine.stop());
    assert!(resting.rest().await.is_empty(), "who rests is sent away");
    let head = first.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
    let rest = download.rest().await;
    assert_eq!(first.len() - head + rest.len(), FILM_BYTES, "the whole film came");
    drop(begun);
    stopping.await.unwrap();
    for address in [address, s3_address] {
        assert!(TcpStream::connect(address).await.is_err(), "nobody new comes in");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_takes_nothing_does_not_keep_it_from_stopping() {
    let gallery = within(Limits { drain: Duration::from_millis(300), ..Limits::default() }).await;
    let mut download = gallery.connect().await;
    download.say(&gallery.signed_in(FILM, "")).await;
    let mut first = [0; 1000];
    download.stream.read_exact(&mut first).await.unwrap();
    let since = Instant::now();
    gallery.machine.stop().await;
    assert!(since.elapsed() < Duration::from_secs(4), "{:?}", since.elapsed());
    assert!(download.rest().await.len() < FILM_BYTES, "it was cut");
}
