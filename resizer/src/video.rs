//! Videos: what their headers say (MP4 and MOV, ISO/IEC 14496-12 and Apple's `QuickTime` File Format), and where in the
//! file a first picture lies. Nothing but headers is read: a video of many gigabytes costs a few kilobytes.

use std::ops::Range;

use gallery::facts::{Position, Video, Witness, Zone};
use heifer_isobmff::boxes::{ColorInfo, HevcConfig, Property};
use heifer_isobmff::{BoxIter, RawBox};
use jiff::Timestamp;
use jiff::civil::DateTime;

use crate::described::{camera_name, iso8601};

/// Seconds from the container's epoch, 1904, to Unix's (14496-12, 8.2.2.3).
const EPOCH: i64 = 2_082_844_800;

/// What a sample entry of pictures holds before its boxes (14496-12, 12.1.3).
const VISUAL: usize = 78;

/// What a video's headers hold.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Headers {
    /// For the facts.
    pub(crate) video: Video,
    /// How to get the first picture, where we can.
    pub(crate) first: Option<First>,
}

/// The first picture of a video.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct First {
    /// The codec and what it needs to know.
    pub(crate) codec: Codec,
    /// Where in the file it lies.
    pub(crate) bytes: Range<u64>,
    /// Width and height as stored.
    pub(crate) size: (u32, u32),
    /// Primaries, transfer, matrix and range (ITU-T H.273), where the container names them.
    pub(crate) colour: Option<(u16, u16, u16, bool)>,
}

/// A codec whose still pictures are decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Codec {
    /// H.264, with its parameter sets and the bytes of its units' lengths.
    Avc(Vec<Vec<u8>>, usize),
    /// HEVC, with its parameter sets and the bytes of its units' lengths.
    Hevc(Vec<Vec<u8>>, usize),
    /// AV1, with its sequence header.
    Av1(Vec<u8>),
}

impl First {
    /// The stream that a decoder of stills takes, from the bytes of the picture.
    pub(crate) fn stream(&self, sample: &[u8]) -> Option<Vec<u8>> {
        match &self.codec {
            Codec::Av1(header) => Some([header, sample].concat()),
            Codec::Avc(sets, length) | Codec::Hevc(sets, length) => annex_b(sets, *length, sample),
        }
    }
}

/// The most units of a picture. It has some slices and what is said about them; a unit may be two bytes in a file and takes
/// many more in memory.
const UNITS: usize = 4096;

/// Units with start codes before them: the parameter sets, and those of a picture, which has their lengths in so many bytes.
/// `None` when one is cut, or when there are too many.
pub(crate) fn annex_b(sets: &[Vec<u8>], length: usize, picture: &[u8]) -> Option<Vec<u8>> {
    let mut stream = Vec::with_capacity(picture.len() + 1024);
    let (mut rest, mut units) = (picture, 0);
    let mut unit = |bytes: &[u8]| {
        stream.extend([0, 0, 0, 1]);
        stream.extend(bytes);
    };
    for set in sets {
        unit(set);
    }
    while !rest.is_empty() {
        units += 1;
        let (head, tail) = rest.split_at_checked(length).filter(|_| units <= UNITS)?;
        let size = head.iter().fold(0_usize, |size, &byte| size << 8 | usize::from(byte));
        let (body, tail) = tail.split_at_checked(size)?;
        unit(body);
        rest = tail;
    }
    Some(stream)
}

/// Reads the content of a `moov` box. `None` when it holds neither pictures nor sound.
pub(crate) fn read(moov: &[u8]) -> Option<Headers> {
    let mut video = Video {
        duration: 0.0,
        width: 0,
        height: 0,
        rotation: 0,
        codec: String::new(),
        taken: None,
        zone: None,
        camera: None,
        position: None,
    };
    let mut first = None;
    let mut seen = false;
    for part in boxes(moov) {
        match &part.header.box_type.0 {
            b"mvhd" => {
                let (created, duration) = times(part.content)?;
                video.duration = duration;
                video.taken = created;
            }
            b"trak" => {
                seen = true;
                if video.codec.is_empty()
                    && let Some(track) = track(part.content)
                {
                    (video.width, video.height) = track.size;
                    (video.rotation, video.codec) = (track.rotation, track.codec);
                    first = track.first;
                }
            }
            _ => {}
        }
    }
    tell(moov, &mut video);
    seen.then_some(Headers { video, first })
}

