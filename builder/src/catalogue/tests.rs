use gallery::facts::{Picture, VERSION, Video};
use gallery::renditions::Format;
use gallery::{Key, SourceKey};
use jiff::civil::date;

use super::*;
use crate::metadata;

pub(crate) fn facts(source: &str, taken: Option<DateTime>, width: u32, height: u32) -> Facts {
    let source = SourceKey::parse(source).unwrap();
    Facts {
        version: VERSION,
        photo: source.photo(),
        source: source.to_string(),
        etag: "\"o\"".into(),
        bytes: 1,
        modified: Timestamp::UNIX_EPOCH,
        checksum: None,
        video: None,
        outcome: Outcome::Ready(Box::new(Picture {
            width,
            height,
            taken,
            colour: "#808080".into(),
            renditions: vec![Rendition { width: 360, height: 270, format: Format::Jpeg, hash: "ab".into(), bytes: 1 }],
            ..Picture::default()
        })),
    }
}

/// The facts of a video without a poster.
pub(crate) fn film(source: &str, seconds: f64) -> Facts {
    let video = Video {
        duration: seconds,
        width: 1920,
        height: 1080,
        rotation: 0,
        codec: "avc1".into(),
        taken: None,
        zone: None,
        camera: None,
        position: None,
    };
    let outcome = Outcome::Rejected { reason: "it is a video (`avc1`)".into() };
    Facts { video: Some(Box::new(video)), outcome, ..facts(source, None, 1, 1) }
}

/// The catalogue of a folder that holds these files, each taken on a day of May 2024, or on none.
pub(crate) fn catalogue(folder: &str, files: &[(&str, Option<i8>)]) -> Catalogue {
    let mut catalogue = Catalogue::new(FolderPath::parse(folder).unwrap());
    for (file, day) in files {
        let taken = day.map(|day| date(2024, 5, day).at(12, 0, 0, 0));
        catalogue.learn(facts(&format!("{folder}/{file}"), taken, 400, 300), format!("\"{file}\""));
    }
    if !files.is_empty() {
        catalogue.pages.insert(String::new(), Published { digest: "d".into(), etag: "\"p\"".into() });
    }
    catalogue
}

fn files(catalogue: &Catalogue) -> Vec<&str> {
    catalogue.in_order().into_iter().map(|(_, photo)| photo.file.as_str()).collect()
}

fn with(mut parent: Catalogue, children: &[&Catalogue]) -> Catalogue {
    for child in children {
        parent.children.insert(child.album().slug().clone(), Summary::of(child, "\"c\""));
    }
    parent
}

#[test]
fn the_day_of_an_upload_is_not_shown_as_the_photo_s() {
    let mut album = Catalogue::new(FolderPath::parse("A").unwrap());
    for (file, witness) in [("1.jpg", Some(Witness::Upload)), ("2.jpg", Some(Witness::FileName)), ("3.jpg", None)] {
        let mut facts = facts(&format!("A/{file}"), Some(date(2024, 5, 1).at(12, 0, 0, 0)), 4, 3);
        let Outcome::Ready(picture) = &mut facts.outcome else { panic!("a photo") };
        picture.taken_from = witness;
        album.learn(facts, "\"1\"".into());
    }
    let dated = |file: &str| album.photos[&PhotoId::of_key(&format!("A/{file}"))].taken.is_some();
    assert_eq!(["1.jpg", "2.jpg", "3.jpg"].map(dated), [false, true, true]);
}

#[test]
fn names_of_places_can_be_searched_for() {
    let mut album = catalogue("A", &[("IMG_1.jpg", None)]);
    let without = Summary::of(&album, "\"c\"").card.words;
    album.photos.values_mut().for_each(|photo| photo.places = vec!["Köln am Rhein".into()]);
    let mut expected = Beginnings::default();
    for text in ["A", "Köln am Rhein"] {
        expected.add(text);
    }
    let words = Summary::of(&album, "\"c\"").card.words;
    assert_eq!(words, expected.filter());
    assert_ne!(words, without);
}

#[test]
fn the_owner_s_dates_go_before_the_photos_own() {
    let mut album = catalogue("A", &[("1.jpg", Some(3)), ("2.jpg", Some(2)), ("3.jpg", None)]);
    album.described.values.dates.insert("1.jpg".into(), date(2020, 1, 1).at(0, 0, 0, 0));
    album.described.values.dates.insert("3.jpg".into(), date(2021, 1, 1).at(9, 0, 0, 0));
    assert_eq!(files(&album), ["1.jpg", "3.jpg", "2.jpg"]);
    let card = Card::of(&album);
    assert_eq!((card.first, card.last), (Some(date(2020, 1, 1)), Some(date(2024, 5, 2))));
}

