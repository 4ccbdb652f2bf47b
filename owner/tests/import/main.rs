//! Imports as a person makes them: the real program, exports as other services write them.

mod ancestor;
mod films;
mod google;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use jiff::civil::{DateTime, date};
use owner::sample::{self, Shape};
use serde_json::{Value, json};

fn run(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_heirloom"));
    command.current_dir(folder).stdin(Stdio::null()).args(arguments);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("HEIRLOOM_")) {
        command.env_remove(name);
    }
    command.output().expect("the program starts")
}

/// A folder with a new gallery in it that does not run.
fn with_gallery() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("heirloom-data");
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let settings = local::machine::Settings::new(&data).on_free_ports();
        local::machine::Machine::start(settings).await.unwrap().stop().await;
    });
    folder
}

/// What a command that must succeed told as JSON.
fn told(folder: &Path, arguments: &[&str]) -> Value {
    let output = run(folder, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("one JSON object")
}

fn list(value: &Value) -> Vec<String> {
    value.as_array().expect("a list").iter().map(|one| one.as_str().expect("a text").to_owned()).collect()
}

/// A photo whose camera knew the time.
fn from_camera(seed: u64, at: DateTime) -> Vec<u8> {
    sample::photo(seed, Shape::Landscape, 0, at, "Drawn One", "")
}

/// Every key of the source bucket with its bytes, read through the gallery's own files.
fn gallery(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let resting = local::machine::Resting::open(&local::machine::Settings::new(folder.join("heirloom-data"))).await;
        let resting = resting.unwrap();
        let mut objects = BTreeMap::new();
        for listed in resting.store().list(gallery::Bucket::Source, "").all().await.unwrap() {
            let object = resting.store().read_path(gallery::Bucket::Source, &listed.path).await.unwrap().unwrap();
            objects.insert(listed.path, object.bytes.to_vec());
        }
        resting.close().await;
        objects
    })
}

/// The pages of the albums, once a gallery has run on this folder.
fn pages(data: &Path) -> BTreeMap<String, String> {
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let settings = local::machine::Settings::new(data).on_free_ports();
        let machine = local::machine::Machine::start(settings).await.unwrap();
        machine.settled().await;
        let pages = pages_of(&machine).await;
        machine.stop().await;
        pages
    })
}

/// Those of a gallery that runs and has come to rest.
async fn pages_of(machine: &local::machine::Machine) -> BTreeMap<String, String> {
    let mut pages = BTreeMap::new();
    for listed in machine.store().list(gallery::Bucket::Web, "albums/").all().await.unwrap() {
        if let Some(album) = listed.path.strip_prefix("albums/").and_then(|path| path.strip_suffix("/index.html")) {
            let page = machine.store().read_path(gallery::Bucket::Web, &listed.path).await.unwrap().unwrap();
            pages.insert(album.to_owned(), String::from_utf8(page.bytes.to_vec()).unwrap());
        }
    }
    pages
}

/// What a page says under the photo that it calls so, or that shows this caption: its caption and its time.
fn said(page: &str, of: &str) -> (Option<String>, Option<String>) {
    let figure = page.split("<figure").skip(1).find(|figure| figure.contains(of));
    let figure = figure.unwrap_or_else(|| panic!("no photo of `{of}` in {page}"));
    let between = |begin: &str, end: &str| {
        let (_, rest) = figure.split_once(begin)?;
        rest.split(end).next().map(str::to_owned)
    };
    (between("<span class=\"caption\"><bdi>", "</bdi>"), between("<time datetime=\"", "\""))
}

/// How an album is called in addresses.
fn album(folder: &str) -> String {
    gallery::FolderPath::parse(folder).unwrap().album().to_string()
}

fn described(gallery: &BTreeMap<String, Vec<u8>>, folder: &str) -> builder::Metadata {
    builder::Metadata::read(&gallery[&format!("{folder}/metadata.yml")]).unwrap()
}

#[test]
fn a_folder_comes_once_with_what_photo_programs_noted() {
    let folder = with_gallery();
    let root = folder.path().join("Pictures");
    let write = |path: &str, bytes: &[u8]| {
        let file = root.join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, bytes).unwrap();
    };
    let [one, two, other] = [1, 2, 3].map(|seed| sample::small(seed, 64, 48));
    write("Family/Lake/boat.jpg", &one);
    write("Family/Best/boat.jpg", &one);
    write("Family/Lake/scan.jpg", &two);
    let xmp = r#"<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
        <rdf:Description xmlns:exif="http://ns.adobe.com/exif/1.0/" exif:DateTimeOriginal="1961-08-03T15:30:00"
        xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:description><rdf:Alt><rdf:li>Opa &amp; the boat</rdf:li></rdf:Alt>
        </dc:description></rdf:Description></rdf:RDF></x:xmpmeta>"#;
    write("Family/Lake/scan.jpg.xmp", xmp.as_bytes());
    write("Family/Lake/Thumbs.db", b"x");

    let first = told(folder.path(), &["import", "folder", "Pictures", "--json"]);
    assert_eq!(list(&first["uploaded"]).len(), 2, "{first}");
    assert_eq!(list(&first["copied"]).len(), 1, "the same bytes travel once");
    let there = gallery(folder.path());
    assert_eq!(there["Family/Best/boat.jpg"], there["Family/Lake/boat.jpg"]);
    let lake = described(&there, "Family/Lake");
    assert_eq!(lake.captions["scan.jpg"], "Opa & the boat");
    assert_eq!(lake.dates["scan.jpg"], date(1961, 8, 3).at(15, 30, 0, 0));

    // Another photo of a name that is taken replaces nothing.
    write("Family/Lake/boat.jpg", &other);
    let second = told(folder.path(), &["import", "folder", "Pictures", "--json"]);
    assert_eq!(list(&second["uploaded"]), ["Family/Lake/boat~2.jpg"]);
    // What would be done is what is left to do: a dry run knows what the albums say already.
    let rehearsed = told(folder.path(), &["import", "folder", "Pictures", "--json", "--dry-run"]);
    assert_eq!((&rehearsed["captions"], &rehearsed["dates"]), (&json!({}), &json!({})), "{rehearsed}");
    let third = told(folder.path(), &["import", "folder", "Pictures", "--json"]);
    assert_eq!((list(&third["uploaded"]).len(), list(&third["copied"]).len()), (0, 0));
    let there = gallery(folder.path());
    assert_eq!((&there["Family/Lake/boat.jpg"], &there["Family/Lake/boat~2.jpg"]), (&one, &other));
}

