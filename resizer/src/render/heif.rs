//! HEIF (ISO/IEC 23008-12): the container of HEIC and AVIF. One picture in it is the one to show; it may be cut into
//! tiles, turned, mirrored and cropped by its properties, and have its opacity in another.
//!
//! Tiles are decoded one after the other into planes at the picture's full size, so that neither a second copy nor RGB
//! is ever in memory at that size. The rarer ways to build a picture (crops, overlays) are left to `heifer`.

use std::borrow::Cow;

use fast_image_resize::Resizer;
use heifer_isobmff::boxes::{ColorInfo, Property};
use heifer_isobmff::{HeifFile, ItemId};

use super::colour::ToSrgb;
use super::planes::Rgb;
use super::tiles::{Assembly, Tile};
use super::yuv::{Canvas, Crop, Yuv};
use super::{Pixels, Rejection, av1, hevc};
use crate::described::Blocks;
use crate::limits::{Deadline, Limits};
use crate::video::annex_b;

/// The most tiles; 200 megapixels in tiles of 512 by 512 are 800.
const TILES: usize = 4096;

/// A HEIF file whose picture to show was found.
pub(super) struct Heif<'a> {
    file: HeifFile<'a>,
    bytes: &'a [u8],
    primary: ItemId,
    size: (u32, u32),
    orientation: u8,
    codec: Codec,
    /// What is shown of a picture in AV1, where that is a part.
    crop: Option<Crop>,
    limits: Limits,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Codec {
    Hevc,
    Av1,
    /// Something that `heifer` puts together.
    Built,
}

impl<'a> Heif<'a> {
    /// Reads the boxes.
    pub(super) fn open(bytes: &'a [u8], limits: &Limits) -> Result<Self, Rejection> {
        let file = HeifFile::parse(bytes).map_err(|error| broken(&error))?;
        let primary = file.primary_id;
        let kind = file.item(primary).map_err(|error| broken(&error))?.item_type;
        let properties: Vec<&Property> = file.item_properties(primary).map_err(|error| broken(&error))?.collect();
        let cropped = properties.iter().any(|property| matches!(property, Property::CleanAperture { .. }));
        let tile_kind = if kind.0 == *b"grid" {
            let tile = file.referenced_items(primary, b"dimg").first().copied();
            tile.and_then(|tile| file.item(tile).ok()).map_or(kind, |tile| tile.item_type)
        } else {
            kind
        };
        let codec = match &tile_kind.0 {
            b"av01" => Codec::Av1,
            b"hvc1" if !cropped => Codec::Hevc,
            b"hvc1" | b"iovl" | b"iden" => Codec::Built,
            b"jpeg" | b"avc1" | b"unci" | b"j2k1" => {
                return Err(Rejection::Unsupported(format!("HEIF with `{tile_kind}` in it")));
            }
            _ => return Err(Rejection::Unsupported(format!("`{tile_kind}` in a HEIF file"))),
        };
        let size = if kind.0 == *b"grid" {
            let grid = file.grid(primary).map_err(|error| broken(&error))?;
            (grid.output_width, grid.output_height)
        } else {
            let size = file.image_size(primary).map_err(|error| broken(&error))?;
            size.ok_or_else(|| Rejection::Damaged("it does not say its size".to_owned()))?
        };
        let mut heif = Self {
            orientation: orientation(&properties),
            file,
            bytes,
            primary,
            size,
            codec,
            crop: None,
            limits: *limits,
        };
        if codec == Codec::Av1 {
            heif.crop = heif.clean_aperture(size);
            heif.size = heif.crop.map_or(size, |crop| crop.size);
        }
        if codec == Codec::Built {
            // Cropped and turned by `heifer`: the size is that of what comes out.
            heif.size = built_size(&heif.file, primary, size);
            heif.orientation = 1;
        }
        Ok(heif)
    }

