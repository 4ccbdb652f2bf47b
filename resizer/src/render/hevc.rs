//! HEVC stills, by `heifer`'s decoder.

use heifer_hevc_dec::Error;
use heifer_hevc_dec::decoder::{DecodeOptions, decode_picture};

use super::Rejection;
use super::tiles::Tile;
use super::yuv::Coding;
use crate::limits::Limits;

/// Decodes the first picture of a stream with start codes (ITU-T H.265, annex B).
pub(super) fn decode(stream: &[u8], limits: &Limits) -> Result<Tile, Rejection> {
    let options = DecodeOptions { max_pixels: limits.pixels, ..DecodeOptions::default() };
    let frame = decode_picture(stream, options).map_err(|error| match error {
        Error::Unimplemented(what) => Rejection::Unsupported(what.to_owned()),
        Error::UnexpectedEof => Rejection::Damaged("its end is missing".to_owned()),
        other => Rejection::Damaged(other.to_string()),
    })?;
    let [luma, chroma] = frame.bit_depth;
    let coding =
        Coding { matrix: u16::from(frame.matrix_coeffs), full_range: frame.full_range, depth: luma.max(chroma) };
    if !(8..=16).contains(&coding.depth) || frame.widths[0] == 0 || frame.heights[0] == 0 {
        return Err(Rejection::Unsupported(format!("HEVC of {} bits", coding.depth)));
    }
    let count = if frame.widths[1] == 0 { 1 } else { 3 };
    let planes = frame.planes.into_iter().take(count).enumerate().map(|(i, mut samples)| {
        let own = if i == 0 { luma } else { chroma };
        if own < coding.depth {
            for sample in &mut samples {
                *sample <<= coding.depth - own;
            }
        }
        (frame.widths[i], frame.heights[i], samples)
    });
    Ok(Tile { coding, planes: planes.collect() })
}
