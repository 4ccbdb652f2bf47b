//! Golden pictures: drawn here, rendered, and looked at in named points.

use gallery::renditions::Format;
use image::{DynamicImage, GrayImage, ImageBuffer, ImageFormat, Luma, LumaA, Rgb, Rgba};
use libjpeg_turbo_rs::{Encoder, PixelFormat, Subsampling};
use resizer::{Limits, Rejection, Wanted, render_as};

use crate::drawn::{
    QUARTERS, assert_colour, assert_quarters, encoder, exif, jpeg, jpegs, pixels, quarters, refused, rendered,
    segments, widest, written,
};

#[test]
fn every_orientation_comes_upright_once() {
    // Where the stored quarters lie on the upright picture: EXIF 2.32, tag 0x0112.
    let [a, b, c, d] = QUARTERS;
    let upright = [
        [a, b, c, d],
        [b, a, d, c],
        [d, c, b, a],
        [c, d, a, b],
        [a, c, b, d],
        [c, a, d, b],
        [d, b, c, a],
        [b, d, a, c],
    ];
    for (stored, expected) in [(2400, 1600), (600, 400), (301, 201)]
        .into_iter()
        .flat_map(|size| (1_u16..=8).zip(upright).map(move |(orientation, expected)| ((size, orientation), expected)))
    {
        let ((width, height), orientation) = stored;
        let record = exif(orientation, &[]);
        let original = encoder(&quarters(width, height), Subsampling::S420).exif_data(&record).encode().unwrap();
        let rendered = rendered(&original);
        let sides = if orientation < 5 { (width, height) } else { (height, width) };
        assert_eq!((rendered.picture.width, rendered.picture.height), sides, "orientation {orientation}");
        for (rendition, bytes) in &rendered.renditions {
            let seen = pixels(bytes);
            assert_eq!(seen.dimensions(), (rendition.width, rendition.height));
            assert_quarters(&seen, expected, 10);
        }
    }
}

#[test]
fn the_ladder_is_never_taller_than_the_original() {
    for (width, height, widths) in [
        (2400, 1200, vec![360, 720, 1200, 2048]),
        (2049, 1100, vec![360, 720, 1200, 2048]),
        (1600, 900, vec![360, 720, 1200, 1600]),
        (200, 120, vec![200]),
        (4000, 1000, vec![720, 1440, 2400, 4000]),
    ] {
        let rendered = rendered(&jpeg(&quarters(width, height), Subsampling::S420));
        let seen: Vec<u32> = jpegs(&rendered).into_iter().map(|(r, _)| r.width).collect();
        assert_eq!(seen, widths);
        assert_eq!(rendered.renditions.len(), widths.len() * 2, "each in both formats");
        assert!(rendered.renditions.iter().all(|(r, bytes)| r.height <= height && r.bytes == bytes.len() as u64));
        assert!(rendered.renditions.iter().all(|(r, _)| r.hash.len() == 16));
    }
}

#[test]
fn every_sampling_and_odd_size_keeps_its_colours() {
    use Subsampling::{S411, S420, S422, S440, S444};
    for sampling in [S444, S422, S420, S440, S411] {
        // The first two are scaled down by the decoder, by a half and by a quarter.
        for (width, height) in [(7801, 901), (15_603, 1201), (4001, 1999), (2047, 1363), (643, 427), (64, 48)] {
            let rendered = rendered(&jpeg(&quarters(width, height), sampling));
            for (_, bytes) in &rendered.renditions {
                assert_quarters(&pixels(bytes), QUARTERS, 10);
            }
        }
    }
}

