//! What others do while an import is at work.

use gallery::FolderPath;

use super::*;
use crate::cli::{Command, Import};
use crate::import::arrival::{Place, Words};
use crate::import::piece::{Piece, Stored};
use crate::meanwhile::{Gallery, asked, write};

#[tokio::test]
async fn what_came_to_a_free_name_meanwhile_is_not_replaced() {
    let gallery = Gallery::new().await;
    let file = gallery.photos().join("1.jpg");
    write(&file, b"from elsewhere");
    let Command::Import(Import::Folder(command)) = asked(&["import", "folder", "Photos", "--json"]) else { panic!() };
    let plan = || {
        let place = |name: &str| {
            let folder = FolderPath::parse("Family").unwrap();
            Place { folder, name: name.to_owned(), words: Words::default() }
        };
        let piece = Piece::on_disk("Photos/1.jpg".to_owned(), file.clone(), 14);
        let arrivals = vec![Arrival { piece, places: vec![place("1.jpg"), place("again.jpg")] }];
        Plan { arrivals, ..Plan::default() }
    };
    let store = gallery.after(gallery.put("Family/1.jpg", b"of somebody else"), "PUT", "Family/1.jpg");
    let summary = bring(&store, plan(), &command.asked, Offset::UTC).await.unwrap();
    assert!(
        matches!(&summary.failed[..], [(_, why)] if why.contains("`Family/1.jpg` meanwhile, and stays")),
        "{summary:?}"
    );
    // The copy beside the photo comes under the same condition.
    let store = gallery.after(gallery.put("Family/again.jpg", b"of a third"), "PUT", "Family/again.jpg");
    let summary = bring(&store, plan(), &command.asked, Offset::UTC).await.unwrap();
    assert!(matches!(&summary.failed[..], [(_, why)] if why.contains("`Family/again.jpg` meanwhile")), "{summary:?}");

    let summary = bring(gallery.store(), plan(), &command.asked, Offset::UTC).await.unwrap();
    assert!(summary.failed.is_empty(), "{summary:?}");
    assert_eq!(gallery.keys().await, ["Family/1.jpg", "Family/1~2.jpg", "Family/again.jpg", "Family/again~2.jpg"]);
    assert_eq!(gallery.holds("Family/1.jpg").await.unwrap(), b"of somebody else");
    assert_eq!(gallery.holds("Family/again.jpg").await.unwrap(), b"of a third");
    assert_eq!(gallery.holds("Family/again~2.jpg").await.unwrap(), b"from elsewhere");
}

#[tokio::test]
async fn what_was_to_be_copied_and_changed_meanwhile_is_named() {
    let gallery = Gallery::new().await;
    gallery.put("Elsewhere/1.jpg", b"as it was seen").await;
    let there = gallery.store().look(gallery::Bucket::Source, "Elsewhere/1.jpg").await.unwrap().unwrap();
    let object = Stored {
        client: gallery.store().client().clone(),
        bucket: "source".to_owned(),
        key: there.path,
        etag: there.etag,
        within_reach: true,
    };
    let piece = Piece::stored("Family/1.jpg".to_owned(), there.bytes, object);
    let folder = FolderPath::parse("Family").unwrap();
    let places = vec![Place { folder, name: "1.jpg".to_owned(), words: Words::default() }];
    let plan = Plan { arrivals: vec![Arrival { piece, places }], ..Plan::default() };
    let Command::Import(Import::Folder(command)) = asked(&["import", "folder", "Photos", "--json"]) else { panic!() };
    let store = gallery.after(gallery.put("Elsewhere/1.jpg", b"edited"), "PUT", "Family/1.jpg");
    let summary = bring(&store, plan, &command.asked, Offset::UTC).await.unwrap();
    let why = "`source/Elsewhere/1.jpg` was changed or something came to `Family/1.jpg` meanwhile";
    assert!(matches!(&summary.failed[..], [(_, told)] if told.contains(why)), "{summary:?}");
    assert_eq!(gallery.keys().await, ["Elsewhere/1.jpg"]);
}
