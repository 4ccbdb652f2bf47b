//! What must hold for whatever is uploaded as a picture. Each function takes any bytes and panics when it does not.

use std::time::Duration;

use gallery::renditions::Format;
use resizer::{Limits, Rejection, Rendered, Wanted, render_as, video_facts, video_picture};

/// Small ones, so that many are tried: what is bounded by them is bounded by larger ones too.
fn limits() -> Limits {
    Limits { bytes: 1 << 20, pixels: 1 << 20, side: 8192, memory: 64 << 20, time: Duration::from_secs(10) }
}

fn wanted() -> Wanted {
    Wanted { ladder: vec![16, 64], formats: vec![Format::Jpeg, Format::WebP], whole: true }
}

/// A picture of any kind: an answer, and renditions that are what they are said to be.
pub(crate) fn picture(bytes: &[u8]) {
    answered(render_as(bytes, &limits(), &wanted()));
}

fn answered(answer: Result<Rendered, Rejection>) {
    match answer {
        Ok(rendered) => {
            let picture = &rendered.picture;
            assert!(u64::from(picture.width) * u64::from(picture.height) <= limits().pixels);
            assert!(!rendered.renditions.is_empty() && rendered.all().count() == picture.all().count());
            for (rendition, bytes) in rendered.all() {
                assert!(rendition.width <= picture.width && rendition.height <= picture.height, "it was enlarged");
                assert_eq!(bytes.len() as u64, rendition.bytes);
                let begins: &[u8] = if rendition.format == Format::Jpeg { &[0xFF, 0xD8, 0xFF] } else { b"RIFF" };
                assert!(bytes.starts_with(begins));
            }
            let named = picture.keywords.iter().chain(&picture.places);
            for word in named.chain(&picture.caption).chain(&picture.camera).chain(&picture.lens) {
                assert!(word.chars().count() <= 2000 && !word.chars().any(|c| c == '\0'), "{word:?}");
            }
            assert!(picture.position.is_none_or(|at| at.latitude.abs() <= 90.0 && at.longitude.abs() <= 180.0));
            assert!(picture.rating.is_none_or(|rating| (1..=5).contains(&rating)));
            serde_json::to_vec(picture).expect("facts can always be written");
        }
        Err(Rejection::TooSlow(_)) => panic!("it took longer than ten seconds"),
        Err(reason) => assert!(!reason.to_string().is_empty()),
    }
}

/// The first picture of a video: four bytes that say how long the headers are, the headers, and the picture's bytes, which
/// a file has anywhere.
pub(crate) fn first_picture(bytes: &[u8]) {
    let Some((length, rest)) = bytes.split_first_chunk() else { return };
    let (headers, sample) = rest.split_at((u32::from_be_bytes(*length) as usize).min(rest.len()));
    if let Some(answer) = video_picture(headers, sample, &limits(), &wanted()) {
        answered(answer);
    }
}

/// A video's headers.
pub(crate) fn video(bytes: &[u8]) {
    if let Some(facts) = video_facts(bytes) {
        assert!(facts.duration.is_finite() && facts.duration >= 0.0);
        assert!(facts.rotation < 360 && facts.rotation % 90 == 0);
        serde_json::to_vec(&facts).expect("facts can always be written");
    }
}
