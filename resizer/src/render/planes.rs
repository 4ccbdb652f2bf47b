//! Planes: a picture as brightness and two colour differences (JFIF's Y, Cb, Cr, full range), each resized on its own.
//!
//! JPEG stores planes and stores the two colour differences at a quarter of the size, so a picture that never becomes
//! RGB costs half as much to resize and nothing to convert.

use super::colour;
use super::shrink::{Mix, Rows, Shrinking, Strip};

/// One plane of samples, row by row without gaps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plane {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) samples: Vec<u8>,
}

/// A picture in planes. The colour planes may have fewer samples than the brightness, but cover exactly the same area.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Planes {
    pub(crate) y: Plane,
    /// Cb and Cr, of one size; `None` for a grey picture.
    pub(crate) chroma: Option<[Plane; 2]>,
}

/// A picture as encoders want it: the colour planes at half the size, rounded up (4:2:0).
pub(crate) struct Quartered<'a> {
    pub(crate) y: &'a Plane,
    pub(crate) chroma: Option<[Plane; 2]>,
}

/// A picture as interleaved RGB bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rgb {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) samples: Vec<u8>,
}

impl Plane {
    /// The samples at another size, by Lanczos's filter of three lobes.
    pub(crate) fn resized(&self, width: u32, height: u32) -> Self {
        self.part_resized(f64::from(self.width), f64::from(self.height), width, height)
    }

    /// The top left `covered` part at another size. Planes read from a JPEG are rounded up to whole samples, so their
    /// last column or row may belong to the picture in part only.
    pub(crate) fn part_resized(&self, covered_width: f64, covered_height: f64, width: u32, height: u32) -> Self {
        let covered_width = covered_width.min(f64::from(self.width));
        let covered_height = covered_height.min(f64::from(self.height));
        let same = |covered: f64, size: u32| (covered - f64::from(size)).abs() < 1e-6;
        if (self.width, self.height) == (width, height) && same(covered_width, width) && same(covered_height, height) {
            return self.clone();
        }
        let mix = |covered: f64, there: u32, wanted: u32| {
            Mix::new((covered.ceil() as usize).min(there as usize), covered, wanted as usize)
        };
        let across = mix(covered_width, self.width, width);
        let down = mix(covered_height, self.height, height);
        let mut shrinking = Shrinking::new(self.width as usize, &across, &down);
        let (stride, end) = (self.width as usize, self.height as usize);
        shrinking.advance(Rows { samples: &self.samples, stride, first: 0, end });
        shrinking.finish().expect("every row is there")
    }

    /// Turned by an EXIF orientation.
    fn oriented(&self, orientation: u8) -> Self {
        let (width, height) = (self.width as usize, self.height as usize);
        // Mirrored or turned by half first; the rest of the turn is rows becoming columns.
        let mut samples = self.samples.clone();
        match orientation {
            2 | 8 => samples.chunks_exact_mut(width).for_each(<[u8]>::reverse),
            3 | 7 => samples.reverse(),
            4 | 6 => {
                for (row, from) in samples.chunks_exact_mut(width).zip(self.samples.chunks_exact(width).rev()) {
                    row.copy_from_slice(from);
                }
            }
            _ => {}
        }
        if orientation < 5 {
            return Self { width: self.width, height: self.height, samples };
        }
        Self { width: self.height, height: self.width, samples: transposed(&samples, width, height) }
    }

    /// Every two by two samples averaged, the last column or row repeated where a side is odd.
    fn halved(&self, halve_width: bool, halve_height: bool) -> Self {
        let (step_x, step_y) = (1 + u32::from(halve_width), 1 + u32::from(halve_height));
        let (width, height) = (self.width.div_ceil(step_x), self.height.div_ceil(step_y));
        let at = |x: u32, y: u32| {
            let (x, y) = (x.min(self.width - 1), y.min(self.height - 1));
            u16::from(self.samples[y as usize * self.width as usize + x as usize])
        };
        let mut samples = Vec::with_capacity(width as usize * height as usize);
        for y in (0..height).map(|y| y * step_y) {
            for x in (0..width).map(|x| x * step_x) {
                let (right, below) = (x + step_x - 1, y + step_y - 1);
                samples.push(((at(x, y) + at(right, y) + at(x, below) + at(right, below) + 2) / 4) as u8);
            }
        }
        Self { width, height, samples }
    }
}

impl Planes {
    pub(crate) fn width(&self) -> u32 {
        self.y.width
    }

    pub(crate) fn height(&self) -> u32 {
        self.y.height
    }

    /// Another size. Colour keeps no more than half the samples along a side that is even.
    pub(crate) fn resized(&self, width: u32, height: u32) -> Self {
        let (across, down) = chroma_size(width, height);
        Self {
            y: self.y.resized(width, height),
            chroma: self.chroma.as_ref().map(|c| c.each_ref().map(|plane| plane.resized(across, down))),
        }
    }

    /// Upright, for a picture with this EXIF orientation (1 to 8).
    pub(crate) fn oriented(self, orientation: u8) -> Self {
        if !(2..=8).contains(&orientation) {
            return self;
        }
        Self {
            y: self.y.oriented(orientation),
            chroma: self.chroma.map(|c| c.each_ref().map(|plane| plane.oriented(orientation))),
        }
    }

