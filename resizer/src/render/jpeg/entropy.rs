//! The entropy code of baseline JPEG (ITU-T T.81, annex F): half of the work that a photo makes.
//!
//! Most codes are short and so are the values behind them, so one look at the next bits gives run, value and length of
//! both. Whatever is not as it should be ends the decoding with an error; what can be had of a damaged picture is found
//! out elsewhere, slowly.

#![allow(clippy::verbose_bit_mask, reason = "five bits are a number here, and none of them set a value of it")]
#![allow(clippy::inline_always, reason = "only what is inlined is compiled for the processor at hand")]

/// Bits of a look: a table for each Huffman code of 4 to the power of five entries, which fit the first cache.
const LOOK: u32 = 10;

/// Natural places of the coefficients in the order in which they are stored, with room for runs that lead too far.
pub(super) const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21,
    28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54,
    47, 55, 62, 63,
];

/// The entropy code is not as it should be, or ends too early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Broken;

/// What a look at the next bits tells.
///
/// Bits 0 to 4: how many belong to it; none, when the code is longer than a look. Bit 5: the value is in it too. Bits 8
/// to 15: the symbol. Bits 16 to 31: the value.
type Seen = u32;

const WITH_VALUE: Seen = 1 << 5;

/// A Huffman code.
pub(super) struct Code {
    looks: Box<[Seen; 1 << LOOK]>,
    /// For each length: the first code that is too large for it, to the left of 16 bits.
    ends: [u32; 17],
    /// For each length: what to take off a code to get its symbol's place.
    offsets: [i32; 17],
    symbols: Vec<u8>,
}

impl Code {
    /// From how many codes there are of each length, and their symbols. `None` when no code can be like that.
    pub(super) fn new(counts: &[u8; 16], symbols: &[u8]) -> Option<Self> {
        let mut code =
            Self { looks: Box::new([0; 1 << LOOK]), ends: [0; 17], offsets: [0; 17], symbols: symbols.to_vec() };
        let (mut next, mut place) = (0_u32, 0_usize);
        for length in 1..=16_u32 {
            let count = u32::from(counts[length as usize - 1]);
            code.offsets[length as usize] = place as i32 - next as i32;
            if next + count > 1 << length {
                return None;
            }
            for _ in 0..count {
                let &symbol = symbols.get(place)?;
                if length <= LOOK {
                    code.note(next, length, symbol);
                }
                next += 1;
                place += 1;
            }
            code.ends[length as usize] = next << (16 - length);
            next <<= 1;
        }
        Some(code)
    }

    /// Notes what every look that begins with a code tells.
    fn note(&mut self, code: u32, length: u32, symbol: u8) {
        let spare = LOOK - length;
        let size = u32::from(symbol & 15);
        for rest in 0..1_u32 << spare {
            let at = ((code << spare) | rest) as usize;
            let mut seen = length | u32::from(symbol) << 8;
            if size > 0 && size <= spare {
                let value = extended(rest >> (spare - size), size);
                seen = (length + size) | WITH_VALUE | u32::from(symbol) << 8 | u32::from(value as i16 as u16) << 16;
            }
            self.looks[at] = seen;
        }
    }
}

/// More zeros than this behind a scan are no camera's.
const FILLED: usize = 512;

/// A value of so many bits: those that begin with a zero are negative (T.81, figure F.12).
#[inline(always)]
fn extended(bits: u32, size: u32) -> i32 {
    let negative = (bits >> (size - 1)) ^ 1;
    (bits as i32).wrapping_sub((negative << size).wrapping_sub(negative) as i32)
}

/// The bits of a scan.
#[derive(Clone)]
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
    /// The next bits, the very next the highest. Below those that are held there may be some of the following, too.
    next: u64,
    held: u32,
    /// Bits among those held that are not there: the scan is over.
    missing: u32,
}

