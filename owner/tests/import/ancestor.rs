//! Moving out of the ancestor's bucket, in each layout that it knew.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use jiff::civil::date;
use owner::sample;
use serde_json::Value;

use crate::{from_camera, gallery, list, pages_of, said, with_gallery};

/// A bucket as `AWSPics` wants it, in the S3 server of a gallery that runs, beside that gallery's own buckets.
async fn ancestor(client: &aws_sdk_s3::Client, prefix: &str) -> BTreeMap<String, Vec<u8>> {
    let photo = |seed| sample::small(seed, 64, 48);
    let heic = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds/picture_heic/0-whole");
    let heic = std::fs::read(heic).unwrap();
    let objects: BTreeMap<String, Vec<u8>> = [
        ("Family/Lake/boat.jpg", from_camera(1, date(2014, 8, 2).at(11, 0, 0, 0))),
        ("Family/Lake/IMG_2.HEIC", heic),
        ("Family/Lake/old.jpeg", photo(3)),
        ("Family/Lake/metadata.yml", b"title: Am See\ncomment1: Wie immer\ncover_image: boat.jpg\n".to_vec()),
        ("Kyoto/metadata.yml", b"comment1: Im Herbst\ntitle: Kyoto: alle\n".to_vec()),
        ("Kyoto/\u{e4}\u{4eac}.png", photo(4)),
        ("Kyoto/.DS_Store", b"x".to_vec()),
        ("Kyoto/", Vec::new()),
        ("stray.jpg", photo(5)),
    ]
    .map(|(path, bytes)| (format!("{prefix}{path}"), bytes))
    .into();
    client.create_bucket().bucket("old").send().await.unwrap();
    for (key, bytes) in &objects {
        client.put_object().bucket("old").key(key).body(bytes.clone().into()).send().await.unwrap();
    }
    client.put_object().bucket("old").key("elsewhere.html").body(b"x".to_vec().into()).send().await.unwrap();
    objects
}

