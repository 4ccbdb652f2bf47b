//! Damaged, foreign and hostile files: always an answer, never a panic, never a flood of memory.

use std::time::{Duration, Instant};

use image::{DynamicImage, ImageFormat};
use libjpeg_turbo_rs::Subsampling;
use proptest::prelude::*;
use resizer::{Limits, Rejection, render};

use crate::drawn::{encoder, exif, jpeg, quarters, refused, rendered, written};

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
    originals.push(written(DynamicImage::from(picture).to_rgba8(), ImageFormat::Gif));
    originals
}

#[test]
fn a_file_that_was_cut_is_damaged() {
    let busy =
        image::RgbImage::from_fn(320, 240, |x, y| image::Rgb([(x * 7 + y * 3) as u8, (x ^ y) as u8, (x * y) as u8]));
    let kinds = [
        jpeg(&busy, Subsampling::S420),
        encoder(&busy, Subsampling::S420).progressive(true).encode().unwrap(),
        written(busy.clone(), ImageFormat::Png),
        written(busy.clone(), ImageFormat::WebP),
        written(busy.clone(), ImageFormat::Tiff),
        written(busy, ImageFormat::Bmp),
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

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn no_byte_brings_it_down(
        kind in 0_usize..9,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        cut in proptest::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = originals().swap_remove(kind);
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
