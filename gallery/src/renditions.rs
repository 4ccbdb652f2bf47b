//! The ladder of sizes that every photo is offered in.

use serde::{Deserialize, Serialize};

/// The widths in pixels, upright, smallest first: a thumbnail, a phone, a desktop. A photo is never enlarged: it gets
/// the widths below its own, and its own when that is below the largest.
pub const LADDER: [u32; 3] = [360, 1200, 2048];

/// The format of a rendition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Baseline JPEG, which everything shows.
    Jpeg,
}

impl Format {
    /// The extension in keys.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
        }
    }

    /// The media type.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
        }
    }
}

/// The widths that a photo of `width` pixels gets.
pub fn widths(width: u32) -> Vec<u32> {
    let mut widths: Vec<u32> = LADDER.into_iter().filter(|&w| w < width).collect();
    if widths.len() < LADDER.len() {
        widths.push(width);
    }
    widths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_enlarged() {
        assert_eq!(widths(4000), [360, 1200, 2048]);
        assert_eq!(widths(2048), [360, 1200, 2048]);
        assert_eq!(widths(1600), [360, 1200, 1600]);
        assert_eq!(widths(360), [360]);
        assert_eq!(widths(20), [20]);
    }
}