async fn migrate(folder: &Path, endpoint: &gallery::store::Endpoint, more: &[&str]) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_heirloom"));
    command
        .current_dir(folder)
        .args(["migrate", "awspics", "--source", "old", "--source-endpoint", &endpoint.url, "--json"])
        .args(more)
        .env("AWS_ACCESS_KEY_ID", &endpoint.access_key)
        .env("AWS_SECRET_ACCESS_KEY", &endpoint.secret_key)
        .env_remove("HEIRLOOM_DATA");
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ancestor_s_gallery_moves_in_streamed_and_copied() {
    let folder = tokio::task::spawn_blocking(with_gallery).await.unwrap();
    let data = folder.path().join("running");
    let machine = local::machine::Machine::start(local::machine::Settings::new(&data).on_free_ports()).await.unwrap();
    let endpoint = machine.s3_endpoint();
    let client = gallery::store::at(&endpoint);
    let objects = ancestor(&client, "my/photos/").await;

    // Into another gallery, which does not reach that bucket: through this machine.
    let prefix = ["--prefix", "my/photos"];
    let rehearsed = migrate(folder.path(), &endpoint, &[&prefix[..], &["--dry-run"]].concat()).await;
    let first = migrate(folder.path(), &endpoint, &prefix).await;
    assert_eq!((&rehearsed["uploaded"], &rehearsed["left_out"]), (&first["uploaded"], &first["left_out"]));
    let expected = [
        "Family/Lake/IMG_2.HEIC",
        "Family/Lake/boat.jpg",
        "Family/Lake/metadata.yml",
        "Family/Lake/old.jpeg",
        "Kyoto/metadata.yml",
        "Kyoto/ä京.png",
        "Unsorted/stray.jpg",
    ];
    assert_eq!(list(&first["uploaded"]), expected);
    let unread = first["unread"].as_object().unwrap();
    assert_eq!(unread.keys().collect::<Vec<_>>(), ["Kyoto/metadata.yml"]);
    assert!(unread["Kyoto/metadata.yml"].as_str().unwrap().contains("line 2"), "{unread:?}");
    let reasons: Vec<_> =
        first["left_out"].as_array().unwrap().iter().map(|left| left["why"].as_str().unwrap()).collect();
    assert_eq!(reasons, ["a mark for an empty folder", "hidden"]);
    let again = migrate(folder.path(), &endpoint, &prefix).await;
    assert_eq!((list(&again["uploaded"]).len(), again["unchanged"].as_u64()), (0, Some(7)));
    let there = tokio::task::spawn_blocking({
        let folder = folder.path().to_owned();
        move || gallery(&folder)
    });
    let there = there.await.unwrap();
    assert_eq!(there.len(), 7);
    for (key, bytes) in &there {
        assert_eq!(bytes, &objects[&format!("my/photos/{}", key.trim_start_matches("Unsorted/"))], "{key}");
    }

    // Into the gallery whose S3 has that bucket: inside S3, and everything into one collection.
    let data = data.to_str().unwrap();
    let own = ["--prefix", "my/photos/", "--to", "Old", "--strays", "Old/Rest", "--data", data];
    let first = migrate(folder.path(), &endpoint, &own).await;
    assert_eq!(list(&first["uploaded"]).len(), 7);
    let copied = machine.store().read_path(gallery::Bucket::Source, "Old/Rest/stray.jpg").await.unwrap().unwrap();
    assert_eq!(&copied.bytes[..], objects["my/photos/stray.jpg"]);
    let again = migrate(folder.path(), &endpoint, &own).await;
    assert_eq!((list(&again["uploaded"]).len(), again["unchanged"].as_u64()), (0, Some(7)));
    machine.settled().await;
    let pages = pages_of(&machine).await;
    let lake = &pages["Old/Family/Lake"];
    assert!(lake.contains("<title>Am See") && lake.contains("Wie immer"), "{lake}");
    assert_eq!(said(lake, "boat.jpg").1.as_deref(), Some("2014-08-02T11:00:00"));
    // What that gallery passed over is shown.
    for file in ["IMG_2.HEIC", "old.jpeg"] {
        assert_eq!(said(lake, file), (None, None), "{file}: it is there, and nobody said anything of it");
    }
    assert!(pages["Old/Rest"].contains("stray.jpg"), "{pages:?}");
    // Words that cannot be read cost the album its words, and none of its photos.
    let kyoto = &pages["Old/Kyoto"];
    assert!(!kyoto.contains("Kyoto: alle") && !kyoto.contains("Im Herbst"), "{kyoto}");
    assert_eq!(said(kyoto, ".png"), (None, None));
    machine.stop().await;
}

/// Where nobody says otherwise, the originals lie where that gallery's own settings put them.
#[tokio::test(flavor = "multi_thread")]
async fn the_ancestor_s_usual_prefix_is_known() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("heirloom-data");
    let machine = local::machine::Machine::start(local::machine::Settings::new(&data).on_free_ports()).await.unwrap();
    let endpoint = machine.s3_endpoint();
    ancestor(&gallery::store::at(&endpoint), "pics/original/").await;
    let rehearsed = migrate(folder.path(), &endpoint, &["--dry-run"]).await;
    assert_eq!(list(&rehearsed["uploaded"]).len(), 7, "{rehearsed}");
    let moved = migrate(folder.path(), &endpoint, &[]).await;
    assert_eq!(moved["uploaded"], rehearsed["uploaded"]);
    machine.settled().await;
    let pages = pages_of(&machine).await;
    assert!(pages.contains_key("Family/Lake") && pages.contains_key("Unsorted"), "{:?}", pages.keys());
    machine.stop().await;
}

/// A gallery that runs, with objects in a bucket of another gallery beside its own.
struct Beside {
    folder: tempfile::TempDir,
    machine: local::machine::Machine,
}

