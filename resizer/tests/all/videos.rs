//! Videos: facts from headers that are read in parts, and a poster where the codec is one that stills have too.

use gallery::facts::{Outcome, Position, Witness, Zone};
use heifer_isobmff::HeifFile;
use resizer::{Done, Limits, Rejection, Rendered, Wanted, video_picture};

use crate::drawn::{QUARTERS, assert_quarters, fixture, heic, pixels, quarters, widest};
use crate::room::Room;

fn boxed(kind: &[u8], content: &[u8]) -> Vec<u8> {
    [&(content.len() as u32 + 8).to_be_bytes()[..], kind, content].concat()
}

/// The children of a box, one after the other.
fn filled(kind: &[u8], children: &[Vec<u8>]) -> Vec<u8> {
    boxed(kind, &children.concat())
}

/// Numbers as boxes hold them.
fn words(values: &[u32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_be_bytes()).collect()
}

/// A video of 12.5 seconds, turned by a quarter, whose headers lie behind its pictures.
fn video(codec: &[u8], setup: &[u8], sample: &[u8]) -> Vec<u8> {
    let start = boxed(b"ftyp", b"qt  \0\0\0\0qt  ");
    let filler = boxed(b"free", &vec![0; 200_000]);
    let pictures = boxed(b"mdat", sample);
    let offset = (start.len() + filler.len() + 8) as u32;

    // 2022-02-16 11:55:41 UTC, in seconds since 1904.
    let created = 3_727_857_341_u32;
    let mvhd = [words(&[0, created, created, 600, 7500]), vec![0; 80]].concat();
    let turn = [0, 0x1_0000, 0, 0xFFFF_0000, 0, 0, 0, 0, 0x4000_0000];
    let tkhd = [words(&[0, 0, 0, 1, 0, 7500, 0, 0, 0, 0]), words(&turn), words(&[640 << 16, 360 << 16])].concat();
    let entry = [vec![0; 24], vec![2, 128, 1, 104], vec![0; 50], setup.to_vec()].concat();
    let stsd = [words(&[0, 1]), boxed(codec, &entry)].concat();
    let table = filled(
        b"stbl",
        &[
            boxed(b"stsd", &stsd),
            boxed(b"stsz", &words(&[0, 0, 1, sample.len() as u32])),
            boxed(b"stco", &words(&[0, 1, offset])),
        ],
    );
    let handler = boxed(b"hdlr", &[words(&[0, 0]), b"vide".to_vec(), vec![0; 13]].concat());
    let media = filled(b"mdia", &[handler, filled(b"minf", &[table])]);
    let sound = boxed(b"hdlr", &[words(&[0, 0]), b"soun".to_vec(), vec![0; 13]].concat());
    let keys = [
        ("com.apple.quicktime.make", "Apple"),
        ("com.apple.quicktime.model", "iPhone 13"),
        ("com.apple.quicktime.creationdate", "2022-02-16T12:55:41+0100"),
        ("com.apple.quicktime.location.ISO6709", "+48.8577+002.2950+035.0/"),
    ];
    let names: Vec<u8> = keys.iter().flat_map(|(key, _)| boxed(b"mdta", key.as_bytes())).collect();
    let values = keys.iter().enumerate().map(|(i, (_, value))| {
        let text = boxed(b"data", &[words(&[1, 0]), value.as_bytes().to_vec()].concat());
        boxed(&(i as u32 + 1).to_be_bytes(), &text)
    });
    let meta = filled(
        b"meta",
        &[
            boxed(b"hdlr", &[words(&[0, 0]), b"mdta".to_vec(), vec![0; 13]].concat()),
            boxed(b"keys", &[words(&[0, keys.len() as u32]), names].concat()),
            filled(b"ilst", &values.collect::<Vec<_>>()),
        ],
    );
    let moov = filled(
        b"moov",
        &[
            boxed(b"mvhd", &mvhd),
            filled(b"trak", &[filled(b"mdia", &[sound])]),
            filled(b"trak", &[boxed(b"tkhd", &tkhd), media]),
            meta,
        ],
    );
    [start, filler, pictures, moov].concat()
}

