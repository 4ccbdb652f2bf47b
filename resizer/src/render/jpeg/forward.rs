//! The forward cosine transform and quantisation of blocks, after Arai, Agui and Nakajima (1988): what their butterflies
//! leave out is in the divisors.

#![allow(clippy::inline_always, reason = "only what is inlined is compiled for the processor at hand")]

/// What each coefficient is divided by, as factors, columns first.
pub(super) struct Divisors([[f32; 8]; 8]);

impl Divisors {
    /// For a quantiser in natural order.
    pub(super) fn of(quantiser: &[u16; 64]) -> Self {
        // How much larger than the transform's own values the butterflies' are, along one side.
        let scale = |i: usize| match i {
            0 => 8.0_f64.sqrt(),
            _ => 4.0 * (i as f64 * std::f64::consts::PI / 16.0).cos(),
        };
        let factor = |u: usize, v: usize| 1.0 / (f64::from(quantiser[v * 8 + u]) * scale(u) * scale(v));
        Self(std::array::from_fn(|v| std::array::from_fn(|u| factor(u, v) as f32)))
    }
}

/// The quantised coefficients of a block, in natural order.
#[inline(always)]
pub(super) fn transformed(samples: &[[u8; 8]; 8], divisors: &Divisors) -> [i16; 64] {
    let mut levels = [[0.0_f32; 8]; 8];
    for (row, from) in levels.iter_mut().zip(samples) {
        for (level, &sample) in row.iter_mut().zip(from) {
            *level = f32::from(sample) - 128.0;
        }
    }
    let levels = turned(&columns(&turned(&columns(&levels))));
    let mut block = [0; 64];
    for ((to, row), divisors) in block.as_chunks_mut::<8>().0.iter_mut().zip(&levels).zip(&divisors.0) {
        for ((to, level), divisor) in to.iter_mut().zip(row).zip(divisors) {
            // Adding and taking away what makes the fraction's bits fall off rounds to the nearest.
            const ROUND: f32 = 12_582_912.0;
            let rounded = (level * divisor + ROUND).to_bits().wrapping_sub(ROUND.to_bits());
            *to = rounded as i32 as i16;
        }
    }
    block
}

#[inline(always)]
fn turned(from: &[[f32; 8]; 8]) -> [[f32; 8]; 8] {
    let mut to = [[0.0; 8]; 8];
    for (y, row) in from.iter().enumerate() {
        for (x, value) in row.iter().enumerate() {
            to[x][y] = *value;
        }
    }
    to
}

/// Every column transformed.
#[inline(always)]
fn columns(s: &[[f32; 8]; 8]) -> [[f32; 8]; 8] {
    // The cosine of two eighths of pi, and what the odd part needs of one and three eighths.
    const C4: f32 = std::f32::consts::FRAC_1_SQRT_2;
    const C6: f32 = 0.382_683_43;
    const C2_MINUS_C6: f32 = 0.541_196_1;
    const C2_PLUS_C6: f32 = 1.306_563;
    let mut to = [[0.0; 8]; 8];
    for x in 0..8 {
        let sum = |i: usize| s[i][x] + s[7 - i][x];
        let difference = |i: usize| s[i][x] - s[7 - i][x];
        let (outer, inner) = (sum(0) + sum(3), sum(1) + sum(2));
        let (far, near) = (sum(0) - sum(3), sum(1) - sum(2));
        let turned = (near + far) * C4;
        (to[0][x], to[4][x]) = (outer + inner, outer - inner);
        (to[2][x], to[6][x]) = (far + turned, far - turned);

        let (low, middle, high) =
            (difference(3) + difference(2), difference(2) + difference(1), difference(1) + difference(0));
        let both = (low - high) * C6;
        let (of_low, of_high) = (low * C2_MINUS_C6 + both, high * C2_PLUS_C6 + both);
        let of_middle = middle * C4;
        let (plus, minus) = (difference(0) + of_middle, difference(0) - of_middle);
        (to[5][x], to[3][x]) = (minus + of_low, minus - of_low);
        (to[1][x], to[7][x]) = (plus + of_high, plus - of_high);
    }
    to
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_cosine_transform() {
        let quantiser: [u16; 64] = std::array::from_fn(|i| 1 + (i as u16 * 7) % 40);
        let divisors = Divisors::of(&quantiser);
        let mut seed = 1_u32;
        for _ in 0..200 {
            let samples: [[u8; 8]; 8] = std::array::from_fn(|_| {
                std::array::from_fn(|_| {
                    seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (seed >> 24) as u8
                })
            });
            let block = transformed(&samples, &divisors);
            for (i, &value) in block.iter().enumerate() {
                let (u, v) = (i % 8, i / 8);
                let cosine = |x: usize, u: usize| ((2 * x + 1) as f64 * u as f64 * std::f64::consts::PI / 16.0).cos();
                let half = |u: usize| if u == 0 { std::f64::consts::FRAC_1_SQRT_2 } else { 1.0 };
                let sum: f64 = (0..64)
                    .map(|i| (f64::from(samples[i / 8][i % 8]) - 128.0) * cosine(i % 8, u) * cosine(i / 8, v))
                    .sum();
                let exact = sum * half(u) * half(v) / 4.0 / f64::from(quantiser[i]);
                assert!((f64::from(value) - exact).abs() <= 0.501, "at {u}, {v}: {value} for {exact}");
            }
        }
    }
}
