//! Imports as a person makes them: the real program, exports as other services write them.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use jiff::civil::{DateTime, date};
use owner::sample::{self, Shape};
use serde_json::{Value, json};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

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

/// A file of the export that is written, in which of the archives.
struct Takeout {
    archives: Vec<ZipWriter<std::fs::File>>,
}

impl Takeout {
    fn new(folder: &Path) -> Self {
        let archive = |i| ZipWriter::new(std::fs::File::create(folder.join(format!("takeout-00{i}.zip"))).unwrap());
        Self { archives: (1..=2).map(archive).collect() }
    }

    fn file(&mut self, archive: usize, path: &str, bytes: &[u8]) {
        let zip = &mut self.archives[archive];
        zip.start_file(format!("Takeout/Google Fotos/{path}"), SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }

    fn notes(&mut self, archive: usize, path: &str, title: &str, caption: &str, taken: &str) {
        let second = taken.parse::<jiff::Timestamp>().unwrap().as_second();
        let notes = json!({
            "title": title, "description": caption, "imageViews": "7",
            "photoTakenTime": { "timestamp": second.to_string(), "formatted": "irgendwann" },
            "geoData": { "latitude": 0.0, "longitude": 0.0 }, "url": "https://photos.google.com/photo/x",
        });
        self.file(archive, path, notes.to_string().as_bytes());
    }

    fn finish(self) {
        self.archives.into_iter().for_each(|zip| drop(zip.finish().unwrap()));
    }
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

fn described(gallery: &BTreeMap<String, Vec<u8>>, folder: &str) -> builder::Metadata {
    builder::Metadata::read(&gallery[&format!("{folder}/metadata.yml")]).unwrap()
}

const LONG: &str = "Unser langer Spaziergang an der Atlantikküste bei Sintra am Nachmittag.jpg";

/// An export with what makes exports hard: two archives, cut names, moved counters, edited copies, titles in other
/// scripts, photos that lie with their year and in albums, something in the trash.
fn export(folder: &Path) {
    let mut takeout = Takeout::new(folder);
    let [plain, second, edited] = [1, 2, 3].map(|seed| from_camera(seed, date(2019, 7, 14).at(15, 30, 0, 0)));
    let messenger = sample::small(4, 64, 48);
    let [long, kyoto] = [5, 6].map(|seed| sample::small(seed, 64, 48));

    takeout.file(0, "Fotos von 2019/IMG_1.jpg", &plain);
    takeout.notes(
        0,
        "Fotos von 2019/IMG_1.jpg.supplemental-metadata.json",
        "IMG_1.jpg",
        "Am &quot;Strand&quot;",
        "2019-07-14T14:30:00Z",
    );
    takeout.file(0, "Fotos von 2019/IMG_1(1).jpg", &second);
    takeout.notes(
        1,
        "Fotos von 2019/IMG_1.jpg.supplemental-metadata(1).json",
        "IMG_1.jpg",
        "Der zweite",
        "2019-07-14T14:30:00Z",
    );
    takeout.file(1, "Fotos von 2019/IMG_1-bearbeitet.jpg", &edited);
    takeout.file(0, "Fotos von 2019/IMG-WA0001.jpg", &messenger);
    takeout.notes(
        0,
        "Fotos von 2019/IMG-WA0001.jpg.supplemental-meta.json",
        "IMG-WA0001.jpg",
        "",
        "2019-07-15T08:00:00Z",
    );
    let photo: String = LONG.chars().take(47).chain(".jpg".chars()).collect();
    let notes: String = LONG.chars().take(46).chain(".json".chars()).collect();
    takeout.file(0, &format!("Fotos von 2019/{photo}"), &long);
    takeout.notes(0, &format!("Fotos von 2019/{notes}"), LONG, "Bis zum Leuchtturm", "2019-07-16T08:00:00Z");

    let album = json!({ "title": "京都 / Kyoto", "description": "Kirschblüte", "access": "protected", "date": { "timestamp": "1" } });
    takeout.file(1, "京都 _ Kyoto/Metadaten.json", album.to_string().as_bytes());
    takeout.file(1, "京都 _ Kyoto/おばあちゃん.jpg", &kyoto);
    takeout.notes(
        1,
        "京都 _ Kyoto/おばあちゃん.jpg.supplemental-metadata.json",
        "おばあちゃん.jpg",
        "お花見 # 1",
        "2019-04-02T03:00:00Z",
    );
    takeout.file(1, "京都 _ Kyoto/IMG_1.jpg", &plain);
    takeout.notes(1, "京都 _ Kyoto/IMG_1.jpg.supplemental-metadata.json", "IMG_1.jpg", "", "2019-07-14T14:30:00Z");
    // In the album and with its year, with notes in the year alone.
    takeout.file(0, "Fotos von 2019/おばあちゃん.jpg", &kyoto);
    takeout.file(0, "Fotos von 2018/weg.jpg", &sample::small(9, 64, 48));
    takeout.file(
        0,
        "Fotos von 2018/weg.jpg.json",
        json!({ "title": "weg.jpg", "photoTakenTime": { "timestamp": "1" }, "trashed": true }).to_string().as_bytes(),
    );
    takeout.file(0, "Fotos von 2019/print-subscriptions.json", b"{}");
    // An album of which nothing is said but its title, a note that was cut off, and one whose photo is elsewhere.
    takeout.file(0, "Alpen_ Winter/Metadaten.json", r#"{"title": "Alpen: Winter"}"#.as_bytes());
    takeout.file(1, "Alpen_ Winter/Ski & Rodel.jpg", &sample::small(11, 64, 48));
    takeout.notes(0, "Alpen_ Winter/Ski _ Rodel.jpg.json", "Ski & Rodel.jpg", "Hui!", "2018-02-03T10:00:00Z");
    takeout.file(1, "Alpen_ Winter/Hütte.jpg.json", br#"{"title": "H"#);
    takeout.notes(0, "Alpen_ Winter/fehlt.jpg.json", "fehlt.jpg", "", "2018-02-03T10:00:00Z");
    takeout.finish();
}

#[test]
fn an_export_of_google_photos_moves_in_with_all_its_words() {
    let folder = with_gallery();
    export(folder.path());
    let import = |more: &[&str]| {
        let zips = ["import", "takeout", "takeout-001.zip", "takeout-002.zip", "--json"];
        told(folder.path(), &[&zips, more].concat())
    };
    let rehearsed = import(&["--dry-run"]);
    assert!(gallery(folder.path()).is_empty(), "a dry run does nothing");
    let first = import(&[]);
    assert_eq!((&rehearsed["uploaded"], &rehearsed["left_out"]), (&first["uploaded"], &first["left_out"]));

    let cut: String = LONG.chars().take(47).collect();
    let year = "Google Photos/2019";
    let expected = [
        format!("{year}/IMG-WA0001.jpg"),
        format!("{year}/IMG_1(1).jpg"),
        format!("{year}/IMG_1-bearbeitet.jpg"),
        format!("{year}/{cut}.jpg"),
        "Google Photos/Alpen: Winter/Ski & Rodel.jpg".to_owned(),
        "Google Photos/京都 - Kyoto/IMG_1.jpg".to_owned(),
        "Google Photos/京都 - Kyoto/おばあちゃん.jpg".to_owned(),
    ];
    assert_eq!(list(&first["uploaded"]), expected);
    let reasons: Vec<_> =
        first["left_out"].as_array().unwrap().iter().map(|left| left["why"].as_str().unwrap()).collect();
    assert_eq!(
        reasons,
        [
            "Google's own notes",
            "a note that is damaged: its words are lost, unless it is exported again",
            "a note without its photo: is one of the export's archives missing?",
            "it lay in the trash",
            "the same photo lies in an album",
            "the same photo lies in an album"
        ]
    );

    let there = gallery(folder.path());
    assert_eq!(there["Google Photos/2019/IMG_1(1).jpg"], from_camera(2, date(2019, 7, 14).at(15, 30, 0, 0)));
    let year = described(&there, year);
    let caption = |file: &str| year.captions.get(file).map(String::as_str);
    assert_eq!(caption("IMG_1(1).jpg"), Some("Der zweite"));
    assert_eq!(caption("IMG_1-bearbeitet.jpg"), Some("Am \"Strand\""), "an edited copy shares its original's notes");
    assert_eq!(caption(&format!("{cut}.jpg")), Some("Bis zum Leuchtturm"));
    // The clock of those who were there, an hour ahead of UTC, as the camera's photos of that week say.
    let dates: Vec<_> = year.dates.iter().map(|(file, taken)| format!("{file} {taken}")).collect();
    assert_eq!(dates, ["IMG-WA0001.jpg 2019-07-15T09:00:00".to_owned(), format!("{cut}.jpg 2019-07-16T09:00:00")]);
    let kyoto = described(&there, "Google Photos/京都 - Kyoto");
    assert_eq!(kyoto.title.as_deref(), Some("京都 / Kyoto"));
    assert_eq!(kyoto.description.as_deref(), Some("Kirschblüte"));
    assert_eq!(kyoto.captions["おばあちゃん.jpg"], "お花見 # 1");
    assert_eq!(kyoto.captions["IMG_1.jpg"], "Am \"Strand\"", "said with the year alone");

    assert_eq!(described(&there, "Google Photos/Alpen: Winter").captions["Ski & Rodel.jpg"], "Hui!");
    let twice = first["left_out"].as_array().unwrap().iter().filter(|left| left["why"] == reasons[reasons.len() - 1]);
    for left in twice {
        assert!(left["file"].as_str().unwrap().contains("Fotos von 2019"), "the year's copy is left: {left}");
    }

    let again = import(&[]);
    assert_eq!((list(&again["uploaded"]).len(), again["unchanged"].as_u64()), (0, Some(7)), "nothing twice");
    assert_eq!(again["captions"], json!({}));
    assert_eq!(gallery(folder.path()), there);
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
    let third = told(folder.path(), &["import", "folder", "Pictures", "--json"]);
    assert_eq!((list(&third["uploaded"]).len(), list(&third["copied"]).len()), (0, 0));
    let there = gallery(folder.path());
    assert_eq!((&there["Family/Lake/boat.jpg"], &there["Family/Lake/boat~2.jpg"]), (&one, &other));
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

/// A bucket as `AWSPics` wants it, in the S3 server of a gallery that runs, beside that gallery's own buckets.
async fn ancestor(client: &aws_sdk_s3::Client, prefix: &str) -> BTreeMap<String, Vec<u8>> {
    let photo = |seed| sample::small(seed, 64, 48);
    let objects: BTreeMap<String, Vec<u8>> = [
        ("Family/Lake/boat.jpg", photo(1)),
        ("Family/Lake/IMG_2.HEIC", photo(2)),
        ("Family/Lake/old.jpeg", photo(3)),
        ("Family/Lake/metadata.yml", b"title: Am See\ncover_image: boat.jpg\n".to_vec()),
        ("Family/metadata.yml", b"title: Familie: alle\n".to_vec()),
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
        "Family/metadata.yml",
        "Kyoto/ä京.png",
        "Unsorted/stray.jpg",
    ];
    assert_eq!(list(&first["uploaded"]), expected);
    let unread = first["unread"].as_object().unwrap();
    assert_eq!(unread.keys().collect::<Vec<_>>(), ["Family/metadata.yml"]);
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
    machine.stop().await;
}
