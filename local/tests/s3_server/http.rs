//! Bare HTTP: signatures, requests without them, what the SDK would not send, and the end of a server.

use std::time::Duration;

use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use local::s3::{Credentials, listen};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use crate::harness::{BUCKET, Running, code, credentials, far_client, get, near_client, noise, put, status};

struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

/// One request on a connection of its own.
async fn send(address: &str, method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    let mut connection = TcpStream::connect(address).await.unwrap();
    let mut head = format!("{method} {target} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n");
    for (name, value) in headers {
        head.extend([name, ": ", value, "\r\n"]);
    }
    if !body.is_empty() {
        head.extend(["content-length: ", &body.len().to_string(), "\r\n"]);
    }
    connection.write_all(format!("{head}\r\n").as_bytes()).await.unwrap();
    connection.write_all(body).await.unwrap();
    let mut all = Vec::new();
    connection.read_to_end(&mut all).await.unwrap();
    let end = all.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(all[..end].to_vec()).unwrap().to_ascii_lowercase();
    Answer { status: head[9..12].parse().unwrap(), head, body: all[end + 4..].to_vec() }
}

fn target<'a>(url: &'a str, address: &str) -> &'a str {
    url.strip_prefix(&format!("http://{address}")).unwrap()
}

#[tokio::test]
async fn an_unsigned_request_sees_nothing() {
    let running = Running::start().await;
    put(&running.near, "k", "secret").await;
    let requests = [
        ("GET", "/photos/k"),
        ("HEAD", "/photos/k"),
        ("PUT", "/photos/k"),
        ("DELETE", "/photos/k"),
        ("GET", "/photos"),
        ("GET", "/photos/?list-type=2"),
        ("GET", "/"),
        ("GET", "/no-such-bucket/k"),
        ("POST", "/photos?delete"),
        ("PUT", "/new-bucket"),
        ("POST", "/photos/k?uploads"),
    ];
    for (method, target) in requests {
        let answer = send(&running.address, method, target, &[], b"").await;
        assert_eq!(answer.status, 403, "{method} {target}");
        let body = String::from_utf8(answer.body).unwrap();
        assert_eq!(method != "HEAD", body.contains("<Code>AccessDenied</Code>"), "{body}");
        assert!(!body.contains("secret"));
    }
    assert_eq!(get(&running.near, "k").await.unwrap(), b"secret");
}

#[tokio::test]
async fn a_wrong_key_pair_is_told_so_and_no_more() {
    let running = Running::start().await;
    put(&running.near, "k", "secret").await;
    let mut wrong = credentials();
    wrong.secret_key.push('x');
    let unknown = Credentials { access_key: "stranger".into(), ..credentials() };
    for (pair, expected) in [(wrong, "SignatureDoesNotMatch"), (unknown, "InvalidAccessKeyId")] {
        // Without a socket as well: whoever signs has to sign right.
        for client in [far_client(&running.address, &pair), near_client(&running.server, &pair)] {
            let error = client.get_object().bucket(BUCKET).key("k").send().await.unwrap_err();
            assert_eq!((status(&error), code(&error).as_str()), (403, expected));
            let answer = error.raw_response().unwrap().body().bytes().map(<[u8]>::to_vec).unwrap_or_default();
            assert!(!String::from_utf8_lossy(&answer).contains(&pair.secret_key));
            let put = client.put_object().bucket(BUCKET).key("k").body(ByteStream::from_static(b"x")).send().await;
            assert_eq!(code(&put.unwrap_err()), expected);
        }
    }
    assert_eq!(get(&running.near, "k").await.unwrap(), b"secret");
}

