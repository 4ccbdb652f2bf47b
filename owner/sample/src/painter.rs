//! The painting itself: ridge before ridge, water, and what light and distance do to them.

use super::Rgb;
use super::colour::{Colour, add, mix, mul};
use super::noise::{Field, cell, split, step};
use super::outline::Outline;
use super::scene::{Light, Ridge, Scene};

/// Paints the scene of a seed. The same seed gives the same landscape at every size.
pub fn paint(seed: u64, width: u32, height: u32) -> Rgb {
    let scene = Scene::of(seed);
    let canvas = Canvas::new(&scene, width as usize, height as usize);
    canvas.paint()
}

/// A scene at a size.
pub(super) struct Canvas<'a> {
    pub(super) scene: &'a Scene,
    pub(super) width: usize,
    pub(super) height: usize,
    /// The length, in pixels, that hills and clouds are measured by.
    pub(super) unit: f32,
    pub(super) field: Field,
    pub(super) ridges: Vec<Outline<'a>>,
}

impl<'a> Canvas<'a> {
    fn new(scene: &'a Scene, width: usize, height: usize) -> Self {
        let unit = (width.min(height) as f32 * 1.15).max(8.0);
        let ridges = scene.ridges.iter().map(|ridge| Outline::of(ridge, width, height as f32, unit)).collect();
        Self { scene, width, height, unit, field: Field::new(scene.seed), ridges }
    }

    fn paint(&self) -> Rgb {
        let clouds = self.clouds();
        let mut pixels: Vec<Colour> = Vec::with_capacity(self.width * self.height);
        let waterline =
            self.scene.water.map_or(self.height, |v| ((v * self.height as f32) as usize).clamp(1, self.height));
        let behind = &self.ridges[..if self.scene.water.is_some() { self.scene.shore } else { self.ridges.len() }];
        for y in 0..waterline {
            for x in 0..self.width {
                let (land, part) = self.land(behind, x, y);
                pixels.push(if part < 1.0 { mix(self.sky(x, y, &clouds), land, part) } else { land });
            }
        }
        for y in waterline..self.height {
            self.water(&mut pixels, waterline, y);
        }
        if self.scene.water.is_some() {
            let before = &self.ridges[self.scene.shore..];
            let top = before.iter().flat_map(|r| &r.crest).fold(f32::MAX, |a, &b| a.min(b)).max(0.0) as usize;
            for y in top..self.height {
                for x in 0..self.width {
                    let pixel = &mut pixels[y * self.width + x];
                    let (land, part) = self.land(before, x, y);
                    *pixel = mix(*pixel, land, part);
                }
            }
        }
        self.sun(&mut pixels[..waterline * self.width], behind);
        self.develop(&pixels)
    }

