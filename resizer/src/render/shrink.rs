//! Planes at another size, by Lanczos's filter of three lobes: the hottest loops beside the entropy code.
//!
//! Rows are mixed first, then columns, sixteen rows at a time, all in whole numbers. A plane need not be there whole: it
//! may come from a decoder a few rows at a time, so that a large picture's samples never leave the processor's caches,
//! and the system never has to find (and empty) memory for them. What is here is written so that the compiler makes
//! vectors of it: fixed counts, no bounds to check, sums that are not watched for overflow, which cannot occur.

#![allow(clippy::inline_always, reason = "only what is inlined is compiled for the processor at hand")]

mod strip;
#[cfg(test)]
mod tests;

use super::planes::Plane;

pub(super) use strip::Strip;

/// Weights are whole numbers that sum up to this power of two.
const UNIT: u32 = 14;

/// Bits after the point between the two passes: a sample, counted from the middle grey, and its overshoot still fit in
/// 16 bits.
const BETWEEN: u32 = 7;

/// Up to so many samples are added up in 16 bits, each product cut off first: together they are off by some hundredths of
/// a brightness level, and in no case by a whole one.
const FEW: usize = 32;

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
        let taps = ((reach * 2.0).ceil() as usize).min(there);
        let mut mix = Self { first: Vec::with_capacity(wanted), weights: Vec::with_capacity(wanted * taps), taps };
        let mut exact = vec![0.0; taps];
        for i in 0..wanted {
            let centre = (i as f64 + 0.5) * step;
            let first = ((centre - reach - 0.5).ceil().max(0.0) as usize).min(there - taps);
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
    /// What a batch is mixed from, of a few columns, in 16 bits.
    wide: Vec<[i16; BLOCK]>,
    /// A batch between the passes, column by column.
    between: Vec<[i16; BATCH]>,
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
            wide: vec![[0; BLOCK]; down.longest_window()],
            between: vec![[0; BATCH]; width.next_multiple_of(BLOCK)],
        }
    }

    /// Bytes that it takes: the plane, and a batch before the passes and between them.
    pub(super) fn memory(width: usize, across: &Mix, down: &Mix) -> usize {
        let wide = 2 * BLOCK * down.longest_window();
        across.len() * down.len() + 2 * BATCH * width.next_multiple_of(BLOCK) + wide
    }

    /// The first row that is still needed.
    pub(super) fn needs(&self) -> usize {
        if self.rows < self.down.len() { self.down.first[self.rows] as usize } else { usize::MAX }
    }

    /// Makes what can be made of the rows there are.
    pub(super) fn advance(&mut self, there: Rows<'_>) {
        #[cfg(target_arch = "x86_64")]
        if let Some(v3) = pulp::x86::V3::try_new() {
            return v3.vectorize(Advance { shrinking: self, there, turn: v3 });
        }
        pulp::Arch::new().dispatch(Advance { shrinking: self, there, turn: Plainly });
    }

    /// The plane, when every row was there.
    pub(super) fn finish(self) -> Option<Plane> {
        let whole = self.rows == self.down.len();
        whole.then(|| Plane { width: self.across.len() as u32, height: self.down.len() as u32, samples: self.made })
    }

    #[inline(always)]
    fn advance_with(&mut self, there: Rows<'_>, turn: impl Turn) {
        while self.rows < self.down.len() {
            let (first, end) = self.down.window(self.rows);
            if first < there.first || end > there.end {
                break;
            }
            self.batch(there, turn);
        }
    }

    #[inline(always)]
    fn batch(&mut self, there: Rows<'_>, turn: impl Turn) {
        let rows = (self.down.len() - self.rows).min(BATCH);
        let taps = self.down.taps;
        let weights = &self.down.weights[self.rows * taps..][..rows * taps];
        let firsts = &self.down.first[self.rows..][..rows];
        let (top, end) = self.down.window(self.rows);
        let samples = &there.samples[(top - there.first) * there.stride..];
        let wide = &mut self.wide[..end - top];
        for (block, between) in self.between.as_chunks_mut::<BLOCK>().0.iter_mut().enumerate() {
            let left = block * BLOCK;
            for (wide, row) in wide.iter_mut().zip(samples.chunks(there.stride)) {
                let rest = &row[left..self.width];
                let samples = rest.first_chunk().copied().unwrap_or_else(|| {
                    let mut samples = [0; BLOCK];
                    samples[..rest.len()].copy_from_slice(rest);
                    samples
                });
                for (wide, sample) in wide.iter_mut().zip(samples) {
                    *wide = i16::from((sample ^ 128) as i8) << 8;
                }
            }
            let mut tile = [[0; BLOCK]; BATCH];
            for ((row, weights), &first) in tile.iter_mut().zip(weights.chunks_exact(taps)).zip(firsts) {
                *row = mixed(&wide[first as usize - top..], weights);
                for sample in row {
                    *sample <<= BETWEEN + 8 - UNIT;
                }
            }
            for (x, columns) in between.as_chunks_mut::<8>().0.iter_mut().enumerate() {
                let mut pairs = [[0; BATCH]; 8];
                for (i, pair) in pairs.iter_mut().enumerate() {
                    pair[..8].copy_from_slice(&tile[i][x * 8..][..8]);
                    pair[8..].copy_from_slice(&tile[i + 8][x * 8..][..8]);
                }
                *columns = turn.turned(pairs);
            }
        }
        let width = self.across.len();
        let made = &mut self.made[self.rows * width..][..rows * width];
        mix_columns(&self.between, self.across, made, turn);
        self.rows += rows;
    }
}

