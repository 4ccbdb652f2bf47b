//! Colour: between RGB and JFIF's Y, Cb, Cr, and from foreign profiles to sRGB.

use moxcms::{ColorProfile, DataColorSpace, Layout, RenderingIntent, Transform8BitExecutor, TransformOptions};
use std::sync::Arc;

use super::deep::Deep;
use super::planes::Rgb;

/// How far, in eighths of a per cent of full scale, a profile may lie from sRGB and still be called sRGB: the many
/// profiles that mean sRGB differ among themselves by rounding alone.
const SAME: u8 = 2;

/// JFIF 1.02's conversion, in 16-bit fixed point. The sums cannot overflow, and are written so that debug builds do not
/// look: a look at each keeps the compiler from doing several at once.
#[inline]
pub(crate) fn ycc_to_rgb(y: u8, cb: u8, cr: u8) -> [u8; 3] {
    let (y, cb, cr) = (i32::from(y) << 16, i32::from(cb).wrapping_sub(128), i32::from(cr).wrapping_sub(128));
    let sum = |cb_part: i32, cr_part: i32| {
        rounded(y.wrapping_add(cb.wrapping_mul(cb_part)).wrapping_add(cr.wrapping_mul(cr_part)))
    };
    [sum(0, 91_881), sum(-22_554, -46_802), sum(116_130, 0)]
}

/// Its inverse.
#[inline]
pub(crate) fn rgb_to_ycc(r: u8, g: u8, b: u8) -> [u8; 3] {
    let (r, g, b) = (i32::from(r), i32::from(g), i32::from(b));
    let sum = |parts: [i32; 3], base: i32| {
        let [r, g, b] = [r.wrapping_mul(parts[0]), g.wrapping_mul(parts[1]), b.wrapping_mul(parts[2])];
        rounded(base.wrapping_add(r).wrapping_add(g).wrapping_add(b))
    };
    [
        sum([19_595, 38_470, 7_471], 0),
        sum([-11_058, -21_710, 32_768], 128 << 16),
        sum([32_768, -27_440, -5_328], 128 << 16),
    ]
}

#[inline]
fn rounded(value: i32) -> u8 {
    (value.wrapping_add(1 << 15) >> 16).clamp(0, 255) as u8
}

/// A conversion of RGB pixels to sRGB.
pub(crate) struct ToSrgb {
    profile: ColorProfile,
    eight: Arc<Transform8BitExecutor>,
    /// What high dynamic range is brought down by, before anything else: from code to code, in 1,024 steps.
    tone: Option<Vec<f32>>,
}

impl ToSrgb {
    /// The conversion that a picture with this embedded profile needs. `None` when it needs none: the profile is sRGB
    /// in all but name, or it cannot be read or is not one for RGB, and sRGB is the best guess.
    pub(crate) fn from_profile(icc: &[u8]) -> Option<Self> {
        let profile = ColorProfile::new_from_slice(icc).ok()?;
        if profile.color_space != DataColorSpace::Rgb {
            return None;
        }
        let to_srgb = Self::new(profile)?;
        let probes: Vec<u8> = (0..=255).step_by(51).flat_map(probes).collect();
        let mut seen = vec![0; probes.len()];
        to_srgb.eight.transform(&probes, &mut seen).ok()?;
        let same = probes.iter().zip(&seen).all(|(a, b)| a.abs_diff(*b) <= SAME);
        (!same).then_some(to_srgb)
    }

    /// The conversion of Adobe RGB (1998), where EXIF alone says that it is that.
    pub(crate) fn from_adobe_rgb() -> Option<Self> {
        Self::new(ColorProfile::new_adobe_rgb())
    }

    /// The conversion for colours named by their code points (ITU-T H.273): primaries and transfer.
    ///
    /// The curves of standard range (BT.601, BT.709, BT.2020) are all taken for sRGB's, as browsers take them. HLG is
    /// made to be shown as it is on screens that know nothing of it. PQ is not, and is brought down.
    pub(crate) fn from_code_points(primaries: u16, transfer: u16) -> Option<Self> {
        let mut profile = match primaries {
            9 => ColorProfile::new_bt2020(),
            11 | 12 => ColorProfile::new_display_p3(),
            _ if transfer == 16 => ColorProfile::new_srgb(),
            _ => return None,
        };
        let curves = ColorProfile::new_srgb();
        (profile.red_trc, profile.green_trc, profile.blue_trc) = (curves.red_trc, curves.green_trc, curves.blue_trc);
        profile.cicp = None;
        let tone = (transfer == 16).then(|| (0..1024).map(|i| from_pq(i as f32 / 1023.0)).collect());
        Some(Self { tone, ..Self::new(profile)? })
    }

