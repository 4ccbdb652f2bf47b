//! Colour: between RGB and JFIF's Y, Cb, Cr, and from foreign profiles to sRGB.

use moxcms::{ColorProfile, DataColorSpace, Layout, RenderingIntent, Transform8BitExecutor, TransformOptions};
use std::sync::Arc;

use super::planes::Rgb;

/// How far, in eighths of a per cent of full scale, a profile may lie from sRGB and still be called sRGB: the many
/// profiles that mean sRGB differ among themselves by rounding alone.
const SAME: u8 = 2;

/// JFIF 1.02's conversion, in 16-bit fixed point.
pub(crate) fn ycc_to_rgb(y: u8, cb: u8, cr: u8) -> [u8; 3] {
    let (y, cb, cr) = (i32::from(y) << 16, i32::from(cb) - 128, i32::from(cr) - 128);
    let rounded = |value: i32| ((value + (1 << 15)) >> 16).clamp(0, 255) as u8;
    [rounded(y + 91_881 * cr), rounded(y - 22_554 * cb - 46_802 * cr), rounded(y + 116_130 * cb)]
}

/// Its inverse.
pub(crate) fn rgb_to_ycc(r: u8, g: u8, b: u8) -> [u8; 3] {
    let (r, g, b) = (i32::from(r), i32::from(g), i32::from(b));
    let rounded = |value: i32| ((value + (1 << 15)) >> 16).clamp(0, 255) as u8;
    [
        rounded(19_595 * r + 38_470 * g + 7_471 * b),
        rounded(-11_058 * r - 21_710 * g + 32_768 * b + (128 << 16)),
        rounded(32_768 * r - 27_440 * g - 5_328 * b + (128 << 16)),
    ]
}

/// A conversion of RGB pixels to sRGB.
pub(crate) struct ToSrgb(Arc<Transform8BitExecutor>);

impl ToSrgb {
    /// The conversion that a picture with this embedded profile needs. `None` when it needs none: the profile is sRGB
    /// in all but name, or it cannot be read or is not one for RGB, and sRGB is the best guess.
    pub(crate) fn from_profile(icc: &[u8]) -> Option<Self> {
        let profile = ColorProfile::new_from_slice(icc).ok()?;
        if profile.color_space != DataColorSpace::Rgb {
            return None;
        }
        let options =
            TransformOptions { rendering_intent: RenderingIntent::RelativeColorimetric, ..TransformOptions::default() };
        let srgb = ColorProfile::new_srgb();
        let transform = profile.create_transform_8bit(Layout::Rgb, &srgb, Layout::Rgb, options).ok()?;
        let probes: Vec<u8> = (0..=255).step_by(51).flat_map(probes).collect();
        let mut seen = vec![0; probes.len()];
        transform.transform(&probes, &mut seen).ok()?;
        let same = probes.iter().zip(&seen).all(|(a, b)| a.abs_diff(*b) <= SAME);
        (!same).then_some(Self(transform))
    }

    /// The picture in sRGB.
    pub(crate) fn apply(&self, picture: Rgb) -> Rgb {
        let mut samples = vec![0; picture.samples.len()];
        match self.0.transform(&picture.samples, &mut samples) {
            Ok(()) => Rgb { samples, ..picture },
            // The sizes always fit; were they not to, slightly wrong colours are better than no picture.
            Err(_) => picture,
        }
    }
}

/// One level of each hue, and of grey.
fn probes(level: u8) -> [u8; 21] {
    let v = level;
    [v, 0, 0, 0, v, 0, 0, 0, v, v, v, 0, 0, v, v, v, 0, v, v, v, v]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rgb_survives_the_way_through_planes() {
        for probe in (0..=255).step_by(15).flat_map(|v| probes(v).chunks(3).map(<[u8]>::to_vec).collect::<Vec<_>>()) {
            let [y, cb, cr] = rgb_to_ycc(probe[0], probe[1], probe[2]);
            let back = ycc_to_rgb(y, cb, cr);
            assert!(probe.iter().zip(back).all(|(a, b)| a.abs_diff(b) <= 1), "{probe:?} became {back:?}");
        }
    }

    #[test]
    fn srgb_needs_no_conversion_and_p3_does() {
        assert!(ToSrgb::from_profile(&ColorProfile::new_srgb().encode().unwrap()).is_none());
        assert!(ToSrgb::from_profile(b"not a profile").is_none());
        let p3 = ToSrgb::from_profile(&ColorProfile::new_display_p3().encode().unwrap()).expect("P3 differs");
        let green = Rgb { width: 1, height: 1, samples: vec![100, 200, 100] };
        let converted = p3.apply(green).samples;
        // The same colour has less red in sRGB, whose green lies nearer to red.
        assert!(converted[0] < 80 && converted[1] >= 200, "{converted:?}");
    }
}
