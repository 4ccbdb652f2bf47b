//! PNG, WebP, GIF, TIFF and BMP, through the `image` crate: the first frame, on white.

use std::borrow::Cow;
use std::io::{self, Cursor, Read};

use flate2::read::ZlibDecoder;
use image::error::{ImageError, LimitErrorKind};
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader};

use super::deep::Deep;
use super::planes::Rgb;
use super::{Pixels, Rejection, rows, tiff};
use crate::described::Blocks;
use crate::limits::{Deadline, Limits};

/// The name of a format.
pub(super) fn kind(format: ImageFormat) -> &'static str {
    match format {
        ImageFormat::Png => "PNG",
        ImageFormat::WebP => "WebP",
        ImageFormat::Gif => "GIF",
        ImageFormat::Tiff => "TIFF",
        _ => "BMP",
    }
}

/// The longest colour profile that a PNG may unpack to. Those of cameras and screens have some kilobytes, those of printers
/// a few megabytes.
const LONGEST_PROFILE: u64 = 16 << 20;

/// Width and height, from the header.
pub(super) fn size(bytes: &[u8], format: ImageFormat) -> Result<(u32, u32), Rejection> {
    // The decoder unpacks the profile with the header, whatever it grows to.
    let grows = |packed: &[u8]| {
        let unpacked = io::copy(&mut ZlibDecoder::new(packed).take(LONGEST_PROFILE + 1), &mut io::sink());
        unpacked.is_ok_and(|length| length > LONGEST_PROFILE)
    };
    if format == ImageFormat::Png && packed_profiles(bytes).into_iter().any(grows) {
        return Err(Rejection::Limit("its colour profile unpacks to more than the limit of 16 MiB".to_owned()));
    }
    let size = ImageReader::with_format(Cursor::new(bytes), format).into_dimensions();
    size.map_err(|error| named(bytes, format).unwrap_or_else(|| rejection(error)))
}

/// The packed profiles of a PNG: iCCP chunks behind a name and a byte for the method (ISO/IEC 15948, 11.3.3.3). There should
/// be one; which of several a decoder takes depends on their checksums.
fn packed_profiles(bytes: &[u8]) -> Vec<&[u8]> {
    let (mut at, mut found) = (8, Vec::new());
    while let Some((length, rest)) = bytes.get(at..).and_then(|rest| rest.split_first_chunk::<4>()) {
        let length = u32::from_be_bytes(*length) as usize;
        let content = rest.get(4..).and_then(|content| content.get(..length));
        match (rest.get(..4), content) {
            (Some(b"iCCP"), Some(content)) => {
                found.extend(memchr::memchr(0, content).and_then(|end| content.get(end + 2..)));
            }
            // They come before the first pixels or count for nothing.
            (Some(b"IDAT"), _) | (_, None) => break,
            _ => {}
        }
        at += 12 + length;
    }
    found
}

/// The embedded colour profile.
pub(super) fn profile(bytes: &[u8], format: ImageFormat) -> Option<Vec<u8>> {
    ImageReader::with_format(Cursor::new(bytes), format).into_decoder().ok()?.icc_profile().ok()?
}

/// What it says of itself.
pub(super) fn blocks(bytes: &[u8], format: ImageFormat) -> Blocks<'_> {
    let Ok(mut decoder) = ImageReader::with_format(Cursor::new(bytes), format).into_decoder() else {
        return Blocks::default();
    };
    let block = |found: Result<Option<Vec<u8>>, ImageError>| found.ok().flatten().map(Cow::Owned);
    let exif = match format {
        // A TIFF's own directories are EXIF.
        ImageFormat::Tiff => Some(Cow::Owned(tiff::directories(bytes))),
        _ => block(decoder.exif_metadata()),
    };
    Blocks {
        exif: exif.into_iter().collect(),
        xmp: block(decoder.xmp_metadata()),
        iptc: block(decoder.iptc_metadata()),
    }
}

/// Whether more than one frame is shown.
pub(super) fn is_animated(bytes: &[u8], format: ImageFormat) -> bool {
    match format {
        // APNG's control chunk comes before the first pixels.
        ImageFormat::Png => {
            let pixels = memchr::memmem::find(bytes, b"IDAT").unwrap_or(bytes.len());
            memchr::memmem::find(&bytes[..pixels], b"acTL").is_some()
        }
        // The extended header's flags (WebP container specification, RFC 9649).
        ImageFormat::WebP => bytes.get(12..16) == Some(b"VP8X") && bytes.get(20).is_some_and(|flags| flags & 2 != 0),
        ImageFormat::Gif => gif_frames(bytes, 2) > 1,
        _ => false,
    }
}