impl<'a> Bits<'a> {
    /// From the first byte of a scan.
    pub(super) fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at, next: 0, held: 0, missing: 0 }
    }

    /// Whether more was read than there is.
    pub(super) fn is_over(&self) -> bool {
        self.missing > self.held
    }

    /// Whether the scan ends here, as it does in a whole picture: what is left are fewer bits than a byte has, and zeros with
    /// which some cameras fill their buffer.
    pub(super) fn ends(&self) -> bool {
        let Some(real) = self.held.checked_sub(self.missing) else { return false };
        let below = u64::MAX.checked_shr(real).unwrap_or(0);
        let whole_bytes = (self.next & !below) << (real & 7);
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let (zeros, mut markers) = rest.split_at(memchr::memchr(0xFF, rest).unwrap_or(rest.len()));
        // A restart that nothing comes after.
        if matches!(markers, [0xFF, 0xD0..=0xD7, 0xFF, ..]) {
            markers = &markers[2..];
        }
        let over = !matches!(markers, [0xFF, 0 | 0xD0..=0xD7, ..]);
        over && whole_bytes == 0 && zeros.len() < FILLED && zeros.iter().all(|&byte| byte == 0)
    }

    /// At least 32 bits are held afterwards.
    #[inline(always)]
    fn fill(&mut self) {
        if self.held >= 32 {
            return;
        }
        if let Some(eight) = self.bytes.get(self.at..).and_then(|rest| rest.first_chunk::<8>()) {
            let word = u64::from_be_bytes(*eight);
            // No byte of them is 0xFF, which stands for something else.
            let ones = !word;
            if ones.wrapping_sub(0x0101_0101_0101_0101) & word & 0x8080_8080_8080_8080 == 0 {
                self.next |= word >> self.held;
                let whole = (64 - self.held) >> 3;
                self.at = self.at.wrapping_add(whole as usize);
                self.held = self.held.wrapping_add(whole << 3);
                return;
            }
        }
        self.fill_slowly();
    }

    #[cold]
    fn fill_slowly(&mut self) {
        while self.held <= 56 {
            let mut byte = self.bytes.get(self.at).copied();
            if byte == Some(0xFF) && self.bytes.get(self.at + 1) != Some(&0) {
                byte = None;
            }
            match byte {
                Some(0xFF) => self.at += 2,
                Some(_) => self.at += 1,
                None => self.missing += 8,
            }
            // What may lie below the held bits is the same byte, or belongs to nothing any more.
            let below = u64::MAX.checked_shr(self.held).unwrap_or(0);
            self.next = (self.next & !below) | u64::from(byte.unwrap_or(0)) << (56 - self.held);
            self.held += 8;
        }
    }

    #[inline(always)]
    fn skip(&mut self, count: u32) {
        self.next <<= count & 63;
        self.held = self.held.wrapping_sub(count);
    }

    #[inline(always)]
    fn take(&mut self, count: u32) -> u32 {
        let bits = (self.next >> 32 >> (32 - count)) as u32;
        self.skip(count);
        bits
    }

    /// The next symbol, when a look was not enough.
    #[cold]
    fn long(&mut self, code: &Code) -> Result<u32, Broken> {
        let peek = (self.next >> 48) as u32;
        let length = (1..=16).find(|&length| peek < code.ends[length]).ok_or(Broken)?;
        let place = (peek >> (16 - length)) as i32 + code.offsets[length];
        let symbol = usize::try_from(place).ok().and_then(|place| code.symbols.get(place)).ok_or(Broken)?;
        self.skip(length as u32);
        Ok(u32::from(*symbol))
    }

    /// The difference to the mean brightness before.
    #[inline(always)]
    pub(super) fn difference(&mut self, code: &Code) -> Result<i32, Broken> {
        self.fill();
        let seen = code.looks[(self.next >> (64 - LOOK)) as usize];
        if seen & WITH_VALUE != 0 {
            self.skip(seen & 31);
            return Ok(seen as i32 >> 16);
        }
        let size = if seen & 31 == 0 {
            self.long(code)?
        } else {
            self.skip(seen & 31);
            seen >> 8 & 255
        };
        match size {
            0 => Ok(0),
            1..=15 => Ok(extended(self.take(size), size)),
            _ => Err(Broken),
        }
    }

    /// The other coefficients of a block, at their natural places. Says whether there are any.
    #[inline(always)]
    pub(super) fn coefficients(&mut self, code: &Code, block: &mut [i16; 64]) -> Result<bool, Broken> {
        let mut k = 1_usize;
        while k < 64 {
            self.fill();
            let seen = code.looks[(self.next >> (64 - LOOK)) as usize];
            let value;
            if seen & WITH_VALUE != 0 {
                self.skip(seen & 31);
                k = k.wrapping_add((seen >> 12 & 15) as usize);
                value = (seen >> 16) as i16;
            } else {
                let symbol = if seen & 31 == 0 {
                    self.long(code)?
                } else {
                    self.skip(seen & 31);
                    seen >> 8 & 255
                };
                let (run, size) = (symbol >> 4, symbol & 15);
                if size == 0 {
                    if run < 15 {
                        return Ok(k > 1);
                    }
                    k = k.wrapping_add(16);
                    continue;
                }
                k = k.wrapping_add(run as usize);
                value = extended(self.take(size), size) as i16;
            }
            if k > 63 {
                return Err(Broken);
            }
            block[usize::from(ZIGZAG[k] & 63)] = value;
            k = k.wrapping_add(1);
        }
        // Sixteen zeros more than there are places for.
        if k > 64 { Err(Broken) } else { Ok(true) }
    }

    /// Goes on after a restart marker, which must be the next thing.
    pub(super) fn restart(&mut self, number: u8) -> Result<(), Broken> {
        // Fewer than eight bits of the last byte may be left over.
        let real = self.held.checked_sub(self.missing).ok_or(Broken)?;
        let marker = self.bytes.get(self.at..self.at + 2);
        if real >= 8 || marker != Some(&[0xFF, 0xD0 + number % 8]) {
            return Err(Broken);
        }
        *self = Self::new(self.bytes, self.at + 2);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three codes: `0`, `10`, `110` for the symbols 0x00, 0x01 and 0x52.
    fn code() -> Code {
        let mut counts = [0; 16];
        (counts[0], counts[1], counts[2]) = (1, 1, 1);
        Code::new(&counts, &[0x00, 0x01, 0x52]).unwrap()
    }

    #[test]
    fn runs_and_values_lie_at_their_places() {
        // 10 1: one, positive. 110 00: after five zeros -3. 0: the end.
        let bytes = [0b1011_1000, 0b0000_0000];
        let mut block = [0; 64];
        assert_eq!(Bits::new(&bytes, 0).coefficients(&code(), &mut block), Ok(true));
        assert_eq!((block[usize::from(ZIGZAG[1])], block[usize::from(ZIGZAG[7])]), (1, -3));
        assert_eq!(block.iter().filter(|v| **v != 0).count(), 2);
    }

    #[test]
    fn what_is_missing_and_what_is_wrong_is_noticed() {
        let mut bits = Bits::new(&[0xFF, 0xD9], 0);
        assert_eq!(bits.difference(&code()), Ok(0));
        assert!(bits.is_over());
        let mut bits = Bits::new(&[0xFF, 0x00], 0);
        assert_eq!(bits.difference(&code()), Err(Broken), "no code begins with three ones");
        let mut counts = [0; 16];
        counts[0] = 3;
        assert!(Code::new(&counts, &[1, 2, 3]).is_none(), "there are two codes of one bit");
        counts[0] = 2;
        assert!(Code::new(&counts, &[1]).is_none());
    }

    #[test]
    fn a_scan_ends_with_bits_to_spare_and_a_marker() {
        let ends = |bytes: &[u8]| {
            let mut bits = Bits::new(bytes, 0);
            bits.difference(&code()).unwrap();
            bits.ends()
        };
        assert!(ends(&[0b1011_1111, 0xFF, 0xD9]));
        assert!(ends(&[0b1011_1111]), "the marker alone is missing");
        assert!(ends(&[0b1011_1111, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xD9]), "some fill up with zeros");
        assert!(ends(&[0b1011_1111, 0xFF, 0xD3, 0xFF, 0xD9]), "a restart too many");
        assert!(!ends(&[0b1011_1111, 0b1000_0000, 0xFF, 0xD9]));
        assert!(!ends(&[0b1011_1111, 0xFF, 0x00, 0xFF, 0xD9]));
        assert!(!ends(&[0b1011_1111, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xFF, 0xD9]));
        assert!(!ends(&[0b1011_1111, 0xFF, 0xD3, 0b1011_1111, 0xFF, 0xD9]));
    }

    #[test]
    fn a_restart_is_where_it_should_be() {
        let bytes = [0b1011_1111, 0xFF, 0xD3, 0b1000_0000];
        let mut bits = Bits::new(&bytes, 0);
        assert_eq!(bits.difference(&code()), Ok(1));
        assert_eq!(bits.clone().restart(2), Err(Broken));
        assert_eq!(bits.restart(3), Ok(()));
        assert_eq!(bits.difference(&code()), Ok(-1));
        assert!(!bits.is_over());
    }
}
