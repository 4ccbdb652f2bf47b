//! AV1 stills, by `rav1d`.

use re_rav1d::dav1d::pixel::{MatrixCoefficients, YUVRange};
use re_rav1d::dav1d::{Decoder, Error, PixelLayout, PlanarImageComponent, Settings};

use super::Rejection;
use super::tiles::Tile;
use super::yuv::{Coding, UNSPECIFIED};
use crate::limits::Limits;

/// The types of OBUs that begin a frame (AV1, 6.2.2): its header, and its header with its tiles.
const BEGIN: [u8; 2] = [3, 6];

/// The most frames for one still: a picture in layers has a few, and some may come before it that are not shown. All of
/// them are decoded and kept.
const MOST_FRAMES: u64 = 8;

/// Bytes for each pixel of a frame: three planes of 16 bits, those of the tile beside them.
const MEMORY: u64 = 12;

/// Decodes the first picture of a stream of OBUs.
pub(super) fn decode(stream: Vec<u8>, limits: &Limits) -> Result<Tile, Rejection> {
    let broken = |error: Error| match error {
        Error::UnsupportedBitstream => Rejection::Unsupported("a kind of AV1".to_owned()),
        other => Rejection::Damaged(format!("its AV1 stream cannot be decoded: {other}")),
    };
    let frames = frames(&stream).filter(|frames| *frames > 0);
    let frames = frames.ok_or_else(|| Rejection::Damaged("its end is missing".to_owned()))?;
    if frames > MOST_FRAMES {
        return Err(Rejection::Unsupported(format!("a picture of {frames} frames in AV1")));
    }
    let pixels = limits.pixels.min(limits.memory / (MEMORY * frames)).max(1);
    let mut settings = Settings::new();
    settings.set_n_threads(1);
    settings.set_max_frame_delay(1);
    settings.set_all_layers(false);
    settings.set_frame_size_limit(u32::try_from(pixels).unwrap_or(u32::MAX));
    let mut decoder = Decoder::with_settings(&settings).map_err(broken)?;
    match decoder.send_data(stream, None, None, None) {
        Ok(()) | Err(Error::Again) => {}
        Err(error) => return Err(broken(error)),
    }
    let picture = decoder.get_picture().map_err(|error| match error {
        Error::Again => Rejection::Damaged("its end is missing".to_owned()),
        other => broken(other),
    })?;
    let depth = picture.bits_per_component().map_or(8, |bits| bits.0);
    let (width, height) = (picture.width(), picture.height());
    let (across, down) = match picture.pixel_layout() {
        PixelLayout::I400 => (0, 0),
        PixelLayout::I420 => (2, 2),
        PixelLayout::I422 => (2, 1),
        PixelLayout::I444 => (1, 1),
    };
    let whole = (PlanarImageComponent::Y, width, height);
    let mut wanted = vec![whole];
    if across > 0 {
        let (width, height) = (width.div_ceil(across), height.div_ceil(down));
        wanted.extend([(PlanarImageComponent::U, width, height), (PlanarImageComponent::V, width, height)]);
    }
    let planes = wanted.into_iter().map(|(component, width, height)| {
        let plane = picture.plane(component);
        let rows = plane.chunks_exact(picture.stride(component) as usize).take(height as usize);
        let samples: Vec<u16> = if depth == 8 {
            rows.flat_map(|row| row.iter().take(width as usize).map(|&v| u16::from(v))).collect()
        } else {
            rows.flat_map(|row| row.chunks_exact(2).take(width as usize).map(|v| u16::from_ne_bytes([v[0], v[1]])))
                .collect()
        };
        (width, height, samples)
    });
    let planes: Vec<_> = planes.collect();
    if planes.iter().any(|(width, height, samples)| samples.len() != *width as usize * *height as usize) {
        return Err(Rejection::Damaged("its AV1 stream is shorter than its picture".to_owned()));
    }
    let matrix = match picture.matrix_coefficients() {
        MatrixCoefficients::Identity => 0,
        MatrixCoefficients::BT709 => 1,
        MatrixCoefficients::BT470M => 4,
        MatrixCoefficients::ST240M => 7,
        MatrixCoefficients::BT2020NonConstantLuminance | MatrixCoefficients::BT2020ConstantLuminance => 9,
        MatrixCoefficients::Unspecified => UNSPECIFIED,
        _ => 6,
    };
    let coding = Coding { matrix, full_range: picture.color_range() == YUVRange::Full, depth: depth as u8 };
    Ok(Tile { coding, planes })
}

/// How many frames a stream of OBUs begins (AV1, 5.3); `None` when one is cut.
fn frames(stream: &[u8]) -> Option<u64> {
    let (mut rest, mut frames) = (stream, 0);
    while let Some((&header, tail)) = rest.split_first() {
        let (extended, sized) = (header & 0b100 != 0, header & 0b10 != 0);
        let mut tail = tail.get(usize::from(extended)..)?;
        let size = if sized { size(&mut tail)? } else { tail.len() };
        rest = tail.get(size..)?;
        frames += u64::from(BEGIN.contains(&(header >> 3 & 0xF)));
    }
    Some(frames)
}

/// A number in groups of seven bits, the least first (AV1, 4.10.5).
fn size(bytes: &mut &[u8]) -> Option<usize> {
    let mut value = 0;
    for place in 0..8 {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7F) << (7 * place);
        if byte & 0x80 == 0 {
            return usize::try_from(value).ok();
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An OBU of this type, with its size.
    fn obu(kind: u8, content: &[u8]) -> Vec<u8> {
        let length = content.len() as u8;
        [&[kind << 3 | 0b10, length | 0x80, 0], content].concat()
    }

    #[test]
    fn frames_are_counted_before_any_is_decoded() {
        let [delimiter, header, tiles, frame] = [obu(2, b""), obu(3, b"abc"), obu(4, b"ab"), obu(6, b"\x32\x32")];
        let still = [&delimiter[..], &header, &tiles, &tiles, &frame].concat();
        assert_eq!(frames(&still), Some(2));
        // The last may leave its size to the end of the stream.
        assert_eq!(frames(&[&frame[..], &[6 << 3, 6 << 3, 1]].concat()), Some(2));
        assert_eq!(frames(&[&[6 << 3 | 0b110, 0, 1, 9][..], &frame].concat()), Some(2), "with layers");
        assert_eq!((frames(b""), frames(&still[..still.len() - 1])), (Some(0), None));
        assert_eq!(frames(&[6 << 3 | 0b10, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1]), None);
    }

    #[test]
    fn more_frames_than_a_still_has_are_not_decoded() {
        let stream = frame_times(MOST_FRAMES + 1);
        let refused = decode(stream, &Limits::default()).err().map(|reason| reason.to_string());
        assert!(refused.is_some_and(|reason| reason.contains("9 frames")), "it was decoded");
        let nonsense = decode(frame_times(MOST_FRAMES), &Limits::default()).err().map(|reason| reason.to_string());
        assert!(nonsense.is_some_and(|reason| !reason.contains("frames")), "it was not decoded");
    }

    fn frame_times(count: u64) -> Vec<u8> {
        (0..count).flat_map(|_| obu(6, &[0x10, 0, 0])).collect()
    }
}