#[tokio::test]
async fn the_process_itself_signs_nothing_and_is_answered_as_everybody() {
    let running = Running::start().await;
    let own = running.server.client();
    for key in ["a b+ü/k", "#?%&", "large"] {
        let bytes = noise(if key == "large" { 300_000 } else { 1_000 }, 1);
        let etag = put(&own, key, bytes.clone()).await;
        assert_eq!(get(&running.far, key).await.unwrap(), bytes);
        assert_eq!(get(&own, key).await.unwrap(), bytes);
        let changed = own.put_object().bucket(BUCKET).key(key).if_match("\"other\"").send().await.unwrap_err();
        assert_eq!((status(&changed), code(&changed).as_str()), (412, "PreconditionFailed"));
        let head = own.head_object().bucket(BUCKET).key(key).send().await.unwrap();
        assert_eq!(head.e_tag.as_deref(), Some(etag.as_str()));
    }
    let listed = own.list_objects_v2().bucket(BUCKET).prefix("a b").send().await.unwrap();
    assert_eq!(listed.contents()[0].key(), Some("a b+ü/k"));
    own.delete_object().bucket(BUCKET).key("large").send().await.unwrap();
    assert_eq!(status(&own.head_object().bucket(BUCKET).key("large").send().await.unwrap_err()), 404);

    // A checksum behind the body would have to be signed for; the body is refused rather than stored with its chunks.
    let chunks =
        futures::stream::iter([Ok::<_, std::io::Error>(http_body::Frame::data(bytes::Bytes::from_static(b"x")))]);
    let body = aws_sdk_s3::primitives::SdkBody::from_body_1_x(http_body_util::StreamBody::new(chunks));
    let sent = own.put_object().bucket(BUCKET).key("chunks").content_length(1).body(ByteStream::new(body));
    let sent = sent.checksum_algorithm(aws_sdk_s3::types::ChecksumAlgorithm::Crc32).send().await.unwrap_err();
    assert!(["NotImplemented", "InvalidRequest"].contains(&code(&sent).as_str()), "{sent:?}");
    assert_eq!(status(&own.head_object().bucket(BUCKET).key("chunks").send().await.unwrap_err()), 404);
}

#[tokio::test]
async fn presigned_addresses_work_until_they_are_changed() {
    let running = Running::start().await;
    let hour = PresigningConfig::expires_in(Duration::from_hours(1)).unwrap();
    for (key, size) in [("a b+ü/k", 100), ("large", 200_000)] {
        let bytes = noise(size, 1);
        let put = running
            .far
            .put_object()
            .bucket(BUCKET)
            .key(key)
            .content_type("image/jpeg")
            .presigned(hour.clone())
            .await
            .unwrap();
        let headers: Vec<(&str, &str)> = put.headers().collect();
        let sent = send(&running.address, "PUT", target(put.uri(), &running.address), &headers, &bytes).await;
        assert_eq!(sent.status, 200, "{}", String::from_utf8_lossy(&sent.body));
        let read = running.far.get_object().bucket(BUCKET).key(key).response_content_type("text/plain");
        let read = read.presigned(hour.clone()).await.unwrap();
        let target = target(read.uri(), &running.address);
        let answer = send(&running.address, "GET", target, &[("range", "bytes=0-9")], b"").await;
        assert_eq!((answer.status, answer.body.as_slice()), (206, &bytes[..10]));
        assert!(answer.head.contains("content-type: text/plain"));
        let nonsense = send(&running.address, "GET", target, &[("range", "bytes=9-5")], b"").await;
        assert!(nonsense.status == 200 && nonsense.body == bytes, "a range that is none is ignored");
        let other = target.replace("X-Amz-Expires=3600", "X-Amz-Expires=7200");
        assert_eq!(send(&running.address, "GET", &other, &[], b"").await.status, 403);
    }
}

