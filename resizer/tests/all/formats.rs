//! Golden pictures of the kinds that are not JPEG: HEIC, AVIF, camera RAW, palettes, depths, animations.

use gallery::facts::{Position, Witness, Zone};
use gallery::renditions::Format;
use image::{DynamicImage, ImageBuffer, ImageFormat, Rgb, RgbImage};
use libjpeg_turbo_rs::Subsampling;
use resizer::{Limits, Wanted, render_as};

use crate::drawn::{
    QUARTERS, assert_colour, assert_quarters, encoder, exif, fixture, heic, jpeg, pixels, quarters, raw, refused,
    rendered, widest, written,
};

/// A HEIC whose bits-per-channel property, which nobody needs, was made into another of the same length.
fn with_property(heic: &[u8], kind: &[u8], value: u8) -> Vec<u8> {
    let mut heic = heic.to_vec();
    let at = heic.windows(4).position(|w| w == b"pixi").expect("the encoder writes one");
    heic[at..at + 4].copy_from_slice(kind);
    heic[at + 4] = value;
    heic
}

#[test]
fn heic_is_shown_in_its_colours() {
    // The second is cut into tiles, the third has odd sides.
    for (width, height) in [(400, 300), (1300, 900), (401, 301)] {
        let rendered = rendered(&heic(&quarters(width, height)));
        assert_eq!((rendered.picture.width, rendered.picture.height), (width, height));
        assert_eq!(rendered.picture.kind, "HEIC");
        assert_quarters(&widest(&rendered), QUARTERS, 8);
    }
}

#[test]
fn heic_is_turned_by_its_container_alone() {
    let [a, b, c, d] = QUARTERS;
    let record = exif(6, &[(0x0110, "Phone"), (0x9003, "2024:05:06 07:08:09")]);
    let metadata = heifer::Metadata { exif: Some(record), ..heifer::Metadata::default() };
    let options = heifer::EncodeOptions { quality: 90, max_threads: 1 };
    let picture = quarters(400, 300);
    let rgba = DynamicImage::from(picture).to_rgba8().into_raw().into_iter().map(u16::from).collect();
    let image = heifer::Image { width: 400, height: 300, bit_depth: 8, has_alpha: false, data: rgba };
    let plain = heifer::encode_with_metadata(&image, &metadata, &options).unwrap();
    // `irot` counts quarter turns anticlockwise; `imir` 0 exchanges top and bottom, 1 left and right.
    for (kind, value, sides, expected) in [
        (&b"pixi"[..], 0, (400, 300), [a, b, c, d]),
        (b"irot", 1, (300, 400), [b, d, a, c]),
        (b"irot", 2, (400, 300), [d, c, b, a]),
        (b"irot", 3, (300, 400), [c, a, d, b]),
        (b"imir", 0, (400, 300), [c, d, a, b]),
        (b"imir", 1, (400, 300), [b, a, d, c]),
    ] {
        let rendered = rendered(&with_property(&plain, kind, value));
        assert_eq!((rendered.picture.width, rendered.picture.height), sides, "{value}");
        assert_quarters(&widest(&rendered), expected, 8);
        assert_eq!(rendered.picture.camera.as_deref(), Some("Phone"));
        assert_eq!(rendered.picture.taken, Some(jiff::civil::date(2024, 5, 6).at(7, 8, 9, 0)));
    }
}

#[test]
fn what_browsers_cannot_show_has_a_copy_of_all_of_it() {
    let wanted = Wanted { ladder: vec![100], ..Wanted::default() };
    let rendered = |original: &[u8]| render_as(original, &Limits::default(), &wanted).unwrap();
    let picture = quarters(400, 300);
    let [a, b, c, d] = QUARTERS;
    let upright = heic(&picture);
    let turned = with_property(&upright, b"irot", 1);
    let tiff = written(DynamicImage::from(picture.clone()), ImageFormat::Tiff);
    let deep = written(DynamicImage::from(DynamicImage::from(picture.clone()).to_rgb16()), ImageFormat::Tiff);
    let preview = jpeg(&picture, Subsampling::S420);
    for (what, original, size, expected) in [
        ("HEIC", upright, (400, 300), QUARTERS),
        ("HEIC, turned", turned, (300, 400), [b, d, a, c]),
        ("TIFF", tiff, (400, 300), QUARTERS),
        ("TIFF of sixteen bits", deep, (400, 300), QUARTERS),
        ("RAW", raw(&jpeg(&quarters(1500, 1000), Subsampling::S420), 1, &[]), (1500, 1000), QUARTERS),
    ] {
        let rendered = rendered(&original);
        let (whole, bytes) = rendered.whole.as_ref().unwrap_or_else(|| panic!("{what} has none"));
        assert_eq!((whole.width, whole.height, whole.format), (size.0, size.1, Format::Jpeg), "{what}");
        assert_quarters(&pixels(bytes), expected, 8);
        assert_eq!((rendered.picture.whole.as_ref(), whole.bytes), (Some(whole), bytes.len() as u64), "{what}");
        // The others are as ever.
        assert_quarters(&widest(&rendered), expected, 8);
        assert!(rendered.picture.renditions.iter().all(|other| other.width == 100), "{what}");
    }
    let png = written(DynamicImage::from(picture), ImageFormat::Png);
    let small = heic(&quarters(100, 75));
    for (what, original) in [("JPEG", preview), ("PNG", png), ("a small HEIC", small)] {
        assert_eq!(rendered(&original).picture.whole, None, "{what} needs none");
    }
}

