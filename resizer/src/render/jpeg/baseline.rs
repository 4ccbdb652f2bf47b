//! The common JPEG, read the fast way: baseline, one scan, brightness and two colour differences. Every camera and phone
//! writes these. What is not of this kind, or not whole, is left to the library, which reads everything.
//!
//! A row of blocks at a time goes from the entropy code through the inverse transform into the filter that makes it
//! smaller, so that a photo's samples never exist all at once.

#![allow(clippy::inline_always, reason = "only what is inlined is compiled for the processor at hand")]

use super::entropy::{Bits, Broken, Code, ZIGZAG};
use super::inverse::Transform;
use crate::limits::Deadline;
use crate::render::Rejection;
use crate::render::planes::{Planes, chroma_size};
use crate::render::shrink::{Mix, Strip};

/// A JPEG of the common kind, its tables read.
pub(super) struct Baseline<'a> {
    bytes: &'a [u8],
    /// Where the scan begins.
    scan: usize,
    width: usize,
    height: usize,
    components: Vec<Component>,
    /// Blocks of brightness in a unit, across and down.
    most: (usize, usize),
    restart: usize,
    codes: [[Option<Code>; 4]; 2],
}

#[derive(Clone)]
struct Component {
    id: u8,
    /// Blocks in a unit.
    across: usize,
    down: usize,
    quantiser: [u16; 64],
    table: usize,
    /// Its codes: of the mean, of the others.
    codes: [usize; 2],
}

impl<'a> Baseline<'a> {
    /// Reads everything before the scan. `None` when it is not of the common kind.
    pub(super) fn open(bytes: &'a [u8]) -> Option<Self> {
        let mut quantisers: [Option<[u16; 64]>; 4] = [None; 4];
        let mut jpeg = Self {
            bytes,
            scan: 0,
            width: 0,
            height: 0,
            components: Vec::new(),
            most: (1, 1),
            restart: 0,
            codes: Default::default(),
        };
        let mut at = 2;
        loop {
            let &[0xFF, marker] = bytes.get(at..at + 2)? else { return None };
            if marker == 0xFF {
                at += 1;
                continue;
            }
            let length = usize::from(u16::from_be_bytes([*bytes.get(at + 2)?, *bytes.get(at + 3)?]));
            let segment = bytes.get(at + 4..at + 2 + length)?;
            at += 2 + length;
            match marker {
                0xC0 | 0xC1 => jpeg.frame(segment)?,
                0xC4 => jpeg.huffman(segment)?,
                0xDB => read_quantisers(segment, &mut quantisers)?,
                0xDD => jpeg.restart = usize::from(u16::from_be_bytes([*segment.first()?, *segment.get(1)?])),
                0xDA => {
                    jpeg.scan = at;
                    jpeg.scan_header(segment)?;
                    for component in &mut jpeg.components {
                        component.quantiser = quantisers[component.table]?;
                    }
                    return Some(jpeg);
                }
                0xE0..=0xEF | 0xFE => {}
                _ => return None,
            }
        }
    }

    fn frame(&mut self, segment: &[u8]) -> Option<()> {
        let &[8, a, b, c, d, count, ..] = segment else { return None };
        (self.height, self.width) = (usize::from(u16::from_be_bytes([a, b])), usize::from(u16::from_be_bytes([c, d])));
        if !self.components.is_empty() || !matches!(count, 1 | 3) || segment.len() != 6 + 3 * usize::from(count) {
            return None;
        }
        for part in segment[6..].chunks_exact(3) {
            // A scan of one component has no units of several blocks, whatever it says.
            let factor = |factor: u8| if count == 1 { 1 } else { usize::from(factor) };
            let (across, down, table) = (factor(part[1] >> 4), factor(part[1] & 15), usize::from(part[2]));
            if !(1..=2).contains(&across) || !(1..=2).contains(&down) || table > 3 {
                return None;
            }
            let codes = [0, 0];
            self.components.push(Component { id: part[0], across, down, quantiser: [0; 64], table, codes });
        }
        let first = self.components.first()?;
        self.most = (first.across, first.down);
        let differences = &self.components[1..];
        let usual = differences.iter().all(|c| {
            (c.across, c.down) == (differences[0].across, differences[0].down)
                && c.across <= self.most.0
                && c.down <= self.most.1
        });
        (usual && self.width > 0 && self.height > 0).then_some(())
    }

    fn huffman(&mut self, mut segment: &[u8]) -> Option<()> {
        while let Some((&head, rest)) = segment.split_first() {
            let counts = rest.first_chunk::<16>()?;
            let count: usize = counts.iter().map(|&count| usize::from(count)).sum();
            let symbols = rest.get(16..16 + count)?;
            *self.codes.get_mut(usize::from(head >> 4))?.get_mut(usize::from(head & 15))? =
                Some(Code::new(counts, symbols)?);
            segment = &rest[16 + count..];
        }
        Some(())
    }

    /// All components in one scan, each block whole.
    fn scan_header(&mut self, segment: &[u8]) -> Option<()> {
        let count = self.components.len();
        if count == 0 || segment.len() != 4 + 2 * count || usize::from(segment[0]) != count {
            return None;
        }
        for (component, part) in self.components.iter_mut().zip(segment[1..].chunks_exact(2)) {
            component.codes = [usize::from(part[1] >> 4), usize::from(part[1] & 15)];
            let there = (0..2).all(|i| self.codes[i].get(component.codes[i]).is_some_and(Option::is_some));
            if part[0] != component.id || !there {
                return None;
            }
        }
        (segment[1 + 2 * count..] == [0, 63, 0]).then_some(())
    }

