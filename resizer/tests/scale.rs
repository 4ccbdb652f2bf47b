//! Ten thousand photos: what a look at all of them costs, and what one more does.

#[path = "../../builder/tests/site/memory.rs"]
#[allow(dead_code, reason = "the builder's tests use all of it")]
mod memory;

use gallery::facts::{Facts, Outcome, Picture, Rendition, VERSION};
use gallery::renditions::sizes;
use gallery::store::{BucketNames, Listed};
use gallery::{Bucket, Key, SourceKey, Store};
use resizer::{Done, Limits, Resizer, Wanted};

use memory::{Memory, Meter};

const PHOTOS: usize = 10_000;

/// What the resizer keeps of an original, without having made it.
fn facts(original: &Listed) -> Facts {
    let source = SourceKey::parse(&original.path).expect("a source key");
    let renditions = sizes(4000, 3000).into_iter().flat_map(|(width, height)| {
        let formats = Wanted::default().formats.into_iter();
        formats.map(move |format| Rendition { width, height, format, hash: "00ff".into(), bytes: 1 })
    });
    let picture = Picture { width: 4000, height: 3000, renditions: renditions.collect(), ..Picture::default() };
    Facts {
        version: VERSION,
        photo: source.photo(),
        source: original.path.clone(),
        etag: original.etag.clone(),
        bytes: original.bytes,
        modified: original.modified,
        checksum: None,
        video: None,
        outcome: Outcome::Ready(Box::new(picture)),
    }
}

fn facts_path(original: &str) -> String {
    let source = SourceKey::parse(original).expect("a source key");
    Key::Facts(source.folder().album(), source.photo()).path()
}

#[tokio::test]
async fn ten_thousand_photos() {
    let memory = Memory::default();
    let path = |photo: usize| format!("Collection {}/Album {}/{photo:05}.jpg", photo % 7, photo % 50);
    for photo in 0..PHOTOS {
        memory.put("source", path(photo), photo.to_string().into_bytes());
    }
    let calm = Store::new(memory.client(&Meter::default()), BucketNames::plain());
    for original in calm.list(Bucket::Source, "").all().await.expect("a listing") {
        let facts = facts(&original);
        for rendition in facts.rendition_keys() {
            memory.put("resized", rendition.path(), Vec::new());
        }
        memory.put("resized", facts_path(&original.path), facts.to_json());
    }
    let meter = Meter::default();
    // Each look is another life of the function.
    let look = async || {
        let store = Store::new(memory.client(&meter), BucketNames::plain());
        let (requests, writes) = (meter.requests(), meter.writes());
        let found = Resizer::new(store, Limits::default()).remembering().look().await.expect("a look");
        let (requests, writes) = (meter.requests() - requests, meter.writes() - writes);
        println!("{} right, {} wrong: {requests} requests, {writes} of them writes", found.right, found.wrong.len());
        (found, requests, writes)
    };

    // A page of a listing holds 1,000 keys: an original, its facts and its renditions. `heirloom cost` reckons with it.
    let kept = Wanted::default();
    let lists = PHOTOS * (2 + kept.ladder.len() * kept.formats.len()) / 1000;
    let (found, requests, writes) = look().await;
    assert_eq!((found.right, found.wrong.len(), found.removed), (PHOTOS, 0, 0));
    // The first look reads all facts, the owner's wishes and what is not there yet, and keeps what it saw.
    assert_eq!((requests, writes), (lists + PHOTOS + 3, 1));
    let (found, requests, writes) = look().await;
    assert_eq!((found.right, found.wrong.len()), (PHOTOS, 0));
    assert_eq!((requests, writes), (lists + 2, 0), "nothing changed, so nothing is read again");

    // An original is replaced, one comes, one goes; facts are lost, damaged, made for other bytes; renditions are lost
    // and left over. No event told of any of it.
    memory.put("source", path(1), b"other bytes".to_vec());
    memory.put("source", "New/1.jpg".into(), b"new".to_vec());
    let remove = |bucket: &str, path: String| {
        memory.objects().remove(&(bucket.to_owned(), path)).expect("it was there");
    };
    remove("source", path(2));
    remove("resized", facts_path(&path(3)));
    memory.put("resized", facts_path(&path(4)), b"{".to_vec());
    let fifth = calm.look(Bucket::Source, &path(5)).await.expect("an answer").expect("an original");
    let mut other = facts(&fifth);
    other.etag = "\"other\"".into();
    memory.put("resized", facts_path(&path(5)), other.to_json());
    let seventh = calm.look(Bucket::Source, &path(7)).await.expect("an answer").expect("an original");
    let promised = facts(&seventh).rendition_keys();
    remove("resized", promised[3].path());
    let Key::Rendition { collection, photo, width, format, .. } = promised[0].clone() else { panic!("a rendition") };
    let eighth = SourceKey::parse(&path(8)).expect("a source key").photo();
    for of in [eighth, gallery::PhotoId::of_key("nobody")] {
        let (collection, hash) = (collection.clone(), "aa".to_owned());
        let left = Key::Rendition { collection, photo: of, hash, width, format };
        memory.put("resized", left.path(), Vec::new());
    }
    assert_eq!(photo, SourceKey::parse(&path(7)).expect("a source key").photo());
    let (found, requests, _) = look().await;
    let mut wrong = found.wrong.clone();
    wrong.sort();
    let mut expected: Vec<String> = [1, 2, 3, 4, 5, 7, 8].map(path).into();
    expected.push("New/1.jpg".to_owned());
    expected.sort();
    assert_eq!(wrong, expected);
    assert_eq!(found.wrong[0], "New/1.jpg", "somebody waits for the newest");
    // The orphan of nobody is gone, and 9,993 of the old photos are right.
    assert_eq!((found.right, found.removed), (PHOTOS - 7, 1));
    assert!(requests < 3 * lists, "{requests} requests");

    // Another wish is for all of them, and no facts have to be read to know it.
    memory.put("source", "gallery.yml".into(), b"avif: true".to_vec());
    let (found, requests, _) = look().await;
    assert_eq!(found.right, 0);
    assert!(requests < 3 * lists, "{requests} requests");
    // What was kept is believed about bytes alone: without it, and when it is damaged, the look finds the same.
    memory.put("resized", Key::FactsSeen.path(), b"[".to_vec());
    let (again, ..) = look().await;
    assert_eq!(again.wrong, found.wrong);
}

#[tokio::test]
async fn one_more() {
    let (memory, meter) = (Memory::default(), Meter::default());
    memory.put("source", "Family/1.jpg".into(), include_bytes!("../../docs/screenshots/album.jpg").to_vec());
    let resizer = Resizer::new(Store::new(memory.client(&meter), BucketNames::plain()), Limits::default());
    assert_eq!(resizer.refresh("Family/1.jpg").await.expect("an answer"), Done::Rendered);
    // Its renditions and its facts. `heirloom cost` reckons with these numbers.
    let kept = Wanted::default();
    assert_eq!(meter.writes(), kept.ladder.len() * kept.formats.len() + 1);
    // The owner's wishes; the original and its facts, before and after; its bytes; and one listing of what it has.
    assert_eq!(meter.requests() - meter.writes(), 7);
}
