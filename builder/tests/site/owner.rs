//! What the owner writes: `gallery.yml`, broken files, and what they concern.

use builder::GalleryRecord;
use gallery::{Bucket, Key};

use crate::fixture::{Gallery, changed, gallery};

async fn record(gallery: &Gallery) -> GalleryRecord {
    gallery.store.read_json(&Key::GalleryCatalogue).await.unwrap().expect("a record").0
}

#[tokio::test]
async fn settings_are_on_every_page_and_rebuild_them_all() {
    let gallery = gallery("settings").await;
    let mut keys = Vec::new();
    for source in ["Alps/1.jpg", "Family/Lisbon/1.jpg", "Zoo/1.jpg"] {
        keys.push(gallery.photo(source, 1).await);
    }
    gallery.build(&keys).await;
    let before = gallery.web().await;
    let settings = gallery
        .settings("title: The Millers\naccent: '#336699'\nfooter: 'Made with *love*'\nlinks: {Tree: 'https://example.org/t'}\n")
        .await;
    gallery.build(std::slice::from_ref(&settings)).await;
    let after = gallery.web().await;
    let pages: Vec<_> = after.keys().filter(|path| path.ends_with("/index.html")).collect();
    assert_eq!(pages.len(), 8);
    for path in pages {
        assert_ne!(before[path], after[path], "{path}");
        let html = gallery.page(path).await;
        for part in ["The Millers", "Made with <em>love</em>", "href=\"https://example.org/t\"", "/assets/accent-"] {
            assert!(html.contains(part), "{path}: {part}");
        }
        let sheet = html.split("href=\"/").find_map(|rest| rest.strip_prefix("assets/accent-")).unwrap();
        let sheet = format!("assets/accent-{}", sheet.split('"').next().unwrap());
        assert!(gallery.page(&sheet).await.contains("--accent:#336699"));
    }

    // The order of the collections concerns the home page; the other pages come out the same and are not written.
    gallery.settings("sort: name desc\n").await;
    gallery.build(std::slice::from_ref(&settings)).await;
    let home = gallery.page("home/all/index.html").await;
    let at = |title: &str| home.rfind(&format!("<bdi>{title}</bdi>")).unwrap();
    assert!(at("Zoo") < at("Family") || at("Zoo") < at("Alps"), "{home}");

    gallery.store.remove(&settings).await.unwrap();
    gallery.build(&[settings]).await;
    let pages = |web: &std::collections::BTreeMap<String, String>| -> Vec<_> {
        let pages = web.iter().filter(|(path, _)| !path.starts_with("catalogue/") && !path.starts_with("assets/"));
        pages.map(|(path, etag)| (path.clone(), etag.clone())).collect()
    };
    assert_eq!(pages(&gallery.web().await), pages(&before));
}

#[tokio::test]
async fn settings_that_come_first_are_on_the_first_page() {
    let gallery = gallery("settings-first").await;
    gallery.settings("title: The Millers\n").await;
    let photo = gallery.photo("Family/1.jpg", 1).await;
    gallery.build(&[photo]).await;
    assert!(gallery.page("albums/Family/index.html").await.contains("The Millers"));
    assert!(gallery.page("home/all/index.html").await.contains("The Millers"));
}