/// How many frames a GIF has, counted up to `most`, by its blocks (`GIF89a`, appendix A).
fn gif_frames(bytes: &[u8], most: usize) -> usize {
    let table = |flags: u8| if flags & 0x80 != 0 { 3 << ((flags & 7) + 1) } else { 0 };
    let mut at = 13 + bytes.get(10).map_or(0, |&flags| table(flags));
    let mut frames = 0;
    while frames < most {
        let skipped = match bytes.get(at) {
            Some(0x21) => 2,
            Some(0x2C) => {
                frames += 1;
                11 + bytes.get(at + 9).map_or(0, |&flags| table(flags))
            }
            _ => break,
        };
        at += skipped;
        while let Some(&length) = bytes.get(at).filter(|&&length| length > 0) {
            at += 1 + usize::from(length);
        }
        at += 1;
    }
    frames
}

/// Decodes within the limits, to at least the `wanted` size.
pub(super) fn decode(
    bytes: &[u8],
    format: ImageFormat,
    wanted: (u32, u32),
    limits: &Limits,
    deadline: Deadline,
) -> Result<Pixels, Rejection> {
    match rows::decode(bytes, format, wanted, limits, deadline)? {
        Some(rgb) => Ok(Pixels::Rgb(rgb)),
        None => decode_whole(bytes, format, limits),
    }
}

/// All of it at once, keeping sixteen bits where there are as many.
pub(super) fn decode_whole(bytes: &[u8], format: ImageFormat, limits: &Limits) -> Result<Pixels, Rejection> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut most = image::Limits::no_limits();
    most.max_image_width = Some(limits.side);
    most.max_image_height = Some(limits.side);
    most.max_alloc = Some(limits.memory);
    reader.limits(most);
    let picture = reader.decode().map_err(|error| named(bytes, format).unwrap_or_else(|| rejection(error)))?;
    let (width, height) = (picture.width(), picture.height());
    let deep = |channels, samples| Pixels::Deep(Deep { width, height, channels, samples });
    let rgb = |samples| Pixels::Rgb(Rgb { width, height, samples });
    Ok(match picture {
        DynamicImage::ImageLuma16(picture) => deep(1, picture.into_raw()),
        DynamicImage::ImageRgb16(picture) => deep(3, picture.into_raw()),
        DynamicImage::ImageLumaA16(_) | DynamicImage::ImageRgba16(_) => {
            deep(3, deep_on_white(picture.into_rgba16().into_raw()))
        }
        DynamicImage::ImageRgb32F(_) => deep(3, picture.into_rgb16().into_raw()),
        DynamicImage::ImageRgba32F(_) => deep(3, deep_on_white(picture.into_rgba16().into_raw())),
        picture if picture.color().has_alpha() => rgb(on_white(picture.into_rgba8().into_raw())),
        picture => rgb(picture.into_rgb8().into_raw()),
    })
}

/// RGBA pixels laid over white, as paper shows through where nothing was painted.
pub(super) fn on_white(mut samples: Vec<u8>) -> Vec<u8> {
    let mut written = 0;
    for read in (0..samples.len()).step_by(4) {
        let alpha = u32::from(samples[read + 3]);
        for channel in 0..3 {
            let colour = u32::from(samples[read + channel]);
            samples[written] = ((colour * alpha + 255 * (255 - alpha) + 127) / 255) as u8;
            written += 1;
        }
    }
    samples.truncate(written);
    samples
}

/// The same for sixteen bits.
fn deep_on_white(mut samples: Vec<u16>) -> Vec<u16> {
    const MOST: u64 = 65_535;
    let mut written = 0;
    for read in (0..samples.len()).step_by(4) {
        let alpha = u64::from(samples[read + 3]);
        for channel in 0..3 {
            let colour = u64::from(samples[read + channel]);
            samples[written] = ((colour * alpha + MOST * (MOST - alpha) + MOST / 2) / MOST) as u16;
            written += 1;
        }
    }
    samples.truncate(written);
    samples
}

/// What a TIFF is that cannot be read because its values are no colours of a screen, as its first directory says.
fn named(bytes: &[u8], format: ImageFormat) -> Option<Rejection> {
    const COLOURS: u16 = 262;
    const SAMPLES: u16 = 339;
    let told = |tag| (format == ImageFormat::Tiff).then(|| tiff::number(bytes, tag))?;
    let what = match (told(COLOURS), told(SAMPLES)) {
        (Some(8..=10), _) => "a TIFF in CIELab: save it in RGB to see it here",
        (_, Some(3)) => "a TIFF whose samples are fractions: save it with 16 bits a channel to see it here",
        _ => return None,
    };
    Some(Rejection::Unsupported(what.to_owned()))
}

fn rejection(error: ImageError) -> Rejection {
    match error {
        ImageError::Unsupported(what) => Rejection::Unsupported(what.to_string()),
        ImageError::Limits(what) => match what.kind() {
            LimitErrorKind::DimensionError => Rejection::Limit("its sides exceed the limit".to_owned()),
            _ => Rejection::Limit("decoding it needs more memory than the limit".to_owned()),
        },
        ImageError::IoError(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => {
            Rejection::Damaged("its end is missing".to_owned())
        }
        other => Rejection::Damaged(other.to_string()),
    }
}
