//! The handler against an S3 server: what lies in the buckets after events, repeats, replacements, removals and races.
//!
//! Runs against the server that `HEIRLOOM_S3_ENDPOINT`, `HEIRLOOM_S3_ACCESS_KEY` and `HEIRLOOM_S3_SECRET_KEY` name.

use std::collections::BTreeSet;

use aws_lambda_events::event::sqs::{SqsEvent, SqsMessage};
use gallery::facts::{Outcome, Witness};
use gallery::renditions::Format;
use gallery::store::{BucketNames, Endpoint, at};
use gallery::{Bucket, Condition, Facts, Key, SourceKey, Store};
use libjpeg_turbo_rs::Subsampling;
use resizer::{Done, Limits, Resizer, Tally, Wanted};
use sha2::{Digest, Sha256};

use crate::drawn::{QUARTERS, assert_quarters, heic, jpeg, pixels, quarters};
use crate::room::Room;

fn photo(width: u32, height: u32) -> Vec<u8> {
    jpeg(&quarters(width, height), Subsampling::S420)
}

#[tokio::test]
async fn an_upload_becomes_renditions_and_facts() {
    let Some(room) = Room::open().await else { return };
    let key = "Märchen & Wald/Lisbon 2024/a+b 1.jpg";
    room.put(key, photo(1500, 1000)).await;
    room.told(&[key]).await;
    room.assert_holds(&[key]).await;

    let facts = room.facts(key).await;
    let picture = facts.picture().expect("it is ready");
    assert_eq!((picture.width, picture.height, facts.source.as_str()), (1500, 1000, key));
    assert_eq!(
        picture.renditions.iter().map(|r| r.width).collect::<Vec<_>>(),
        [360, 360, 720, 720, 1200, 1200, 1500, 1500]
    );
    assert_eq!(picture.taken_from, Some(Witness::Upload));
    let checksum = data_encoding::HEXLOWER.encode(&Sha256::digest(photo(1500, 1000)));
    assert_eq!(facts.checksum.as_deref(), Some(checksum.as_str()));
    for (rendition, path) in picture.renditions.iter().zip(facts.rendition_keys()) {
        let get = room.store.client().get_object().bucket(room.store.name(Bucket::Resized)).key(path.path());
        let object = get.send().await.unwrap();
        assert_eq!(object.content_type(), Some(rendition.format.content_type()));
        assert_eq!(object.cache_control(), Some("private, max-age=31536000, immutable"));
        let bytes = object.body.collect().await.unwrap().into_bytes();
        assert_eq!(bytes.len() as u64, rendition.bytes);
        assert_quarters(&pixels(&bytes), QUARTERS, 10);
    }
}

#[tokio::test]
async fn the_copy_of_all_of_a_photo_is_kept_and_goes_with_it() {
    let Some(room) = Room::open().await else { return };
    let key = "Family/1.HEIC";
    room.put(key, heic(&quarters(2400, 1600))).await;
    room.told(&[key]).await;
    room.assert_holds(&[key]).await;
    let facts = room.facts(key).await;
    let whole = facts.picture().and_then(|picture| picture.whole.clone()).expect("there is one");
    assert_eq!((whole.width, whole.height), (2400, 1600));
    let collection = facts.source_key().unwrap().folder().album().collection();
    let path = whole.key(&collection, facts.photo).path();
    room.store.remove_path(Bucket::Resized, &path).await.unwrap();
    // What the facts promise is missed, as with every other.
    room.resizer.reconcile().await.unwrap();
    assert!(room.resized().await.contains(&path));
    room.assert_holds(&[key]).await;
    room.put(key, photo(800, 600)).await;
    room.told(&[key]).await;
    room.assert_holds(&[key]).await;
    assert!(!room.resized().await.contains(&path));
}

