//! Golden pictures in other colour spaces, in each kind of file that says so in its own way; turns in the kinds that are not
//! JPEG; and what today's encoder makes, pinned.

use gallery::facts::VERSION;
use image::codecs::png::PngEncoder;
use image::codecs::webp::WebPEncoder;
use image::{ExtendedColorType, ImageEncoder, Rgb, RgbImage};
use libjpeg_turbo_rs::{Encoder, PixelFormat, Subsampling};
use moxcms::ColorProfile;

use crate::drawn::{
    QUARTERS, assert_colour, assert_quarters, encoder, exif, fixture, quarters, refused, rendered, segments, widest,
};

/// A picture that is stored without loss, with what may lie beside its pixels.
fn lossless(picture: &RgbImage, webp: bool, icc: Option<Vec<u8>>, exif: Option<Vec<u8>>) -> Vec<u8> {
    fn write(mut encoder: impl ImageEncoder, picture: &RgbImage, icc: Option<Vec<u8>>, exif: Option<Vec<u8>>) {
        icc.map_or(Ok(()), |icc| encoder.set_icc_profile(icc)).unwrap();
        exif.map_or(Ok(()), |exif| encoder.set_exif_metadata(exif)).unwrap();
        encoder.write_image(picture.as_raw(), picture.width(), picture.height(), ExtendedColorType::Rgb8).unwrap();
    }
    let mut bytes = Vec::new();
    if webp {
        write(WebPEncoder::new_lossless(&mut bytes), picture, icc, exif);
    } else {
        write(PngEncoder::new(&mut bytes), picture, icc, exif);
    }
    bytes
}

#[test]
fn every_profile_in_every_kind_means_its_colours() {
    // (150, 120, 100) in sRGB, by the primaries, the white and the curve that each space publishes.
    let spaces = [
        (ColorProfile::new_display_p3(), [156, 119, 97]),
        (ColorProfile::new_adobe_rgb(), [162, 121, 99]),
        (ColorProfile::new_pro_photo_rgb(), [194, 131, 115]),
    ];
    let flat = RgbImage::from_pixel(64, 48, Rgb([150, 120, 100]));
    for (profile, expected) in spaces {
        let icc = profile.encode().unwrap();
        let originals = [
            lossless(&flat, false, Some(icc.clone()), None),
            lossless(&flat, true, Some(icc.clone()), None),
            encoder(&flat, Subsampling::S444).icc_profile(&icc).encode().unwrap(),
        ];
        for original in originals {
            assert_colour(&widest(&rendered(&original)), 32, 24, expected, 4);
        }
    }
}

/// EXIF of a camera: `ColorSpace`, and behind a link the rule that its files keep (DCF 2.0, 5.3.1).
fn ruled(space: u16, rule: [u8; 4]) -> Vec<u8> {
    let entry = |tag: u16, kind: u16, count: u32, value: [u8; 4]| {
        [&tag.to_le_bytes()[..], &kind.to_le_bytes(), &count.to_le_bytes(), &value].concat()
    };
    let directory =
        |entries: &[Vec<u8>]| [&(entries.len() as u16).to_le_bytes()[..], &entries.concat(), &[0; 4]].concat();
    let link = |to: u32| to.to_le_bytes();
    [
        b"II\x2a\0\x08\0\0\0".to_vec(),
        directory(&[entry(0x8769, 4, 1, link(26))]),
        directory(&[entry(0xA001, 3, 1, (u32::from(space)).to_le_bytes()), entry(0xA005, 4, 1, link(56))]),
        directory(&[entry(1, 2, 4, rule)]),
    ]
    .concat()
}

#[test]
fn adobe_rgb_that_exif_alone_names_is_converted() {
    let flat = RgbImage::from_pixel(64, 48, Rgb([150, 120, 100]));
    let shown = |record: &[u8]| {
        let original = encoder(&flat, Subsampling::S444).exif_data(record).encode().unwrap();
        widest(&rendered(&original))
    };
    assert_colour(&shown(&ruled(65_535, *b"R03\0")), 32, 24, [162, 121, 99], 4);
    let png = lossless(&flat, false, None, Some(ruled(65_535, *b"R03\0")));
    assert_colour(&widest(&rendered(&png)), 32, 24, [162, 121, 99], 4);
    // What says that it is sRGB, and what keeps another rule.
    assert_colour(&shown(&ruled(1, *b"R98\0")), 32, 24, [150, 120, 100], 4);
    assert_colour(&shown(&ruled(65_535, *b"R98\0")), 32, 24, [150, 120, 100], 4);
    // A profile goes before it.
    let icc = ColorProfile::new_display_p3().encode().unwrap();
    let both =
        encoder(&flat, Subsampling::S444).exif_data(&ruled(65_535, *b"R03\0")).icc_profile(&icc).encode().unwrap();
    assert_colour(&widest(&rendered(&both)), 32, 24, [156, 119, 97], 4);
}

