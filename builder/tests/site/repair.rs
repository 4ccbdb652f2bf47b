//! What a reconcile mends, what a redelivered message mends, and what fails.

use aws_lambda_events::event::sqs::SqsMessage;
use builder::{Catalogue, GalleryRecord};
use gallery::store::Written;
use gallery::{AlbumPath, Bucket, Condition, Key};

use crate::fixture::gallery;

#[tokio::test]
async fn a_reconcile_makes_up_for_lost_events() {
    let gallery = gallery("lost").await;
    let mut keys = Vec::new();
    for source in ["A/1.jpg", "A/B/1.jpg", "A/B/2.jpg", "C/1.jpg", "D/E/F/1.jpg"] {
        keys.push(gallery.photo(source, 1).await);
    }
    gallery.build(&keys).await;
    gallery.builder.reconcile().await.unwrap();
    assert_eq!(gallery.builder.reconcile().await.unwrap().repaired, 0);

    // Nobody hears of any of this.
    gallery.photo("A/B/3.jpg", 2).await;
    gallery.photo("New/1.jpg", 3).await;
    gallery.remove_photo("D/E/F/1.jpg").await;
    gallery.metadata("C", "title: See\n").await;
    gallery.store.remove_path(Bucket::Web, "albums/A/index.html").await.unwrap();
    gallery.store.remove_path(Bucket::Web, "catalogue/albums/A/B/album.json").await.unwrap();
    gallery.store.remove_path(Bucket::Web, "home/all/feed.xml").await.unwrap();
    for stray in [
        "albums/Gone/index.html",
        "home/0123456789/index.html",
        "home/0123456789/feed.xml",
        "home/all/timeline/1999/index.html",
        "catalogue/albums/Gone/Too/album.json",
    ] {
        let written = gallery.store.client().put_object().bucket(gallery.store.name(Bucket::Web)).key(stray);
        written.body(b"{}".to_vec().into()).send().await.unwrap();
    }
    gallery.builder.reconcile().await.unwrap();

    let pages: Vec<_> = gallery.web().await.into_keys().filter(|path| !path.starts_with("catalogue/")).collect();
    let expected = [
        "albums/A/B/index.html",
        "albums/A/index.html",
        "albums/C/index.html",
        "albums/New/index.html",
        "home/all/feed.xml",
        "home/all/index.html",
        "home/all/manifest.webmanifest",
        "home/all/search/index.html",
        "home/all/timeline/2024/index.html",
        "home/all/timeline/index.html",
    ];
    assert_eq!(pages, expected);
    assert!(gallery.page("albums/A/B/index.html").await.contains("3 photos"));
    assert!(gallery.page("home/all/index.html").await.contains("See"));
    assert_eq!(gallery.builder.reconcile().await.unwrap().repaired, 0);
}

#[tokio::test]
async fn a_message_that_comes_again_finds_what_the_first_attempt_left() {
    let gallery = gallery("redelivered").await;
    let key = gallery.photo("A/B/1.jpg", 1).await;
    gallery.build(std::slice::from_ref(&key)).await;
    let good = gallery.web().await;
    // As after a builder that died between page and catalogue while another one finished.
    gallery.store.write(&Key::AlbumPage("A".to_owned().try_into().unwrap()), "old", Condition::Always).await.unwrap();
    gallery.store.remove_path(Bucket::Web, "home/all/index.html").await.unwrap();
    let mut event = gallery.batch(&[key]);
    event.records[0].attributes.insert("ApproximateReceiveCount".into(), "2".into());
    assert_eq!(gallery.builder.handle(event).await.batch_item_failures, []);
    assert_eq!(gallery.web().await, good);
}

#[tokio::test]
async fn damaged_records_are_made_anew() {
    let gallery = gallery("damaged").await;
    let key = gallery.photo("A/B/1.jpg", 1).await;
    gallery.build(std::slice::from_ref(&key)).await;
    let good = gallery.web().await;
    for path in ["catalogue/gallery.json", "catalogue/albums/A/album.json", "catalogue/albums/A/B/album.json"] {
        let put = gallery.store.client().put_object().bucket(gallery.store.name(Bucket::Web)).key(path);
        put.body(b"{\"half\":".to_vec().into()).send().await.unwrap();
    }
    gallery.build(std::slice::from_ref(&key)).await;
    assert_eq!(gallery.web().await, good);

    gallery.store.write(&key, "not json", Condition::Always).await.unwrap();
    gallery.build(std::slice::from_ref(&key)).await;
    assert!(!gallery.web().await.contains_key("albums/A/B/index.html"));
}

#[tokio::test]
async fn only_the_messages_that_failed_come_again() {
    let gallery = gallery("failures").await;
    let good = gallery.photo("A/1.jpg", 1).await;
    let mut event = gallery.batch(&[good]);
    for (id, body) in [
        ("odd", "not an event"),
        ("foreign", r#"{"Records":[{"s3":{"bucket":{"name":"nobody-s"},"object":{"key":"a/b"}}}]}"#),
        ("test", r#"{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"web"}"#),
    ] {
        let mut message = SqsMessage::default();
        (message.message_id, message.body) = (Some(id.into()), Some(body.into()));
        event.records.push(message);
    }
    let failed = gallery.builder.handle(event).await.batch_item_failures;
    assert_eq!(failed.iter().map(|f| f.item_identifier.as_str()).collect::<Vec<_>>(), ["odd", "foreign"]);
    assert!(gallery.web().await.contains_key("albums/A/index.html"));

    // Without its buckets nothing can be done, and everything comes again.
    let mut event = gallery.batch(&[gallery.photo("A/2.jpg", 1).await]);
    let web = gallery.store.name(Bucket::Web).to_owned();
    for object in gallery.store.list(Bucket::Web, "").all().await.unwrap() {
        gallery.store.remove_path(Bucket::Web, &object.path).await.unwrap();
    }
    gallery.store.client().delete_bucket().bucket(web).send().await.unwrap();
    event.records[0].message_id = Some("again".into());
    let failed = gallery.builder.handle(event).await.batch_item_failures;
    assert_eq!(failed[0].item_identifier, "again");
}

#[tokio::test]
async fn what_an_older_parser_read_is_read_again() {
    let gallery = gallery("parser").await;
    let photo = gallery.photo("Family/1.jpg", 1).await;
    let metadata = gallery.metadata("Family", "title: The Millers\n").await;
    gallery.build(&[photo, metadata]).await;
    let built = gallery.web().await;

    // As a builder would have left it that knew no titles, and recorded what it had built.
    let key = Key::AlbumCatalogue(AlbumPath::parse("Family").unwrap());
    let (mut catalogue, _) = gallery.store.read_json::<Catalogue>(&key).await.unwrap().unwrap();
    catalogue.described.edition = 0;
    catalogue.described.values.title = None;
    let written = gallery.store.write_json(&key, &catalogue, Condition::Always).await.unwrap();
    let Written::Stored(etag) = written else { panic!("it is written whatever is there") };
    let (mut record, _) = gallery.store.read_json::<GalleryRecord>(&Key::GalleryCatalogue).await.unwrap().unwrap();
    record.edition = "of old".to_owned();
    record.collections.values_mut().next().unwrap().summary.stamp.catalogue = etag;
    gallery.store.write_json(&Key::GalleryCatalogue, &record, Condition::Always).await.unwrap();

    assert_eq!(gallery.builder.reconcile().await.unwrap().repaired, 0);
    assert_eq!(gallery.web().await, built);
}