#[tokio::test]
async fn a_replacement_replaces_and_a_removal_removes() {
    let Some(room) = Room::open().await else { return };
    let key = "Family/1.jpg";
    room.put(key, photo(800, 600)).await;
    room.told(&[key]).await;
    let before = room.resized().await;
    room.put(key, photo(600, 800)).await;
    room.told(&[key]).await;
    room.assert_holds(&[key]).await;
    let after = room.resized().await;
    assert_eq!(before.intersection(&after).count(), 1, "the facts keep their key, the renditions do not");

    room.put(key, "now it is a note").await;
    room.told(&[key]).await;
    room.assert_holds(&[key]).await;
    assert_eq!(room.resized().await.len(), 1);

    room.put(key, photo(800, 600)).await;
    room.told(&[key]).await;
    room.remove(key).await;
    room.told(&[key]).await;
    assert_eq!(room.resized().await, BTreeSet::new());
    assert_eq!(room.resizer.refresh(key).await.unwrap(), Done::Unchanged);
}

#[tokio::test]
async fn what_a_page_may_still_name_stays_until_the_page_is_published() {
    let Some(mut room) = Room::open().await else { return };
    room.resizer = Resizer::new(room.store.clone(), Limits::default()).leaving_until_published();
    let key = "Family/1.jpg";
    room.put(key, photo(800, 600)).await;
    room.told(&[key]).await;
    let first = room.resized().await;
    assert!(room.resizer.leavings().is_empty(), "nothing was replaced");

    // Replaced twice before any page was made: the page may name the first.
    room.put(key, photo(600, 800)).await;
    room.told(&[key]).await;
    let left = room.resizer.leavings();
    room.put(key, photo(500, 400)).await;
    room.told(&[key]).await;
    assert!(room.resized().await.is_superset(&first));

    // A build of something else says nothing of this photo; one that began before the last replacement takes no more than
    // what was replaced then.
    let elsewhere = aws_lambda_events::event::sqs::SqsEvent::default();
    assert!(left.clone().spoken_of(&elsewhere).is_empty());
    room.resizer.clear_away(left).await;
    let gone: Vec<_> = first.difference(&room.resized().await).cloned().collect();
    assert_eq!(gone.len(), first.len() - 1, "the first renditions, and not the facts: {gone:?}");
    assert!(!room.resizer.leavings().is_empty(), "the second are named by the page");
    room.resizer.clear_away(room.resizer.leavings()).await;
    room.assert_holds(&[key]).await;

    // What is as before again is not taken for stale.
    room.put(key, photo(800, 600)).await;
    room.told(&[key]).await;
    room.put(key, photo(500, 400)).await;
    room.told(&[key]).await;
    room.resizer.clear_away(room.resizer.leavings()).await;
    room.assert_holds(&[key]).await;

    // A crash forgets the note; the next look at everything notes it again. A removed photo is gone at once.
    room.put(key, photo(640, 480)).await;
    room.told(&[key]).await;
    let there = room.resized().await;
    room.resizer = Resizer::new(room.store.clone(), Limits::default()).leaving_until_published();
    room.resizer.reconcile().await.unwrap();
    assert_eq!(room.resized().await, there);
    assert!(!room.resizer.leavings().is_empty());
    room.remove(key).await;
    room.told(&[key]).await;
    assert_eq!(room.resized().await, BTreeSet::new());
    assert!(room.resizer.leavings().is_empty());
}

#[tokio::test]
async fn what_is_left_once_more_waits_for_who_asks_later() {
    let Some(mut room) = Room::open().await else { return };
    room.resizer = Resizer::new(room.store.clone(), Limits::default()).leaving_until_published();
    let key = "Family/1.jpg";
    let [one, other] = [photo(800, 600), photo(600, 800)];
    room.put(key, one.clone()).await;
    room.told(&[key]).await;
    room.put(key, other.clone()).await;
    room.told(&[key]).await;
    let first = room.resizer.leavings();
    // The owner changes their mind, and once more: pages may name the one again.
    for bytes in [one, other] {
        room.put(key, bytes).await;
        room.told(&[key]).await;
    }
    let there = room.resized().await;
    room.resizer.clear_away(first).await;
    assert_eq!(room.resized().await, there);
    room.resizer.clear_away(room.resizer.leavings()).await;
    room.assert_holds(&[key]).await;
    assert!(room.resizer.leavings().is_empty());

    // Who just looks once more at what was left leaves it to the build that was told of it.
    room.put(key, photo(400, 300)).await;
    room.told(&[key]).await;
    let left = room.resizer.leavings();
    assert!(!left.is_empty());
    room.resizer.refresh_closely(key).await.unwrap();
    room.resizer.clear_away(left).await;
    room.assert_holds(&[key]).await;
}

