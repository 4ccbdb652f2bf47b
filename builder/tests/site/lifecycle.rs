//! Photos come, change and go; the owner writes.

use gallery::{Condition, Key, Scope};

use crate::fixture::{changed, gallery};

#[tokio::test]
async fn adding_one_photo_touches_its_album_its_parents_and_home() {
    let gallery = gallery("add-one").await;
    let mut keys = Vec::new();
    for album in ["Family/Lisbon 2024", "Family/Alps", "Friends"] {
        for n in 0..12 {
            keys.push(gallery.photo(&format!("{album}/{n}.jpg"), 1 + n).await);
        }
    }
    gallery.build(&keys).await;
    let before = gallery.web().await;
    assert!(before.contains_key("albums/Family/Lisbon_2024/index.html"));

    let added = gallery.photo("Family/Lisbon 2024/new.jpg", 20).await;
    let requests = gallery.build(&[added]).await;
    let after = gallery.web().await;
    assert_eq!(
        changed(&before, &after),
        [
            "albums/Family/Lisbon_2024/index.html",
            "albums/Family/index.html",
            "catalogue/albums/Family/Lisbon_2024/album.json",
            "catalogue/albums/Family/album.json",
            "catalogue/gallery.json",
            "home/all/index.html",
        ]
    );
    assert!(requests <= 12, "{requests} requests");
    assert!(gallery.page("home/all/index.html").await.contains("13 photos"));
}

#[tokio::test]
async fn a_build_without_changes_writes_nothing() {
    let gallery = gallery("no-change").await;
    let mut keys = vec![gallery.metadata("Family", "title: Ours\n").await];
    for n in 0..5 {
        keys.push(gallery.photo(&format!("Family/Alps/{n}.jpg"), 1).await);
    }
    gallery.build(&keys).await;
    gallery.builder.reconcile().await.unwrap();
    let before = gallery.store.list(gallery::Bucket::Web, "").all().await.unwrap();
    let requests = gallery.build(&keys).await;
    gallery.builder.reconcile().await.unwrap();
    let after = gallery.store.list(gallery::Bucket::Web, "").all().await.unwrap();
    assert_eq!(before, after);
    assert!(requests <= 5, "{requests} requests");
}

#[tokio::test]
async fn replaced_and_deleted_photos_are_right_everywhere() {
    let gallery = gallery("replace").await;
    let one = gallery.photo("Family/Alps/deep/1.jpg", 1).await;
    let two = gallery.photo("Family/Alps/2.jpg", 2).await;
    gallery.build(&[one.clone(), two.clone()]).await;
    let page = "albums/Family/Alps/deep/index.html";
    assert!(gallery.page(page).await.contains("/0000000000000001-360.jpg"));

    gallery.photo_version("Family/Alps/deep/1.jpg", 1, 2).await;
    gallery.build(&[one]).await;
    let html = gallery.page(page).await;
    assert!(html.contains("/0000000000000002-360.jpg") && !html.contains("/0000000000000001-360.jpg"));
    assert!(gallery.page("albums/Family/index.html").await.contains("2 photos"));

    let gone = gallery.remove_photo("Family/Alps/deep/1.jpg").await;
    gallery.build(&[gone]).await;
    let web = gallery.web().await;
    assert!(!web.keys().any(|path| path.contains("deep")), "{web:?}");
    assert!(!gallery.page("albums/Family/Alps/index.html").await.contains("deep"));

    let gone = gallery.remove_photo("Family/Alps/2.jpg").await;
    gallery.build(&[gone]).await;
    let web: Vec<_> = gallery.web().await.into_keys().collect();
    assert_eq!(web, ["catalogue/gallery.json", "home/all/index.html"]);
    assert!(gallery.page("home/all/index.html").await.contains("on their way"));
}

#[tokio::test]
async fn rejected_files_are_remembered_and_not_shown() {
    let gallery = gallery("reject").await;
    let notes = gallery.reject("Papers/notes.txt").await;
    let photo = gallery.photo("Family/1.jpg", 1).await;
    let scan = gallery.reject("Family/scan.pdf").await;
    gallery.build(&[notes, photo, scan]).await;
    let web = gallery.web().await;
    assert!(!web.contains_key("albums/Papers/index.html"));
    assert!(gallery.page("catalogue/albums/Papers/album.json").await.contains("it is not a picture"));
    assert!(!gallery.page("albums/Family/index.html").await.contains("scan.pdf"));
    let home = gallery.page("home/all/index.html").await;
    assert!(home.contains("1 photo") && !home.contains("Papers"));
}

#[tokio::test]
async fn metadata_rebuilds_what_it_concerns_and_a_broken_file_keeps_the_last() {
    let gallery = gallery("metadata").await;
    let photo = gallery.photo("Family/Lisbon/tram.jpg", 1).await;
    gallery.build(&[photo]).await;
    let page = "albums/Family/Lisbon/index.html";

    let yaml = "title: A week <in> Lisbon\ncaptions:\n  tram.jpg: Line 28\n";
    let metadata = gallery.metadata("Family/Lisbon", yaml).await;
    gallery.build(std::slice::from_ref(&metadata)).await;
    for path in [page, "albums/Family/index.html", "home/all/index.html"] {
        assert!(gallery.page(path).await.contains("A week &lt;in&gt; Lisbon"), "{path}");
    }
    assert!(gallery.page(page).await.contains("Line 28"));

    let before = gallery.web().await;
    gallery.metadata("Family/Lisbon", "title: new\n  oops: [").await;
    gallery.build(std::slice::from_ref(&metadata)).await;
    let after = gallery.web().await;
    assert!(changed(&before, &after).iter().all(|path| path.starts_with("catalogue/")));
    assert!(gallery.page("catalogue/albums/Family/Lisbon/album.json").await.contains("\"problem\":{\"line\":2"));

    gallery.metadata("Family/Lisbon", "hidden: true\n").await;
    gallery.build(std::slice::from_ref(&metadata)).await;
    assert!(!gallery.page("albums/Family/index.html").await.contains("Lisbon"));
    assert!(gallery.page("home/all/index.html").await.contains("on their way"));
    assert!(gallery.page(page).await.contains("Lisbon"));

    gallery.store.remove(&metadata).await.unwrap();
    gallery.build(&[metadata]).await;
    assert!(gallery.page("home/all/index.html").await.contains("Lisbon"));
}

