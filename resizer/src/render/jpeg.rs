//! JPEG in and out.
//!
//! In: straight to planes, already scaled down in the frequency domain as far as that is safe. The common kind is read
//! here (`baseline`), a few rows at a time; what is rare, damaged or progressive by the library. What does not come as
//! planes (CMYK, RGB, odd sampling) comes as RGB. Out: 4:2:0 from planes, quality 80, with Huffman tables made for
//! the picture, and no metadata (`written`).

mod baseline;
mod entropy;
mod forward;
mod inverse;
#[cfg(test)]
mod tests;
mod written;

use std::borrow::Cow;

use libjpeg_turbo_rs::tj3::{TjHandle, TjParam};
use libjpeg_turbo_rs::{
    ColorSpace, DecodeLimits, DecodeWarning, Decoder, JpegError, PixelFormat, ScalingFactor, Subsampling,
    yuv_plane_height, yuv_plane_width,
};

use baseline::Baseline;

use super::planes::{Plane, Planes, Quartered, Rgb, chroma_size};
use super::{Pixels, Rejection};
use crate::described::Blocks;
use crate::limits::{Deadline, Limits};

/// The quality of renditions, on libjpeg's scale.
const QUALITY: u8 = 80;

/// Scaling in the frequency domain is safe while what comes out is at least this many times the size wanted; nearer to
/// it the loss shows (4 points of SSIMULACRA2 when it does all the work).
const SAFE: f64 = 1.9;

/// No camera writes more passes over a picture; a forger may write thousands, each as dear as the first.
const SCANS: usize = 200;

/// Passes over pixels, together: a few minutes would be more. Ten passes, as programs write, over 200 megapixels.
const WORK: u64 = 10 * 200_000_000;

/// Less of a picture than this is not worth showing.
const HARDLY: f64 = 0.1;

/// Said of a picture whose parts are all there and not all right.
const UNREADABLE: &str = "parts of it are unreadable";

/// A JPEG whose header was read.
pub(super) struct Jpeg<'a> {
    bytes: &'a [u8],
    decoder: Decoder<'a>,
    limits: Limits,
}

impl<'a> Jpeg<'a> {
    /// Reads the header.
    pub(super) fn open(bytes: &'a [u8], limits: &Limits) -> Result<Self, Rejection> {
        let decoder = Decoder::new_with_limits(bytes, decode_limits(limits)).map_err(rejection)?;
        let (width, height) = (decoder.header().width, decoder.header().height);
        let work = scans(bytes) as u64 * u64::from(width) * u64::from(height);
        if decoder.header().is_progressive && work > WORK.max(limits.pixels) {
            return Err(Rejection::Limit("it has more passes than so large a picture may have".to_owned()));
        }
        Ok(Self { bytes, decoder, limits: *limits })
    }

    /// Width and height as stored.
    pub(super) fn size(&self) -> (u32, u32) {
        (u32::from(self.decoder.header().width), u32::from(self.decoder.header().height))
    }

    /// The embedded colour profile.
    pub(super) fn profile(&self) -> Option<Vec<u8>> {
        self.decoder.icc_profile().ok().flatten()
    }

