//! Requests that two servers could read differently, and those that are merely old or eager.

use local::Limits;

use crate::gallery::{Client, within};

/// No answer at all: the connection is closed.
const SILENCE: Option<u16> = Some(0);

/// What comes after an unclear request, and must never be answered.
const SMUGGLED: &str = "GET /robots.txt HTTP/1.1\r\nHost: smuggled\r\n\r\n";

/// Heads (and bodies) after which nothing may follow on the connection. With a status, that is the answer; without, any
/// refusal will do, or the answer to what is clear of it.
const UNCLEAR: &[(&str, &str, Option<u16>)] = &[
    (
        "a length and chunks",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        None,
    ),
    (
        "chunks and a length",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
        None,
    ),
    ("two lengths", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 44\r\n\r\n", Some(400)),
    ("two lengths in one line", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0, 44\r\n\r\n", Some(400)),
    ("a length with a sign", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +0\r\n\r\n", Some(400)),
    ("a negative length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", Some(400)),
    ("a length in hexadecimal", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x0\r\n\r\n", Some(400)),
    ("an endless length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n", None),
    ("a coding of no name", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n", Some(400)),
    (
        "chunks that are not last",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n",
        Some(400),
    ),
    (
        "two codings",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n",
        Some(400),
    ),
    ("a space before the colon", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n", Some(400)),
    ("a tab before the colon", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length\t: 44\r\n\r\n", Some(400)),
    ("a folded header", "POST / HTTP/1.1\r\nHost: a\r\nX: y\r\n Transfer-Encoding: chunked\r\n\r\n", Some(400)),
    ("a folded coding", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n chunked\r\n\r\n", Some(400)),
    ("a first line that is folded", " GET / HTTP/1.1\r\nHost: a\r\n\r\n", Some(400)),
    ("chunks in HTTP/1.0", "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", Some(400)),
    ("a carriage return alone", "GET / HTTP/1.1\r\nHost: a\r\nX: y\rContent-Length: 44\r\n\r\n", Some(400)),
    ("a zero byte", "GET / HTTP/1.1\r\nHost: a\r\nX: y\0z\r\n\r\n", Some(400)),
    ("a zero byte in a name", "GET / HTTP/1.1\r\nHost: a\r\nX\0: y\r\n\r\n", Some(400)),
    ("a header without a colon", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length 44\r\n\r\n", Some(400)),
    ("a header without a name", "GET / HTTP/1.1\r\nHost: a\r\n: 44\r\n\r\n", Some(400)),
    ("two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", Some(400)),
    ("the same host twice", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", Some(400)),
    ("no host", "GET / HTTP/1.1\r\n\r\n", Some(400)),
    ("an empty host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", Some(400)),
    ("a host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", Some(400)),
    ("a host with a name in front", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", Some(400)),
    ("two spaces", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", Some(400)),
    ("three words too many", "GET / / HTTP/1.1\r\nHost: a\r\n\r\n", Some(400)),
    ("a version of no kind", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", Some(400)),
    ("HTTP/0.9", "GET /\r\n\r\n", Some(400)),
    ("HTTP/2 unasked", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", SILENCE),
    ("TLS without TLS", "\x16\x03\x01\x02\x01\x01", Some(400)),
    ("a chunk of no size", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nz\r\n\r\n", None),
    (
        "a chunk larger than memory",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n",
        None,
    ),
    (
        "a chunk's size that ends in a line feed",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\n\n",
        None,
    ),
    (
        "an extension with a line feed",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0;a\nb\r\n\r\n",
        None,
    ),
    (
        "a length that has more behind it",
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        None,
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_smuggled_behind_an_unclear_request() {
    let gallery = within(Limits::default()).await;
    for address in [gallery.address(), gallery.s3_address()] {
        for (what, request, status) in UNCLEAR {
            let mut client = Client::to(address).await;
            client.say(&format!("{request}{SMUGGLED}")).await;
            let said = String::from_utf8_lossy(&client.rest().await).into_owned();
            if *status == SILENCE {
                assert_eq!(said, "", "{what}");
                continue;
            }
            assert_eq!(said.matches("HTTP/1.").count(), 1, "{what}: one answer, then the end:\n{said}");
            let told: u16 = said[9..12].parse().unwrap();
            assert!((300..500).contains(&told) || told == 501, "{what}: {said}");
            if let Some(status) = status {
                assert_eq!(told, *status, "{what}: {said}");
            }
        }
    }
}

/// Chunks are fine by themselves, and a form may come in them; but they end the connection.
#[tokio::test(flavor = "multi_thread")]
async fn a_body_in_chunks_is_read_to_its_end_and_is_the_last() {
    let gallery = within(Limits::default()).await;
    for extension in ["", ";name=value", ";name=\"a;b\""] {
        let mut client = gallery.connect().await;
        let host = gallery.address();
        client
            .say(&format!(
                "POST /auth/login HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\n\
                 Content-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n\
                 5{extension}\r\nname=\r\n17\r\nnobody&password=a+wrong\r\n0\r\nTrailer: x\r\n\r\n{SMUGGLED}"
            ))
            .await;
        let answer = client.answer().await.unwrap();
        assert_eq!((answer.status, answer.header("connection")), (401, Some("close")), "{extension}");
        assert!(client.rest().await.is_empty());
    }
    // Extensions without an end are no way to keep a server busy.
    let mut client = gallery.connect().await;
    client.say("POST /auth/login HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;").await;
    for _ in 0..200 {
        client.say(&"x".repeat(1024)).await;
    }
    let said = client.rest().await;
    assert!(said.is_empty() || said.starts_with(b"HTTP/1.1 4"), "{}", String::from_utf8_lossy(&said));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_is_a_path() {
    let gallery = within(Limits::default()).await;
    let cookie = &gallery.cookie;
    for target in ["http://127.0.0.1/", "https://evil.example/albums/", "*", "evil.example:443", "//evil.example/"] {
        for method in ["GET", "OPTIONS", "CONNECT", "TRACE"] {
            let request = format!("{method} {target} HTTP/1.1\r\nHost: 127.0.0.1\r\n{cookie}\r\n\r\n");
            let answer = gallery.ask(&request).await;
            assert!(matches!(answer.status, 400 | 405), "{method} {target}: {}", answer.status);
            assert!(!answer.head.to_ascii_lowercase().contains("location:"), "{}", answer.head);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_in_a_row_are_answered_in_a_row() {
    let gallery = within(Limits::default()).await;
    let mut client = gallery.connect().await;
    let paths = ["/", "/robots.txt", "/albums/nothing/", "/%2e%2e/", "/robots.txt", "/"];
    client.say(&paths.map(|path| gallery.signed_in(path, "")).concat()).await;
    for (path, status) in paths.iter().zip([200, 200, 404, 400, 200, 200]) {
        assert_eq!(client.answer().await.unwrap().status, status, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn http_1_0_is_spoken() {
    let gallery = within(Limits::default()).await;
    let cookie = &gallery.cookie;
    let mut client = gallery.connect().await;
    client.say(&format!("GET / HTTP/1.0\r\n{cookie}\r\n\r\n")).await;
    let said = client.rest().await;
    assert!(said.starts_with(b"HTTP/1.0 200 ") && said.ends_with(b"</html>"), "one answer, then the end");
    // A film has no need of chunks, which HTTP/1.0 does not know.
    let mut client = gallery.connect().await;
    client.say(&format!("GET {} HTTP/1.0\r\n{cookie}\r\n\r\n", crate::gallery::FILM)).await;
    let said = client.rest().await;
    assert!(said.len() > crate::gallery::FILM_BYTES && !String::from_utf8_lossy(&said[..1000]).contains("chunked"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_waits_to_be_asked_is_asked_only_when_its_body_is_wanted() {
    let gallery = within(Limits::default()).await;
    let host = gallery.address();
    let head = |length: usize| {
        format!(
            "POST /auth/login HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nContent-Type: application/x-www-form-urlencoded\r\nExpect: 100-continue\r\nContent-Length: {length}\r\n\r\n"
        )
    };
    let mut client = gallery.connect().await;
    client.say(&head(22)).await;
    assert_eq!(client.answer().await.unwrap().status, 100);
    client.say("name=nobody&password=x").await;
    assert_eq!(client.answer().await.unwrap().status, 401);

    let mut client = gallery.connect().await;
    client.say(&head(10_000_000)).await;
    assert_eq!(client.answer().await.unwrap().status, 413, "too large, and never asked for");

    // Without a signature no body is wanted at the other port.
    let mut client = Client::to(gallery.s3_address()).await;
    client
        .say("PUT /source/a.jpg HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 9000000\r\n\r\n")
        .await;
    assert_eq!(client.answer().await.unwrap().status, 403);
}