#[test]
fn colour_stays_where_its_shape_is() {
    // A red square on grey: were the colour planes scaled by another measure than the brightness, it would bleed.
    for (width, height, sampling) in [
        (7999, 1201, Subsampling::S420),
        (7999, 1203, Subsampling::S422),
        (4003, 3001, Subsampling::S420),
        (1999, 1501, Subsampling::S420),
        (801, 603, Subsampling::S444),
    ] {
        let mut picture = image::RgbImage::from_pixel(width, height, Rgb([120, 120, 120]));
        let (left, top, side) = (width * 7 / 8, height * 7 / 8, width / 12);
        for y in top..(top + side).min(height) {
            for x in left..(left + side).min(width) {
                picture.put_pixel(x, y, Rgb([220, 60, 60]));
            }
        }
        let seen = widest(&rendered(&jpeg(&picture, sampling)));
        let scale = f64::from(seen.width()) / f64::from(width);
        let at = |v: u32| (f64::from(v) * scale) as u32;
        assert_colour(&seen, at(left) + 6, at(top) + 6, [220, 60, 60], 12);
        assert_colour(&seen, at(left) - 6, at(top) - 6, [120, 120, 120], 12);
        assert_colour(&seen, at(left + side) - 6, at(top) + 6, [220, 60, 60], 12);
        assert_colour(&seen, at(left + side) + 6, at(top) + 6, [120, 120, 120], 12);
    }
}

#[test]
fn extreme_shapes_are_rendered() {
    for (width, height) in [(1, 1), (1, 5000), (5000, 1), (2049, 3), (3, 2), (7, 65_535), (65_535, 2)] {
        let picture = image::RgbImage::from_pixel(width, height, Rgb([90, 140, 190]));
        for original in [written(picture.clone(), ImageFormat::Png), jpeg_if_small(&picture)] {
            let rendered = rendered(&original);
            assert_eq!((rendered.picture.width, rendered.picture.height), (width, height));
            for (rendition, bytes) in &rendered.renditions {
                let seen = pixels(bytes);
                assert_eq!(seen.dimensions(), (rendition.width, rendition.height));
                assert_colour(&seen, seen.width() / 2, seen.height() / 2, [90, 140, 190], 5);
            }
        }
    }
}

/// JPEG stops at 65,500 pixels in most hands.
fn jpeg_if_small(picture: &image::RgbImage) -> Vec<u8> {
    let small = picture.width().max(picture.height()) < 65_000;
    if small { jpeg(picture, Subsampling::S420) } else { written(picture.clone(), ImageFormat::Png) }
}

#[test]
fn jpeg_comes_in_every_kind() {
    let picture = quarters(900, 600);
    let progressive = encoder(&picture, Subsampling::S420).progressive(true).encode().unwrap();
    assert_quarters(&widest(&rendered(&progressive)), QUARTERS, 10);
    let restarts = encoder(&picture, Subsampling::S422).restart_rows(2).encode().unwrap();
    assert_quarters(&widest(&rendered(&restarts)), QUARTERS, 10);

    let grey = GrayImage::from_fn(900, 600, |x, _| Luma([if x < 450 { 40 } else { 210 }]));
    let original = Encoder::new(grey.as_raw(), 900, 600, PixelFormat::Grayscale).quality(95).encode().unwrap();
    let rendered_grey = rendered(&original);
    let seen = widest(&rendered_grey);
    assert_colour(&seen, 200, 300, [40; 3], 4);
    assert_colour(&seen, 700, 300, [210; 3], 4);
    let components = segments(&rendered_grey.renditions[0].1).into_iter().find(|(code, _)| *code == 0xC0).unwrap().1[5];
    assert_eq!(components, 1, "grey stays grey");

    // Inks are stored inverted, as Adobe does: 255 is none.
    let inks: Vec<u8> = picture.pixels().flat_map(|p| [p[0], p[1], p[2], 255]).collect();
    for sampling in [Subsampling::S444, Subsampling::S420] {
        let cmyk = Encoder::new(&inks, 900, 600, PixelFormat::Cmyk).quality(95).subsampling(sampling).encode().unwrap();
        assert_quarters(&widest(&rendered(&cmyk)), QUARTERS, 12);
    }
}

#[test]
fn other_formats_are_read_by_content() {
    let picture = quarters(500, 400);
    for format in [ImageFormat::Png, ImageFormat::WebP, ImageFormat::Tiff, ImageFormat::Bmp] {
        let rendered = rendered(&written(picture.clone(), format));
        assert_eq!((rendered.picture.width, rendered.picture.height), (500, 400), "{format:?}");
        assert_quarters(&widest(&rendered), QUARTERS, 8);
    }
    let gif = rendered(&written(DynamicImage::from(picture).to_rgba8(), ImageFormat::Gif));
    assert_quarters(&widest(&gif), QUARTERS, 16);
}