#[tokio::test]
async fn what_cannot_be_read_is_told_with_its_place_and_changes_no_page() {
    let gallery = gallery("unread").await;
    let photo = gallery.photo("Family/Märchen & Wald/1.jpg", 1).await;
    let settings = gallery.settings("title: Good\n").await;
    gallery.build(&[photo, settings.clone()]).await;
    let before = gallery.web().await;

    gallery.settings("title: Good\naccent: reddish\n").await;
    let metadata = gallery.metadata("Family/Märchen & Wald", "title: x\nsort: upwards\n").await;
    gallery.build(&[metadata.clone(), settings.clone()]).await;
    let pages = changed(&before, &gallery.web().await);
    assert!(pages.iter().all(|path| path.starts_with("catalogue/")), "{pages:?}");
    let told: Vec<_> = record(&gallery).await.unread().iter().map(|u| format!("{}: {}", u.file, u.problem)).collect();
    assert_eq!(
        told,
        [
            "gallery.yml: line 2, column 9: a colour is written #336699, not `reddish`",
            "Family/Märchen & Wald/metadata.yml: line 2, column 7: `sort` is `taken` or `name`, with `asc` or `desc`, not `upwards`",
        ]
    );

    gallery.settings("title: Good\n").await;
    gallery.store.remove(&metadata).await.unwrap();
    gallery.build(&[metadata, settings]).await;
    assert_eq!(record(&gallery).await.unread(), []);
}

#[tokio::test]
async fn every_line_of_a_folder_s_file_does_what_it_says() {
    let gallery = gallery("lines").await;
    let mut keys = Vec::new();
    for (file, day) in [("1.jpg", 3), ("2.jpg", 2), ("3.jpg", 1)] {
        keys.push(gallery.photo(&format!("Family/Lisbon/{file}"), day).await);
    }
    keys.push(
        gallery
            .metadata(
                "Family/Lisbon",
                "title: A week\ncomment1: First\ncomment2: Second\ncover_image: 2.jpg\ndate: 1968-07\norder: [2.jpg]\n\
                 sort: name desc\ndownloads: false\ndescription: |\n  **Trams** and [tiles](https://example.org/).\n\n  <script>x</script>\n\
                 captions:\n  3.jpg: 'Line 28 <3'\n",
            )
            .await,
    );
    gallery.build(&keys).await;
    let html = gallery.page("albums/Family/Lisbon/index.html").await;
    for part in [
        "<bdi>A week</bdi></h1>",
        "<p class=\"lead\"><bdi>First</bdi></p>",
        "<p class=\"note\"><bdi>Second</bdi></p>",
        "July 1968",
        "<strong>Trams</strong>",
        "href=\"https://example.org/\"",
        "&lt;script&gt;x&lt;/script&gt;",
        "<bdi>Line 28 &lt;3</bdi>",
    ] {
        assert!(html.contains(part), "{part}: {html}");
    }
    assert!(!html.contains("/originals/"), "{html}");
    let place =
        |file: &str| html.find(&gallery::PhotoId::of_key(&format!("Family/Lisbon/{file}")).to_string()).unwrap();
    assert!(place("2.jpg") < place("3.jpg") && place("3.jpg") < place("1.jpg"));
    let cover = gallery::PhotoId::of_key("Family/Lisbon/2.jpg").to_string();
    assert!(gallery.page("home/all/index.html").await.contains(&format!("/pics/Family/{cover}/")));
}

#[tokio::test]
async fn a_renamed_folder_leaves_nothing_behind() {
    let gallery = gallery("rename").await;
    let mut keys = Vec::new();
    for n in 0..3 {
        keys.push(gallery.photo(&format!("Family/Lisbon/{n}.jpg"), 1).await);
        keys.push(gallery.photo(&format!("Family/Lisbon/Day 1/{n}.jpg"), 2).await);
    }
    keys.push(gallery.metadata("Family/Lisbon", "title: A week\n").await);
    gallery.build(&keys).await;

    let mut keys = Vec::new();
    for n in 0..3 {
        for folder in ["", "/Day 1"] {
            keys.push(gallery.photo(&format!("Family/Lisboa{folder}/{n}.jpg"), 1).await);
            keys.push(gallery.remove_photo(&format!("Family/Lisbon{folder}/{n}.jpg")).await);
        }
    }
    let old = Key::Metadata(gallery::FolderPath::parse("Family/Lisbon").unwrap());
    gallery.store.remove(&old).await.unwrap();
    keys.push(old);
    keys.push(gallery.metadata("Family/Lisboa", "title: A week\n").await);
    gallery.build(&keys).await;
    let left: Vec<_> = gallery.web().await.into_keys().filter(|path| path.contains("Lisbon")).collect();
    assert_eq!(left, [] as [String; 0]);
    for page in ["albums/Family/index.html", "home/all/index.html"] {
        let html = gallery.page(page).await;
        assert!(html.contains("/albums/Family/Lisboa/") && !html.contains("Lisbon"), "{page}");
    }
}

