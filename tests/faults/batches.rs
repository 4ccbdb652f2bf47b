//! Batches: exactly what failed comes again, however much came with it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result, ensure};
use aws_lambda_events::event::sqs::SqsBatchResponse;
use aws_sdk_s3::primitives::ByteStream;
use builder::Builder;
use gallery::store::BucketNames;
use gallery::{Facts, Key, Outcome, PhotoId, SourceKey, Store};
use resizer::{Limits, Resizer};

use crate::transport::{Aim, Fault, Weather};
use crate::{Message, World, event};

/// The positions of the messages that come again, in order.
fn failed(answer: &SqsBatchResponse) -> Vec<String> {
    let mut failed: Vec<String> = answer.batch_item_failures.iter().map(|one| one.item_identifier.clone()).collect();
    failed.sort();
    failed
}

async fn put(store: &Store, key: &str, seed: u64) -> Result<()> {
    let photo = ByteStream::from(owner::sample::small(seed, 64, 48));
    store.client().put_object().bucket("source").key(key).body(photo).send().await?;
    Ok(())
}

fn facts(key: &str) -> Result<Key> {
    let source = SourceKey::parse(key)?;
    Ok(Key::Facts(source.folder().album(), source.photo()))
}

/// Whatever is written below this path ends in 500.
fn broken(path: &'static str) -> Arc<Weather> {
    Weather::aimed(Aim { fault: Fault::Internal, path, conditional: false, times: AtomicUsize::new(usize::MAX) })
}

#[tokio::test]
async fn a_batch_of_ten_thousand_fails_for_its_one_poisonous_message_alone() -> Result<()> {
    let world = World::new().await?;
    let store = world.calm(BucketNames::plain());
    let key = "Family/Lisbon/one.jpg";
    put(&store, key, 1).await?;
    let messages = vec![Message::new("source", key); 10_000];
    let answer = Resizer::new(store.clone(), Limits::default()).handle(event(&messages, true)?).await;
    ensure!(failed(&answer) == ["poison"], "{:?}", failed(&answer));
    ensure!(store.read(&facts(key)?).await?.is_some(), "the photo is ready");
    let messages = vec![Message::new("resized", facts(key)?.path()); 10_000];
    let answer = Builder::new(store.clone()).handle(event(&messages, true)?).await;
    ensure!(failed(&answer) == ["poison"], "{:?}", failed(&answer));
    ensure!(store.read(&Key::AlbumPage(SourceKey::parse(key)?.folder().album())).await?.is_some(), "the page is there");
    Ok(())
}

/// Ten thousand keys, of which few are photos that are there: the others went before their message came.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_of_ten_thousand_keys_is_one_batch() -> Result<()> {
    let world = World::new().await?;
    let store = world.calm(BucketNames::plain());
    let keys: Vec<String> = (0..10_000).map(|n| format!("Family/Album {}/{n}.jpg", n % 7)).collect();
    for (seed, key) in (0..).zip(keys.iter().step_by(500)) {
        put(&store, key, seed).await?;
    }
    let messages: Vec<Message> = keys.iter().map(|key| Message::new("source", key)).collect();
    let answer = Resizer::new(store.clone(), Limits::default()).handle(event(&messages, true)?).await;
    ensure!(failed(&answer) == ["poison"], "{:?}", failed(&answer));
    let messages =
        keys.iter().map(|key| Ok(Message::new("resized", facts(key)?.path()))).collect::<Result<Vec<_>>>()?;
    let answer = Builder::new(store.clone()).handle(event(&messages, true)?).await;
    ensure!(failed(&answer) == ["poison"], "{:?}", failed(&answer));
    let mut shown = 0;
    for album in 0..7 {
        let key = Key::AlbumPage(gallery::FolderPath::parse(&format!("Family/Album {album}"))?.album());
        let page = store.read(&key).await?.with_context(|| format!("no page of album {album}"))?;
        shown += String::from_utf8_lossy(&page.bytes).matches("class=\"open\"").count();
    }
    ensure!(shown == 20, "{shown} photos are shown");
    Ok(())
}