/// A video whose first picture is a HEIC's.
fn hevc() -> Vec<u8> {
    let still = heic(&quarters(640, 360));
    let file = HeifFile::parse(&still).unwrap();
    let id = file.primary_id;
    let item = file.item(id).unwrap();
    let tile = if item.item_type.0 == *b"grid" { file.referenced_items(id, b"dimg")[0] } else { id };
    let at = still.windows(4).position(|w| w == b"hvcC").unwrap() - 4;
    let length = u32::from_be_bytes(*still[at..].first_chunk().unwrap()) as usize;
    let colour = [b"nclx".to_vec(), vec![0, 1, 0, 13, 0, 6, 0x80]].concat();
    let setup = [still[at..at + length].to_vec(), boxed(b"colr", &colour)].concat();
    video(b"hvc1", &setup, &file.item_data(tile).unwrap())
}

#[tokio::test]
async fn a_video_has_facts_and_a_poster() {
    let Some(room) = Room::open().await else { return };
    let key = "Family/clip.JPG";
    room.put(key, hevc()).await;
    assert_eq!(room.resizer.refresh(key).await.unwrap(), Done::Rendered);
    room.assert_holds(&[key]).await;
    let facts = room.facts(key).await;
    let video = facts.video.clone().expect("it is a video");
    assert_eq!((video.width, video.height, video.rotation, video.codec.as_str()), (360, 640, 90, "hvc1"));
    assert!((video.duration - 12.5).abs() < 1e-9);
    assert_eq!(video.taken, Some(jiff::civil::date(2022, 2, 16).at(12, 55, 41, 0)));
    assert_eq!(video.zone, Some(Zone { minutes: 60, from: Witness::Camera }));
    assert_eq!(video.camera.as_deref(), Some("Apple iPhone 13"));
    assert_eq!(video.position, Some(Position { latitude: 48.8577, longitude: 2.295, altitude: Some(35.0) }));
    assert_eq!(facts.checksum, None, "nobody reads a video to its end");

    let picture = facts.picture().expect("it has a poster");
    assert!(picture.animated);
    let [a, b, c, d] = QUARTERS;
    for path in facts.rendition_keys() {
        let poster = room.store.read(&path).await.unwrap().unwrap();
        assert_quarters(&pixels(&poster.bytes), [c, a, d, b], 10);
    }
    room.remove(key).await;
    assert_eq!(room.resizer.refresh(key).await.unwrap(), Done::Removed);
    assert!(room.resized().await.is_empty());
}

#[tokio::test]
async fn a_video_without_a_poster_says_why_and_keeps_its_facts() {
    let Some(room) = Room::open().await else { return };
    room.put("Family/clip.mp4", video(b"avc1", &[], b"whatever")).await;
    assert_eq!(room.resizer.refresh("Family/clip.mp4").await.unwrap(), Done::Rejected);
    let facts = room.facts("Family/clip.mp4").await;
    assert_eq!(facts.video.map(|video| video.codec).as_deref(), Some("avc1"));
    let Outcome::Rejected { reason } = facts.outcome else { panic!("it has no poster") };
    assert!(reason.contains("it is a video (`avc1`)"), "{reason}");

    // Cut anywhere, and with nonsense in place of every part: a reason, never an error.
    let whole = hevc();
    for part in 0..12 {
        let cut = whole[..whole.len() * part / 12].to_vec();
        room.put("Family/cut.mov", cut).await;
        assert_eq!(room.resizer.refresh("Family/cut.mov").await.unwrap(), Done::Rejected, "{part}");
    }
    let headers = whole.windows(4).position(|w| w == b"moov").unwrap();
    for step in 0..24 {
        let mut broken = whole.clone();
        let length = broken.len();
        let at = headers + (length - headers) * step / 24;
        broken[at..(at + 5).min(length)].fill(0xFF);
        room.put("Family/broken.mov", broken).await;
        let done = room.resizer.refresh("Family/broken.mov").await.unwrap();
        assert!(matches!(done, Done::Rejected | Done::Rendered), "{step}: {done:?}");
    }
}

