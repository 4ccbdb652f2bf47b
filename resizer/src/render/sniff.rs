//! What a file is, by its first bytes. Names and declared types are not looked at: they lie too often.

use image::ImageFormat;

use super::Rejection;

/// A kind of file that can be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// JPEG, decoded here.
    Jpeg,
    /// Another, decoded by the `image` crate.
    Other(ImageFormat),
}

const HEIC: Rejection = Rejection::NotYet("HEIC and HEIF photos");
const AVIF: Rejection = Rejection::NotYet("AVIF pictures");
const RAW: Rejection = Rejection::NotYet("camera RAW files");
const VIDEO: Rejection = Rejection::Foreign("a video");

/// Names a file's kind, or says why it is not a picture that can be shown.
pub(super) fn sniff(bytes: &[u8]) -> Result<Kind, Rejection> {
    let begins = |magic: &[u8]| bytes.starts_with(magic);
    let at = |offset: usize, magic: &[u8]| bytes.get(offset..).is_some_and(|rest| rest.starts_with(magic));
    if bytes.is_empty() {
        return Err(Rejection::Empty);
    }
    if begins(&[0xFF, 0xD8, 0xFF]) {
        return Ok(Kind::Jpeg);
    }
    if begins(b"\x89PNG\r\n\x1a\n") {
        return Ok(Kind::Other(ImageFormat::Png));
    }
    if begins(b"GIF87a") || begins(b"GIF89a") {
        return Ok(Kind::Other(ImageFormat::Gif));
    }
    if begins(b"RIFF") && at(8, b"WEBP") {
        return Ok(Kind::Other(ImageFormat::WebP));
    }
    if begins(b"II\x2a\x00") || begins(b"MM\x00\x2a") {
        return if is_raw_tiff(bytes) { Err(RAW) } else { Ok(Kind::Other(ImageFormat::Tiff)) };
    }
    // `BM` alone begins many a text; the header's length follows 12 bytes later.
    if begins(b"BM") && matches!(bytes.get(14..18), Some([12 | 16 | 40 | 52 | 56 | 64 | 108 | 124, 0, 0, 0])) {
        return Ok(Kind::Other(ImageFormat::Bmp));
    }
    if at(4, b"ftyp") {
        return Err(iso_media(bytes));
    }
    Err(foreign(bytes))
}

/// ISO media files by their brands (ISO/IEC 14496-12, 4.3): photos, RAW and videos share one container.
fn iso_media(bytes: &[u8]) -> Rejection {
    let length = bytes.first_chunk::<4>().map_or(0, |b| u32::from_be_bytes(*b)) as usize;
    let brands = bytes.get(8..length.clamp(16, 256).min(bytes.len())).unwrap_or_default();
    for brand in brands.chunks_exact(4) {
        match brand {
            b"avif" | b"avis" => return AVIF,
            b"heic" | b"heix" | b"hevc" | b"heim" | b"heis" | b"hevm" | b"hevs" => return HEIC,
            b"crx " => return RAW,
            _ => {}
        }
    }
    if matches!(brands.first_chunk::<4>(), Some(b"mif1" | b"msf1" | b"mif2")) { HEIC } else { VIDEO }
}

/// Files that people keep beside their photos, called by their names.
fn foreign(bytes: &[u8]) -> Rejection {
    let kinds: [(usize, &[u8], Rejection); 21] = [
        (0, b"%PDF", Rejection::Foreign("a PDF document")),
        (0, b"PK\x03\x04", Rejection::Foreign("a ZIP archive or an office document")),
        (0, b"Rar!", Rejection::Foreign("an archive")),
        (0, b"7z\xBC\xAF", Rejection::Foreign("an archive")),
        (0, b"\x1F\x8B", Rejection::Foreign("an archive")),
        (4, b"moov", VIDEO),
        (4, b"mdat", VIDEO),
        (4, b"wide", VIDEO),
        (4, b"free", VIDEO),
        (0, b"\x1A\x45\xDF\xA3", VIDEO),
        (8, b"AVI ", VIDEO),
        (0, b"\x00\x00\x01\xBA", VIDEO),
        (0, b"FUJIFILMCCD-RAW", RAW),
        (0, b"IIRO", RAW),
        (0, b"IIRS", RAW),
        (0, b"IIU\x00", RAW),
        (0, b"8BPS", Rejection::NotYet("Photoshop files")),
        (0, b"\xFF\x0A", Rejection::NotYet("JPEG XL pictures")),
        (0, b"\x00\x00\x00\x0CJXL ", Rejection::NotYet("JPEG XL pictures")),
        (0, b"\x00\x00\x00\x0CjP  ", Rejection::NotYet("JPEG 2000 pictures")),
        (0, b"ID3", Rejection::Foreign("a sound recording")),
    ];
    for (offset, magic, kind) in kinds {
        if bytes.get(offset..).is_some_and(|rest| rest.starts_with(magic)) {
            return kind;
        }
    }
    let Some(text) = text(bytes) else {
        return Rejection::Unknown;
    };
    let text = text.trim_start_matches('\u{feff}').trim_start();
    if text.starts_with("<svg") || (text.starts_with("<?xml") && text.contains("<svg")) {
        return Rejection::NotYet("SVG drawings");
    }
    Rejection::Foreign("a text file")
}

/// The beginning of a file that is text.
fn text(bytes: &[u8]) -> Option<&str> {
    let start = &bytes[..bytes.len().min(1024)];
    let text = match std::str::from_utf8(start) {
        Ok(text) => text,
        // The cut may have split the last character.
        Err(e) if e.error_len().is_none() && bytes.len() > start.len() => {
            std::str::from_utf8(&start[..e.valid_up_to()]).ok()?
        }
        Err(_) => return None,
    };
    (!text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{c}'))).then_some(text)
}

/// Whether a TIFF is a camera's RAW, whose first picture is a thumbnail: it says so in the Canon mark or in its first
/// directory, by the DNG version (50706) or by directories of further pictures (330) beside a maker's name (271).
fn is_raw_tiff(bytes: &[u8]) -> bool {
    if bytes.get(8..10) == Some(b"CR") {
        return true;
    }
    let big = bytes.starts_with(b"MM");
    let short = |at: usize| {
        let b = *bytes.get(at..)?.first_chunk::<2>()?;
        Some(if big { u16::from_be_bytes(b) } else { u16::from_le_bytes(b) })
    };
    let long = |at: usize| {
        let b = *bytes.get(at..)?.first_chunk::<4>()?;
        Some(if big { u32::from_be_bytes(b) } else { u32::from_le_bytes(b) } as usize)
    };
    let Some(directory) = long(4) else { return false };
    let entries = usize::from(short(directory).unwrap_or_default());
    let tags: Vec<u16> = (0..entries).map_while(|i| short(directory + 2 + i * 12)).collect();
    tags.contains(&50706) || (tags.contains(&330) && tags.contains(&271))
}
