//! H.264 stills, by `rusty_h264`'s decoder.

use rusty_h264_common::YuvFrame;
use rusty_h264_common::nal::{emulation_unprevent, split_annex_b};
use rusty_h264_decoder::{DecodeError, Decoder, Sps};

use super::Rejection;
use super::tiles::Tile;
use super::yuv::{Coding, UNSPECIFIED};
use crate::limits::{Deadline, Limits};

/// The type of a unit that holds the parameters of a sequence (ITU-T H.264, table 7-1).
const SEQUENCE: u8 = 7;

/// Bytes for each pixel: the decoder's own picture, the one that it keeps for the next, samples of 16 bits, and what is
/// noted of each block.
const MEMORY: u64 = 8;

/// The same for each picture that a stream has it invent in the place of missing ones.
const INVENTED: u64 = 2;

/// The most pictures that a stream may have kept (ITU-T H.264, A.3.1).
const MOST_KEPT: u32 = 16;

/// Decodes the first picture of a stream with start codes (ITU-T H.264, annex B). Unit by unit: nothing that follows that
/// picture is looked at, and none of its slices costs more than a picture.
pub(super) fn decode(stream: &[u8], limits: &Limits, deadline: &Deadline) -> Result<Tile, Rejection> {
    let mut decoder = Decoder::new();
    for unit in split_annex_b(stream) {
        deadline.check()?;
        if unit.first().is_some_and(|first| first & 0x1F == SEQUENCE) {
            within(unit, limits)?;
        }
        if let Some(frame) = decoder.decode(&[&[0, 0, 0, 1], unit].concat()).map_err(refusal)? {
            return tile(frame);
        }
    }
    Err(Rejection::Damaged("its end is missing".to_owned()))
}

fn tile(frame: YuvFrame) -> Result<Tile, Rejection> {
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

/// Holds what a sequence announces against the limits, before anything is allocated for it.
fn within(unit: &[u8], limits: &Limits) -> Result<(), Rejection> {
    let sequence = Sps::parse(&emulation_unprevent(&unit[1..])).map_err(refusal)?;
    let (width, height) = (sequence.coded_width(), sequence.coded_height());
    let pixels = width as u64 * height as u64;
    if pixels > limits.pixels {
        let (megapixels, side) = (limits.pixels / 1_000_000, limits.side);
        return Err(Rejection::TooManyPixels { width: width as u32, height: height as u32, megapixels, side });
    }
    if sequence.max_num_ref_frames > MOST_KEPT {
        return Err(Rejection::Unsupported("H.264 that keeps more pictures than it may".to_owned()));
    }
    let invented = if sequence.gaps_in_frame_num_allowed { u64::from(sequence.max_num_ref_frames) } else { 0 };
    if pixels * (MEMORY + INVENTED * invented) > limits.memory {
        return Err(Rejection::Limit("decoding it needs more memory than the limit".to_owned()));
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