    /// What it says of itself.
    pub(super) fn blocks(&self) -> Blocks<'a> {
        let owned = |block: Option<&[u8]>| block.map(|bytes| Cow::Owned(bytes.to_vec()));
        Blocks {
            exif: owned(self.decoder.exif_data()).into_iter().collect(),
            xmp: owned(self.decoder.xmp_data()),
            iptc: owned(self.decoder.iptc_data()),
        }
    }

    /// Decodes to `wanted`, which is not larger than the picture: to planes of exactly this size, or to RGB of at least
    /// this size. `full_chroma` asks for colour planes as large as the brightness. What is damaged is decoded as far as
    /// it goes, with a note of what is missing.
    pub(super) fn decode(
        self,
        wanted: (u32, u32),
        full_chroma: bool,
        deadline: Deadline,
    ) -> Result<(Pixels, Option<String>), Rejection> {
        let (bytes, limits) = (self.bytes, self.limits);
        let divisor = safe_divisor(self.size(), wanted);
        match self.decode_whole(wanted, full_chroma, divisor, deadline) {
            Err(damaged @ Rejection::Damaged(_)) => {
                let (rgb, note) = salvage(bytes, &limits, divisor).ok_or(damaged)?;
                Ok((Pixels::Rgb(rgb), Some(note)))
            }
            other => other.map(|(pixels, whole)| (pixels, (!whole).then(|| UNREADABLE.to_owned()))),
        }
    }

    /// The pixels, and whether they are all as they should be, as far as can be told.
    fn decode_whole(
        self,
        wanted: (u32, u32),
        full_chroma: bool,
        divisor: u32,
        deadline: Deadline,
    ) -> Result<(Pixels, bool), Rejection> {
        let header = self.decoder.header();
        let planar = matches!(self.decoder.jpeg_color_space(), ColorSpace::YCbCr | ColorSpace::Grayscale)
            && matches!(header.components.len(), 1 | 3)
            && header.precision == 8
            && !header.is_lossless;
        if planar {
            let (planes, whole) = self.decode_planes(wanted, full_chroma, divisor, deadline)?;
            return Ok((Pixels::Planes(planes), whole));
        }
        if !has_usual_channels(&self.decoder) {
            return Err(Rejection::Unsupported(
                "its channels are of different sizes, as no camera writes them".to_owned(),
            ));
        }
        let scale = ScalingFactor::try_new(1, divisor).map_err(rejection)?;
        let image =
            self.decoder.with_scale(scale).with_output_format(PixelFormat::Rgb).decode_image().map_err(rejection)?;
        let (width, height) = (image.width as u32, image.height as u32);
        Ok((Pixels::Rgb(Rgb { width, height, samples: image.data }), true))
    }

    fn decode_planes(
        self,
        wanted: (u32, u32),
        full_chroma: bool,
        divisor: u32,
        deadline: Deadline,
    ) -> Result<(Planes, bool), Rejection> {
        let common = Baseline::open(self.bytes);
        // What is of the common kind and not whole is broken somewhere, whatever the library makes of it.
        let whole = common.is_none();
        if let Some(common) = common
            && let Some(decoded) = common.decode(wanted, full_chroma, divisor, deadline, self.limits.memory)?
        {
            return Ok(decoded);
        }
        let (width, height) = self.size();
        let header = self.decoder.header();
        let factors: Vec<(u8, u8)> =
            header.components.iter().map(|c| (c.horizontal_sampling, c.vertical_sampling)).collect();
        let most = factors.iter().fold((1, 1), |most, f| (most.0.max(f.0), most.1.max(f.1)));
        let named = factors.len() == 1 || self.decoder.jpeg_subsampling() != Subsampling::Unknown;
        let usual = factors[0] == most && factors.iter().skip(1).all(|f| *f == factors[1]);
        let (planes, divisor) = if divisor > 1 && named && usual {
            (self.scaled(divisor, &factors)?, divisor)
        } else {
            let raw = self.decoder.decode_raw().map_err(rejection)?;
            let sizes = raw.plane_widths.into_iter().zip(raw.plane_heights);
            let planes = raw.planes.into_iter().zip(sizes).map(|(samples, (width, height))| Plane {
                width: width as u32,
                height: height as u32,
                samples,
            });
            (planes.collect(), 1)
        };
        // How much of each plane is picture: the last column and row may be so in part only.
        let covered = |factor: (u8, u8)| {
            let part =
                |side: u32, own: u8, most: u8| f64::from(side) / f64::from(divisor) * f64::from(own) / f64::from(most);
            (part(width, factor.0, most.0), part(height, factor.1, most.1))
        };
        let mut at_size = planes.iter().zip(&factors).enumerate().map(|(i, (plane, &factor))| {
            let (across, down) = covered(factor);
            let (width, height) = if i == 0 || full_chroma { wanted } else { chroma_size(wanted.0, wanted.1) };
            plane.part_resized(across, down, width, height)
        });
        let y = at_size.next().expect("a JPEG has at least one plane");
        let chroma = at_size.next().zip(at_size.next()).map(|(cb, cr)| [cb, cr]);
        Ok((Planes { y, chroma }, whole))
    }

    /// Planes scaled down by the decoder.
    fn scaled(&self, divisor: u32, factors: &[(u8, u8)]) -> Result<Vec<Plane>, Rejection> {
        let mut handle = TjHandle::new();
        let within = |limit: u64| i32::try_from(limit).unwrap_or(i32::MAX);
        let settings = [
            (TjParam::MaxPixels, within(self.limits.pixels)),
            (TjParam::MaxMemory, within(self.limits.memory >> 20)),
            (TjParam::ScanLimit, SCANS as i32),
        ];
        for (parameter, value) in settings {
            handle.set(parameter, value).map_err(rejection)?;
        }
        handle.set_scaling_factor(1, divisor).map_err(rejection)?;
        let (planes, width, height, sampling) = handle.decompress_to_yuv_planes(self.bytes).map_err(rejection)?;
        let sampling = if factors.len() == 1 { Subsampling::S444 } else { sampling };
        let planes = planes.into_iter().enumerate().map(|(i, samples)| Plane {
            width: yuv_plane_width(i, width, sampling) as u32,
            height: yuv_plane_height(i, height, sampling) as u32,
            samples,
        });
        Ok(planes.collect())
    }
}

