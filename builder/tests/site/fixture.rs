//! A gallery in fresh buckets: facts and metadata go in as the resizer and the owner would write them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_lambda_events::event::sqs::{SqsEvent, SqsMessage};
use aws_sdk_s3::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_s3::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_s3::error::BoxError;
use builder::Builder;
use gallery::facts::{Facts, Outcome, Picture, Position, Rendition, VERSION, Video};
use gallery::renditions::Format;
use gallery::store::{BucketNames, Endpoint, at};
use gallery::{Bucket, Condition, FolderPath, Key, SourceKey, Store};
use jiff::Timestamp;
use jiff::civil::date;

use crate::memory::{Memory, Meter};

/// A gallery of its own.
pub(crate) struct Gallery {
    pub(crate) store: Store,
    pub(crate) builder: Builder,
    pub(crate) meter: Meter,
    requests: Requests,
}

#[derive(Clone, Debug, Default)]
struct Requests(Arc<AtomicUsize>);

impl Intercept for Requests {
    fn name(&self) -> &'static str {
        "counts requests"
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

/// A gallery in fresh buckets: on the server that is named, in memory otherwise.
pub(crate) async fn gallery(test: &str) -> Gallery {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let Some(endpoint) = Endpoint::from_settings(|name| std::env::var(name).ok()) else {
        return Gallery::in_memory(&Memory::default());
    };
    let requests = Requests::default();
    let client = at(&endpoint);
    let counting = client.config().to_builder().interceptor(requests.clone()).build();
    let own = format!("{test}-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::SeqCst));
    let name = |bucket: &str| format!("{own}-{bucket}");
    let names = BucketNames { source: name("source"), resized: name("resized"), web: name("web"), auth: name("auth") };
    for bucket in [Bucket::Source, Bucket::Resized, Bucket::Web] {
        client.create_bucket().bucket(names.name(bucket)).send().await.expect("the bucket is made");
    }
    let builder = Builder::new(Store::new(aws_sdk_s3::Client::from_conf(counting), names.clone()));
    let meter = Meter::default();
    Gallery { store: Store::new(client, names), builder, meter, requests }
}

impl Gallery {
    /// A gallery in these buckets, with a builder of its own.
    pub(crate) fn in_memory(memory: &Memory) -> Self {
        let (meter, names) = (Meter::default(), BucketNames::plain());
        let requests = Requests::default();
        let counting = memory.client(&meter).config().to_builder().interceptor(requests.clone()).build();
        let builder = Builder::new(Store::new(aws_sdk_s3::Client::from_conf(counting), names.clone()));
        let store = Store::new(memory.client(&Meter::default()), names);
        Self { store, builder, meter, requests }
    }

    /// Puts a photo's facts and returns their key.
    pub(crate) async fn photo(&self, source: &str, day: i8) -> Key {
        self.photo_version(source, day, 1).await
    }

    /// The same for the n-th upload of the original.
    pub(crate) async fn photo_version(&self, source: &str, day: i8, upload: i64) -> Key {
        self.photo_of(source, day, upload, &["Chapitô", "Alfama"]).await
    }

    /// One that says nothing of where it was taken.
    pub(crate) async fn photo_without_places(&self, source: &str, day: i8) -> Key {
        self.photo_of(source, day, 1, &[]).await
    }

    async fn photo_of(&self, source: &str, day: i8, upload: i64, places: &[&str]) -> Key {
        let source = SourceKey::parse(source).expect("a source key");
        let picture = Picture {
            width: 4000,
            height: 3000,
            taken: Some(date(2024, 5, day).at(9, 30, 0, 0)),
            thumbhash: "AA==".into(),
            colour: "#336699".into(),
            position: Some(Position { latitude: 38.7123, longitude: -9.1401, altitude: None }),
            keywords: vec!["trams".into()],
            places: places.iter().map(|&name| name.to_owned()).collect(),
            renditions: [360_u32, 1200]
                .map(|width| Rendition {
                    width,
                    height: width * 3 / 4,
                    format: Format::Jpeg,
                    hash: format!("{upload:016x}"),
                    bytes: 1,
                })
                .into(),
            ..Picture::default()
        };
        self.facts(&source, upload, Outcome::Ready(Box::new(picture))).await
    }

    /// Puts the facts of a file that is no photo.
    pub(crate) async fn reject(&self, source: &str) -> Key {
        let source = SourceKey::parse(source).expect("a source key");
        self.facts(&source, 1, Outcome::Rejected { reason: "it is not a picture".into() }).await
    }

    /// Puts the facts of a video that has no poster.
    pub(crate) async fn film(&self, source: &str, seconds: f64) -> Key {
        let source = SourceKey::parse(source).expect("a source key");
        let video = Video {
            duration: seconds,
            width: 1920,
            height: 1080,
            rotation: 0,
            codec: "avc1".into(),
            taken: None,
            zone: None,
            camera: None,
            position: None,
        };
        let outcome = Outcome::Rejected { reason: "it is a video".into() };
        self.facts_with(&source, 1, outcome, Some(Box::new(video))).await
    }

    async fn facts(&self, source: &SourceKey, upload: i64, outcome: Outcome) -> Key {
        self.facts_with(source, upload, outcome, None).await
    }

    async fn facts_with(&self, source: &SourceKey, upload: i64, outcome: Outcome, video: Option<Box<Video>>) -> Key {
        let facts = Facts {
            version: VERSION,
            photo: source.photo(),
            source: source.to_string(),
            etag: format!("\"{upload}\""),
            bytes: 1,
            // Some on one day, some on the next.
            modified: Timestamp::from_second(upload * 40_000).expect("a time"),
            checksum: None,
            video,
            outcome,
        };
        let key = Key::Facts(source.folder().album(), source.photo());
        self.store.write(&key, facts.to_json(), Condition::Always).await.expect("facts are written");
        key
    }

    /// Removes a photo's facts and returns their key.
    pub(crate) async fn remove_photo(&self, source: &str) -> Key {
        let source = SourceKey::parse(source).expect("a source key");
        let key = Key::Facts(source.folder().album(), source.photo());
        self.store.remove(&key).await.expect("facts are removed");
        key
    }

    /// Puts a folder's metadata and returns its key.
    pub(crate) async fn metadata(&self, folder: &str, yaml: &str) -> Key {
        let key = Key::Metadata(FolderPath::parse(folder).expect("a folder"));
        self.store.write(&key, yaml.as_bytes().to_vec(), Condition::Always).await.expect("metadata is written");
        key
    }

    /// Puts the gallery's settings and returns their key.
    pub(crate) async fn settings(&self, yaml: &str) -> Key {
        let write = self.store.write(&Key::Settings, yaml.as_bytes().to_vec(), Condition::Always);
        write.await.expect("settings are written");
        Key::Settings
    }

    /// A batch with one message for each key.
    pub(crate) fn batch(&self, keys: &[Key]) -> SqsEvent {
        let mut event = SqsEvent::default();
        event.records = keys.iter().enumerate().map(|(i, key)| self.message(i, key)).collect();
        event
    }

    fn message(&self, number: usize, key: &Key) -> SqsMessage {
        let record = serde_json::json!({
            "s3": { "bucket": { "name": self.store.name(key.bucket()) }, "object": { "key": encoded(&key.path()) } }
        });
        let mut message = SqsMessage::default();
        message.message_id = Some(number.to_string());
        message.body = Some(serde_json::json!({ "Records": [record] }).to_string());
        message
    }

    /// Handles a batch that nothing fails in, and says how many requests it took.
    pub(crate) async fn build(&self, keys: &[Key]) -> usize {
        let before = self.requests();
        let response = self.builder.handle(self.batch(keys)).await;
        assert_eq!(response.batch_item_failures, []);
        self.requests() - before
    }

    /// The requests so far.
    pub(crate) fn requests(&self) -> usize {
        self.requests.0.load(Ordering::SeqCst)
    }

    /// What lies in the web bucket, with the `ETag` of each object.
    pub(crate) async fn web(&self) -> BTreeMap<String, String> {
        let listed = self.store.list(Bucket::Web, "").all().await.expect("the web bucket is listed");
        listed.into_iter().map(|object| (object.path, object.etag)).collect()
    }

    /// A page's text; panics when there is none.
    pub(crate) async fn page(&self, path: &str) -> String {
        let object = self.store.read_path(Bucket::Web, path).await.expect("the page is read");
        String::from_utf8(object.unwrap_or_else(|| panic!("`{path}` is there")).bytes.to_vec()).expect("UTF-8")
    }
}

/// As S3 writes keys in notifications.
fn encoded(key: &str) -> String {
    const KEPT: &percent_encoding::AsciiSet =
        &percent_encoding::NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'-').remove(b'_');
    percent_encoding::utf8_percent_encode(key, KEPT).to_string().replace("%20", "+")
}

/// The paths that differ between two states of a bucket.
pub(crate) fn changed(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> Vec<String> {
    let paths: std::collections::BTreeSet<_> = before.keys().chain(after.keys()).collect();
    paths.into_iter().filter(|path| before.get(*path) != after.get(*path)).cloned().collect()
}
