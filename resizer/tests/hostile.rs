//! Requirement 28: files that unfold to far more than they are. What each takes beyond its own bytes is measured, in a
//! process of its own: this one.

use std::fmt::Write as _;
use std::io::Write;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::ZlibEncoder;
use image::codecs::gif::GifEncoder;
use image::{Frame, ImageFormat, RgbImage, RgbaImage};
use libjpeg_turbo_rs::{Encoder, PixelFormat, Subsampling};
use resizer::{Limits, Rejection, render};

/// What a file may take that says no more than a photo's headers do.
const MOST: u64 = 300;

/// How long one may take. Generous, for machines that test are slow and shared: they take a fraction of it.
const LONGEST: Duration = Duration::from_mins(1);

/// A JPEG in one shade of grey.
fn grey_jpeg(width: usize, height: usize) -> Vec<u8> {
    let samples = vec![150; width * height];
    Encoder::new(&samples, width, height, PixelFormat::Grayscale).quality(80).encode().unwrap()
}

/// Zeros, packed a thousand to one.
fn packed(megabytes: usize) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    let zeros = vec![0; 1 << 20];
    for _ in 0..megabytes {
        encoder.write_all(&zeros).unwrap();
    }
    encoder.finish().unwrap()
}

fn written(picture: &RgbImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// The checksum of a PNG's chunk (ISO/IEC 15948, annex D).
fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

fn chunk(kind: &[u8], content: &[u8]) -> Vec<u8> {
    let body = [kind, content].concat();
    let (length, checksum) = ((content.len() as u32).to_be_bytes(), crc32(&body).to_be_bytes());
    [&length[..], &body, &checksum].concat()
}

/// A PNG with chunks of our own behind its header.
fn png_with(picture: &RgbImage, chunks: &[Vec<u8>]) -> Vec<u8> {
    let png = written(picture, ImageFormat::Png);
    [&png[..33], &chunks.concat(), &png[33..]].concat()
}

/// A PNG of these sides in shades of grey, each one bit, whose rows are all there.
fn png_of_zeros(width: u32, height: u32) -> Vec<u8> {
    let mut rows = ZlibEncoder::new(Vec::new(), Compression::best());
    let row = vec![0; 1 + width.div_ceil(8) as usize];
    for _ in 0..height {
        rows.write_all(&row).unwrap();
    }
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[1, 0, 0, 0, 0]].concat();
    let rows = rows.finish().unwrap();
    [b"\x89PNG\r\n\x1a\n".to_vec(), chunk(b"IHDR", &header), chunk(b"IDAT", &rows), chunk(b"IEND", b"")].concat()
}

/// A JPEG with segments of our own behind its first two bytes.
fn jpeg_with(marker: u8, segments: &[Vec<u8>]) -> Vec<u8> {
    let picture = picture();
    let jpeg = Encoder::new(picture.as_raw(), 320, 240, PixelFormat::Rgb).encode().unwrap();
    let mut bytes = jpeg[..2].to_vec();
    for segment in segments {
        bytes.extend([0xff, marker]);
        bytes.extend((segment.len() as u16 + 2).to_be_bytes());
        bytes.extend(segment);
    }
    bytes.extend(&jpeg[2..]);
    bytes
}

fn picture() -> RgbImage {
    RgbImage::from_fn(320, 240, |x, y| image::Rgb([x as u8, y as u8, (x ^ y) as u8]))
}

/// A hundred megabytes of EXIF or XMP in as many segments as that takes.
fn talkative_jpeg(head: &[u8]) -> Vec<u8> {
    let mut segment = head.to_vec();
    segment.resize(65_533, b'a');
    jpeg_with(0xe1, &vec![segment; 1600])
}

