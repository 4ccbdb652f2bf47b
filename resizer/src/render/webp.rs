//! WebP out: lossy, from planes, without metadata.

use webpx::{Encoder, EncoderConfig, Unstoppable, YuvPlanesRef};

use super::Rejection;
use super::planes::{Plane, Quartered};

/// The quality of renditions, on libwebp's scale.
const QUALITY: f32 = 80.0;

/// How hard libwebp tries, of 6. Its own choice, 4, takes more than twice the time for nearly the same picture.
const EFFORT: u8 = 2;

/// The largest side that the format can say (libwebp's `WEBP_MAX_DIMENSION`).
pub(super) const LARGEST: u32 = 16_383;

/// Writes a picture as WebP.
pub(super) fn encode(picture: &Quartered<'_>) -> Result<Vec<u8>, Rejection> {
    let (width, height) = (picture.y.width, picture.y.height);
    // WebP's planes are those of BT.601 in the range of studios; JPEG's are the same in full range.
    let y = mapped(picture.y, |v| 16.0 + v * 219.0 / 255.0);
    let chroma = |plane: &Plane| mapped(plane, |v| 128.0 + (v - 128.0) * 224.0 / 255.0);
    let [u, v] = if let Some(planes) = &picture.chroma {
        planes.each_ref().map(chroma)
    } else {
        let count = width.div_ceil(2) as usize * height.div_ceil(2) as usize;
        [vec![128; count], vec![128; count]]
    };
    let half = width.div_ceil(2) as usize;
    let planes = YuvPlanesRef {
        y: &y,
        y_stride: width as usize,
        u: &u,
        u_stride: half,
        v: &v,
        v_stride: half,
        a: None,
        a_stride: 0,
        width,
        height,
    };
    let config = EncoderConfig::new().quality(QUALITY).method(EFFORT);
    let encoded = Encoder::new_yuv(planes).config(config).encode(Unstoppable);
    encoded.map_err(|error| Rejection::Limit(format!("it cannot be written as WebP: {error}")))
}

/// Each sample through a table.
fn mapped(plane: &Plane, map: impl Fn(f32) -> f32) -> Vec<u8> {
    let table: [u8; 256] = std::array::from_fn(|v| (map(v as f32) + 0.5) as u8);
    plane.samples.iter().map(|&v| table[usize::from(v)]).collect()
}
