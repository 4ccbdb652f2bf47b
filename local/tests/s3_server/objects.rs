//! Objects: put, read, ranged, deleted; and every key that S3 allows.

use std::collections::HashMap;

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};

use crate::harness::{BUCKET, Running, code, get, noise, put, status};

#[tokio::test]
async fn bytes_come_back_whatever_their_size_and_way() {
    let running = Running::start().await;
    for client in running.clients() {
        for size in [0, 1, 4096, 32 * 1024, 32 * 1024 + 1, 512 * 1024, 3_000_000] {
            let bytes = noise(size, size as u64 + 1);
            let key = format!("size {size}");
            let etag = put(client, &key, bytes.clone()).await;
            let object = client.get_object().bucket(BUCKET).key(&key).send().await.unwrap();
            assert_eq!(object.content_length, Some(size as i64));
            assert_eq!(object.e_tag.as_deref(), Some(etag.as_str()));
            assert_eq!(object.content_type.as_deref(), Some("application/octet-stream"));
            assert!(object.body.collect().await.unwrap().to_vec() == bytes, "{size}");
        }
    }
}

#[tokio::test]
async fn the_etag_is_the_md5() {
    let running = Running::start().await;
    assert_eq!(put(&running.near, "empty", "").await, "\"d41d8cd98f00b204e9800998ecf8427e\"");
    assert_eq!(put(&running.far, "digits", "123456789").await, "\"25f9e794323b453885f5181f1b624d0b\"");
}

fn odd_keys() -> Vec<String> {
    let mut keys: Vec<String> = [
        "a b",
        "a+b",
        "a%b",
        "a%2Fb",
        "a%20b",
        "f",
        "f/g",
        "a//b",
        "/leading",
        "//",
        "trailing/",
        "..",
        ".",
        "../up",
        "a/../b",
        "a/./b",
        "../../../../etc/passwd",
        "ümläut/Ω/写真/🏔.jpg",
        "a&b=c?d#e",
        "quote\"'<>`",
        "back\\slash",
        "tab\there",
        "con",
        "nul.txt",
        ":*?|",
        "~$.%7E",
        "{}[]^|;,@!()",
        "a\u{301}",
        "á",
        "%00",
        "A",
        "a",
    ]
    .map(str::to_owned)
    .into();
    keys.push("x".repeat(1024));
    keys.push("ä".repeat(512));
    keys.push(format!("{}/{}", "s".repeat(511), "t".repeat(512)));
    keys
}

#[tokio::test]
async fn every_key_that_s3_allows_is_its_own_object() {
    let running = Running::start().await;
    let keys = odd_keys();
    for client in running.clients() {
        for key in &keys {
            put(client, key, format!("<{key}>")).await;
        }
        for key in &keys {
            assert_eq!(get(client, key).await.as_deref(), Some(format!("<{key}>").as_bytes()), "{key:?}");
        }
        let listed = client.list_objects_v2().bucket(BUCKET).send().await.unwrap();
        let listed: Vec<&str> = listed.contents().iter().map(|object| object.key().unwrap()).collect();
        let mut sorted: Vec<&str> = keys.iter().map(String::as_str).collect();
        sorted.sort_unstable();
        assert_eq!(listed, sorted);
        for key in &keys {
            client.delete_object().bucket(BUCKET).key(key).send().await.unwrap();
            assert_eq!(get(client, key).await, None, "{key:?}");
        }
    }
    assert_eq!(running.files("blobs").len(), 0);
}

#[tokio::test]
async fn a_key_over_1024_bytes_is_too_long() {
    let running = Running::start().await;
    for client in running.clients() {
        let put =
            client.put_object().bucket(BUCKET).key("x".repeat(1025)).body(ByteStream::from_static(b"x")).send().await;
        assert_eq!(code(&put.unwrap_err()), "KeyTooLongError");
    }
}