#[tokio::test]
async fn every_scope_has_a_home_with_its_collections_alone() {
    let gallery = gallery("scopes").await;
    let family = gallery.photo("Family/1.jpg", 1).await;
    let friends = gallery.photo("Friends/1.jpg", 1).await;
    gallery.build(&[family, friends]).await;
    let scope: Scope = serde_json::from_str("[\"Friends\"]").unwrap();
    let record = Key::ScopeRecord(scope.home());
    gallery.store.write_json(&record, &scope, Condition::New).await.unwrap();
    gallery.build(std::slice::from_ref(&record)).await;
    let home = gallery.page(&format!("home/{}/index.html", scope.home())).await;
    assert!(home.contains("Friends") && !home.contains("Family"));
    assert!(gallery.page("home/all/index.html").await.contains("Family"));

    let before = gallery.web().await;
    let more = gallery.photo("Family/2.jpg", 2).await;
    gallery.build(&[more]).await;
    let touched = changed(&before, &gallery.web().await);
    assert!(!touched.contains(&format!("home/{}/index.html", scope.home())), "{touched:?}");

    gallery.store.remove(&record).await.unwrap();
    gallery.build(&[record]).await;
    assert!(gallery.web().await.keys().all(|path| !path.starts_with("home/") || path.starts_with("home/all/")));
}

#[tokio::test]
async fn names_of_every_kind_are_right() {
    let gallery = gallery("names").await;
    let mut keys = Vec::new();
    let names = ["50% & <more> \"x\" #1?", "Märchen 🧚", "+ plus +", "…"];
    for name in names {
        keys.push(gallery.photo(&format!("Family/{name}/{name}.jpg"), 1).await);
    }
    gallery.build(&keys).await;
    for (name, key) in names.iter().zip(&keys) {
        let Key::Facts(album, _) = key else { panic!("facts") };
        let html = gallery.page(&format!("albums/{album}/index.html")).await;
        let text = name.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
        assert!(html.contains(&format!("<bdi>{text}</bdi></h1>")), "{html}");
        assert!(gallery.page("albums/Family/index.html").await.contains(&format!("/albums/{album}/")));
    }
}

#[tokio::test]
async fn assets_are_published_once() {
    let gallery = gallery("assets").await;
    gallery.builder.publish_assets().await.unwrap();
    let builder = gallery.builder.clone().with_own_files();
    builder.catch_up().await.unwrap();
    let before = gallery.store.list(gallery::Bucket::Web, "").all().await.unwrap();
    let paths: Vec<_> = before.iter().map(|listed| listed.path.as_str()).collect();
    for path in ["favicon.ico", "not-found.html", "robots.txt"] {
        assert!(paths.contains(&path), "{paths:?}");
    }
    let page = gallery.page("not-found.html").await;
    let used: Vec<_> = page.split("\"/").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(used.iter().filter(|path| path.starts_with("assets/")).count() >= 4, "{used:?}");
    assert!(used.iter().all(|path| path.is_empty() || paths.contains(path)), "{used:?} {paths:?}");
    gallery.builder.publish_assets().await.unwrap();
    let requests = gallery.requests();
    builder.catch_up().await.unwrap();
    assert_eq!(gallery.requests() - requests, 1, "the record says that they are there");
    assert_eq!(gallery.store.list(gallery::Bucket::Web, "").all().await.unwrap(), before);

    // What another version published is put right, and its mark goes.
    let mark = before.iter().find(|listed| listed.path.starts_with("assets/published-")).unwrap();
    gallery.store.remove_path(gallery::Bucket::Web, &mark.path).await.unwrap();
    let record = gallery.page("catalogue/gallery.json").await.replace(&mark.path, "assets/published-other.txt");
    for (path, text) in
        [("assets/published-other.txt", ""), ("robots.txt", "Other"), ("catalogue/gallery.json", record.as_str())]
    {
        let put = gallery.store.client().put_object().bucket(gallery.store.name(gallery::Bucket::Web)).key(path);
        put.body(text.as_bytes().to_vec().into()).send().await.unwrap();
    }
    builder.catch_up().await.unwrap();
    let etags = |listed: &[gallery::store::Listed]| -> Vec<(String, String)> {
        listed.iter().map(|object| (object.path.clone(), object.etag.clone())).collect()
    };
    let after = gallery.store.list(gallery::Bucket::Web, "").all().await.unwrap();
    assert_eq!(etags(&after), etags(&before));

    // What somebody took away or wrote over comes back with the next look at everything.
    let asset = before.iter().find(|listed| listed.path.starts_with("assets/site-")).unwrap();
    gallery.store.remove_path(gallery::Bucket::Web, &asset.path).await.unwrap();
    let put = gallery.store.client().put_object().bucket(gallery.store.name(gallery::Bucket::Web)).key("sw.js");
    put.body(b"Other".to_vec().into()).send().await.unwrap();
    builder.reconcile().await.unwrap();
    let after = gallery.store.list(gallery::Bucket::Web, "").all().await.unwrap();
    assert_eq!(etags(&after), etags(&before));
}
