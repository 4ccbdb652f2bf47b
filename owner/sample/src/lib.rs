//! Sample photos: landscapes drawn by our own code, so that a gallery can be tried without anybody's pictures.
//!
//! In: a seed and a size. Out: pixels ([`paint`]), a small JPEG ([`small`]), or a photo of 12 megapixels with an EXIF
//! record, stored turned as a camera would store it ([`photo`]). [`library`] is a family's worth of them. All of it
//! depends on the arguments alone: the same photo is drawn again byte for byte.

mod colour;
mod exif;
mod library;
mod noise;
mod outline;
mod painter;
mod palette;
mod scene;
mod sky;

use jiff::civil::DateTime;
use libjpeg_turbo_rs::{Encoder, PixelFormat, Subsampling};

pub use library::{Library, SamplePhoto, library};
pub use painter::paint;

use noise::Dice;

/// The quality of sample photos, about a camera's.
const QUALITY: u8 = 90;

/// How far the film's grain strays, in steps of 255.
const GRAIN: i16 = 3;

/// A picture as rows of red, green and blue bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rgb {
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Three bytes a pixel.
    pub samples: Vec<u8>,
}

/// The shape of a photo, upright. All have 12 megapixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// 4000 x 3000.
    Landscape,
    /// 3000 x 4000.
    Portrait,
    /// 6000 x 2000.
    Panorama,
}

impl Shape {
    /// Width and height, upright.
    pub fn size(self) -> (u32, u32) {
        match self {
            Self::Landscape => (4000, 3000),
            Self::Portrait => (3000, 4000),
            Self::Panorama => (6000, 2000),
        }
    }
}

/// A small landscape as JPEG, without metadata.
pub fn small(seed: u64, width: u32, height: u32) -> Vec<u8> {
    let picture = paint(seed, width, height);
    encoder(&picture).encode().expect("a painted picture can be encoded")
}

/// A photo of 12 megapixels as JPEG. Its pixels are stored so that the EXIF orientation (1 to 8) makes it upright.
/// `camera` is the maker, a space, and the model.
pub fn photo(seed: u64, shape: Shape, orientation: u8, taken: DateTime, camera: &str, caption: &str) -> Vec<u8> {
    let (width, height) = shape.size();
    // Painted at half the size: the land has no finer detail, and grain hides the rest.
    let picture = doubled(&turned_away(&paint(seed, width / 2, height / 2), orientation), seed);
    let (maker, model) = camera.split_once(' ').unwrap_or(("", camera));
    let record = exif::Record { orientation, taken, maker, model, caption }.to_tiff();
    encoder(&picture).exif_data(&record).encode().expect("a painted picture can be encoded")
}

fn encoder(picture: &Rgb) -> Encoder<'_> {
    Encoder::new(&picture.samples, picture.width as usize, picture.height as usize, PixelFormat::Rgb)
        .quality(QUALITY)
        .subsampling(Subsampling::S420)
}

/// The picture as a camera held in this orientation stores it: what EXIF's orientation undoes.
fn turned_away(upright: &Rgb, orientation: u8) -> Rgb {
    if orientation < 2 {
        return upright.clone();
    }
    let (across, down) = (upright.width as usize, upright.height as usize);
    let (width, height) = if orientation < 5 { (across, down) } else { (down, across) };
    let mut samples = Vec::with_capacity(upright.samples.len());
    for y in 0..height {
        for x in 0..width {
            let (from_x, from_y) = match orientation {
                2 => (width - 1 - x, y),
                3 => (width - 1 - x, height - 1 - y),
                4 => (x, height - 1 - y),
                5 => (y, x),
                6 => (height - 1 - y, x),
                7 => (height - 1 - y, width - 1 - x),
                _ => (y, width - 1 - x),
            };
            let at = (from_y * across + from_x) * 3;
            samples.extend_from_slice(&upright.samples[at..at + 3]);
        }
    }
    Rgb { width: width as u32, height: height as u32, samples }
}

