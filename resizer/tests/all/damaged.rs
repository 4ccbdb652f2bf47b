//! Damaged, foreign and hostile files: always an answer, never a panic, never a flood of memory.

use std::time::{Duration, Instant};

use image::{DynamicImage, ImageFormat};
use libjpeg_turbo_rs::Subsampling;
use proptest::prelude::*;
use resizer::{Limits, Rejection, render};

use crate::drawn::{
    QUARTERS, assert_colour, assert_quarters, encoder, exif, fixture, heic, jpeg, quarters, raw, refused, rendered,
    widest, written,
};

/// How many there are.
const KINDS: usize = 16;

/// One original of each kind, small enough to be broken a thousand times.
fn originals() -> Vec<Vec<u8>> {
    let picture = quarters(90, 70);
    let record = exif(6, &[(0x010E, "The swing"), (0x010F, "Maker"), (0x9003, "2012:05:20 13:00:59")]);
    let p3 = moxcms::ColorProfile::new_display_p3().encode().unwrap();
    let mut originals = vec![
        jpeg(&picture, Subsampling::S444),
        encoder(&picture, Subsampling::S420).exif_data(&record).icc_profile(&p3).encode().unwrap(),
        encoder(&picture, Subsampling::S422).progressive(true).encode().unwrap(),
        encoder(&quarters(3000, 40), Subsampling::S420).encode().unwrap(),
    ];
    for format in [ImageFormat::Png, ImageFormat::WebP, ImageFormat::Tiff, ImageFormat::Bmp] {
        originals.push(written(picture.clone(), format));
    }
    originals.push(written(DynamicImage::from(picture.clone()).to_rgba8(), ImageFormat::Gif));
    originals.push(heic(&picture));
    originals.extend(["quarters.avif", "veiled.avif", "cmyk.tiff", "palette.png", "moving.webp"].map(fixture));
    originals.push(raw(&jpeg(&quarters(700, 500), Subsampling::S420), 6, &[]));
    originals
}

fn busy() -> image::RgbImage {
    image::RgbImage::from_fn(320, 240, |x, y| image::Rgb([(x * 7 + y * 3) as u8, (x ^ y) as u8, (x * y) as u8]))
}

#[test]
fn a_file_that_was_cut_is_damaged() {
    let kinds = [
        written(busy(), ImageFormat::Png),
        written(busy(), ImageFormat::WebP),
        written(busy(), ImageFormat::Tiff),
        written(busy(), ImageFormat::Bmp),
        heic(&busy()),
        fixture("quarters.avif"),
    ];
    for (kind, original) in kinds.iter().enumerate() {
        rendered(original);
        for part in 1..40 {
            let cut = &original[..original.len() * part / 40];
            let reason = refused(cut);
            let expected = matches!(
                reason,
                Rejection::Damaged(_) | Rejection::Unsupported(_) | Rejection::Unknown | Rejection::Limit(_)
            );
            assert!(expected, "kind {kind}, {part}/40: {reason}");
        }
    }
}

#[test]
fn of_a_jpeg_that_was_cut_the_part_that_is_there_is_shown() {
    let picture = quarters(1600, 1200);
    for original in [
        encoder(&picture, Subsampling::S420).encode().unwrap(),
        encoder(&picture, Subsampling::S422).restart_rows(1).encode().unwrap(),
        encoder(&busy(), Subsampling::S444).encode().unwrap(),
    ] {
        assert_eq!(rendered(&original).picture.damaged, None);
        let (mut shown, mut refused) = (0, 0);
        for part in 1..20 {
            match render(&original[..original.len() * part / 20], &Limits::default()) {
                Ok(rendered) => {
                    shown += 1;
                    let note = rendered.picture.damaged.expect("it says so");
                    assert!(note.starts_with("its end is missing"), "{part}/20: {note}");
                    assert!(!rendered.renditions.is_empty());
                }
                Err(reason) => {
                    refused += 1;
                    assert!(matches!(reason, Rejection::Damaged(_)), "{part}/20: {reason}");
                }
            }
        }
        assert!(shown >= 12 && refused >= 1, "{shown} shown, {refused} refused");
    }
    // The upper half of the picture is there, in its colours.
    let original = encoder(&picture, Subsampling::S420).restart_rows(1).encode().unwrap();
    let half = rendered(&original[..original.len() * 3 / 5]);
    let seen = widest(&half);
    assert_colour(&seen, seen.width() / 4, seen.height() / 4, QUARTERS[0], 10);
    assert_colour(&seen, seen.width() * 3 / 4, seen.height() / 4, QUARTERS[1], 10);
}

#[test]
fn of_a_progressive_jpeg_that_was_cut_the_first_passes_are_shown() {
    let original = encoder(&quarters(1600, 1200), Subsampling::S420).progressive(true).encode().unwrap();
    let cut = rendered(&original[..original.len() * 4 / 5]);
    assert!(cut.picture.damaged.is_some());
    assert_quarters(&widest(&cut), QUARTERS, 40);
}

#[test]
fn a_hole_in_a_jpeg_is_noticed() {
    // Zeros are codes as good as any, so that all rows come, and the wrong ones.
    let picture = image::RgbImage::from_fn(1600, 1200, |x, y| {
        image::Rgb([(x * y % 251) as u8, (x * 7 + y * 3) as u8, (x ^ y) as u8])
    });
    let whole = encoder(&picture, Subsampling::S420).encode().unwrap();
    assert_eq!(rendered(&whole).picture.damaged, None);
    for part in 2..8 {
        let mut holed = whole.clone();
        let at = whole.len() * part / 10;
        holed[at..at + 4096].fill(0);
        let damaged = rendered(&holed).picture.damaged;
        assert!(damaged.is_some(), "with a hole at {part}/10");
    }
}