/// EXIF whose one directory comes after itself, and whose values are said to be longer than any file.
fn exif(next: u32, count: u32) -> Vec<u8> {
    let mut bytes = b"Exif\0\0II*\0\x08\0\0\0".to_vec();
    bytes.extend(2_u16.to_le_bytes());
    for tag in [0x8769_u16, 0x010f] {
        bytes.extend(tag.to_le_bytes());
        bytes.extend(2_u16.to_le_bytes());
        bytes.extend(count.to_le_bytes());
        bytes.extend(8_u32.to_le_bytes());
    }
    bytes.extend(next.to_le_bytes());
    bytes
}

/// A TIFF of one strip whose header says what is wanted.
fn tiff(width: u32, height: u32, strips: u32, next: u32) -> Vec<u8> {
    let mut bytes = b"II*\0\x08\0\0\0".to_vec();
    let entries: [(u16, u16, u32, u32); 9] = [
        (256, 4, 1, width),
        (257, 4, 1, height),
        (258, 3, 1, 8),
        (259, 3, 1, 1),
        (262, 3, 1, 1),
        (273, 4, strips, 8),
        (277, 3, 1, 1),
        (278, 4, 1, 1),
        (279, 4, strips, 8),
    ];
    bytes.extend((entries.len() as u16).to_le_bytes());
    for (tag, kind, count, value) in entries {
        bytes.extend(tag.to_le_bytes());
        bytes.extend(kind.to_le_bytes());
        bytes.extend(count.to_le_bytes());
        bytes.extend(value.to_le_bytes());
    }
    bytes.extend(next.to_le_bytes());
    bytes
}

/// XML of this shape, as XMP in a JPEG.
fn xmp(xml: &str) -> Vec<u8> {
    jpeg_with(0xe1, &[[b"http://ns.adobe.com/xap/1.0/\0", xml.as_bytes()].concat()])
}

fn laughing_xml() -> String {
    let mut xml = "<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a0 'ha'>".to_owned();
    for n in 1..30 {
        let _ = write!(xml, "<!ENTITY a{n} '{}'>", format!("&a{};", n - 1).repeat(10));
    }
    xml + "]><x:xmpmeta xmlns:x='adobe:ns:meta/'>&a29;</x:xmpmeta>"
}

fn gif(width: u16, height: u16, frames: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = GifEncoder::new_with_speed(&mut bytes, 30);
    for _ in 0..frames {
        encoder.encode_frame(Frame::new(RgbaImage::new(64, 64))).unwrap();
    }
    drop(encoder);
    bytes[6..8].copy_from_slice(&width.to_le_bytes());
    bytes[8..10].copy_from_slice(&height.to_le_bytes());
    bytes
}