    fn new(profile: ColorProfile) -> Option<Self> {
        let srgb = ColorProfile::new_srgb();
        let eight = profile.create_transform_8bit(Layout::Rgb, &srgb, Layout::Rgb, options()).ok()?;
        Some(Self { profile, eight, tone: None })
    }

    /// The picture in sRGB.
    pub(crate) fn apply(&self, mut picture: Rgb) -> Rgb {
        if let Some(tone) = &self.tone {
            let table: Vec<u8> = (0..256).map(|v| (tone[v * 1023 / 255] * 255.0 + 0.5) as u8).collect();
            picture.samples.iter_mut().for_each(|v| *v = table[usize::from(*v)]);
        }
        let mut samples = vec![0; picture.samples.len()];
        match self.eight.transform(&picture.samples, &mut samples) {
            Ok(()) => Rgb { samples, ..picture },
            // The sizes always fit; were they not to, slightly wrong colours are better than no picture.
            Err(_) => picture,
        }
    }

    /// The same for RGB of sixteen bits.
    pub(crate) fn apply_deep(&self, mut picture: Deep) -> Deep {
        if let Some(tone) = &self.tone {
            picture.samples.iter_mut().for_each(|v| {
                let at = f32::from(*v) / 65_535.0 * 1023.0;
                let (low, part) = (at as usize, at.fract());
                let value = tone[low] + (tone[(low + 1).min(1023)] - tone[low]) * part;
                *v = (value * 65_535.0 + 0.5) as u16;
            });
        }
        let srgb = ColorProfile::new_srgb();
        let transform = self.profile.create_transform_16bit(Layout::Rgb, &srgb, Layout::Rgb, options());
        let mut samples = vec![0; picture.samples.len()];
        match transform.and_then(|transform| transform.transform(&picture.samples, &mut samples)) {
            Ok(()) => Deep { samples, ..picture },
            Err(_) => picture,
        }
    }
}

fn options() -> TransformOptions {
    TransformOptions { rendering_intent: RenderingIntent::RelativeColorimetric, ..TransformOptions::default() }
}

/// PQ's code (SMPTE ST 2084) as sRGB's: paper white (203 nits, ITU-R BT.2408) stays nearly white, and what is brighter,
/// up to 1,000 nits, shares the little room above it.
fn from_pq(code: f32) -> f32 {
    const KNEE: f32 = 0.75;
    const BRIGHTEST: f32 = 1000.0 / 203.0;
    let power = code.powf(1.0 / 78.843_75);
    let light = ((power - 0.835_937_5).max(0.0) / (18.851_563 - 18.6875 * power)).powf(1.0 / 0.159_301_76);
    let light = (light * 10_000.0 / 203.0).min(BRIGHTEST);
    let shown = if light <= KNEE {
        light
    } else {
        let (over, most) = ((light - KNEE) / (1.0 - KNEE), (BRIGHTEST - KNEE) / (1.0 - KNEE));
        KNEE + (1.0 - KNEE) * over / (1.0 + over) * (1.0 + 1.0 / most)
    };
    if shown <= 0.003_130_8 { shown * 12.92 } else { 1.055 * shown.powf(1.0 / 2.4) - 0.055 }
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

    #[test]
    fn sixteen_bits_are_converted_as_eight_are() {
        let p3 = ToSrgb::from_profile(&ColorProfile::new_display_p3().encode().unwrap()).unwrap();
        let eight = p3.apply(Rgb { width: 1, height: 1, samples: vec![100, 200, 100] }).samples;
        let samples = [100_u16, 200, 100].map(|v| v * 257).to_vec();
        let deep = p3.apply_deep(Deep { width: 1, height: 1, channels: 3, samples }).samples;
        assert!(eight.iter().zip(&deep).all(|(a, b)| a.abs_diff((b / 257) as u8) <= 1), "{eight:?} {deep:?}");
        let named = ToSrgb::from_code_points(12, 13).unwrap();
        let same = named.apply(Rgb { width: 1, height: 1, samples: vec![100, 200, 100] }).samples;
        assert!(eight.iter().zip(&same).all(|(a, b)| a.abs_diff(*b) <= 1), "{eight:?} {same:?}");
        assert!(ToSrgb::from_code_points(1, 13).is_none());
    }

    #[test]
    fn high_range_is_brought_down_in_order() {
        let curve: Vec<f32> = (0..1024).map(|i| from_pq(i as f32 / 1023.0)).collect();
        assert!(curve.windows(2).all(|pair| pair[1] >= pair[0]));
        assert!(curve[0].abs() < 1e-3 && (curve[1023] - 1.0).abs() < 1e-3, "{} {}", curve[0], curve[1023]);
        // BT.2408: paper white is coded as 58 per cent.
        assert!((0.88..0.98).contains(&curve[593]), "{}", curve[593]);
    }
}
