//! The sky: its gradient, the sun or the moon, stars and clouds.

use super::colour::{Colour, add, mix};
use super::noise::{cell, split, step};
use super::outline::Outline;
use super::painter::{Canvas, distance};
use super::scene::Light;

impl Canvas<'_> {
    /// How strongly the sun is felt at a pixel, 0 to 1.
    pub(super) fn glow(&self, x: usize, y: usize) -> f32 {
        let (dx, dy, _) = self.off_sun(x, y);
        1.0 / (1.0 + (dx * dx + dy * dy) * 14.0)
    }

    /// How far a pixel lies from the sun: to the right, downwards, and straight.
    fn off_sun(&self, x: usize, y: usize) -> (f32, f32, f32) {
        let dx = (x as f32 - self.scene.sun.0 * self.width as f32) / self.unit;
        let dy = (y as f32 - self.scene.sun.1 * self.height as f32) / self.unit;
        (dx, dy, distance(dx, dy))
    }

    /// The face of the sun or the moon, behind the land. Painted last, so that water shows its light and not a disc.
    pub(super) fn sun(&self, pixels: &mut [Colour], behind: &[Outline<'_>]) {
        let (scene, palette) = (self.scene, &self.scene.palette);
        let radius = match scene.light {
            Light::Mist => return,
            Light::Noon => 0.013,
            Light::Night => 0.024,
            _ => 0.021,
        };
        let reach = (radius * self.unit * 1.5) as usize + 2;
        let (middle_x, middle_y) =
            ((scene.sun.0 * self.width as f32) as usize, (scene.sun.1 * self.height as f32) as usize);
        for y in middle_y.saturating_sub(reach)..(middle_y + reach).min(pixels.len() / self.width) {
            for x in middle_x.saturating_sub(reach)..(middle_x + reach).min(self.width) {
                let (dx, dy, away) = self.off_sun(x, y);
                let soft = if scene.light == Light::Night { 0.0012 } else { radius * 0.5 };
                let disc = 1.0 - step(radius - soft, radius + soft, away);
                let face = match scene.light {
                    Light::Night => 0.88 + 0.16 * self.field.at(dx * 50.0 + 9.0, dy * 50.0),
                    _ => 1.0,
                };
                let white = mix(palette.beam, [1.0, 1.0, 0.96], 0.8).map(|channel| channel * face);
                let (_, covered) = self.land(behind, x, y);
                let pixel = &mut pixels[y * self.width + x];
                *pixel = mix(*pixel, white, disc * (1.0 - covered));
            }
        }
    }

    pub(super) fn sky(&self, x: usize, y: usize, clouds: &Clouds) -> Colour {
        let (scene, palette) = (self.scene, &self.scene.palette);
        let v = (y as f32 / self.height as f32 / scene.horizon).min(1.0);
        let mut colour = if v < 0.55 {
            mix(palette.zenith, palette.middle, step(0.0, 0.55, v))
        } else {
            mix(palette.middle, palette.horizon, step(0.5, 1.0, v))
        };
        let night = scene.light == Light::Night;
        let glow = self.glow(x, y);
        let reach = match scene.light {
            Light::Noon => 0.30,
            Light::Mist => 0.12,
            Light::Night => 0.16,
            _ => 0.50,
        };
        colour = mix(colour, palette.beam, (glow * reach).min(1.0));

        if night {
            colour = self.stars(colour, x, y, v);
        }
        // A small bright halo on the wide one.
        let away = self.off_sun(x, y).2;
        let halo = 1.0 / (1.0 + away * 14.0);
        let strength = match scene.light {
            Light::Mist => 0.3 * halo,
            Light::Noon => 1.1,
            _ => 0.8 * halo,
        };
        colour = mix(colour, mix(palette.beam, [1.0; 3], 0.3), (halo * halo * strength).min(1.0));

        let (density, edge) = clouds.at(x, y);
        if density > 0.0 {
            let body = mix(mix(palette.middle, palette.haze, 0.55), palette.shade, if night { 0.5 } else { 0.16 });
            let rim = add(
                mix(palette.horizon, [1.0; 3], if scene.light == Light::Noon { 0.8 } else { 0.15 }),
                palette.beam,
                glow * 0.35,
            );
            let sunlit = (edge + glow * 0.5).clamp(0.0, 1.0);
            let cloud = mix(body, rim, if night { sunlit * 0.35 } else { sunlit });
            colour = mix(colour, cloud, density * if night { 0.55 } else { 0.9 });
        }
        colour
    }

    fn stars(&self, sky: Colour, x: usize, y: usize, v: f32) -> Colour {
        let size = self.unit / 190.0;
        let (across, down) = (x as f32 / size, y as f32 / size);
        let band = self.field.at(across * 0.006 + down * 0.009, down * 0.004).max(0.0) * 0.10 * (1.0 - v);
        let ((column, across), (row, down)) = (split(across), split(down));
        let luck = cell(self.scene.seed ^ 0x57A2, column, row);
        // A faint band of many, and a few bright ones.
        let mut sky = add(sky, [0.55, 0.60, 0.80], band);
        if luck > 0.80 {
            let middle = (
                0.5 + 0.3 * cell(self.scene.seed ^ 0x11, column, row),
                0.5 + 0.3 * cell(self.scene.seed ^ 0x12, column, row),
            );
            let away = distance(across - middle.0, down - middle.1);
            let bright = ((luck - 0.80) * 5.0).powi(3);
            let spot = (1.0 - step(0.05, 0.12 + 0.14 * bright, away)) * (0.3 + bright) * (1.0 - v * 0.8);
            sky = add(sky, [0.95, 0.96, 1.0], spot.min(1.0));
        }
        sky
    }

    /// The clouds, at a quarter of the size: they have no edges that would show it.
    pub(super) fn clouds(&self) -> Clouds {
        let (across, down) = (self.width.div_ceil(4) + 1, self.height.div_ceil(4) + 1);
        let scene = self.scene;
        let mut samples = Vec::with_capacity(across * down);
        let offset = (scene.seed % 97) as f32 * 0.61;
        let amount = if scene.light == Light::Mist { scene.clouds * 0.5 } else { scene.clouds };
        let cover = |u: f32, v: f32| {
            // A ceiling seen in perspective: nearer to the horizon, smaller and flatter.
            let lift = (scene.horizon - v).max(0.0) + 0.10;
            let (cx, cy) = ((u - 0.5) * 0.34 / lift + offset, 0.42 / lift + offset);
            self.field.at(cx, cy) + 0.45 * self.field.at(cx * 2.7 + 5.0, cy * 3.1)
        };
        let sun = (scene.sun.0 * self.width as f32 / self.unit, scene.sun.1);
        for y in 0..down {
            let v = (y * 4) as f32 / self.height as f32;
            for x in 0..across {
                let u = (x * 4) as f32 / self.unit;
                if v > scene.horizon + 0.02 {
                    samples.push((0.0, 0.0));
                    continue;
                }
                let here = cover(u, v);
                let density = step(0.62 - 0.85 * amount, 1.15 - 0.85 * amount, here)
                    * step(scene.horizon + 0.02, scene.horizon - 0.12, v).min(1.0);
                // Lit where less cloud lies on the sun's side.
                let (du, dv) = (sun.0 - u, sun.1 - v);
                let length = distance(du, dv).max(0.05);
                let beyond = cover(u + du / length * 0.02, v + dv / length * 0.02);
                samples.push((density, (0.45 + (here - beyond) * 2.2).clamp(0.0, 1.0)));
            }
        }
        Clouds { across, samples }
    }
}

/// Clouds at a quarter of the size: how dense, and how bright.
pub(super) struct Clouds {
    across: usize,
    samples: Vec<(f32, f32)>,
}

impl Clouds {
    pub(super) fn at(&self, x: usize, y: usize) -> (f32, f32) {
        let (left, top) = (x / 4, y / 4);
        let (across, down) = ((x % 4) as f32 / 4.0, (y % 4) as f32 / 4.0);
        let corner = |dx: usize, dy: usize| self.samples[(top + dy) * self.across + left + dx];
        let blend = |a: (f32, f32), b: (f32, f32), part: f32| (a.0 + (b.0 - a.0) * part, a.1 + (b.1 - a.1) * part);
        blend(blend(corner(0, 0), corner(1, 0), across), blend(corner(0, 1), corner(1, 1), across), down)
    }
}