#[tokio::test]
async fn a_video_in_h264_has_a_poster() {
    let Some(room) = Room::open().await else { return };
    let key = "Family/clip.mp4";
    room.put(key, fixture("quarters.mp4")).await;
    assert_eq!(room.resizer.refresh(key).await.unwrap(), Done::Rendered);
    room.assert_holds(&[key]).await;
    let facts = room.facts(key).await;
    assert_eq!(
        facts.video.as_ref().map(|video| (video.width, video.height, video.codec.as_str())),
        Some((128, 96, "avc1"))
    );
    assert!(facts.picture().expect("it has a poster").animated);
}

/// The headers of an MP4, and its one picture.
pub(super) fn parts(file: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let content = |kind: &[u8; 4]| {
        let mut at = 0;
        loop {
            let length = u32::from_be_bytes(*file[at..].first_chunk().unwrap()) as usize;
            if &file[at + 4..at + 8] == kind {
                return file[at + 8..at + length].to_vec();
            }
            at += length;
        }
    };
    (content(b"moov"), content(b"mdat"))
}

fn shown(headers: &[u8], sample: &[u8], limits: &Limits) -> Option<Result<Rendered, Rejection>> {
    video_picture(headers, sample, limits, &Wanted::default())
}

#[test]
fn a_picture_in_h264_has_its_colours() {
    // Neither says which matrix its colours have: the smaller has that of standard television, the larger the other.
    for name in ["quarters.mp4", "quarters-720.mp4"] {
        let (headers, sample) = parts(&fixture(name));
        let rendered = shown(&headers, &sample, &Limits::default()).expect("there is a picture").unwrap();
        assert_quarters(&widest(&rendered), QUARTERS, 8);
    }
}

#[test]
fn of_a_broken_picture_in_h264_there_is_a_picture_or_a_reason() {
    let (headers, sample) = parts(&fixture("quarters.mp4"));
    let limits = Limits { pixels: 1 << 20, memory: 64 << 20, ..Limits::default() };
    for cut in 0..sample.len() {
        let reason = shown(&headers, &sample[..cut], &limits).expect("the headers are whole").map(|made| made.picture);
        assert!(matches!(reason, Err(Rejection::Damaged(_))), "{cut}: {reason:?}");
    }
    for at in 0..sample.len() {
        for wrong in [0, 0x55, 0xFF] {
            let mut broken = sample.clone();
            broken[at] = wrong;
            shown(&headers, &broken, &limits).expect("the headers are whole").map_err(|reason| reason.to_string()).ok();
        }
    }
    let setup = headers.windows(4).position(|w| w == b"avcC").unwrap();
    for at in setup..(setup + 60).min(headers.len()) {
        for wrong in [0, 1, 0x55, 0xFF] {
            let mut broken = headers.clone();
            broken[at] = wrong;
            shown(&broken, &sample, &limits);
        }
    }
}

/// A number as an exponential-Golomb code (ITU-T H.264, 9.1).
fn code(value: u32) -> String {
    let length = (value + 1).ilog2() as usize;
    format!("{:0>width$b}", value + 1, width = 2 * length + 1)
}

/// A unit, which begins with these bytes, with its length before it.
fn unit(start: &[u8], bits: &[String]) -> Vec<u8> {
    let mut bits = bits.concat();
    bits += &"0".repeat((8 - bits.len() % 8) % 8);
    let octets = bits.as_bytes().chunks(8).map(|octet| octet.iter().fold(0, |byte, bit| byte << 1 | (bit - b'0')));
    let unit: Vec<u8> = start.iter().copied().chain(octets).collect();
    [&(unit.len() as u32).to_be_bytes()[..], &unit].concat()
}

