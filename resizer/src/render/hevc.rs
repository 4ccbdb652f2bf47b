//! HEVC stills, by `heifer`'s decoder.

use heifer_hevc_dec::Error;
use heifer_hevc_dec::decoder::{DecodeOptions, decode_picture};
use heifer_hevc_dec::nal::split_annex_b;

use super::Rejection;
use super::tiles::Tile;
use super::yuv::Coding;
use crate::limits::Limits;

/// Bytes for each pixel: three planes of 16 bits, twice while they are smoothed.
const MEMORY: u64 = 12;

/// The most slices: each may cost as much as the whole picture. The levels that cameras write allow 200 (ITU-T H.265,
/// table A.8).
const MOST_SLICES: usize = 200;

/// Decodes the first picture of a stream with start codes (ITU-T H.265, annex B).
pub(super) fn decode(stream: &[u8], limits: &Limits) -> Result<Tile, Rejection> {
    let is_slice = |unit: &&[u8]| unit.first().is_some_and(|first| first >> 1 & 0x3F < 32);
    if split_annex_b(stream).filter(is_slice).count() > MOST_SLICES {
        return Err(Rejection::Unsupported(format!("a picture of more than {MOST_SLICES} slices in HEVC")));
    }
    let options = DecodeOptions { max_pixels: limits.pixels.min(limits.memory / MEMORY), ..DecodeOptions::default() };
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