#[tokio::test]
async fn five_hundred_photos_in_a_batch_are_one_build() {
    let gallery = gallery("batch").await;
    let mut keys = Vec::new();
    for n in 0..500 {
        keys.push(gallery.photo(&format!("Family/Alps/{n}.jpg"), 1 + (n % 28) as i8).await);
    }
    let requests = gallery.build(&keys).await;
    // Each photo's facts are read once; every page and record is written once.
    let pages = gallery.store.list(Bucket::Web, "").all().await.unwrap().len();
    assert!(requests <= 500 + 2 * pages + 12, "{requests} requests for {pages} objects");
    let before = gallery.web().await;
    let again = gallery.build(&keys).await;
    assert_eq!(gallery.web().await, before);
    assert!(again <= 6, "{again} requests");
}

#[tokio::test]
async fn a_long_album_is_in_chunks_and_one_photo_more_changes_few() {
    let gallery = gallery("chunks").await;
    let mut keys = Vec::new();
    for n in 0..700 {
        keys.push(gallery.photo(&format!("Family/Long/{n:04}.jpg"), 1).await);
    }
    keys.push(gallery.metadata("Family/Long", "sort: name\n").await);
    gallery.build(&keys).await;
    let before = gallery.web().await;
    let pages: Vec<_> = before.keys().filter(|path| path.starts_with("albums/Family/Long/")).cloned().collect();
    assert!((4..=12).contains(&pages.len()), "{pages:?}");
    // Without a script everybody comes by each photo once.
    let (mut seen, mut next) = (0, Some("/albums/Family/Long/".to_owned()));
    while let Some(path) = next {
        let html = gallery.page(&format!("{}index.html", &path[1..])).await;
        seen += html.matches("<figure").count();
        next = html.split("rel=\"next\" href=\"").nth(1).map(|rest| rest.split('"').next().unwrap().to_owned());
    }
    assert_eq!(seen, 700);

    let added = gallery.photo("Family/Long/0350a.jpg", 1).await;
    let requests = gallery.build(&[added]).await;
    let touched = changed(&before, &gallery.web().await);
    let chunks = touched.iter().filter(|path| path.starts_with("albums/Family/Long/~")).count();
    assert!((1..=4).contains(&chunks), "{touched:?}");
    assert!(requests <= 12 + chunks, "{requests} requests");

    // An album that becomes short leaves no chunks behind.
    let mut gone = Vec::new();
    for n in 20..700 {
        gone.push(gallery.remove_photo(&format!("Family/Long/{n:04}.jpg")).await);
    }
    gallery.build(&gone).await;
    let left = gallery.web().await.into_keys().filter(|path| path.starts_with("albums/Family/Long/")).count();
    assert_eq!(left, 1);
}

#[tokio::test]
async fn an_album_of_scans_is_found_in_its_year() {
    let gallery = gallery("scans").await;
    let mut keys = Vec::new();
    for (album, date) in [("July", "1968-07"), ("Year", "1969"), ("Day", "1970-12-24"), ("Own", "2024")] {
        keys.push(gallery.photo(&format!("Family/{album}/1.jpg"), 3).await);
        keys.push(gallery.metadata(&format!("Family/{album}"), &format!("date: {date}\n")).await);
    }
    gallery.build(&keys).await;
    for (year, album, of) in [(1968, "July", "1968-07"), (1969, "Year", "1969"), (1970, "Day", "1970-12")] {
        let page = gallery.page(&format!("home/all/timeline/{year}/index.html")).await;
        assert!(page.contains(&format!("data-of=\"{of}\"")) && page.contains(&format!(">{album}<")), "{page}");
    }
    let year = gallery.page("home/all/timeline/2024/index.html").await;
    assert!(year.contains("data-of=\"2024-05\"") && year.contains(">Own<") && !year.contains(">July<"), "{year}");
    let html = gallery.page("albums/Family/July/index.html").await;
    assert!(html.contains("<time datetime=\"1968-07\">July 1968</time>"), "{html}");
    let html = gallery.page("albums/Family/Own/index.html").await;
    assert!(html.contains("<time datetime=\"2024-05-03T09:30:00\">"), "{html}");
}

