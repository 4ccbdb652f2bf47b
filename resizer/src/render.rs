//! One original in, a ladder of renditions and what is known of the picture out. Pure: bytes to bytes.
//!
//! The way: name the kind by content; read the header and hold it against the limits; decode, already scaled down;
//! resize to the largest rendition; convert foreign colours to sRGB; turn upright, once; encode, and make each smaller
//! rendition from the one above it. Where browsers cannot show the original (HEIC, RAW, TIFF), a JPEG of all there is comes
//! first, for whoever goes near.
//!
//! Renditions carry no metadata at all. A colour profile is not kept either: whatever it was, the pixels are sRGB,
//! which is what every viewer takes an unmarked JPEG for.

mod av1;
mod avc;
mod avif;
mod colour;
mod deep;
mod heif;
mod hevc;
mod jpeg;
mod planes;
mod raster;
mod raw;
mod rows;
mod shrink;
mod sniff;
mod source;
mod tiff;
mod tiles;
mod webp;
mod yuv;

use bytes::Bytes;
use data_encoding::{BASE64, HEXLOWER};
use fast_image_resize::Resizer;
use gallery::facts::{Picture, Rendition, Video, Witness};
use gallery::renditions::{Format, LADDER, sizes_of, whole};
use sha2::{Digest, Sha256};

use crate::described;
use crate::limits::{Deadline, Limits};
use crate::video::{Codec, First};
use colour::ToSrgb;
use deep::Deep;
use planes::{Planes, Rgb};
use source::Source;

pub(crate) use sniff::{Kind, sniff};

/// The side of the picture that the placeholder is made from.
const PLACEHOLDER: u32 = 100;

/// A picture's sized copies and what is known of it.
#[derive(Clone, Debug)]
pub struct Rendered {
    /// What is known, the renditions' names included.
    pub picture: Picture,
    /// The renditions with their bytes, smallest first.
    pub renditions: Vec<(Rendition, Bytes)>,
    /// The JPEG of all there is, of an original that browsers cannot show.
    pub whole: Option<(Rendition, Bytes)>,
}

impl Rendered {
    /// Every copy with its bytes, that of all there is last.
    pub fn all(&self) -> impl Iterator<Item = &(Rendition, Bytes)> {
        self.renditions.iter().chain(&self.whole)
    }
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
    /// A video of which there is no picture.
    #[error("it is a video (`{0}`), of which no picture can be made yet")]
    NoPoster(String),
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
    /// Too long.
    #[error("making its pictures takes longer than the limit of {0} seconds: save it again, as JPEG, to see it here")]
    TooSlow(u64),
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
    Deep(Deep),
}

/// What renditions are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The widths of an ordinary picture's copies, smallest first; see [`gallery::renditions::LADDER`].
    pub ladder: Vec<u32>,
    /// The formats of each.
    pub formats: Vec<Format>,
    /// Whether to make a JPEG of all there is besides, where browsers cannot show the original.
    pub whole: bool,
}

impl Default for Wanted {
    /// What every photo of a gallery gets.
    fn default() -> Self {
        Self { ladder: LADDER.to_vec(), formats: vec![Format::Jpeg, Format::WebP], whole: true }
    }
}

/// Makes the renditions of an original.
pub fn render(bytes: &[u8], limits: &Limits) -> Result<Rendered, Rejection> {
    render_as(bytes, limits, &Wanted::default())
}

