//! What a rendition says beside its pixels: nothing. Looked for by our own walk and by a reader that is not ours.

use std::path::Path;
use std::process::Command;

use gallery::renditions::Format;
use libjpeg_turbo_rs::Subsampling;
use resizer::{Limits, Rendered, Wanted, render_as, video_picture};

use crate::drawn::{chunks, encoder, fixture, jpeg, quarters, raw, rendered, segments};
use crate::formats::record;
use crate::videos::parts;

const XMP: &str = r#"<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
    xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="3"><dc:subject><rdf:Bag><rdf:li>secret keyword</rdf:li></rdf:Bag>
    </dc:subject></rdf:Description></rdf:RDF></x:xmpmeta>"#;

/// Originals that say all that they can: place, serial number, thumbnail, comment, profile, keywords.
fn talkative() -> Vec<Rendered> {
    let picture = quarters(1500, 1000);
    let p3 = moxcms::ColorProfile::new_display_p3().encode().unwrap();
    let mut told = encoder(&picture, Subsampling::S420)
        .exif_data(&record())
        .xmp_data(XMP.as_bytes())
        .icc_profile(&p3)
        .comment("a secret place")
        .encode()
        .unwrap();
    // A gain map behind the end, as Ultra HDR has it, with words of its own.
    told.extend(encoder(&quarters(200, 100), Subsampling::S420).comment("secret gain map").encode().unwrap());
    let metadata = heifer::Metadata { exif: Some(record()), xmp: Some(XMP.into()), icc_profile: Some(p3) };
    let data = image::DynamicImage::from(picture.clone()).to_rgba8().into_raw().into_iter().map(u16::from).collect();
    let image = heifer::Image { width: 1500, height: 1000, bit_depth: 8, has_alpha: false, data };
    let options = heifer::EncodeOptions { quality: 80, max_threads: 1 };
    let heic = heifer::encode_with_metadata(&image, &metadata, &options).unwrap();
    let raw = raw(&jpeg(&picture, Subsampling::S420), 1, &[(0x010E, "a secret place")]);
    let mut all: Vec<Rendered> = [told.clone(), heic, raw, fixture("turned.avif"), fixture("moving.webp")]
        .iter()
        .map(|original| rendered(original))
        .collect();
    let avif = Wanted { ladder: vec![300], formats: vec![Format::Jpeg, Format::Avif] };
    all.push(render_as(&told, &Limits::default(), &avif).unwrap());
    let (headers, sample) = parts(&fixture("quarters.mp4"));
    all.push(video_picture(&headers, &sample, &Limits::default(), &Wanted::default()).unwrap().unwrap());
    all
}

/// Requirement 27.
#[test]
fn renditions_carry_no_metadata() {
    let all = talkative();
    assert_eq!(all[0].picture.keywords, ["secret keyword"]);
    assert_eq!(all[0].picture.rating, Some(3));
    assert!(all[0].picture.position.is_some() && all[1].picture.position.is_some(), "it is kept in the facts alone");
    for (rendition, bytes) in all.iter().flat_map(|rendered| &rendered.renditions) {
        for word in [&b"secret"[..], b"Exif", b"http:", b"ICC_PROFILE", b"Adobe", b"acsp"] {
            assert!(!bytes.windows(word.len()).any(|w| w == word), "{}", String::from_utf8_lossy(word));
        }
        match rendition.format {
            Format::Jpeg => {
                for (code, body) in segments(bytes) {
                    let plain = match code {
                        // JFIF, without a thumbnail.
                        0xE0 => body.starts_with(b"JFIF\0") && body.len() == 14 && body[12..14] == [0, 0],
                        0xC0 | 0xC4 | 0xDA | 0xDB => true,
                        _ => false,
                    };
                    assert!(plain, "segment {code:02x}: {body:?}");
                }
                assert!(bytes.ends_with(&[0xFF, 0xD9]));
                let ends = bytes.windows(2).filter(|pair| *pair == [0xFF, 0xD9]).count();
                assert_eq!(ends, 1, "nothing comes after the picture");
            }
            Format::WebP => assert_eq!(chunks(bytes), [*b"VP8 "]),
            // One item, which is the picture: no EXIF, no XMP, no profile but the four numbers of sRGB.
            Format::Avif => {
                let file = heifer_isobmff::HeifFile::parse(bytes).unwrap();
                assert!(file.exif(file.primary_id).is_ok_and(|found| found.is_none()));
                assert!(file.xmp(file.primary_id).is_ok_and(|found| found.is_none()));
                assert!(file.icc_profile(file.primary_id).is_ok_and(|found| found.is_none()));
            }
        }
    }
}

#[test]
fn an_independent_reader_finds_no_metadata_either() {
    let folder = tempfile::tempdir().unwrap();
    let mut count = 0;
    for (i, rendered) in talkative().into_iter().enumerate() {
        for (rendition, bytes) in rendered.renditions {
            let name = format!("{i}-{}.{}", rendition.width, rendition.format.extension());
            std::fs::write(folder.path().join(name), bytes).unwrap();
            count += 1;
        }
    }
    let Some(python) = std::env::var_os("HEIRLOOM_PYTHON") else {
        println!("skipped: HEIRLOOM_PYTHON names no Python with Pillow; `make test` sets it");
        return;
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/all/metadata.py");
    let output = Command::new(python).arg(script).arg(folder.path()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(said.trim(), format!("{count} pictures without metadata"));
}
