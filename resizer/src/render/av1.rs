//! AV1 stills, by `rav1d`.

use re_rav1d::dav1d::pixel::{MatrixCoefficients, YUVRange};
use re_rav1d::dav1d::{Decoder, Error, PixelLayout, PlanarImageComponent, Settings};

use super::Rejection;
use super::tiles::Tile;
use super::yuv::{Coding, UNSPECIFIED};
use crate::limits::Limits;

/// Decodes the first picture of a stream of OBUs.
pub(super) fn decode(stream: Vec<u8>, limits: &Limits) -> Result<Tile, Rejection> {
    let broken = |error: Error| match error {
        Error::UnsupportedBitstream => Rejection::Unsupported("a kind of AV1".to_owned()),
        other => Rejection::Damaged(format!("its AV1 stream cannot be decoded: {other}")),
    };
    if stream.is_empty() {
        return Err(Rejection::Damaged("its end is missing".to_owned()));
    }
    let mut settings = Settings::new();
    settings.set_n_threads(1);
    settings.set_max_frame_delay(1);
    settings.set_all_layers(false);
    settings.set_frame_size_limit(u32::try_from(limits.pixels).unwrap_or(u32::MAX));
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
