//! The fast ways against the library's, which reads and writes everything.

use libjpeg_turbo_rs::{Decoder, Encoder, PixelFormat, Subsampling};

use super::baseline::Baseline;
use super::{Jpeg, encode};
use crate::limits::{Deadline, Limits};
use crate::render::Pixels;
use crate::render::planes::{Plane, Planes};

fn deadline() -> Deadline {
    Deadline::of(&Limits::default())
}

/// Slopes, edges and grain, in RGB.
fn drawn(width: usize, height: usize) -> Vec<u8> {
    let mut seed = 3_u32;
    let mut samples = Vec::with_capacity(width * height * 3);
    for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let grain = (seed >> 27) as usize;
        let disc = if (x / 9 + y / 7) % 5 == 0 { 90 } else { 0 };
        samples.extend(
            [x * 200 / width + grain, y * 150 / height + disc, (x + y) % 180 + grain].map(|v| v.min(255) as u8),
        );
    }
    samples
}

fn coded(size: (usize, usize), sampling: Subsampling, restart: u16) -> Vec<u8> {
    let samples = drawn(size.0, size.1);
    let encoder = Encoder::new(&samples, size.0, size.1, PixelFormat::Rgb).quality(90).subsampling(sampling);
    encoder.restart_blocks(restart).encode().unwrap()
}

/// The part of the library's planes that is picture.
fn by_the_library(bytes: &[u8]) -> Vec<Plane> {
    let decoder = Decoder::new(bytes).unwrap();
    let (width, height) = (u32::from(decoder.header().width), u32::from(decoder.header().height));
    let factors: Vec<_> =
        decoder.header().components.iter().map(|c| (c.horizontal_sampling, c.vertical_sampling)).collect();
    let raw = decoder.decode_raw().unwrap();
    let sized = raw.planes.iter().zip(&raw.plane_widths).zip(&factors);
    sized
        .map(|((samples, &stride), factor)| {
            let side = |side: u32, own: u8, most: u8| (side * u32::from(own)).div_ceil(u32::from(most));
            let (width, height) = (side(width, factor.0, factors[0].0), side(height, factor.1, factors[0].1));
            let rows = samples.chunks(stride).take(height as usize);
            Plane { width, height, samples: rows.flat_map(|row| row[..width as usize].to_vec()).collect() }
        })
        .collect()
}

fn planes(planes: Planes) -> Vec<Plane> {
    std::iter::once(planes.y).chain(planes.chroma.into_iter().flatten()).collect()
}

#[test]
fn every_sample_is_the_librarys() {
    // Sides that are even in units, so that no plane is scaled at all.
    for (size, sampling, restart) in [
        ((64, 48), Subsampling::S420, 0),
        ((320, 160), Subsampling::S420, 3),
        ((64, 48), Subsampling::S422, 1),
        ((62, 34), Subsampling::S420, 0),
        ((1000, 16), Subsampling::S422, 7),
    ] {
        let bytes = coded(size, sampling, restart);
        let wanted = (size.0 as u32, size.1 as u32);
        let mine = Baseline::open(&bytes)
            .expect("it is of the common kind")
            .decode(wanted, false, 1, deadline(), u64::MAX)
            .unwrap()
            .unwrap();
        assert!(mine.1, "the scan ends where the picture does");
        let mine = mine.0;
        let theirs = by_the_library(&bytes);
        let mine = planes(mine);
        assert_eq!(mine[0], theirs[0], "{size:?} {sampling:?}");
        if sampling == Subsampling::S420 {
            assert_eq!(mine[1..], theirs[1..], "{size:?} {sampling:?}");
        }
    }
    let bytes = coded((61, 43), Subsampling::S444, 0);
    let mine = Baseline::open(&bytes).unwrap().decode((61, 43), true, 1, deadline(), u64::MAX).unwrap().unwrap().0;
    assert_eq!(planes(mine), by_the_library(&bytes));
}

#[test]
fn a_smaller_transform_is_nearly_a_smaller_picture() {
    let bytes = coded((640, 480), Subsampling::S420, 0);
    let whole = Baseline::open(&bytes).unwrap().decode((80, 60), false, 1, deadline(), u64::MAX).unwrap().unwrap().0;
    for divisor in [2, 4] {
        let small =
            Baseline::open(&bytes).unwrap().decode((80, 60), false, divisor, deadline(), u64::MAX).unwrap().unwrap().0;
        for (a, b) in planes(small).iter().zip(planes(whole.clone())) {
            let off: u32 = a.samples.iter().zip(&b.samples).map(|(a, b)| u32::from(a.abs_diff(*b))).sum();
            let mean = f64::from(off) / a.samples.len() as f64;
            assert!(mean < 2.0, "{divisor}: {mean}");
        }
    }
}

#[test]
fn what_is_not_common_or_not_whole_is_left_to_the_library() {
    let samples = drawn(64, 48);
    let encoder = || Encoder::new(&samples, 64, 48, PixelFormat::Rgb).quality(90);
    assert!(Baseline::open(&encoder().progressive(true).encode().unwrap()).is_none());
    assert!(Baseline::open(&encoder().subsampling(Subsampling::S411).encode().unwrap()).is_none());
    let whole = encoder().encode().unwrap();
    for length in 0..whole.len() - 2 {
        let cut = &whole[..length];
        assert!(
            Baseline::open(cut)
                .and_then(|jpeg| jpeg.decode((64, 48), false, 1, deadline(), u64::MAX).unwrap())
                .is_none(),
            "{length}"
        );
    }
    let grey = Encoder::new(&samples[..64 * 48], 64, 48, PixelFormat::Grayscale).encode().unwrap();
    let mine = Baseline::open(&grey).unwrap().decode((64, 48), false, 1, deadline(), u64::MAX).unwrap().unwrap().0;
    assert_eq!(planes(mine), by_the_library(&grey));
}

#[test]
fn what_is_written_is_read_back() {
    for (width, height) in [(1, 1), (8, 8), (17, 5), (160, 120), (33, 70)] {
        let limits = Limits::default();
        let samples = drawn(width as usize, height as usize);
        let mut planes = crate::render::planes::Rgb { width, height, samples }.to_planes();
        for grey in [false, true] {
            if grey {
                planes.chroma = None;
            }
            let bytes = encode(&planes.quartered());
            let theirs = Decoder::decode(&bytes).unwrap();
            assert_eq!((theirs.width as u32, theirs.height as u32), (width, height));
            let (Pixels::Planes(mine), None) =
                Jpeg::open(&bytes, &limits).unwrap().decode((width, height), false, deadline()).unwrap()
            else {
                panic!("it is not damaged")
            };
            let off: u32 = mine.y.samples.iter().zip(&planes.y.samples).map(|(a, b)| u32::from(a.abs_diff(*b))).sum();
            assert!(f64::from(off) / f64::from(width * height) < 5.0, "{width}x{height}: {off}");
            assert_eq!(by_the_library(&bytes)[0], mine.y);
        }
    }
}