#[test]
fn harmless_bytes_after_the_end_are_accepted() {
    let original = jpeg(&quarters(320, 240), Subsampling::S420);
    let mut longer = original.clone();
    longer.extend([0; 4096]);
    longer.extend(b"a camera's trailer");
    assert_eq!(rendered(&longer).renditions, rendered(&original).renditions);
}

#[test]
fn a_header_that_claims_too_much_is_refused_at_once() {
    let start = Instant::now();
    let mut png = written(quarters(8, 8), ImageFormat::Png);
    png[16..20].copy_from_slice(&60_000_u32.to_be_bytes());
    png[20..24].copy_from_slice(&60_000_u32.to_be_bytes());
    let checksum = crc32(&png[12..29]);
    png[29..33].copy_from_slice(&checksum.to_be_bytes());
    assert!(
        matches!(refused(&png), Rejection::TooManyPixels { width: 60_000, height: 60_000, .. }),
        "{}",
        refused(&png)
    );

    let mut original = jpeg(&quarters(8, 8), Subsampling::S420);
    let frame = original.windows(2).position(|w| w == [0xFF, 0xC0]).unwrap();
    original[frame + 5..frame + 9].copy_from_slice(&[0xEA, 0x60, 0xEA, 0x60]);
    assert!(matches!(refused(&original), Rejection::TooManyPixels { .. }), "{}", refused(&original));
    // Within the pixels that are allowed, but not there: the memory is bounded and so is the time.
    original[frame + 5..frame + 9].copy_from_slice(&[0x27, 0x10, 0x27, 0x10]);
    assert!(matches!(refused(&original), Rejection::Damaged(_)), "{}", refused(&original));
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[test]
fn the_limits_are_the_callers() {
    let original = jpeg(&quarters(320, 240), Subsampling::S420);
    let most = Limits::default();
    let refused = |limits| render(&original, &limits).map(|rendered| rendered.picture).unwrap_err();
    assert!(matches!(refused(Limits { bytes: 100, ..most }), Rejection::TooManyBytes { limit: 100, .. }));
    assert!(matches!(refused(Limits { pixels: 320 * 240 - 1, ..most }), Rejection::TooManyPixels { .. }));
    assert!(matches!(refused(Limits { side: 319, ..most }), Rejection::TooManyPixels { side: 319, .. }));
    assert!(matches!(refused(Limits { memory: 1000, ..most }), Rejection::Limit(_)));
    assert!(render(&original, &Limits { pixels: 320 * 240, side: 320, ..most }).is_ok());
    let png = written(quarters(320, 240), ImageFormat::Png);
    let tight = Limits { memory: 1000, ..most };
    assert!(matches!(render(&png, &tight).map(|rendered| rendered.picture), Err(Rejection::Limit(_))));
}

#[test]
fn what_takes_too_long_is_refused_whatever_it_is() {
    let limits = Limits { time: Duration::ZERO, ..Limits::default() };
    for original in originals() {
        let reason = render(&original, &limits).map(|rendered| rendered.picture).unwrap_err();
        assert!(matches!(reason, Rejection::TooSlow(0)), "{reason}");
        assert!(reason.to_string().starts_with("making its pictures takes longer than the limit"), "{reason}");
    }
}

#[test]
fn a_thousand_passes_are_too_many_for_a_large_picture() {
    let original = encoder(&quarters(4000, 3000), Subsampling::S420).progressive(true).encode().unwrap();
    assert!(render(&original, &Limits::default()).is_ok());
    // As many beginnings of passes as a forger likes: they are counted before any of them is decoded.
    let end = original.len() - 2;
    let passes = [0xFF_u8, 0xDA].repeat(200);
    let forged = [&original[..end], &passes, &original[end..]].concat();
    let start = Instant::now();
    let limits = Limits { pixels: 12_000_000, ..Limits::default() };
    let reason = render(&forged, &limits).map(|r| r.picture).unwrap_err();
    assert!(matches!(reason, Rejection::Limit(_) | Rejection::Damaged(_)), "{reason}");
    assert!(start.elapsed() < Duration::from_secs(5));
}

thread_local! {
    static ORIGINALS: Vec<Vec<u8>> = originals();
}

#[test]
fn every_kind_is_among_those_that_are_broken() {
    let originals = originals();
    assert_eq!(originals.len(), KINDS);
    for original in originals {
        rendered(&original);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn no_byte_brings_it_down(
        kind in 0_usize..KINDS,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        cut in proptest::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = ORIGINALS.with(|originals| originals[kind].clone());
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        let limits = Limits { pixels: 4_000_000, memory: 64 << 20, ..Limits::default() };
        if let Ok(rendered) = render(&bytes, &limits) {
            prop_assert!(!rendered.renditions.is_empty());
        }
    }

    #[test]
    fn noise_is_refused(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        prop_assert!(render(&bytes, &Limits::default()).is_err());
    }
}

/// PNG's checksum (ISO 3309), bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    let mut sum = u32::MAX;
    for &byte in bytes {
        sum ^= u32::from(byte);
        for _ in 0..8 {
            sum = (sum >> 1) ^ if sum & 1 == 1 { 0xEDB8_8320 } else { 0 };
        }
    }
    !sum
}
