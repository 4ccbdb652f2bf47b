//! Planes at another size, by Lanczos's filter of three lobes: the hottest loops beside the entropy code.
//!
//! Rows are mixed first, then columns, sixteen rows at a time, all in whole numbers. A plane need not be there whole: it
//! may come from a decoder a few rows at a time, so that a large picture's samples never leave the processor's caches,
//! and the system never has to find (and empty) memory for them. What is here is written so that the compiler makes
//! vectors of it: fixed counts, no bounds to check, sums that are not watched for overflow, which cannot occur.

#![allow(clippy::inline_always, reason = "only what is inlined is compiled for the processor at hand")]

use super::planes::Plane;

/// Weights are whole numbers that sum up to this power of two.
const UNIT: u32 = 14;

/// Bits after the point between the two passes: a sample and its overshoot still fit in 16 bits.
const BETWEEN: u32 = 6;

/// Rows that are finished at once.
const BATCH: usize = 16;

/// Samples of a row that are mixed at once: their sums fit the processor's registers.
const BLOCK: usize = 32;

/// How each sample of a side is mixed from samples of another.
#[derive(Clone, Debug)]
pub(super) struct Mix {
    /// For each sample: the first that it is mixed from.
    first: Vec<u32>,
    /// As many weights for each, some of which may be zero.
    weights: Vec<i16>,
    taps: usize,
}

impl Mix {
    /// From the first `covered` of `there` samples to `wanted`.
    pub(super) fn new(there: usize, covered: f64, wanted: usize) -> Self {
        let step = covered / wanted as f64;
        let stretch = step.max(1.0);
        let reach = 3.0 * stretch;
        let taps = ((reach * 2.0).ceil() as usize + 1).min(there);
        let mut mix = Self { first: Vec::with_capacity(wanted), weights: Vec::with_capacity(wanted * taps), taps };
        let mut exact = vec![0.0; taps];
        for i in 0..wanted {
            let centre = (i as f64 + 0.5) * step;
            let first = ((centre - reach).floor().max(0.0) as usize).min(there - taps);
            lanczos((first as f64 + 0.5 - centre) / stretch, stretch.recip(), &mut exact);
            let sum: f64 = exact.iter().sum();
            let unit = f64::from(1 << UNIT);
            let at = mix.weights.len();
            mix.weights.extend(exact.iter().map(|weight| (weight / sum * unit).round() as i16));
            // Rounding must not make anything brighter: the largest takes what is over.
            let rounded = &mut mix.weights[at..];
            let over = (1 << UNIT) - rounded.iter().map(|&w| i32::from(w)).sum::<i32>();
            if let Some(largest) = rounded.iter_mut().max() {
                *largest = (i32::from(*largest) + over) as i16;
            }
            mix.first.push(first as u32);
        }
        mix
    }

    fn len(&self) -> usize {
        self.first.len()
    }

    /// The samples from which a batch beginning with this one is mixed: the first, and the one after the last.
    fn window(&self, batch: usize) -> (usize, usize) {
        let last = (batch + BATCH).min(self.len()) - 1;
        (self.first[batch] as usize, self.first[last] as usize + self.taps)
    }

    /// The most samples that a batch is mixed from.
    pub(super) fn longest_window(&self) -> usize {
        let windows = (0..self.len()).step_by(BATCH).map(|batch| self.window(batch));
        windows.map(|(first, end)| end - first).max().unwrap_or(0)
    }
}

/// Lanczos's function at `x` and as many steps onward as there are values.
fn lanczos(x: f64, step: f64, values: &mut [f64]) {
    const REACH: f64 = 3.0;
    // The sine of each step follows from the one before (the theorem of addition): two sines are asked for, not fifty.
    let turn = |x: f64| (x * std::f64::consts::PI).sin_cos();
    let (mut whole, mut third) = (turn(x), turn(x / REACH));
    let (by_whole, by_third) = (turn(step), turn(step / REACH));
    let turned = |at: (f64, f64), by: (f64, f64)| (at.0 * by.1 + at.1 * by.0, at.1 * by.1 - at.0 * by.0);
    for (i, value) in values.iter_mut().enumerate() {
        let x = x + i as f64 * step;
        let square = x * x * (std::f64::consts::PI * std::f64::consts::PI / REACH);
        *value = match x.abs() {
            x if x >= REACH => 0.0,
            x if x < 1e-6 => 1.0,
            _ => whole.0 * third.0 / square,
        };
        (whole, third) = (turned(whole, by_whole), turned(third, by_third));
    }
}

/// Some of a plane's rows, one after the other.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    pub(super) samples: &'a [u8],
    /// From one row to the next.
    pub(super) stride: usize,
    /// The number of the first row, and of the one after the last.
    pub(super) first: usize,
    pub(super) end: usize,
}