#[test]
fn only_new_and_changed_facts_are_read() {
    let mut album = catalogue("A", &[("1.jpg", Some(1)), ("2.jpg", Some(2)), ("3.jpg", None)]);
    let id = |file: &str| PhotoId::of_key(&format!("A/{file}"));
    let rejected = Facts { outcome: Outcome::Rejected { reason: "no".into() }, ..facts("A/4.txt", None, 1, 1) };
    album.learn(rejected, "\"4\"".into());
    let listed = BTreeMap::from([
        (id("1.jpg"), "\"1.jpg\"".to_owned()),
        (id("2.jpg"), "\"changed\"".to_owned()),
        (id("4.txt"), "\"4\"".to_owned()),
        (id("5.jpg"), "\"5.jpg\"".to_owned()),
    ]);
    let mut expected = vec![id("2.jpg"), id("5.jpg")];
    expected.sort();
    assert_eq!(album.unread(&listed), expected);
    album.keep_only(&listed);
    assert_eq!(files(&album), ["1.jpg", "2.jpg"]);
    assert_eq!(album.rejected.len(), 1);
}

#[test]
fn a_file_is_a_photo_or_rejected_never_both() {
    let mut album = catalogue("A", &[("1.jpg", Some(1))]);
    let rejected = Facts { outcome: Outcome::Rejected { reason: "no".into() }, ..facts("A/1.jpg", None, 1, 1) };
    album.learn(rejected, "\"x\"".into());
    assert_eq!((album.photos.len(), album.rejected.len()), (0, 1));
    album.learn(facts("A/1.jpg", None, 4, 3), "\"y\"".into());
    assert_eq!((album.photos.len(), album.rejected.len()), (1, 0));
    album.forget(PhotoId::of_key("A/1.jpg"));
    assert!(album.is_gone());
}

#[test]
fn photos_are_ordered_by_time_then_name() {
    let mut album = catalogue(
        "A",
        &[
            ("b10.jpg", Some(2)),
            ("b2.jpg", Some(2)),
            ("z.jpg", Some(1)),
            ("undated2.jpg", None),
            ("undated10.jpg", None),
        ],
    );
    assert_eq!(files(&album), ["z.jpg", "b2.jpg", "b10.jpg", "undated2.jpg", "undated10.jpg"]);
    album.described.values = metadata::read(b"sort: taken desc").unwrap();
    assert_eq!(files(&album), ["b10.jpg", "b2.jpg", "z.jpg", "undated10.jpg", "undated2.jpg"]);
    album.described.values = metadata::read(b"sort: name").unwrap();
    assert_eq!(files(&album), ["b2.jpg", "b10.jpg", "undated2.jpg", "undated10.jpg", "z.jpg"]);
}

#[test]
fn a_summary_counts_what_lies_below() {
    let (old, new) =
        (catalogue("A/old", &[("1.jpg", Some(3))]), catalogue("A/new", &[("2.jpg", Some(9)), ("3.jpg", None)]));
    let mut secret = catalogue("A/secret", &[("4.jpg", Some(30))]);
    secret.described.values.hidden = true;
    let parent = with(catalogue("A", &[("5.jpg", Some(5))]), &[&old, &new, &secret]);
    let card = Summary::of(&parent, "\"e\"").card;
    assert_eq!((card.photos, card.albums), (4, 2));
    assert_eq!((card.first, card.last), (Some(date(2024, 5, 3)), Some(date(2024, 5, 9))));
    let shown: Vec<_> = parent.shown_children().into_iter().map(|(slug, _)| slug.as_str()).collect();
    assert_eq!(shown, ["new", "old"]);
}

