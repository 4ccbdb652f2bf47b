//! AVIF out: lossy, from planes, without metadata. For galleries that ask for it: it costs several times what WebP does.

use avif_serialize::Aviffy;
use avif_serialize::constants as container;
use rav1e::prelude::{
    ChromaSampling, ColorDescription, ColorPrimaries, Config, Context, EncoderConfig, EncoderStatus,
    MatrixCoefficients, PixelRange, Rational, SpeedSettings, TransferCharacteristics,
};

use super::Rejection;
use super::planes::Quartered;

/// How coarsely frequencies are coded, of 255: so that the file is lighter than the WebP beside it.
const QUANTIZER: usize = 135;

/// How hastily the encoder works, of 10. At 9 a picture takes three to ten times as long as its WebP.
const SPEED: u8 = 9;

/// The sides that are written: the encoder wants sixteen pixels, and beyond the largest AV1 asks for several tiles.
pub(super) const SIDES: std::ops::RangeInclusive<u32> = 16..=4096;

/// Writes a picture as AVIF.
pub(super) fn encode(picture: &Quartered<'_>) -> Result<Vec<u8>, Rejection> {
    let failed = |why: String| Rejection::Limit(format!("it cannot be written as AVIF: {why}"));
    let (width, height) = (picture.y.width as usize, picture.y.height as usize);
    let grey = picture.chroma.is_none();
    // JPEG's planes: BT.601 in full range, of sRGB.
    let colours = ColorDescription {
        color_primaries: ColorPrimaries::BT709,
        transfer_characteristics: TransferCharacteristics::SRGB,
        matrix_coefficients: MatrixCoefficients::BT601,
    };
    let config = EncoderConfig {
        width,
        height,
        bit_depth: 8,
        chroma_sampling: if grey { ChromaSampling::Cs400 } else { ChromaSampling::Cs420 },
        pixel_range: PixelRange::Full,
        color_description: Some(colours),
        time_base: Rational::new(1, 1),
        sample_aspect_ratio: Rational::new(1, 1),
        still_picture: true,
        low_latency: false,
        quantizer: QUANTIZER,
        min_quantizer: QUANTIZER as u8,
        speed_settings: SpeedSettings::from_preset(SPEED),
        ..EncoderConfig::default()
    };
    // One thread: photos are encoded beside each other.
    let config = Config::new().with_encoder_config(config).with_threads(1);
    let mut context: Context<u8> = config.new_context().map_err(|error| failed(error.to_string()))?;
    let mut frame = context.new_frame();
    let planes = std::iter::once(picture.y).chain(picture.chroma.iter().flatten());
    for (to, from) in frame.planes.iter_mut().zip(planes) {
        to.copy_from_raw_u8(&from.samples, from.width as usize, 1);
    }
    context.send_frame(frame).map_err(|error| failed(error.to_string()))?;
    context.flush();
    let mut coded = Vec::new();
    loop {
        match context.receive_packet() {
            Ok(packet) => coded.extend(packet.data),
            Err(EncoderStatus::Encoded) => {}
            Err(EncoderStatus::LimitReached) => break,
            Err(error) => return Err(failed(error.to_string())),
        }
    }
    let file = Aviffy::new()
        .set_matrix_coefficients(container::MatrixCoefficients::Bt601)
        .set_transfer_characteristics(container::TransferCharacteristics::Srgb)
        .set_color_primaries(container::ColorPrimaries::Bt709)
        .set_full_color_range(true)
        .set_seq_profile(0)
        .set_monochrome(grey)
        .set_chroma_subsampling((true, true))
        .to_vec(&coded, None, width as u32, height as u32, 8);
    Ok(file)
}
