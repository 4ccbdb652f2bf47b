//! An export of Google Photos.

use std::io::Write;
use std::path::Path;

use jiff::civil::date;
use owner::sample;
use serde_json::json;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::{album, described, from_camera, gallery, list, pages, said, told, with_gallery};

/// A file of the export that is written, in which of the archives.
pub(crate) struct Takeout {
    archives: Vec<ZipWriter<std::fs::File>>,
}

impl Takeout {
    pub(crate) fn new(folder: &Path) -> Self {
        let archive = |i| ZipWriter::new(std::fs::File::create(folder.join(format!("takeout-00{i}.zip"))).unwrap());
        Self { archives: (1..=2).map(archive).collect() }
    }

    pub(crate) fn file(&mut self, archive: usize, path: &str, bytes: &[u8]) {
        let zip = &mut self.archives[archive];
        zip.start_file(format!("Takeout/Google Fotos/{path}"), SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }

    pub(crate) fn notes(&mut self, archive: usize, path: &str, title: &str, caption: &str, taken: &str) {
        let second = taken.parse::<jiff::Timestamp>().unwrap().as_second();
        let notes = json!({
            "title": title, "description": caption, "imageViews": "7",
            "photoTakenTime": { "timestamp": second.to_string(), "formatted": "irgendwann" },
            "geoData": { "latitude": 0.0, "longitude": 0.0 }, "url": "https://photos.google.com/photo/x",
        });
        self.file(archive, path, notes.to_string().as_bytes());
    }

    pub(crate) fn finish(self) {
        self.archives.into_iter().for_each(|zip| drop(zip.finish().unwrap()));
    }
}

/// A name that exports cut.
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
