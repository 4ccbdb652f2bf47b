//! The outline of a ridge: where its crest runs, and the firs upon it.

use super::noise::{Dice, cell, line, outline};
use super::scene::Ridge;

/// A ridge's outline at a size: for each column the crest's distance from the top, and its slope.
pub(super) struct Outline<'a> {
    pub(super) ridge: &'a Ridge,
    pub(super) crest: Vec<f32>,
    /// The ground under the trees.
    pub(super) ground: Vec<f32>,
    pub(super) slope: Vec<f32>,
    /// How much of it distance takes.
    pub(super) far: f32,
}

impl<'a> Outline<'a> {
    pub(super) fn of(ridge: &'a Ridge, width: usize, height: f32, unit: f32) -> Self {
        let ground: Vec<f32> = (0..width)
            .map(|x| {
                let across = x as f32 / unit * ridge.hills;
                let lean = ridge.lean * (x as f32 / width as f32 - 0.5) * unit;
                ridge.base * height - lean - outline(ridge.seed, across, ridge.sharp) * ridge.tall * unit.max(height)
            })
            .collect();
        let reach = (unit / 120.0).max(1.0) as usize;
        let slope = (0..width)
            .map(|x| {
                let (left, right) = (x.saturating_sub(reach), (x + reach).min(width - 1));
                (ground[right] - ground[left]) / (right - left).max(1) as f32
            })
            .collect();
        let mut crest = ground.clone();
        if ridge.trees > 0.0 {
            plant(ridge, &mut crest, &ground, unit);
        }
        Self { ridge, crest, ground, slope, far: (1.0 - ridge.near).powf(1.3) * 0.72 }
    }
}

/// Raises firs on a crest, in groups.
fn plant(ridge: &Ridge, crest: &mut [f32], ground: &[f32], unit: f32) {
    let mut dice = Dice::new(u64::from(ridge.seed));
    let tall = ridge.trees * unit;
    let end = ground.len() as f32;
    let mut middle = 0.0;
    while middle < end + tall {
        let grove = line(ridge.seed ^ 0x60, middle / unit * 2.6) + 0.35;
        let size = tall * dice.between(0.45, 1.0) * grove.clamp(0.12, 1.0);
        let half = size * dice.between(0.15, 0.22);
        let from = (middle - half).max(0.0) as usize;
        let to = ((middle + half) as usize + 1).min(ground.len());
        let stands = ground[(middle as usize).min(ground.len() - 1)];
        for (x, crest) in crest.iter_mut().enumerate().take(to).skip(from) {
            let aside = ((x as f32 - middle) / half).abs().min(1.0);
            // Branches hang in steps, shorter towards the top.
            let branch = (aside * 7.0 + cell(ridge.seed, x as i32 / 2, middle as i32) * 0.5).fract() * 0.09;
            let top = stands - size * (1.0 - aside.powf(0.82) + branch * aside.min(0.6)).max(0.0);
            *crest = crest.min(top);
        }
        let gap = if grove > 0.1 { 0.16 } else { 0.5 };
        middle += (tall * gap * dice.between(0.5, 1.7)).max(1.0);
    }
}