#[tokio::test]
async fn headers_and_metadata_are_kept_across_a_restart() {
    let mut running = Running::start().await;
    let big = noise(100_000, 3);
    for (key, body) in [("small", b"abc".to_vec()), ("big", big.clone())] {
        running
            .far
            .put_object()
            .bucket(BUCKET)
            .key(key)
            .content_type("image/jpeg")
            .cache_control("private, no-cache")
            .content_disposition("attachment; filename=\"a.jpg\"")
            .content_encoding("identity")
            .content_language("de")
            .expires(aws_sdk_s3::primitives::DateTime::from_secs(1_900_000_000))
            .metadata("camera", "Leica")
            .metadata("place", "Saarbrücken")
            .body(ByteStream::from(body))
            .send()
            .await
            .unwrap();
    }
    for turn in 0..2 {
        for client in running.clients() {
            for (key, size) in [("small", 3), ("big", 100_000)] {
                let head = client.head_object().bucket(BUCKET).key(key).send().await.unwrap();
                assert_eq!(head.content_type.as_deref(), Some("image/jpeg"), "turn {turn}");
                assert_eq!(head.cache_control.as_deref(), Some("private, no-cache"));
                assert_eq!(head.content_disposition.as_deref(), Some("attachment; filename=\"a.jpg\""));
                assert_eq!(head.content_encoding.as_deref(), Some("identity"));
                assert_eq!(head.content_language.as_deref(), Some("de"));
                assert_eq!(head.expires_string.as_deref(), Some("Sun, 17 Mar 2030 17:46:40 GMT"));
                assert_eq!(head.content_length, Some(size));
                assert_eq!(head.metadata.unwrap().get("camera").map(String::as_str), Some("Leica"));
                let listed = client.list_objects_v2().bucket(BUCKET).prefix(key).send().await.unwrap();
                assert_eq!(listed.contents()[0].last_modified, head.last_modified);
            }
        }
        assert!(get(&running.near, "big").await.unwrap() == big);
        running = running.restart().await;
    }
}

#[tokio::test]
async fn too_much_metadata_and_what_is_not_offered_are_refused() {
    let running = Running::start().await;
    let put = || running.far.put_object().bucket(BUCKET).key("k").body(ByteStream::from_static(b"x"));
    let large = put().metadata("m", "x".repeat(2048)).send().await;
    assert_eq!(code(&large.unwrap_err()), "MetadataTooLarge");
    let encrypted = put().server_side_encryption("AES256".into()).send().await;
    assert_eq!(code(&encrypted.unwrap_err()), "NotImplemented");
    let tagged = put().tagging("a=b").send().await;
    assert_eq!(code(&tagged.unwrap_err()), "NotImplemented");
    let public = put().acl("public-read".into()).send().await;
    assert_eq!(code(&public.unwrap_err()), "AccessControlListNotSupported");
    let cold = put().storage_class("GLACIER".into()).send().await;
    assert_eq!(code(&cold.unwrap_err()), "InvalidStorageClass");
    let versions = running.far.list_object_versions().bucket(BUCKET).send().await;
    assert_eq!(code(&versions.unwrap_err()), "NotImplemented");
    assert_eq!(get(&running.near, "k").await, None);
}

#[tokio::test]
async fn ranges_give_206_and_416() {
    let running = Running::start().await;
    let bytes = noise(200_000, 9);
    put(&running.near, "small", bytes[..1000].to_vec()).await;
    put(&running.near, "large", bytes.clone()).await;
    put(&running.near, "empty", "").await;
    for client in running.clients() {
        for (key, size) in [("small", 1000_usize), ("large", 200_000)] {
            let cases = [
                ("bytes=0-0".to_owned(), 0..1),
                ("bytes=10-19".to_owned(), 10..20),
                (format!("bytes={}-", size - 7), size - 7..size),
                ("bytes=-5".to_owned(), size - 5..size),
                (format!("bytes=-{}", size * 2), 0..size),
                (format!("bytes=5-{}", size * 2), 5..size),
            ];
            for (range, window) in cases {
                let part = client.get_object().bucket(BUCKET).key(key).range(&range).send().await.unwrap();
                let header = format!("bytes {}-{}/{size}", window.start, window.end - 1);
                assert_eq!(part.content_range.as_deref(), Some(header.as_str()), "{range}");
                assert_eq!(part.content_length, Some(window.len() as i64));
                assert!(part.body.collect().await.unwrap().to_vec() == bytes[window], "{key} {range}");
            }
            let beyond = client.get_object().bucket(BUCKET).key(key).range(format!("bytes={size}-")).send().await;
            let beyond = beyond.unwrap_err();
            assert_eq!((status(&beyond), code(&beyond).as_str()), (416, "InvalidRange"));
        }
        for range in ["bytes=0-", "bytes=-1"] {
            let empty = client.get_object().bucket(BUCKET).key("empty").range(range).send().await.unwrap_err();
            assert_eq!(status(&empty), 416, "{range}");
        }
    }
}

