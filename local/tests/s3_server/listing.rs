//! Listings: order, delimiters, pages; and any listing against a model.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_s3::Client;
use aws_sdk_s3::types::EncodingType;
use gallery::store::BucketNames;
use gallery::{Bucket, Store};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::harness::{BUCKET, Running, code, put};

/// All pages of a listing, as S3 gives them: keys and common prefixes.
async fn walk(
    client: &Client,
    prefix: &str,
    delimiter: Option<&str>,
    after: Option<&str>,
    page: i32,
) -> (Vec<String>, Vec<String>) {
    let (mut keys, mut prefixes, mut token) = (Vec::new(), Vec::new(), None);
    loop {
        let answer = client
            .list_objects_v2()
            .bucket(BUCKET)
            .prefix(prefix)
            .set_delimiter(delimiter.map(str::to_owned))
            .set_start_after(after.map(str::to_owned))
            .max_keys(page)
            .set_continuation_token(token)
            .send()
            .await
            .unwrap();
        let count = answer.contents().len() + answer.common_prefixes().len();
        assert_eq!(answer.key_count, Some(count as i32));
        assert!(count <= page as usize);
        assert_eq!(answer.is_truncated, Some(answer.next_continuation_token.is_some()));
        keys.extend(answer.contents().iter().map(|object| object.key().unwrap().to_owned()));
        prefixes.extend(answer.common_prefixes().iter().map(|prefix| prefix.prefix().unwrap().to_owned()));
        token = answer.next_continuation_token;
        if token.is_none() {
            return (keys, prefixes);
        }
        assert_eq!(count, page as usize, "only the last page is short");
    }
}

/// What a listing must hold, from a plain set.
fn model(all: &BTreeSet<String>, prefix: &str, delimiter: Option<&str>, after: &str) -> (Vec<String>, Vec<String>) {
    let (mut keys, mut prefixes) = (Vec::new(), BTreeSet::new());
    for key in all.iter().filter(|key| key.starts_with(prefix)) {
        let rolled = delimiter.and_then(|d| key[prefix.len()..].find(d).map(|at| &key[..prefix.len() + at + d.len()]));
        match rolled {
            Some(rolled) if rolled > after => drop(prefixes.insert(rolled.to_owned())),
            None if key.as_str() > after => keys.push(key.clone()),
            _ => {}
        }
    }
    (keys, prefixes.into_iter().collect())
}

#[tokio::test]
async fn keys_come_in_byte_order_with_common_prefixes_rolled_up() {
    let running = Running::start().await;
    for key in ["b", "a/2", "a/1", "a", "a/1/x", "B", "ä", "a-", "c//d", "c/"] {
        put(&running.near, key, key).await;
    }
    for client in running.clients() {
        let (keys, prefixes) = walk(client, "", None, None, 1000).await;
        assert_eq!(keys, ["B", "a", "a-", "a/1", "a/1/x", "a/2", "b", "c/", "c//d", "ä"]);
        assert!(prefixes.is_empty());
        let (keys, prefixes) = walk(client, "", Some("/"), None, 3).await;
        assert_eq!(
            (keys, prefixes),
            (["B", "a", "a-", "b", "ä"].map(String::from).into(), ["a/", "c/"].map(String::from).into())
        );
        let (keys, prefixes) = walk(client, "a/", Some("/"), None, 1).await;
        assert_eq!((keys, prefixes), (["a/1", "a/2"].map(String::from).into(), ["a/1/"].map(String::from).into()));
        let (keys, prefixes) = walk(client, "c/", Some("/"), None, 1000).await;
        assert_eq!((keys, prefixes), (["c/"].map(String::from).into(), ["c//"].map(String::from).into()));
        let (keys, _) = walk(client, "", None, Some("a/1"), 1000).await;
        assert_eq!(keys[0], "a/1/x");
    }
}

#[tokio::test]
async fn limits_and_tokens_are_checked() {
    let running = Running::start().await;
    put(&running.near, "k", "x").await;
    for client in running.clients() {
        let none = client.list_objects_v2().bucket(BUCKET).max_keys(0).send().await.unwrap();
        assert_eq!((none.key_count, none.is_truncated), (Some(0), Some(false)));
        let many = client.list_objects_v2().bucket(BUCKET).max_keys(5000).send().await.unwrap();
        assert_eq!((many.key_count, many.max_keys), (Some(1), Some(1000)));
        let negative = client.list_objects_v2().bucket(BUCKET).max_keys(-1).send().await.unwrap_err();
        assert_eq!(code(&negative), "InvalidArgument");
        let token = client.list_objects_v2().bucket(BUCKET).continuation_token("no token!").send().await.unwrap_err();
        assert_eq!(code(&token), "InvalidArgument");
    }
}

