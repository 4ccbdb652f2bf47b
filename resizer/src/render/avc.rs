//! H.264 stills, by `rusty_h264`'s decoder.

use rusty_h264_common::nal::{emulation_unprevent, split_annex_b};
use rusty_h264_decoder::{DecodeError, Decoder, Sps};

use super::Rejection;
use super::tiles::Tile;
use super::yuv::{Coding, UNSPECIFIED};
use crate::limits::Limits;

/// The type of a unit that holds the parameters of a sequence (ITU-T H.264, table 7-1).
const SEQUENCE: u8 = 7;

/// Bytes for each pixel: the decoder's own picture, the one that it keeps for the next, samples of 16 bits, and what is
/// noted of each block.
const MEMORY: u64 = 8;

/// Decodes the first picture of a stream with start codes (ITU-T H.264, annex B).
pub(super) fn decode(stream: &[u8], limits: &Limits) -> Result<Tile, Rejection> {
    within(stream, limits)?;
    let frame = Decoder::new().decode(stream).map_err(refusal)?;
    let frame = frame.ok_or_else(|| Rejection::Damaged("its end is missing".to_owned()))?;
    let (width, height) = (frame.width, frame.height);
    let half = (width.div_ceil(2), height.div_ceil(2));
    let planes = [(frame.y, (width, height)), (frame.u, half), (frame.v, half)];
    if planes.iter().any(|(samples, (width, height))| samples.len() != width * height || samples.is_empty()) {
        return Err(Rejection::Unsupported("H.264 with colours of another size".to_owned()));
    }
    let widened = planes.into_iter().map(|(samples, (width, height))| {
        (width as u32, height as u32, samples.into_iter().map(u16::from).collect::<Vec<_>>())
    });
    // The decoder passes over what the stream may say of its colours; the container says it, too, or nobody does.
    Ok(Tile { coding: Coding { matrix: UNSPECIFIED, full_range: false, depth: 8 }, planes: widened.collect() })
}

/// Holds every size that the stream announces against the limits, before anything is allocated for it.
fn within(stream: &[u8], limits: &Limits) -> Result<(), Rejection> {
    for unit in split_annex_b(stream) {
        if unit.first().is_some_and(|first| first & 0x1F == SEQUENCE) {
            let sequence = Sps::parse(&emulation_unprevent(&unit[1..])).map_err(refusal)?;
            let (width, height) = (sequence.coded_width(), sequence.coded_height());
            if width as u64 * height as u64 > limits.pixels {
                let (megapixels, side) = (limits.pixels / 1_000_000, limits.side);
                return Err(Rejection::TooManyPixels { width: width as u32, height: height as u32, megapixels, side });
            }
            if width as u64 * height as u64 * MEMORY > limits.memory {
                return Err(Rejection::Limit("decoding it needs more memory than the limit".to_owned()));
            }
        }
    }
    Ok(())
}

fn refusal(error: DecodeError) -> Rejection {
    match error {
        DecodeError::Unsupported(what) => Rejection::Unsupported(format!("H.264 with {what}")),
        DecodeError::Truncated => Rejection::Damaged("its end is missing".to_owned()),
        other => Rejection::Damaged(other.to_string()),
    }
}
