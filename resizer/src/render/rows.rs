//! PNG and TIFF whose rows can be had one after the other: made smaller while they are read, never held whole.
//!
//! That is eight bits a channel, not interlaced (PNG), in strips of grey or RGB (TIFF): what phones, screens and scanners
//! write. The rest, and all that is damaged, is left to the decoder of whole pictures, which says what is wrong with it.

use std::io::Cursor;

use image::ImageFormat;

use super::planes::{Channels, Rgb, mixes};
use super::{Rejection, raster};
use crate::limits::{Deadline, Limits};

/// The picture at the `wanted` size, where its rows can be had.
pub(super) fn decode(
    bytes: &[u8],
    format: ImageFormat,
    wanted: (u32, u32),
    limits: &Limits,
    deadline: Deadline,
) -> Result<Option<Rgb>, Rejection> {
    match format {
        ImageFormat::Png => Png::open(bytes, limits).map_or(Ok(None), |png| shrunk(png, wanted, deadline)),
        ImageFormat::Tiff => Tiff::open(bytes, limits).map_or(Ok(None), |tiff| shrunk(tiff, wanted, deadline)),
        _ => Ok(None),
    }
}

/// A picture that gives its rows.
trait Rows {
    fn size(&self) -> (u32, u32);

    /// The next rows in RGB, some of them; `None` when they cannot be read.
    fn next(&mut self) -> Option<Vec<u8>>;
}

fn shrunk(mut picture: impl Rows, wanted: (u32, u32), deadline: Deadline) -> Result<Option<Rgb>, Rejection> {
    let (width, height) = picture.size();
    if wanted == (width, height) {
        return Ok(None);
    }
    let (across, down) = mixes((width, height), wanted);
    let mut channels = Channels::new(width, &across, &down);
    let (row, mut left) = (width as usize * 3, height as usize);
    while left > 0 {
        deadline.check()?;
        let rows = picture.next().unwrap_or_default();
        let came = (rows.len() / row).min(left);
        if came == 0 {
            return Ok(None);
        }
        rows[..came * row].chunks(Channels::STEP * row).for_each(|rows| channels.take(rows));
        left -= came;
    }
    Ok(channels.finish())
}

struct Png<'a>(png::Reader<Cursor<&'a [u8]>>);

impl<'a> Png<'a> {
    fn open(bytes: &'a [u8], limits: &Limits) -> Option<Self> {
        let most = png::Limits { bytes: usize::try_from(limits.memory).unwrap_or(usize::MAX) };
        let mut decoder = png::Decoder::new_with_limits(Cursor::new(bytes), most);
        // Palettes and fewer bits become eight bits a channel, a transparent colour an alpha channel.
        decoder.set_transformations(png::Transformations::EXPAND);
        decoder.set_ignore_text_chunk(true);
        let reader = decoder.read_info().ok()?;
        let plain = !reader.info().interlaced && reader.output_color_type().1 == png::BitDepth::Eight;
        plain.then_some(Self(reader))
    }
}

impl Rows for Png<'_> {
    fn size(&self) -> (u32, u32) {
        self.0.info().size()
    }

    fn next(&mut self) -> Option<Vec<u8>> {
        let colours = self.0.output_color_type().0;
        let row = self.0.next_row().ok()??;
        let row = row.data();
        let grey = |&grey: &u8| [grey; 3];
        Some(match colours {
            png::ColorType::Grayscale => row.iter().flat_map(grey).collect(),
            png::ColorType::GrayscaleAlpha => {
                raster::on_white(row.as_chunks::<2>().0.iter().flat_map(|&[v, alpha]| [v, v, v, alpha]).collect())
            }
            png::ColorType::Rgba => raster::on_white(row.to_vec()),
            _ => row.to_vec(),
        })
    }
}

struct Tiff<'a> {
    decoder: tiff::decoder::Decoder<Cursor<&'a [u8]>>,
    size: (u32, u32),
    is_grey: bool,
    strip: u32,
}

impl<'a> Tiff<'a> {
    fn open(bytes: &'a [u8], limits: &Limits) -> Option<Self> {
        use tiff::tags::{PlanarConfiguration, SampleFormat, Tag};
        use tiff::{ColorType, decoder};

        let most = usize::try_from(limits.memory).unwrap_or(usize::MAX);
        let mut allowed = decoder::Limits::default();
        (allowed.decoding_buffer_size, allowed.intermediate_buffer_size) = (most, most);
        let mut decoder = decoder::Decoder::new(Cursor::new(bytes)).ok()?.with_limits(allowed);
        let size = decoder.dimensions().ok()?;
        let is_grey = match decoder.colortype().ok()? {
            ColorType::Gray(8) => true,
            ColorType::RGB(8) => false,
            _ => return None,
        };
        let mut said = |tag, usual: u16| match decoder.find_tag_unsigned_vec::<u16>(tag) {
            Ok(said) => said.is_none_or(|said| said.iter().all(|&it| it == usual)),
            Err(_) => false,
        };
        let plain = said(Tag::PlanarConfiguration, PlanarConfiguration::Chunky.to_u16())
            && said(Tag::SampleFormat, SampleFormat::Uint.to_u16());
        let in_strips = decoder.get_chunk_type() == decoder::ChunkType::Strip;
        (plain && in_strips).then_some(Self { decoder, size, is_grey, strip: 0 })
    }
}

