//! Pictures drawn for the tests, and what is asked of their renditions.

use bytes::Bytes;
use gallery::facts::Rendition;
use gallery::renditions::Format;
use image::{DynamicImage, ImageFormat, RgbImage};
use libjpeg_turbo_rs::{Decoder, Encoder, PixelFormat, Subsampling};
use resizer::{Limits, Rejection, Rendered, render};

/// The colours of the four quarters: top left, top right, bottom left, bottom right.
pub(super) const QUARTERS: [[u8; 3]; 4] = [[200, 40, 40], [40, 170, 60], [50, 60, 200], [230, 200, 60]];

/// Which quarter a pixel lies in.
pub(super) fn quarter(x: u32, y: u32, width: u32, height: u32) -> usize {
    usize::from(x * 2 >= width) + 2 * usize::from(y * 2 >= height)
}

/// A picture of four coloured quarters.
pub(super) fn quarters(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| image::Rgb(QUARTERS[quarter(x, y, width, height)]))
}

/// A picture as JPEG.
pub(super) fn jpeg(picture: &RgbImage, sampling: Subsampling) -> Vec<u8> {
    encoder(picture, sampling).encode().unwrap()
}

/// A JPEG encoder that can be told more.
pub(super) fn encoder(picture: &RgbImage, sampling: Subsampling) -> Encoder<'_> {
    Encoder::new(picture.as_raw(), picture.width() as usize, picture.height() as usize, PixelFormat::Rgb)
        .quality(95)
        .subsampling(sampling)
}

/// A picture in a format of the `image` crate.
pub(super) fn written(picture: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.into().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// A picture as HEIC; in tiles of 512 by 512 when it is larger than one.
pub(super) fn heic(picture: &RgbImage) -> Vec<u8> {
    let options = heifer::EncodeOptions { quality: 90, max_threads: 1 };
    heifer::encode_rgb8(picture.width(), picture.height(), picture.as_raw(), &options).unwrap()
}

/// A file that `fixtures/draw.py` drew.
pub(super) fn fixture(name: &str) -> Vec<u8> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/all/fixtures").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("cannot read `{}`: {error}", path.display()))
}