#[test]
fn heic_of_ten_bits_with_opacity_and_a_profile_is_shown() {
    let options = heifer::EncodeOptions { quality: 90, max_threads: 1 };
    let veil = |x: u32| if x < 200 { 0 } else { 1023 };
    let data = (0..300 * 400_u32).flat_map(|i| [800, 160, 160, veil(i % 400)]).collect();
    let image = heifer::Image { width: 400, height: 300, bit_depth: 10, has_alpha: true, data };
    let seen = widest(&rendered(&heifer::encode(&image, &options).unwrap()));
    assert_colour(&seen, 100, 150, [255; 3], 6);
    assert_colour(&seen, 300, 150, [199, 40, 40], 8);

    let p3 = moxcms::ColorProfile::new_display_p3().encode().unwrap();
    let metadata = heifer::Metadata { icc_profile: Some(p3), ..heifer::Metadata::default() };
    let data = [100_u16, 200, 100, 255].repeat(400 * 300);
    let image = heifer::Image { width: 400, height: 300, bit_depth: 8, has_alpha: false, data };
    let original = heifer::encode_with_metadata(&image, &metadata, &options).unwrap();
    // As for JPEG: Display P3 (100, 200, 100) is (45, 203, 86) in sRGB.
    assert_colour(&widest(&rendered(&original)), 200, 150, [45, 203, 86], 5);
}

#[test]
fn avif_is_shown_in_its_colours() {
    for name in ["quarters.avif", "quarters-444.avif"] {
        let rendered = rendered(&fixture(name));
        assert_eq!((rendered.picture.width, rendered.picture.height), (300, 200), "{name}");
        assert_eq!(rendered.picture.kind, "AVIF");
        assert_quarters(&widest(&rendered), QUARTERS, 8);
    }
    let grey = widest(&rendered(&fixture("grey.avif")));
    // ITU-R BT.601's brightness of the four colours.
    assert_quarters(&grey, [[88; 3], [119; 3], [73; 3], [193; 3]], 5);
    let veiled = widest(&rendered(&fixture("veiled.avif")));
    assert_colour(&veiled, 75, 25, [255; 3], 6);
    assert_colour(&veiled, 75, 175, QUARTERS[2], 10);
    let turned = rendered(&fixture("turned.avif"));
    let [a, b, c, d] = QUARTERS;
    assert_eq!((turned.picture.width, turned.picture.height), (200, 300));
    assert_quarters(&widest(&turned), [c, a, d, b], 8);
    assert_eq!(turned.picture.camera.as_deref(), Some("AVIF camera"));
}