    /// The picture with its colour planes as 4:2:0 stores them: half the size, rounded up, the edge repeated.
    pub(crate) fn quartered(&self) -> Quartered<'_> {
        let (width, height) = (self.width(), self.height());
        let (across, down) = chroma_size(width, height);
        let chroma = self.chroma.as_ref().map(|c| {
            c.each_ref().map(|plane| {
                let plane = plane.resized(across, down);
                // An odd side came through at full size: only whole samples can be paired with the edge repeated.
                match (width % 2 == 1, height % 2 == 1) {
                    (false, false) => plane,
                    (odd_width, odd_height) => plane.halved(odd_width, odd_height),
                }
            })
        });
        Quartered { y: &self.y, chroma }
    }

    /// The picture in RGB, the colour planes brought to full size.
    pub(crate) fn to_rgb(&self) -> Rgb {
        let (width, height) = (self.width(), self.height());
        let full = self.chroma.as_ref().map(|c| c.each_ref().map(|plane| plane.resized(width, height)));
        let mut samples = vec![0; self.y.samples.len() * 3];
        let pixels = samples.chunks_exact_mut(3).zip(&self.y.samples);
        match full {
            None => pixels.for_each(|(pixel, &y)| pixel.fill(y)),
            Some([cb, cr]) => {
                for (((pixel, &y), &cb), &cr) in pixels.zip(&cb.samples).zip(&cr.samples) {
                    pixel.copy_from_slice(&colour::ycc_to_rgb(y, cb, cr));
                }
            }
        }
        Rgb { width, height, samples }
    }
}

impl Rgb {
    /// Another size: channel by channel, but a few rows of them at a time, so that nothing else is held at full size.
    pub(crate) fn resized(self, width: u32, height: u32) -> Self {
        if (self.width, self.height) == (width, height) {
            return self;
        }
        let (across, down) = mixes((self.width, self.height), (width, height));
        let mut channels = Channels::new(self.width, &across, &down);
        for rows in self.samples.chunks(Channels::STEP * self.width as usize * 3) {
            channels.take(rows);
        }
        drop(self.samples);
        channels.finish().expect("every row came")
    }

    /// The same picture in planes, every plane at full size; in one plane when no pixel has a colour.
    pub(crate) fn to_planes(&self) -> Planes {
        let count = self.samples.len() / 3;
        let plane = |samples| Plane { width: self.width, height: self.height, samples };
        if self.samples.chunks_exact(3).all(|p| p[0] == p[1] && p[1] == p[2]) {
            return Planes { y: plane(self.samples.iter().copied().step_by(3).collect()), chroma: None };
        }
        let [mut y, mut cb, mut cr] = [(); 3].map(|()| vec![0; count]);
        let split = y.iter_mut().zip(&mut cb).zip(&mut cr);
        for (((y, cb), cr), pixel) in split.zip(self.samples.chunks_exact(3)) {
            [*y, *cb, *cr] = colour::rgb_to_ycc(pixel[0], pixel[1], pixel[2]);
        }
        let [y, cb, cr] = [y, cb, cr].map(plane);
        Planes { y, chroma: Some([cb, cr]) }
    }
}

/// How the sides of one size are mixed from those of another.
pub(crate) fn mixes(there: (u32, u32), wanted: (u32, u32)) -> (Mix, Mix) {
    let mix = |there: u32, wanted: u32| Mix::new(there as usize, f64::from(there), wanted as usize);
    (mix(there.0, wanted.0), mix(there.1, wanted.1))
}

/// A picture in RGB at another size in the making: its rows come a few at a time.
pub(crate) struct Channels<'m> {
    strips: [Strip<'m>; 3],
    /// Samples of a row of each.
    width: usize,
}

impl<'m> Channels<'m> {
    /// The most rows that may come at once.
    pub(crate) const STEP: usize = 16;

    /// Begins with a picture whose rows have `width` pixels.
    pub(crate) fn new(width: u32, across: &'m Mix, down: &'m Mix) -> Self {
        let width = width as usize;
        Self { strips: [(); 3].map(|()| Strip::new(width, Self::STEP, across, down)), width }
    }

    /// The next rows, whole and interleaved.
    pub(crate) fn take(&mut self, rows: &[u8]) {
        self.strips.iter_mut().for_each(Strip::make_room);
        let [r, g, b] = self.strips.each_mut().map(|strip| strip.block(0, 0));
        for (((r, g), b), pixel) in r.iter_mut().zip(g).zip(b).zip(rows.as_chunks::<3>().0) {
            [*r, *g, *b] = *pixel;
        }
        for strip in &mut self.strips {
            strip.pass_on_rows(rows.len() / (self.width * 3));
        }
    }

    /// The picture, when every row came.
    pub(crate) fn finish(self) -> Option<Rgb> {
        let [r, g, b] = self.strips.map(Strip::finish);
        let (r, g, b) = (r?, g?, b?);
        let mut samples = vec![0; r.samples.len() * 3];
        let pixels = samples.as_chunks_mut::<3>().0.iter_mut();
        for (((pixel, r), g), b) in pixels.zip(r.samples).zip(g.samples).zip(b.samples) {
            *pixel = [r, g, b];
        }
        Some(Rgb { width: r.width, height: r.height, samples })
    }
}

/// Half of each even side, the whole of an odd one.
pub(crate) fn chroma_size(width: u32, height: u32) -> (u32, u32) {
    let half = |side: u32| if side.is_multiple_of(2) { side / 2 } else { side };
    (half(width), half(height))
}

/// Rows become columns, in blocks that fit the cache.
fn transposed(samples: &[u8], width: usize, height: usize) -> Vec<u8> {
    const BLOCK: usize = 32;
    let mut turned = vec![0; samples.len()];
    for top in (0..height).step_by(BLOCK) {
        for left in (0..width).step_by(BLOCK) {
            for y in top..(top + BLOCK).min(height) {
                for x in left..(left + BLOCK).min(width) {
                    turned[x * height + y] = samples[y * width + x];
                }
            }
        }
    }
    turned
}