/// Whoever is given a signed address may do what it says, and not what they add to it.
#[tokio::test]
async fn what_a_signature_does_not_cover_tells_the_server_nothing() {
    let running = Running::start().await;
    put(&running.near, "secret", "of somebody else").await;
    let hour = PresigningConfig::expires_in(Duration::from_hours(1)).unwrap();
    let url = running.far.put_object().bucket(BUCKET).key("mine").presigned(hour).await.unwrap();
    let signed: Vec<(&str, &str)> = url.headers().collect();
    let copied = format!("/{BUCKET}/secret");
    for added in [
        ("x-amz-copy-source", copied.as_str()),
        ("X-Amz-Copy-Source", copied.as_str()),
        ("x-amz-acl", "public-read"),
        ("x-amz-meta-a", "b"),
        ("x-amz-storage-class", "GLACIER"),
    ] {
        let headers = [signed.as_slice(), &[added]].concat();
        let plain = target(url.uri(), &running.address);
        // The same address to whoever decodes names before looking at them.
        for address in [plain.to_owned(), plain.replace("X-Amz-Signature=", "X-Amz-Signatur%65=")] {
            let answer = send(&running.address, "PUT", &address, &headers, b"mine").await;
            let body = String::from_utf8(answer.body).unwrap();
            assert!(answer.status == 403 && body.contains("<Code>AccessDenied</Code>"), "{added:?}, {address}: {body}");
            assert!(body.contains("headers present in the request which were not signed"), "{body}");
            assert_eq!(get(&running.near, "mine").await, None);
        }
    }
    let answer = send(&running.address, "PUT", target(url.uri(), &running.address), &signed, b"mine").await;
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    assert_eq!(get(&running.near, "mine").await.unwrap(), b"mine");
}

#[tokio::test]
async fn signatures_of_version_2_are_refused() {
    let running = Running::start().await;
    let header = send(&running.address, "GET", "/photos/k", &[("authorization", "AWS heirloom:c2ln")], b"").await;
    let query =
        send(&running.address, "GET", "/photos/k?AWSAccessKeyId=heirloom&Expires=1&Signature=x", &[], b"").await;
    for answer in [header, query] {
        assert_eq!(answer.status, 400);
        assert!(String::from_utf8(answer.body).unwrap().contains("AWS4-HMAC-SHA256"));
    }
}

#[tokio::test]
async fn a_body_that_ends_early_leaves_the_old_object() {
    let running = Running::start().await;
    put(&running.near, "k", "old").await;
    let hour = PresigningConfig::expires_in(Duration::from_hours(1)).unwrap();
    let url = running.far.put_object().bucket(BUCKET).key("k").presigned(hour).await.unwrap();
    for size in [100, 100_000, 2_000_000] {
        let mut connection = TcpStream::connect(&running.address).await.unwrap();
        let head = format!(
            "PUT {} HTTP/1.1\r\nhost: {}\r\ncontent-length: {}\r\n\r\n",
            target(url.uri(), &running.address),
            running.address,
            size + 1
        );
        connection.write_all(head.as_bytes()).await.unwrap();
        connection.write_all(&noise(size, 1)).await.unwrap();
        connection.shutdown().await.unwrap();
        let mut answer = Vec::new();
        // The server may answer or hang up.
        let _ = connection.read_to_end(&mut answer).await;
        assert!(!answer.starts_with(b"HTTP/1.1 200"));
        assert_eq!(get(&running.near, "k").await.unwrap(), b"old");
    }
    let files = running.stop().await;
    assert_eq!(std::fs::read_dir(files.path().join("tmp")).unwrap().count(), 0);
}

#[tokio::test]
async fn an_answer_under_way_is_finished_before_the_server_stops() {
    let running = Running::start().await;
    let bytes = noise(20_000_000, 1);
    put(&running.near, "k", bytes.clone()).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (stop, stopped) = oneshot::channel::<()>();
    let listening = tokio::spawn(listen(running.server.clone(), listener, async move {
        let _ = stopped.await;
    }));
    let client = far_client(&address, &credentials());
    let mut reading = client.get_object().bucket(BUCKET).key("k").send().await.unwrap();
    let mut read = reading.body.next().await.unwrap().unwrap().to_vec();
    drop(stop);
    while let Some(chunk) = reading.body.next().await {
        read.extend_from_slice(&chunk.unwrap());
    }
    assert!(read == bytes);
    listening.await.unwrap();
    assert!(TcpStream::connect(&address).await.is_err());
}
