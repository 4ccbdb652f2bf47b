//! The changes, and the notes.

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use local::s3::{Change, ChangeKind};

use crate::harness::{BUCKET, Running, put};

fn told(changes: &[Change]) -> Vec<(ChangeKind, &str, u64)> {
    changes.iter().map(|change| (change.kind, change.key.as_str(), change.size)).collect()
}

#[tokio::test]
async fn every_change_is_told_once_in_order_and_survives_a_restart() {
    let mut running = Running::start().await;
    let client = running.far.clone();
    let etag = put(&client, "a +ü", "123").await;
    put(&client, "b", "").await;
    client.copy_object().bucket(BUCKET).key("c").copy_source(format!("{BUCKET}/b")).send().await.unwrap();
    client.delete_object().bucket(BUCKET).key("b").send().await.unwrap();
    client.delete_object().bucket(BUCKET).key("never there").send().await.unwrap();
    let ids = ["c", "b"].map(|key| ObjectIdentifier::builder().key(key).build().unwrap());
    let delete = Delete::builder().set_objects(Some(ids.into())).build().unwrap();
    client.delete_objects().bucket(BUCKET).delete(delete).send().await.unwrap();
    let refused = client.put_object().bucket(BUCKET).key("a +ü").if_none_match("*").send().await;
    assert!(refused.is_err());
    let bad =
        client.put_object().bucket(BUCKET).key("x").checksum_crc32("AAAAAA==").body(ByteStream::from_static(b"x"));
    assert!(bad.send().await.is_err());

    let expected = [
        (ChangeKind::Put, "a +ü", 3),
        (ChangeKind::Put, "b", 0),
        (ChangeKind::Copy, "c", 0),
        (ChangeKind::Delete, "b", 0),
        (ChangeKind::Delete, "c", 0),
    ];
    for _ in 0..2 {
        let changes = running.folder.changes_after(0, 100).await.unwrap();
        assert_eq!(told(&changes), expected);
        assert_eq!(format!("\"{}\"", changes[0].etag), etag);
        assert!(changes.iter().all(|change| change.bucket == BUCKET));
        assert!(changes.windows(2).all(|pair| pair[0].sequence < pair[1].sequence));
        running = running.restart().await;
    }
    let changes = running.folder.changes_after(0, 2).await.unwrap();
    assert_eq!(told(&changes), expected[..2]);
    running.folder.forget(&[changes[0].sequence, changes[1].sequence]).await.unwrap();
    let rest = running.folder.changes_after(0, 100).await.unwrap();
    assert_eq!(told(&rest), expected[2..]);
    let after = running.folder.changes_after(rest[0].sequence, 100).await.unwrap();
    assert_eq!(told(&after), expected[3..]);

    let all: Vec<u64> = rest.iter().map(|change| change.sequence).collect();
    running.folder.forget(&all).await.unwrap();
    running = running.restart().await;
    put(&running.near, "d", "x").await;
    let next = running.folder.changes_after(0, 100).await.unwrap();
    assert!(next[0].sequence > *all.last().unwrap(), "a sequence is never used twice");
}

#[tokio::test]
async fn whoever_waits_for_changes_is_woken_after_the_commit() {
    let running = Running::start().await;
    let mut changes = running.folder.changes();
    for n in 0..20 {
        let (sent, woken) = tokio::join!(put(&running.near, "k", format!("{n}")), changes.changed());
        woken.unwrap();
        let last = *changes.borrow_and_update();
        let told = running.folder.changes_after(last - 1, 10).await.unwrap();
        assert_eq!(format!("\"{}\"", told[0].etag), sent);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn changes_and_objects_agree_after_many_writers() {
    let running = Running::start().await;
    let writers = (0..16).map(|writer| {
        let client = running.clients()[writer % 2].clone();
        tokio::spawn(async move {
            for n in 0..20 {
                let key = format!("{}", (writer * 7 + n) % 10);
                if n % 3 == 2 {
                    client.delete_object().bucket(BUCKET).key(&key).send().await.unwrap();
                } else {
                    put(&client, &key, format!("{writer} {n}")).await;
                }
            }
        })
    });
    for writer in futures::future::join_all(writers).await {
        writer.unwrap();
    }
    let changes = running.folder.changes_after(0, 10_000).await.unwrap();
    let mut replayed = std::collections::BTreeMap::new();
    for change in changes {
        match change.kind {
            ChangeKind::Delete => assert!(replayed.remove(&change.key).is_some(), "only what is there is deleted"),
            _ => drop(replayed.insert(change.key, format!("\"{}\"", change.etag))),
        }
    }
    let listed = running.near.list_objects_v2().bucket(BUCKET).send().await.unwrap();
    let listed = listed.contents().iter().map(|object| (object.key.clone().unwrap(), object.e_tag.clone().unwrap()));
    assert_eq!(replayed, listed.collect());
}

#[tokio::test]
async fn notes_are_kept() {
    let mut running = Running::start().await;
    running.folder.put_note("dead/2", b"two".as_slice()).await.unwrap();
    running.folder.put_note("dead/1", b"first".as_slice()).await.unwrap();
    running.folder.put_note("dead/1", b"one".as_slice()).await.unwrap();
    running = running.restart().await;
    let notes = running.folder.notes().await.unwrap();
    assert_eq!(notes, [("dead/1".to_owned(), b"one".to_vec()), ("dead/2".to_owned(), b"two".to_vec())]);
    running.folder.remove_note("dead/1").await.unwrap();
    running.folder.remove_note("never there").await.unwrap();
    assert_eq!(running.folder.notes().await.unwrap().len(), 1);
}