#[tokio::test]
async fn albums_inside_a_folder_come_in_the_order_asked_for() {
    let gallery = gallery("order-inside").await;
    let mut keys = Vec::new();
    for (album, day) in [("B", 1), ("A", 2), ("C", 3)] {
        keys.push(gallery.photo(&format!("Family/{album}/1.jpg"), day).await);
    }
    gallery.build(&keys).await;
    for (sort, expected) in [
        ("", "CAB"),
        ("sort: taken", "BAC"),
        ("sort: taken asc", "BAC"),
        ("sort: taken desc", "CAB"),
        ("sort: name", "ABC"),
        ("sort: name desc", "CBA"),
        ("sort: name\norder: [C]", "CAB"),
    ] {
        let metadata = gallery.metadata("Family", sort).await;
        gallery.build(&[metadata]).await;
        let html = gallery.page("albums/Family/index.html").await;
        let mut albums = ["A", "B", "C"];
        albums.sort_by_key(|album| html.find(&format!("href=\"/albums/Family/{album}/\"")).unwrap());
        assert_eq!(albums.concat(), expected, "{sort}");
    }
}

#[tokio::test]
async fn a_cover_may_lie_in_a_folder_below() {
    let gallery = gallery("cover-below").await;
    let (one, two) = ("Family/Lisbon/Day 1/1.jpg", "Family/Lisbon/Day 1/2.jpg");
    let keys = [
        gallery.photo(one, 1).await,
        gallery.photo("Family/Porto/1.jpg", 2).await,
        gallery.metadata("Family", "cover_image: Lisbon/Day 1/2.jpg\n").await,
    ];
    gallery.build(&keys).await;
    let shows = async |source: &str, upload: i64| {
        let record = record(&gallery).await;
        let cover = record.collections.values().next().and_then(|family| family.summary.card.cover.as_ref());
        let cover = cover.map(|cover| (cover.photo, cover.renditions[0].hash.clone()));
        assert_eq!(cover, Some((gallery::PhotoId::of_key(source), format!("{upload:016x}"))));
    };
    // It is not there yet.
    shows("Family/Porto/1.jpg", 1).await;
    assert_eq!(notices(&gallery, "Family").await, ["`cover_image` names `Lisbon/Day 1/2.jpg`, which is not there"]);
    let key = gallery.photo(two, 1).await;
    gallery.build(&[key]).await;
    shows(two, 1).await;
    assert_eq!(notices(&gallery, "Family").await, [""; 0]);
    let key = gallery.photo_version(two, 1, 2).await;
    gallery.build(&[key]).await;
    shows(two, 2).await;
    // An event that is lost is made up for.
    gallery.photo_version(two, 1, 3).await;
    gallery.builder.reconcile().await.unwrap();
    shows(two, 3).await;
    let key = gallery.remove_photo(two).await;
    gallery.build(&[key]).await;
    shows("Family/Porto/1.jpg", 1).await;
}

async fn notices(gallery: &Gallery, folder: &str) -> Vec<String> {
    let key = Key::AlbumCatalogue(gallery::FolderPath::parse(folder).unwrap().album());
    gallery.store.read_json::<builder::Catalogue>(&key).await.unwrap().expect("a catalogue").0.notices()
}
