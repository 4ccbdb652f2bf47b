//! `quality REFERENCE PICTURE…`: a line for each picture: SSIMULACRA2 (100 is the same, 70 is high quality) and
//! butteraugli (0 is the same, 1 is hardly visible).

use anyhow::{Context, Result};
use butteraugli::{ButteraugliParams, Img, RGB8, butteraugli};
use image::RgbImage;
use ssimulacra2::{ColorPrimaries, Rgb, TransferCharacteristic, compute_frame_ssimulacra2};

fn main() -> Result<()> {
    let mut names = std::env::args().skip(1);
    let reference = open(&names.next().context("which picture is the reference?")?)?;
    for name in names {
        let picture = open(&name)?;
        let ssimulacra2 = compute_frame_ssimulacra2(light(&reference)?, light(&picture)?)?;
        let butteraugli =
            butteraugli(pixels(&reference).as_ref(), pixels(&picture).as_ref(), &ButteraugliParams::default())
                .map_err(|error| anyhow::anyhow!("{error}"))?;
        println!("{ssimulacra2:.2} {:.3}", butteraugli.score);
    }
    Ok(())
}

fn open(name: &str) -> Result<RgbImage> {
    Ok(image::open(name).with_context(|| format!("cannot read `{name}`"))?.into_rgb8())
}

fn light(picture: &RgbImage) -> Result<Rgb> {
    let samples = picture.pixels().map(|p| p.0.map(|v| f32::from(v) / 255.0)).collect();
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    Ok(Rgb::new(samples, width, height, TransferCharacteristic::SRGB, ColorPrimaries::BT709)?)
}

fn pixels(picture: &RgbImage) -> Img<Vec<RGB8>> {
    let samples = picture.pixels().map(|p| RGB8::new(p[0], p[1], p[2])).collect();
    Img::new(samples, picture.width() as usize, picture.height() as usize)
}
