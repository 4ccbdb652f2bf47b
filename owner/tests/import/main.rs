//! Imports as a person makes them: the real program, exports as other services write them.

mod ancestor;
mod films;

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

    // All of it is on the pages.
    let pages = pages(&folder.path().join("heirloom-data"));
    let page_of = |folder: &str| &pages[&album(folder)];
    let year = page_of("Google Photos/2019");
    let on = |page: &str, of: &str| {
        let (caption, time) = said(page, of);
        (caption.unwrap_or_default(), time.unwrap_or_default())
    };
    let of = |caption: &str, time: &str| (caption.to_owned(), time.to_owned());
    assert_eq!(on(year, "IMG_1%281%29.jpg"), of("Der zweite", "2019-07-14T15:30:00"));
    assert_eq!(on(year, "IMG_1-bearbeitet.jpg"), of("Am &quot;Strand&quot;", "2019-07-14T15:30:00"));
    assert_eq!(on(year, "IMG-WA0001.jpg"), of("", "2019-07-15T09:00:00"));
    assert_eq!(on(year, "Bis zum Leuchtturm"), of("Bis zum Leuchtturm", "2019-07-16T09:00:00"));
    let kyoto = page_of("Google Photos/京都 - Kyoto");
    assert!(kyoto.contains("<title>京都 / Kyoto") && kyoto.contains("Kirschblüte"), "{kyoto}");
    assert_eq!(on(kyoto, "お花見 # 1"), of("お花見 # 1", "2019-04-02T03:00:00"));
    assert_eq!(on(page_of("Google Photos/Alpen: Winter"), "Hui!"), of("Hui!", "2018-02-03T10:00:00"));
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