    /// The foremost land at a pixel, and how much of the pixel land covers.
    pub(super) fn land(&self, ridges: &[Outline<'_>], x: usize, y: usize) -> (Colour, f32) {
        let mut seen = [0.0; 3];
        let mut open = 1.0;
        for outline in ridges.iter().rev() {
            let covers = y as f32 + 1.0 - outline.crest[x];
            if covers <= 0.0 {
                continue;
            }
            let part = open * covers.min(1.0);
            seen = add(seen, self.ground(outline, x, y), part);
            open -= part;
            if open <= 0.0 {
                return (seen, 1.0);
            }
        }
        let covered = 1.0 - open;
        (seen.map(|channel| channel / covered.max(0.001)), covered)
    }

    /// The colour of a ridge at a pixel.
    fn ground(&self, outline: &Outline<'_>, x: usize, y: usize) -> Colour {
        let (ridge, palette) = (outline.ridge, &self.scene.palette);
        let (across, down) = (x as f32 / self.unit, y as f32 / self.unit);
        let depth = (y as f32 - outline.ground[x]) / self.unit;
        let toward_sun = if self.scene.sun.0 < 0.5 { -1.0 } else { 1.0 };
        let wooded = ridge.trees > 0.0 && depth < 0.0;
        let below = depth.max(0.0);

        // Rock and slopes: noise that runs down the mountain, lit from the sun's side.
        let offset = (ridge.seed % 64) as f32 * 0.37;
        let (u, v) = (across * 8.5 + down * 2.5 + offset, down * 5.2 - across * 1.2 + offset);
        let here = self.field.at(u, v);
        let aside = self.field.at(u + toward_sun * 0.07, v - 0.05);
        let facet = ((aside.abs() - here.abs()) * 6.0 + (here - aside) * 3.0).clamp(-1.0, 1.0);
        let slope = (outline.slope[x] * toward_sun * 1.1).clamp(-1.0, 1.0) / (1.0 + below * 7.0);
        let lit = (0.5 + 0.5 * (ridge.relief * 0.60 * facet + 0.6 * slope)).clamp(0.0, 1.0);

        let mut own = ridge.own;
        if ridge.snow > 0.0 {
            let up = 1.0 - depth / ridge.tall.max(0.01);
            let lies =
                if ridge.snow >= 1.0 { 0.93 } else { step(ridge.snow - 0.12, ridge.snow + 0.12, up + here * 0.5) };
            // It slides off the steep sides.
            let held = if ridge.relief > 0.9 { 0.2 + 0.8 * step(-0.75, 0.0, facet) } else { 1.0 };
            own = mix(own, [0.92, 0.95, 1.0], lies * held);
        }
        if wooded {
            let dusted =
                if ridge.snow > 0.0 { step(0.0, 0.5, self.field.at(across * 50.0, down * 50.0)) * 0.55 } else { 0.35 };
            own = mix([0.08, 0.17, 0.12], own, dusted);
        } else if ridge.near > 0.4 && ridge.snow < 1.0 {
            // Grass and sand lie in streaks across the view.
            let grain = self.field.at(across * 16.0 + offset, down * 58.0) * 0.22 * ridge.near;
            own = own.map(|channel| channel * (1.0 + grain + here * 0.16));
        }
        if ridge.flowers > 0.0 {
            own = self.flowers(own, ridge, across, down);
        }

        let shaded = mix(palette.shade, [own[0] * 0.42, own[1] * 0.46, own[2] * 0.56], palette.vivid);
        let bright = mix(mix(palette.shade, palette.haze, 0.35), mul(own, palette.beam, 1.14), palette.vivid);
        let colour = mix(shaded, bright, lit);

        // Distance, and mist that gathers at the foot.
        let misty = if self.scene.light == Light::Mist { 1.3 } else { 1.0 };
        let foot = (1.0 - 1.0 / (1.0 + below * 5.0)) * (0.85 - 0.75 * ridge.near);
        let part = ((outline.far + foot) * misty).clamp(0.0, 0.97);
        let haze = add(palette.haze, palette.beam, self.glow(x, y) * 0.28);
        mix(colour, haze, part)
    }

    /// Dots of colour that grow with nearness.
    fn flowers(&self, own: Colour, ridge: &Ridge, across: f32, down: f32) -> Colour {
        let size = 0.003 + 0.011 * ridge.near * ridge.near;
        let (u, v) = (across / size, down / (size * 0.8));
        let ((column, u), (row, v)) = (split(u), split(v));
        let seed = ridge.seed ^ 0xF10;
        let crowd = self.field.at(across * 2.3 + 3.0, down * 7.0) * 1.1 + 0.30;
        if cell(seed, column, row) > 1.0 - ridge.flowers * crowd.max(0.0) {
            let (middle_x, middle_y) =
                (0.5 + 0.25 * cell(seed ^ 1, column, row), 0.5 + 0.25 * cell(seed ^ 2, column, row));
            let away = distance(u - middle_x, v - middle_y);
            let shade = 0.85 + 0.3 * cell(seed ^ 3, column, row);
            return mix(own, self.scene.flower.map(|c| c * shade), 1.0 - step(0.12, 0.24, away));
        }
        own
    }

    /// One row of water: what stands above the waterline, mirrored, broken by waves.
    fn water(&self, pixels: &mut Vec<Colour>, waterline: usize, y: usize) {
        let (scene, palette) = (self.scene, &self.scene.palette);
        let depth = (y - waterline) as f32 / (self.height - waterline).max(1) as f32;
        let near = 0.02 + depth;
        let deep = mix(mul(palette.zenith, [0.35, 0.55, 0.60], 1.0), palette.shade, 0.35);
        let mirrored = (y - waterline) as f32 * 0.92;
        for x in 0..self.width {
            let across = (x as f32 / self.unit - 0.5) * (0.30 / near);
            let ripple =
                self.field.at(across * 1.6 + 4.0, 0.9 / near) + 0.5 * self.field.at(across * 6.1, 3.7 / near + 2.0);
            let shake = ripple * scene.waves * self.unit * (0.008 + 0.05 * depth);
            let from_y = (waterline as f32 - 1.0 - mirrored + shake * 0.9).clamp(0.0, waterline.max(1) as f32 - 1.0);
            let from_x = (x as f32 + shake * 0.35).clamp(0.0, self.width as f32 - 1.0);
            let mut colour = pixels[from_y as usize * self.width + from_x as usize];
            // Water shows what is below it the more, the steeper one looks down.
            let through = (0.16 + 0.48 * depth + 0.22 * ripple * scene.waves).clamp(0.05, 0.8);
            colour = mix(colour, deep, through);
            let aside = (x as f32 / self.width as f32 - scene.sun.0) * self.width as f32 / self.unit;
            let spread = aside / (0.05 + 0.13 * depth);
            let path = 1.0 / (1.0 + spread * spread * spread * spread);
            let glint = step(0.16, 0.62, ripple) * path * if scene.light == Light::Mist { 0.2 } else { 0.85 };
            pixels.push(add(colour, palette.beam, glint * scene.waves.max(0.4)));
        }
    }

    /// From colours to bytes: dark towards the corners, and a hair of contrast.
    fn develop(&self, pixels: &[Colour]) -> Rgb {
        let mut samples = Vec::with_capacity(pixels.len() * 3);
        let (half_width, half_height) = (self.width as f32 / 2.0, self.height as f32 / 2.0);
        for (y, row) in pixels.chunks_exact(self.width).enumerate() {
            let dy = (y as f32 - half_height) / half_height;
            for (x, pixel) in row.iter().enumerate() {
                let dx = (x as f32 - half_width) / half_width;
                let corner = 1.0 - 0.07 * (dx * dx + dy * dy);
                samples.extend(pixel.map(|channel| {
                    let exposed = (channel * corner).clamp(0.0, 1.0);
                    let curved = exposed + (exposed * exposed * (3.0 - 2.0 * exposed) - exposed) * 0.28;
                    (curved * 255.0 + 0.5) as u8
                }));
            }
        }
        Rgb { width: self.width as u32, height: self.height as u32, samples }
    }
}

/// How long the way is, across and down.
pub(super) fn distance(x: f32, y: f32) -> f32 {
    (x * x + y * y).sqrt()
}
