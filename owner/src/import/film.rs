//! When a film was recorded, by its own headers.
//!
//! They are one box, `moov`, which lies before the pictures or behind them (ISO/IEC 14496-12, 8.2.1). The boxes in front of it
//! are passed over, so that a film of gigabytes costs a few kilobytes. What the box says is the resizer's to read.

use std::io::{Read, Seek, SeekFrom};

use super::dates::Own;

/// As many boxes, and as long headers, as the resizer looks at.
const PARTS: usize = 4096;
const HEADERS: u64 = 64 << 20;

/// Whether a file that begins so is a film, or another that is made of boxes.
pub(super) fn begins(head: &[u8]) -> bool {
    const FIRST: [&[u8]; 7] = [b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"];
    head.get(4..8).is_some_and(|kind| FIRST.contains(&kind))
}

/// What a film says of when it was recorded; `None` when nothing, or when its headers lie behind the end of what is read.
pub(super) fn recorded(mut reader: impl Read + Seek) -> Option<Own> {
    let mut at = 0;
    for _ in 0..PARTS {
        reader.seek(SeekFrom::Start(at)).ok()?;
        let (size, kind) = (word(&mut reader)?, word(&mut reader)?.to_be_bytes());
        let (head, size) = match size {
            // To the end of the file: nothing lies behind it.
            0 => return None,
            1 => (16, u64::from(word(&mut reader)?) << 32 | u64::from(word(&mut reader)?)),
            short => (8, u64::from(short)),
        };
        match &kind {
            b"moov" => return told(reader, size.checked_sub(head).filter(|length| *length <= HEADERS)?),
            // A raw photo in the same kind of file, whose time is that of its EXIF.
            b"ftyp" if &word(&mut reader)?.to_be_bytes() == b"crx " => return None,
            _ => at = at.checked_add(size.max(head))?,
        }
    }
    None
}

fn told(reader: impl Read, length: u64) -> Option<Own> {
    let mut moov = Vec::new();
    let read = reader.take(length).read_to_end(&mut moov).ok()?;
    let video = (read as u64 == length).then(|| resizer::video_facts(&moov)).flatten()?;
    // Without a zone the time is the header's, which is in UTC.
    video.taken.map(|taken| if video.zone.is_some() { Own::on_clock(taken) } else { Own::in_utc(taken) })
}

fn word(reader: &mut impl Read) -> Option<u32> {
    let mut word = [0; 4];
    reader.read_exact(&mut word).ok()?;
    Some(u32::from_be_bytes(word))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use jiff::civil::date;

    use super::*;

    fn boxed(kind: &[u8], content: &[u8]) -> Vec<u8> {
        [&(content.len() as u32 + 8).to_be_bytes()[..], kind, content].concat()
    }

    /// Headers of a film with sound alone, made at 11:55:41 UTC on 16 February 2022.
    fn moov(day: &[u8]) -> Vec<u8> {
        let mvhd = [[0_u32, 3_727_857_341, 0, 600, 7500].map(u32::to_be_bytes).concat(), vec![0; 80]].concat();
        let text = [&(day.len() as u16).to_be_bytes()[..], &[0, 0], day].concat();
        let parts = [boxed(b"mvhd", &mvhd), boxed(b"trak", b""), boxed(b"udta", &boxed(b"\xa9day", &text))];
        boxed(b"moov", &parts.concat())
    }

    #[test]
    fn headers_are_found_wherever_they_lie() {
        let zoned = moov(b"2022-02-16T12:55:41+0100");
        let clock = Some(Own::on_clock(date(2022, 2, 16).at(12, 55, 41, 0)));
        let start = boxed(b"ftyp", b"qt  \0\0\0\0qt  ");
        let pictures = boxed(b"mdat", &vec![7; 100_000]);
        let long = [&[0, 0, 0, 1][..], b"mdat", &24_u64.to_be_bytes(), b"12345678"].concat();
        for parts in [[&start, &zoned, &pictures], [&start, &pictures, &zoned], [&start, &long, &zoned]] {
            let film = parts.map(Vec::as_slice).concat();
            assert!(begins(&film));
            assert_eq!(recorded(Cursor::new(&film)), clock);
        }
        let utc = Some(Own::in_utc(date(2022, 2, 16).at(11, 55, 41, 0)));
        assert_eq!(recorded(Cursor::new(moov(b""))), utc);
    }

    #[test]
    fn what_is_no_film_or_cut_short_says_nothing() {
        let film = [boxed(b"ftyp", b"qt  \0\0\0\0qt  "), moov(b"2022-02-16T12:55:41+0100")].concat();
        for end in 0..film.len() {
            assert_eq!(recorded(Cursor::new(&film[..end])), None, "{end} bytes of it");
        }
        let raw = [boxed(b"ftyp", b"crx \0\0\0\0crx "), moov(b"")].concat();
        assert_eq!(recorded(Cursor::new(raw)), None);
        for other in [
            &b"\xff\xd8\xff\xe0\0\x10JFIF"[..],
            b"",
            b"\0\0\0\0mdat",
            b"\0\0\0\x01mdat\xff\xff\xff\xff\xff\xff\xff\xff",
        ] {
            assert_eq!(recorded(Cursor::new(other)), None);
        }
        assert!(!begins(b"\xff\xd8\xff\xe0\0\x10JFIF") && !begins(b"x"));
    }
}