/// The picture at twice the size, with grain.
fn doubled(picture: &Rgb, seed: u64) -> Rgb {
    let (width, height) = (picture.width as usize, picture.height as usize);
    let row = |y: usize| &picture.samples[y * width * 3..(y + 1) * width * 3];
    let mut dice = Dice::new(seed);
    let grains: Vec<i16> = (0..1 << 13)
        .map(|_| (dice.next() % (GRAIN as u64 + 1)) as i16 - (dice.next() % (GRAIN as u64 + 1)) as i16)
        .collect();
    let mut samples = vec![0; picture.samples.len() * 4];
    // One row between two, in quarters; its first and last pixel are repeated so that every pixel has neighbours.
    let mut between = vec![0_u16; (width + 2) * 3];
    for (y, output) in samples.chunks_exact_mut(width * 6).enumerate() {
        let nearer = y / 2;
        let farther = if y % 2 == 0 { nearer.saturating_sub(1) } else { (nearer + 1).min(height - 1) };
        for ((value, &near), &far) in between[3..].iter_mut().zip(row(nearer)).zip(row(farther)) {
            *value = u16::from(near) * 3 + u16::from(far);
        }
        between.copy_within(3..6, 0);
        between.copy_within(width * 3..width * 3 + 3, (width + 1) * 3);
        let grains = &grains[(dice.next() % 1024) as usize..];
        for ((x, pair), grain) in output.chunks_exact_mut(6).enumerate().zip(grains.chunks_exact(2).cycle()) {
            let near = &between[x * 3..x * 3 + 9];
            for channel in 0..3 {
                let middle = near[3 + channel] * 3;
                let left = i16::try_from((middle + near[channel] + 8) / 16).unwrap_or(0) + grain[0];
                let right = i16::try_from((middle + near[6 + channel] + 8) / 16).unwrap_or(0) + grain[1];
                pair[channel] = left.clamp(0, 255) as u8;
                pair[3 + channel] = right.clamp(0, 255) as u8;
            }
        }
    }
    Rgb { width: picture.width * 2, height: picture.height * 2, samples }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_paints_the_same_and_another_does_not() {
        assert_eq!(small(3, 64, 48), small(3, 64, 48));
        assert_ne!(small(3, 64, 48), small(4, 64, 48));
    }

    #[test]
    fn every_scene_can_be_painted_at_odd_sizes() {
        for seed in 0..42 {
            for (width, height) in [(1, 1), (3, 2), (1, 40), (41, 1), (37, 23)] {
                assert_eq!(paint(seed, width, height).samples.len(), (width * height * 3) as usize);
            }
        }
    }

    #[test]
    fn turning_away_is_undone_by_the_orientation() {
        let upright = paint(8, 6, 4);
        let colour = |picture: &Rgb, x: u32, y: u32| {
            let at = ((y * picture.width + x) * 3) as usize;
            picture.samples[at..at + 3].to_vec()
        };
        // Where EXIF 2.32 says that the stored row 0 and column 0 are on the upright picture.
        let corners = [(1, 0, 0), (2, 5, 0), (3, 5, 3), (4, 0, 3), (5, 0, 0), (6, 5, 0), (7, 5, 3), (8, 0, 3)];
        for (orientation, x, y) in corners {
            let stored = turned_away(&upright, orientation);
            assert_eq!(colour(&stored, 0, 0), colour(&upright, x, y), "orientation {orientation}");
            assert_eq!(stored.width, if orientation < 5 { 6 } else { 4 }, "orientation {orientation}");
        }
    }

    #[test]
    fn doubling_keeps_the_picture() {
        let small = paint(9, 20, 10);
        let large = doubled(&small, 1);
        assert_eq!((large.width, large.height), (40, 20));
        let mean =
            |picture: &Rgb| picture.samples.iter().map(|&v| f64::from(v)).sum::<f64>() / picture.samples.len() as f64;
        assert!((mean(&small) - mean(&large)).abs() < 2.0);
    }

    #[test]
    fn the_library_shows_every_orientation_and_no_key_twice() {
        let library = library();
        let keys: std::collections::BTreeSet<&str> = library.photos.iter().map(|p| p.key.as_str()).collect();
        assert_eq!(keys.len(), library.photos.len());
        let orientations: std::collections::BTreeSet<u8> =
            library.photos.iter().map(SamplePhoto::orientation).collect();
        assert_eq!(orientations, (1..=8).collect());
    }
}
