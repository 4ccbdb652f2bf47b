//! A TIFF's directories without its pixels (TIFF 6.0, section 2; `BigTIFF`).
//!
//! A TIFF's own directories are what EXIF is elsewhere, and its reader wants them in bytes of its own: of a file of a
//! gigabyte that would be a second gigabyte. So what the first directory says, and those of the camera and of the
//! satellites behind it, is written into a small TIFF.

/// Directories that are read from the first one: EXIF's, the satellites' and, in EXIF's, the rule that the file keeps.
const LINKS: [u16; 3] = [0x8769, 0x8825, 0xA005];

/// Values of more bytes are pixels, or tables of them.
const LONGEST: u64 = 64 << 10;

/// All values together.
const TOGETHER: usize = 1 << 20;

/// Entries of a directory.
const ENTRIES: u64 = 1000;

/// What the directories say, as a TIFF of its own; nothing where they cannot be read.
pub(super) fn directories(bytes: &[u8]) -> Vec<u8> {
    let Some(file) = File::of(bytes) else { return Vec::new() };
    let mut small = if file.big_endian { b"MM\0\x2a\0\0\0\x08".to_vec() } else { b"II\x2a\0\x08\0\0\0".to_vec() };
    if let Some(first) = file.first() {
        file.copy(first, &mut small, 2);
    }
    small
}

/// A number that the first directory holds under this tag.
pub(super) fn number(bytes: &[u8], tag: u16) -> Option<u64> {
    let file = File::of(bytes)?;
    let entry = file.entries(file.first()?).into_iter().find(|entry| entry.tag == tag)?;
    match entry.kind {
        3 => file.number(entry.at, 2),
        4 => file.number(entry.at, 4),
        _ => None,
    }
}

struct File<'a> {
    bytes: &'a [u8],
    big_endian: bool,
    /// `BigTIFF`: offsets and counts of eight bytes.
    long: bool,
}

/// An entry of a directory.
struct Entry {
    tag: u16,
    kind: u16,
    count: u64,
    /// Where its value lies.
    at: u64,
    /// How many bytes the value has.
    length: u64,
}

impl<'a> File<'a> {
    fn of(bytes: &'a [u8]) -> Option<Self> {
        let (big_endian, long) = match bytes.get(..4)? {
            b"II\x2a\0" => (false, false),
            b"MM\0\x2a" => (true, false),
            b"II\x2b\0" => (false, true),
            b"MM\0\x2b" => (true, true),
            _ => return None,
        };
        Some(Self { bytes, big_endian, long })
    }

    fn first(&self) -> Option<u64> {
        if self.long { self.number(8, 8) } else { self.number(4, 4) }
    }

    fn number(&self, at: u64, length: usize) -> Option<u64> {
        let bytes = self.bytes.get(usize::try_from(at).ok()?..)?.get(..length)?;
        let add = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
        Some(if self.big_endian { bytes.iter().fold(0, add) } else { bytes.iter().rev().fold(0, add) })
    }

    /// The entries of the directory that lies at `at`, as far as they can be read.
    fn entries(&self, at: u64) -> Vec<Entry> {
        let (head, size, word) = if self.long { (8, 20, 8) } else { (2, 12, 4) };
        let count = self.number(at, head).unwrap_or(0).min(ENTRIES);
        (0..count).map_while(|i| self.entry(at.checked_add(head as u64 + i * size)?, word)).collect()
    }

    fn entry(&self, at: u64, word: usize) -> Option<Entry> {
        let (tag, kind) = (self.number(at, 2)? as u16, self.number(at + 2, 2)? as u16);
        let count = self.number(at + 4, word)?;
        // TIFF 6.0, section 2, and BigTIFF's three.
        let unit: u64 = match kind {
            1 | 2 | 6 | 7 => 1,
            3 | 8 => 2,
            4 | 9 | 11 | 13 => 4,
            5 | 10 | 12 | 16 | 17 | 18 => 8,
            _ => 0,
        };
        let length = count.saturating_mul(unit);
        let value = at + 4 + word as u64;
        let at = if length <= word as u64 { value } else { self.number(value, word)? };
        Some(Entry { tag, kind, count, at, length })
    }

