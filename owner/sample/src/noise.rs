//! Chance that repeats: numbers drawn from a seed, and smooth noise in one and two dimensions.

/// A sequence of numbers that depends on its seed alone (Steele, Lea and Flood's `SplitMix64`).
#[derive(Clone, Debug)]
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number between the two.
    pub(super) fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * (self.next() >> 40) as f32 / (1_u64 << 24) as f32
    }

    /// True this often.
    pub(super) fn chance(&mut self, often: f32) -> bool {
        self.between(0.0, 1.0) < often
    }
}

/// The number of a cell, from -1 to 1.
pub(super) fn cell(seed: u32, x: i32, y: i32) -> f32 {
    let mut mixed = seed ^ (x as u32).wrapping_mul(0x8DA6_B343) ^ (y as u32).wrapping_mul(0xD816_3841);
    mixed = (mixed ^ (mixed >> 15)).wrapping_mul(0x2C1B_3C6D);
    mixed = (mixed ^ (mixed >> 12)).wrapping_mul(0x297A_2D39);
    mixed ^= mixed >> 15;
    (mixed >> 8) as f32 / (1 << 23) as f32 - 1.0
}

pub(super) fn smooth(t: f32) -> f32 {
    t * t * (3.0 - 2.0 * t)
}

/// 0 below `low`, 1 above `high`, a soft step between.
pub(super) fn step(low: f32, high: f32, value: f32) -> f32 {
    smooth(((value - low) / (high - low)).clamp(0.0, 1.0))
}

/// The whole number below, and what is left. (`f32::floor` is a call into the C library on plain x86-64.)
pub(super) fn split(x: f32) -> (i32, f32) {
    let whole = x as i32 - i32::from(x < 0.0);
    (whole, x - whole as f32)
}

/// Smooth noise along a line, about -1 to 1.
pub(super) fn line(seed: u32, x: f32) -> f32 {
    let (left, part) = split(x);
    let part = smooth(part);
    let (a, b) = (cell(seed, left, 0), cell(seed, left + 1, 0));
    a + (b - a) * part
}

/// The outline of land: noise upon noise, from rolling (`sharp` 0) to jagged with peaks (`sharp` 1); 0 to 1.
pub(super) fn outline(seed: u32, x: f32, sharp: f32) -> f32 {
    let (mut height, mut size, mut total, mut at) = (0.0, 1.0, 0.0, x);
    for octave in 0..7 {
        let noise = line(seed.wrapping_add(octave * 7919), at);
        let rolling = noise * 0.5 + 0.5;
        let peak = 1.0 - noise.abs();
        height += size * (rolling + (peak * peak - rolling) * sharp);
        total += size;
        size *= 0.42 + 0.08 * sharp;
        at = at * 2.03 + 17.3;
    }
    height / total
}

/// A square of noise that repeats at its edges: clouds, rock, grass, water, all by looking it up at another scale.
pub(super) struct Field {
    values: Vec<f32>,
}

/// The square's side: a power of two.
const SIDE: usize = 512;

impl Field {
    /// Six octaves, about -1 to 1.
    pub(super) fn new(seed: u32) -> Self {
        let mut values = vec![0.0; SIDE * SIDE];
        let mut size = 0.55;
        for octave in 0..6_u32 {
            let cells = 8_i32 << octave;
            let scale = SIDE as i32 / cells;
            for (y, row) in values.chunks_exact_mut(SIDE).enumerate() {
                let (top, down) = (y as i32 / scale, smooth((y as i32 % scale) as f32 / scale as f32));
                let corner = |x: i32, y: i32| cell(seed ^ (octave << 24), x % cells, y % cells);
                for (left, span) in row.chunks_exact_mut(scale as usize).enumerate() {
                    let left = left as i32;
                    let from = corner(left, top) + (corner(left, top + 1) - corner(left, top)) * down;
                    let to = corner(left + 1, top) + (corner(left + 1, top + 1) - corner(left + 1, top)) * down;
                    for (i, value) in span.iter_mut().enumerate() {
                        *value += size * (from + (to - from) * smooth(i as f32 / scale as f32));
                    }
                }
            }
            size *= 0.52;
        }
        Self { values }
    }

    /// The noise at a point; the square is 8 cells wide.
    pub(super) fn at(&self, x: f32, y: f32) -> f32 {
        let (left, across) = split(x * (SIDE / 8) as f32);
        let (top, down) = split(y * (SIDE / 8) as f32);
        let wrap = |v: i32| v as usize & (SIDE - 1);
        let (x0, x1) = (wrap(left), wrap(left + 1));
        let (y0, y1) = (wrap(top) * SIDE, wrap(top + 1) * SIDE);
        let upper = self.values[y0 + x0] + (self.values[y0 + x1] - self.values[y0 + x0]) * across;
        let lower = self.values[y1 + x0] + (self.values[y1 + x1] - self.values[y1 + x0]) * across;
        upper + (lower - upper) * down
    }
}