/// A plane in the making.
pub(super) struct Shrinking<'m> {
    across: &'m Mix,
    down: &'m Mix,
    /// Samples of a row.
    width: usize,
    made: Vec<u8>,
    /// Rows that were made.
    rows: usize,
    /// A batch between the passes, column by column.
    between: Vec<[i16; BATCH]>,
    /// A finished batch, column by column.
    columns: Vec<[u8; BATCH]>,
}

impl<'m> Shrinking<'m> {
    /// Begins with a plane whose rows have `width` samples.
    pub(super) fn new(width: usize, across: &'m Mix, down: &'m Mix) -> Self {
        Self {
            across,
            down,
            width,
            made: vec![0; across.len() * down.len()],
            rows: 0,
            between: vec![[0; BATCH]; width.next_multiple_of(BLOCK)],
            columns: vec![[0; BATCH]; across.len()],
        }
    }

    /// Bytes that it takes: the plane, and a batch between the passes and after them.
    pub(super) fn memory(width: usize, across: &Mix, down: &Mix) -> usize {
        across.len() * (down.len() + BATCH) + 2 * BATCH * width.next_multiple_of(BLOCK)
    }

    /// The first row that is still needed.
    pub(super) fn needs(&self) -> usize {
        if self.rows < self.down.len() { self.down.first[self.rows] as usize } else { usize::MAX }
    }

    /// Makes what can be made of the rows there are.
    pub(super) fn advance(&mut self, there: Rows<'_>) {
        pulp::Arch::new().dispatch(Advance { shrinking: self, there });
    }

    /// The plane, when every row was there.
    pub(super) fn finish(self) -> Option<Plane> {
        let whole = self.rows == self.down.len();
        whole.then(|| Plane { width: self.across.len() as u32, height: self.down.len() as u32, samples: self.made })
    }

    #[inline(always)]
    fn advance_here(&mut self, there: Rows<'_>) {
        while self.rows < self.down.len() {
            let (first, end) = self.down.window(self.rows);
            if first < there.first || end > there.end {
                break;
            }
            self.batch(there);
        }
    }

    #[inline(always)]
    fn batch(&mut self, there: Rows<'_>) {
        let rows = (self.down.len() - self.rows).min(BATCH);
        let taps = self.down.taps;
        let weights = &self.down.weights[self.rows * taps..][..rows * taps];
        let firsts = &self.down.first[self.rows..][..rows];
        for (block, between) in self.between.as_chunks_mut::<BLOCK>().0.iter_mut().enumerate() {
            let left = block * BLOCK;
            let mut tile = [[0; BLOCK]; BATCH];
            for ((row, weights), &first) in tile.iter_mut().zip(weights.chunks_exact(taps)).zip(firsts) {
                let top = (first as usize - there.first) * there.stride;
                let samples = &there.samples[top + left..];
                *row = if left + BLOCK <= self.width {
                    mix_rows(samples, there.stride, weights)
                } else {
                    mix_rest(samples, there.stride, weights, self.width - left)
                };
            }
            for (x, lanes) in between.iter_mut().enumerate() {
                for (lane, row) in lanes.iter_mut().zip(&tile) {
                    *lane = row[x];
                }
            }
        }
        mix_columns(&self.between, self.across, &mut self.columns);
        let width = self.across.len();
        let made = &mut self.made[self.rows * width..][..rows * width];
        for (lane, row) in made.chunks_exact_mut(width).enumerate() {
            for (sample, column) in row.iter_mut().zip(&self.columns) {
                *sample = column[lane & (BATCH - 1)];
            }
        }
        self.rows += rows;
    }
}

/// The work of [`Shrinking::advance`], compiled for several processors.
struct Advance<'a, 'm> {
    shrinking: &'a mut Shrinking<'m>,
    there: Rows<'a>,
}

impl pulp::NullaryFnOnce for Advance<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        self.shrinking.advance_here(self.there);
    }
}

/// A block of a row, of several rows' each with its weight.
#[inline(always)]
fn mix_rows(samples: &[u8], stride: usize, weights: &[i16]) -> [i16; BLOCK] {
    const DOWN: u32 = UNIT - BETWEEN;
    let mut sums = [1_i32 << (DOWN - 1); BLOCK];
    let mut at = 0_usize;
    for &weight in weights {
        let Some(from) = samples.get(at..).and_then(|rest| rest.first_chunk::<BLOCK>()) else { break };
        for (sum, &sample) in sums.iter_mut().zip(from) {
            *sum = sum.wrapping_add(i32::from(sample).wrapping_mul(i32::from(weight)));
        }
        at = at.wrapping_add(stride);
    }
    sums.map(|sum| (sum >> DOWN) as i16)
}

