//! What a picture says of itself: which way is up, when and where it was taken, with what, and what it shows.
//!
//! Three records may say so: EXIF (the camera's), XMP and IPTC (the owner's programs'). What an owner wrote goes before
//! what a camera wrote. All of it is a stranger's word: it is bounded in length, what cannot be read is left out, and
//! nothing here fails.

mod camera;
mod exif;
mod iptc;
mod moment;
mod xmp;

use std::borrow::Cow;

use gallery::facts::{Exposure, Picture, Position, Witness, Zone};
use jiff::Timestamp;
use jiff::civil::DateTime;

pub(crate) use camera::name as camera_name;
pub(crate) use moment::{Moment, iso8601};

use moment::from_name;
use xmp::Xmp;

/// The longest caption, in characters.
const CAPTION: usize = 2_000;

/// The longest name of a camera, a lens or a place, and the longest keyword, in characters.
const NAME: usize = 80;

/// The most keywords.
const KEYWORDS: usize = 64;

/// The most names of places.
const PLACES: usize = 16;

/// A picture's own records, still unread.
#[derive(Clone, Debug, Default)]
pub(crate) struct Blocks<'a> {
    /// EXIF records, each a TIFF of its own.
    pub(crate) exif: Vec<Cow<'a, [u8]>>,
    /// An XMP packet.
    pub(crate) xmp: Option<Cow<'a, [u8]>>,
    /// IPTC-IIM datasets.
    pub(crate) iptc: Option<Cow<'a, [u8]>>,
}

/// What a picture says of itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Described {
    /// EXIF orientation, 1 to 8; 0 when it says nothing.
    pub(crate) orientation: u8,
    /// When it was taken.
    pub(crate) moment: Option<Moment>,
    /// Whether EXIF says that the colours are Adobe RGB's.
    pub(crate) is_adobe_rgb: bool,
    pub(crate) camera: Option<String>,
    pub(crate) lens: Option<String>,
    pub(crate) exposure: Exposure,
    pub(crate) position: Option<Position>,
    pub(crate) caption: Option<String>,
    pub(crate) keywords: Vec<String>,
    pub(crate) places: Vec<String>,
    pub(crate) rating: Option<u8>,
}

/// Reads a picture's records.
pub(crate) fn read(blocks: Blocks<'_>) -> Described {
    let exif = exif::read(blocks.exif);
    let xmp = blocks.xmp.as_deref().map(xmp::read).unwrap_or_default();
    let iptc = blocks.iptc.as_deref().map(iptc::read).unwrap_or_default();
    let keywords = names(xmp.keywords.into_iter().chain(iptc.keywords), KEYWORDS);
    let places = names(xmp.places.into_iter().chain(iptc.places), PLACES);
    let caption = [xmp.caption, iptc.caption, exif.caption].into_iter().flatten();
    let titled = [xmp.title, iptc.title].into_iter().flatten();
    let caption = caption.chain(titled).map(|text| line(&text, CAPTION)).find(|text| !text.is_empty());
    let written = xmp.taken.or(iptc.taken);
    let written = written.map(|(local, minutes)| {
        let zone = minutes.map(|minutes| Zone { minutes, from: Witness::Xmp });
        Moment { local, from: Witness::Xmp, zone }
    });
    let moment = exif.moment.or(written).or(exif.edited);
    Described {
        orientation: exif.orientation,
        moment,
        is_adobe_rgb: exif.is_adobe_rgb,
        camera: exif.camera,
        lens: exif.lens.or(xmp.lens).map(|name| line(&name, NAME)).filter(|name| !name.is_empty()),
        exposure: exif.exposure,
        position: exif.position,
        caption,
        keywords,
        places,
        rating: xmp.rating,
    }
}

/// What an XMP file beside a photo says of it, as digiKam, darktable and Lightroom write it: what it shows, and when it
/// was taken on the clock of the place.
pub fn beside(xmp: &[u8]) -> (Option<String>, Option<DateTime>) {
    let Xmp { caption, title, taken, .. } = xmp::read(xmp);
    let caption = caption.or(title).map(|text| line(&text, CAPTION)).filter(|text| !text.is_empty());
    (caption, taken.map(|(local, _)| whole_seconds(local)))
}

/// The moment in the name of a file, when it is a day and a time: `Screenshot_20240512-143015.png`.
pub fn in_name(file: &str, latest: Timestamp) -> Option<DateTime> {
    from_name(file, latest).filter(|local| local.time() != jiff::civil::Time::midnight())
}

/// Says when a picture was taken that does not say so itself: by the name of its file, else by its last change, else by its
/// upload.
pub(crate) fn date(picture: &mut Picture, file: &str, uploaded: Timestamp) {
    let edited = picture.taken_from == Some(Witness::Edited);
    if picture.taken.is_some() && !edited {
        return;
    }
    let (local, from) = match from_name(file, uploaded) {
        Some(local) => (local, Witness::FileName),
        None if edited => return,
        None => (jiff::tz::TimeZone::UTC.to_datetime(uploaded), Witness::Upload),
    };
    picture.taken = Some(whole_seconds(local));
    picture.taken_from = Some(from);
    picture.zone = None;
}

fn whole_seconds(time: DateTime) -> DateTime {
    time.with().subsec_nanosecond(0).build().unwrap_or(time)
}

/// Short names in their order, each once, the first so many.
fn names(all: impl Iterator<Item = String>, most: usize) -> Vec<String> {
    let mut names = Vec::new();
    for name in all {
        let name = line(&name, NAME);
        if !name.is_empty() && !names.contains(&name) && names.len() < most {
            names.push(name);
        }
    }
    names
}

