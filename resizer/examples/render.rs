//! Renders originals as the resizer would: `render [--widths 360,1200] [--formats jpeg,webp] [--out FOLDER] FILE…`
//!
//! With widths nothing but those is made. Prints the facts of each, or with `--quiet` nothing, and writes the renditions
//! into the folder. For the bench: `--as-heic FILE` writes an original as HEIC.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use gallery::renditions::Format;
use libjpeg_turbo_rs::{Decoder, PixelFormat};
use resizer::{Limits, Wanted, render_as};

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut wanted = Wanted::default();
    let (mut folder, mut heic, mut quiet, mut files) = (None, None, false, Vec::<PathBuf>::new());
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().with_context(|| format!("`{argument}` wants a value"));
        match argument.as_str() {
            "--widths" => {
                wanted.ladder = value()?.split(',').map(str::parse).collect::<Result<_, _>>()?;
                wanted.whole = false;
            }
            "--formats" => wanted.formats = value()?.split(',').map(format).collect::<Result<_>>()?,
            "--out" => folder = Some(PathBuf::from(value()?)),
            "--as-heic" => heic = Some(PathBuf::from(value()?)),
            "--quiet" => quiet = true,
            file => files.push(file.into()),
        }
    }
    for file in files {
        let bytes = std::fs::read(&file).with_context(|| format!("cannot read `{}`", file.display()))?;
        if let Some(heic) = &heic {
            std::fs::write(heic, as_heic(&bytes)?)?;
            continue;
        }
        match render_as(&bytes, &Limits::default(), &wanted) {
            Ok(rendered) => {
                if !quiet {
                    println!("{}: {}", file.display(), serde_json::to_string(&rendered.picture)?);
                }
                let name = file.file_stem().and_then(|name| name.to_str()).unwrap_or("picture");
                for (rendition, bytes) in rendered.all() {
                    if let Some(folder) = &folder {
                        write(folder, name, rendition.width, rendition.format, bytes)?;
                    }
                }
            }
            Err(rejection) => println!("{}: {rejection}", file.display()),
        }
    }
    Ok(())
}

/// A JPEG as HEIC, in tiles as phones write it.
fn as_heic(jpeg: &[u8]) -> Result<Vec<u8>> {
    let image = Decoder::new(jpeg)?.with_output_format(PixelFormat::Rgb).decode_image()?;
    let options = heifer::EncodeOptions { quality: 80, max_threads: 0 };
    Ok(heifer::encode_rgb8(image.width as u32, image.height as u32, &image.data, &options)?)
}

fn write(folder: &Path, name: &str, width: u32, format: Format, bytes: &[u8]) -> Result<()> {
    let path = folder.join(format!("{name}-{width}.{}", format.extension()));
    std::fs::write(&path, bytes).with_context(|| format!("cannot write `{}`", path.display()))
}

fn format(name: &str) -> Result<Format> {
    let Some(format) = Format::ALL.into_iter().find(|format| format.extension() == name || name == "jpeg") else {
        bail!("`{name}` is no format: jpeg, webp or avif");
    };
    Ok(format)
}