/// The same for the last block, which may be narrower.
#[inline(always)]
fn mix_rest(samples: &[u8], stride: usize, weights: &[i16], width: usize) -> [i16; BLOCK] {
    const DOWN: u32 = UNIT - BETWEEN;
    let mut sums = [1_i32 << (DOWN - 1); BLOCK];
    for (row, &weight) in samples.chunks(stride).zip(weights) {
        for (sum, &sample) in sums.iter_mut().zip(&row[..width]) {
            *sum = sum.wrapping_add(i32::from(sample).wrapping_mul(i32::from(weight)));
        }
    }
    sums.map(|sum| (sum >> DOWN) as i16)
}

/// The samples of a batch of rows.
#[inline(always)]
fn mix_columns(between: &[[i16; BATCH]], across: &Mix, columns: &mut [[u8; BATCH]]) {
    const DOWN: u32 = UNIT + BETWEEN;
    let mixed = columns.iter_mut().zip(&across.first).zip(across.weights.chunks_exact(across.taps));
    for ((column, &first), weights) in mixed {
        let mut sums = [1_i32 << (DOWN - 1); BATCH];
        for (t, &weight) in weights.iter().enumerate() {
            // That the loop may end here keeps the compiler from making vectors of weights instead of lanes.
            let Some(lanes) = between.get((first as usize).wrapping_add(t)) else { break };
            for (sum, &value) in sums.iter_mut().zip(lanes) {
                *sum = sum.wrapping_add(i32::from(value).wrapping_mul(i32::from(weight)));
            }
        }
        *column = sums.map(|sum| (sum >> DOWN).clamp(0, 255) as u8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same by the definition, in floating point.
    fn by_definition(plane: &Plane, width: u32, height: u32) -> Vec<f64> {
        let weights = |there: u32, wanted: u32| -> Vec<Vec<f64>> {
            let step = f64::from(there) / f64::from(wanted);
            let of = |i: u32| -> Vec<f64> {
                let at = |k: u32| {
                    let x = (f64::from(k) + 0.5 - (f64::from(i) + 0.5) * step) / step.max(1.0);
                    let sinc = |x: f64| if x == 0.0 { 1.0 } else { x.sin() / x };
                    let pi = std::f64::consts::PI;
                    if x.abs() < 3.0 { sinc(x * pi) * sinc(x * pi / 3.0) } else { 0.0 }
                };
                let all: Vec<f64> = (0..there).map(at).collect();
                let sum: f64 = all.iter().sum();
                all.into_iter().map(|weight| weight / sum).collect()
            };
            (0..wanted).map(of).collect()
        };
        let (across, down) = (weights(plane.width, width), weights(plane.height, height));
        let mut made = Vec::new();
        for column in &down {
            for row in &across {
                let at = |x: usize, y: usize| f64::from(plane.samples[y * plane.width as usize + x]);
                let sum = column
                    .iter()
                    .enumerate()
                    .filter(|(_, v)| **v != 0.0)
                    .map(|(y, v)| v * row.iter().enumerate().map(|(x, h)| h * at(x, y)).sum::<f64>());
                made.push(sum.sum::<f64>().clamp(0.0, 255.0));
            }
        }
        made
    }

    fn noisy(width: u32, height: u32) -> Plane {
        let mut seed = 7_u32;
        let samples = (0..width * height).map(|_| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 24) as u8
        });
        Plane { width, height, samples: samples.collect() }
    }

    #[test]
    fn it_is_lanczos() {
        for (from, to) in
            [((97, 61), (41, 37)), ((64, 40), (64, 13)), ((33, 70), (90, 80)), ((5, 3), (1, 1)), ((1, 1), (4, 9))]
        {
            let plane = noisy(from.0, from.1);
            let made = plane.resized(to.0, to.1);
            let exact = by_definition(&plane, to.0, to.1);
            for (a, b) in made.samples.iter().zip(&exact) {
                assert!((f64::from(*a) - b).abs() <= 0.75, "{from:?} to {to:?}: {a} for {b}");
            }
        }
    }

    #[test]
    fn what_is_of_one_brightness_stays_so() {
        for level in [0, 1, 127, 254, 255] {
            let plane = Plane { width: 300, height: 200, samples: vec![level; 60_000] };
            assert!(plane.resized(123, 77).samples.iter().all(|&v| v == level));
        }
    }

    #[test]
    fn a_few_rows_at_a_time_make_the_same() {
        let plane = noisy(130, 200);
        let whole = plane.resized(50, 67);
        let (across, down) = (Mix::new(130, 130.0, 50), Mix::new(200, 200.0, 67));
        let mut shrinking = Shrinking::new(130, &across, &down);
        for end in (10..=200).step_by(10) {
            let first = shrinking.needs().min(end);
            let samples = &plane.samples[first * 130..end * 130];
            shrinking.advance(Rows { samples, stride: 130, first, end });
        }
        assert_eq!(shrinking.finish().unwrap(), whole);
    }
}
