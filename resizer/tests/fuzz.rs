//! The bodies of the fuzz targets for pictures, over their seeds (`fuzz/mutate.py` draws and breaks them) and a bounded
//! number of changes to them.

#[path = "../../fuzz/bodies/resizer.rs"]
mod bodies;
#[path = "../../fuzz/bounded.rs"]
mod bounded;

use std::path::Path;

fn bounded(target: &str, count: usize, body: impl Fn(&[u8])) {
    bounded::over_seeds(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz"), target, count, body);
}

#[test]
fn pictures() {
    for kind in ["jpeg", "png", "webp", "gif", "tiff", "bmp", "heic", "avif", "raw"] {
        bounded(&format!("picture_{kind}"), 150, bodies::picture);
    }
}

#[test]
fn headers_of_videos() {
    bounded("video", 5000, bodies::video);
}

#[test]
fn first_pictures_of_videos() {
    bounded("video_picture", 1000, bodies::first_picture);
}