/// A RAW file in TIFF's shape, as most cameras write them: a directory with a maker's name and a link to further ones,
/// noise for the sensor's values, and the preview.
pub(super) fn raw(preview: &[u8], orientation: u16, texts: &[(u16, &str)]) -> Vec<u8> {
    let noise: Vec<u8> = (0..20_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let texts = [&[(0x010F, "NIKON CORPORATION"), (0x014A, "links")], texts].concat();
    [exif(orientation, &texts), noise, preview.to_vec()].concat()
}

/// A little-endian EXIF record with an orientation and texts of four letters and more, by tag; those above the link to
/// the second directory (0x8769) go there.
pub(super) fn exif(orientation: u16, texts: &[(u16, &str)]) -> Vec<u8> {
    const LINK: u16 = 0x8769;
    let entry = |&(tag, text): &(u16, &str)| (tag, 2_u16, format!("{text}\0").into_bytes());
    let mut first: Vec<_> = texts.iter().filter(|(tag, _)| *tag < LINK).map(entry).collect();
    let second: Vec<_> = texts.iter().filter(|(tag, _)| *tag > LINK).map(entry).collect();
    first.push((0x0112, 3, orientation.to_le_bytes().to_vec()));
    first.push((LINK, 4, vec![0; 4]));
    let offset = directory(8, &first).len() as u32 + 8;
    first.last_mut().unwrap().2 = offset.to_le_bytes().to_vec();
    [b"II\x2a\0\x08\0\0\0".to_vec(), directory(8, &first), directory(offset as usize, &second)].concat()
}

/// A TIFF directory that lies at `offset`: entries of tag, type (2 text, 3 short, 4 long) and value.
fn directory(offset: usize, entries: &[(u16, u16, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = (entries.len() as u16).to_le_bytes().to_vec();
    let mut apart: Vec<u8> = Vec::new();
    for (tag, kind, value) in entries {
        let count = if *kind == 2 { value.len() as u32 } else { 1 };
        bytes.extend([tag.to_le_bytes(), kind.to_le_bytes()].concat());
        bytes.extend(count.to_le_bytes());
        if value.len() > 4 {
            bytes.extend(((offset + 6 + entries.len() * 12 + apart.len()) as u32).to_le_bytes());
            apart.extend(value);
        } else {
            bytes.extend(value.iter().copied().chain([0; 4]).take(4));
        }
    }
    [bytes, vec![0; 4], apart].concat()
}

/// What the resizer makes of it.
pub(super) fn rendered(bytes: &[u8]) -> Rendered {
    render(bytes, &Limits::default()).unwrap()
}

/// Why the resizer refuses it.
pub(super) fn refused(bytes: &[u8]) -> Rejection {
    render(bytes, &Limits::default()).map(|rendered| rendered.picture).unwrap_err()
}

/// A rendition's pixels, read back.
pub(super) fn pixels(rendition: &[u8]) -> RgbImage {
    if rendition.starts_with(b"RIFF") {
        return image::load_from_memory_with_format(rendition, ImageFormat::WebP).unwrap().into_rgb8();
    }
    let image = Decoder::new(rendition).unwrap().with_output_format(PixelFormat::Rgb).decode_image().unwrap();
    RgbImage::from_raw(image.width as u32, image.height as u32, image.data).unwrap()
}

/// The JPEGs among the renditions, smallest first.
pub(super) fn jpegs(rendered: &Rendered) -> Vec<&(Rendition, Bytes)> {
    rendered.renditions.iter().filter(|(rendition, _)| rendition.format == Format::Jpeg).collect()
}

/// The widest rendition's pixels, after a look at whether its WebP shows the same.
#[track_caller]
pub(super) fn widest(rendered: &Rendered) -> RgbImage {
    let [.., (jpeg, jpeg_bytes), (webp, webp_bytes)] = rendered.renditions.as_slice() else {
        panic!("there is a JPEG and a WebP")
    };
    assert_eq!((jpeg.format, webp.format), (Format::Jpeg, Format::WebP));
    let (picture, twin) = (pixels(jpeg_bytes), pixels(webp_bytes));
    assert_eq!(picture.dimensions(), twin.dimensions());
    let apart: u64 = picture.iter().zip(twin.iter()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    assert!(apart / (picture.len() as u64) < 8, "the WebP shows something else");
    picture
}

/// Asserts that a pixel has about this colour.
#[track_caller]
pub(super) fn assert_colour(picture: &RgbImage, x: u32, y: u32, expected: [u8; 3], tolerance: u8) {
    let seen = picture.get_pixel(x, y).0;
    let near = seen.iter().zip(expected).all(|(a, b)| a.abs_diff(b) <= tolerance);
    assert!(near, "at {x},{y} of {}x{}: {seen:?}, expected {expected:?}", picture.width(), picture.height());
}

/// Asserts that the middles of the four quarters have these colours.
#[track_caller]
pub(super) fn assert_quarters(picture: &RgbImage, expected: [[u8; 3]; 4], tolerance: u8) {
    let (width, height) = picture.dimensions();
    for (i, colour) in expected.into_iter().enumerate() {
        let (x, y) = (width / 4 + width / 2 * (i as u32 % 2), height / 4 + height / 2 * (i as u32 / 2));
        assert_colour(picture, x, y, colour, tolerance);
    }
}

/// The kinds of a WebP's chunks, by an independent walk (RFC 9649).
pub(super) fn chunks(webp: &[u8]) -> Vec<[u8; 4]> {
    assert_eq!((&webp[..4], &webp[8..12]), (&b"RIFF"[..], &b"WEBP"[..]));
    assert_eq!(u32::from_le_bytes(*webp[4..].first_chunk().unwrap()) as usize + 8, webp.len());
    let mut at = 12;
    let mut found = Vec::new();
    while at < webp.len() {
        found.push(*webp[at..].first_chunk().unwrap());
        let length = u32::from_le_bytes(*webp[at + 4..].first_chunk().unwrap()) as usize;
        at += 8 + length + length % 2;
    }
    found
}

/// The codes of a JPEG's segments up to its first scan, by an independent walk.
pub(super) fn segments(jpeg: &[u8]) -> Vec<(u8, Vec<u8>)> {
    assert_eq!(jpeg[..2], [0xFF, 0xD8]);
    let mut at = 2;
    let mut found = Vec::new();
    loop {
        assert_eq!(jpeg[at], 0xFF);
        let (code, length) = (jpeg[at + 1], usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]])));
        found.push((code, jpeg[at + 4..at + 2 + length].to_vec()));
        at += 2 + length;
        if code == 0xDA {
            return found;
        }
    }
}
