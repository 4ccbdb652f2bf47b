//! Uploads in parts.

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumMode, ChecksumType, CompletedMultipartUpload, CompletedPart};
use jiff::{SignedDuration, Timestamp};

use crate::harness::{BUCKET, Running, code, get, noise, put, status};

const PART: usize = 5 * 1024 * 1024;

async fn begin(client: &Client, key: &str) -> String {
    let create = client.create_multipart_upload().bucket(BUCKET).key(key).content_type("video/mp4").metadata("m", "1");
    create.send().await.unwrap().upload_id.unwrap()
}

async fn part(client: &Client, key: &str, id: &str, number: i32, bytes: Vec<u8>) -> CompletedPart {
    let sent = client.upload_part().bucket(BUCKET).key(key).upload_id(id).part_number(number);
    let sent = sent.body(ByteStream::from(bytes)).send().await.unwrap();
    CompletedPart::builder()
        .part_number(number)
        .set_e_tag(sent.e_tag)
        .set_checksum_crc32(sent.checksum_crc32)
        .set_checksum_sha256(sent.checksum_sha256)
        .build()
}

fn listed(parts: &[CompletedPart]) -> CompletedMultipartUpload {
    CompletedMultipartUpload::builder().set_parts(Some(parts.to_vec())).build()
}

#[tokio::test]
async fn parts_become_one_object() {
    let mut running = Running::start().await;
    let bytes = noise(2 * PART + 1000, 1);
    for way in 0..2 {
        let client = running.clients()[way].clone();
        let id = begin(&client, "big").await;
        // Out of order, and one twice: the last one counts.
        let third = part(&client, "big", &id, 7, bytes[2 * PART..].to_vec()).await;
        part(&client, "big", &id, 1, noise(PART, 99)).await;
        let first = part(&client, "big", &id, 1, bytes[..PART].to_vec()).await;
        let second = part(&client, "big", &id, 3, bytes[PART..2 * PART].to_vec()).await;
        assert_eq!(get(&client, "big").await, None);

        // An upload survives a restart. A client without a socket holds the folder open, so it goes first.
        drop(client);
        running = running.restart().await;
        let client = running.clients()[way].clone();
        let page = client.list_parts().bucket(BUCKET).key("big").upload_id(&id).max_parts(2).send().await.unwrap();
        let numbers: Vec<_> = page.parts().iter().map(|part| (part.part_number.unwrap(), part.size.unwrap())).collect();
        assert_eq!((numbers, page.is_truncated), (vec![(1, PART as i64), (3, PART as i64)], Some(true)));
        let rest = client.list_parts().bucket(BUCKET).key("big").upload_id(&id).part_number_marker("3").send().await;
        assert_eq!(rest.unwrap().parts()[0].part_number, Some(7));

        let complete = client.complete_multipart_upload().bucket(BUCKET).key("big").upload_id(&id);
        let done = complete.multipart_upload(listed(&[first, second, third])).send().await.unwrap();
        let etag = done.e_tag.unwrap();
        assert!(etag.ends_with("-3\""), "{etag}");
        let read = client.get_object().bucket(BUCKET).key("big").send().await.unwrap();
        assert_eq!(read.e_tag.as_deref(), Some(etag.as_str()));
        assert_eq!((read.content_type.as_deref(), read.metadata().unwrap()["m"].as_str()), (Some("video/mp4"), "1"));
        assert!(read.body.collect().await.unwrap().to_vec() == bytes);

        let second = client.get_object().bucket(BUCKET).key("big").part_number(2).send().await.unwrap();
        assert_eq!((second.parts_count, second.content_length), (Some(3), Some(PART as i64)));
        assert!(second.body.collect().await.unwrap().to_vec() == bytes[PART..2 * PART]);
        let fourth = client.get_object().bucket(BUCKET).key("big").part_number(4).send().await.unwrap_err();
        assert_eq!(status(&fourth), 416);

        let again = client.list_parts().bucket(BUCKET).key("big").upload_id(&id).send().await.unwrap_err();
        assert_eq!(code(&again), "NoSuchUpload");
        // Two parts are files, the last is small enough for the index; what was sent over is gone.
        assert_eq!(running.files("blobs").len(), 2);
        client.delete_object().bucket(BUCKET).key("big").send().await.unwrap();
        tidied(client.clone()).await;
        assert_eq!(running.files("blobs").len(), 0);
    }
}

