//! An original, whatever its kind, from its header to pixels.

use fast_image_resize::Resizer;

use super::colour::ToSrgb;
use super::planes::Planes;
use super::sniff::{Kind, sniff};
use super::{Pixels, Rejection, heif, jpeg, raster, raw};
use crate::described::Blocks;
use crate::limits::{Deadline, Limits};

/// An original whose header was read and is within the limits.
pub(super) struct Source<'a> {
    bytes: &'a [u8],
    limits: Limits,
    kind: &'static str,
    coded: Coded<'a>,
}

enum Coded<'a> {
    Jpeg(Box<jpeg::Jpeg<'a>>),
    /// The preview in a camera's RAW file.
    Raw(Box<jpeg::Jpeg<'a>>),
    Raster(image::ImageFormat),
    Heif(Box<heif::Heif<'a>>),
}

impl<'a> Source<'a> {
    /// Reads the header.
    pub(super) fn open(bytes: &'a [u8], limits: &Limits) -> Result<Self, Rejection> {
        let (kind, coded) = match sniff(bytes)? {
            Kind::Jpeg => ("JPEG", Coded::Jpeg(Box::new(jpeg::Jpeg::open(bytes, limits)?))),
            Kind::Raster(format) => (raster::kind(format), Coded::Raster(format)),
            Kind::Heif => {
                let heif = heif::Heif::open(bytes, limits)?;
                (heif.kind(), Coded::Heif(Box::new(heif)))
            }
            Kind::Raw(name) => (name, Coded::Raw(Box::new(jpeg::Jpeg::open(raw::preview(bytes)?, limits)?))),
            Kind::Video => return Err(Rejection::Foreign("a video")),
        };
        let source = Self { bytes, limits: *limits, kind, coded };
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

    /// What kind of file it is.
    pub(super) fn kind(&self) -> &'static str {
        self.kind
    }

    /// Width and height as stored.
    pub(super) fn size(&self) -> Result<(u32, u32), Rejection> {
        match &self.coded {
            Coded::Jpeg(jpeg) | Coded::Raw(jpeg) => Ok(jpeg.size()),
            Coded::Raster(format) => raster::size(self.bytes, *format),
            Coded::Heif(heif) => Ok(heif.size()),
        }
    }

    /// Whether every browser of today shows such a file.
    pub(super) fn is_shown_by_browsers(&self) -> bool {
        match &self.coded {
            Coded::Jpeg(_) => true,
            Coded::Raster(format) => *format != image::ImageFormat::Tiff,
            Coded::Heif(heif) => heif.is_avif(),
            Coded::Raw(_) => false,
        }
    }

    /// Whether it moves.
    pub(super) fn is_animated(&self) -> bool {
        match &self.coded {
            Coded::Jpeg(_) | Coded::Raw(_) => false,
            Coded::Raster(format) => raster::is_animated(self.bytes, *format),
            Coded::Heif(heif) => heif.is_animated(),
        }
    }

    /// What it says of itself.
    pub(super) fn blocks(&self) -> Blocks<'a> {
        match &self.coded {
            Coded::Jpeg(jpeg) => jpeg.blocks(),
            Coded::Raw(jpeg) => raw::blocks(self.bytes, jpeg.blocks()),
            Coded::Raster(format) => raster::blocks(self.bytes, *format),
            Coded::Heif(heif) => heif.blocks(),
        }
    }

    /// How the stored picture must be turned, as an EXIF orientation, given what EXIF says of it (0 for nothing).
    pub(super) fn orientation(&self, described: u8) -> u8 {
        match &self.coded {
            Coded::Heif(heif) => heif.orientation(),
            _ => described.max(1),
        }
    }

    /// The picture as stored, at exactly the `wanted` size, in sRGB; and what is wrong with it, if anything. `is_adobe_rgb`
    /// is what EXIF says of colours without a profile.
    pub(super) fn decode(
        self,
        resizer: &mut Resizer,
        wanted: (u32, u32),
        is_adobe_rgb: bool,
        deadline: Deadline,
    ) -> Result<(Planes, Option<String>), Rejection> {
        let by_profile = |icc: Option<Vec<u8>>| match icc {
            Some(icc) => ToSrgb::from_profile(&icc),
            None if is_adobe_rgb => ToSrgb::from_adobe_rgb(),
            None => None,
        };
        let to_srgb = match &self.coded {
            Coded::Jpeg(jpeg) | Coded::Raw(jpeg) => by_profile(jpeg.profile()),
            Coded::Raster(format) => by_profile(raster::profile(self.bytes, *format)),
            Coded::Heif(heif) => heif.to_srgb(),
        };
        let (pixels, damaged) = match self.coded {
            Coded::Jpeg(jpeg) | Coded::Raw(jpeg) => jpeg.decode(wanted, to_srgb.is_some(), deadline)?,
            Coded::Raster(format) => (raster::decode(self.bytes, format, wanted, &self.limits, deadline)?, None),
            Coded::Heif(heif) => (heif.decode(resizer, wanted, to_srgb.is_some(), deadline)?, None),
        };
        deadline.check()?;
        Ok((in_srgb(pixels, to_srgb.as_ref(), resizer, wanted), damaged))
    }
}

/// Pixels at the wanted size, in sRGB.
pub(super) fn in_srgb(
    pixels: Pixels,
    to_srgb: Option<&ToSrgb>,
    resizer: &mut Resizer,
    (width, height): (u32, u32),
) -> Planes {
    let rgb = match (pixels, to_srgb) {
        (Pixels::Planes(planes), None) => return planes,
        (Pixels::Planes(planes), Some(_)) => planes.to_rgb(),
        (Pixels::Rgb(rgb), _) => rgb.resized(width, height),
        (Pixels::Deep(deep), to_srgb) => {
            let deep = deep.resized(resizer, width, height);
            return match to_srgb {
                // A profile for RGB says nothing of grey.
                Some(to_srgb) if deep.channels == 3 => to_srgb.apply_deep(deep),
                _ => deep,
            }
            .to_planes();
        }
    };
    match to_srgb {
        Some(to_srgb) => to_srgb.apply(rgb),
        None => rgb,
    }
    .to_planes()
}