#[tokio::test]
async fn repeated_and_late_events_change_nothing() {
    let Some(room) = Room::open().await else { return };
    let keys = ["Family/1.jpg", "Family/2.jpg"];
    room.put(keys[0], photo(500, 400)).await;
    let late = room.message("late", &keys);
    room.told(&keys).await;
    assert_eq!(room.resizer.refresh(keys[0]).await.unwrap(), Done::Unchanged);
    let written = room.store.look(Bucket::Resized, room.resized().await.first().unwrap()).await.unwrap();
    assert!(room.handle(vec![late.clone(), late.clone(), late]).await.is_empty());
    let progress = room.resizer.progress();
    assert_eq!((progress.done, progress.asked), (4, 4), "two batches of two keys");
    assert_eq!(room.store.look(Bucket::Resized, room.resized().await.first().unwrap()).await.unwrap(), written);
    room.assert_holds(&keys[..1]).await;
}

#[tokio::test]
async fn avif_comes_and_goes_with_the_owners_word() {
    let Some(room) = Room::open().await else { return };
    let key = "Family/1.jpg";
    let made = async || {
        let facts = room.facts(key).await;
        let picture = facts.picture().unwrap().clone();
        (picture.avif, picture.renditions.iter().filter(|r| r.format == Format::Avif).count())
    };
    // What was read of the file is believed for a minute, so each begins as another process would.
    let again = || Resizer::new(room.store.clone(), Limits::default());
    room.put(key, photo(380, 280)).await;
    room.told(&[key]).await;
    assert_eq!(made().await, (false, 0));
    room.put("gallery.yml", "avif: true").await;
    assert_eq!(again().reconcile().await.unwrap(), Tally { rendered: 1, ..Tally::default() });
    assert_eq!(made().await, (true, 2));
    room.assert_holds(&[key]).await;
    room.put("gallery.yml", "avif: [").await;
    assert_eq!(again().reconcile().await.unwrap(), Tally { unchanged: 1, ..Tally::default() });
    assert_eq!(made().await, (true, 2), "a file that cannot be read changes nothing");
    room.remove("gallery.yml").await;
    assert_eq!(again().refresh(key).await.unwrap(), Done::Rendered);
    assert_eq!(made().await, (false, 0));
    room.assert_holds(&[key]).await;
}

#[tokio::test]
async fn what_is_right_is_made_anew_when_somebody_asks() {
    let Some(room) = Room::open().await else { return };
    let key = "Family/1.jpg";
    room.put(key, photo(380, 280)).await;
    room.told(&[key]).await;
    let before = room.resized().await;
    let anew = Resizer::new(room.store.clone(), Limits::default()).anew(true);
    assert_eq!(anew.reconcile().await.unwrap(), Tally { rendered: 1, ..Tally::default() });
    assert_eq!(anew.refresh(key).await.unwrap(), Done::Rendered);
    assert_eq!(room.resized().await, before, "the same bytes have the same names");
}