/// What a sequence says (ITU-T H.264, 7.3.2.1.1): how many pictures are kept, whether some may be missing, and its size in
/// blocks of 16.
fn sequence(kept: u32, gaps: bool, [width, height]: [u32; 2]) -> Vec<u8> {
    let bits = [
        // Its number, sixteen bits for a counter, how pictures are counted.
        [0, 12, 2, kept].map(code).concat(),
        u8::from(gaps).to_string(),
        [width - 1, height - 1].map(code).concat(),
        // Whole frames, as they are predicted, nothing cropped, nothing said of colours, and the end.
        "11001".to_owned(),
    ];
    unit(&[0x67, 66, 0, 51], &bits)
}

#[test]
fn a_stream_that_claims_too_much_is_refused_at_once() {
    let (headers, sample) = parts(&fixture("quarters.mp4"));
    let few = Limits { pixels: 1 << 20, ..Limits::default() };
    let claim = [sequence(1, false, [256, 144]), sample.clone()].concat();
    let reason = shown(&headers, &claim, &few).unwrap().map(|made| made.picture).unwrap_err();
    assert!(matches!(reason, Rejection::TooManyPixels { width: 4096, height: 2304, .. }), "{reason}");
    let tight = Limits { memory: 128 * 96, ..Limits::default() };
    let reason = shown(&headers, &sample, &tight).unwrap().map(|made| made.picture).unwrap_err();
    assert!(matches!(reason, Rejection::Limit(_)), "{reason}");
}

/// A stream may have a decoder invent the pictures that are missing before its first one: as many as it says are kept.
#[test]
fn pictures_that_are_missing_are_not_invented_by_the_thousand() {
    let (headers, _) = parts(&fixture("quarters.mp4"));
    // A picture's own parameters (7.3.2.2), all as plain as they can be.
    let parameters = [
        [0, 0].map(code).concat(),
        "00".into(),
        [0, 0, 0].map(code).concat(),
        "000".into(),
        [0, 0, 0].map(code).concat(),
        "0001".into(),
    ];
    let parameters = unit(&[0x68], &parameters);
    // The beginning of a slice (7.3.3) whose counter says that 3,000 pictures came before it.
    let slice = [[0, 7, 0].map(code).concat(), format!("{:016b}", 3000), "0".into(), code(0), "1".repeat(64)];
    let slice = unit(&[0x61], &slice);
    let bound = Limits { memory: 32 << 20, ..Limits::default() };
    for (kept, size, expected) in
        [(4000, [64, 64], "keeps more pictures"), (16, [64, 64], "more memory"), (16, [8, 8], "")]
    {
        let sample = [sequence(kept, true, size), parameters.clone(), slice.clone()].concat();
        let reason = shown(&headers, &sample, &bound).unwrap().map(|made| made.picture).unwrap_err().to_string();
        assert!(reason.contains(expected), "{kept}: {reason}");
    }
}

#[test]
fn what_follows_the_first_picture_is_not_looked_at() {
    let (headers, sample) = parts(&fixture("quarters.mp4"));
    let nonsense = unit(&[0x41], &[code(0), code(5), "1".repeat(20)]);
    let rendered = shown(&headers, &[sample.clone(), nonsense].concat(), &Limits::default()).unwrap().unwrap();
    assert_quarters(&widest(&rendered), QUARTERS, 8);
    let crowd = [sample, vec![0; 4 * 5000]].concat();
    let reason = shown(&headers, &crowd, &Limits::default()).unwrap().map(|made| made.picture);
    assert!(matches!(reason, Err(Rejection::Damaged(_))), "5,000 empty units: {reason:?}");
}

#[test]
fn a_picture_in_hevc_has_as_many_slices_as_cameras_write() {
    let (headers, sample) = parts(&hevc());
    assert!(shown(&headers, &sample.repeat(200), &Limits::default()).unwrap().is_ok());
    let reason =
        shown(&headers, &sample.repeat(201), &Limits::default()).unwrap().map(|made| made.picture).unwrap_err();
    assert!(reason.to_string().contains("200 slices"), "{reason}");
}