#[tokio::test]
async fn names_are_encoded_on_request() {
    let running = Running::start().await;
    put(&running.near, "a b/ü+%/x", "x").await;
    for client in running.clients() {
        let list = client.list_objects_v2().bucket(BUCKET).encoding_type(EncodingType::Url).start_after("a a");
        let listed = list.clone().send().await.unwrap();
        assert_eq!(listed.contents()[0].key(), Some("a%20b/%C3%BC%2B%25/x"));
        assert_eq!(listed.start_after(), Some("a%20a"));
        let rolled = list.delimiter("+").prefix("a b").send().await.unwrap();
        assert_eq!(rolled.common_prefixes()[0].prefix(), Some("a%20b/%C3%BC%2B"));
        assert_eq!((rolled.prefix(), rolled.delimiter()), (Some("a%20b"), Some("%2B")));
    }
}

#[tokio::test]
async fn the_first_version_pages_by_marker() {
    let running = Running::start().await;
    let keys: Vec<String> = (0..25).map(|n| format!("{}/{n:02}", n / 10)).collect();
    for key in &keys {
        put(&running.near, key, "x").await;
    }
    for client in running.clients() {
        for (delimiter, expected) in [(None, keys.clone()), (Some("/"), ["0/", "1/", "2/"].map(String::from).into())] {
            let (mut found, mut marker) = (Vec::new(), None);
            loop {
                let page = client.list_objects().bucket(BUCKET).set_marker(marker).max_keys(2);
                let page = page.set_delimiter(delimiter.map(str::to_owned)).send().await.unwrap();
                found.extend(page.contents().iter().filter_map(|object| object.key.clone()));
                found.extend(page.common_prefixes().iter().filter_map(|prefix| prefix.prefix.clone()));
                if page.is_truncated != Some(true) {
                    break;
                }
                marker = page.next_marker;
            }
            assert_eq!(found, expected);
        }
    }
}

#[test]
fn any_listing_equals_the_model() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let running = runtime.block_on(Running::start());
    let key = "[ab/é+]{1,6}";
    let query = ("[ab/é]{0,2}", proptest::option::of("[/ab]{1,2}"), "[ab/é+]{0,4}", 1..7_i32);
    let case = (proptest::collection::btree_set(key, 0..40), proptest::collection::vec(query, 6));
    let mut runner = TestRunner::new(Config { cases: 24, failure_persistence: None, ..Config::default() });
    let result = runner.run(&case, |(keys, queries)| {
        runtime.block_on(async {
            for (old, _) in all(&running.near).await {
                running.near.delete_object().bucket(BUCKET).key(old).send().await.unwrap();
            }
            for key in &keys {
                put(&running.near, key, key.as_str()).await;
            }
            for (prefix, delimiter, after, page) in queries {
                let found = walk(&running.near, &prefix, delimiter.as_deref(), Some(&after), page).await;
                let expected = model(&keys, &prefix, delimiter.as_deref(), &after);
                prop_assert_eq!(found, expected, "{:?} {:?} {:?}", prefix, delimiter, after);
            }
            Ok(())
        })
    });
    result.unwrap();
}

async fn all(client: &Client) -> BTreeMap<String, i64> {
    let listed = client.list_objects_v2().bucket(BUCKET).send().await.unwrap();
    listed.contents.unwrap_or_default().into_iter().map(|object| (object.key.unwrap(), object.size.unwrap())).collect()
}

/// One key with a character that XML cannot hold would make its whole page unreadable: the store asks for keys in another
/// writing.
#[tokio::test]
async fn a_gallery_reads_listings_whatever_their_keys_hold() {
    let running = Running::start().await;
    let keys = ["a/+ %2B.jpg", "a/\u{1}.jpg", "a/\u{1b}.jpg", "a/& <b>.jpg", "a/é\u{ffff}.jpg", "a/\r\n.jpg"];
    for key in keys {
        put(&running.near, key, "x").await;
    }
    let store = Store::new(running.near.clone(), BucketNames { source: BUCKET.into(), ..BucketNames::plain() });
    let listed = store.list(Bucket::Source, "a/").all().await.unwrap();
    let found: BTreeSet<&str> = listed.iter().map(|object| object.path.as_str()).collect();
    assert_eq!(found, BTreeSet::from(keys));
}
