//! What is kept in memory is what lies in the buckets, for who may see it.

use std::io::Read;

use local::Limits;

use crate::gallery::{PAGE, PICTURE, page, within};

#[tokio::test(flavor = "multi_thread")]
async fn a_change_shows_in_the_next_answer() {
    let gallery = within(Limits::default()).await;
    let (small, large) = (vec![1; 1000], vec![2; 4_000_000]);
    for round in 0..20 {
        let word = format!("word {round}");
        gallery.put("web", "albums/Garden/index.html", page(&word)).await;
        let bytes = if round % 5 == 4 { &large } else { &small };
        gallery.put("resized", &PICTURE[1..], [bytes.as_slice(), word.as_bytes()].concat()).await;
        for _ in 0..2 {
            let answer = gallery.ask(&gallery.signed_in(PAGE, "")).await;
            assert!(answer.status == 200 && answer.body == page(&word), "{word}");
            let answer = gallery.ask(&gallery.signed_in(PICTURE, "")).await;
            assert!(answer.status == 200 && answer.body.ends_with(word.as_bytes()), "{word}");
            assert_eq!(answer.body.len(), bytes.len() + word.len());
        }
    }
    let client = gallery.machine.store().client();
    client.delete_object().bucket("web").key("albums/Garden/index.html").send().await.unwrap();
    assert_eq!(gallery.ask(&gallery.signed_in(PAGE, "")).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_is_shown_it() {
    let gallery = within(Limits::default()).await;
    let host = gallery.address();
    for _ in 0..2 {
        assert_eq!(gallery.ask(&gallery.signed_in(PICTURE, "")).await.status, 200);
        for cookie in ["", "Cookie: __Host-session=x\r\n", &format!("{0}\r\n{0}\r\n", gallery.cookie)] {
            let answer = gallery.ask(&format!("GET {PICTURE} HTTP/1.1\r\nHost: {host}\r\n{cookie}\r\n")).await;
            assert_eq!((answer.status, answer.body.len()), (401, 0), "{cookie}");
            assert!(answer.header("etag").is_none(), "{}", answer.head);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_the_same_the_first_time_and_later() {
    let gallery = within(Limits::default()).await;
    for path in [PAGE, PICTURE, "/robots.txt"] {
        let first = gallery.ask(&gallery.signed_in(path, "")).await;
        // A range is never answered from what is kept: the headers of both ways are to be the same.
        let again = gallery.ask(&gallery.signed_in(path, "Range: bytes=x\r\n")).await;
        let lines = |head: &str| {
            let mut lines: Vec<String> =
                head.lines().filter(|line| !line.starts_with("date")).map(Into::into).collect();
            lines.sort();
            lines
        };
        assert_eq!(lines(&first.head), lines(&again.head), "{path}");
        assert!(first.body == again.body);
        for name in ["content-security-policy", "x-content-type-options", "etag", "last-modified", "cache-control"] {
            assert!(first.header(name).is_some(), "{path}: {name}");
        }

        let tag = first.header("etag").unwrap();
        for tags in [tag.to_owned(), format!("W/{tag}"), format!("\"x\", {tag}")] {
            let known = gallery.ask(&gallery.signed_in(path, &format!("If-None-Match: {tags}\r\n"))).await;
            assert_eq!((known.status, known.header("etag"), known.header("content-length")), (304, Some(tag), None));
        }
        let other = gallery.ask(&gallery.signed_in(path, "If-None-Match: \"x\"\r\n")).await;
        assert_eq!(other.status, 200);

        let head = gallery.signed_in(path, "Connection: close\r\n").replacen("GET", "HEAD", 1);
        let mut client = gallery.connect().await;
        client.say(&head).await;
        let said = String::from_utf8(client.rest().await).unwrap();
        assert!(said.ends_with("\r\n\r\n"), "{path}: a head and no body");
        assert!(said.contains(&format!("content-length: {}", first.body.len())), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_compressed_as_each_client_takes_it() {
    let gallery = within(Limits::default()).await;
    for _ in 0..2 {
        for (wanted, coding) in [("br, gzip", Some("br")), ("gzip", Some("gzip")), ("identity", None)] {
            let answer = gallery.ask(&gallery.signed_in(PAGE, &format!("Accept-Encoding: {wanted}\r\n"))).await;
            assert_eq!(answer.header("content-encoding"), coding, "{wanted}");
            assert_eq!(answer.header("vary"), Some("accept-encoding"));
            let mut plain = Vec::new();
            match coding {
                Some("br") => brotli::Decompressor::new(&answer.body[..], 4096).read_to_end(&mut plain).unwrap(),
                Some(_) => flate2::read::GzDecoder::new(&answer.body[..]).read_to_end(&mut plain).unwrap(),
                None => answer.body.as_slice().read_to_end(&mut plain).unwrap(),
            };
            assert!(plain == page("first"));
            assert_eq!(answer.header("etag").unwrap().starts_with("W/"), coding.is_some());
        }
        let picture = gallery.ask(&gallery.signed_in(PICTURE, "Accept-Encoding: br\r\n")).await;
        assert_eq!((picture.header("content-encoding"), picture.header("vary")), (None, None));
    }
}
