//! Pictures of more than eight bits a channel, which keep them until the last step before an encoder.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{PixelType, ResizeOptions, Resizer};

use super::planes::{Plane, Planes};

/// Samples of 16 bits (0 to 65,535, whatever the original's depth), interleaved: one channel or three.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Deep {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// 1 for a plane, 3 for RGB.
    pub(crate) channels: usize,
    pub(crate) samples: Vec<u16>,
}

impl Deep {
    /// Another size.
    pub(crate) fn resized(self, resizer: &mut Resizer, width: u32, height: u32) -> Self {
        if (self.width, self.height) == (width, height) {
            return self;
        }
        let kind = if self.channels == 1 { PixelType::U16 } else { PixelType::U16x3 };
        let input = ImageRef::new(self.width, self.height, bytemuck::cast_slice(&self.samples), kind)
            .expect("a picture has as many samples as its sides say");
        let mut output = Image::new(width, height, kind);
        resizer.resize(&input, &mut output, &ResizeOptions::new()).expect("both pictures are of one kind");
        let samples = bytemuck::pod_collect_to_vec(output.buffer());
        Self { width, height, channels: self.channels, samples }
    }

    /// The same picture in planes of eight bits: JFIF's conversion, rounded once, at its end.
    pub(crate) fn to_planes(&self) -> Planes {
        let plane = |samples| Plane { width: self.width, height: self.height, samples };
        let eight = |value: u16| ((u32::from(value) + 128) / 257) as u8;
        if self.channels == 1 || self.samples.chunks_exact(3).all(|p| p[0] == p[1] && p[1] == p[2]) {
            return Planes {
                y: plane(self.samples.iter().step_by(self.channels).map(|&v| eight(v)).collect()),
                chroma: None,
            };
        }
        let count = self.samples.len() / 3;
        let mut split = [Vec::with_capacity(count), Vec::with_capacity(count), Vec::with_capacity(count)];
        for pixel in self.samples.chunks_exact(3) {
            let [r, g, b] = [pixel[0], pixel[1], pixel[2]].map(|v| f32::from(v) / 257.0);
            let ycc = [
                0.299 * r + 0.587 * g + 0.114 * b,
                128.0 - 0.168_736 * r - 0.331_264 * g + 0.5 * b,
                128.0 + 0.5 * r - 0.418_688 * g - 0.081_312 * b,
            ];
            for (samples, value) in split.iter_mut().zip(ycc) {
                samples.push((value + 0.5) as u8);
            }
        }
        let [y, cb, cr] = split.map(plane);
        Planes { y, chroma: Some([cb, cr]) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ramp_of_sixteen_bits_stays_smooth() {
        let samples = (0..1024_u16).flat_map(|x| [x * 16; 3]).collect();
        let ramp = Deep { width: 1024, height: 1, channels: 3, samples };
        let planes = ramp.resized(&mut Resizer::new(), 512, 1).to_planes();
        assert!(planes.chroma.is_none());
        assert!(planes.y.samples.windows(2).all(|pair| pair[1] >= pair[0] && pair[1] - pair[0] <= 1));
        assert_eq!(planes.y.samples[256], 32);
    }

    #[test]
    fn colours_are_those_of_eight_bits() {
        let samples = [200_u16, 40, 90].map(|v| v * 257).to_vec();
        let planes = Deep { width: 1, height: 1, channels: 3, samples }.to_planes();
        let [cb, cr] = planes.chroma.unwrap();
        let ycc = super::super::colour::rgb_to_ycc(200, 40, 90);
        assert_eq!([planes.y.samples[0], cb.samples[0], cr.samples[0]], ycc);
    }
}
