//! Two buckets on an S3 server, and a resizer over them.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};

use aws_lambda_events::event::sqs::{SqsEvent, SqsMessage};
use bytes::Bytes;
use gallery::facts::VERSION;
use gallery::store::{BucketNames, Endpoint, at};
use gallery::{Bucket, Facts, Key, SourceKey, Store};
use resizer::{Limits, Resizer};

/// Two empty buckets and a resizer over them.
pub(super) struct Room {
    pub(super) store: Store,
    pub(super) resizer: Resizer,
}

impl Room {
    /// `None`, with a line that says so, where no server is named.
    pub(super) async fn open() -> Option<Self> {
        static ROOMS: AtomicU32 = AtomicU32::new(0);
        let Some(endpoint) = Endpoint::from_settings(|name| std::env::var(name).ok()) else {
            println!("left out: HEIRLOOM_S3_ENDPOINT names no S3 server");
            return None;
        };
        let client = at(&endpoint);
        let room = format!("{}-{}", std::process::id(), ROOMS.fetch_add(1, Ordering::Relaxed));
        let names = BucketNames {
            source: format!("resizer-source-{room}"),
            resized: format!("resizer-resized-{room}"),
            ..BucketNames::plain()
        };
        for name in [&names.source, &names.resized] {
            client.create_bucket().bucket(name).send().await.expect("the server makes buckets");
        }
        let store = Store::new(client, names);
        Some(Self { resizer: Resizer::new(store.clone(), Limits::default()), store })
    }

    pub(super) async fn put(&self, key: &str, bytes: impl Into<Bytes>) {
        let put = self.store.client().put_object().bucket(self.store.name(Bucket::Source)).key(key);
        put.body(bytes.into().into()).send().await.unwrap();
    }

    pub(super) async fn remove(&self, key: &str) {
        self.store.remove_path(Bucket::Source, key).await.unwrap();
    }

    /// A message that speaks of these keys, as S3 writes it.
    pub(super) fn message(&self, id: &str, keys: &[&str]) -> SqsMessage {
        let records: Vec<_> = keys
            .iter()
            .map(|key| {
                let key: String = url_encoded(key);
                serde_json::json!({
                    "eventName": "ObjectCreated:Put",
                    "s3": { "bucket": { "name": self.store.name(Bucket::Source) }, "object": { "key": key } },
                })
            })
            .collect();
        let mut message = SqsMessage::default();
        message.message_id = Some(id.to_owned());
        message.body = Some(serde_json::json!({ "Records": records }).to_string());
        message
    }

    /// Hands messages over and returns the ids that failed.
    pub(super) async fn handle(&self, messages: Vec<SqsMessage>) -> Vec<String> {
        let mut event = SqsEvent::default();
        event.records = messages;
        let response = self.resizer.handle(event).await;
        response.batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect()
    }

    pub(super) async fn told(&self, keys: &[&str]) {
        assert_eq!(self.handle(vec![self.message("1", keys)]).await, Vec::<String>::new());
    }

    pub(super) async fn resized(&self) -> BTreeSet<String> {
        let listed = self.store.list(Bucket::Resized, "").all().await.unwrap();
        listed.into_iter().map(|listed| listed.path).collect()
    }

    pub(super) async fn facts(&self, key: &str) -> Facts {
        let source = SourceKey::parse(key).unwrap();
        let facts = self.store.read(&Key::Facts(source.folder().album(), source.photo())).await.unwrap();
        Facts::from_json(&facts.expect("there are facts").bytes).unwrap()
    }

    /// Asserts that the resized bucket holds the facts and renditions of these photos, fresh, and nothing else.
    pub(super) async fn assert_holds(&self, keys: &[&str]) {
        let mut expected = BTreeSet::new();
        for key in keys {
            let facts = self.facts(key).await;
            let original = self.store.look(Bucket::Source, key).await.unwrap().unwrap();
            assert_eq!((facts.version, &facts.etag), (VERSION, &original.etag), "{key}");
            let source = SourceKey::parse(key).unwrap();
            expected.insert(Key::Facts(source.folder().album(), source.photo()).path());
            expected.extend(facts.rendition_keys().iter().map(Key::path));
        }
        assert_eq!(self.resized().await, expected);
    }
}

/// As S3 writes keys in notifications.
fn url_encoded(key: &str) -> String {
    key.bytes()
        .map(|b| match b {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_' | b'/' => char::from(b).to_string(),
            b' ' => "+".to_owned(),
            _ => format!("%{b:02X}"),
        })
        .collect()
}