/// What can be had of a damaged JPEG, in RGB, and what is wrong with it. `None` when that is hardly anything.
fn salvage(bytes: &[u8], limits: &Limits, divisor: u32) -> Option<(Rgb, String)> {
    let decoder = Decoder::new_with_limits(bytes, decode_limits(limits)).ok()?;
    if !has_usual_channels(&decoder) {
        return None;
    }
    let progressive = decoder.header().is_progressive;
    let scale = ScalingFactor::try_new(1, divisor).ok()?;
    let image =
        decoder.with_lenient(true).with_scale(scale).with_output_format(PixelFormat::Rgb).decode_image().ok()?;
    // Each pass of a progressive picture covers all of it, and later ones only make it sharper.
    let covered = progressive && scans(bytes) > 1;
    let (mut present, mut cut, mut errors) = (1.0_f64, false, false);
    for warning in &image.warnings {
        match warning {
            DecodeWarning::TruncatedData { decoded_mcus, total_mcus } => {
                cut = true;
                if !covered {
                    present = present.min(*decoded_mcus as f64 / (*total_mcus).max(1) as f64);
                }
            }
            DecodeWarning::HuffmanError { .. } => errors = true,
            DecodeWarning::UnsupportedRecovered { .. } => return None,
            _ => {}
        }
    }
    if present < HARDLY {
        return None;
    }
    let note = if present < 1.0 {
        format!("its end is missing: about {:.0} % of the picture is there", (present * 100.0).floor())
    } else if cut || !errors {
        "its end is missing: it is less sharp than it was".to_owned()
    } else {
        UNREADABLE.to_owned()
    };
    Some((Rgb { width: image.width as u32, height: image.height as u32, samples: image.data }, note))
}

/// Whether the channels are as large as the library takes them to be when it makes pixels of them: the second and the third
/// may be smaller than the others, and both in the same way.
fn has_usual_channels(decoder: &Decoder<'_>) -> bool {
    let components = &decoder.header().components;
    let factors: Vec<_> = components.iter().map(|c| (c.horizontal_sampling, c.vertical_sampling)).collect();
    let most = factors.iter().fold((1, 1), |most, f| (most.0.max(f.0), most.1.max(f.1)));
    match factors[..] {
        [_] => true,
        [first, second, third] => first == most && second == third,
        [first, second, third, fourth] => first == most && fourth == most && second == third,
        _ => false,
    }
}

/// How many passes begin in a JPEG.
fn scans(bytes: &[u8]) -> usize {
    memchr::memmem::find_iter(bytes, &[0xFF, 0xDA]).count()
}

fn decode_limits(limits: &Limits) -> DecodeLimits {
    DecodeLimits {
        max_pixels: limits.pixels,
        max_scans: SCANS,
        max_memory: Some(limits.memory),
        ..DecodeLimits::default()
    }
}

/// Writes a picture as JPEG.
pub(super) fn encode(picture: &Quartered<'_>) -> Vec<u8> {
    written::write(picture, QUALITY)
}

/// How many times smaller the decoder may deliver the picture.
fn safe_divisor(size: (u32, u32), wanted: (u32, u32)) -> u32 {
    let safe = |divisor: &u32| {
        let enough = |side: u32, wanted: u32| f64::from(side) / f64::from(*divisor) >= f64::from(wanted) * SAFE;
        enough(size.0, wanted.0) && enough(size.1, wanted.1)
    };
    [8, 4, 2].into_iter().find(safe).unwrap_or(1)
}

fn rejection(error: JpegError) -> Rejection {
    match error {
        JpegError::Unsupported(what) => Rejection::Unsupported(what),
        JpegError::LimitExceeded { what, actual, limit } => {
            Rejection::Limit(format!("its {what} of {actual} exceeds the limit of {limit}"))
        }
        JpegError::AllocationFailed { bytes, .. } => {
            Rejection::Limit(format!("decoding it needs more than {bytes} bytes of memory"))
        }
        JpegError::UnexpectedEof => Rejection::Damaged("its end is missing".to_owned()),
        other => Rejection::Damaged(other.to_string()),
    }
}