    /// `HEIC` or `AVIF`.
    pub(super) fn kind(&self) -> &'static str {
        if self.is_avif() { "AVIF" } else { "HEIC" }
    }

    /// Whether it is a picture in AV1.
    pub(super) fn is_avif(&self) -> bool {
        self.codec == Codec::Av1
    }

    /// Width and height as stored.
    pub(super) fn size(&self) -> (u32, u32) {
        self.size
    }

    /// How the stored picture is turned: by the container's properties. What EXIF says of it describes the same turn
    /// and must not be applied as well.
    pub(super) fn orientation(&self) -> u8 {
        self.orientation
    }

    /// Whether it is a sequence of pictures too.
    pub(super) fn is_animated(&self) -> bool {
        let brand = |brand: &[u8; 4]| self.file.file_type.major_brand.0 == *brand;
        brand(b"avis") || brand(b"hevc") || brand(b"msf1")
    }

    /// What it says of itself.
    pub(super) fn blocks(&self) -> Blocks<'a> {
        let owned = |block: Option<Vec<u8>>| -> Option<Cow<'a, [u8]>> { block.map(Cow::Owned) };
        Blocks {
            exif: owned(self.file.exif(self.primary).ok().flatten()).into_iter().collect(),
            xmp: owned(self.file.xmp(self.primary).ok().flatten()),
            iptc: None,
        }
    }

    /// The conversion that its colours need.
    pub(super) fn to_srgb(&self) -> Option<ToSrgb> {
        if let Ok(Some(icc)) = self.file.icc_profile(self.primary) {
            return ToSrgb::from_profile(icc);
        }
        let (primaries, transfer, ..) = self.nclx(self.primary)?;
        ToSrgb::from_code_points(primaries, transfer)
    }

    /// Primaries, transfer, matrix and range of a picture or of its first tile.
    fn nclx(&self, id: ItemId) -> Option<(u16, u16, u16, bool)> {
        let own = |id: ItemId| {
            self.file.item_properties(id).ok()?.find_map(|property| match property {
                Property::Color(ColorInfo::Nclx { primaries, transfer, matrix, full_range }) => {
                    Some((*primaries, *transfer, *matrix, *full_range))
                }
                _ => None,
            })
        };
        own(id).or_else(|| own(*self.file.referenced_items(id, b"dimg").first()?))
    }

    /// Decodes.
    pub(super) fn decode(
        self,
        resizer: &mut Resizer,
        wanted: (u32, u32),
        want_rgb: bool,
        deadline: Deadline,
    ) -> Result<Pixels, Rejection> {
        if self.codec == Codec::Built {
            return self.build();
        }
        let mut yuv = self.planes(self.primary, deadline)?;
        let alpha = self.file.referencing_items(self.primary, b"auxl").into_iter().find(|&id| is_alpha(&self.file, id));
        if let Some(alpha) = alpha {
            let Yuv { coding, planes, .. } = self.planes(alpha, deadline)?;
            let first = match planes {
                Canvas::Eight(planes) => Canvas::Eight(planes.into_iter().take(1).collect()),
                Canvas::Deep(planes) => Canvas::Deep(planes.into_iter().take(1).collect()),
            };
            yuv.alpha = Some(Box::new((coding, first)));
        }
        if let Some(crop) = self.crop {
            yuv.crop(crop);
        }
        Ok(yuv.into_pixels(resizer, wanted, want_rgb))
    }

    /// The part that is shown (14496-12, 12.1.4): a size, and how far its middle lies from that of what is coded, in
    /// fractions. What lies outside counts for nothing.
    fn clean_aperture(&self, coded: (u32, u32)) -> Option<Crop> {
        let mut properties = self.file.item_properties(self.primary).ok()?;
        let (size, offset) = properties.find_map(|property| match *property {
            Property::CleanAperture { width, height, horiz_offset, vert_offset } => {
                Some(([width, height], [horiz_offset, vert_offset]))
            }
            _ => None,
        })?;
        let part = |(above, below): (u32, u32), (off, by): (i32, u32), whole: u32| {
            let shown = (f64::from(above) / f64::from(below)).round().clamp(1.0, f64::from(whole.max(1)));
            let from = ((f64::from(whole) - shown) / 2.0 + f64::from(off) / f64::from(by)).round();
            let from = from.clamp(0.0, (f64::from(whole) - shown).max(0.0));
            // Without a denominator it says nothing.
            (below > 0 && by > 0).then_some((from as u32, shown as u32))
        };
        let (left, width) = part(size[0], offset[0], coded.0)?;
        let (top, height) = part(size[1], offset[1], coded.1)?;
        Some(Crop { coded, from: (left, top), size: (width, height) })
    }

    /// The planes of one picture, tiles put together.
    fn planes(&self, id: ItemId, deadline: Deadline) -> Result<Yuv, Rejection> {
        let kind = self.file.item(id).map_err(|error| broken(&error))?.item_type;
        let (size, tiles, columns) = if kind.0 == *b"grid" {
            let grid = self.file.grid(id).map_err(|error| broken(&error))?;
            let tiles = self.file.referenced_items(id, b"dimg").to_vec();
            let columns = usize::from(grid.columns);
            if tiles.is_empty() || tiles.len() != columns * usize::from(grid.rows) || tiles.len() > TILES {
                return Err(Rejection::Damaged("its tiles do not fit its grid".to_owned()));
            }
            ((grid.output_width, grid.output_height), tiles, columns)
        } else {
            let size = self.file.image_size(id).map_err(|error| broken(&error))?;
            (size.unwrap_or(self.size), vec![id], 1)
        };
        // An opacity of another size than its picture's must keep to the same limits.
        if u64::from(size.0) * u64::from(size.1) > self.limits.pixels {
            return Err(Rejection::Limit("its opacity has more pixels than the limit".to_owned()));
        }
        let mut canvas: Option<Assembly> = None;
        for (i, &tile) in tiles.iter().enumerate() {
            deadline.check()?;
            let decoded = self.tile(tile)?;
            let assembly = match &mut canvas {
                Some(canvas) => canvas,
                None => canvas.insert(Assembly::new(&decoded, size, &self.limits)?),
            };
            assembly.place(&decoded, (i % columns, i / columns))?;
        }
        let assembly = canvas.ok_or_else(|| Rejection::Damaged("it has no pixels".to_owned()))?;
        Ok(assembly.finish(self.nclx(id)))
    }

    fn tile(&self, id: ItemId) -> Result<Tile, Rejection> {
        match &self.file.item(id).map_err(|error| broken(&error))?.item_type.0 {
            b"hvc1" => hevc::decode(&self.hevc(id)?, &self.limits),
            b"av01" => av1::decode(self.file.item_data(id).map_err(|error| broken(&error))?.into_owned(), &self.limits),
            _ => Err(Rejection::Unsupported("a HEIF file of mixed tiles".to_owned())),
        }
    }

    /// The stream of a tile in HEVC.
    fn hevc(&self, id: ItemId) -> Result<Vec<u8>, Rejection> {
        let config = self.file.hevc_config(id).map_err(|error| broken(&error))?;
        let config = config.ok_or_else(|| Rejection::Damaged("it does not say how it is coded".to_owned()))?;
        let picture = self.file.item_data(id).map_err(|error| broken(&error))?;
        let stream = annex_b(&config.nal_units, usize::from(config.nal_length_size), &picture);
        stream.ok_or_else(|| Rejection::Damaged("its end is missing".to_owned()))
    }

    /// Crops and overlays, upright and at full size.
    fn build(self) -> Result<Pixels, Rejection> {
        if u64::from(self.size.0) * u64::from(self.size.1) * 8 > self.limits.memory {
            return Err(Rejection::Limit("decoding it needs more memory than the limit".to_owned()));
        }
        let options = heifer::Options { max_threads: 1, max_pixels: self.limits.pixels };
        let image = heifer::decode_rgba8(self.bytes, &options).map_err(|error| match error {
            heifer::Error::Unsupported(what) => Rejection::Unsupported(what),
            other => Rejection::Damaged(other.to_string()),
        })?;
        let (width, height) = (image.width, image.height);
        Ok(Pixels::Rgb(Rgb { width, height, samples: super::raster::on_white(image.data) }))
    }
}

