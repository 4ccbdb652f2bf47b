//! Copies.

use aws_sdk_s3::primitives::{ByteStream, DateTime};
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumMode, MetadataDirective};

use crate::harness::{BUCKET, Running, code, get, noise, put, status};

#[tokio::test]
async fn copies_have_the_bytes_the_etag_and_the_metadata() {
    let running = Running::start().await;
    for client in running.clients() {
        for (size, files) in [(0, 0), (100, 0), (200_000, 2)] {
            let bytes = noise(size, 5);
            let original =
                client.put_object().bucket(BUCKET).key("a b+c/ü").metadata("m", "1").content_type("image/png");
            let original = original.body(ByteStream::from(bytes.clone())).send().await.unwrap();
            let copy =
                client.copy_object().bucket(BUCKET).key("copy").copy_source(format!("{BUCKET}/a%20b%2Bc/%C3%BC"));
            let copy = copy.send().await.unwrap().copy_object_result.unwrap();
            assert_eq!(copy.e_tag, original.e_tag);
            assert!(copy.last_modified.is_some());
            let head = client.head_object().bucket(BUCKET).key("copy").send().await.unwrap();
            assert_eq!(head.content_type.as_deref(), Some("image/png"));
            assert_eq!(head.metadata.unwrap()["m"], "1");
            assert_eq!(running.files("blobs").len(), files);
            client.delete_object().bucket(BUCKET).key("a b+c/ü").send().await.unwrap();
            assert!(get(client, "copy").await.unwrap() == bytes, "a copy outlives its source");
            client.delete_object().bucket(BUCKET).key("copy").send().await.unwrap();
        }
    }
}

#[tokio::test]
async fn metadata_is_replaced_on_request_and_only_then_onto_itself() {
    let running = Running::start().await;
    for client in running.clients() {
        for size in [10, 100_000] {
            let put = client.put_object().bucket(BUCKET).key("k").metadata("m", "1").cache_control("no-store");
            put.body(ByteStream::from(noise(size, 1))).send().await.unwrap();
            let copy = || client.copy_object().bucket(BUCKET).key("k").copy_source(format!("{BUCKET}/k"));
            assert_eq!(code(&copy().send().await.unwrap_err()), "InvalidRequest");
            let replace =
                copy().metadata_directive(MetadataDirective::Replace).metadata("m", "2").content_type("text/plain");
            replace.send().await.unwrap();
            let head = client.head_object().bucket(BUCKET).key("k").send().await.unwrap();
            assert_eq!(head.metadata.unwrap()["m"], "2");
            assert_eq!((head.content_type.as_deref(), head.cache_control), (Some("text/plain"), None));
            assert!(get(client, "k").await.unwrap() == noise(size, 1));
        }
    }
}

#[tokio::test]
async fn conditions_on_the_source_and_on_the_destination() {
    let running = Running::start().await;
    for client in running.clients() {
        let etag = put(client, "from", "x").await;
        let copy = || client.copy_object().bucket(BUCKET).key("to").copy_source(format!("{BUCKET}/from"));
        assert_eq!(status(&copy().copy_source_if_match("\"0\"").send().await.unwrap_err()), 412);
        assert_eq!(status(&copy().copy_source_if_none_match(&etag).send().await.unwrap_err()), 412);
        let future = DateTime::from_secs(4_000_000_000);
        assert_eq!(status(&copy().copy_source_if_modified_since(future).send().await.unwrap_err()), 412);
        let past = DateTime::from_secs(1_000_000_000);
        assert_eq!(status(&copy().copy_source_if_unmodified_since(past).send().await.unwrap_err()), 412);
        assert!(get(client, "to").await.is_none());
        copy().copy_source_if_match(&etag).if_none_match("*").send().await.unwrap();
        assert_eq!(status(&copy().if_none_match("*").send().await.unwrap_err()), 412);
        assert_eq!(status(&copy().if_match("\"0\"").send().await.unwrap_err()), 412);
        copy().if_match(&etag).send().await.unwrap();
        client.delete_object().bucket(BUCKET).key("to").send().await.unwrap();
        let missing = client.copy_object().bucket(BUCKET).key("to").copy_source(format!("{BUCKET}/none")).send().await;
        assert_eq!(code(&missing.unwrap_err()), "NoSuchKey");
        let missing = client.copy_object().bucket(BUCKET).key("to").copy_source("no-bucket/none").send().await;
        assert_eq!(code(&missing.unwrap_err()), "NoSuchBucket");
    }
}

#[tokio::test]
async fn another_checksum_is_taken_on_request() {
    let running = Running::start().await;
    for size in [9, 100_000] {
        put(&running.far, "from", noise(size, 1)).await;
        let copy = running.far.copy_object().bucket(BUCKET).key("to").copy_source(format!("{BUCKET}/from"));
        let result =
            copy.checksum_algorithm(ChecksumAlgorithm::Sha256).send().await.unwrap().copy_object_result.unwrap();
        let read = running.far.head_object().bucket(BUCKET).key("to").checksum_mode(ChecksumMode::Enabled).send().await;
        let read = read.unwrap();
        assert!(result.checksum_sha256.is_some());
        assert_eq!((read.checksum_sha256, read.checksum_crc32), (result.checksum_sha256, None));
    }
}
