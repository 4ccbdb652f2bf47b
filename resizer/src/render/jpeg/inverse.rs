//! The inverse cosine transform of blocks, to their own size by the library's kernel, and to smaller ones.

#![allow(clippy::inline_always, reason = "only what is inlined is compiled for the processor at hand")]

use libjpeg_turbo_rs::simd;

/// The inverse cosine transform of blocks to 8, 4, 2 or 1 samples a side.
pub(super) struct Transform {
    kernel: fn(&[i16; 64], &[u16; 64], &mut [u8; 64]),
    pub(super) side: usize,
}

impl Transform {
    /// To so many samples a side.
    pub(super) fn to(side: usize) -> Self {
        Self { kernel: simd::detect().idct_islow, side }
    }

    /// The samples of a block, at the beginning of `target`. A flat one has a mean and nothing else.
    #[inline(always)]
    pub(super) fn apply(&self, block: &[i16; 64], flat: bool, quantiser: &[u16; 64], target: &mut [u8], stride: usize) {
        if flat || self.side == 1 {
            let mean = i32::from(block[0]).wrapping_mul(i32::from(quantiser[0]));
            let level = (mean.wrapping_add(4) >> 3).wrapping_add(128).clamp(0, 255) as u8;
            target.chunks_mut(stride).take(self.side).for_each(|row| row[..self.side].fill(level));
            return;
        }
        match self.side {
            8 => {
                let mut samples = [0; 64];
                (self.kernel)(block, quantiser, &mut samples);
                for (row, from) in target.chunks_mut(stride).zip(samples.as_chunks::<8>().0) {
                    row[..8].copy_from_slice(from);
                }
            }
            4 => low::<4>(block, quantiser, target, stride),
            _ => low::<2>(block, quantiser, target, stride),
        }
    }
}

/// The transform of the low frequencies alone, which is the picture at a smaller size.
#[inline(always)]
fn low<const N: usize>(block: &[i16; 64], quantiser: &[u16; 64], target: &mut [u8], stride: usize) {
    let mut levels = [[0.0_f32; N]; N];
    for (v, row) in levels.iter_mut().enumerate() {
        for (u, level) in row.iter_mut().enumerate() {
            *level = f32::from(block[v * 8 + u]) * f32::from(quantiser[v * 8 + u]);
        }
    }
    // Down the columns, then across the rows by way of the same, turned.
    let levels = turned(columns(turned(columns(levels))));
    for (row, levels) in target.chunks_mut(stride).zip(levels) {
        for (sample, level) in row[..N].iter_mut().zip(levels) {
            *sample = (level * 0.25 + 128.5) as u8;
        }
    }
}

#[inline(always)]
fn turned<const N: usize>(from: [[f32; N]; N]) -> [[f32; N]; N] {
    std::array::from_fn(|y| std::array::from_fn(|x| from[x][y]))
}

/// Each column transformed: 4 or 2 levels from as many frequencies.
#[inline(always)]
fn columns<const N: usize>(from: [[f32; N]; N]) -> [[f32; N]; N] {
    const HALF: f32 = std::f32::consts::FRAC_1_SQRT_2;
    // The cosines of an eighth and of three eighths of pi.
    const COS_1: f32 = 0.923_879_5;
    const COS_3: f32 = 0.382_683_43;
    let mut to = [[0.0; N]; N];
    for x in 0..N {
        if N == 4 {
            let (even, odd) = ((from[0][x] + from[2][x]) * HALF, (from[0][x] - from[2][x]) * HALF);
            let (outer, inner) = (from[1][x] * COS_1 + from[3][x] * COS_3, from[1][x] * COS_3 - from[3][x] * COS_1);
            (to[0][x], to[1][x], to[2][x], to[3][x]) = (even + outer, odd + inner, odd - inner, even - outer);
        } else {
            let (sum, difference) = (from[0][x] * HALF, from[1][x] * HALF);
            (to[0][x], to[1][x]) = (sum + difference, sum - difference);
        }
    }
    to
}
