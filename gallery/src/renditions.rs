//! The ladder of sizes that every photo is offered in.

use serde::{Deserialize, Serialize};

/// The widths in pixels, upright, smallest first: a thumbnail, the same on a dense screen, a phone, a desktop.
pub const LADDER: [u32; 4] = [360, 720, 1200, 2048];

/// A picture wider than this many times its height is a panorama: its rungs grow with it, so that they are as tall as
/// those of a picture of this shape.
const PANORAMA: f64 = 2.0;

/// A panorama's rungs grow no more than this.
const MOST_GROWTH: f64 = 4.0;

/// The most pixels of a rung: a long picture (a scrolled screenshot, a scanned roll) is made narrower rather than
/// offered in a size that no phone can open.
const MOST_PIXELS: f64 = 2048.0 * 2048.0 * 4.0;

/// The largest side of a JPEG that browsers open (libjpeg's `JPEG_MAX_DIMENSION`).
const TALLEST: f64 = 65_500.0;

/// A photo of more pixels gets no copy of the whole: decoded at its full size it would take too much memory.
const MOST_WHOLE: f64 = 50e6;

/// A copy of the whole has no more pixels than this.
const MOST_IN_WHOLE: f64 = 25e6;

/// The format of a rendition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Baseline JPEG, which everything shows.
    Jpeg,
    /// Lossy WebP, a quarter smaller.
    WebP,
    /// AVIF, smaller still and several times as dear to make: off unless asked for.
    Avif,
}

impl Format {
    /// Every format, the one that everything shows first.
    pub const ALL: [Self; 3] = [Self::Jpeg, Self::WebP, Self::Avif];

    /// The extension in keys.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::WebP => "webp",
            Self::Avif => "avif",
        }
    }

    /// The media type.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::WebP => "image/webp",
            Self::Avif => "image/avif",
        }
    }
}

/// The sizes that a photo of `width` by `height` pixels gets, smallest first: the rungs below its own size, and its own
/// when that is below the largest rung. It is never enlarged, and never left without a size.
pub fn sizes(width: u32, height: u32) -> Vec<(u32, u32)> {
    sizes_of(&LADDER, width, height)
}

/// The same for another ladder than Heirloom's.
pub fn sizes_of(ladder: &[u32], width: u32, height: u32) -> Vec<(u32, u32)> {
    let (wide, tall) = (f64::from(width.max(1)), f64::from(height.max(1)));
    let growth = (wide / tall / PANORAMA).clamp(1.0, MOST_GROWTH);
    let most = wide.min((MOST_PIXELS * wide / tall).sqrt()).min(TALLEST * wide / tall).clamp(1.0, TALLEST);
    let mut widths: Vec<f64> = ladder.iter().map(|&rung| (f64::from(rung) * growth).round()).collect();
    let rungs = widths.len();
    widths.retain(|&rung| rung < most);
    if widths.len() < rungs {
        widths.push(most.floor());
    }
    let size = |narrow: f64| {
        let narrow = narrow as u32;
        let exact = tall * f64::from(narrow) / wide;
        (narrow, if narrow == width { height } else { exact.round().clamp(1.0, TALLEST) as u32 })
    };
    widths.into_iter().map(size).collect()
}

/// The size of a copy that shows all there is of a photo of `width` by `height` pixels, for whoever goes near to one
/// whose original browsers cannot show: its own size, or 25 megapixels. `None` when it would be no larger than `largest`,
/// the widest of its ladder, and for photos of more than 50 megapixels.
pub fn whole(width: u32, height: u32, largest: u32) -> Option<(u32, u32)> {
    let (wide, tall) = (f64::from(width), f64::from(height));
    let scale = (MOST_IN_WHOLE / (wide * tall)).sqrt().min(TALLEST / wide.max(tall)).min(1.0);
    let side = |length: f64| if scale < 1.0 { (length * scale).floor().max(1.0) } else { length };
    let (narrow, low) = (side(wide) as u32, side(tall) as u32);
    (wide * tall <= MOST_WHOLE && narrow > largest).then_some((narrow, low))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn widths(width: u32, height: u32) -> Vec<u32> {
        sizes(width, height).into_iter().map(|(width, _)| width).collect()
    }

    #[test]
    fn nothing_is_enlarged() {
        assert_eq!(sizes(4000, 3000), [(360, 270), (720, 540), (1200, 900), (2048, 1536)]);
        assert_eq!(widths(2048, 1536), LADDER);
        assert_eq!(widths(1600, 1200), [360, 720, 1200, 1600]);
        assert_eq!(widths(360, 480), [360]);
        assert_eq!(sizes(20, 10), [(20, 10)]);
        assert_eq!(sizes(1, 1), [(1, 1)]);
    }

    #[test]
    fn a_panorama_is_as_tall_as_a_picture() {
        assert_eq!(sizes(16_000, 4000), [(720, 180), (1440, 360), (2400, 600), (4096, 1024)]);
        assert_eq!(widths(16_000, 500), [1440, 2880, 4800, 8192]);
        assert_eq!(widths(3000, 500), [1080, 2160, 3000]);
    }

    #[test]
    fn a_long_picture_stays_within_what_phones_open() {
        for (width, height) in [(1000, 60_000), (7, 65_535), (65_535, 2), (5000, 1), (1, 5000), (11_000, 10_900)] {
            for (narrow, low) in sizes(width, height) {
                assert!(narrow <= width && low <= height && narrow >= 1 && low >= 1, "{width}x{height}");
                assert!(f64::from(narrow) * f64::from(low) <= MOST_PIXELS * 1.01, "{width}x{height}: {narrow}x{low}");
                assert!(f64::from(narrow.max(low)) <= TALLEST);
            }
        }
    }

    #[test]
    fn a_whole_copy_is_larger_than_the_ladder_and_within_what_fits_into_memory() {
        assert_eq!(whole(4032, 3024, 2048), Some((4032, 3024)));
        assert_eq!(whole(3024, 4032, 2048), Some((3024, 4032)));
        // 24 megapixels, as phones write them, and 48.
        assert_eq!(whole(5712, 4284, 2048), Some((5712, 4284)));
        let (width, height) = whole(8064, 6048, 2048).unwrap();
        assert!(width * height <= 25_000_000 && width * height > 24_900_000, "{width}x{height}");
        for (width, height, largest) in [(2048, 1536, 2048), (1600, 1200, 1600), (9000, 6000, 2048), (1, 1, 1)] {
            assert_eq!(whole(width, height, largest), None);
        }
    }

    #[test]
    fn formats_have_names_of_their_own() {
        for format in Format::ALL {
            assert!(format.content_type().starts_with("image/"));
            assert_eq!(serde_json::from_value::<Format>(serde_json::to_value(format).unwrap()).unwrap(), format);
        }
        assert_eq!(serde_json::to_value(Format::WebP).unwrap(), "webp");
    }
}
