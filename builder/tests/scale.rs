//! A hundred thousand photos: what one more costs, and what a look at everything costs.

#[path = "site/memory.rs"]
mod memory;
#[path = "site/seeded.rs"]
mod seeded;

use std::time::Instant;

use builder::{Builder, Catalogue};
use gallery::facts::{Facts, Outcome};
use gallery::store::BucketNames;
use gallery::{Key, SourceKey, Store};
use jiff::civil::date;

use memory::{Memory, Meter};
use seeded::{event, facts, forget_peak, peak, seed};

const COLLECTIONS: usize = 20;
const ALBUMS: usize = 20;
const PHOTOS: usize = 250;

/// The day on which photos come that the gallery did not have from the beginning.
const TODAY: &str = "2026-11-23T10:00:00Z";

/// A gallery that nobody has looked at yet: `HEIRLOOM_PHOTOS` photos, a tenth of them in one album.
async fn from_nothing() {
    let photos = seeded::photos(20_000);
    let memory = Memory::default();
    let mut albums = std::collections::BTreeSet::new();
    for number in 0..photos {
        let album = if number % 10 == 0 { 0 } else { 1 + number / PHOTOS };
        let folder = format!("Collection {}/Album {album}", album % COLLECTIONS);
        seed(&memory, &format!("{folder}/{number:06}.jpg"), number);
        albums.insert(folder);
    }
    forget_peak();
    let before = peak();
    let meter = Meter::default();
    let builder = Builder::new(Store::new(memory.client(&meter), BucketNames::plain()));
    let since = Instant::now();
    builder.reconcile().await.expect("a reconcile");
    let requests = meter.requests();
    println!("{photos} photos from nothing: {:.1} s, {requests} requests", since.elapsed().as_secs_f64());
    // Each photo's facts are read once; listings hold 1,000 keys; each album and each collection has a record and pages
    // to look for and to write.
    let pages = memory.objects().keys().filter(|(bucket, _)| bucket == "web").count();
    let bound = photos + photos / 100 + pages + (albums.len() + COLLECTIONS) * 8 + 100;
    assert!(requests <= bound, "{requests} requests for {photos} photos in {} albums; {bound}", albums.len());
    if let (Some(before), Some(after)) = (before, peak()) {
        // What was written is memory of this process as well.
        let written: usize = memory.objects().iter().filter(|(at, _)| at.0 == "web").map(|(_, s)| s.bytes.len()).sum();
        let took = (after - before).saturating_sub(written as u64 >> 20);
        println!("memory: {took} MiB besides the {} MiB that were written", written >> 20);
        assert!(took < 128 + 384 * photos as u64 / 100_000, "{took} MiB");
    }
}

