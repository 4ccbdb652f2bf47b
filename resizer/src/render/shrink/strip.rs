//! A plane that comes a few rows at a time.

#![allow(clippy::inline_always, reason = "only what is inlined is compiled for the processor at hand")]

use super::{Mix, Rows, Shrinking};
use crate::render::planes::Plane;

/// Rows that are held beyond those that a batch needs, so that they are seldom moved.
const SPARE: usize = 64;

/// The rows of a plane that are needed at the moment.
pub(in crate::render) struct Strip<'m> {
    samples: Vec<u8>,
    pub(in crate::render) stride: usize,
    /// The number of the first row held, and of the one after the last.
    first: usize,
    end: usize,
    /// Rows that come at once.
    step: usize,
    shrinking: Shrinking<'m>,
}

impl<'m> Strip<'m> {
    pub(in crate::render) fn new(width: usize, step: usize, across: &'m Mix, down: &'m Mix) -> Self {
        let rows = down.longest_window() + step + SPARE;
        Self {
            samples: vec![0; rows * width],
            stride: width,
            first: 0,
            end: 0,
            step,
            shrinking: Shrinking::new(width, across, down),
        }
    }

    /// Bytes that it takes.
    pub(in crate::render) fn memory(width: usize, step: usize, across: &Mix, down: &Mix) -> usize {
        (down.longest_window() + step + SPARE) * width + Shrinking::memory(width, across, down)
    }

    /// Makes room for the next rows: those that nobody needs any more are forgotten.
    pub(in crate::render) fn make_room(&mut self) {
        if (self.end - self.first + self.step) * self.stride > self.samples.len() {
            let first = self.shrinking.needs().clamp(self.first, self.end);
            let from = (first - self.first) * self.stride;
            self.samples.copy_within(from..(self.end - self.first) * self.stride, 0);
            self.first = first;
        }
    }

    /// From the first sample of a block of the rows that come.
    #[inline(always)]
    pub(in crate::render) fn block(&mut self, left: usize, top: usize) -> &mut [u8] {
        let at = (self.end - self.first + top) * self.stride + left;
        &mut self.samples[at..]
    }

    /// Lets the filter have the rows that came.
    pub(in crate::render) fn pass_on(&mut self) {
        self.pass_on_rows(self.step);
    }

    /// Lets it have the last ones, which may be fewer.
    pub(in crate::render) fn pass_on_rows(&mut self, rows: usize) {
        self.end += rows;
        let samples = &self.samples[..(self.end - self.first) * self.stride];
        self.shrinking.advance(Rows { samples, stride: self.stride, first: self.first, end: self.end });
    }

    /// The plane, when every row came.
    pub(in crate::render) fn finish(self) -> Option<Plane> {
        self.shrinking.finish()
    }
}