/// `mvhd` and `mdhd`: when it was made, in UTC, and how many seconds it lasts.
fn times(content: &[u8]) -> Option<(Option<DateTime>, f64)> {
    let long = *content.first()? == 1;
    let (created, scale, duration) = if long {
        (u64_at(content, 4)?, u32_at(content, 20)?, u64_at(content, 24)?)
    } else {
        (u64::from(u32_at(content, 4)?), u32_at(content, 12)?, u64::from(u32_at(content, 16)?))
    };
    let unknown = if long { u64::MAX } else { u64::from(u32::MAX) };
    let seconds = if scale == 0 || duration == unknown { 0.0 } else { duration as f64 / f64::from(scale) };
    let unix = i64::try_from(created).ok().and_then(|created| created.checked_sub(EPOCH)).filter(|unix| *unix > 0);
    let created = unix.and_then(|unix| Timestamp::from_second(unix).ok());
    Some((created.map(|at| jiff::tz::TimeZone::UTC.to_datetime(at)), seconds))
}

/// A track of pictures.
struct Track {
    size: (u32, u32),
    rotation: u16,
    codec: String,
    first: Option<First>,
}

fn track(trak: &[u8]) -> Option<Track> {
    let media = child(trak, b"mdia")?;
    if child(media, b"hdlr")?.get(8..12)? != b"vide" {
        return None;
    }
    let header = child(trak, b"tkhd")?;
    let matrix = if header.first() == Some(&1) { 52 } else { 40 };
    let turn = |i: usize| u32_at(header, matrix + i * 4).map(|v| (v as i32).signum());
    let rotation = match (turn(0)?, turn(1)?, turn(3)?, turn(4)?) {
        (0, 1, -1, 0) => 90,
        (-1, 0, 0, -1) => 180,
        (0, -1, 1, 0) => 270,
        _ => 0,
    };
    let shown = (u32_at(header, matrix + 36)? >> 16, u32_at(header, matrix + 40)? >> 16);
    let table = child(child(media, b"minf")?, b"stbl")?;
    let entry = boxes(child(table, b"stsd")?.get(8..)?).next()?;
    let body = entry.content;
    let short = |at: usize| body.get(at..at + 2).map(|b| u32::from(u16::from_be_bytes([b[0], b[1]])));
    let stored = (short(24)?, short(26)?);
    let size = if shown.0 == 0 || shown.1 == 0 { stored } else { shown };
    let sideways = rotation % 180 == 90;
    let codec: String = entry.header.box_type.0.iter().map(|&b| char::from(b)).filter(char::is_ascii_graphic).collect();
    Some(Track {
        size: if sideways { (size.1, size.0) } else { size },
        rotation,
        codec,
        first: body.get(VISUAL..).and_then(|setup| first(table, setup, stored)),
    })
}

/// The first picture, when it stands by itself and we can decode it.
fn first(table: &[u8], setup: &[u8], size: (u32, u32)) -> Option<First> {
    let codec = if let Some(config) = child(setup, b"hvcC") {
        let config = HevcConfig::parse(config).ok()?;
        Codec::Hevc(config.nal_units, usize::from(config.nal_length_size))
    } else if let Some(config) = child(setup, b"avcC") {
        avc(config)?
    } else {
        Codec::Av1(child(setup, b"av1C")?.get(4..)?.to_vec())
    };
    let colour = child(setup, b"colr").and_then(|content| {
        let kind = heifer_isobmff::FourCC(*b"colr");
        match Property::parse(kind, content).ok()? {
            Property::Color(ColorInfo::Nclx { primaries, transfer, matrix, full_range }) => {
                Some((primaries, transfer, matrix, full_range))
            }
            _ => None,
        }
    });
    // QuickTime's name for the same, which says nothing of the range.
    let colour = colour.or_else(|| {
        let content = child(setup, b"colr").filter(|content| content.starts_with(b"nclc"))?;
        let point = |at: usize| Some(u16::from_be_bytes(*content.get(at..)?.first_chunk::<2>()?));
        Some((point(4)?, point(6)?, point(8)?, false))
    });
    // No table of pictures that stand by themselves means that all do.
    if child(table, b"stss").is_some_and(|sync| u32_at(sync, 8) != Some(1)) {
        return None;
    }
    let start = match child(table, b"stco") {
        Some(offsets) => u64::from(u32_at(offsets, 8)?),
        None => u64_at(child(table, b"co64")?, 8)?,
    };
    let sizes = child(table, b"stsz")?;
    let length = match u32_at(sizes, 4)? {
        0 => u32_at(sizes, 12)?,
        same => same,
    };
    Some(First { codec, bytes: start..start.checked_add(u64::from(length))?, size, colour })
}

/// `avcC` (14496-15, 5.3.3.1): how long the lengths are, then the sequences' and the pictures' parameters.
fn avc(config: &[u8]) -> Option<Codec> {
    let length = usize::from(config.get(4)? & 3) + 1;
    let mut sets = Vec::new();
    let mut rest = config.get(5..)?;
    for mask in [0x1F, 0xFF] {
        let (&count, mut tail) = rest.split_first()?;
        for _ in 0..count & mask {
            let (size, from) = tail.split_first_chunk()?;
            let (set, behind) = from.split_at_checked(usize::from(u16::from_be_bytes(*size)))?;
            sets.push(set.to_vec());
            tail = behind;
        }
        rest = tail;
    }
    Some(Codec::Avc(sets, length))
}