#[test]
fn of_a_raw_file_the_largest_preview_is_shown() {
    let small = jpeg(&RgbImage::from_pixel(160, 120, Rgb([9, 9, 9])), Subsampling::S420);
    let large = jpeg(&quarters(1500, 1000), Subsampling::S422);
    let both = [small.clone(), large].concat();
    let original = raw(&both, 6, &[(0x0110, "NIKON D90"), (0x9003, "2012:05:20 13:00:59")]);
    let rendered_raw = rendered(&original);
    let [a, b, c, d] = QUARTERS;
    assert_eq!((rendered_raw.picture.width, rendered_raw.picture.height), (1000, 1500));
    assert_quarters(&widest(&rendered_raw), [c, a, d, b], 10);
    assert_eq!(rendered_raw.picture.kind, "NEF");
    assert_eq!(rendered_raw.picture.camera.as_deref(), Some("NIKON D90"));
    assert_eq!(rendered_raw.picture.taken, Some(jiff::civil::date(2012, 5, 20).at(13, 0, 59, 0)));

    // Olympus and Panasonic write another magic number; Fuji no directory at all.
    for (magic, kind) in [(&b"IIRO"[..], "ORF"), (b"IIU\0", "RW2")] {
        let mut other = original.clone();
        other[..4].copy_from_slice(magic);
        let rendered = rendered(&other);
        assert_eq!((rendered.picture.width, rendered.picture.kind.as_str()), (1000, kind));
        assert_eq!(rendered.picture.camera.as_deref(), Some("NIKON D90"), "{kind}");
    }
    let record = exif(3, &[(0x0110, "X-T5")]);
    let preview = encoder(&quarters(900, 600), Subsampling::S420).exif_data(&record).encode().unwrap();
    let fuji = rendered(&[b"FUJIFILMCCD-RAW 0201".to_vec(), vec![0; 300], preview].concat());
    assert_eq!((fuji.picture.kind.as_str(), fuji.picture.camera.as_deref()), ("RAF", Some("X-T5")));
    assert_quarters(&widest(&fuji), [d, c, b, a], 10);

    assert!(refused(&raw(&small, 1, &[])).to_string().contains("just 160 x 120 pixels"));
    assert!(refused(&raw(&[], 1, &[])).to_string().contains("no preview"));
}

#[test]
fn canons_boxes_are_read() {
    const CANON: [u8; 16] =
        [0x85, 0xC0, 0xB6, 0x87, 0x82, 0x0F, 0x11, 0xE0, 0x81, 0x11, 0xF4, 0xCE, 0x46, 0x2B, 0x6A, 0x48];
    let boxed =
        |kind: &[u8; 4], content: Vec<u8>| [&(content.len() as u32 + 8).to_be_bytes()[..], kind, &content].concat();
    let first = exif(8, &[(0x0110, "Canon EOS R5")]);
    // The second directory is a TIFF of its own, whose first directory holds what EXIF's own would.
    let second = exif(1, &[(0x9003, "2023:01:02 03:04:05")]);
    let uuid = [CANON.to_vec(), boxed(b"CMT1", first), boxed(b"CMT2", second)].concat();
    let preview = jpeg(&quarters(900, 600), Subsampling::S420);
    let original = [
        boxed(b"ftyp", b"crx \0\0\0\x01crx isom".to_vec()),
        boxed(b"moov", boxed(b"uuid", uuid)),
        boxed(b"mdat", preview),
    ];
    let rendered = rendered(&original.concat());
    let [a, b, c, d] = QUARTERS;
    assert_eq!(rendered.picture.kind, "CR3");
    assert_quarters(&widest(&rendered), [b, d, a, c], 10);
    assert_eq!(rendered.picture.camera.as_deref(), Some("Canon EOS R5"));
    assert_eq!(rendered.picture.taken, Some(jiff::civil::date(2023, 1, 2).at(3, 4, 5, 0)));
}

#[test]
fn palettes_inks_and_depths_become_plain_colours() {
    assert_quarters(&widest(&rendered(&fixture("palette.png"))), QUARTERS, 8);
    assert_quarters(&widest(&rendered(&fixture("cmyk.tiff"))), QUARTERS, 12);
    let deep = ImageBuffer::from_fn(400, 300, |x, y| {
        Rgb(QUARTERS[crate::drawn::quarter(x, y, 400, 300)].map(|v| u16::from(v) * 257 + 60))
    });
    assert_quarters(&widest(&rendered(&written(DynamicImage::ImageRgb16(deep), ImageFormat::Tiff))), QUARTERS, 8);
}

#[test]
fn a_ramp_of_sixteen_bits_shows_no_bands() {
    // A dark ramp over 2,000 pixels: rounded to eight bits before it is made smaller it would have steps of uneven width.
    let ramp = ImageBuffer::from_fn(2000, 64, |x, _| Rgb([(4000 + x * 8) as u16; 3]));
    let rendered = rendered(&written(DynamicImage::ImageRgb16(ramp), ImageFormat::Png));
    let seen = pixels(&rendered.renditions[rendered.renditions.len() - 2].1);
    for x in (0..seen.width()).step_by(50) {
        let exact = (4000.0 + f64::from(x) * 2000.0 / f64::from(seen.width()) * 8.0) / 257.0;
        let value = f64::from(seen.get_pixel(x, 32).0[1]);
        assert!((value - exact).abs() <= 2.0, "at {x}: {value}, not {exact:.1}");
    }
}

