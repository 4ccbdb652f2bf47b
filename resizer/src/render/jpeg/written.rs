//! JPEG out: baseline, with Huffman codes made for the picture, from planes.
//!
//! Two passes: the first transforms and quantises every block and notes its symbols; the second, when the symbols have
//! been counted and given codes, writes them.

#![allow(clippy::inline_always, reason = "only what is inlined is compiled for the processor at hand")]

use libjpeg_turbo_rs::encode::huff_opt::gen_optimal_table;
use libjpeg_turbo_rs::encode::marker_writer as markers;
use libjpeg_turbo_rs::encode::tables::{
    STD_CHROMINANCE_QUANT_TABLE, STD_LUMINANCE_QUANT_TABLE, quality_scale_quant_table,
};

use super::entropy::ZIGZAG;
use super::forward::{Divisors, transformed};
use crate::render::planes::{Plane, Quartered};

/// A symbol of the entropy code with the bits that follow it.
///
/// Bits 0 to 15: those bits. Bits 16 to 19: how many they are. Bits 20 to 27: the symbol. Bits 28 and 29: its code.
type Token = u32;

/// The codes: of brightness and of colour, for means and for the others.
const CODES: usize = 4;

/// The place of each natural place in the order in which coefficients are stored.
const UNZIGZAG: [u8; 64] = {
    let mut places = [0; 64];
    let mut k = 0;
    while k < 64 {
        places[ZIGZAG[k] as usize] = k as u8;
        k += 1;
    }
    places
};

/// Writes a picture at a quality on libjpeg's scale.
pub(super) fn write(picture: &Quartered<'_>, quality: u8) -> Vec<u8> {
    let planes: Vec<&Plane> = std::iter::once(picture.y).chain(picture.chroma.iter().flatten()).collect();
    let quantisers = [&STD_LUMINANCE_QUANT_TABLE, &STD_CHROMINANCE_QUANT_TABLE]
        .map(|table| quality_scale_quant_table(table, quality));
    let divisors = quantisers.each_ref().map(Divisors::of);
    let factor = factor(0, planes.len());
    let side = 8 * factor;
    let units = ((picture.y.width as usize).div_ceil(side), (picture.y.height as usize).div_ceil(side));

    let mut symbols = Symbols { tokens: Vec::with_capacity(picture.y.samples.len() / 3), counts: [[0; 256]; CODES] };
    pulp::Arch::new().dispatch(Noting { planes: &planes, divisors: &divisors, units, symbols: &mut symbols });

    let grey = planes.len() == 1;
    let mut bytes = Vec::with_capacity(symbols.tokens.len() + 1024);
    markers::write_soi(&mut bytes);
    markers::write_app0_jfif(&mut bytes);
    for (i, quantiser) in quantisers.iter().take(planes.len().min(2)).enumerate() {
        markers::write_dqt(&mut bytes, i as u8, quantiser);
    }
    let (width, height) = (picture.y.width as u16, picture.y.height as u16);
    let components = [(1, factor as u8, factor as u8, 0), (2, 1, 1, 1), (3, 1, 1, 1)];
    markers::write_sof0(&mut bytes, width, height, &components[..planes.len()]);
    let mut codes = vec![(0, 0); CODES << 8];
    for (i, counts) in symbols.counts.iter().enumerate().take(if grey { 2 } else { CODES }) {
        // The 257th is the library's: it keeps a code of ones alone from being given away.
        let mut tallies = [0; 257];
        tallies[..256].copy_from_slice(counts);
        let (lengths, values) = gen_optimal_table(&tallies);
        markers::write_dht(&mut bytes, (i & 1) as u8, (i >> 1) as u8, &lengths, &values);
        number(&lengths, &values, &mut codes[i << 8..][..256]);
    }
    markers::write_sos(&mut bytes, &[(1, 0, 0), (2, 1, 1), (3, 1, 1)][..planes.len()]);
    pulp::Arch::new().dispatch(Writing { tokens: &symbols.tokens, codes: &codes, bytes: &mut bytes });
    markers::write_eoi(&mut bytes);
    bytes
}

/// Blocks of a plane in a unit, along a side: brightness has two where colour has one.
#[inline(always)]
fn factor(plane: usize, planes: usize) -> usize {
    if plane == 0 && planes > 1 { 2 } else { 1 }
}

/// The first pass, compiled for several processors.
struct Noting<'a> {
    planes: &'a [&'a Plane],
    divisors: &'a [Divisors; 2],
    units: (usize, usize),
    symbols: &'a mut Symbols,
}

impl pulp::NullaryFnOnce for Noting<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let mut means = [0; 3];
        for (unit_row, unit) in (0..self.units.1).flat_map(|row| (0..self.units.0).map(move |unit| (row, unit))) {
            for (i, (plane, mean)) in self.planes.iter().zip(&mut means).enumerate() {
                let (factor, kind) = (factor(i, self.planes.len()), i.min(1));
                for (down, across) in (0..factor).flat_map(|down| (0..factor).map(move |across| (down, across))) {
                    let corner = (8 * (unit * factor + across), 8 * (unit_row * factor + down));
                    let block = transformed(&samples(plane, corner), &self.divisors[kind]);
                    self.symbols.note(&block, mean, 2 * kind);
                }
            }
        }
    }
}

/// The second pass, compiled for several processors.
struct Writing<'a> {
    tokens: &'a [Token],
    codes: &'a [(u32, u32)],
    bytes: &'a mut Vec<u8>,
}

impl pulp::NullaryFnOnce for Writing<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        write_tokens(self.tokens, self.codes, self.bytes);
    }
}

