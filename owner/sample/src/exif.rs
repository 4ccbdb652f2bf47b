//! An EXIF record of our own making: a TIFF of two directories (EXIF 2.32, section 4.5) in big-endian order.

use jiff::civil::DateTime;

/// What a photo says of itself.
pub(super) struct Record<'a> {
    pub(super) orientation: u8,
    pub(super) taken: DateTime,
    pub(super) maker: &'a str,
    pub(super) model: &'a str,
    pub(super) caption: &'a str,
}

/// TIFF's types.
const ASCII: u16 = 2;
const SHORT: u16 = 3;
const LONG: u16 = 4;

/// The first directory begins right after the TIFF's header.
const FIRST: usize = 8;

impl Record<'_> {
    /// The bytes, beginning with the TIFF's header.
    pub(super) fn to_tiff(&self) -> Vec<u8> {
        let taken = self.taken.strftime("%Y:%m:%d %H:%M:%S").to_string();
        let mut first = Directory::default();
        for (tag, text) in [(0x010E, self.caption), (0x010F, self.maker), (0x0110, self.model)] {
            if !text.is_empty() {
                first.add_text(tag, text);
            }
        }
        first.add(0x0112, SHORT, 1, &u16::from(self.orientation).to_be_bytes());
        first.add_text(0x0132, &taken);
        let second = FIRST + first.len() + Directory::ENTRY;
        first.add(0x8769, LONG, 1, &(second as u32).to_be_bytes());
        let mut exif = Directory::default();
        exif.add_text(0x9003, &taken);

        let mut tiff = b"MM\x00\x2a\x00\x00\x00\x08".to_vec();
        tiff.extend(first.to_bytes(FIRST));
        tiff.extend(exif.to_bytes(second));
        tiff
    }
}

/// A directory's entries, in the order of their tags.
#[derive(Default)]
struct Directory {
    entries: Vec<(u16, u16, u32, Vec<u8>)>,
}

impl Directory {
    /// Tag, type, count, and the value or where it lies.
    const ENTRY: usize = 12;

    fn add(&mut self, tag: u16, kind: u16, count: u32, value: &[u8]) {
        self.entries.push((tag, kind, count, value.to_vec()));
    }

    fn add_text(&mut self, tag: u16, text: &str) {
        let mut bytes = text.as_bytes().to_vec();
        bytes.push(0);
        self.add(tag, ASCII, bytes.len() as u32, &bytes);
    }

    /// The entries' count, the entries, the end mark, and the values that do not fit into their entries.
    fn len(&self) -> usize {
        let apart =
            self.entries.iter().map(|entry| if entry.3.len() > 4 { entry.3.len().next_multiple_of(2) } else { 0 });
        2 + self.entries.len() * Self::ENTRY + 4 + apart.sum::<usize>()
    }

    /// The directory as it lies at `offset` in the TIFF.
    fn to_bytes(&self, offset: usize) -> Vec<u8> {
        let mut bytes = (self.entries.len() as u16).to_be_bytes().to_vec();
        let mut apart = Vec::new();
        let values = offset + 2 + self.entries.len() * Self::ENTRY + 4;
        for (tag, kind, count, value) in &self.entries {
            bytes.extend(tag.to_be_bytes());
            bytes.extend(kind.to_be_bytes());
            bytes.extend(count.to_be_bytes());
            if value.len() > 4 {
                bytes.extend(((values + apart.len()) as u32).to_be_bytes());
                apart.extend(value);
                apart.resize(apart.len().next_multiple_of(2), 0);
            } else {
                let mut short = value.clone();
                short.resize(4, 0);
                bytes.extend(short);
            }
        }
        bytes.extend([0; 4]);
        bytes.extend(apart);
        bytes
    }
}