#[tokio::test]
async fn an_object_that_is_replaced_or_deleted_while_it_is_read_is_read_to_its_end() {
    let running = Running::start().await;
    for client in running.clients() {
        let old = noise(8_000_000, 1);
        put(client, "k", old.clone()).await;
        let mut reading = client.get_object().bucket(BUCKET).key("k").send().await.unwrap();
        let deleted = client.get_object().bucket(BUCKET).key("k").send().await.unwrap();
        let mut read = reading.body.next().await.unwrap().unwrap().to_vec();
        put(client, "k", noise(8_000_000, 2)).await;
        client.delete_object().bucket(BUCKET).key("k").send().await.unwrap();
        while let Some(chunk) = reading.body.next().await {
            read.extend_from_slice(&chunk.unwrap());
        }
        assert!(read == old);
        assert!(deleted.body.collect().await.unwrap().to_vec() == old);
        assert_eq!(get(client, "k").await, None);
    }
}

#[tokio::test]
async fn deletes_take_what_is_there_and_forgive_what_is_not() {
    let running = Running::start().await;
    for client in running.clients() {
        for key in ["a", "b c", "d+e", "f/ü"] {
            put(client, key, "x").await;
        }
        client.delete_object().bucket(BUCKET).key("never there").send().await.unwrap();
        let ids =
            ["a", "b c", "d+e", "f/ü", "never there"].map(|key| ObjectIdentifier::builder().key(key).build().unwrap());
        let delete = Delete::builder().set_objects(Some(ids.into())).build().unwrap();
        let answer = client.delete_objects().bucket(BUCKET).delete(delete).send().await.unwrap();
        assert_eq!(answer.deleted().len(), 5);
        assert_eq!(answer.errors().len(), 0);
        let left = client.list_objects_v2().bucket(BUCKET).send().await.unwrap();
        assert_eq!(left.key_count, Some(0));
        let quiet = Delete::builder().objects(ObjectIdentifier::builder().key("a").build().unwrap()).quiet(true);
        let answer = client.delete_objects().bucket(BUCKET).delete(quiet.build().unwrap()).send().await.unwrap();
        assert_eq!(answer.deleted().len(), 0);
    }
}

#[tokio::test]
async fn what_is_missing_is_named() {
    let running = Running::start().await;
    for client in running.clients() {
        let get = client.get_object().bucket(BUCKET).key("none").send().await.unwrap_err();
        assert_eq!((status(&get), code(&get).as_str()), (404, "NoSuchKey"));
        let get = client.get_object().bucket("no-such-bucket").key("none").send().await.unwrap_err();
        assert_eq!((status(&get), code(&get).as_str()), (404, "NoSuchBucket"));
        let head = client.head_object().bucket(BUCKET).key("none").send().await.unwrap_err();
        assert_eq!(status(&head), 404);
        assert!(head.into_service_error().is_not_found());
        for size in [3, 100_000] {
            let put = client.put_object().bucket("no-such-bucket").key("k").body(ByteStream::from(noise(size, 1)));
            assert_eq!(code(&put.send().await.unwrap_err()), "NoSuchBucket");
        }
        let list = client.list_objects_v2().bucket("no-such-bucket").send().await.unwrap_err();
        assert_eq!(code(&list), "NoSuchBucket");
        let delete = client.delete_object().bucket("no-such-bucket").key("k").send().await.unwrap_err();
        assert_eq!(code(&delete), "NoSuchBucket");
    }
}

#[tokio::test]
async fn files_are_removed_with_their_objects_and_few_bytes_need_none() {
    let running = Running::start().await;
    put(&running.near, "small", noise(32 * 1024, 1)).await;
    assert_eq!(running.files("blobs").len(), 0);
    for turn in 0..5 {
        put(&running.near, "large", noise(50_000, turn)).await;
    }
    // A file goes after the caller has been answered, and before the next writer is.
    put(&running.near, "small", "").await;
    assert_eq!(running.files("blobs").len(), 1);
    running.near.delete_object().bucket(BUCKET).key("large").send().await.unwrap();
    put(&running.near, "small", "").await;
    assert_eq!(running.files("blobs").len(), 0);
    assert_eq!(running.files("tmp").len(), 0);
}

#[tokio::test]
async fn user_metadata_is_listed_by_its_names() {
    let running = Running::start().await;
    let sent = HashMap::from([("one".to_owned(), "1".to_owned()), ("two".to_owned(), "b, c".to_owned())]);
    for client in running.clients() {
        let put = client.put_object().bucket(BUCKET).key("k").set_metadata(Some(sent.clone()));
        put.body(ByteStream::from_static(b"x")).send().await.unwrap();
        let head = client.head_object().bucket(BUCKET).key("k").send().await.unwrap();
        assert_eq!(head.metadata.unwrap(), sent);
    }
}