/// The samples of a block; beyond the picture's edges the last are repeated.
#[inline(always)]
fn samples(plane: &Plane, (left, top): (usize, usize)) -> [[u8; 8]; 8] {
    let (width, height) = (plane.width as usize, plane.height as usize);
    let mut block = [[0; 8]; 8];
    if left + 8 <= width && top + 8 <= height {
        for (row, from) in block.iter_mut().zip(plane.samples[top * width + left..].chunks(width)) {
            if let Some(from) = from.first_chunk() {
                *row = *from;
            }
        }
        return block;
    }
    for (y, row) in block.iter_mut().enumerate() {
        for (x, sample) in row.iter_mut().enumerate() {
            *sample = plane.samples[(top + y).min(height - 1) * width + (left + x).min(width - 1)];
        }
    }
    block
}

/// Everything that will be written, in order, and how often each symbol comes.
struct Symbols {
    tokens: Vec<Token>,
    counts: [[u32; 256]; CODES],
}

/// The most tokens of a block: its coefficients, and three marks for long runs.
const MOST: usize = 72;

/// The tokens of one block.
struct Noted<'c> {
    tokens: [Token; MOST],
    count: usize,
    tallies: &'c mut [[u32; 256]; CODES],
}

impl Symbols {
    /// Notes a block of quantised coefficients, in natural order.
    #[inline(always)]
    fn note(&mut self, block: &[i16; 64], mean: &mut i16, code: usize) {
        let mut noted = Noted { tokens: [0; MOST], count: 0, tallies: &mut self.counts };
        let difference = block[0].wrapping_sub(*mean);
        *mean = block[0];
        noted.value(code, 0, difference);
        let mut left = in_zigzag(block);
        let mut next = 1_u32;
        while left != 0 {
            let k = left.trailing_zeros();
            left &= left.wrapping_sub(1);
            let mut run = k.wrapping_sub(next);
            while run > 15 {
                noted.push(code | 1, 0xF0, 0, 0);
                run = run.wrapping_sub(16);
            }
            noted.value(code | 1, run, block[usize::from(ZIGZAG[k as usize & 63] & 63)]);
            next = k.wrapping_add(1);
        }
        if next < 64 {
            noted.push(code | 1, 0, 0, 0);
        }
        self.tokens.extend_from_slice(&noted.tokens[..noted.count.min(MOST)]);
    }
}

impl Noted<'_> {
    #[inline(always)]
    fn value(&mut self, code: usize, run: u32, value: i16) {
        let size = 16_u32.wrapping_sub(value.unsigned_abs().leading_zeros());
        // A negative value is written as the bits of the one below it.
        let bits = i32::from(value).wrapping_add(i32::from(value >> 15)) as u32 & !(u32::MAX << (size & 31));
        self.push(code, run << 4 | size, bits, size);
    }

    #[inline(always)]
    fn push(&mut self, code: usize, symbol: u32, bits: u32, count: u32) {
        let tally = &mut self.tallies[code & 3][symbol as usize & 255];
        *tally = tally.wrapping_add(1);
        if let Some(token) = self.tokens.get_mut(self.count) {
            *token = bits | count << 16 | symbol << 20 | (code as u32) << 28;
        }
        self.count = self.count.wrapping_add(1);
    }
}

/// Which coefficients but the mean are not zero, in the order in which they are stored.
#[inline(always)]
fn in_zigzag(block: &[i16; 64]) -> u64 {
    let mut there = [0_u8; 64];
    for (there, &value) in there.iter_mut().zip(block) {
        *there = u8::from(value != 0);
    }
    there[0] = 0;
    let mut order = 0;
    for (eight, places) in there.as_chunks::<8>().0.iter().zip(UNZIGZAG.as_chunks::<8>().0) {
        // One bit from each byte, gathered in the highest byte.
        let mut bits = u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        while bits != 0 {
            order |= 1 << (places[bits.trailing_zeros() as usize & 7] & 63);
            bits &= bits.wrapping_sub(1);
        }
    }
    order
}

/// The codes and lengths of symbols (T.81, annex C).
fn number(lengths: &[u8; 17], values: &[u8], codes: &mut [(u32, u32)]) {
    let mut values = values.iter();
    let mut next = 0_u32;
    for (length, &count) in lengths.iter().enumerate().skip(1) {
        for &symbol in values.by_ref().take(usize::from(count)) {
            codes[usize::from(symbol)] = (next, length as u32);
            next += 1;
        }
        next <<= 1;
    }
}

/// The scan: codes and bits one after the other, a zero after each byte of ones, ones to the end of the last byte.
#[inline(always)]
fn write_tokens(tokens: &[Token], codes: &[(u32, u32)], bytes: &mut Vec<u8>) {
    let (mut held, mut count) = (0_u64, 0_u32);
    for &token in tokens {
        let (code, length) = codes[(token >> 20) as usize & ((CODES << 8) - 1)];
        let own = token >> 16 & 15;
        let both = length.wrapping_add(own);
        held = held << (both & 63) | u64::from(code << own | token & 0xFFFF);
        count = count.wrapping_add(both);
        if count >= 32 {
            count = count.wrapping_sub(32);
            let four = (held >> (count & 63)) as u32;
            if four & !four.wrapping_add(0x0101_0101) & 0x8080_8080 == 0 {
                bytes.extend_from_slice(&four.to_be_bytes());
            } else {
                four.to_be_bytes().into_iter().for_each(|byte| push(bytes, byte));
            }
        }
    }
    let padding = (8 - count % 8) % 8;
    held = held << padding | ((1 << padding) - 1);
    count += padding;
    while count > 0 {
        count -= 8;
        push(bytes, (held >> count) as u8);
    }
}

fn push(bytes: &mut Vec<u8>, byte: u8) {
    bytes.push(byte);
    if byte == 0xFF {
        bytes.push(0);
    }
}
