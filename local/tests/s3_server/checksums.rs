//! Checksums: compared before anything becomes visible, kept, given back.

use aws_sdk_s3::Client;
use aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder;
use aws_sdk_s3::primitives::{ByteStream, SdkBody};
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumMode, ChecksumType, Delete, ObjectIdentifier};
use bytes::Bytes;
use http_body_util::StreamBody;

use crate::harness::{BUCKET, Running, code, get, noise, put, status};

/// A body that the SDK cannot look into, so it sends the checksum behind it, in a trailer.
fn streamed(bytes: &[u8]) -> ByteStream {
    let chunks: Vec<Result<_, std::io::Error>> =
        bytes.chunks(10_000).map(|chunk| Ok(http_body::Frame::data(Bytes::copy_from_slice(chunk)))).collect();
    ByteStream::new(SdkBody::from_body_1_x(StreamBody::new(futures::stream::iter(chunks))))
}

fn put_streamed(client: &Client, bytes: &[u8]) -> PutObjectFluentBuilder {
    client.put_object().bucket(BUCKET).key("k").content_length(bytes.len() as i64).body(streamed(bytes))
}

const ALGORITHMS: [ChecksumAlgorithm; 5] = [
    ChecksumAlgorithm::Crc32,
    ChecksumAlgorithm::Crc32C,
    ChecksumAlgorithm::Crc64Nvme,
    ChecksumAlgorithm::Sha1,
    ChecksumAlgorithm::Sha256,
];

#[tokio::test]
async fn all_five_are_taken_kept_and_given_back_as_header_and_as_trailer() {
    let mut running = Running::start().await;
    for size in [1000, 300_000] {
        let bytes = noise(size, 1);
        for algorithm in ALGORITHMS {
            for client in running.clients() {
                put_streamed(client, &bytes).checksum_algorithm(algorithm.clone()).send().await.unwrap();
                let streamed = values(client).await;
                let whole = client.put_object().bucket(BUCKET).key("k").body(ByteStream::from(bytes.clone()));
                whole.checksum_algorithm(algorithm.clone()).send().await.unwrap();
                let whole = values(client).await;
                assert_eq!(whole, streamed);
                assert_eq!(whole.iter().flatten().count(), 1, "{algorithm}");
                // The SDK compares the checksum that comes with the bytes.
                let read = client.get_object().bucket(BUCKET).key("k").checksum_mode(ChecksumMode::Enabled);
                let read = read.send().await.unwrap();
                assert_eq!(read.checksum_type, Some(ChecksumType::FullObject));
                assert!(read.body.collect().await.unwrap().to_vec() == bytes);
            }
        }
    }
    let before = values(&running.near).await;
    running = running.restart().await;
    assert_eq!(values(&running.near).await, before);
}

async fn values(client: &Client) -> [Option<String>; 5] {
    let head = client.head_object().bucket(BUCKET).key("k").checksum_mode(ChecksumMode::Enabled).send().await.unwrap();
    [head.checksum_crc32, head.checksum_crc32_c, head.checksum_crc64_nvme, head.checksum_sha1, head.checksum_sha256]
}

#[tokio::test]
async fn a_wrong_one_overwrites_nothing_and_leaves_nothing() {
    let running = Running::start().await;
    for client in running.clients() {
        for size in [1000, 300_000] {
            put(client, "k", "old").await;
            let bytes = noise(size, 1);
            let attempt = || client.put_object().bucket(BUCKET).key("k").body(ByteStream::from(bytes.clone()));
            let wrong = [
                attempt().checksum_crc32("AAAAAA=="),
                attempt().checksum_crc32_c("AAAAAA=="),
                attempt().checksum_crc64_nvme("AAAAAAAAAAA="),
                attempt().checksum_sha1("AAAAAAAAAAAAAAAAAAAAAAAAAAA="),
                attempt().checksum_sha256("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
                attempt().content_md5("AAAAAAAAAAAAAAAAAAAAAA=="),
            ];
            for request in wrong {
                let error = request.send().await.unwrap_err();
                assert_eq!((status(&error), code(&error).as_str()), (400, "BadDigest"));
                assert_eq!(get(client, "k").await.unwrap(), b"old");
            }
            let unreadable = attempt().content_md5("not base64").send().await.unwrap_err();
            assert_eq!(code(&unreadable), "InvalidDigest");
            let unreadable = attempt().checksum_crc32("AA==").send().await.unwrap_err();
            assert_eq!(code(&unreadable), "InvalidRequest");
        }
    }
    assert!(running.files("blobs").is_empty() && running.files("tmp").is_empty());
}

#[tokio::test]
async fn a_right_md5_is_taken() {
    let running = Running::start().await;
    for client in running.clients() {
        let put = client.put_object().bucket(BUCKET).key("k").body(ByteStream::from_static(b"123456789"));
        put.content_md5("JfnnlDI7RTiF9RgfG2JNCw==").send().await.unwrap();
        assert_eq!(get(client, "k").await.unwrap(), b"123456789");
    }
}

#[tokio::test]
async fn a_streamed_body_with_an_encoding_keeps_that_encoding_alone() {
    let running = Running::start().await;
    for client in running.clients() {
        for size in [1000, 100_000] {
            let bytes = noise(size, 1);
            put_streamed(client, &bytes).content_encoding("gzip").send().await.unwrap();
            let read = client.get_object().bucket(BUCKET).key("k").send().await.unwrap();
            assert_eq!(read.content_encoding.as_deref(), Some("gzip"));
            assert!(read.body.collect().await.unwrap().to_vec() == bytes);
            put_streamed(client, &bytes).send().await.unwrap();
            let head = client.head_object().bucket(BUCKET).key("k").send().await.unwrap();
            assert_eq!(head.content_encoding, None);
        }
    }
}

#[tokio::test]
async fn a_range_comes_without_the_checksum_of_the_whole() {
    let running = Running::start().await;
    put(&running.far, "k", noise(1000, 1)).await;
    let range =
        running.far.get_object().bucket(BUCKET).key("k").range("bytes=0-9").checksum_mode(ChecksumMode::Enabled);
    let range = range.send().await.unwrap();
    assert_eq!((range.checksum_crc32, range.checksum_crc64_nvme), (None, None));
    assert_eq!(range.body.collect().await.unwrap().to_vec().len(), 10);
}

#[tokio::test]
async fn a_damaged_list_of_keys_deletes_nothing() {
    let running = Running::start().await;
    for client in running.clients() {
        put(client, "k", "kept").await;
        let listed = ObjectIdentifier::builder().key("k").build().unwrap();
        let delete = client.delete_objects().bucket(BUCKET).delete(Delete::builder().objects(listed).build().unwrap());
        let damaged = delete.customize().mutate_request(|request| {
            request.headers_mut().insert("content-md5", "AAAAAAAAAAAAAAAAAAAAAA==");
        });
        assert_eq!(code(&damaged.send().await.unwrap_err()), "BadDigest");
        assert_eq!(get(client, "k").await.unwrap(), b"kept");
    }
}