    /// Writes a directory to the end of a small TIFF, and then those that it links to, down to so many levels more.
    fn copy(&self, at: u64, small: &mut Vec<u8>, levels: usize) {
        let kept: Vec<(Entry, &[u8])> = self
            .entries(at)
            .into_iter()
            .filter(|entry| (1..=LONGEST).contains(&entry.length) && u32::try_from(entry.count).is_ok())
            // Types that the older kind does not have.
            .filter(|entry| entry.kind <= 13 || LINKS.contains(&entry.tag))
            .filter_map(|entry| {
                let start = usize::try_from(entry.at).ok()?;
                let value = self.bytes.get(start..)?.get(..entry.length as usize)?;
                Some((entry, value))
            })
            .collect();
        let start = small.len();
        self.put(small, kept.len() as u32, 2);
        small.resize(start + 2 + kept.len() * 12 + 4, 0);
        for (i, (entry, value)) in kept.iter().enumerate() {
            let mut own = Vec::with_capacity(12);
            let link = LINKS.contains(&entry.tag);
            self.put(&mut own, u32::from(entry.tag), 2);
            self.put(&mut own, if link { 4 } else { u32::from(entry.kind) }, 2);
            self.put(&mut own, if link { 1 } else { entry.count as u32 }, 4);
            if link {
                let behind = small.len() as u32;
                let target = self.number(entry.at, value.len().min(8)).filter(|_| levels > 0 && small.len() < TOGETHER);
                self.put(&mut own, if target.is_some() { behind } else { 0 }, 4);
                if let Some(target) = target {
                    self.copy(target, small, levels - 1);
                }
            } else if value.len() <= 4 {
                own.extend(*value);
                own.resize(12, 0);
            } else if small.len() + value.len() <= TOGETHER {
                let behind = small.len() as u32;
                self.put(&mut own, behind, 4);
                small.extend(*value);
            } else {
                continue;
            }
            small[start + 2 + i * 12..start + 14 + i * 12].copy_from_slice(&own);
        }
    }

    /// Adds a number of so many bytes in the file's own order.
    fn put(&self, to: &mut Vec<u8>, number: u32, length: usize) {
        if self.big_endian {
            to.extend(&number.to_be_bytes()[4 - length..]);
        } else {
            to.extend(&number.to_le_bytes()[..length]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_kept_and_pixels_are_not() {
        let mut whole = b"II\x2a\0".to_vec();
        whole.extend(100_008_u32.to_le_bytes());
        whole.resize(100_008, 7);
        let entry = |tag: u16, kind: u16, count: u32, value: u32| {
            [&tag.to_le_bytes()[..], &kind.to_le_bytes(), &count.to_le_bytes(), &value.to_le_bytes()].concat()
        };
        whole.extend(4_u16.to_le_bytes());
        whole.extend(entry(262, 3, 1, 8));
        whole.extend(entry(271, 2, 6, 100_100));
        whole.extend(entry(273, 4, 25_000, 8));
        whole.extend(entry(0x8769, 4, 1, 100_120));
        whole.extend(0_u32.to_le_bytes());
        whole.resize(100_100, 0);
        whole.extend(b"Maker\0");
        whole.resize(100_120, 0);
        whole.extend(1_u16.to_le_bytes());
        whole.extend(entry(0xA001, 3, 1, 65_535));
        whole.extend(0_u32.to_le_bytes());
        let small = directories(&whole);
        assert!(small.len() < 120, "{}", small.len());
        assert!(small.windows(6).any(|w| w == b"Maker\0"));
        assert_eq!((number(&small, 262), number(&small, 273)), (Some(8), None));
        let link = number(&small, 0x8769).expect("the link is kept");
        assert_eq!(File::of(&small).unwrap().entries(link).first().map(|entry| entry.tag), Some(0xA001));
    }

    #[test]
    fn nonsense_says_nothing() {
        assert_eq!(directories(b"II"), b"");
        for bytes in [&b"II\x2a\0\xff\xff\xff\xff"[..], b"MM\0\x2b\0\x08\0\0\xff\xff\xff\xff\xff\xff\xff\xff"] {
            assert!(directories(bytes).len() < 20);
            assert_eq!(number(bytes, 262), None);
        }
        // A directory that links to itself is read a few times.
        let mut circle = b"II\x2a\0\x08\0\0\0\x01\0\x69\x87\x04\0\x01\0\0\0\x08\0\0\0".to_vec();
        circle.extend([0; 4]);
        assert!(directories(&circle).len() < 100);
    }
}