impl Beside {
    async fn with(objects: &[(&str, Vec<u8>)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("heirloom-data");
        let settings = local::machine::Settings::new(&data).on_free_ports();
        let machine = local::machine::Machine::start(settings).await.unwrap();
        let client = gallery::store::at(&machine.s3_endpoint());
        client.create_bucket().bucket("old").send().await.unwrap();
        for (key, bytes) in objects {
            client.put_object().bucket("old").key(*key).body(bytes.clone().into()).send().await.unwrap();
        }
        Self { folder, machine }
    }

    async fn migrate(&self, more: &[&str]) -> Value {
        migrate(self.folder.path(), &self.machine.s3_endpoint(), more).await
    }

    async fn pages(&self) -> BTreeMap<String, String> {
        self.machine.settled().await;
        pages_of(&self.machine).await
    }
}

fn photo(seed: u64) -> Vec<u8> {
    sample::small(seed, 64, 48)
}

/// Albums grouped into collections, under keys that begin with something that is no folder.
#[tokio::test(flavor = "multi_thread")]
async fn collections_stay_collections_with_the_photos_right_in_them() {
    let old = Beside::with(&[
        ("photos/orig-Family/Lake/boat.jpg", photo(1)),
        ("photos/orig-Family/loose.jpg", photo(2)),
        ("photos/orig-Trips/Lisbon/tram.jpg", photo(3)),
        ("photos/resized-Trips/Lisbon/tram.jpg", photo(4)),
    ])
    .await;
    let moved = old.migrate(&["--prefix", "photos/orig-"]).await;
    assert_eq!(list(&moved["uploaded"]), ["Family/Lake/boat.jpg", "Family/loose.jpg", "Trips/Lisbon/tram.jpg"]);
    let pages = old.pages().await;
    assert_eq!(pages.keys().collect::<Vec<_>>(), ["Family", "Family/Lake", "Trips", "Trips/Lisbon"]);
    assert_eq!(said(&pages["Family"], "loose.jpg"), (None, None), "right in its collection");
    assert_eq!(said(&pages["Family/Lake"], "boat.jpg"), (None, None));
    old.machine.stop().await;
}

/// Albums that no collection holds become one each, or lie in one together.
#[tokio::test(flavor = "multi_thread")]
async fn albums_without_collections_become_some_or_go_into_one() {
    let long = [&b"title: Lisbon\n# "[..], &vec![b'x'; 2 << 20]].concat();
    let old = Beside::with(&[
        ("Lake/boat.jpg", photo(1)),
        ("Lisbon/tram.jpg", photo(2)),
        ("Lisbon/metadata.yml", long),
        ("stray.jpg", photo(3)),
    ])
    .await;
    let moved = old.migrate(&["--prefix", ""]).await;
    let unread = moved["unread"].as_object().unwrap();
    assert_eq!(unread.keys().collect::<Vec<_>>(), ["Lisbon/metadata.yml"], "the builder does not read it either");
    assert!(unread["Lisbon/metadata.yml"].as_str().unwrap().contains("2.00 MiB"), "{unread:?}");
    let pages = old.pages().await;
    assert_eq!(pages.keys().collect::<Vec<_>>(), ["Lake", "Lisbon", "Unsorted"]);
    assert_eq!(said(&pages["Lake"], "boat.jpg"), (None, None));
    assert_eq!(said(&pages["Lisbon"], "tram.jpg"), (None, None), "its words are too long, its photos are there");

    let moved = old.migrate(&["--prefix", "", "--to", "Family", "--strays", "Family"]).await;
    let expected = ["Family/Lake/boat.jpg", "Family/Lisbon/metadata.yml", "Family/Lisbon/tram.jpg", "Family/stray.jpg"];
    assert_eq!(list(&moved["uploaded"]), expected);
    let pages = old.pages().await;
    assert!(pages.contains_key("Family/Lake") && pages.contains_key("Family/Lisbon"), "{:?}", pages.keys());
    old.machine.stop().await;
}