#[test]
fn inks_in_brightness_and_differences_keep_their_colours() {
    // As Adobe writes them: the inks inverted, the first three of them as JPEG codes RGB (the marker's transform 2).
    let inks: Vec<u8> = quarters(320, 240)
        .pixels()
        .flat_map(|pixel| {
            let [r, g, b] = pixel.0.map(|value| f64::from(255 - value));
            let y = 0.299 * r + 0.587 * g + 0.114 * b;
            [y, 128.0 + (b - y) / 1.772, 128.0 + (r - y) / 1.402, 255.0].map(|value| value.round() as u8)
        })
        .collect();
    let mut ycck =
        Encoder::new(&inks, 320, 240, PixelFormat::Cmyk).quality(95).subsampling(Subsampling::S444).encode().unwrap();
    let (_, adobe) = segments(&ycck).into_iter().find(|(code, _)| *code == 0xEE).expect("it has Adobe's marker");
    let at = ycck.windows(5).position(|w| w == b"Adobe").unwrap() + adobe.len() - 1;
    ycck[at] = 2;
    assert_quarters(&widest(&rendered(&ycck)), QUARTERS, 12);
}

#[test]
fn png_webp_and_tiff_are_turned_as_they_say() {
    let [a, b, c, d] = QUARTERS;
    for (orientation, expected) in [(3, [d, c, b, a]), (6, [c, a, d, b]), (7, [d, b, c, a])] {
        for webp in [false, true] {
            let original = lossless(&quarters(300, 200), webp, None, Some(exif(orientation, &[])));
            let rendered = rendered(&original);
            let sides = if orientation < 5 { (300, 200) } else { (200, 300) };
            assert_eq!(
                (rendered.picture.width, rendered.picture.height),
                sides,
                "{orientation} in {}",
                rendered.picture.kind
            );
            assert_quarters(&widest(&rendered), expected, 10);
        }
    }
    // The second is a BigTIFF, whose directory is built in another way.
    for (name, size) in [("turned.tiff", (40, 60)), ("big.tiff", (20, 30))] {
        let rendered = rendered(&fixture(name));
        assert_eq!(
            (rendered.picture.width, rendered.picture.height, rendered.picture.kind.as_str()),
            (size.0, size.1, "TIFF")
        );
        assert_eq!(rendered.picture.camera.as_deref(), Some("TIFF camera"), "{name}");
        assert_quarters(&widest(&rendered), [c, a, d, b], 16);
    }
}

#[test]
fn of_a_cropped_avif_the_part_is_shown() {
    // 200 by 100 of 300 by 200, whose middle lies 20 to the right and 10 above that of the whole.
    let rendered = rendered(&fixture("cropped.avif"));
    assert_eq!((rendered.picture.width, rendered.picture.height), (200, 100));
    let seen = widest(&rendered);
    let [a, b, c, d] = QUARTERS;
    for (x, y, colour) in [(70, 50, a), (90, 50, b), (70, 70, c), (90, 70, d)] {
        assert_colour(&seen, x, y, colour, 10);
    }
}

#[test]
fn tiffs_of_other_values_than_colours_are_named() {
    for (name, word) in [("lab.tiff", "CIELab"), ("fractions.tiff", "fractions")] {
        let said = refused(&fixture(name)).to_string();
        assert!(said.contains(word) && said.ends_with("to see it here"), "{name}: {said}");
    }
}

/// A number in facts makes every photo be rendered again where the encoder changed: this fails when it changed without one.
///
/// Everything between these pixels and these bytes is reckoned in whole numbers, so that they are the same on every processor.
#[test]
fn what_this_version_makes_is_what_it_made() {
    let drawn = RgbImage::from_fn(480, 320, |x, y| {
        let disc = u32::from((x / 9 + y / 7) % 5 == 0) * 60;
        Rgb([x * 150 / 480 + disc, y * 190 / 320 + disc, (x + 2 * y) % 190 + disc].map(|value| value as u8))
    });
    let png = rendered(&lossless(&drawn, false, None, None));
    let jpeg = rendered(&encoder(&drawn, Subsampling::S420).encode().unwrap());
    let hashes: Vec<String> =
        [png, jpeg].iter().flat_map(|made| made.picture.renditions.iter().map(|made| made.hash.clone())).collect();
    let pinned = [
        "e3f0158130293fd8",
        "cfb9d5171bd6e22e",
        "ebf8852ac73d3187",
        "084f579f189a4f18",
        "f0bb64d3d6a84bb9",
        "e481c2a02bb7d891",
        "bbf10e1dedd8ce6b",
        "0e43700264c714f9",
    ];
    assert_eq!(
        (VERSION, hashes),
        (6, pinned.map(str::to_owned).to_vec()),
        "other renditions want another `gallery::facts::VERSION`"
    );
}
