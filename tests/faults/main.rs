//! The resizer and the builder when S3 fails them and the queues tell them half the story, twice and in disorder: nothing
//! is lost, facts never promise what is not there, and after a reconcile the buckets are those of a gallery built in
//! peace, byte for byte.
//!
//! `HEIRLOOM_ROUNDS=200` makes it a soak.

mod batches;
mod crashes;
mod meanwhile;
mod signing_in;
mod transport;
mod uploading;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::primitives::ByteStream;
use builder::Builder;
use gallery::store::BucketNames;
use gallery::{Bucket, Condition, Facts, FolderPath, Key, Outcome, SourceKey, Store};
use local::s3::{Credentials, Folder, Server};
use resizer::{Limits, Resizer};
use serde_json::json;
use transport::{Fault, Weather, client};

const FOLDERS: [&str; 3] = ["Family/Lisbon", "Family/Lisbon/Day 2", "Trips/Märchenwald"];

/// A server over a temporary folder.
struct World {
    _folder: tempfile::TempDir,
    server: Server,
    pair: Credentials,
}

impl World {
    async fn new() -> Result<Self> {
        let directory = tempfile::tempdir()?;
        let folder = Folder::open(directory.path())?;
        folder.ensure_buckets(&["source", "resized", "web", "auth", "resized-in-peace", "web-in-peace"]).await?;
        let pair = Credentials { access_key: "heirloom".into(), secret_key: "a secret for tests alone".into() };
        let server = Server::new(Arc::clone(&folder), &pair);
        Ok(Self { _folder: directory, server, pair })
    }

    /// Buckets reached without a fault.
    fn calm(&self, names: BucketNames) -> Store {
        Store::new(self.server.client(), names)
    }

    /// The gallery's buckets in this weather, with a client that does not wait long between its tries.
    fn through(&self, weather: &Arc<Weather>) -> Store {
        let patience = RetryConfig::standard().with_initial_backoff(Duration::from_millis(1));
        Store::new(client(&self.server, &self.pair, weather.clone(), Some(patience)), BucketNames::plain())
    }
}

/// A message and how often it was received.
#[derive(Clone, Debug)]
struct Message {
    bucket: &'static str,
    key: String,
    received: u32,
}

impl Message {
    fn new(bucket: &'static str, key: impl Into<String>) -> Self {
        Self { bucket, key: key.into(), received: 0 }
    }
}

/// The messages as one SQS event; their ids are their positions. Poison is what nobody understands.
fn event<T: serde::de::DeserializeOwned>(messages: &[Message], poison: bool) -> Result<T> {
    let record = |id: String, body: String, received: u32| {
        json!({
            "messageId": id, "body": body, "attributes": { "ApproximateReceiveCount": received.to_string() },
            "messageAttributes": {}, "eventSource": "aws:sqs",
        })
    };
    let mut records = Vec::new();
    for (position, message) in messages.iter().enumerate() {
        let key: String =
            percent_encoding::utf8_percent_encode(&message.key, percent_encoding::NON_ALPHANUMERIC).collect();
        let s3 = json!({ "Records": [{ "s3": { "bucket": { "name": message.bucket }, "object": { "key": key } } }] });
        records.push(record(position.to_string(), s3.to_string(), message.received.max(1)));
    }
    if poison {
        records.push(record("poison".into(), "{\"Records\": [{\"s3\": 7}]}".into(), 1));
    }
    Ok(serde_json::from_value(json!({ "Records": records }))?)
}

/// One seed's story: the owner's changes, told badly to handlers that work in bad weather.
struct Story {
    world: World,
    weather: Arc<Weather>,
    /// What waits for the resizer and for the builder.
    resize: Vec<Message>,
    build: Vec<Message>,
}

impl Story {
    async fn new(seed: u64) -> Result<Self> {
        let (world, weather) = (World::new().await?, Weather::rough(seed, 60));
        Ok(Self { world, weather, resize: Vec::new(), build: Vec::new() })
    }

    fn draw(&self, end: usize) -> usize {
        self.weather.draw(end as u64) as usize
    }