    /// Decodes to planes of `wanted` size, by way of one that is `divisor` times smaller; and says whether the scan ended where
    /// the picture did, since what is broken in the middle often decodes to something. `None` when it is not whole.
    pub(super) fn decode(
        &self,
        wanted: (u32, u32),
        full_chroma: bool,
        divisor: u32,
        deadline: Deadline,
        memory: u64,
    ) -> Result<Option<(Planes, bool)>, Rejection> {
        let side = 8 / divisor as usize;
        let units = (self.width.div_ceil(8 * self.most.0), self.height.div_ceil(8 * self.most.1));
        let mixes: Vec<[Mix; 2]> = self
            .components
            .iter()
            .enumerate()
            .take(2)
            .map(|(i, component)| {
                let (across, down) = if i == 0 || full_chroma { wanted } else { chroma_size(wanted.0, wanted.1) };
                let mix = |units: usize, own: usize, most: usize, whole: usize, wanted: u32| {
                    let covered = whole as f64 / f64::from(divisor) * own as f64 / most as f64;
                    // Beyond what the picture covers anything may stand.
                    Mix::new((covered.ceil() as usize).min(units * own * side), covered, wanted as usize)
                };
                [
                    mix(units.0, component.across, self.most.0, self.width, across),
                    mix(units.1, component.down, self.most.1, self.height, down),
                ]
            })
            .collect();
        let asked: usize = self
            .components
            .iter()
            .enumerate()
            .map(|(i, component)| {
                let [across, down] = &mixes[i.min(1)];
                Strip::memory(units.0 * component.across * side, component.down * side, across, down)
            })
            .sum();
        if asked as u64 > memory {
            return Err(Rejection::Limit("decoding it needs more memory than the limit".to_owned()));
        }
        let mut strips: Vec<Strip<'_>> = self
            .components
            .iter()
            .enumerate()
            .map(|(i, component)| {
                let [across, down] = &mixes[i.min(1)];
                Strip::new(units.0 * component.across * side, component.down * side, across, down)
            })
            .collect();
        let transform = Transform::to(side);
        let mut bits = Bits::new(self.bytes, self.scan);
        let mut state = State { means: [0; 3], left: self.restart, restarts: 0 };
        for _ in 0..units.1 {
            deadline.check()?;
            strips.iter_mut().for_each(Strip::make_room);
            let row = Row { jpeg: self, units: units.0, transform: &transform };
            let row = pulp::Arch::new().dispatch(RowInto(row, &mut bits, &mut state, &mut strips));
            if row.is_err() || bits.is_over() {
                return Ok(None);
            }
            strips.iter_mut().for_each(Strip::pass_on);
        }
        Ok(finished(strips).map(|planes| (planes, bits.ends())))
    }
}

/// The planes, when every row came.
fn finished(strips: Vec<Strip<'_>>) -> Option<Planes> {
    let mut made = strips.into_iter().map(Strip::finish);
    let y = made.next()??;
    let chroma = match (made.next(), made.next()) {
        (Some(cb), Some(cr)) => Some([cb?, cr?]),
        _ => None,
    };
    Some(Planes { y, chroma })
}

/// A row of units, to be decoded.
struct Row<'a, 'b> {
    jpeg: &'a Baseline<'b>,
    units: usize,
    transform: &'a Transform,
}

/// The work of decoding one, compiled for several processors.
struct RowInto<'a, 'b, 's, 'm>(Row<'a, 'b>, &'a mut Bits<'b>, &'a mut State, &'s mut [Strip<'m>]);

impl pulp::NullaryFnOnce for RowInto<'_, '_, '_, '_> {
    type Output = Result<(), Broken>;

    #[inline(always)]
    fn call(self) -> Self::Output {
        let Self(Row { jpeg, units, transform }, bits, state, strips) = self;
        // Kept where the compiler can see that nothing else looks at it.
        let mut own = bits.clone();
        for unit in 0..units {
            if jpeg.restart > 0 {
                if state.left == 0 {
                    own.restart(state.restarts)?;
                    *state = State { means: [0; 3], left: jpeg.restart, restarts: state.restarts.wrapping_add(1) };
                }
                state.left -= 1;
            }
            for ((component, strip), mean) in jpeg.components.iter().zip(&mut *strips).zip(&mut state.means) {
                let [Some(mean_code), Some(code)] = [0, 1].map(|i| jpeg.codes[i][component.codes[i] & 3].as_ref())
                else {
                    return Err(Broken);
                };
                for down in 0..component.down {
                    for across in 0..component.across {
                        let mut block = [0; 64];
                        *mean = mean.wrapping_add(own.difference(mean_code)?);
                        block[0] = *mean as i16;
                        let flat = !own.coefficients(code, &mut block)?;
                        let left = (unit * component.across + across) * transform.side;
                        let stride = strip.stride;
                        let target = strip.block(left, down * transform.side);
                        transform.apply(&block, flat, &component.quantiser, target, stride);
                    }
                }
            }
        }
        *bits = own;
        Ok(())
    }
}

fn read_quantisers(mut segment: &[u8], quantisers: &mut [Option<[u16; 64]>; 4]) -> Option<()> {
    while let Some((&head, rest)) = segment.split_first() {
        let wide = usize::from(head >> 4);
        let values = rest.get(..64 << wide)?;
        let mut table = [0; 64];
        for (k, &place) in ZIGZAG.iter().enumerate() {
            table[usize::from(place)] = match wide {
                0 => u16::from(values[k]),
                1 => u16::from_be_bytes([values[2 * k], values[2 * k + 1]]),
                _ => return None,
            };
        }
        *quantisers.get_mut(usize::from(head & 15))? = Some(table);
        segment = &rest[64 << wide..];
    }
    Some(())
}

/// What goes on from unit to unit.
struct State {
    means: [i32; 3],
    /// Units until the next restart.
    left: usize,
    restarts: u8,
}
