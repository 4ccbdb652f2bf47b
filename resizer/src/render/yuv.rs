//! What video codecs deliver: planes of brightness and colour differences in one of several codes.

use fast_image_resize::Resizer;

use super::Pixels;
use super::deep::Deep;
use super::planes::{Plane, Planes, Rgb};

/// The matrix of a stream that does not name one. A picture's is then BT.601, JPEG's; a video's depends on its size.
pub(super) const UNSPECIFIED: u16 = 2;

/// From so many columns or rows on, a video that does not name its matrix has that of high definition (BT.709), else that of
/// standard television (BT.601), as players take it.
const HIGH_DEFINITION: (u32, u32) = (1280, 720);

/// How planes code colours (ITU-T H.273).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Coding {
    /// `MatrixCoefficients`: 0 is RGB itself, 1 is BT.709, 5 and 6 are BT.601, 9 is BT.2020.
    pub(super) matrix: u16,
    /// Whether samples use the full range, as JPEG's do, or leave room at both ends.
    pub(super) full_range: bool,
    /// Bits of a sample.
    pub(super) depth: u8,
}

impl Coding {
    /// The same for a picture of a video, whose columns and rows are these, as stored.
    pub(super) fn of_video(self, (columns, rows): (u32, u32)) -> Self {
        let high = columns >= HIGH_DEFINITION.0 || rows >= HIGH_DEFINITION.1;
        let matrix = match self.matrix {
            UNSPECIFIED if high => 1,
            UNSPECIFIED => 6,
            named => named,
        };
        Self { matrix, ..self }
    }

    /// What a sample of a plane stands for, from 0 to 1 of what the range can say; `value` is of full scale.
    fn level(self, plane: usize, value: f32) -> f32 {
        if self.full_range {
            return value;
        }
        let steps = (f64::from(1_u32 << self.depth) - 1.0) as f32;
        let unit = f32::from(1_u16 << (self.depth - 8));
        let span = if plane == 0 || self.matrix == 0 { 219.0 } else { 224.0 };
        (value * steps - 16.0 * unit) / (span * unit)
    }
}

/// A picture in planes of up to 16 bits; the first alone when it is grey.
#[derive(Clone, Debug)]
pub(super) struct Yuv {
    pub(super) coding: Coding,
    /// Brightness, and two colour differences that may be smaller.
    pub(super) planes: Canvas,
    /// How opaque each pixel is.
    pub(super) alpha: Option<Box<(Coding, Canvas)>>,
}

/// A part of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Crop {
    /// The whole picture's width and height.
    pub(super) coded: (u32, u32),
    /// The part's left and upper edge.
    pub(super) from: (u32, u32),
    /// Its width and height.
    pub(super) size: (u32, u32),
}

impl Crop {
    /// The same part of `samples` of a plane of this size, which may be smaller than the picture; and the part's size.
    fn of<S: Copy>(self, (width, height): (u32, u32), samples: &[S]) -> (u32, u32, Vec<S>) {
        let part = |from: u32, size: u32, own: u32, coded: u32| {
            let scaled = |at: u32| (u64::from(at) * u64::from(own) / u64::from(coded.max(1))) as u32;
            let start = scaled(from).min(own.saturating_sub(1));
            (start, scaled(from + size).clamp(start + 1, own.max(start + 1)) - start)
        };
        let (left, wide) = part(self.from.0, self.size.0, width, self.coded.0);
        let (top, tall) = part(self.from.1, self.size.1, height, self.coded.1);
        let rows = samples.chunks_exact(width.max(1) as usize).skip(top as usize).take(tall as usize);
        (wide, tall, rows.flat_map(|row| row[left as usize..(left + wide) as usize].to_vec()).collect())
    }

    fn apply(self, canvas: &mut Canvas) {
        match canvas {
            Canvas::Eight(planes) => {
                for plane in planes {
                    (plane.width, plane.height, plane.samples) = self.of((plane.width, plane.height), &plane.samples);
                }
            }
            Canvas::Deep(planes) => {
                for plane in planes {
                    (plane.width, plane.height, plane.samples) = self.of((plane.width, plane.height), &plane.samples);
                }
            }
        }
    }
}

