//! What others do while a folder is moved.

use super::*;
use crate::meanwhile::Gallery;

fn folders() -> (FolderPath, FolderPath) {
    (FolderPath::parse("Family/Lisbon").unwrap(), FolderPath::parse("Travels/Lisbon").unwrap())
}

async fn moved(store: &Store) -> String {
    let (from, to) = folders();
    format!("{:#}", run(store, &from, &to, false, true).await.unwrap_err())
}

#[tokio::test]
async fn what_changed_after_it_was_copied_is_not_removed() {
    let gallery = Gallery::new().await;
    gallery.put("Family/Lisbon/1.jpg", b"one").await;
    gallery.put("Family/Lisbon/2.jpg", b"two").await;
    let changes = gallery.put("Family/Lisbon/1.jpg", b"edited");
    let said = moved(&gallery.after(changes, "DELETE", "Family/Lisbon/1.jpg")).await;
    assert!(said.contains("`Family/Lisbon/1.jpg` was changed while it was moved"), "{said}");
    assert!(said.contains("Remove `Travels/Lisbon/1.jpg` with an S3 client"), "{said}");
    assert_eq!(gallery.keys().await, ["Family/Lisbon/1.jpg", "Travels/Lisbon/1.jpg", "Travels/Lisbon/2.jpg"]);
    assert_eq!(gallery.holds("Family/Lisbon/1.jpg").await.unwrap(), b"edited");
    // The same command alone changes nothing about that, and names the way as well.
    let said = moved(gallery.store()).await;
    assert!(said.contains("nothing was moved. Remove or rename one of the two with an S3 client"), "{said}");
    gallery.store().remove_path(Bucket::Source, "Travels/Lisbon/1.jpg").await.unwrap();
    let (from, to) = folders();
    run(gallery.store(), &from, &to, false, true).await.unwrap();
    assert_eq!(gallery.keys().await, ["Travels/Lisbon/1.jpg", "Travels/Lisbon/2.jpg"]);
    assert_eq!(gallery.holds("Travels/Lisbon/1.jpg").await.unwrap(), b"edited");
}

#[tokio::test]
async fn what_came_to_the_new_place_is_not_replaced() {
    let gallery = Gallery::new().await;
    gallery.put("Family/Lisbon/1.jpg", b"one").await;
    let comes = gallery.put("Travels/Lisbon/1.jpg", b"of somebody else");
    let said = moved(&gallery.after(comes, "PUT", "Travels/Lisbon/1.jpg")).await;
    assert!(said.contains("`Travels/Lisbon/1.jpg` came meanwhile: nothing was removed"), "{said}");
    assert_eq!(gallery.keys().await, ["Family/Lisbon/1.jpg", "Travels/Lisbon/1.jpg"]);
    assert_eq!(gallery.holds("Travels/Lisbon/1.jpg").await.unwrap(), b"of somebody else");
}
