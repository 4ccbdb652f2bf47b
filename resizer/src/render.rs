//! One original in, a ladder of renditions and what is known of the picture out. Pure: bytes to bytes.
//!
//! The way: name the kind by content; read the header and hold it against the limits; decode, already scaled down;
//! resize to the largest rendition; convert foreign colours to sRGB; turn upright, once; encode, and make each smaller
//! rendition from the one above it.
//!
//! Renditions carry no metadata at all. A colour profile is not kept either: whatever it was, the pixels are sRGB,
//! which is what every viewer takes an unmarked JPEG for.

mod colour;
mod exif;
mod jpeg;
mod planes;
mod raster;
mod sniff;

use bytes::Bytes;
use data_encoding::{BASE64, HEXLOWER};
use fast_image_resize::Resizer;
use gallery::facts::{Picture, Rendition};
use gallery::renditions::{Format, sizes};
use sha2::{Digest, Sha256};

use crate::limits::Limits;
use colour::ToSrgb;
use planes::{Planes, Rgb};
use sniff::Kind;

/// The side of the picture that the placeholder is made from.
const PLACEHOLDER: u32 = 100;

/// A picture's sized copies and what is known of it.
#[derive(Clone, Debug)]
pub struct Rendered {
    /// What is known, the renditions' names included.
    pub picture: Picture,
    /// The renditions with their bytes, smallest first.
    pub renditions: Vec<(Rendition, Bytes)>,
}