    /// The owner adds, replaces and removes photos and describes folders; one event in a hundred is lost, one in ten is
    /// told twice.
    async fn live(&mut self, changes: usize) -> Result<()> {
        let owner = self.world.calm(BucketNames::plain());
        for _ in 0..changes {
            let folder = FOLDERS[self.draw(FOLDERS.len())];
            let photo = format!("{folder}/{}.jpg", self.draw(6));
            let path = match self.draw(10) {
                0..6 => {
                    let bytes = owner::sample::small(self.draw(1000) as u64, 64, 48);
                    let put = owner.client().put_object().bucket("source").key(&photo);
                    put.body(ByteStream::from(bytes)).send().await?;
                    photo
                }
                6..9 => {
                    owner.remove_path(Bucket::Source, &photo).await?;
                    photo
                }
                _ => {
                    let key = Key::Metadata(FolderPath::parse(folder)?);
                    owner.write(&key, format!("title: {}", self.draw(1000)), Condition::Always).await?;
                    key.path()
                }
            };
            let about_photo = path != Key::Metadata(FolderPath::parse(folder)?).path();
            for _ in 0..[1, 2][usize::from(self.draw(10) == 0)] {
                if self.draw(100) > 0 {
                    let queue = if about_photo { &mut self.resize } else { &mut self.build };
                    queue.push(Message::new("source", &path));
                }
            }
        }
        Ok(())
    }

    /// Hands out what waits, in any order, in batches of any size. What fails comes again, five times at most.
    async fn work(&mut self) -> Result<()> {
        let store = self.world.through(&self.weather);
        let resizer = Resizer::new(store.clone(), Limits::default());
        let builder = Builder::new(store);
        while !(self.resize.is_empty() && self.build.is_empty()) {
            let batch = self.batch(|story| &mut story.resize);
            let answer = resizer.handle(event(&batch, true)?).await;
            for message in &batch {
                // The change is told whatever became of the handler: it may have written before it failed.
                let source = SourceKey::parse(&message.key)?;
                let facts = Key::Facts(source.folder().album(), source.photo()).path();
                self.build.push(Message::new("resized", facts));
            }
            let failed = answer.batch_item_failures.into_iter().map(|one| one.item_identifier);
            Self::again(&mut self.resize, batch, &failed.collect::<Vec<_>>())?;

            let batch = self.batch(|story| &mut story.build);
            let answer = builder.handle(event(&batch, true)?).await;
            let failed = answer.batch_item_failures.into_iter().map(|one| one.item_identifier);
            Self::again(&mut self.build, batch, &failed.collect::<Vec<_>>())?;
        }
        Ok(())
    }

    fn batch(&mut self, queue: fn(&mut Self) -> &mut Vec<Message>) -> Vec<Message> {
        let mut batch = Vec::new();
        let size = 1 + self.draw(12);
        while batch.len() < size && !queue(self).is_empty() {
            let length = queue(self).len();
            let taken = self.draw(length);
            let mut message = queue(self).swap_remove(taken);
            message.received += 1;
            batch.push(message);
        }
        batch
    }

    /// Exactly the poison and what failed come again.
    fn again(queue: &mut Vec<Message>, batch: Vec<Message>, failed: &[String]) -> Result<()> {
        ensure!(failed.iter().filter(|id| *id == "poison").count() == 1, "the poison was swallowed: {failed:?}");
        for id in failed.iter().filter(|id| *id != "poison") {
            let position: usize = id.parse().with_context(|| format!("`{id}` was never sent"))?;
            ensure!(position < batch.len(), "`{id}` was never sent");
        }
        for (position, message) in batch.into_iter().enumerate() {
            if failed.contains(&position.to_string()) && message.received < 5 {
                queue.push(message);
            }
        }
        Ok(())
    }
}

/// Every object of a bucket.
async fn objects(store: &Store, bucket: Bucket) -> Result<BTreeMap<String, Vec<u8>>> {
    let mut found = BTreeMap::new();
    for listed in store.list(bucket, "").all().await? {
        // A removal that a dead handler sent may arrive just now.
        let Some(object) = store.read_path(bucket, &listed.path).await? else { continue };
        found.insert(listed.path, object.bytes.to_vec());
    }
    Ok(found)
}

/// Facts mean 'ready': every rendition that they name is there.
async fn facts_promise_what_is_there(store: &Store) -> Result<()> {
    let resized = objects(store, Bucket::Resized).await?;
    for (path, bytes) in resized.iter().filter(|(path, _)| path.starts_with("facts/")) {
        let facts: Facts = serde_json::from_slice(bytes)?;
        let Outcome::Ready(picture) = &facts.outcome else { continue };
        let Some(Key::Facts(album, photo)) = Key::parse(Bucket::Resized, path) else { continue };
        for rendition in picture.all() {
            let key = rendition.key(&album.collection(), photo);
            ensure!(resized.contains_key(&key.path()), "{path} promises {}", key.path());
        }
    }
    Ok(())
}

