//! Everything but JPEG, through the `image` crate: the first frame, on white, 8 bits a channel.

use std::io::Cursor;

use image::error::{ImageError, LimitErrorKind};
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader};

use super::Rejection;
use super::planes::Rgb;
use crate::limits::Limits;

/// Width and height, from the header.
pub(super) fn size(bytes: &[u8], format: ImageFormat) -> Result<(u32, u32), Rejection> {
    ImageReader::with_format(Cursor::new(bytes), format).into_dimensions().map_err(rejection)
}

/// The embedded colour profile.
pub(super) fn profile(bytes: &[u8], format: ImageFormat) -> Option<Vec<u8>> {
    ImageReader::with_format(Cursor::new(bytes), format).into_decoder().ok()?.icc_profile().ok()?
}

/// Decodes within the limits.
pub(super) fn decode(bytes: &[u8], format: ImageFormat, limits: &Limits) -> Result<Rgb, Rejection> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut most = image::Limits::no_limits();
    most.max_image_width = Some(limits.side);
    most.max_image_height = Some(limits.side);
    most.max_alloc = Some(limits.memory);
    reader.limits(most);
    let picture = reader.decode().map_err(rejection)?;
    let (width, height) = (picture.width(), picture.height());
    let samples = if picture.color().has_alpha() { on_white(picture) } else { picture.into_rgb8().into_raw() };
    Ok(Rgb { width, height, samples })
}

/// The pixels laid over white, as paper shows through where nothing was painted.
fn on_white(picture: DynamicImage) -> Vec<u8> {
    let mut samples = picture.into_rgba8().into_raw();
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