#[test]
fn deep_transparent_and_grey_pictures_become_plain_ones() {
    let deep = ImageBuffer::from_fn(400, 300, |x, y| {
        Rgb(QUARTERS[crate::drawn::quarter(x, y, 400, 300)].map(|v| u16::from(v) * 257 + 60))
    });
    assert_quarters(&widest(&rendered(&written(DynamicImage::ImageRgb16(deep), ImageFormat::Png))), QUARTERS, 8);

    let veil = ImageBuffer::from_fn(400, 300, |x, _| Rgba([200, 0, 0, if x < 200 { 0 } else { 128 }]));
    let seen = widest(&rendered(&written(DynamicImage::ImageRgba8(veil), ImageFormat::Png)));
    assert_colour(&seen, 100, 150, [255, 255, 255], 3);
    assert_colour(&seen, 300, 150, [227, 127, 127], 6);

    let faint = ImageBuffer::from_fn(400, 300, |_, y| LumaA([0_u8, if y < 150 { 255 } else { 0 }]));
    let seen = widest(&rendered(&written(DynamicImage::ImageLumaA8(faint), ImageFormat::Png)));
    assert_colour(&seen, 200, 70, [0; 3], 3);
    assert_colour(&seen, 200, 230, [255; 3], 3);
}

#[test]
fn a_foreign_profile_is_converted_and_not_kept() {
    let p3 = moxcms::ColorProfile::new_display_p3().encode().unwrap();
    let flat = image::RgbImage::from_pixel(640, 480, Rgb([100, 200, 100]));
    let original = encoder(&flat, Subsampling::S420).icc_profile(&p3).encode().unwrap();
    let rendered_p3 = rendered(&original);
    // Display P3 (100, 200, 100) is (45, 203, 86) in sRGB, by the primaries and the curve that both publish.
    assert_colour(&widest(&rendered_p3), 320, 240, [45, 203, 86], 4);
    assert!(jpegs(&rendered_p3).into_iter().all(|(_, bytes)| segments(bytes).iter().all(|(code, _)| *code != 0xE2)));

    let srgb = moxcms::ColorProfile::new_srgb().encode().unwrap();
    let original = encoder(&flat, Subsampling::S420).icc_profile(&srgb).encode().unwrap();
    assert_colour(&widest(&rendered(&original)), 320, 240, [100, 200, 100], 3);
}

#[test]
fn facts_come_from_exif() {
    let record = exif(
        1,
        &[
            (0x010E, "  The swing,\r\n before it broke "),
            (0x010F, "NIKON CORPORATION"),
            (0x0110, "NIKON D90"),
            (0x9003, "2012:05:20 13:00:59"),
        ],
    );
    let original = encoder(&quarters(300, 200), Subsampling::S420).exif_data(&record).encode().unwrap();
    let picture = rendered(&original).picture;
    assert_eq!(picture.taken, Some(jiff::civil::date(2012, 5, 20).at(13, 0, 59, 0)));
    assert_eq!(picture.camera.as_deref(), Some("NIKON D90"));
    assert_eq!(picture.caption.as_deref(), Some("The swing, before it broke"));

    let record = exif(
        1,
        &[
            (0x010E, "OLYMPUS DIGITAL CAMERA"),
            (0x010F, "Apple"),
            (0x0110, "iPhone 13"),
            (0x9004, "2020:02:30 01:02:03"),
        ],
    );
    let original = encoder(&quarters(300, 200), Subsampling::S420).exif_data(&record).encode().unwrap();
    let picture = rendered(&original).picture;
    assert_eq!(picture.camera.as_deref(), Some("Apple iPhone 13"));
    assert_eq!((picture.taken, picture.caption), (None, None), "no 30th of February, no camera's own words");
    assert_eq!(picture.colour.len(), 7);
    assert!(!picture.thumbhash.is_empty());
}