/// Notes that correct a file go before it, the file's own date does not; and odd signs cost nobody a caption.
#[test]
fn corrections_beside_photos_count_and_odd_signs_do_no_harm() {
    let folder = with_gallery();
    let root = folder.path().join("Pictures/Family/Lake");
    std::fs::create_dir_all(&root).unwrap();
    let at = date(2019, 7, 14).at(15, 30, 0, 0);
    let xmp = |time: &str, caption: &str| {
        format!(
            r#"<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
            <rdf:Description xmlns:exif="http://ns.adobe.com/exif/1.0/" exif:DateTimeOriginal="{time}"
            xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:description><rdf:Alt><rdf:li>{caption}</rdf:li></rdf:Alt>
            </dc:description></rdf:Description></rdf:RDF></x:xmpmeta>"#
        )
    };
    for (seed, name, time, caption) in [
        (1, "wrong clock.jpg", "2019-07-14T17:30:00", "An hour\u{7f} or two\u{85}late"),
        (2, "right.jpg", "2019-07-14T15:30:00", "Right"),
        (3, "Cafe\u{301}.jpg", "2019-07-14T15:30:00", "Apart"),
    ] {
        std::fs::write(root.join(name), from_camera(seed, at)).unwrap();
        let beside = name.replace("e\u{301}", "\u{e9}");
        std::fs::write(root.join(format!("{beside}.xmp")), xmp(time, caption)).unwrap();
    }
    let import = ["import", "folder", "Pictures", "--file-dates", "--json"];
    let first = told(folder.path(), &import);
    assert_eq!(first["captions"], json!({ "Family/Lake": 3 }), "{first}");
    let lake = described(&gallery(folder.path()), "Family/Lake");
    assert_eq!(lake.captions["right.jpg"], "Right");
    assert_eq!(lake.captions["Cafe\u{301}.jpg"], "Apart");
    let dates: Vec<_> = lake.dates.iter().map(|(file, taken)| format!("{file} {taken}")).collect();
    assert_eq!(dates, ["wrong clock.jpg 2019-07-14T17:30:00"]);
    let page = &pages(&folder.path().join("heirloom-data"))["Family/Lake"];
    assert_eq!(said(page, "wrong%20clock.jpg").1.as_deref(), Some("2019-07-14T17:30:00"));
}

/// Where S3 tells no MD5, photos of one size are compared, and not believed to be one.
#[tokio::test(flavor = "multi_thread")]
async fn two_photos_of_one_size_are_two() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("heirloom-data");
    let machine = local::machine::Machine::start(local::machine::Settings::new(&data).on_free_ports()).await.unwrap();
    // In parts of a size that nobody guesses, and no photo, so that the resizer keeps no checksum either.
    let there = vec![7; 6 << 20];
    let client = machine.store().client().clone();
    let key = "Family/Lake/film.mp4";
    let upload = client.create_multipart_upload().bucket("source").key(key).send().await.unwrap();
    let id = upload.upload_id().unwrap();
    let mut done = aws_sdk_s3::types::CompletedMultipartUpload::builder();
    for (number, part) in [&there[..5_500_000], &there[5_500_000..]].into_iter().enumerate() {
        let number = number as i32 + 1;
        let sent = client.upload_part().bucket("source").key(key).upload_id(id).part_number(number);
        let sent = sent.body(part.to_vec().into()).send().await.unwrap();
        let part = aws_sdk_s3::types::CompletedPart::builder().part_number(number).set_e_tag(sent.e_tag);
        done = done.parts(part.build());
    }
    let complete = client.complete_multipart_upload().bucket("source").key(key).upload_id(id);
    complete.multipart_upload(done.build()).send().await.unwrap();
    machine.settled().await;
    let import = |bytes: Vec<u8>| {
        let folder = folder.path().to_owned();
        tokio::task::spawn_blocking(move || {
            let file = folder.join("Pictures/Family/Lake/film.mp4");
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, bytes).unwrap();
            told(&folder, &["import", "folder", "Pictures", "--json"])
        })
    };
    let same = import(there.clone()).await.unwrap();
    assert_eq!((list(&same["uploaded"]).len(), same["unchanged"].as_u64()), (0, Some(1)), "{same}");
    let mut other = there;
    other[3_000_000] ^= 1;
    let other = import(other).await.unwrap();
    assert_eq!(list(&other["uploaded"]), ["Family/Lake/film~2.mp4"], "{other}");
    machine.stop().await;
}

#[test]
fn what_cannot_be_imported_is_told() {
    let folder = with_gallery();
    std::fs::create_dir(folder.path().join("empty")).unwrap();
    std::fs::write(folder.path().join("t.tgz"), b"x").unwrap();
    for (path, word) in [("empty", "Takeout"), ("t.tgz", ".zip"), ("nothing.zip", "nothing.zip")] {
        let output = run(folder.path(), &["import", "takeout", path]);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && error.contains(word), "{path}: {error}");
    }
}
