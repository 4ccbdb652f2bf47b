//! What is to be painted: a light, a land, and where everything stands. Decided by the seed before a pixel is drawn.

use super::colour::{Colour, mix};
use super::noise::Dice;
use super::palette::{FLOWERS, GRASS, HEATH, PINE, Palette, ROCK, SAND, WHITE, palette};

/// The hour and the weather.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Light {
    Dawn,
    Noon,
    Golden,
    Dusk,
    Night,
    Mist,
}

/// The kind of country.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Land {
    Mountains,
    Lake,
    Sea,
    Forest,
    Dunes,
    Winter,
    Meadow,
}

/// One ridge of land, far or near. Heights are parts of the picture's height, widths of its unit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ridge {
    pub(super) seed: u32,
    /// Where its foot stands, from the top.
    pub(super) base: f32,
    pub(super) tall: f32,
    /// How many hills fit into the unit.
    pub(super) hills: f32,
    /// From rolling (0) to jagged (1).
    pub(super) sharp: f32,
    /// How much higher it stands at the right edge than at the left.
    pub(super) lean: f32,
    /// From far (0) to near (1).
    pub(super) near: f32,
    pub(super) own: Colour,
    /// How strongly rock and slopes show.
    pub(super) relief: f32,
    /// How much snow lies: none, on the peaks, everywhere.
    pub(super) snow: f32,
    /// The height of the trees upon it.
    pub(super) trees: f32,
    /// How many flowers stand in it.
    pub(super) flowers: f32,
}

/// A picture to be painted.
#[derive(Clone, Debug)]
pub(super) struct Scene {
    pub(super) seed: u32,
    pub(super) light: Light,
    pub(super) palette: Palette,
    /// Where the sky ends, from the top.
    pub(super) horizon: f32,
    /// The sun or the moon: from the left in widths, from the top in heights.
    pub(super) sun: (f32, f32),
    /// How much of the sky is cloud.
    pub(super) clouds: f32,
    /// Far to near.
    pub(super) ridges: Vec<Ridge>,
    /// Ridges from this one on stand before the water.
    pub(super) shore: usize,
    /// Where water begins, from the top.
    pub(super) water: Option<f32>,
    /// How rough it is.
    pub(super) waves: f32,
    pub(super) flower: Colour,
}

const LIGHTS: [Light; 6] = [Light::Noon, Light::Golden, Light::Dawn, Light::Dusk, Light::Mist, Light::Night];

const LANDS: [Land; 7] =
    [Land::Mountains, Land::Lake, Land::Sea, Land::Forest, Land::Meadow, Land::Winter, Land::Dunes];

impl Scene {
    /// Decides on a scene. Neighbouring seeds differ in land, every seventh in light.
    pub(super) fn of(seed: u64) -> Self {
        let mut dice = Dice::new(seed ^ 0x5EED);
        let land = LANDS[(seed % 7) as usize];
        let light = LIGHTS[((seed / 7) % 6) as usize];
        let palette = palette(light, &mut dice);
        let left = dice.chance(0.5);
        let aside = dice.between(0.14, 0.34);
        let mut scene = Self {
            seed: dice.next() as u32,
            light,
            palette,
            horizon: dice.between(0.5, 0.58),
            sun: (if left { aside } else { 1.0 - aside }, 0.0),
            clouds: dice.between(0.25, 0.75),
            ridges: Vec::new(),
            shore: 0,
            water: None,
            waves: dice.between(0.3, 1.0),
            flower: FLOWERS[(dice.next() % FLOWERS.len() as u64) as usize],
        };
        let low = matches!(light, Light::Dawn | Light::Dusk | Light::Golden);
        scene.sun.1 = scene.horizon * if low { dice.between(0.72, 0.9) } else { dice.between(0.2, 0.45) };
        compose(&mut scene, land, &mut dice);
        scene
    }
}