/// Makes just the renditions that are wanted.
pub fn render_as(bytes: &[u8], limits: &Limits, wanted: &Wanted) -> Result<Rendered, Rejection> {
    if bytes.len() as u64 > limits.bytes {
        return Err(Rejection::TooManyBytes { bytes: bytes.len() as u64, limit: limits.bytes });
    }
    let deadline = Deadline::of(limits);
    let mended;
    let (source, cut) = match Source::open(bytes, limits) {
        // A progressive JPEG's passes are counted when it is opened, which needs its last mark.
        Err(Rejection::Damaged(_)) if bytes.starts_with(&[0xFF, 0xD8]) => {
            mended = [bytes, &[0xFF, 0xD9]].concat();
            (Source::open(&mended, limits)?, true)
        }
        opened => (opened?, false),
    };
    let described = described::read(source.blocks());
    let (kind, animated, orientation) =
        (source.kind(), source.is_animated(), source.orientation(described.orientation));
    let sideways = orientation >= 5;
    let turned = |(a, b): (u32, u32)| if sideways { (b, a) } else { (a, b) };
    let (width, height) = turned(source.size()?);
    let ladder = sizes_of(&wanted.ladder, width, height);
    let largest = *ladder.last().expect("the ladder is never empty");
    let whole = if wanted.whole && !source.is_shown_by_browsers() { whole(width, height, largest.0) } else { None };

    let mut resizer = Resizer::new();
    let first = turned(whole.unwrap_or(largest));
    let (picture, damaged) = source.decode(&mut resizer, first, described.is_adobe_rgb, deadline)?;
    let damaged = damaged.or_else(|| cut.then(|| "its end is missing".to_owned()));
    let picture = picture.oriented(orientation);
    let whole = whole.map(|(width, height)| {
        deadline.check()?;
        let encoded = jpeg::encode(&picture.quartered());
        Ok((rendition(width, height, Format::Jpeg, &encoded), Bytes::from(encoded)))
    });
    let whole = whole.transpose()?;
    let made = Made { whole, ..Made::of(picture, &ladder, &wanted.formats, deadline)? };
    let moment = described.moment;
    let picture = Picture {
        width,
        height,
        taken: moment.map(|moment| moment.local),
        taken_from: moment.map(|moment| moment.from),
        zone: moment.and_then(|moment| moment.zone),
        camera: described.camera,
        lens: described.lens,
        exposure: described.exposure,
        position: described.position,
        caption: described.caption,
        keywords: described.keywords,
        places: described.places,
        rating: described.rating,
        kind: kind.to_owned(),
        animated,
        damaged,
        ..Picture::default()
    };
    Ok(made.with(picture))
}

/// Makes the renditions of a video from its first picture: the bytes of that picture as they lie in the file.
pub(crate) fn render_first(
    first: &First,
    sample: &[u8],
    video: &Video,
    limits: &Limits,
    wanted: &Wanted,
) -> Result<Rendered, Rejection> {
    let (width, height) = first.size;
    if u64::from(width) * u64::from(height) > limits.pixels || width == 0 || height == 0 {
        let (megapixels, side) = (limits.pixels / 1_000_000, limits.side);
        return Err(Rejection::TooManyPixels { width, height, megapixels, side });
    }
    let deadline = Deadline::of(limits);
    let stream = first.stream(sample).ok_or_else(|| Rejection::Damaged("its first picture is cut".to_owned()))?;
    let mut tile = match first.codec {
        Codec::Avc(..) => avc::decode(&stream, limits, &deadline)?,
        Codec::Hevc(..) => hevc::decode(&stream, limits)?,
        Codec::Av1(_) => av1::decode(stream, limits)?,
    };
    tile.coding = tile.coding.of_video(first.size);
    let orientation = match video.rotation {
        90 => 6,
        180 => 3,
        270 => 8,
        _ => 1,
    };
    let turned = |(a, b): (u32, u32)| if orientation >= 5 { (b, a) } else { (a, b) };
    let (width, height) = turned((width, height));
    let ladder = sizes_of(&wanted.ladder, width, height);
    let largest = turned(*ladder.last().expect("the ladder is never empty"));
    let to_srgb = first.colour.and_then(|(primaries, transfer, ..)| ToSrgb::from_code_points(primaries, transfer));
    let mut resizer = Resizer::new();
    let yuv = tiles::single(&tile, first.size, first.colour, limits)?;
    let pixels = yuv.into_pixels(&mut resizer, largest, to_srgb.is_some());
    let picture = source::in_srgb(pixels, to_srgb.as_ref(), &mut resizer, largest);
    let made = Made::of(picture.oriented(orientation), &ladder, &wanted.formats, deadline)?;
    let picture = Picture {
        width,
        height,
        taken: video.taken,
        taken_from: video.taken.map(|_| Witness::Camera),
        zone: video.zone,
        camera: video.camera.clone(),
        position: video.position,
        kind: "video".to_owned(),
        animated: true,
        ..Picture::default()
    };
    Ok(made.with(picture))
}

