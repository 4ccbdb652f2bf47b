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
    xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="3"
    xmlns:p="http://ns.adobe.com/photoshop/1.0/" p:City="secret city"><dc:subject><rdf:Bag><rdf:li>secret keyword</rdf:li></rdf:Bag>
    </dc:subject></rdf:Description></rdf:RDF></x:xmpmeta>"#;

/// IPTC datasets as JPEG holds them: in Photoshop's resource 1028, in an APP13 segment.
fn with_iptc(jpeg: &[u8], datasets: &[(u8, &str)]) -> Vec<u8> {
    let short = |length: usize| (length as u16).to_be_bytes();
    let iptc: Vec<u8> = datasets
        .iter()
        .flat_map(|(number, value)| [&[0x1C, 2, *number][..], &short(value.len()), value.as_bytes()].concat())
        .collect();
    let resource = [b"Photoshop 3.0\08BIM\x04\x04\0\0\0\0", &short(iptc.len())[..], &iptc].concat();
    [&jpeg[..2], &[0xFF, 0xED], &short(resource.len() + 2), &resource, &jpeg[2..]].concat()
}

#[test]
fn places_that_somebody_wrote_are_in_the_facts() {
    let picture = quarters(300, 200);
    let xmp = r#"<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
        <rdf:Description xmlns:p="http://ns.adobe.com/photoshop/1.0/" p:City="Lisboa" p:Country="Portugal"
        xmlns:c="http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/" c:Location="Alfama"/></rdf:RDF></x:xmpmeta>"#;
    let jpeg = |encoder: libjpeg_turbo_rs::Encoder<'_>| encoder.encode().unwrap();
    let told = jpeg(encoder(&picture, Subsampling::S420).xmp_data(xmp.as_bytes()));
    assert_eq!(rendered(&told).picture.places, ["Alfama", "Lisboa", "Portugal"]);
    let plain = jpeg(encoder(&picture, Subsampling::S420));
    let older = with_iptc(&plain, &[(90, "Köln"), (101, "Germany"), (92, "Rheinufer"), (25, "raft")]);
    assert_eq!(rendered(&older).picture.places, ["Rheinufer", "Köln", "Germany"]);
    assert_eq!(
        rendered(&with_iptc(&told, &[(90, "Lisboa"), (95, "Estremadura")])).picture.places.last().unwrap(),
        "Estremadura"
    );
    // Where it was taken is no word.
    assert!(rendered(&jpeg(encoder(&picture, Subsampling::S420).exif_data(&record()))).picture.places.is_empty());
    for (_, bytes) in rendered(&older).renditions {
        assert!(!bytes.windows(7).any(|found| found == b"Germany"));
    }
}

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
    let mut all: Vec<Rendered> = [told.clone(), heic.clone(), raw, fixture("turned.avif"), fixture("moving.webp")]
        .iter()
        .map(|original| rendered(original))
        .collect();
    let avif = Wanted { ladder: vec![300], formats: vec![Format::Jpeg, Format::Avif], whole: true };
    all.push(render_as(&told, &Limits::default(), &avif).unwrap());
    let small = Wanted { ladder: vec![300], ..Wanted::default() };
    all.push(render_as(&heic, &Limits::default(), &small).unwrap());
    assert!(all.last().is_some_and(|rendered| rendered.whole.is_some()));
    let (headers, sample) = parts(&fixture("quarters.mp4"));
    all.push(video_picture(&headers, &sample, &Limits::default(), &Wanted::default()).unwrap().unwrap());
    all
}

/// Requirement 27.
#[test]
fn renditions_carry_no_metadata() {
    let all = talkative();
    assert_eq!(all[0].picture.keywords, ["secret keyword"]);
    assert_eq!(all[0].picture.places, ["secret city"]);
    assert_eq!(all[0].picture.rating, Some(3));
    assert!(all[0].picture.position.is_some() && all[1].picture.position.is_some(), "it is kept in the facts alone");
    for (rendition, bytes) in all.iter().flat_map(Rendered::all) {
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
        for (rendition, bytes) in rendered.all() {
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
