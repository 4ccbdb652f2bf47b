//! What others do while an upload is at work.

use std::time::{Duration, SystemTime};

use super::*;
use crate::cli::Command;
use crate::meanwhile::{Gallery, asked, write};

const DELETING: Asked = Asked { delete: true, dry_run: false, quiet: true, limit: None, parallel: 4 };

fn found(gallery: &Gallery) -> Findings {
    find(&[gallery.photos()], None, None).unwrap()
}

async fn seen(gallery: &Gallery) -> Vec<Listed> {
    listed(gallery.store(), ["Family".to_owned()].into()).await.unwrap()
}

fn failed(summary: &Summary) -> Vec<&str> {
    let mut keys: Vec<&str> = summary.failed.iter().map(|(key, _)| key.as_str()).collect();
    keys.sort_unstable();
    keys
}

#[tokio::test]
async fn what_others_send_out_of_the_folder_meanwhile_stays() {
    let gallery = Gallery::new().await;
    write(&gallery.photos().join("Family/1.jpg"), b"one");
    gallery.put("Family/1.jpg", b"one").await;
    gallery.put("Family/late.jpg", b"late").await;
    let file = gallery.photos().join("Family/late.jpg");
    let comes = async move { write(&file, b"late") };
    let store = gallery.after(comes, "GET", "list-type=2");
    let photos = gallery.photos();
    let Command::Upload(command) = asked(&["upload", photos.to_str().unwrap(), "--delete", "--json"]) else { panic!() };
    let names = collections(&command.paths, None).unwrap();
    let summary = look_and_upload(&store, &command, names).await.unwrap();
    assert_eq!((summary.unchanged, summary.deleted.len(), summary.changed.len()), (2, 0, 0), "{summary:?}");
    assert!(gallery.holds("Family/late.jpg").await.is_some());
}

#[tokio::test]
async fn what_changed_or_came_back_meanwhile_is_not_removed() {
    let gallery = Gallery::new().await;
    gallery.put("Family/back.jpg", b"back").await;
    gallery.put("Family/changed.jpg", b"before").await;
    gallery.put("Family/gone.jpg", b"gone").await;
    gallery.put("Family/old name.jpg", b"the same photo").await;
    write(&gallery.photos().join("Family/new name.jpg"), b"the same photo");
    let (there, findings) = (seen(&gallery).await, found(&gallery));
    gallery.put("Family/changed.jpg", b"after").await;
    write(&gallery.photos().join("Family/back.jpg"), b"back");
    let store = gallery.after(gallery.put("Family/old name.jpg", b"another"), "DELETE", "old%20name");
    let gone = there[2].clone();
    let summary = bring(&store, there, findings, &DELETING).await.unwrap();
    assert_eq!(summary.moved, [("Family/old name.jpg".to_owned(), "Family/new name.jpg".to_owned())]);
    assert_eq!(summary.deleted, ["Family/gone.jpg"]);
    assert_eq!(summary.changed, ["Family/back.jpg", "Family/changed.jpg", "Family/old name.jpg"]);
    assert_eq!(gallery.keys().await.len(), 4);
    assert_eq!(gallery.holds("Family/changed.jpg").await.unwrap(), b"after");
    assert_eq!(gallery.holds("Family/old name.jpg").await.unwrap(), b"another");
    // As it looks when the first answer was lost.
    assert_eq!(gallery.store().remove_unchanged(Bucket::Source, &gone.path, &gone.etag).await.unwrap(), Removed::Gone);
}

#[tokio::test]
async fn what_came_to_the_same_place_meanwhile_is_not_replaced() {
    let gallery = Gallery::new().await;
    gallery.put("Family/edited.jpg", b"of yesterday").await;
    let film = vec![7; 33 << 20];
    let at = |name: &str| gallery.photos().join("Family").join(name);
    write(&at("edited.jpg"), b"edited here");
    write(&at("film.jpg"), &film);
    write(&at("new.jpg"), b"new here");
    write(&at("same.jpg"), b"the same");
    let (there, findings) = (seen(&gallery).await, found(&gallery));
    for key in ["Family/edited.jpg", "Family/film.jpg", "Family/new.jpg"] {
        gallery.put(key, b"of somebody else").await;
    }
    gallery.put("Family/same.jpg", b"the same").await;
    let summary = bring(gallery.store(), there, findings, &DELETING).await.unwrap();
    assert_eq!(failed(&summary), ["Family/edited.jpg", "Family/film.jpg", "Family/new.jpg"], "{summary:?}");
    assert!(summary.failed[0].1.contains("changed there meanwhile"), "{summary:?}");
    assert_eq!(summary.uploaded, ["Family/same.jpg"]);
    for key in failed(&summary) {
        assert_eq!(gallery.holds(key).await.unwrap(), b"of somebody else");
    }
    // Seen, it is replaced, as the folder's own is what was asked for.
    let summary = upload(gallery.store(), found(&gallery), &DELETING).await.unwrap();
    assert_eq!((summary.uploaded.len(), summary.unchanged), (3, 1), "{summary:?}");
    assert!(gallery.holds("Family/film.jpg").await.unwrap() == film, "the film");
}

#[tokio::test]
async fn a_file_that_changes_is_sent_whole_the_next_time() {
    let gallery = Gallery::new().await;
    let (grows, turns) = (gallery.photos().join("Family/grows.jpg"), gallery.photos().join("Family/turns.jpg"));
    write(&grows, b"half");
    write(&turns, b"left");
    let findings = found(&gallery);
    write(&grows, b"half and half");
    write(&turns, b"west");
    let later = SystemTime::now() + Duration::from_secs(2);
    std::fs::File::options().write(true).open(&turns).unwrap().set_modified(later).unwrap();
    let summary = bring(gallery.store(), Vec::new(), findings, &DELETING).await.unwrap();
    assert_eq!(failed(&summary), ["Family/grows.jpg", "Family/turns.jpg"]);
    assert!(summary.failed.iter().all(|(_, why)| why.contains("changed while it was on its way")), "{summary:?}");
    assert_eq!(gallery.keys().await, Vec::<String>::new());
    let summary = upload(gallery.store(), found(&gallery), &DELETING).await.unwrap();
    assert_eq!(summary.uploaded.len(), 2);
    assert_eq!(gallery.holds("Family/grows.jpg").await.unwrap(), b"half and half");
}