/// What becomes of a file.
enum Becomes {
    /// A picture.
    Picture,
    /// A reason against it, with this in its sentence.
    Refused(&'static str),
    /// Either: the bytes around the pixels are nonsense, which some decoders forgive.
    Something,
}

use Becomes::{Picture, Refused, Something};

fn bombs() -> Vec<(&'static str, Vec<u8>, Becomes)> {
    let zeros = packed(192);
    let text = |head: &[u8]| [head, &zeros].concat();
    let mut webp = b"RIFF\x1e\0\0\0WEBPVP8L\x11\0\0\0/".to_vec();
    webp.extend([0xff, 0xff, 0xff, 0x0f, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    vec![
        ("192 MB of words in zTXt", png_with(&picture(), &[chunk(b"zTXt", &text(b"Comment\0\0"))]), Picture),
        (
            "192 MB of words in iTXt",
            png_with(&picture(), &[chunk(b"iTXt", &text(b"XML:com.adobe.xmp\0\x01\0\0\0"))]),
            Picture,
        ),
        (
            "192 MB of a profile in iCCP",
            png_with(&picture(), &[chunk(b"iCCP", &text(b"sRGB\0\0"))]),
            Refused("profile"),
        ),
        (
            "192 MB of a profile behind one whose checksum is wrong",
            {
                let mut first = chunk(b"iCCP", b"x\0\0");
                first.iter_mut().next_back().into_iter().for_each(|byte| *byte ^= 1);
                png_with(&picture(), &[first, chunk(b"iCCP", &text(b"sRGB\0\0"))])
            },
            Refused("profile"),
        ),
        (
            "five thousand packed texts",
            png_with(&picture(), &vec![chunk(b"zTXt", &[b"Comment\0\0", &packed(1)[..]].concat()); 5000]),
            Picture,
        ),
        (
            "a chunk longer than the file",
            png_with(&picture(), &[[&[0x7f, 0xff, 0xff, 0xff][..], b"zTXt", b"a\0\0"].concat()]),
            Something,
        ),
        (
            "192 MB behind the rows of a small PNG",
            {
                let header = [&8_u32.to_be_bytes()[..], &8_u32.to_be_bytes(), &[8, 2, 0, 0, 0]].concat();
                [b"\x89PNG\r\n\x1a\n".to_vec(), chunk(b"IHDR", &header), chunk(b"IDAT", &zeros), chunk(b"IEND", b"")]
                    .concat()
            },
            Something,
        ),
        (
            "60,000 by 60,000 in PNG",
            {
                let header = [&60_000_u32.to_be_bytes()[..], &60_000_u32.to_be_bytes(), &[1, 0, 0, 0, 0]].concat();
                [b"\x89PNG\r\n\x1a\n".to_vec(), chunk(b"IHDR", &header), chunk(b"IDAT", &zeros), chunk(b"IEND", b"")]
                    .concat()
            },
            Refused("megapixels"),
        ),
        ("200 megapixels in JPEG", grey_jpeg(16_000, 12_500), Picture),
        ("201 megapixels in JPEG", grey_jpeg(16_080, 12_500), Refused("megapixels")),
        ("1 by 60,000", png_of_zeros(1, 60_000), Picture),
        ("60,000 by 1", png_of_zeros(60_000, 1), Picture),
        ("1 by 70,000", png_of_zeros(1, 70_000), Refused("65535")),
        (
            "a PNG that moves a million times",
            {
                let frames = chunk(b"acTL", &[&1_000_000_u32.to_be_bytes()[..], &0_u32.to_be_bytes()].concat());
                png_with(&picture(), &[frames])
            },
            Something,
        ),
        ("100 MB of EXIF in JPEG", talkative_jpeg(b"Exif\0\0II*\0\x08\0\0\0"), Picture),
        ("100 MB of XMP in JPEG", talkative_jpeg(b"http://ns.adobe.com/xmp/extension/\0"), Picture),
        (
            "100 MB of profile in JPEG",
            {
                let mut segment = b"ICC_PROFILE\0\x01\xff".to_vec();
                segment.resize(65_533, 0);
                jpeg_with(0xe2, &vec![segment; 1600])
            },
            Something,
        ),
        ("100 MB of EXIF in PNG", png_with(&picture(), &[chunk(b"eXIf", &vec![0; 100_000_000])]), Picture),
        ("EXIF that comes after itself", jpeg_with(0xe1, &[exif(8, 4)]), Picture),
        ("EXIF longer than any file", jpeg_with(0xe1, &[exif(0, u32::MAX)]), Picture),
        ("XML that laughs a billion times", xmp(&laughing_xml()), Picture),
        (
            "XML twenty thousand deep",
            jpeg_with(0xe1, &[[b"http://ns.adobe.com/xap/1.0/\0", "<a>".repeat(20_000).as_bytes()].concat()]),
            Picture,
        ),
        ("a TIFF of four billion strips", tiff(1000, 1000, u32::MAX, 0), Something),
        ("a TIFF that comes after itself", tiff(64, 64, 1, 8), Something),
        ("a TIFF of 60,000 by 60,000", tiff(60_000, 60_000, 1, 0), Refused("damaged")),
        ("a GIF of 65,535 by 65,535", gif(65_535, 65_535, 1), Refused("megapixels")),
        ("a GIF of a thousand frames", gif(64, 64, 1000), Picture),
        ("a WebP of 16,384 by 16,384 in a few bytes", webp, Something),
    ]
}

/// Forgets the highest memory so far, and tells what is in use now, in MiB; `None` where the system does not tell.
fn begin() -> Option<u64> {
    std::fs::write("/proc/self/clear_refs", "5").ok()?;
    told("VmRSS:")
}

fn told(name: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.trim().trim_end_matches(" kB").trim().parse::<u64>().ok()? / 1024)
}

/// What a photo of 48 megapixels may take beyond its own bytes, as phones and scanners write it.
const PHOTO: u64 = 200;

/// Photos of 48 megapixels: slopes with some grain, so that they have as many codes as a sky.
fn large_photos() -> Vec<(&'static str, Vec<u8>)> {
    let (width, height) = (8000, 6000);
    let mut seed = 3_u32;
    let mut samples = Vec::with_capacity(width * height * 3);
    for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let grain = (seed >> 30) as usize;
        samples.extend(
            [x * 200 / width + grain, y * 200 / height + grain, (x + y) * 100 / height + grain].map(|v| v as u8),
        );
    }
    let jpeg = || Encoder::new(&samples, width, height, PixelFormat::Rgb).quality(85).subsampling(Subsampling::S420);
    let options = heifer::EncodeOptions { quality: 50, max_threads: 0 };
    let heic = heifer::encode_rgb8(width as u32, height as u32, &samples, &options).unwrap();
    let jpegs = [jpeg().encode().unwrap(), jpeg().progressive(true).encode().unwrap()];
    let picture = RgbImage::from_raw(width as u32, height as u32, samples).unwrap();
    let [plain, progressive] = jpegs;
    vec![
        ("48 megapixels in JPEG", plain),
        ("48 megapixels in progressive JPEG", progressive),
        ("48 megapixels in HEIC", heic),
        ("48 megapixels in PNG", written(&picture, ImageFormat::Png)),
        ("48 megapixels in TIFF", written(&picture, ImageFormat::Tiff)),
    ]
}

fn photos_take_little() {
    for (what, bytes) in large_photos() {
        let before = begin();
        let made = render(&bytes, &Limits::default()).unwrap_or_else(|reason| panic!("{what}: {reason}"));
        let memory = before.zip(told("VmHWM:")).map(|(before, peak)| peak.saturating_sub(before));
        println!("{what}: {} bytes become {} renditions ({memory:?} MiB)", bytes.len(), made.renditions.len());
        assert!(memory.is_none_or(|memory| memory < PHOTO), "{what} took {memory:?} MiB");
    }
}

/// One test in this file, and one picture at a time: what is measured is the whole process.
#[test]
fn bombs_are_refused_in_bounded_memory_and_time() {
    for (what, bytes, becomes) in bombs() {
        let (before, since) = (begin(), Instant::now());
        let outcome = render(&bytes, &Limits::default());
        let (took, peak) = (since.elapsed(), told("VmHWM:"));
        let said = match &outcome {
            Ok(rendered) => format!("{} x {}", rendered.picture.width, rendered.picture.height),
            Err(rejection) => rejection.to_string(),
        };
        let memory = before.zip(peak).map(|(before, peak)| peak.saturating_sub(before));
        println!("{what}: {said} ({memory:?} MiB, {took:?})");
        match becomes {
            Picture => assert!(outcome.is_ok(), "{what}: {said}"),
            Refused(word) => assert!(outcome.is_err() && said.contains(word), "{what}: {said}"),
            Something => assert!(outcome.is_ok() || said.len() < 300, "{what}: {said}"),
        }
        assert!(!matches!(outcome, Err(Rejection::Limit(_))) || said.contains("limit"), "{what}: {said}");
        assert!(memory.is_none_or(|memory| memory < MOST), "{what} took {memory:?} MiB");
        assert!(took < LONGEST, "{what} took {took:?}");
    }
    // Behind them, because what was drawn for these leaves the heap larger.
    photos_take_little();
}