/// Planes of eight bits where that suffices: half the memory.
#[derive(Clone, Debug)]
pub(super) enum Canvas {
    Eight(Vec<Plane>),
    Deep(Vec<Deep>),
}

impl Yuv {
    /// Leaves a part of the picture, and of its opacity.
    pub(super) fn crop(&mut self, crop: Crop) {
        crop.apply(&mut self.planes);
        if let Some(alpha) = &mut self.alpha {
            crop.apply(&mut alpha.1);
        }
    }

    /// The picture at the wanted size. Stays in planes when they are coded as JPEG's and nothing asks for RGB.
    pub(super) fn into_pixels(self, resizer: &mut Resizer, wanted: (u32, u32), want_rgb: bool) -> Pixels {
        let (width, height) = wanted;
        let coding = self.coding;
        let as_jpeg = coding.full_range && !matches!(coding.matrix, 0 | 1 | 4 | 7 | 8 | 9 | 10);
        if let (Canvas::Eight(planes), None, true, false) = (&self.planes, &self.alpha, as_jpeg, want_rgb) {
            let half = super::planes::chroma_size(width, height);
            let mut sized = planes.iter().enumerate().map(|(i, plane)| {
                let (width, height) = if i == 0 { wanted } else { half };
                plane.resized(width, height)
            });
            let y = sized.next().expect("there is a first plane");
            let chroma = sized.next().zip(sized.next()).map(|(cb, cr)| [cb, cr]);
            return Pixels::Planes(Planes { y, chroma });
        }
        let deep = matches!(self.planes, Canvas::Deep(_));
        let samples = Samples::of(self.planes, coding, resizer, wanted);
        let alpha = self.alpha.map(|alpha| {
            let (coding, canvas) = *alpha;
            Samples::of(canvas, coding, resizer, wanted)
        });
        let to_rgb = Matrix::of(coding);
        let count = width as usize * height as usize;
        let grey = samples.are_grey();
        let pixel = |i: usize| {
            let y = samples.level(0, i);
            let rgb = if grey { [y; 3] } else { to_rgb.rgb(y, samples.level(1, i), samples.level(2, i)) };
            match &alpha {
                // On white, as paper shows through where nothing was painted.
                Some(alpha) => {
                    let opaque = alpha.level(0, i).clamp(0.0, 1.0);
                    rgb.map(|v| v * opaque + 1.0 - opaque)
                }
                None => rgb,
            }
        };
        if deep {
            let mut samples = Vec::with_capacity(count * 3);
            samples.extend((0..count).flat_map(pixel).map(|v| (v.clamp(0.0, 1.0) * 65_535.0 + 0.5) as u16));
            return Pixels::Deep(Deep { width, height, channels: 3, samples });
        }
        let mut samples = Vec::with_capacity(count * 3);
        samples.extend((0..count).flat_map(pixel).map(|v| (v.clamp(0.0, 1.0) * 255.0 + 0.5) as u8));
        Pixels::Rgb(Rgb { width, height, samples })
    }
}

/// Planes at one size.
struct Samples {
    coding: Coding,
    planes: Canvas,
    /// What each value of eight bits stands for in the first plane, and in the others.
    levels: [[f32; 256]; 2],
}

impl Samples {
    fn of(canvas: Canvas, coding: Coding, resizer: &mut Resizer, (width, height): (u32, u32)) -> Self {
        let planes = match canvas {
            Canvas::Eight(planes) => {
                Canvas::Eight(planes.into_iter().map(|plane| plane.resized(width, height)).collect())
            }
            Canvas::Deep(planes) => {
                Canvas::Deep(planes.into_iter().map(|plane| plane.resized(resizer, width, height)).collect())
            }
        };
        let levels = [0, 1].map(|plane| std::array::from_fn(|value| coding.level(plane, value as f32 / 255.0)));
        Self { coding, planes, levels }
    }

