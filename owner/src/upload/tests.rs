//! What others do while an upload is at work.

use std::time::{Duration, SystemTime};

use super::*;
use crate::cli::Command;
use crate::meanwhile::{Gallery, asked, cut_off, write};

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
async fn what_changed_meanwhile_is_not_removed() {
    let gallery = Gallery::new().await;
    gallery.put("Family/changed.jpg", b"before").await;
    gallery.put("Family/gone.jpg", b"gone").await;
    gallery.put("Family/old name.jpg", b"the same photo").await;
    write(&gallery.photos().join("Family/new name.jpg"), b"the same photo");
    let (there, findings) = (seen(&gallery).await, found(&gallery));
    gallery.put("Family/changed.jpg", b"after").await;
    let store = gallery.after(gallery.put("Family/old name.jpg", b"another"), "DELETE", "old%20name");
    let gone = there[1].clone();
    let summary = bring(&store, there, findings, &DELETING).await.unwrap();
    assert_eq!(summary.moved, [("Family/old name.jpg".to_owned(), "Family/new name.jpg".to_owned())]);
    assert_eq!(summary.deleted, ["Family/gone.jpg"]);
    assert_eq!(summary.changed, ["Family/changed.jpg", "Family/old name.jpg"]);
    assert_eq!(gallery.keys().await.len(), 3);
    assert_eq!(gallery.holds("Family/changed.jpg").await.unwrap(), b"after");
    assert_eq!(gallery.holds("Family/old name.jpg").await.unwrap(), b"another");
    // As it looks when the first answer was lost.
    assert_eq!(gallery.store().remove_unchanged(Bucket::Source, &gone.path, &gone.etag).await.unwrap(), Removed::Gone);
}

#[tokio::test]
async fn what_came_back_meanwhile_is_not_removed() {
    let gallery = Gallery::new().await;
    gallery.put("Family/back.jpg", b"back").await;
    gallery.put("Family/old name.jpg", b"the same photo").await;
    write(&gallery.photos().join("Family/new name.jpg"), b"the same photo");
    let (there, findings) = (seen(&gallery).await, found(&gallery));
    let (back, old) = (gallery.photos().join("Family/back.jpg"), gallery.photos().join("Family/old name.jpg"));
    let come = async move {
        write(&back, b"back");
        write(&old, b"the same photo");
    };
    let store = gallery.after(come, "PUT", "new%20name");
    let summary = bring(&store, there, findings, &DELETING).await.unwrap();
    assert_eq!((summary.moved.len(), summary.deleted.len()), (1, 0), "{summary:?}");
    assert_eq!(summary.changed, ["Family/back.jpg", "Family/old name.jpg"]);
    assert_eq!(gallery.keys().await.len(), 3);
    let summary = upload(gallery.store(), found(&gallery), &DELETING).await.unwrap();
    assert_eq!((summary.unchanged, summary.changed.len()), (3, 0), "{summary:?}");
}

#[tokio::test]
async fn what_was_moved_leaves_its_old_place_whatever_else_failed() {
    let gallery = Gallery::new().await;
    gallery.put("Family/gone.jpg", b"gone").await;
    gallery.put("Family/old name.jpg", b"the same photo").await;
    let grows = gallery.photos().join("Family/grows.jpg");
    write(&gallery.photos().join("Family/new name.jpg"), b"the same photo");
    write(&grows, b"half of it");
    for asked in [&DELETING, &Asked { delete: false, ..DELETING }] {
        gallery.put("Family/old name.jpg", b"the same photo").await;
        gallery.store().remove_path(Bucket::Source, "Family/new name.jpg").await.unwrap();
        let (there, findings) = (seen(&gallery).await, found(&gallery));
        let more = [std::fs::read(&grows).unwrap(), b" and more".to_vec()].concat();
        write(&grows, more);
        let summary = bring(gallery.store(), there, findings, asked).await.unwrap();
        assert_eq!(failed(&summary), ["Family/grows.jpg"], "{summary:?}");
        assert_eq!(summary.moved, [("Family/old name.jpg".to_owned(), "Family/new name.jpg".to_owned())]);
        assert_eq!((summary.deleted.len(), summary.changed.len()), (0, 0), "{summary:?}");
        assert_eq!(gallery.keys().await, ["Family/gone.jpg", "Family/new name.jpg"]);
    }
}

#[tokio::test]
async fn a_removal_that_fails_is_told_and_the_rest_goes_on() {
    let gallery = Gallery::new().await;
    gallery.put("Family/another.jpg", b"another").await;
    gallery.put("Family/old name.jpg", b"the same photo").await;
    gallery.put("Family/z.jpg", b"z").await;
    write(&gallery.photos().join("Family/new name.jpg"), b"the same photo");
    let store = cut_off(gallery.store(), Some("DELETE"), "old%20name");
    let summary = bring(&store, seen(&gallery).await, found(&gallery), &DELETING).await.unwrap();
    assert_eq!(failed(&summary), ["Family/old name.jpg"], "{summary:?}");
    let why = &summary.failed[0].1;
    assert!(why.contains("`Family/new name.jpg` as well") && why.contains("`--delete`"), "{why}");
    assert_eq!((summary.moved.len(), summary.changed.len()), (0, 0), "copied is not moved: {summary:?}");
    assert_eq!(summary.deleted, ["Family/another.jpg", "Family/z.jpg"]);
    assert_eq!(gallery.keys().await, ["Family/new name.jpg", "Family/old name.jpg"]);
    // The way that it names.
    let summary = upload(gallery.store(), found(&gallery), &DELETING).await.unwrap();
    assert_eq!((summary.deleted.len(), summary.failed.len()), (1, 0), "{summary:?}");
    assert_eq!(gallery.keys().await, ["Family/new name.jpg"]);
}

/// Other programs send everything that lies in a folder.
#[tokio::test]
async fn what_lies_there_and_is_left_out_stays_without_a_word() {
    let gallery = Gallery::new().await;
    let at = |name: &str| gallery.photos().join("Family").join(name);
    gallery.put("Family/1.AAE", b"edits").await;
    gallery.put("Family/1.jpg", b"one").await;
    gallery.put("Family/@eaDir/1.jpg", b"small one").await;
    gallery.put("Family/gone.AAE", b"edits of one that is gone").await;
    write(&at("1.AAE"), b"edits");
    write(&at("1.jpg"), b"one");
    write(&at("2.jpg"), b"edits");
    write(&at("@eaDir/1.jpg"), b"small one");
    for dry_run in [true, false] {
        let asked = Asked { dry_run, ..DELETING };
        let summary = upload(gallery.store(), found(&gallery), &asked).await.unwrap();
        assert_eq!(summary.deleted, ["Family/gone.AAE"], "{summary:?}");
        assert_eq!(summary.uploaded, ["Family/2.jpg"], "what lies in its place is not moved: {summary:?}");
        assert_eq!((summary.moved.len(), summary.changed.len()), (0, 0), "{summary:?}");
    }
    let summary = upload(gallery.store(), found(&gallery), &DELETING).await.unwrap();
    assert_eq!((summary.unchanged, summary.deleted.len(), summary.changed.len()), (2, 0, 0), "{summary:?}");
    let stays = ["Family/1.AAE", "Family/1.jpg", "Family/2.jpg", "Family/@eaDir/1.jpg"];
    assert_eq!(gallery.keys().await, stays);
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
