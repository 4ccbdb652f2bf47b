//! Films that move in: they know when they were recorded, some of them on the clock of the place.

use std::time::{Duration, UNIX_EPOCH};

use jiff::civil::date;
use serde_json::json;

use crate::google::Takeout;
use crate::{described, gallery, pages, said, told, with_gallery};

fn boxed(kind: &[u8], content: &[u8]) -> Vec<u8> {
    [&(content.len() as u32 + 8).to_be_bytes()[..], kind, content].concat()
}

fn filled(kind: &[u8], children: &[Vec<u8>]) -> Vec<u8> {
    boxed(kind, &children.concat())
}

fn words(values: &[u32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_be_bytes()).collect()
}

/// A film as phones write it, its headers behind its pictures: made at a moment (in seconds since 1970, 0 when it does not
/// know), and on an iPhone with the time on the clock of the place.
fn film(made: u32, apple: Option<&str>) -> Vec<u8> {
    let since_1904 = if made == 0 { 0 } else { made + 2_082_844_800 };
    let mvhd = [words(&[0, since_1904, since_1904, 600, 7500]), vec![0; 80]].concat();
    let upright = [0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000];
    let tkhd = [words(&[0, 0, 0, 1, 0, 7500, 0, 0, 0, 0]), words(&upright), words(&[640 << 16, 360 << 16])].concat();
    let entry = [vec![0; 24], vec![2, 128, 1, 104], vec![0; 50]].concat();
    let stsd = [words(&[0, 1]), boxed(b"avc1", &entry)].concat();
    let handler = |kind: &[u8]| boxed(b"hdlr", &[words(&[0, 0]), kind.to_vec(), vec![0; 13]].concat());
    let table = filled(b"minf", &[filled(b"stbl", &[boxed(b"stsd", &stsd)])]);
    let track = filled(b"trak", &[boxed(b"tkhd", &tkhd), filled(b"mdia", &[handler(b"vide"), table])]);
    let meta = apple.map(|time| {
        let name = boxed(b"mdta", b"com.apple.quicktime.creationdate");
        let text = boxed(b"data", &[words(&[1, 0]), time.as_bytes().to_vec()].concat());
        let keys = boxed(b"keys", &[words(&[0, 1]), name].concat());
        filled(b"meta", &[handler(b"mdta"), keys, filled(b"ilst", &[boxed(&[0, 0, 0, 1], &text)])])
    });
    let moov = filled(b"moov", &[boxed(b"mvhd", &mvhd), track, meta.unwrap_or_default()]);
    // More than is read of an archive's file before the whole of it is unpacked.
    let pictures: Vec<u8> = (0..400_000_u32).map(|at| (at.wrapping_mul(at) >> 7) as u8).collect();
    [boxed(b"ftyp", b"qt  \0\0\0\0qt  "), boxed(b"mdat", &pictures), moov].concat()
}

/// 10:00 UTC on 1 May 2020, when it was seven in the evening in Kyoto.
const EVENING: u32 = 1_588_327_200;

#[test]
fn a_film_out_of_an_export_keeps_its_own_date() {
    let folder = with_gallery();
    let mut takeout = Takeout::new(folder.path());
    let half_past = EVENING + 1800;
    for (name, bytes, taken) in [
        ("IMG_7.MOV", film(EVENING, Some("2020-05-01T19:00:00+0900")), "2020-05-01T10:00:00Z"),
        ("clip.mp4", film(half_past, None), "2020-05-01T10:30:00Z"),
        ("far.mp4", film(half_past, None), "2021-01-01T10:30:00Z"),
    ] {
        takeout.file(0, &format!("Fotos von 2020/{name}"), &bytes);
        takeout.notes(1, &format!("Fotos von 2020/{name}.supplemental-metadata.json"), name, "", taken);
    }
    takeout.finish();
    let zips = ["import", "takeout", "takeout-001.zip", "takeout-002.zip", "--zone", "+02:00", "--json"];
    let first = told(folder.path(), &zips);
    let year = "Google Photos/2020";
    assert_eq!((&first["dates"], &first["dates_kept"]), (&json!({ year: 2 }), &json!([])), "{first}");
    let dates: Vec<_> = described(&gallery(folder.path()), year)
        .dates
        .into_iter()
        .map(|(file, taken)| format!("{file} {taken}"))
        .collect();
    // Of the others only UTC is known: the one gets the clock of the iPhone's film, the other that of whoever asked.
    assert_eq!(dates, ["clip.mp4 2020-05-01T19:30:00", "far.mp4 2021-01-01T12:30:00"]);
    let page = &pages(&folder.path().join("heirloom-data"))[&crate::album(year)];
    for (file, time) in [("IMG_7.MOV", "2020-05-01T19:00:00"), ("clip.mp4", "2020-05-01T19:30:00")] {
        assert_eq!(said(page, file).1.as_deref(), Some(time), "{file}");
    }
}

#[test]
fn a_film_that_knows_its_date_does_not_get_its_file_s() {
    let folder = with_gallery();
    let root = folder.path().join("Pictures/Family/Lake");
    std::fs::create_dir_all(&root).unwrap();
    let films = [
        ("IMG_7.MOV", film(EVENING, Some("2020-05-01T19:00:00+0900"))),
        ("clip.mp4", film(EVENING + 1800, None)),
        ("nothing.mp4", film(0, None)),
    ];
    for (name, bytes) in films {
        std::fs::write(root.join(name), bytes).unwrap();
        let july = UNIX_EPOCH + Duration::from_secs(1_721_000_000);
        std::fs::File::options().write(true).open(root.join(name)).unwrap().set_modified(july).unwrap();
    }
    told(folder.path(), &["import", "folder", "Pictures", "--file-dates", "--json"]);
    let lake = described(&gallery(folder.path()), "Family/Lake");
    assert_eq!(lake.dates.keys().collect::<Vec<_>>(), ["nothing.mp4"]);
    assert_eq!(lake.dates["nothing.mp4"].date().first_of_month(), date(2024, 7, 1));
    let page = &pages(&folder.path().join("heirloom-data"))["Family/Lake"];
    assert_eq!(said(page, "IMG_7.MOV").1.as_deref(), Some("2020-05-01T19:00:00"));
    assert_eq!(said(page, "clip.mp4").1.as_deref(), Some("2020-05-01T10:30:00"), "in UTC, as nobody knows the place");
}