/// The work of [`Shrinking::advance`], compiled for several processors.
struct Advance<'a, 'm, T> {
    shrinking: &'a mut Shrinking<'m>,
    there: Rows<'a>,
    turn: T,
}

impl<T: Turn> pulp::NullaryFnOnce for Advance<'_, '_, T> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        self.shrinking.advance_with(self.there, self.turn);
    }
}

/// Several samples at once, each mixed of as many as there are weights: the upper 16 bits of the products' sum.
#[inline(always)]
fn mixed<const N: usize>(from: &[[i16; N]], weights: &[i16]) -> [i16; N] {
    // That the loops may end early keeps the compiler from making vectors of weights instead of samples.
    if weights.len() <= FEW {
        // Cut off, each product is half a unit too small on average.
        let mut sums = [weights.len() as i16 >> 1; N];
        for (t, &weight) in weights.iter().enumerate() {
            let Some(samples) = from.get(t) else { break };
            for (sum, &sample) in sums.iter_mut().zip(samples) {
                *sum = sum.wrapping_add((i32::from(sample).wrapping_mul(i32::from(weight)) >> 16) as i16);
            }
        }
        return sums;
    }
    let mut sums = [1_i32 << 15; N];
    for (t, &weight) in weights.iter().enumerate() {
        let Some(samples) = from.get(t) else { break };
        for (sum, &sample) in sums.iter_mut().zip(samples) {
            *sum = sum.wrapping_add(i32::from(sample).wrapping_mul(i32::from(weight)));
        }
    }
    let mut cut = [0; N];
    for (cut, sum) in cut.iter_mut().zip(sums) {
        *cut = (sum >> 16) as i16;
    }
    cut
}

/// The finished samples of a batch of rows, eight columns at a time.
#[inline(always)]
fn mix_columns(between: &[[i16; BATCH]], across: &Mix, made: &mut [u8], turn: impl Turn) {
    const DOWN: u32 = BETWEEN + UNIT - 16;
    let width = across.len();
    for left in (0..width).step_by(8) {
        let columns = (width - left).min(8);
        let mut levels = [[0; BATCH]; 8];
        let mixes = across.first[left..].iter().zip(across.weights[left * across.taps..].chunks_exact(across.taps));
        for (level, (&first, weights)) in levels.iter_mut().zip(mixes) {
            *level = mixed(&between[first as usize..], weights);
        }
        for (i, pair) in turn.turned(levels).iter().enumerate() {
            let mut samples = [0; BATCH];
            for (sample, &level) in samples.iter_mut().zip(pair) {
                *sample = ((level.wrapping_add(1 << (DOWN - 1)) >> DOWN).clamp(-128, 127) as i8 as u8) ^ 128;
            }
            for (row, half) in [i, i + 8].into_iter().zip(samples.as_chunks::<8>().0) {
                if let Some(row) = made.get_mut(row * width..).and_then(|rest| rest.get_mut(left..left + columns)) {
                    match row.first_chunk_mut::<8>() {
                        Some(row) => *row = *half,
                        None => row.copy_from_slice(&half[..columns]),
                    }
                }
            }
        }
    }
}

/// Rows and columns change places: the hottest thing here that is no sum.
trait Turn: Copy {
    /// Of eight rows of sixteen, the left eight columns and the right eight, each turned by itself.
    fn turned(self, rows: [[i16; BATCH]; 8]) -> [[i16; BATCH]; 8];
}

/// One by one, on every processor.
#[derive(Clone, Copy)]
struct Plainly;

impl Turn for Plainly {
    #[inline(always)]
    fn turned(self, rows: [[i16; BATCH]; 8]) -> [[i16; BATCH]; 8] {
        let mut turned = [[0; BATCH]; 8];
        for (x, column) in turned.iter_mut().enumerate() {
            for (y, row) in rows.iter().enumerate() {
                (column[y], column[y + 8]) = (row[x], row[x + 8]);
            }
        }
        turned
    }
}

/// Sixteen by sixteen bits at once: what interleaves the first four rows with the last four, done three times, turns eight.
#[cfg(target_arch = "x86_64")]
impl Turn for pulp::x86::V3 {
    #[inline(always)]
    fn turned(self, rows: [[i16; BATCH]; 8]) -> [[i16; BATCH]; 8] {
        let mut rows: [core::arch::x86_64::__m256i; 8] = pulp::cast(rows);
        for _ in 0..3 {
            let from = rows;
            for i in 0..4 {
                rows[2 * i] = self.avx2._mm256_unpacklo_epi16(from[i], from[i + 4]);
                rows[2 * i + 1] = self.avx2._mm256_unpackhi_epi16(from[i], from[i + 4]);
            }
        }
        pulp::cast(rows)
    }
}