#[tokio::test]
async fn what_is_no_photo_gets_a_reason_or_nothing() {
    let Some(room) = Room::open().await else { return };
    for key in ["Family/.DS_Store", "Family/metadata.yml", "gallery.yml", "Family/", "Family/IMG_1.AAE"] {
        room.put(key, "x").await;
        assert_eq!(room.resizer.refresh(key).await.unwrap(), Done::Ignored, "{key}");
    }
    assert_eq!(room.resized().await, BTreeSet::new());

    room.put("Family/notes.jpg", "Lieber Paul").await;
    assert_eq!(room.resizer.refresh("Family/notes.jpg").await.unwrap(), Done::Rejected);
    let Outcome::Rejected { reason } = room.facts("Family/notes.jpg").await.outcome else { panic!("it is no photo") };
    assert_eq!(reason, "it is a text file, not a picture");

    room.put("stray.jpg", photo(40, 30)).await;
    assert_eq!(room.resizer.refresh("stray.jpg").await.unwrap(), Done::Rejected);
    let stray = room.resized().await.into_iter().find(|path| path.starts_with("facts/~stray/")).unwrap();
    let facts = room.store.read_path(Bucket::Resized, &stray).await.unwrap().unwrap();
    let facts = Facts::from_json(&facts.bytes).unwrap();
    assert!(matches!(facts.outcome, Outcome::Rejected { reason } if reason.contains("outside every collection")));
    room.remove("stray.jpg").await;
    assert_eq!(room.resizer.refresh("stray.jpg").await.unwrap(), Done::Removed);
    assert_eq!(room.resized().await.len(), 1);
}