/// One photo among eight whose facts cannot be written: its message comes again, and no other.
#[tokio::test]
async fn one_photo_that_fails_takes_no_other_with_it() -> Result<()> {
    let world = World::new().await?;
    let calm = world.calm(BucketNames::plain());
    let keys: Vec<String> = (0..8).map(|n| format!("Family/Lisbon/{n}.jpg")).collect();
    for (seed, key) in (0..).zip(&keys) {
        put(&calm, key, seed).await?;
    }
    // A fault is aimed at a path that is known beforehand, so it is the third photo that has to lie there.
    let third: &'static str = Box::leak(format!("/resized/{}", facts(&keys[3])?.path()).into_boxed_str());
    let weather = broken(third);
    let messages: Vec<Message> = keys.iter().map(|key| Message::new("source", key)).collect();
    let answer = Resizer::new(world.through(&weather), Limits::default()).handle(event(&messages, false)?).await;
    ensure!(failed(&answer) == ["3"], "{:?}", failed(&answer));
    ensure!(weather.faults.load(Ordering::Relaxed) > 1, "it was tried again before it was given back");
    for (position, key) in keys.iter().enumerate() {
        let is_ready = calm.read(&facts(key)?).await?.is_some();
        ensure!(is_ready == (position != 3), "{key}");
    }

    // One collection among two whose page cannot be written.
    put(&calm, "Trips/Lake/1.jpg", 9).await?;
    let messages = [keys[0].as_str(), "Trips/Lake/1.jpg"].map(|key| Message::new("source", key));
    let answer = Resizer::new(calm.clone(), Limits::default()).handle(event(&messages, false)?).await;
    ensure!(failed(&answer).is_empty(), "{:?}", failed(&answer));
    let about = |key: &str| anyhow::Ok(Message::new("resized", facts(key)?.path()));
    let messages = [about(&keys[0])?, about("Trips/Lake/1.jpg")?, about(&keys[1])?];
    let store = world.through(&broken("/web/albums/Trips/"));
    let answer = Builder::new(store).handle(event(&messages, false)?).await;
    ensure!(failed(&answer) == ["1"], "{:?}", failed(&answer));
    Ok(())
}

/// A key that lies deeper than any album: it is told to the owner as rejected, and the batch goes on.
#[tokio::test]
async fn what_lies_too_deep_is_rejected_and_nothing_waits_for_it() -> Result<()> {
    let world = World::new().await?;
    let store = world.calm(BucketNames::plain());
    let deep = (1..=14).map(|n| n.to_string()).collect::<Vec<_>>().join("/");
    let endless = "a/".repeat(500);
    let keys = [format!("{deep}/1.jpg"), format!("{endless}2.jpg"), "Family/3.jpg".to_owned()];
    for (seed, key) in (0..).zip(&keys) {
        put(&store, key, seed).await?;
    }
    let messages: Vec<Message> = keys.iter().map(|key| Message::new("source", key)).collect();
    let answer = Resizer::new(store.clone(), Limits::default()).handle(event(&messages, false)?).await;
    ensure!(failed(&answer).is_empty(), "{:?}", failed(&answer));
    for key in &keys[..2] {
        let record = Key::StrayFacts(PhotoId::of_key(key));
        let (told, _) = store.read_json::<Facts>(&record).await?.with_context(|| format!("no record of {key}"))?;
        let Outcome::Rejected { reason: why } = &told.outcome else { anyhow::bail!("{key}: {:?}", told.outcome) };
        ensure!(why.contains("more than 13 folders deep"), "{why:?}");
    }
    ensure!(store.read(&facts(&keys[2])?).await?.is_some(), "the other photo is ready");
    let answer = Builder::new(store).handle(event(&[Message::new("resized", facts(&keys[2])?.path())], false)?).await;
    ensure!(failed(&answer).is_empty(), "{:?}", failed(&answer));
    Ok(())
}