fn differences(found: &BTreeMap<String, Vec<u8>>, wanted: &BTreeMap<String, Vec<u8>>) -> Vec<String> {
    let mut told: Vec<String> = Vec::new();
    told.extend(wanted.keys().filter(|key| !found.contains_key(*key)).map(|key| format!("{key} is missing")));
    told.extend(found.keys().filter(|key| !wanted.contains_key(*key)).map(|key| format!("{key} is left over")));
    told.extend(found.iter().filter(|(key, bytes)| wanted.get(*key).is_some_and(|w| w != *bytes)).map(
        |(key, bytes)| {
            let (ours, theirs) = (String::from_utf8_lossy(bytes), String::from_utf8_lossy(&wanted[key]));
            format!("{key} differs:\n{ours}\n---\n{theirs}")
        },
    ));
    told
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_weather_and_bad_news_end_as_peace_does() -> Result<()> {
    let rounds: u64 = std::env::var("HEIRLOOM_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(3);
    let mut suffered = 0;
    for seed in 1..=rounds {
        let mut story = Story::new(seed).await?;
        for _ in 0..3 {
            story.live(15).await?;
            story.work().await?;
            facts_promise_what_is_there(&story.world.calm(BucketNames::plain())).await?;
        }
        suffered += story.weather.faults.load(Ordering::Relaxed);

        let ours = story.world.calm(BucketNames::plain());
        let names =
            BucketNames { resized: "resized-in-peace".into(), web: "web-in-peace".into(), ..BucketNames::plain() };
        let peace = story.world.calm(names);
        for store in [&ours, &peace] {
            Resizer::new(store.clone(), Limits::default()).reconcile().await?;
            Builder::new(store.clone()).reconcile().await?;
        }
        for bucket in [Bucket::Resized, Bucket::Web] {
            let told = differences(&objects(&ours, bucket).await?, &objects(&peace, bucket).await?);
            ensure!(told.is_empty(), "seed {seed}, {bucket:?}: {}", told.join("\n"));
        }
    }
    println!("{rounds} rounds, {suffered} faults");
    ensure!(suffered > 10 * rounds as usize, "the weather was too good: {suffered} faults");
    Ok(())
}

#[tokio::test]
async fn tries_are_few_and_the_error_names_the_object() -> Result<()> {
    let world = World::new().await?;
    for fault in [Fault::Timeout, Fault::Internal, Fault::SlowDown, Fault::LostAnswer] {
        let weather = Weather::nothing_but(fault);
        // The client's own patience, as the functions have it.
        let store = Store::new(client(&world.server, &world.pair, weather.clone(), None), BucketNames::plain());
        let since = Instant::now();
        let key = Key::Metadata(FolderPath::parse("Family/Lisbon")?);
        let error = store.write(&key, "title: x", Condition::Always).await.err().context("a write that cannot work")?;
        let tries = weather.requests.load(Ordering::Relaxed);
        ensure!((2..=4).contains(&tries), "{fault:?}: {tries} tries");
        ensure!(since.elapsed() < Duration::from_secs(20), "{fault:?}: {:?}", since.elapsed());
        ensure!(error.to_string().contains("Family/Lisbon/metadata.yml"), "{fault:?}: {error}");
    }
    Ok(())
}

/// A listing that ends early is no listing: what it leaves out would be taken for removed.
#[tokio::test]
async fn a_listing_that_is_cut_short_is_an_error() -> Result<()> {
    let world = World::new().await?;
    let calm = world.calm(BucketNames::plain());
    for number in 0..12 {
        let key = Key::Metadata(FolderPath::parse(&format!("Family/Album {number}"))?);
        calm.write(&key, "title: x", Condition::Always).await?;
    }
    ensure!(calm.list(Bucket::Source, "Family/").all().await?.len() == 12);
    for fault in [Fault::Cut, Fault::HalfList, Fault::NoToken] {
        let store = world.through(&Weather::nothing_but(fault));
        let error = store.list(Bucket::Source, "Family/").all().await.err();
        let error = error.with_context(|| format!("{fault:?}: a part of the list was taken for the whole"))?;
        ensure!(error.to_string().contains("source/Family/"), "{fault:?}: {error}");
    }
    Ok(())
}

/// The sources of the handlers hold no way around the store that these tests trouble.
#[test]
fn the_handlers_know_no_other_way_to_s3() -> Result<()> {
    for room in ["../resizer/src", "../builder/src"] {
        for entry in walkdir::WalkDir::new(Path::new(env!("CARGO_MANIFEST_DIR")).join(room)) {
            let entry = entry?;
            if entry.path().extension().is_some_and(|kind| kind == "rs") && entry.file_name() != "main.rs" {
                let text = std::fs::read_to_string(entry.path())?;
                ensure!(!text.contains("aws_sdk_s3"), "{} speaks to S3 by itself", entry.path().display());
            }
        }
    }
    Ok(())
}