/// What the maker wrote: place, time with its zone, camera. Apple's keys and the older four-letter texts.
fn tell(moov: &[u8], video: &mut Video) {
    let texts = texts(moov);
    let said = |names: [&str; 2]| texts.iter().find(|(name, _)| names.contains(&name.as_str())).map(|(_, text)| text);
    if let Some((local, zone)) = said(["com.apple.quicktime.creationdate", "\u{a9}day"]).and_then(|text| iso8601(text))
    {
        // A day alone says less than the header's time.
        if zone.is_some() || video.taken.is_none() {
            video.taken = Some(local);
            video.zone = zone.map(|minutes| Zone { minutes, from: Witness::Camera });
        }
    }
    let maker = said(["com.apple.quicktime.make", "\u{a9}mak"]).map_or("", String::as_str);
    let model = said(["com.apple.quicktime.model", "\u{a9}mod"]).map_or("", String::as_str);
    video.camera = camera_name(maker, model);
    video.position = said(["com.apple.quicktime.location.ISO6709", "\u{a9}xyz"]).and_then(|text| iso6709(text));
}

/// Every text of `udta` and `meta`, by its name.
fn texts(moov: &[u8]) -> Vec<(String, String)> {
    const LONGEST: usize = 4096;
    let text = |bytes: &[u8]| String::from_utf8_lossy(&bytes[..bytes.len().min(LONGEST)]).trim_matches('\0').to_owned();
    let mut texts = Vec::new();
    for entry in child(moov, b"udta").into_iter().flat_map(boxes) {
        let name = entry.header.box_type.0;
        // Length and language, two bytes each, go before the text.
        if name[0] == 0xA9
            && let Some(length) = entry.content.get(..2).map(|b| usize::from(u16::from_be_bytes([b[0], b[1]])))
            && let Some(value) = entry.content.get(4..4 + length)
        {
            texts.push((name.iter().map(|&b| char::from(b)).collect(), text(value)));
        }
    }
    // QuickTime's `meta` begins with its boxes; ISO's has four bytes before them.
    let Some(meta) = child(moov, b"meta") else { return texts };
    let meta = if meta.get(4..8) == Some(b"hdlr") { meta } else { meta.get(4..).unwrap_or_default() };
    let names: Vec<String> = child(meta, b"keys")
        .and_then(|keys| keys.get(8..))
        .map(|keys| boxes(keys).map(|key| text(key.content)).collect())
        .unwrap_or_default();
    for entry in child(meta, b"ilst").into_iter().flat_map(boxes) {
        let number = u32::from_be_bytes(entry.header.box_type.0) as usize;
        if let Some(name) = number.checked_sub(1).and_then(|i| names.get(i))
            && let Some(value) = child(entry.content, b"data").and_then(|data| data.get(8..))
        {
            texts.push((name.clone(), text(value)));
        }
    }
    texts
}

/// ISO 6709 as cameras write it: `+48.8577+002.2950+035.0/`.
fn iso6709(text: &str) -> Option<Position> {
    let text = text.trim_end_matches('/');
    let signs: Vec<usize> = text.match_indices(['+', '-']).map(|(at, _)| at).collect();
    let number = |i: usize| {
        let from = *signs.get(i)?;
        let to = signs.get(i + 1).copied().unwrap_or(text.len());
        text.get(from..to)?.parse::<f64>().ok().filter(|value| value.is_finite())
    };
    let (latitude, longitude) = (number(0)?, number(1)?);
    let inside = latitude.abs() <= 90.0 && longitude.abs() <= 180.0 && (latitude != 0.0 || longitude != 0.0);
    inside.then_some(Position { latitude, longitude, altitude: number(2) })
}

fn boxes(content: &[u8]) -> impl Iterator<Item = RawBox<'_>> {
    BoxIter::new(content).map_while(Result::ok)
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "byte strings are references")]
fn child<'a>(content: &'a [u8], kind: &[u8; 4]) -> Option<&'a [u8]> {
    boxes(content).find(|part| part.header.box_type.0 == *kind).map(|part| part.content)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read() {
        let paris = Position { latitude: 48.8577, longitude: 2.295, altitude: Some(35.0) };
        assert_eq!(iso6709("+48.8577+002.2950+035.0/"), Some(paris));
        assert_eq!(iso6709("-33.9-151.2/").map(|p| (p.latitude, p.altitude)), Some((-33.9, None)));
        for text in ["", "/", "+91+000/", "+0+0/", "+a+b", "48 2"] {
            assert_eq!(iso6709(text), None, "{text}");
        }
    }
}