#[test]
fn what_moves_shows_its_first_frame_and_says_that_it_moves() {
    for name in ["moving.png", "moving.gif", "moving.webp"] {
        let rendered = rendered(&fixture(name));
        assert!(rendered.picture.animated, "{name}");
        assert_eq!((rendered.picture.width, rendered.picture.height), (60, 40), "{name}");
        assert_quarters(&widest(&rendered), QUARTERS, 20);
    }
    let still = rendered(&written(DynamicImage::from(quarters(60, 40)).to_rgba8(), ImageFormat::Gif));
    assert!(!still.picture.animated);
    assert!(!rendered(&fixture("palette.png")).picture.animated);
}

#[test]
fn a_camera_tells_how_and_where() {
    let original = encoder(&quarters(300, 200), Subsampling::S420).exif_data(&record()).encode().unwrap();
    let picture = rendered(&original).picture;
    assert_eq!(picture.lens.as_deref(), Some("50mm f/1.8"));
    let exposure = picture.exposure;
    assert_eq!((exposure.seconds, exposure.aperture, exposure.iso), (Some(0.005), Some(1.8), Some(400)));
    assert_eq!((exposure.focal_length, exposure.focal_length_35mm), (Some(50.0), Some(75)));
    let place = Position { latitude: -33.858_333, longitude: 151.215, altitude: Some(12.5) };
    assert_eq!(picture.position, Some(place));
    assert_eq!(picture.taken_from, Some(Witness::Camera));
    // The camera says no zone, but the satellites' clock was ten hours behind.
    assert_eq!(picture.zone, Some(Zone { minutes: 600, from: Witness::Satellites }));
}

/// A directory's entry: tag, type, count and value.
type Entry = (u16, u16, u32, Vec<u8>);

/// A record with an exposure and a place: a lens of 50 mm at f/1.8, in Sydney.
pub(super) fn record() -> Vec<u8> {
    let mut tiff = b"II\x2a\0\x08\0\0\0".to_vec();
    let short = |tag: u16, value: u16| (tag, 3_u16, 1_u32, value.to_le_bytes().to_vec());
    let text = |tag: u16, text: &str| (tag, 2_u16, text.len() as u32 + 1, format!("{text}\0").into_bytes());
    let ratio = |tag: u16, values: &[(u32, u32)]| {
        let bytes = values.iter().flat_map(|(a, b)| [a.to_le_bytes(), b.to_le_bytes()].concat()).collect::<Vec<_>>();
        (tag, 5_u16, values.len() as u32, bytes)
    };
    let long = |tag: u16, value: usize| (tag, 4_u16, 1_u32, (value as u32).to_le_bytes().to_vec());
    let first = |exif: usize, gps: usize| vec![long(0x8769, exif), long(0x8825, gps)];
    let exif = vec![
        ratio(0x829A, &[(1, 200)]),
        ratio(0x829D, &[(18, 10)]),
        short(0x8827, 400),
        text(0x9003, "2024:05:06 17:08:09"),
        ratio(0x920A, &[(50, 1)]),
        text(0xA431, "secret-serial-4711"),
        short(0xA405, 75),
        text(0xA434, "50mm f/1.8"),
    ];
    let gps = vec![
        text(0x0001, "S"),
        ratio(0x0002, &[(33, 1), (51, 1), (30, 1)]),
        text(0x0003, "E"),
        ratio(0x0004, &[(151, 1), (12, 1), (54, 1)]),
        ratio(0x0006, &[(125, 10)]),
        ratio(0x0007, &[(7, 1), (8, 1), (5, 1)]),
        text(0x001D, "2024:05:06"),
    ];
    let laid = |at: usize, entries: &[Entry]| {
        let mut bytes = (entries.len() as u16).to_le_bytes().to_vec();
        let mut apart = Vec::new();
        for (tag, kind, count, value) in entries {
            bytes.extend([tag.to_le_bytes(), kind.to_le_bytes()].concat());
            bytes.extend(count.to_le_bytes());
            if value.len() > 4 {
                bytes.extend(((at + 6 + entries.len() * 12 + apart.len()) as u32).to_le_bytes());
                apart.extend(value);
            } else {
                bytes.extend(value.iter().copied().chain([0; 4]).take(4));
            }
        }
        [bytes, vec![0; 4], apart].concat()
    };
    let exif_at = 8 + laid(8, &first(0, 0)).len();
    let gps_at = exif_at + laid(exif_at, &exif).len();
    tiff.extend(laid(8, &first(exif_at, gps_at)));
    tiff.extend(laid(exif_at, &exif));
    tiff.extend(laid(gps_at, &gps));
    tiff
}