/// Sets the ridges up, far to near.
fn compose(scene: &mut Scene, land: Land, dice: &mut Dice) {
    let horizon = scene.horizon;
    let autumn = dice.chance(0.35);
    let green = if autumn { HEATH } else { GRASS };
    let wood = if autumn { mix(PINE, [0.60, 0.30, 0.10], 0.45) } else { PINE };
    let mut add = |base: f32, tall: f32, hills: f32, sharp: f32, near: f32, own: Colour| {
        let hills = hills * dice.between(0.8, 1.25);
        scene.ridges.push(Ridge {
            seed: dice.next() as u32,
            base,
            tall: tall * dice.between(0.85, 1.15),
            hills,
            sharp,
            lean: dice.between(-0.06, 0.06) * near,
            near,
            own,
            relief: 0.25,
            snow: 0.0,
            trees: 0.0,
            flowers: 0.0,
        });
    };
    match land {
        Land::Mountains | Land::Winter => {
            add(horizon + 0.03, 0.42, 1.0, 1.0, 0.10, ROCK);
            add(horizon + 0.07, 0.30, 1.5, 0.95, 0.27, ROCK);
            add(horizon + 0.12, 0.20, 1.8, 0.6, 0.42, mix(ROCK, wood, 0.7));
            add(horizon + 0.20, 0.15, 1.6, 0.35, 0.56, wood);
            add(horizon + 0.30, 0.14, 1.4, 0.25, 0.70, mix(wood, green, 0.6));
        }
        Land::Lake => {
            add(horizon + 0.03, 0.42, 1.0, 1.0, 0.10, ROCK);
            add(horizon + 0.06, 0.28, 1.6, 0.95, 0.28, ROCK);
            add(horizon + 0.09, 0.17, 1.9, 0.7, 0.45, mix(ROCK, wood, 0.7));
            add(horizon + 0.115, 0.07, 2.4, 0.35, 0.62, wood);
        }
        Land::Sea => {
            add(horizon + 0.004, 0.10, 0.9, 0.6, 0.12, ROCK);
            add(horizon + 0.008, 0.17, 0.5, 0.6, 0.32, mix(ROCK, green, 0.5));
        }
        Land::Forest => {
            for (i, near) in [0.06, 0.2, 0.34, 0.48, 0.64, 0.8].into_iter().enumerate() {
                add(horizon - 0.02 + 0.075 * i as f32, 0.15, 1.5 + 0.2 * i as f32, 0.45, near, wood);
            }
        }
        Land::Dunes => {
            for (i, near) in [0.1, 0.28, 0.46, 0.64, 0.82].into_iter().enumerate() {
                add(horizon + 0.02 + 0.09 * i as f32, 0.19, 1.1 - 0.1 * i as f32, 0.35, near, SAND);
            }
        }
        Land::Meadow => {
            add(horizon + 0.03, 0.34, 1.1, 0.95, 0.10, ROCK);
            add(horizon + 0.06, 0.20, 1.5, 0.5, 0.30, wood);
            add(horizon + 0.13, 0.15, 1.3, 0.1, 0.47, mix(wood, green, 0.5));
            add(horizon + 0.21, 0.13, 1.5, 0.1, 0.62, green);
            add(horizon + 0.32, 0.13, 1.1, 0.1, 0.78, green);
        }
    }
    finish(scene, land, green, wood, dice);
}

/// Snow, trees, water, and what stands in front.
fn finish(scene: &mut Scene, land: Land, green: Colour, wood: Colour, dice: &mut Dice) {
    let front = Ridge {
        seed: dice.next() as u32,
        base: 0.99,
        tall: 0.10,
        hills: 1.1,
        sharp: 0.15,
        lean: if scene.sun.0 < 0.5 { 0.09 } else { -0.09 },
        near: 0.92,
        own: green,
        relief: 0.3,
        snow: 0.0,
        trees: 0.0,
        flowers: 0.0,
    };
    let snow_line = dice.between(0.35, 0.75);
    for ridge in scene.ridges.iter_mut().filter(|ridge| ridge.own == ROCK) {
        (ridge.relief, ridge.snow) = (1.0, snow_line);
    }
    match land {
        Land::Lake | Land::Sea => flood(scene, land, wood, front),
        Land::Mountains => {
            for (ridge, trees) in scene.ridges.iter_mut().skip(2).zip([0.012, 0.030, 0.060]) {
                ridge.trees = trees;
            }
            scene.ridges.push(Ridge { trees: 0.24, own: wood, base: 1.05, ..front });
        }
        Land::Meadow => {
            scene.ridges[1].trees = 0.010;
            scene.ridges[2].trees = 0.022;
            scene.ridges[3].flowers = 0.35;
            scene.ridges[4].flowers = 0.6;
            scene.ridges.push(Ridge { flowers: 1.0, base: 1.03, ..front });
        }
        Land::Winter => {
            for ridge in &mut scene.ridges {
                ridge.snow = 1.0;
                ridge.relief = ridge.relief.max(0.5);
            }
            for (ridge, trees) in scene.ridges.iter_mut().skip(2).zip([0.014, 0.040, 0.080]) {
                ridge.trees = trees;
            }
            scene.ridges.push(Ridge { trees: 0.22, own: WHITE, snow: 1.0, base: 1.04, ..front });
        }
        Land::Forest => {
            for (ridge, trees) in scene.ridges.iter_mut().zip([0.012, 0.018, 0.028, 0.042, 0.065, 0.10]) {
                ridge.trees = trees;
            }
            scene.ridges.push(Ridge { trees: 0.2, own: wood, base: 1.04, ..front });
        }
        Land::Dunes => {
            for ridge in &mut scene.ridges {
                ridge.relief = 0.9;
            }
            scene.ridges.push(Ridge { own: SAND, base: 1.05, tall: 0.2, hills: 0.7, sharp: 0.4, relief: 0.9, ..front });
        }
    }
}

/// Water in the middle, and the shore that one stands on.
fn flood(scene: &mut Scene, land: Land, wood: Colour, front: Ridge) {
    scene.shore = scene.ridges.len();
    if land == Land::Lake {
        scene.ridges[3].trees = 0.022;
        scene.water = Some(scene.horizon + 0.10);
        scene.waves *= 0.45;
        scene.ridges.push(Ridge { base: 1.09, tall: 0.13, trees: 0.22, own: wood, hills: 0.9, ..front });
    } else {
        scene.water = Some(scene.horizon);
        let beach = Ridge { base: 1.05, tall: 0.2, own: SAND, hills: 0.6, near: 0.75, sharp: 0.0, ..front };
        scene.ridges.push(beach);
    }
}

/// The seed of a scene of this land in this light; variants differ in everything else.
pub(super) fn seed_of(land: Land, light: Light, variant: u64) -> u64 {
    let land = LANDS.iter().position(|l| *l == land).expect("every land is listed") as u64;
    let light = LIGHTS.iter().position(|l| *l == light).expect("every light is listed") as u64;
    land + 7 * light + 42 * variant
}
