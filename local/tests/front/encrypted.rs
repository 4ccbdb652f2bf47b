//! The same ill will through TLS: handshakes that do not end, heads and forms that trickle, answers that nobody takes,
//! and HTTP/2, which is not spoken.

use std::sync::Arc;
use std::time::{Duration, Instant};

use local::Limits;
use local::machine::{Machine, Settings};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::gallery::{FILM, FILM_BYTES, Gallery, PATIENCE, within};

const SHORT: Duration = Duration::from_millis(400);

/// A gallery that speaks `https` within these limits.
async fn encrypted(limits: Limits) -> Gallery {
    let Gallery { machine, folder, cookie } = within(limits.clone()).await;
    machine.stop().await;
    let mut settings = Settings::new(folder.path()).on_free_ports().with_quick_passwords();
    (settings.limits, settings.tls) = (limits, true);
    Gallery { machine: Machine::start(settings).await.unwrap(), folder, cookie }
}

/// Greets the gallery, offering these protocols.
async fn greeted(gallery: &Gallery, protocols: &[&[u8]]) -> std::io::Result<TlsStream<TcpStream>> {
    let mut trusted = RootCertStore::empty();
    trusted.add(CertificateDer::from_pem_file(gallery.folder.path().join("certificate.pem")).unwrap()).unwrap();
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(trusted)
        .with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    let stream = TcpStream::connect(gallery.address()).await?;
    TlsConnector::from(Arc::new(config)).connect(ServerName::try_from("localhost").unwrap(), stream).await
}

/// Everything that is said until the end.
async fn rest(stream: &mut (impl AsyncReadExt + Unpin)) -> Vec<u8> {
    let mut said = Vec::new();
    let read = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut said)).await;
    // A connection that is cut without a farewell is an end as well.
    let _ = read.expect("the server never has enough");
    said
}

/// Sends a byte now and then until the server has had enough, and tells what it said.
async fn trickle(stream: impl AsyncReadExt + AsyncWriteExt + Unpin + Send + 'static) -> Vec<u8> {
    let (mut reading, mut writing) = tokio::io::split(stream);
    let sending = tokio::spawn(async move {
        while writing.write_all(b"a").await.is_ok() && writing.flush().await.is_ok() {
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    });
    let said = rest(&mut reading).await;
    sending.abort();
    said
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handshake_has_to_end() {
    let gallery = encrypted(Limits { handshake: SHORT, ..Limits::default() }).await;
    // The head of a record that promises 512 bytes (RFC 8446, section 5.1), and then nothing, or hardly anything.
    for trickles in [false, true] {
        let mut stream = TcpStream::connect(gallery.address()).await.unwrap();
        stream.write_all(&[22, 3, 1, 2, 0, 1]).await.unwrap();
        let since = Instant::now();
        let said = if trickles { trickle(stream).await } else { rest(&mut stream).await };
        assert!(said.len() < 64 && since.elapsed() < PATIENCE, "{said:?}");
    }
    assert!(greeted(&gallery, &[]).await.is_ok(), "others are served");
}

#[tokio::test(flavor = "multi_thread")]
async fn heads_and_forms_have_to_come_in_time() {
    let gallery = encrypted(Limits { head: SHORT, form: SHORT, ..Limits::default() }).await;
    for begun in ["", "GET / HTTP/1.1\r\nX-Long: "] {
        let mut stream = greeted(&gallery, &[]).await.unwrap();
        stream.write_all(begun.as_bytes()).await.unwrap();
        let said = trickle(stream).await;
        assert!(!said.starts_with(b"HTTP/1.1 2"), "{}", String::from_utf8_lossy(&said));
    }
    let mut stream = greeted(&gallery, &[]).await.unwrap();
    let begun = "POST /auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n\
                 Content-Length: 60000\r\n\r\nname=";
    stream.write_all(begun.as_bytes()).await.unwrap();
    let said = trickle(stream).await;
    assert!(said.starts_with(b"HTTP/1.1 408 "), "{}", String::from_utf8_lossy(&said));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_nobody_takes_is_cut() {
    let gallery = encrypted(Limits { stall: SHORT, ..Limits::default() }).await;
    let mut stream = greeted(&gallery, &[]).await.unwrap();
    stream.write_all(gallery.signed_in(FILM, "").as_bytes()).await.unwrap();
    tokio::time::sleep(SHORT * 10).await;
    let got = rest(&mut stream).await;
    assert!(got.starts_with(b"HTTP/1.1 200 ") && got.len() < FILM_BYTES, "{} bytes came", got.len());
}

/// A frame of HTTP/2 (RFC 9113, section 4.1).
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes()[..], payload].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn http2_is_not_spoken_so_its_floods_find_nobody() {
    let gallery = encrypted(Limits::default()).await;
    assert!(greeted(&gallery, &[b"h2"]).await.is_err(), "who wants nothing else is refused in the handshake");
    let stream = greeted(&gallery, &[b"h2", b"http/1.1"]).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(b"http/1.1".as_slice()));

    // Somebody who speaks it all the same: the preface, settings, and streams that are begun and reset at once.
    let mut flood = [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".as_slice(), &frame(4, 0, 0, &[])].concat();
    for stream in (1..20_000).step_by(2) {
        flood.extend(frame(1, 0b101, stream, &[0x82, 0x84, 0x87, 0x41, 0x01, b'a']));
        flood.extend(frame(3, 0, stream, &8_u32.to_be_bytes()));
    }
    for offered in [&[][..], &[b"http/1.1".as_slice()]] {
        let since = Instant::now();
        let stream = greeted(&gallery, offered).await.unwrap();
        let (mut reading, mut writing) = tokio::io::split(stream);
        // The server hangs up in the middle of it.
        let _ = writing.write_all(&flood).await;
        let said = rest(&mut reading).await;
        assert!(said.is_empty() || said.starts_with(b"HTTP/1.1 4"), "{}", String::from_utf8_lossy(&said));
        assert!(since.elapsed() < Limits::default().head, "it was hung up on at once");
    }
    let mut stream = greeted(&gallery, &[b"http/1.1"]).await.unwrap();
    stream.write_all(gallery.signed_in("/", "Connection: close\r\n").as_bytes()).await.unwrap();
    assert!(rest(&mut stream).await.starts_with(b"HTTP/1.1 200 "), "others are served");
}
