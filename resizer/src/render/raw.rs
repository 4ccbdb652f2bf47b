//! Camera RAW: the JPEG that every camera embeds, at full size or nearly, for its own screen.
//!
//! Developing the sensor's own values is a matter of taste and of a program per camera; the camera's own picture is what
//! its owner saw. It is found by looking for JPEGs, wherever the maker put them, and taking the largest.

use std::borrow::Cow;

use heifer_isobmff::BoxIter;
use memchr::memmem;

use super::Rejection;
use crate::described::Blocks;

/// Most JPEGs that are looked at: chance alone lays few more headers into compressed values.
const CANDIDATES: usize = 4096;

/// A preview whose longer side is shorter than this is a thumbnail, no picture.
const LEAST: u32 = 640;

/// The directories of a RAW file lie at its start.
const DIRECTORIES: usize = 4 << 20;

/// Canon's box of metadata in CR3 (as `canon_cr3` by Laurent Clévy describes it).
const CANON: [u8; 16] =
    [0x85, 0xC0, 0xB6, 0x87, 0x82, 0x0F, 0x11, 0xE0, 0x81, 0x11, 0xF4, 0xCE, 0x46, 0x2B, 0x6A, 0x48];

/// The largest embedded JPEG, from its first byte on.
pub(super) fn preview(bytes: &[u8]) -> Result<&[u8], Rejection> {
    let found = memmem::find_iter(bytes, &[0xFF, 0xD8, 0xFF]).take(CANDIDATES);
    let sized = found.filter_map(|at| Some((size(&bytes[at..])?, at)));
    // The first of several that are as large.
    let largest = sized.reduce(|best, next| if area(next.0) > area(best.0) { next } else { best });
    match largest {
        Some(((width, height), at)) if width.max(height) >= LEAST => Ok(&bytes[at..]),
        Some(((width, height), _)) => {
            Err(Rejection::Unsupported(format!("the preview in this RAW file has just {width} x {height} pixels")))
        }
        None => Err(Rejection::Unsupported("this RAW file has no preview".to_owned())),
    }
}

fn area((width, height): (u32, u32)) -> u64 {
    u64::from(width) * u64::from(height)
}

/// Width and height of a JPEG of the kind that screens show; `None` for lossless ones, which hold the sensor's values.
fn size(jpeg: &[u8]) -> Option<(u32, u32)> {
    let mut at = 2;
    loop {
        let [0xFF, code, high, low] = *jpeg.get(at..at + 4)?.first_chunk::<4>()? else { return None };
        let length = usize::from(u16::from_be_bytes([high, low]));
        match code {
            0xC0..=0xC2 => {
                let frame = jpeg.get(at + 4..at + 10)?;
                let side = |at: usize| u32::from(u16::from_be_bytes([frame[at], frame[at + 1]]));
                let shown = frame[0] == 8 && matches!(frame[5], 1 | 3);
                return Some((side(3), side(1))).filter(|(width, height)| shown && *width > 0 && *height > 0);
            }
            0xC4 | 0xDB | 0xDD | 0xE0..=0xEF | 0xFE if length >= 2 => at += 2 + length,
            _ => return None,
        }
    }
}

/// What a RAW file says of itself, with what its preview says after it.
pub(super) fn blocks<'a>(bytes: &'a [u8], preview: Blocks<'a>) -> Blocks<'a> {
    let mut exif = if bytes.get(4..8) == Some(b"ftyp") { canon(bytes).unwrap_or_default() } else { tiff(bytes) };
    exif.extend(preview.exif);
    Blocks { exif, ..preview }
}

/// A RAW file as a TIFF: Olympus and Panasonic changed the magic number alone.
fn tiff(bytes: &[u8]) -> Vec<Cow<'_, [u8]>> {
    let order = bytes.get(..2).unwrap_or_default();
    if order != b"II" && order != b"MM" {
        return Vec::new();
    }
    let mut start = bytes[..bytes.len().min(DIRECTORIES)].to_vec();
    if let Some(magic) = start.get_mut(2..4) {
        magic.copy_from_slice(if order == b"II" { &[42, 0] } else { &[0, 42] });
    }
    vec![Cow::Owned(start)]
}

/// The TIFFs in a CR3's `moov`: the picture's, EXIF's and the satellites'.
fn canon(bytes: &[u8]) -> Option<Vec<Cow<'_, [u8]>>> {
    let kind = |kind: &'static [u8; 4]| move |b: &heifer_isobmff::RawBox<'_>| b.header.box_type.0 == *kind;
    let moov = BoxIter::new(bytes).map_while(Result::ok).find(kind(b"moov"))?;
    let own = |b: &heifer_isobmff::RawBox<'_>| b.header.user_type == Some(CANON);
    let canon = BoxIter::new(moov.content).map_while(Result::ok).find(own)?;
    let named = |b: &heifer_isobmff::RawBox<'_>| matches!(&b.header.box_type.0, b"CMT1" | b"CMT2" | b"CMT4");
    Some(BoxIter::new(canon.content).map_while(Result::ok).filter(named).map(|b| Cow::Borrowed(b.content)).collect())
}
