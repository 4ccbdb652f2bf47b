//! One album that holds everything: what its first build costs, and what one photo more costs.

#[path = "site/memory.rs"]
mod memory;
#[path = "site/seeded.rs"]
mod seeded;

use std::time::Instant;

use builder::Builder;
use gallery::store::BucketNames;
use gallery::{Key, SourceKey, Store};

use memory::{Memory, Meter};
use seeded::{event, facts, forget_peak, peak, photos, seed};

/// What a function may have for what the builder keeps in mind.
const MOST: u64 = 512;

/// `HEIRLOOM_PHOTOS` photos.
#[tokio::test]
async fn one_album_of_everything() {
    let photos = photos(5_000);
    let memory = Memory::default();
    for number in 0..photos {
        seed(&memory, &format!("Scans/All/{number:06}.jpg"), number);
    }
    let meter = Meter::default();
    let builder = || Builder::new(Store::new(memory.client(&meter), BucketNames::plain())).across_albums_later();
    let written = || memory.objects().iter().filter(|(at, _)| at.0 == "web").map(|(_, s)| s.bytes.len()).sum::<usize>();

    forget_peak();
    let (before, since) = (peak(), Instant::now());
    builder().reconcile().await.expect("a reconcile");
    let took = |before: Option<u64>| before.zip(peak()).map(|(before, after)| after - before);
    // What was written is memory of this process as well.
    let first = took(before).map(|took| took.saturating_sub(written() as u64 >> 20));
    let (seconds, requests) = (since.elapsed().as_secs_f64(), meter.requests());
    println!("{photos} photos in one album from nothing: {seconds:.1} s, {requests} requests, {first:?} MiB");
    assert!(requests <= photos + photos / 50 + 100, "{requests} requests");

    let source = SourceKey::parse("Scans/All/050000 more.jpg").expect("a source key");
    let key = Key::Facts(source.folder().album(), source.photo());
    memory.put("source", source.to_string(), Vec::new());
    memory.put("resized", key.path(), facts(&source, 50).to_json());
    forget_peak();
    let (before, since, requests) = (peak(), Instant::now(), meter.requests());
    assert_eq!(builder().handle(event(&[key])).await.batch_item_failures, []);
    let (seconds, requests, more) = (since.elapsed().as_secs_f64(), meter.requests() - requests, took(before));
    println!("one more: {seconds:.1} s, {requests} requests, {more:?} MiB");
    assert!(requests <= 12, "{requests} requests");

    let sizes = |of: &dyn Fn(&str) -> bool| {
        let objects = memory.objects();
        let found: Vec<usize> = objects.iter().filter(|(at, _)| of(&at.1)).map(|(_, s)| s.bytes.len() >> 10).collect();
        (found.len(), found.into_iter().max().unwrap_or_default())
    };
    let (chunks, chunk) = sizes(&|path| path.starts_with("albums/Scans/All/~"));
    let (_, first_page) = sizes(&|path| path == "albums/Scans/All/index.html");
    let (_, catalogue) = sizes(&|path| path == "catalogue/albums/Scans/All/album.json");
    println!("page: {first_page} KiB; {chunks} more of {chunk} KiB at most; catalogue: {catalogue} KiB");
    for took in [first, more].into_iter().flatten() {
        assert!(took <= MOST, "{took} MiB");
    }
}
