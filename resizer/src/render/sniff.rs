//! What a file is, by its first bytes. Names and declared types are not looked at: they lie too often.

use image::ImageFormat;

use super::Rejection;

/// A kind of file that something is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// JPEG.
    Jpeg,
    /// What the `image` crate decodes.
    Raster(ImageFormat),
    /// HEIC, AVIF and the like.
    Heif,
    /// A camera's RAW file, by its name.
    Raw(&'static str),
    /// MP4 or MOV.
    Video,
}

const VIDEO: Rejection = Rejection::Foreign("a video of a kind that is not read");

/// Names a file's kind, or says why it is not a picture that can be shown.
pub(crate) fn sniff(bytes: &[u8]) -> Result<Kind, Rejection> {
    let begins = |magic: &[u8]| bytes.starts_with(magic);
    let at = |offset: usize, magic: &[u8]| bytes.get(offset..).is_some_and(|rest| rest.starts_with(magic));
    if bytes.is_empty() {
        return Err(Rejection::Empty);
    }
    if begins(&[0xFF, 0xD8, 0xFF]) {
        return Ok(Kind::Jpeg);
    }
    if begins(b"\x89PNG\r\n\x1a\n") {
        return Ok(Kind::Raster(ImageFormat::Png));
    }
    if begins(b"GIF87a") || begins(b"GIF89a") {
        return Ok(Kind::Raster(ImageFormat::Gif));
    }
    if begins(b"RIFF") && at(8, b"WEBP") {
        return Ok(Kind::Raster(ImageFormat::WebP));
    }
    if begins(b"II\x2a\x00") || begins(b"MM\x00\x2a") {
        return Ok(raw_tiff(bytes).map_or(Kind::Raster(ImageFormat::Tiff), Kind::Raw));
    }
    // BigTIFF, whose offsets have eight bytes.
    if begins(b"II\x2b\x00\x08\x00") || begins(b"MM\x00\x2b\x00\x08") {
        return Ok(Kind::Raster(ImageFormat::Tiff));
    }
    // `BM` alone begins many a text; the header's length follows 12 bytes later.
    if begins(b"BM") && matches!(bytes.get(14..18), Some([12 | 16 | 40 | 52 | 56 | 64 | 108 | 124, 0, 0, 0])) {
        return Ok(Kind::Raster(ImageFormat::Bmp));
    }
    if at(4, b"ftyp") {
        // Without a brand it is nobody's.
        return if bytes.len() < 12 { Err(Rejection::Unknown) } else { Ok(iso_media(bytes)) };
    }
    if [b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"].into_iter().any(|kind| at(4, kind)) {
        return Ok(Kind::Video);
    }
    let raws: [(&[u8], &str); 5] =
        [(b"FUJIFILMCCD-RAW", "RAF"), (b"IIRO", "ORF"), (b"IIRS", "ORF"), (b"MMOR", "ORF"), (b"IIU\x00", "RW2")];
    if let Some((_, name)) = raws.into_iter().find(|(magic, _)| begins(magic)) {
        return Ok(Kind::Raw(name));
    }
    Err(foreign(bytes))
}

/// ISO media files by their brands (ISO/IEC 14496-12, 4.3): photos, RAW and videos share one container.
fn iso_media(bytes: &[u8]) -> Kind {
    const STILLS: [&[u8; 4]; 12] =
        [b"avif", b"avis", b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"mif2"];
    let length = bytes.first_chunk::<4>().map_or(0, |b| u32::from_be_bytes(*b)) as usize;
    let brands = bytes.get(8..length.clamp(16, 256).min(bytes.len())).unwrap_or_default();
    // The second word is a version.
    let named = || brands.chunks_exact(4).enumerate().filter(|(i, _)| *i != 1).map(|(_, brand)| brand);
    if named().any(|brand| brand == b"crx ") {
        Kind::Raw("CR3")
    } else if named().any(|brand| STILLS.iter().any(|still| brand == *still)) {
        Kind::Heif
    } else {
        Kind::Video
    }
}

/// Files that people keep beside their photos, called by their names.
fn foreign(bytes: &[u8]) -> Rejection {
    let kinds: [(usize, &[u8], Rejection); 13] = [
        (0, b"%PDF", Rejection::Foreign("a PDF document")),
        (0, b"PK\x03\x04", Rejection::Foreign("a ZIP archive or an office document")),
        (0, b"Rar!", Rejection::Foreign("an archive")),
        (0, b"7z\xBC\xAF", Rejection::Foreign("an archive")),
        (0, b"\x1F\x8B", Rejection::Foreign("an archive")),
        (0, b"\x1A\x45\xDF\xA3", VIDEO),
        (8, b"AVI ", VIDEO),
        (0, b"\x00\x00\x01\xBA", VIDEO),
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

/// The name of a TIFF that is a camera's RAW, whose first picture is a thumbnail: it says so in the Canon mark or in its
/// first directory, by the DNG version (50706) or by directories of further pictures (330) beside a maker's name (271).
fn raw_tiff(bytes: &[u8]) -> Option<&'static str> {
    if bytes.get(8..10) == Some(b"CR") {
        return Some("CR2");
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
    let directory = long(4)?;
    let entry = |i: usize| directory.checked_add(2 + i * 12);
    let entries = usize::from(short(directory)?);
    let tags: Vec<u16> = (0..entries).map_while(|i| short(entry(i)?)).collect();
    if tags.contains(&50706) {
        return Some("DNG");
    }
    let maker = tags.iter().position(|&tag| tag == 271).filter(|_| tags.contains(&330))?;
    let name = bytes.get(long(entry(maker)? + 8)?..)?;
    let makers: [(&[u8], &str); 4] = [(b"NIKON", "NEF"), (b"SONY", "ARW"), (b"PENTAX", "PEF"), (b"SAMSUNG", "SRW")];
    Some(makers.into_iter().find(|(maker, _)| name.starts_with(maker)).map_or("RAW", |(_, raw)| raw))
}