    fn are_grey(&self) -> bool {
        match &self.planes {
            Canvas::Eight(planes) => planes.len() < 3,
            Canvas::Deep(planes) => planes.len() < 3,
        }
    }

    /// A sample of a plane, from 0 to 1 of what the coding's range can say.
    fn level(&self, plane: usize, at: usize) -> f32 {
        match &self.planes {
            Canvas::Eight(planes) => self.levels[plane.min(1)][usize::from(planes[plane].samples[at])],
            Canvas::Deep(planes) => self.coding.level(plane, f32::from(planes[plane].samples[at]) / 65_535.0),
        }
    }
}

/// The way from brightness and differences to RGB.
struct Matrix {
    identity: bool,
    kr: f32,
    kb: f32,
    /// What a difference of zero is coded as.
    middle: f32,
}

impl Matrix {
    fn of(coding: Coding) -> Self {
        let (kr, kb) = match coding.matrix {
            1 => (0.2126, 0.0722),
            4 => (0.30, 0.11),
            7 => (0.212, 0.087),
            9 | 10 => (0.2627, 0.0593),
            _ => (0.299, 0.114),
        };
        // In full range the middle is a half step above a half; studios' range is symmetric.
        let steps = (f64::from(1_u32 << coding.depth) - 1.0) as f32;
        let middle = if coding.full_range { f32::from(1_u16 << (coding.depth - 1)) / steps } else { 0.5 };
        Self { identity: coding.matrix == 0, kr, kb, middle }
    }

    fn rgb(&self, y: f32, cb: f32, cr: f32) -> [f32; 3] {
        if self.identity {
            return [cr, y, cb];
        }
        let (cb, cr) = (cb - self.middle, cr - self.middle);
        let red = y + 2.0 * (1.0 - self.kr) * cr;
        let blue = y + 2.0 * (1.0 - self.kb) * cb;
        [red, (y - self.kr * red - self.kb * blue) / (1.0 - self.kr - self.kb), blue]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one_pixel(coding: Coding, samples: [u16; 3]) -> [u8; 3] {
        let scale = 65_535.0 / f64::from((1_u32 << coding.depth) - 1);
        let plane = |v: u16| {
            let samples = vec![(f64::from(v) * scale).round() as u16];
            Deep { width: 1, height: 1, channels: 1, samples }
        };
        let planes = Canvas::Deep(samples.map(plane).to_vec());
        let Pixels::Deep(deep) = (Yuv { coding, planes, alpha: None }).into_pixels(&mut Resizer::new(), (1, 1), true)
        else {
            panic!("it is deep")
        };
        [0, 1, 2].map(|i| (deep.samples[i] / 257) as u8)
    }

    #[test]
    fn a_video_that_names_no_matrix_has_that_of_its_size() {
        let coding = |matrix| Coding { matrix, full_range: false, depth: 8 };
        for (size, matrix) in [((720, 576), 6), ((1280, 534), 1), ((720, 1280), 1), ((1920, 1080), 1)] {
            assert_eq!(coding(UNSPECIFIED).of_video(size).matrix, matrix, "{size:?}");
        }
        assert_eq!((coding(6).of_video((1920, 1080)).matrix, coding(9).of_video((640, 480)).matrix), (6, 9));
    }

    #[test]
    fn every_code_means_its_colours() {
        let full = Coding { matrix: 6, full_range: true, depth: 8 };
        assert_eq!(one_pixel(full, [255, 128, 128]), [255; 3]);
        let studio = Coding { matrix: 1, full_range: false, depth: 10 };
        assert_eq!(one_pixel(studio, [940, 512, 512]), [255; 3]);
        assert_eq!(one_pixel(studio, [64, 512, 512]), [0; 3]);
        // BT.709's own red: 0.2126 of brightness, and as much of Cr as there is.
        let [r, g, b] = one_pixel(studio, [250, 410, 960]);
        assert!(r >= 254 && g <= 1 && b <= 1, "{r} {g} {b}");
        let rgb = Coding { matrix: 0, full_range: true, depth: 8 };
        assert_eq!(one_pixel(rgb, [10, 20, 30]), [30, 10, 20]);
    }
}