impl Rows for Tiff<'_> {
    fn size(&self) -> (u32, u32) {
        self.size
    }

    fn next(&mut self) -> Option<Vec<u8>> {
        let rows = self.decoder.read_chunk(self.strip).ok()?;
        self.strip += 1;
        match rows {
            tiff::decoder::DecodingResult::U8(grey) if self.is_grey => {
                Some(grey.into_iter().flat_map(|grey| [grey; 3]).collect())
            }
            tiff::decoder::DecodingResult::U8(rgb) => Some(rgb),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use image::{DynamicImage, Rgba, RgbaImage};

    use super::super::Pixels;
    use super::*;

    const WANTED: (u32, u32) = (61, 47);

    fn by_rows(bytes: &[u8], format: ImageFormat) -> Option<Rgb> {
        let limits = Limits::default();
        decode(bytes, format, WANTED, &limits, Deadline::of(&limits)).unwrap()
    }

    fn drawn() -> DynamicImage {
        let pixel = |x: u32, y: u32| Rgba([x * 2, y * 3, x ^ y, 255 - x].map(|v| v as u8));
        DynamicImage::from(RgbaImage::from_fn(123, 80, pixel))
    }

    fn written(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    /// A PNG as the encoder writes it when it is told of its header by `set`.
    fn png(set: impl Fn(&mut png::Encoder<'_, &mut Vec<u8>>), rows: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, 123, 80);
        set(&mut encoder);
        encoder.write_header().unwrap().write_image_data(rows).unwrap();
        bytes
    }

    #[test]
    fn rows_make_the_picture_that_the_whole_makes() {
        let drawn = drawn();
        let bits = png(
            |png| {
                png.set_color(png::ColorType::Indexed);
                png.set_depth(png::BitDepth::Two);
                png.set_palette(vec![0, 0, 0, 200, 30, 30, 20, 90, 240, 255, 255, 255]);
                png.set_trns(vec![255, 128, 255, 0]);
            },
            &(0..80 * 31).map(|i| (i * 37) as u8).collect::<Vec<_>>(),
        );
        let mut pictures = vec![("a palette with alpha", bits, ImageFormat::Png)];
        let shapes = [
            ("grey", DynamicImage::from(drawn.to_luma8())),
            ("RGB", DynamicImage::from(drawn.to_rgb8())),
            ("grey with alpha", DynamicImage::from(drawn.to_luma_alpha8())),
            ("RGB with alpha", drawn),
        ];
        pictures.extend(shapes.iter().map(|(what, shape)| (*what, written(shape, ImageFormat::Png), ImageFormat::Png)));
        let plain = &shapes[..2];
        pictures
            .extend(plain.iter().map(|(what, shape)| (*what, written(shape, ImageFormat::Tiff), ImageFormat::Tiff)));
        for (what, bytes, format) in pictures {
            let Pixels::Rgb(whole) = raster::decode_whole(&bytes, format, &Limits::default()).unwrap() else {
                panic!("{what} has eight bits");
            };
            assert_eq!(by_rows(&bytes, format), Some(whole.resized(WANTED.0, WANTED.1)), "{what}, {format:?}");
        }
    }

    #[test]
    fn the_rest_is_left_to_the_decoder_of_whole_pictures() {
        let drawn = drawn();
        let deep = DynamicImage::from(drawn.to_rgb16());
        for format in [ImageFormat::Png, ImageFormat::Tiff] {
            assert_eq!(by_rows(&written(&deep, format), format), None, "sixteen bits");
            let whole = written(&DynamicImage::from(drawn.to_rgb8()), format);
            assert_eq!(by_rows(&whole[..whole.len() / 2], format), None, "cut");
        }
        assert_eq!(by_rows(&written(&drawn, ImageFormat::WebP), ImageFormat::WebP), None);
    }

    #[test]
    fn a_broken_file_has_its_rows_or_has_not() {
        for format in [ImageFormat::Png, ImageFormat::Tiff] {
            let whole = written(&DynamicImage::from(drawn().to_rgb8()), format);
            // Every byte of the headers, and some of the rest.
            for at in (0..400).chain((400..whole.len()).step_by(97)) {
                for value in [0, 1, 0x7f, 0xff, !whole[at]] {
                    let mut broken = whole.clone();
                    broken[at] = value;
                    // What claims to be larger has been refused before.
                    if raster::size(&broken, format).is_ok_and(|size| size.0.max(size.1) > 10_000) {
                        continue;
                    }
                    let rows = by_rows(&broken, format);
                    assert!(rows.is_none_or(|rgb| (rgb.width, rgb.height) == WANTED), "byte {at} as {value}");
                }
            }
        }
    }

    #[test]
    fn what_takes_too_long_ends_between_two_rows() {
        let limits = Limits { time: std::time::Duration::ZERO, ..Limits::default() };
        let bytes = written(&drawn(), ImageFormat::Png);
        let ended = decode(&bytes, ImageFormat::Png, WANTED, &limits, Deadline::of(&limits));
        assert_eq!(ended, Err(Rejection::TooSlow(0)));
    }
}