#[tokio::test]
async fn a_hundred_thousand_photos() {
    from_nothing().await;
    let memory = Memory::default();
    // The catalogues are laid down as an earlier build would have left them, without their pages: building a hundred
    // thousand photos one fact at a time would take this test minutes and show nothing more.
    for collection in 0..COLLECTIONS {
        for album in 0..ALBUMS {
            let folder = format!("Collection {collection}/Album {album}");
            let mut catalogue = Catalogue::new(gallery::FolderPath::parse(&folder).expect("a folder"));
            for photo in 0..PHOTOS {
                let number = (collection * ALBUMS + album) * PHOTOS + photo;
                let (facts, etag, _) = seed(&memory, &format!("{folder}/{photo:04}.jpg"), number);
                catalogue.learn(facts, etag);
            }
            let key = Key::AlbumCatalogue(catalogue.album());
            memory.put("web", key.path(), serde_json::to_vec(&catalogue).expect("JSON"));
        }
    }
    // And two collections that nobody has looked at yet.
    let new = 40;
    for photo in 0..new {
        seed(&memory, &format!("New {}/{photo}.jpg", photo % 2), photo);
    }
    let photos = COLLECTIONS * ALBUMS * PHOTOS + new;
    assert!(photos >= 100_000);
    forget_peak();
    let before = peak();

    let meter = Meter::default();
    let builder = Builder::new(Store::new(memory.client(&meter), BucketNames::plain())).across_albums_later();
    let since = Instant::now();
    let found = builder.reconcile().await.expect("a reconcile");
    println!("first look at {photos} photos: {:.1} s, {} requests", since.elapsed().as_secs_f64(), meter.requests());
    assert_eq!(found.repaired, COLLECTIONS * (ALBUMS + 1) + 2);

    let builder = builder.with_own_files();
    builder.catch_up().await.expect("the site's own files");
    let (since, requests, writes) = (Instant::now(), meter.requests(), meter.writes());
    let found = builder.reconcile().await.expect("a reconcile");
    let requests = meter.requests() - requests;
    println!("a look at {photos} photos without a change: {:.1} s, {requests} requests", since.elapsed().as_secs_f64());
    assert_eq!((found.repaired, meter.writes() - writes), (0, 0));
    // A page of a listing holds 1,000 keys: of originals, of facts, of catalogues and pages.
    let keys = memory.objects().len();
    assert!(requests <= keys / 1000 + COLLECTIONS + 30, "{requests} requests for {keys} keys");

    let paths = |memory: &Memory| -> Vec<(String, String)> {
        let objects = memory.objects();
        let web = objects.iter().filter(|((bucket, _), _)| bucket == "web");
        web.map(|((_, key), stored)| (key.clone(), stored.etag.clone())).collect()
    };
    // Events of one photo more: on a day that the album has already; then one of a day, a month and a year that neither
    // the album nor the gallery has yet, whose day puts the collection first on the home page.
    let known = |facts: Facts| facts;
    let today = |mut facts: Facts| {
        facts.modified = TODAY.parse().expect("a time");
        if let Outcome::Ready(picture) = &mut facts.outcome {
            picture.taken = Some(date(2026, 11, 23).at(9, 30, 0, 0));
        }
        facts
    };
    let one_more = |file: &str, of: &dyn Fn(Facts) -> Facts| {
        let source = SourceKey::parse(&format!("Collection 7/Album 7/{file}")).expect("a source key");
        let facts = of(facts(&source, 100));
        memory.put("source", source.to_string(), Vec::new());
        let key = Key::Facts(source.folder().album(), source.photo());
        memory.put("resized", key.path(), facts.to_json());
        event(&[key])
    };
    for (file, of) in [("0100 more.jpg", &known as &dyn Fn(Facts) -> Facts), ("0101 more.jpg", &today)] {
        let web = paths(&memory);
        let event = one_more(file, of);
        // As a function starts cold.
        let builder = Builder::new(Store::new(memory.client(&meter), BucketNames::plain()));
        let builder = builder.across_albums_later().with_own_files();
        let (since, requests) = (Instant::now(), meter.requests());
        assert_eq!(builder.handle(event).await.batch_item_failures, []);
        let requests = meter.requests() - requests;
        println!("one more: {:.0} ms, {requests} requests", since.elapsed().as_secs_f64() * 1e3);
        let touched: Vec<String> =
            paths(&memory).into_iter().filter(|page| !web.contains(page)).map(|(key, _)| key).collect();
        let concerned = [
            "albums/Collection_7/Album_7/index.html",
            "albums/Collection_7/index.html",
            "home/all/index.html",
            "catalogue/albums/Collection_7/Album_7/album.json",
            "catalogue/albums/Collection_7/album.json",
            "catalogue/gallery.json",
        ];
        let chunk = |path: &str| path.starts_with("albums/Collection_7/Album_7/~");
        assert!(touched.iter().all(|path| concerned.contains(&path.as_str()) || chunk(path)), "{touched:?}");
        assert!(requests <= 12, "{requests} requests: {touched:?}");
    }
    // What goes across albums follows once for however many photos came.
    let (web, requests) = (paths(&memory), meter.requests());
    builder.catch_up().await.expect("a look");
    let requests = meter.requests() - requests;
    let touched: Vec<String> =
        paths(&memory).into_iter().filter(|page| !web.contains(page)).map(|(key, _)| key).collect();
    println!("catching up: {requests} requests: {touched:?}");
    assert!(touched.iter().any(|path| path == "home/all/timeline/2026/index.html"), "{touched:?}");
    assert!(touched.iter().any(|path| path == "home/all/feed.xml"), "{touched:?}");
    let (requests, writes) = (meter.requests(), meter.writes());
    builder.catch_up().await.expect("a look");
    assert_eq!((meter.requests() - requests, meter.writes() - writes), (1, 0));

    // What the photos themselves take in this process was there before.
    if let (Some(before), Some(after)) = (before, peak()) {
        println!("memory: {before} MiB of photos, {} MiB for looking through them", after - before);
        assert!(after - before < 512);
    }
}
