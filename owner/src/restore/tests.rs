//! What others do while a gallery is restored.

use super::*;
use crate::cli::Command;
use crate::meanwhile::{Gallery, asked, write};

/// A copy of one photo.
fn copy(gallery: &Gallery) -> Manifest {
    let file = gallery.photos().join("originals/Family/1.jpg");
    write(&file, b"of the copy");
    let kept = Kept {
        file: "originals/Family/1.jpg".to_owned(),
        bytes: 11,
        etag: "\"as it was\"".to_owned(),
        modified: Timestamp::UNIX_EPOCH,
        sha256: fetch::sum(&file).unwrap(),
    };
    Manifest { files: [("Family/1.jpg".to_owned(), kept)].into(), ..Manifest::default() }
}

async fn restored(gallery: &Gallery, store: &Store, more: &[&str]) -> Summary {
    let folder = gallery.photos();
    let arguments = [&["restore", folder.to_str().unwrap(), "--without-people", "--json"], more].concat();
    let Command::Restore(command) = asked(&arguments) else { panic!() };
    restore(store, &command, copy(gallery)).await.unwrap()
}

#[tokio::test]
async fn what_came_or_changed_meanwhile_is_neither_replaced_nor_removed() {
    let gallery = Gallery::new().await;
    let store = gallery.after(gallery.put("Family/1.jpg", b"of somebody else"), "PUT", "Family/1.jpg");
    let summary = restored(&gallery, &store, &[]).await;
    assert_eq!((summary.differing.len(), summary.failed.len()), (1, 0), "{summary:?}");
    let store = gallery.after(gallery.put("Family/1.jpg", b"edited"), "PUT", "Family/1.jpg");
    let summary = restored(&gallery, &store, &["--overwrite"]).await;
    assert!(
        matches!(&summary.failed[..], [(_, why)] if why.contains("changed in the gallery meanwhile")),
        "{summary:?}"
    );
    assert_eq!(gallery.holds("Family/1.jpg").await.unwrap(), b"edited");

    gallery.put("Family/more.jpg", b"before").await;
    let store = gallery.after(gallery.put("Family/more.jpg", b"after"), "DELETE", "Family/more.jpg");
    let summary = restored(&gallery, &store, &["--overwrite", "--delete"]).await;
    assert_eq!((summary.deleted.len(), summary.changed.len()), (0, 1), "{summary:?}");
    assert_eq!(gallery.holds("Family/1.jpg").await.unwrap(), b"of the copy");
    assert_eq!(gallery.holds("Family/more.jpg").await.unwrap(), b"after");
    assert_eq!(restored(&gallery, gallery.store(), &["--delete"]).await.deleted, ["Family/more.jpg"]);
}
