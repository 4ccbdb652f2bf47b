//! The colours of each light, and of what it falls on.

use super::colour::Colour;
use super::noise::Dice;
use super::scene::Light;

/// The colours of a light.
#[derive(Clone, Copy, Debug)]
pub(super) struct Palette {
    pub(super) zenith: Colour,
    pub(super) middle: Colour,
    pub(super) horizon: Colour,
    /// What everything fades into with distance.
    pub(super) haze: Colour,
    /// What is near and in shade.
    pub(super) shade: Colour,
    /// What the sun or the moon adds.
    pub(super) beam: Colour,
    /// How much of a thing's own colour is seen: all at noon, little at night.
    pub(super) vivid: f32,
}

/// The colours of this light, no two times quite the same.
pub(super) fn palette(light: Light, dice: &mut Dice) -> Palette {
    let mut palette = match light {
        Light::Noon => Palette {
            zenith: [0.13, 0.37, 0.72],
            middle: [0.38, 0.62, 0.89],
            horizon: [0.80, 0.90, 0.96],
            haze: [0.64, 0.77, 0.88],
            shade: [0.10, 0.16, 0.17],
            beam: [1.0, 0.97, 0.86],
            vivid: 1.0,
        },
        Light::Golden => Palette {
            zenith: [0.25, 0.43, 0.66],
            middle: [0.66, 0.70, 0.70],
            horizon: [1.0, 0.84, 0.54],
            haze: [0.93, 0.74, 0.50],
            shade: [0.16, 0.13, 0.12],
            beam: [1.0, 0.80, 0.45],
            vivid: 0.75,
        },
        Light::Dawn => Palette {
            zenith: [0.33, 0.46, 0.70],
            middle: [0.76, 0.66, 0.76],
            horizon: [1.0, 0.80, 0.68],
            haze: [0.88, 0.70, 0.70],
            shade: [0.13, 0.15, 0.26],
            beam: [1.0, 0.78, 0.60],
            vivid: 0.45,
        },
        Light::Dusk => Palette {
            zenith: [0.15, 0.15, 0.38],
            middle: [0.52, 0.27, 0.49],
            horizon: [0.99, 0.55, 0.33],
            haze: [0.76, 0.38, 0.42],
            shade: [0.07, 0.05, 0.14],
            beam: [1.0, 0.56, 0.30],
            vivid: 0.22,
        },
        Light::Night => Palette {
            zenith: [0.03, 0.055, 0.16],
            middle: [0.10, 0.17, 0.35],
            horizon: [0.33, 0.43, 0.58],
            haze: [0.24, 0.34, 0.50],
            shade: [0.025, 0.04, 0.08],
            beam: [0.80, 0.86, 0.95],
            vivid: 0.14,
        },
        Light::Mist => Palette {
            zenith: [0.64, 0.73, 0.78],
            middle: [0.79, 0.84, 0.85],
            horizon: [0.92, 0.93, 0.90],
            haze: [0.87, 0.90, 0.89],
            shade: [0.17, 0.24, 0.25],
            beam: [1.0, 0.97, 0.90],
            vivid: 0.35,
        },
    };
    // No two evenings alike: the sky leans a little to one of its neighbours.
    let lean = [dice.between(-0.05, 0.05), dice.between(-0.03, 0.03), dice.between(-0.05, 0.05)];
    for colour in [&mut palette.zenith, &mut palette.middle, &mut palette.haze] {
        for (channel, lean) in colour.iter_mut().zip(lean) {
            *channel = (*channel + lean * *channel * 2.0).clamp(0.0, 1.0);
        }
    }
    palette
}

pub(super) const FLOWERS: [Colour; 5] =
    [[0.86, 0.16, 0.14], [0.97, 0.80, 0.20], [0.62, 0.42, 0.80], [0.97, 0.95, 0.90], [0.93, 0.45, 0.60]];

pub(super) const ROCK: Colour = [0.42, 0.42, 0.46];
pub(super) const PINE: Colour = [0.13, 0.27, 0.16];
pub(super) const GRASS: Colour = [0.38, 0.50, 0.17];
pub(super) const HEATH: Colour = [0.52, 0.42, 0.20];
pub(super) const SAND: Colour = [0.87, 0.70, 0.47];
pub(super) const WHITE: Colour = [0.93, 0.96, 1.0];