/// The container's turns and mirrors as one EXIF orientation. They apply in the order in which they are listed.
fn orientation(properties: &[&Property]) -> u8 {
    // Quarter turns clockwise, after a mirroring left to right or not.
    let (mut mirrored, mut turns) = (false, 0_u8);
    for property in properties {
        match property {
            Property::Rotation(anticlockwise) => turns = (turns + 4 - anticlockwise % 4) % 4,
            Property::Mirror(top_bottom) => {
                // A mirroring after a turn is the opposite turn after the mirroring; top to bottom is half a turn more.
                mirrored = !mirrored;
                turns = (4 - turns + if *top_bottom { 2 } else { 0 }) % 4;
            }
            _ => {}
        }
    }
    match (mirrored, turns) {
        (false, 0) => 1,
        (false, 1) => 6,
        (false, 2) => 3,
        (false, _) => 8,
        (true, 0) => 2,
        (true, 1) => 7,
        (true, 2) => 4,
        (true, _) => 5,
    }
}

fn is_alpha(file: &HeifFile<'_>, id: ItemId) -> bool {
    const ALPHA: [&str; 2] = ["urn:mpeg:hevc:2015:auxid:1", "urn:mpeg:mpegB:cicp:systems:auxiliary:alpha"];
    file.item_properties(id).is_ok_and(|mut properties| {
        properties.any(|property| matches!(property, Property::AuxiliaryType(kind) if ALPHA.contains(&kind.as_str())))
    })
}

/// The size after the container's crops and turns.
fn built_size(file: &HeifFile<'_>, id: ItemId, coded: (u32, u32)) -> (u32, u32) {
    let mut size = coded;
    for property in file.item_properties(id).into_iter().flatten() {
        match property {
            Property::CleanAperture { width, height, .. } => {
                let part = |(above, below): (u32, u32), most: u32| (above / below.max(1)).clamp(1, most.max(1));
                size = (part(*width, size.0), part(*height, size.1));
            }
            Property::Rotation(turns) if turns % 2 == 1 => size = (size.1, size.0),
            _ => {}
        }
    }
    size
}

fn broken(error: &heifer_isobmff::Error) -> Rejection {
    match error {
        heifer_isobmff::Error::UnexpectedEof => Rejection::Damaged("its end is missing".to_owned()),
        other => Rejection::Damaged(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_and_mirrors_are_orientations() {
        let of = |properties: &[Property]| orientation(&properties.iter().collect::<Vec<_>>());
        assert_eq!(of(&[]), 1);
        // `irot` turns anticlockwise.
        assert_eq!(of(&[Property::Rotation(1)]), 8);
        assert_eq!(of(&[Property::Rotation(2)]), 3);
        assert_eq!(of(&[Property::Rotation(3)]), 6);
        assert_eq!(of(&[Property::Mirror(false)]), 2);
        assert_eq!(of(&[Property::Mirror(true)]), 4);
        // Turned right, then mirrored left to right, is the picture transposed.
        assert_eq!(of(&[Property::Rotation(3), Property::Mirror(false)]), 5);
        assert_eq!(of(&[Property::Rotation(1), Property::Mirror(false)]), 7);
        assert_eq!(of(&[Property::Mirror(false), Property::Rotation(3)]), 7);
    }
}