/// Text in one line of at most so many characters.
fn line(text: &str, most: usize) -> String {
    let mut line = String::new();
    let mut left = most;
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        if left == 0 {
            break;
        }
        if !line.is_empty() {
            line.push(' ');
            left -= 1;
        }
        line.extend(word.chars().take(left));
        left -= word.chars().count().min(left);
    }
    line.trim_end().to_owned()
}

/// Text as bytes: UTF-8 as most write it, else Latin-1 as the rest do.
fn text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().copied().map(char::from).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_words_go_before_cameras() {
        let packet = br#"<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
            xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description
            xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:subject><rdf:Bag><rdf:li>sea</rdf:li><rdf:li> sun
            set </rdf:li></rdf:Bag></dc:subject></rdf:Description></rdf:RDF></x:xmpmeta>"#;
        let iptc = [&[0x1C, 2, 25, 0, 3][..], b"sea", &[0x1C, 2, 25, 0, 4], b"boat", &[0x1C, 2, 120, 0, 2], b"Hi"];
        let blocks =
            Blocks { exif: Vec::new(), xmp: Some(Cow::Borrowed(packet)), iptc: Some(Cow::Owned(iptc.concat())) };
        let described = read(blocks);
        assert_eq!(described.keywords, ["sea", "sun set", "boat"]);
        assert_eq!(described.caption.as_deref(), Some("Hi"));
    }

    #[test]
    fn a_place_is_named_once_and_briefly() {
        let many = (0..40).map(|n| format!("<rdf:li e:City='Town {n}' e:CountryName='Portugal'/>"));
        let many = many.collect::<Vec<_>>().concat();
        let packet = format!(
            "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns:e='{}'><rdf:Description \
             xmlns:p='http://ns.adobe.com/photoshop/1.0/' p:City=' Lisbon\n' p:Country='{}'><e:LocationShown><rdf:Bag>{many}\
             </rdf:Bag></e:LocationShown></rdf:Description></rdf:RDF>",
            "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
            "x".repeat(200)
        );
        let iptc = [&[0x1C, 2, 90, 0, 6][..], b"Lisbon"].concat();
        let xmp = Some(Cow::Borrowed(packet.as_bytes()));
        let places = read(Blocks { exif: Vec::new(), xmp, iptc: Some(Cow::Borrowed(&iptc)) }).places;
        assert_eq!(places.len(), PLACES);
        assert_eq!((places[0].as_str(), places[1].len()), ("Lisbon", NAME));
        assert_eq!(places[2..5], ["Town 0", "Portugal", "Town 1"]);
        let places = read(Blocks { iptc: Some(Cow::Owned(iptc)), ..Blocks::default() }).places;
        assert_eq!(places, ["Lisbon"]);
    }

    #[test]
    fn files_beside_photos_are_read() {
        let packet = br#"<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
            xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description
            xmlns:exif="http://ns.adobe.com/exif/1.0/" exif:DateTimeOriginal="1987-07-14T15:30:00.25"
            xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:description><rdf:Alt><rdf:li xml:lang="x-default">The
            boat</rdf:li></rdf:Alt></dc:description></rdf:Description></rdf:RDF></x:xmpmeta>"#;
        let taken = jiff::civil::date(1987, 7, 14).at(15, 30, 0, 0);
        assert_eq!(beside(packet), (Some("The boat".to_owned()), Some(taken)));
        assert_eq!(beside(b"no XML"), (None, None));
    }

    #[test]
    fn names_that_hold_a_day_alone_tell_no_time() {
        let latest: Timestamp = "2025-06-07T08:09:10Z".parse().unwrap();
        let time = jiff::civil::date(2024, 5, 12).at(14, 30, 15, 0);
        assert_eq!(in_name("Screenshot_20240512-143015.png", latest), Some(time));
        assert_eq!(in_name("IMG-20240512-WA0001.jpg", latest), None);
    }

    #[test]
    fn lines_are_short_and_plain() {
        assert_eq!(line(" a\n\tb\u{0} c ", 80), "a b c");
        assert_eq!(line("abc def", 5), "abc d");
        assert_eq!(line("äöü", 2), "äö");
        assert_eq!(line("ab cd", 3), "ab");
    }

    #[test]
    fn an_upload_is_the_last_word_on_a_date() {
        let uploaded: Timestamp = "2025-06-07T08:09:10.5Z".parse().unwrap();
        let mut picture = Picture::default();
        date(&mut picture, "scan.jpg", uploaded);
        assert_eq!(picture.taken, Some(jiff::civil::date(2025, 6, 7).at(8, 9, 10, 0)));
        assert_eq!(picture.taken_from, Some(Witness::Upload));
        let mut picture = Picture::default();
        date(&mut picture, "IMG_20240512_143015.jpg", uploaded);
        assert_eq!(picture.taken, Some(jiff::civil::date(2024, 5, 12).at(14, 30, 15, 0)));
        assert_eq!(picture.taken_from, Some(Witness::FileName));
        let edited = jiff::civil::date(2024, 6, 1).at(1, 2, 3, 0);
        let mut picture = Picture { taken: Some(edited), taken_from: Some(Witness::Edited), ..Picture::default() };
        date(&mut picture, "scan.jpg", uploaded);
        assert_eq!((picture.taken, picture.taken_from), (Some(edited), Some(Witness::Edited)));
        date(&mut picture, "IMG_20240512_143015.jpg", uploaded);
        assert_eq!(picture.taken_from, Some(Witness::FileName), "which tells more than a change");
        let mut picture = Picture { taken: Some(DateTime::ZERO), ..Picture::default() };
        date(&mut picture, "IMG_20240512_143015.jpg", uploaded);
        assert_eq!(picture.taken, Some(DateTime::ZERO));
    }
}
