//! The pages that go across albums: who may see what in them, and what one photo more costs.

use gallery::{Condition, Key, Scope};

use crate::fixture::{changed, gallery};

/// Pieces of the position that the fixture's photos have, as anything might write it.
const POSITION: [&str; 3] = ["38.7", "3871", "latitude"];

#[tokio::test]
async fn positions_stay_in_the_facts_unless_the_owner_wants_a_map() {
    let gallery = gallery("positions").await;
    let photo = gallery.photo("Family/Lisbon/1.jpg", 6).await;
    gallery.build(&[photo]).await;
    let told = async || {
        let mut told = Vec::new();
        for path in gallery.web().await.into_keys() {
            let text = gallery.page(&path).await;
            if POSITION.iter().any(|part| text.contains(part)) {
                told.push(path);
            }
        }
        told
    };
    assert_eq!(told().await, [""; 0]);
    assert!(!gallery.page("home/all/index.html").await.contains("/map/"));

    let settings = gallery.settings("map: yes\n").await;
    gallery.build(std::slice::from_ref(&settings)).await;
    let expected = [
        "catalogue/albums/Family/Lisbon/album.json",
        "catalogue/albums/Family/album.json",
        "catalogue/gallery.json",
        "home/all/places.json",
    ];
    assert_eq!(told().await, expected);
    let places = gallery.page("home/all/places.json").await;
    assert!(places.contains("[3871,-914,\"/pics/Family/") && places.contains("/albums/Family/Lisbon/"), "{places}");
    assert!(gallery.page("home/all/index.html").await.contains("href=\"/map/\""));

    gallery.settings("title: Ours\n").await;
    gallery.build(&[settings]).await;
    assert_eq!(told().await, [""; 0]);
    assert!(!gallery.web().await.contains_key("home/all/map/index.html"));
}

#[tokio::test]
async fn names_of_places_are_with_the_photos_and_in_the_filters_of_their_albums() {
    let gallery = gallery("named").await;
    let photo = gallery.photo("Family/Lisbon/IMG_1.jpg", 6).await;
    let settings = gallery.settings("map: no\n").await;
    gallery.build(&[photo, settings]).await;
    let page = gallery.page("albums/Family/Lisbon/index.html").await;
    assert!(page.contains("data-place=\"Chapitô, Alfama\""), "{page}");
    // A card says with a filter which words are in its album: two words more want more bits.
    let filter = async |path| {
        let page = gallery.page(path).await;
        page.split_once("data-words=\"").and_then(|(_, rest)| rest.split_once('"')).unwrap().0.to_owned()
    };
    let named = filter("albums/Family/index.html").await;
    let photo = gallery.photo_without_places("Family/Lisbon/IMG_1.jpg", 6).await;
    gallery.build(&[photo]).await;
    assert!(!gallery.page("albums/Family/Lisbon/index.html").await.contains("data-place"));
    assert!(filter("albums/Family/index.html").await.len() < named.len());
}

#[tokio::test]
async fn what_a_scope_may_not_see_is_in_no_page_of_it() {
    let gallery = gallery("scoped").await;
    let settings = gallery.settings("map: yes\n").await;
    let keys = [gallery.photo("Family/Secret/1.jpg", 1).await, gallery.photo("Friends/2.jpg", 2).await, settings];
    let scope: Scope = serde_json::from_str("[\"Friends\"]").unwrap();
    let record = Key::ScopeRecord(scope.home());
    gallery.store.write_json(&record, &scope, Condition::Always).await.unwrap();
    gallery.build(&keys).await;
    gallery.build(&[record]).await;
    let own: Vec<String> =
        gallery.web().await.into_keys().filter(|path| path.starts_with(&format!("home/{}/", scope.home()))).collect();
    assert_eq!(own.len(), 8, "{own:?}");
    for path in own {
        let text = gallery.page(&path).await;
        assert!(!text.contains("Family") && !text.contains("Secret"), "{path}: {text}");
    }
}

/// Of paths, those of pages across albums.
fn across(paths: Vec<String>) -> Vec<String> {
    paths.into_iter().filter(|path| path.starts_with("home/") && path != "home/all/index.html").collect()
}