/// One that goes on over a slow line is no such upload.
#[tokio::test]
async fn an_upload_that_nobody_goes_on_with_is_aborted() {
    let running = Running::start().await;
    let client = &running.near;
    let (left, slow) = (begin(client, "left").await, begin(client, "slow").await);
    let first = part(client, "slow", &slow, 1, noise(PART, 1)).await;
    part(client, "left", &left, 1, noise(PART, 2)).await;
    let before = Timestamp::now();
    while Timestamp::now().as_millisecond() == before.as_millisecond() {
        tokio::task::yield_now().await;
    }
    let moment = Timestamp::now();
    let second = part(client, "slow", &slow, 2, noise(1000, 3)).await;
    begin(client, "new").await;

    let a_week = SignedDuration::from_hours(7 * 24);
    assert_eq!(running.folder.abort_uploads_before(before - a_week).await.unwrap(), 0);
    assert_eq!(running.folder.abort_uploads_before(moment).await.unwrap(), 1);
    let listed_uploads = client.list_multipart_uploads().bucket(BUCKET).send().await.unwrap();
    let keys: Vec<_> = listed_uploads.uploads().iter().map(|upload| upload.key().unwrap()).collect();
    assert_eq!(keys, ["new", "slow"]);
    tidied(client.clone()).await;
    assert_eq!(running.files("blobs").len(), 1, "what was sent of it is gone");
    let late = client.upload_part().bucket(BUCKET).key("left").upload_id(&left).part_number(2);
    assert_eq!(code(&late.body(ByteStream::from_static(b"x")).send().await.unwrap_err()), "NoSuchUpload");
    let complete = client.complete_multipart_upload().bucket(BUCKET).key("slow").upload_id(&slow);
    complete.multipart_upload(listed(&[first, second])).send().await.unwrap();
    assert!(get(client, "slow").await.unwrap() == [noise(PART, 1), noise(1000, 3)].concat());
}

/// Files go after the answer, and before the next write.
async fn tidied(client: Client) {
    put(&client, "tidied", b"x".to_vec()).await;
    client.delete_object().bucket(BUCKET).key("tidied").send().await.unwrap();
}

async fn in_parts(client: &Client, key: &str, bytes: &[u8]) {
    let id = begin(client, key).await;
    let mut parts = Vec::new();
    for (number, bytes) in (1..).zip(bytes.chunks(PART)) {
        parts.push(part(client, key, &id, number, bytes.to_vec()).await);
    }
    let complete = client.complete_multipart_upload().bucket(BUCKET).key(key).upload_id(&id);
    complete.multipart_upload(listed(&parts)).send().await.unwrap();
}

#[tokio::test]
async fn an_object_in_parts_is_read_by_range_copied_and_kept() {
    let mut running = Running::start().await;
    let bytes = noise(2 * PART + 100_000, 5);
    in_parts(running.clients()[0], "film", &bytes).await;
    running = running.restart().await;
    for client in running.clients() {
        for (start, end) in [(0, 10), (PART - 3, PART + 3), (PART - 1, 2 * PART + 1), (2 * PART, bytes.len())] {
            let range = format!("bytes={start}-{}", end - 1);
            let read = client.get_object().bucket(BUCKET).key("film").range(range).send().await.unwrap();
            assert!(read.body.collect().await.unwrap().to_vec() == bytes[start..end], "{start}..{end}");
        }
        client.copy_object().bucket(BUCKET).key("copy").copy_source(format!("{BUCKET}/film")).send().await.unwrap();
        assert!(get(client, "copy").await.as_deref() == Some(bytes.as_slice()));
    }
}