/// Why an original will not become a photo: a sentence for the owner. Trying again changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// No bytes.
    #[error("the file is empty")]
    Empty,
    /// Something else than a picture.
    #[error("it is {0}, not a picture")]
    Foreign(&'static str),
    /// A picture of a kind that is not read.
    #[error("{0} are not yet read: upload it as JPEG to see it here")]
    NotYet(&'static str),
    /// Nothing that is known.
    #[error("it is not a picture of a known kind")]
    Unknown,
    /// A known kind in an unusual shape.
    #[error("it is a picture of a kind that is not read: {0}")]
    Unsupported(String),
    /// Not whole.
    #[error("the picture is damaged: {0}")]
    Damaged(String),
    /// Too large a file.
    #[error("its {bytes} bytes exceed the limit of {limit}")]
    TooManyBytes {
        /// The file's size.
        bytes: u64,
        /// The limit.
        limit: u64,
    },
    /// Too large a picture.
    #[error("its {width} x {height} pixels exceed the limit of {megapixels} megapixels and {side} pixels a side")]
    TooManyPixels {
        /// Width as stored.
        width: u32,
        /// Height as stored.
        height: u32,
        /// The limit in megapixels.
        megapixels: u64,
        /// The limit of a side.
        side: u32,
    },
    /// Another limit.
    #[error("{0}")]
    Limit(String),
    /// A fault of the decoder's.
    #[error("the picture is damaged in a way that its decoder could not bear")]
    DecoderFailed,
}

/// A decoded picture, as stored: not upright yet, not sRGB yet.
enum Pixels {
    Planes(Planes),
    Rgb(Rgb),
}

/// Makes the renditions of an original.
pub fn render(bytes: &[u8], limits: &Limits) -> Result<Rendered, Rejection> {
    if bytes.len() as u64 > limits.bytes {
        return Err(Rejection::TooManyBytes { bytes: bytes.len() as u64, limit: limits.bytes });
    }
    let source = Source::open(bytes, limits)?;
    let described = exif::read(bytes);
    let sideways = described.orientation >= 5;
    let turned = |(a, b): (u32, u32)| if sideways { (b, a) } else { (a, b) };
    let (width, height) = turned(source.size()?);
    let ladder = sizes(width, height);
    let largest = *ladder.last().expect("the ladder is never empty");

    let mut resizer = Resizer::new();
    let mut picture = source.decode(&mut resizer, turned(largest), limits)?.oriented(described.orientation);
    let mut renditions = Vec::with_capacity(ladder.len());
    for &(width, height) in ladder.iter().rev() {
        picture = picture.resized(&mut resizer, width, height);
        let jpeg = jpeg::encode(&picture, &mut resizer)?;
        renditions.push((rendition(width, height, &jpeg), Bytes::from(jpeg)));
    }
    renditions.reverse();

    let (thumbhash, colour) = placeholder(&picture, &mut resizer);
    let picture = Picture {
        width,
        height,
        taken: described.taken,
        camera: described.camera,
        caption: described.caption,
        thumbhash,
        colour,
        renditions: renditions.iter().map(|(rendition, _)| rendition.clone()).collect(),
        ..Picture::default()
    };
    Ok(Rendered { picture, renditions })
}

/// An original whose header was read and is within the limits.
enum Source<'a> {
    Jpeg(Box<jpeg::Jpeg<'a>>),
    Other(&'a [u8], image::ImageFormat),
}

impl<'a> Source<'a> {
    fn open(bytes: &'a [u8], limits: &Limits) -> Result<Self, Rejection> {
        let source = match sniff::sniff(bytes)? {
            Kind::Jpeg => Self::Jpeg(Box::new(jpeg::Jpeg::open(bytes, limits)?)),
            Kind::Other(format) => Self::Other(bytes, format),
        };
        let (width, height) = source.size()?;
        if width == 0 || height == 0 {
            return Err(Rejection::Damaged("it has no pixels".to_owned()));
        }
        if u64::from(width) * u64::from(height) > limits.pixels || width.max(height) > limits.side {
            let (megapixels, side) = (limits.pixels / 1_000_000, limits.side);
            return Err(Rejection::TooManyPixels { width, height, megapixels, side });
        }
        Ok(source)
    }

    fn size(&self) -> Result<(u32, u32), Rejection> {
        match self {
            Self::Jpeg(jpeg) => Ok(jpeg.size()),
            Self::Other(bytes, format) => raster::size(bytes, *format),
        }
    }

    fn profile(&self) -> Option<ToSrgb> {
        let icc = match self {
            Self::Jpeg(jpeg) => jpeg.profile(),
            Self::Other(bytes, format) => raster::profile(bytes, *format),
        };
        ToSrgb::from_profile(&icc?)
    }

    /// The picture as stored, at exactly the `wanted` size, in sRGB.
    fn decode(self, resizer: &mut Resizer, wanted: (u32, u32), limits: &Limits) -> Result<Planes, Rejection> {
        let to_srgb = self.profile();
        let pixels = match self {
            Self::Jpeg(jpeg) => jpeg.decode(resizer, wanted, to_srgb.is_some())?,
            Self::Other(bytes, format) => Pixels::Rgb(raster::decode(bytes, format, limits)?),
        };
        let rgb = match (pixels, &to_srgb) {
            (Pixels::Planes(planes), None) => return Ok(planes),
            (Pixels::Planes(planes), Some(_)) => planes.to_rgb(resizer),
            (Pixels::Rgb(rgb), _) => rgb.resized(resizer, wanted.0, wanted.1),
        };
        let rgb = match to_srgb {
            Some(to_srgb) => to_srgb.apply(rgb),
            None => rgb,
        };
        Ok(rgb.to_planes())
    }
}

fn rendition(width: u32, height: u32, bytes: &[u8]) -> Rendition {
    Rendition {
        width,
        height,
        format: Format::Jpeg,
        hash: HEXLOWER.encode(&Sha256::digest(bytes)[..8]),
        bytes: bytes.len() as u64,
    }
}

/// The thumbhash in base64, and the average colour.
fn placeholder(picture: &Planes, resizer: &mut Resizer) -> (String, String) {
    let (width, height) = (picture.width(), picture.height());
    let scale = (f64::from(PLACEHOLDER) / f64::from(width.max(height))).min(1.0);
    let side = |length: u32| ((f64::from(length) * scale).round() as u32).clamp(1, PLACEHOLDER);
    let small = picture.resized(resizer, side(width), side(height)).to_rgb(resizer);
    let rgba: Vec<u8> = small.samples.chunks_exact(3).flat_map(|p| [p[0], p[1], p[2], 255]).collect();
    let hash = thumbhash::rgba_to_thumb_hash(small.width as usize, small.height as usize, &rgba);
    let count = (small.samples.len() / 3) as u64;
    let mean = |channel: usize| {
        let sum: u64 = small.samples.iter().skip(channel).step_by(3).map(|&v| u64::from(v)).sum();
        (sum + count / 2) / count
    };
    (BASE64.encode(&hash), format!("#{:02x}{:02x}{:02x}", mean(0), mean(1), mean(2)))
}