#[tokio::test]
async fn exactly_the_failed_messages_come_again() {
    let Some(room) = Room::open().await else { return };
    room.put("Family/1.jpg", photo(300, 200)).await;
    let mut broken = SqsMessage::default();
    broken.message_id = Some("broken".into());
    broken.body = Some("{\"Records\":17}".into());
    let mut test = SqsMessage::default();
    test.message_id = Some("test".into());
    test.body = Some("{\"Service\":\"Amazon S3\",\"Event\":\"s3:TestEvent\"}".into());
    let good = room.message("good", &["Family/1.jpg"]);
    assert_eq!(room.handle(vec![test, broken, good.clone()]).await, ["broken"]);
    room.assert_holds(&["Family/1.jpg"]).await;

    // A server that answers nobody fails what needs it, and only that.
    let nowhere = Endpoint { url: "http://127.0.0.1:1".into(), access_key: "a".into(), secret_key: "b".into() };
    let names = BucketNames { source: room.store.name(Bucket::Source).to_owned(), ..BucketNames::plain() };
    let cut_off = Resizer::new(Store::new(at(&nowhere), names), Limits::default());
    let mut event = SqsEvent::default();
    event.records = vec![good, room.message("ignored", &["Family/metadata.yml"])];
    let failed = cut_off.handle(event).await.batch_item_failures;
    assert_eq!(failed.into_iter().map(|f| f.item_identifier).collect::<Vec<_>>(), ["good"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_leave_one_whole_set() {
    let Some(room) = Room::open().await else { return };
    let key = "Family/1.jpg";
    let versions = [photo(420, 300), photo(300, 420), photo(500, 400)];
    for round in 0..6 {
        // The original changes, back to older ones too, while several are at work on it.
        let change = async {
            for step in 0..4 {
                room.put(key, versions[(round + step) % 3].clone()).await;
                room.resizer.refresh(key).await.unwrap();
            }
            if round == 3 {
                room.remove(key).await;
                room.put(key, versions[0].clone()).await;
            }
        };
        let others = futures::future::join_all((0..4).map(|_| async {
            for _ in 0..3 {
                room.resizer.refresh(key).await.unwrap();
            }
        }));
        futures::join!(change, others);
        room.resizer.refresh(key).await.unwrap();
        room.assert_holds(&[key]).await;
    }
}

#[tokio::test]
async fn what_took_too_long_is_tried_again() {
    let Some(room) = Room::open().await else { return };
    room.put("Family/1.jpg", photo(420, 300)).await;
    let busy = Resizer::new(room.store.clone(), Limits { time: std::time::Duration::ZERO, ..Limits::default() });
    let error = busy.refresh("Family/1.jpg").await.unwrap_err().to_string();
    assert!(error.contains("longer than the limit"), "{error}");
    assert!(room.resized().await.is_empty(), "nothing is said against the photo");
    let mut event = SqsEvent::default();
    event.records = vec![room.message("slow", &["Family/1.jpg"])];
    let failed = busy.handle(event).await.batch_item_failures;
    assert_eq!(failed.into_iter().map(|f| f.item_identifier).collect::<Vec<_>>(), ["slow"]);
    assert_eq!(room.resizer.refresh("Family/1.jpg").await.unwrap(), Done::Rendered);
    room.assert_holds(&["Family/1.jpg"]).await;
}

#[tokio::test]
async fn another_ladder_renders_again() {
    let Some(room) = Room::open().await else { return };
    for key in ["Family/1.jpg", "Family/2.jpg"] {
        room.put(key, photo(420, 300)).await;
        assert_eq!(room.resizer.refresh(key).await.unwrap(), Done::Rendered);
    }
    let other = Wanted { ladder: vec![100, 360], ..Wanted::default() };
    let changed = Resizer::new(room.store.clone(), Limits::default()).wanting(other);
    assert_eq!(changed.refresh("Family/1.jpg").await.unwrap(), Done::Rendered);
    assert_eq!(changed.refresh("Family/1.jpg").await.unwrap(), Done::Unchanged);
    assert_eq!(changed.reconcile().await.unwrap(), Tally { rendered: 1, unchanged: 1, ..Tally::default() });
    room.assert_holds(&["Family/1.jpg", "Family/2.jpg"]).await;
    let widths: Vec<u32> =
        room.facts("Family/2.jpg").await.picture().unwrap().renditions.iter().map(|r| r.width).collect();
    assert_eq!(widths, [100, 100, 360, 360]);
}

#[tokio::test]
async fn a_reconciliation_makes_everything_right() {
    let Some(room) = Room::open().await else { return };
    let keys = ["Family/1.jpg", "Family/day 1/2.jpg", "Family/3.jpg", "Oma & Opa/4.jpg"];
    for key in keys {
        room.put(key, photo(400, 300)).await;
    }
    room.put("Family/metadata.yml", "title: x").await;
    let tally = room.resizer.reconcile().await.unwrap();
    assert_eq!(tally, Tally { rendered: 4, ..Tally::default() });
    room.assert_holds(&keys).await;
    assert_eq!(room.resizer.reconcile().await.unwrap(), Tally { unchanged: 4, ..Tally::default() });

    // A lost rendition, a rendition too many, an old version, a removed original, orphans of nobody.
    let first = room.facts(keys[0]).await;
    room.store.remove(&first.rendition_keys()[0]).await.unwrap();
    let second = SourceKey::parse(keys[1]).unwrap();
    let orphan = |photo, hash: &str| Key::Rendition {
        collection: second.folder().album().collection(),
        photo,
        hash: hash.to_owned(),
        width: 360,
        format: gallery::renditions::Format::Jpeg,
    };
    room.store.write(&orphan(second.photo(), "00ff"), "x", Condition::Always).await.unwrap();
    room.store.write(&orphan(gallery::PhotoId::of_key("gone"), "00aa"), "x", Condition::Always).await.unwrap();
    let mut third = room.facts(keys[2]).await;
    third.version = 0;
    let source = SourceKey::parse(keys[2]).unwrap();
    let third_key = Key::Facts(source.folder().album(), source.photo());
    room.store.write(&third_key, third.to_json(), Condition::Always).await.unwrap();
    let stray = Key::Facts(source.folder().album(), gallery::PhotoId::of_key("nobody"));
    room.store.write(&stray, "not even JSON", Condition::Always).await.unwrap();
    room.remove(keys[3]).await;
    let tally = room.resizer.reconcile().await.unwrap();
    assert_eq!(tally.failed, 0);
    assert_eq!((tally.rendered, tally.removed), (2, 3), "{tally:?}");
    room.assert_holds(&keys[..3]).await;
    assert_eq!(room.resizer.reconcile().await.unwrap(), Tally { unchanged: 3, ..Tally::default() });
}