/// What is made of pixels.
struct Made {
    renditions: Vec<(Rendition, Bytes)>,
    whole: Option<(Rendition, Bytes)>,
    thumbhash: String,
    colour: String,
}

impl Made {
    /// Every size in every format, each made from the one above it. The picture is upright and not smaller than the
    /// largest size.
    fn of(
        mut picture: Planes,
        ladder: &[(u32, u32)],
        formats: &[Format],
        deadline: Deadline,
    ) -> Result<Self, Rejection> {
        let mut renditions = Vec::with_capacity(ladder.len() * formats.len());
        for &(width, height) in ladder.iter().rev() {
            picture = picture.resized(width, height);
            let quartered = picture.quartered();
            for &format in formats.iter().rev() {
                deadline.check()?;
                let encoded = match format {
                    Format::Jpeg => jpeg::encode(&quartered),
                    Format::WebP if width.max(height) <= webp::LARGEST => webp::encode(&quartered)?,
                    Format::Avif if avif::SIDES.contains(&width) && avif::SIDES.contains(&height) => {
                        avif::encode(&quartered)?
                    }
                    Format::WebP | Format::Avif => continue,
                };
                renditions.push((rendition(width, height, format, &encoded), Bytes::from(encoded)));
            }
        }
        renditions.reverse();
        let (thumbhash, colour) = placeholder(&picture);
        Ok(Self { renditions, whole: None, thumbhash, colour })
    }

    /// The same with what is known of the picture.
    fn with(self, picture: Picture) -> Rendered {
        let renditions = self.renditions.iter().map(|(rendition, _)| rendition.clone()).collect();
        let whole = self.whole.as_ref().map(|(rendition, _)| rendition.clone());
        let picture = Picture { thumbhash: self.thumbhash, colour: self.colour, renditions, whole, ..picture };
        Rendered { picture, renditions: self.renditions, whole: self.whole }
    }
}

fn rendition(width: u32, height: u32, format: Format, bytes: &[u8]) -> Rendition {
    Rendition { width, height, format, hash: HEXLOWER.encode(&Sha256::digest(bytes)[..8]), bytes: bytes.len() as u64 }
}

/// The thumbhash in base64, and the average colour.
fn placeholder(picture: &Planes) -> (String, String) {
    let (width, height) = (picture.width(), picture.height());
    let scale = (f64::from(PLACEHOLDER) / f64::from(width.max(height))).min(1.0);
    let side = |length: u32| ((f64::from(length) * scale).round() as u32).clamp(1, PLACEHOLDER);
    let small = picture.resized(side(width), side(height)).to_rgb();
    let rgba: Vec<u8> = small.samples.chunks_exact(3).flat_map(|p| [p[0], p[1], p[2], 255]).collect();
    let hash = thumbhash::rgba_to_thumb_hash(small.width as usize, small.height as usize, &rgba);
    let count = (small.samples.len() / 3) as u64;
    let mean = |channel: usize| {
        let sum: u64 = small.samples.iter().skip(channel).step_by(3).map(|&v| u64::from(v)).sum();
        (sum + count / 2) / count
    };
    (BASE64.encode(&hash), format!("#{:02x}{:02x}{:02x}", mean(0), mean(1), mean(2)))
}
