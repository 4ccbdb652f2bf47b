//! Pictures that codecs deliver in tiles, put together in planes.

use super::Rejection;
use super::deep::Deep;
use super::planes::Plane;
use super::yuv::{Canvas, Coding, Yuv};
use crate::limits::Limits;

/// One decoded tile: planes of 16-bit samples in the codec's own depth.
pub(super) struct Tile {
    pub(super) coding: Coding,
    /// Width, height and samples of each plane; one of them, or three.
    pub(super) planes: Vec<(u32, u32, Vec<u16>)>,
}

/// A picture of one tile, cut to `size`.
pub(super) fn single(
    tile: &Tile,
    size: (u32, u32),
    nclx: Option<(u16, u16, u16, bool)>,
    limits: &Limits,
) -> Result<Yuv, Rejection> {
    let mut assembly = Assembly::new(tile, size, limits)?;
    assembly.place(tile, (0, 0))?;
    Ok(assembly.finish(nclx))
}

/// The planes that tiles are laid into.
pub(super) struct Assembly {
    coding: Coding,
    size: (u32, u32),
    tile: (u32, u32),
    /// By how much each plane is smaller than the first.
    factors: Vec<(u32, u32)>,
    planes: Canvas,
}

impl Assembly {
    /// Room for a picture of this size, of tiles like this one.
    pub(super) fn new(tile: &Tile, size: (u32, u32), limits: &Limits) -> Result<Self, Rejection> {
        let (width, height) = (tile.planes[0].0, tile.planes[0].1);
        let factors: Vec<(u32, u32)> = tile
            .planes
            .iter()
            .map(|(w, h, _)| (width.div_ceil((*w).max(1)).max(1), height.div_ceil((*h).max(1)).max(1)))
            .collect();
        let sizes: Vec<(u32, u32)> =
            factors.iter().map(|(across, down)| (size.0.div_ceil(*across), size.1.div_ceil(*down))).collect();
        let deep = tile.coding.depth > 8;
        let bytes: u64 = sizes.iter().map(|(w, h)| u64::from(*w) * u64::from(*h) * if deep { 2 } else { 1 }).sum();
        if bytes > limits.memory {
            return Err(Rejection::Limit("decoding it needs more memory than the limit".to_owned()));
        }
        let count = |(w, h): (u32, u32)| w as usize * h as usize;
        let planes = if deep {
            Canvas::Deep(
                sizes
                    .iter()
                    .map(|&(width, height)| Deep {
                        width,
                        height,
                        channels: 1,
                        samples: vec![0; count((width, height))],
                    })
                    .collect(),
            )
        } else {
            Canvas::Eight(
                sizes
                    .iter()
                    .map(|&(width, height)| Plane { width, height, samples: vec![0; count((width, height))] })
                    .collect(),
            )
        };
        Ok(Self { coding: tile.coding, size, tile: (width, height), factors, planes })
    }

    /// Lays a tile where it belongs, as far as the picture reaches.
    pub(super) fn place(&mut self, tile: &Tile, (column, row): (usize, usize)) -> Result<(), Rejection> {
        let fits = tile.planes.len() == self.factors.len() && (tile.planes[0].0, tile.planes[0].1) == self.tile;
        if !fits || tile.coding.depth != self.coding.depth {
            return Err(Rejection::Damaged("its tiles differ in size".to_owned()));
        }
        let (left, top) = (column as u64 * u64::from(self.tile.0), row as u64 * u64::from(self.tile.1));
        if left >= u64::from(self.size.0) || top >= u64::from(self.size.1) {
            return Ok(());
        }
        let shift = 16 - u32::from(self.coding.depth);
        for (i, (width, _, samples)) in tile.planes.iter().enumerate() {
            let (across, down) = self.factors[i];
            let (left, top) = (left as usize / across as usize, top as usize / down as usize);
            let rows = samples.chunks_exact((*width).max(1) as usize);
            match &mut self.planes {
                Canvas::Eight(planes) => {
                    let plane = &mut planes[i];
                    lay(&mut plane.samples, plane.width, (left, top), rows, |v| v as u8);
                }
                Canvas::Deep(planes) => {
                    let plane = &mut planes[i];
                    // Spread over 16 bits so that the largest value is the largest there too.
                    let depth = u32::from(self.coding.depth);
                    let spread =
                        move |v: u16| (v << shift) | (u32::from(v) >> depth.saturating_sub(shift).min(31)) as u16;
                    lay(&mut plane.samples, plane.width, (left, top), rows, spread);
                }
            }
        }
        Ok(())
    }

    /// The picture, in the code that the container names, else in the one that the codec names.
    pub(super) fn finish(self, nclx: Option<(u16, u16, u16, bool)>) -> Yuv {
        let mut coding = self.coding;
        if let Some((_, _, matrix, full_range)) = nclx {
            coding = Coding { matrix: if matrix == 2 { coding.matrix } else { matrix }, full_range, ..coding };
        }
        Yuv { coding, planes: self.planes, alpha: None }
    }
}

/// Copies rows into a plane as far as they lie in it.
fn lay<'t, S: Copy>(
    samples: &mut [S],
    width: u32,
    (left, top): (usize, usize),
    rows: impl Iterator<Item = &'t [u16]>,
    convert: impl Fn(u16) -> S,
) {
    let into = samples.chunks_exact_mut(width.max(1) as usize).skip(top);
    for (to, from) in into.zip(rows) {
        for (to, &from) in to.iter_mut().skip(left).zip(from) {
            *to = convert(from);
        }
    }
}