#[tokio::test]
async fn who_reads_an_object_in_parts_reads_it_to_its_end() {
    let running = Running::start().await;
    let bytes = noise(2 * PART + 100_000, 6);
    for client in running.clients() {
        in_parts(client, "film", &bytes).await;
        let reading = client.get_object().bucket(BUCKET).key("film").send().await.unwrap();
        put(client, "film", b"another".to_vec()).await;
        tidied(client.clone()).await;
        assert!(reading.body.collect().await.unwrap().to_vec() == bytes, "replaced while it was read");
        assert_eq!(get(client, "film").await.as_deref(), Some(b"another".as_slice()));
        for _ in 0..100 {
            if running.files("blobs").is_empty() {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        assert_eq!(running.files("blobs").len(), 0, "its files go with its reader");
    }
}

#[tokio::test]
async fn what_does_not_fit_is_refused() {
    let running = Running::start().await;
    for client in running.clients() {
        let id = begin(client, "k").await;
        let small = part(client, "k", &id, 1, noise(1000, 1)).await;
        let last = part(client, "k", &id, 2, noise(1000, 2)).await;
        let complete = |parts: &[CompletedPart]| {
            client
                .complete_multipart_upload()
                .bucket(BUCKET)
                .key("k")
                .upload_id(&id)
                .multipart_upload(listed(parts))
                .send()
        };
        assert_eq!(code(&complete(&[small.clone(), last.clone()]).await.unwrap_err()), "EntityTooSmall");
        assert_eq!(code(&complete(&[last.clone(), small.clone()]).await.unwrap_err()), "InvalidPartOrder");
        assert_eq!(code(&complete(&[]).await.unwrap_err()), "MalformedXML");
        let wrong = CompletedPart::builder().part_number(1).e_tag("\"0\"").build();
        assert_eq!(code(&complete(&[wrong]).await.unwrap_err()), "InvalidPart");
        let never = CompletedPart::builder().part_number(9).e_tag(last.e_tag.as_deref().unwrap()).build();
        assert_eq!(code(&complete(&[never]).await.unwrap_err()), "InvalidPart");
        for number in [0, 10_001] {
            let part = client.upload_part().bucket(BUCKET).key("k").upload_id(&id).part_number(number).send().await;
            assert_eq!(code(&part.unwrap_err()), "InvalidArgument");
        }
        let elsewhere = client.upload_part().bucket(BUCKET).key("other").upload_id(&id).part_number(1).send().await;
        assert_eq!(code(&elsewhere.unwrap_err()), "NoSuchUpload");
        assert_eq!(get(client, "k").await, None);
        complete(&[last]).await.unwrap();
        assert!(get(client, "k").await.unwrap() == noise(1000, 2), "one small part is a whole upload");
        client.delete_object().bucket(BUCKET).key("k").send().await.unwrap();
    }
}

#[tokio::test]
async fn completion_can_be_conditional() {
    let running = Running::start().await;
    let client = &running.far;
    put(client, "k", "old").await;
    let id = begin(client, "k").await;
    let only = part(client, "k", &id, 1, noise(100_000, 1)).await;
    let complete = || {
        client
            .complete_multipart_upload()
            .bucket(BUCKET)
            .key("k")
            .upload_id(&id)
            .multipart_upload(listed(std::slice::from_ref(&only)))
    };
    assert_eq!(status(&complete().if_none_match("*").send().await.unwrap_err()), 412);
    assert_eq!(status(&complete().if_match("\"0\"").send().await.unwrap_err()), 412);
    assert_eq!(get(client, "k").await.unwrap(), b"old");
    client.delete_object().bucket(BUCKET).key("k").send().await.unwrap();
    complete().if_none_match("*").send().await.unwrap();
    assert!(get(client, "k").await.unwrap() == noise(100_000, 1));
}

#[tokio::test]
async fn an_aborted_upload_leaves_nothing() {
    let running = Running::start().await;
    for client in running.clients() {
        let id = begin(client, "a/k").await;
        part(client, "a/k", &id, 1, noise(100_000, 1)).await;
        part(client, "a/k", &id, 2, noise(100, 1)).await;
        let second = begin(client, "b").await;
        let all = client.list_multipart_uploads().bucket(BUCKET).send().await.unwrap();
        let ids: Vec<_> =
            all.uploads().iter().map(|upload| (upload.key().unwrap(), upload.upload_id().unwrap())).collect();
        assert_eq!(ids, [("a/k", id.as_str()), ("b", second.as_str())]);
        let rolled = client.list_multipart_uploads().bucket(BUCKET).delimiter("/").max_uploads(1).send().await.unwrap();
        assert_eq!(rolled.common_prefixes()[0].prefix(), Some("a/"));
        assert_eq!((rolled.is_truncated, rolled.next_key_marker.as_deref()), (Some(true), Some("a/")));
        let next = client.list_multipart_uploads().bucket(BUCKET).delimiter("/").key_marker("a/").send().await.unwrap();
        assert_eq!(next.uploads()[0].key(), Some("b"));
        for (key, id) in [("a/k", &id), ("b", &second)] {
            client.abort_multipart_upload().bucket(BUCKET).key(key).upload_id(id).send().await.unwrap();
        }
        let gone = client.abort_multipart_upload().bucket(BUCKET).key("b").upload_id(&second).send().await.unwrap_err();
        assert_eq!(code(&gone), "NoSuchUpload");
        put(client, "small", "").await;
        assert!(running.files("blobs").is_empty());
    }
}

#[tokio::test]
async fn the_uploads_of_a_key_are_listed_in_the_order_of_their_beginnings() {
    let running = Running::start().await;
    let client = &running.near;
    let mut begun = Vec::new();
    for _ in 0..8 {
        begun.push(begin(client, "k").await);
        // Ids tell milliseconds apart.
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    let page = client.list_multipart_uploads().bucket(BUCKET).max_uploads(3).send().await.unwrap();
    let rest = client.list_multipart_uploads().bucket(BUCKET).key_marker("k");
    let rest = rest.set_upload_id_marker(page.next_upload_id_marker.clone()).send().await.unwrap();
    let ids: Vec<_> = page.uploads().iter().chain(rest.uploads()).map(|upload| upload.upload_id().unwrap()).collect();
    assert_eq!(ids, begun);
}

#[tokio::test]
async fn parts_are_copied_whole_and_by_range() {
    let running = Running::start().await;
    let bytes = noise(PART + 70_000, 1);
    for client in running.clients() {
        put(client, "from ü", bytes.clone()).await;
        let id = begin(client, "to").await;
        let copy = |number: i32, range: Option<&str>| {
            let copy = client.upload_part_copy().bucket(BUCKET).key("to").upload_id(&id).part_number(number);
            copy.copy_source(format!("{BUCKET}/from%20%C3%BC")).set_copy_source_range(range.map(str::to_owned)).send()
        };
        let whole = copy(1, None).await.unwrap().copy_part_result.unwrap();
        let some = copy(2, Some("bytes=10-50009")).await.unwrap().copy_part_result.unwrap();
        assert_eq!(code(&copy(3, Some("bytes=10-99999999")).await.unwrap_err()), "InvalidArgument");
        assert_eq!(code(&copy(3, Some("bytes=10-")).await.unwrap_err()), "InvalidArgument");
        let parts = [(1, whole.e_tag), (2, some.e_tag)]
            .map(|(number, etag)| CompletedPart::builder().part_number(number).set_e_tag(etag).build());
        let complete = client.complete_multipart_upload().bucket(BUCKET).key("to").upload_id(&id);
        complete.multipart_upload(listed(&parts)).send().await.unwrap();
        assert!(get(client, "to").await.unwrap() == [&bytes[..], &bytes[10..50_010]].concat());
        // A copy of an object in parts is one in one part, with an MD5 of its own.
        let copied = client.copy_object().bucket(BUCKET).key("copy").copy_source(format!("{BUCKET}/to")).send().await;
        assert!(!copied.unwrap().copy_object_result.unwrap().e_tag.unwrap().contains('-'));
        client.delete_object().bucket(BUCKET).key("to").send().await.unwrap();
    }
}

#[tokio::test]
async fn the_checksum_of_the_whole_is_kept() {
    let running = Running::start().await;
    let bytes = noise(PART + 1000, 1);
    let cases = [
        (ChecksumAlgorithm::Crc32, ChecksumType::Composite),
        (ChecksumAlgorithm::Crc32, ChecksumType::FullObject),
        (ChecksumAlgorithm::Sha256, ChecksumType::Composite),
    ];
    for client in running.clients() {
        for (algorithm, kind) in &cases {
            let create = client.create_multipart_upload().bucket(BUCKET).key("k");
            let create = create.checksum_algorithm(algorithm.clone()).checksum_type(kind.clone()).send().await.unwrap();
            let id = create.upload_id.unwrap();
            let mut parts = Vec::new();
            for (number, chunk) in bytes.chunks(PART).enumerate() {
                let number = number as i32 + 1;
                let sent = client.upload_part().bucket(BUCKET).key("k").upload_id(&id).part_number(number);
                let sent = sent.checksum_algorithm(algorithm.clone()).body(ByteStream::from(chunk.to_vec()));
                let sent = sent.send().await.unwrap();
                let done = CompletedPart::builder().part_number(number).set_e_tag(sent.e_tag);
                parts.push(
                    done.set_checksum_crc32(sent.checksum_crc32).set_checksum_sha256(sent.checksum_sha256).build(),
                );
            }
            let complete = || {
                let complete = client.complete_multipart_upload().bucket(BUCKET).key("k").upload_id(&id);
                complete.multipart_upload(listed(&parts))
            };
            let other = [ChecksumType::Composite, ChecksumType::FullObject].into_iter().find(|other| other != kind);
            let refused = complete().set_checksum_type(other).send().await.unwrap_err();
            assert_eq!(code(&refused), "BadDigest");
            let done = complete().checksum_type(kind.clone()).send().await.unwrap();
            assert_eq!(done.checksum_type.as_ref(), Some(kind));
            let value = done.checksum_crc32.or(done.checksum_sha256).unwrap();
            assert_eq!(value.ends_with("-2"), *kind == ChecksumType::Composite);
            let read =
                client.get_object().bucket(BUCKET).key("k").checksum_mode(ChecksumMode::Enabled).send().await.unwrap();
            assert_eq!(read.checksum_crc32.clone().or(read.checksum_sha256.clone()), Some(value));
            assert!(read.body.collect().await.unwrap().to_vec() == bytes);
        }
        let impossible =
            client.create_multipart_upload().bucket(BUCKET).key("k").checksum_algorithm(ChecksumAlgorithm::Sha1);
        let impossible = impossible.checksum_type(ChecksumType::FullObject).send().await.unwrap_err();
        assert_eq!(code(&impossible), "InvalidRequest");
    }
}