#[test]
fn a_video_is_shown_with_a_poster_or_without() {
    let mut album = catalogue("A", &[("1.jpg", Some(5))]);
    album.learn(film("A/2.mp4", 60.0), "\"2\"".into());
    let mut with_poster = facts("A/3.mov", None, 400, 300);
    with_poster.video = film("A/3.mov", 60.0).video;
    album.learn(with_poster, "\"3\"".into());
    let mut sound = film("A/4.mp4", 60.0);
    sound.video.as_mut().unwrap().width = 0;
    album.learn(sound, "\"4\"".into());
    assert_eq!(files(&album), ["1.jpg", "2.mp4", "3.mov"]);
    assert_eq!(album.rejected.len(), 1, "sound alone is nothing to see");
    let card = Card::of(&album);
    assert_eq!((card.photos, card.films), (3, 2));

    // The movie of a Live Photo counts with its picture.
    album.learn(film("A/1.mov", 2.0), "\"5\"".into());
    let card = Card::of(&album);
    assert_eq!((card.photos, card.films), (3, 2));
}

#[test]
fn what_has_no_picture_is_no_cover() {
    let mut album = Catalogue::new(FolderPath::parse("A").unwrap());
    album.learn(film("A/1.mp4", 60.0), "\"1\"".into());
    assert_eq!(Card::of(&album).cover, None);
    album.learn(facts("A/2.jpg", None, 300, 400), "\"2\"".into());
    assert_eq!(Card::of(&album).cover.map(|cover| cover.photo), Some(PhotoId::of_key("A/2.jpg")));
}

#[test]
fn the_owner_s_date_stands_for_the_photos() {
    let mut album = catalogue("A", &[("1.jpg", Some(1))]);
    album.described.values = metadata::read(b"date: 1968-07").unwrap();
    let card = Card::of(&album);
    assert_eq!((card.first, card.last), (Some(date(1968, 7, 1)), Some(date(1968, 7, 31))));
}

#[test]
fn the_cover_is_the_named_one_or_one_that_lies_well() {
    let mut album = Catalogue::new(FolderPath::parse("A").unwrap());
    album.learn(facts("A/1-tall.jpg", None, 300, 400), "\"1\"".into());
    album.learn(facts("A/2-wide.jpg", None, 400, 300), "\"2\"".into());
    album.learn(facts("A/3-wide.jpg", None, 400, 300), "\"3\"".into());
    let cover = |album: &Catalogue| Card::of(album).cover.map(|cover| cover.photo);
    assert_eq!(cover(&album), Some(PhotoId::of_key("A/2-wide.jpg")));
    album.described.values.cover_image = Some("3-wide.jpg".into());
    assert_eq!(cover(&album), Some(PhotoId::of_key("A/3-wide.jpg")));
    album.described.values.cover_image = Some("not there.jpg".into());
    assert_eq!(cover(&album), Some(PhotoId::of_key("A/2-wide.jpg")));

    let (old, new) = (catalogue("B/old", &[("1.jpg", Some(3))]), catalogue("B/new", &[("2.jpg", Some(9))]));
    let mut parent = with(Catalogue::new(FolderPath::parse("B").unwrap()), &[&old, &new]);
    assert_eq!(cover(&parent), Some(PhotoId::of_key("B/new/2.jpg")));
    parent.described.values.cover_image = Some("old".into());
    assert_eq!(cover(&parent), Some(PhotoId::of_key("B/old/1.jpg")));
}

#[test]
fn the_digest_is_that_of_a_listing() {
    let album = catalogue("A", &[("1.jpg", None), ("2.jpg", None), ("3.jpg", None)]);
    let mut listed: Vec<_> = album
        .photos
        .iter()
        .map(|(id, photo)| (Key::Facts(album.album(), *id).path(), *id, photo.facts.clone()))
        .collect();
    listed.sort();
    let mut digest = FactsDigest::default();
    for (_, id, etag) in &listed {
        digest.add(*id, etag);
    }
    assert_eq!(digest.finish(), album.facts_digest());
    assert_ne!(album.facts_digest(), catalogue("A", &[("1.jpg", None)]).facts_digest());
}

#[test]
fn a_catalogue_reads_back() {
    let mut album =
        with(catalogue("A", &[("1.jpg", Some(1)), ("2.jpg", None)]), &[&catalogue("A/b", &[("3.jpg", Some(2))])]);
    album.described = Described {
        edition: 1,
        version: Some(Version { etag: "\"m\"".into(), modified: Timestamp::UNIX_EPOCH }),
        values: metadata::read(b"title: x\ndate: 2024-05\nsort: name\ncaptions: {1.jpg: y}").unwrap(),
        problem: Some(metadata::read(b"title: [").unwrap_err()),
    };
    let json = serde_json::to_vec(&album).unwrap();
    assert_eq!(serde_json::from_slice::<Catalogue>(&json).unwrap(), album);
}