#[test]
fn a_scan_was_taken_when_its_owner_says_so() {
    // What a scanner's program changed last goes behind what somebody wrote.
    let record = exif(1, &[(0x0132, "2024:03:04 05:06:07")]);
    let packet = r#"<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
        <rdf:Description xmlns:exif="http://ns.adobe.com/exif/1.0/" exif:DateTimeOriginal="1987-07-14T15:30:00"/>
        </rdf:RDF></x:xmpmeta>"#;
    let drawn = quarters(300, 200);
    let scan = || encoder(&drawn, Subsampling::S420).exif_data(&record);
    let picture = rendered(&scan().xmp_data(packet.as_bytes()).encode().unwrap()).picture;
    assert_eq!(picture.taken, Some(jiff::civil::date(1987, 7, 14).at(15, 30, 0, 0)));
    assert_eq!(picture.taken_from, Some(gallery::facts::Witness::Xmp));
    let picture = rendered(&scan().encode().unwrap()).picture;
    assert_eq!(picture.taken, Some(jiff::civil::date(2024, 3, 4).at(5, 6, 7, 0)));
    assert_eq!(picture.taken_from, Some(gallery::facts::Witness::Edited));
}

#[test]
fn bad_exif_is_harmless() {
    for record in [b"II\x2a\x00\xFF\xFF\xFF\xFF".to_vec(), b"nonsense".to_vec(), exif(99, &[]), Vec::new()] {
        let original = encoder(&quarters(300, 200), Subsampling::S420).exif_data(&record).encode().unwrap();
        assert_quarters(&widest(&rendered(&original)), QUARTERS, 10);
    }
}

#[test]
fn what_is_not_a_picture_is_named() {
    let told = |bytes: &[u8]| refused(bytes).to_string();
    assert_eq!(refused(b""), Rejection::Empty);
    assert_eq!(told("Lieber Paul, hier die Notizen".as_bytes()), "it is a text file, not a picture");
    assert_eq!(told(b"%PDF-1.7\n..."), "it is a PDF document, not a picture");
    assert_eq!(told(b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom"), "it is a video, not a picture");
    assert_eq!(told(b"\0\0\0\x14ftypqt  \0\0\0\0qt  "), "it is a video, not a picture");
    // A header and nothing after it.
    for heif in [&b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"[..], b"\0\0\0\x18ftypavif\0\0\0\0avifmif1"] {
        assert!(told(heif).starts_with("the picture is damaged"), "{}", told(heif));
    }
    assert!(told(b"II\x2a\0\x10\0\0\0CR\x02\0").contains("this RAW file has no preview"));
    assert!(told(b"<svg xmlns='http://www.w3.org/2000/svg'/>").starts_with("SVG drawings are not yet read"));
    assert_eq!(refused(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]), Rejection::Unknown);
}

#[test]
fn avif_is_made_where_it_is_asked_for() {
    let wanted =
        Wanted { ladder: vec![90, 180], formats: vec![Format::Jpeg, Format::WebP, Format::Avif], ..Wanted::default() };
    for picture in [quarters(361, 243), image::DynamicImage::from(quarters(200, 150)).grayscale().to_rgb8()] {
        let original = jpeg(&picture, Subsampling::S444);
        let made = render_as(&original, &Limits::default(), &wanted).unwrap();
        let formats: Vec<_> = made.renditions.iter().map(|(rendition, _)| rendition.format).collect();
        assert_eq!(formats, [Format::Jpeg, Format::WebP, Format::Avif].repeat(2));
        for triple in made.renditions.chunks(3) {
            let [(_, jpeg), _, (rendition, avif)] = triple else { panic!("three formats") };
            assert!(avif[4..].starts_with(b"ftypavif"));
            // What we can read, whoever wrote it, has the same colours.
            let whole = Wanted { ladder: vec![rendition.width], formats: vec![Format::Jpeg], ..Wanted::default() };
            let read = render_as(avif, &Limits::default(), &whole).unwrap();
            assert_eq!((read.picture.width, read.picture.height), (rendition.width, rendition.height));
            let (seen, expected) = (pixels(&read.renditions[0].1), pixels(jpeg));
            let (width, height) = expected.dimensions();
            for (x, y) in [(width / 4, height / 4), (width * 3 / 4, height / 4), (width / 4, height * 3 / 4)] {
                assert_colour(&seen, x, y, expected.get_pixel(x, y).0, 10);
            }
        }
    }
}