#[tokio::test]
async fn where_requests_have_a_price_a_new_day_waits_and_nothing_else_does() {
    let mut gallery = gallery("later").await;
    gallery.builder = gallery.builder.across_albums_later();
    let first = gallery.photo("Family/Lisbon/1.jpg", 6).await;
    gallery.build(&[first]).await;
    let there = gallery.web().await;
    assert!(there.contains_key("home/all/feed.xml") && there.contains_key("home/all/timeline/2024/index.html"));
    // A day more waits for the next look, which then finds nothing more to do.
    let more = gallery.photo_version("Family/Lisbon/2.jpg", 7, 9).await;
    gallery.build(&[more]).await;
    assert_eq!(across(changed(&there, &gallery.web().await)), [""; 0]);
    gallery.builder.catch_up().await.unwrap();
    let caught_up = gallery.web().await;
    assert_eq!(across(changed(&there, &caught_up)), ["home/all/feed.xml"]);
    gallery.builder.catch_up().await.unwrap();
    assert_eq!(changed(&caught_up, &gallery.web().await), [""; 0]);
    // What waits goes along when something else cannot: a name, a new album, a removal.
    let day = gallery.photo_version("Family/Lisbon/3.jpg", 8, 17).await;
    gallery.build(&[day]).await;
    let words = gallery.metadata("Family/Lisbon", "title: Lisboa\n").await;
    gallery.build(&[words]).await;
    let renamed = gallery.web().await;
    assert_eq!(across(changed(&caught_up, &renamed)), ["home/all/feed.xml", "home/all/timeline/2024/index.html"]);
    gallery.builder.catch_up().await.unwrap();
    assert_eq!(changed(&renamed, &gallery.web().await), [""; 0]);
    let new = gallery.photo("Family/Alps/1.jpg", 6).await;
    gallery.build(&[new]).await;
    assert!(gallery.page("home/all/timeline/2024/index.html").await.contains("Alps"));
    let gone = gallery.remove_photo("Family/Alps/1.jpg").await;
    gallery.build(&[gone]).await;
    for page in across(gallery.web().await.into_keys().collect()) {
        assert!(!gallery.page(&page).await.contains("Alps"), "{page}");
    }
}

#[tokio::test]
async fn one_photo_more_changes_the_pages_across_albums_only_when_something_begins() {
    let gallery = gallery("begins").await;
    let first = gallery.photo("Family/Lisbon/1.jpg", 6).await;
    gallery.build(&[first]).await;
    // The same day: nothing begins.
    let before = gallery.web().await;
    let more = gallery.photo("Family/Lisbon/2.jpg", 6).await;
    let requests = gallery.build(&[more]).await;
    assert_eq!(across(changed(&before, &gallery.web().await)), [""; 0]);
    assert!(requests <= 12, "{requests}");
    // It came on another day: the feed tells.
    let before = gallery.web().await;
    let more = gallery.photo_version("Family/Lisbon/3.jpg", 7, 9).await;
    let requests = gallery.build(&[more]).await;
    assert_eq!(across(changed(&before, &gallery.web().await)), ["home/all/feed.xml"]);
    assert!(requests <= 12, "{requests}");
    // An album that is called otherwise now, in all of them.
    let before = gallery.web().await;
    let words = gallery.metadata("Family/Lisbon", "title: Lisboa\n").await;
    gallery.build(&[words]).await;
    let renamed = across(changed(&before, &gallery.web().await));
    assert_eq!(renamed, ["home/all/feed.xml", "home/all/timeline/2024/index.html"]);
    assert!(gallery.page("home/all/timeline/2024/index.html").await.contains("Lisboa"));
}

#[tokio::test]
async fn removed_and_hidden_albums_leave_nothing_behind() {
    let gallery = gallery("nothing-behind").await;
    let keys = [gallery.photo("Family/Lisbon/1.jpg", 6).await, gallery.photo("Garden/1.jpg", 6).await];
    gallery.build(&keys).await;
    let hidden = gallery.metadata("Family/Lisbon", "hidden: true\n").await;
    gallery.build(&[hidden]).await;
    for path in gallery.web().await.into_keys().filter(|path| path.starts_with("home/")) {
        assert!(!gallery.page(&path).await.contains("Lisbon"), "{path}");
    }
    let gone = gallery.remove_photo("Garden/1.jpg").await;
    gallery.build(&[gone]).await;
    let left: Vec<_> = gallery.web().await.into_keys().filter(|path| path.starts_with("home/")).collect();
    assert_eq!(left, ["home/all/index.html"]);
}
