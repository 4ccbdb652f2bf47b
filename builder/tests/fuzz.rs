//! The bodies of the fuzz targets for what the owner writes, over their seeds and a bounded number of changes to them.

#[path = "../../fuzz/bodies/builder.rs"]
mod bodies;
#[path = "../../fuzz/bounded.rs"]
mod bounded;

use std::path::Path;

fn bounded(target: &str, count: usize, body: impl Fn(&[u8])) {
    bounded::over_seeds(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz"), target, count, body);
}

#[test]
fn descriptions_of_albums() {
    bounded("metadata_yml", 3000, bodies::metadata);
}

#[test]
fn settings_of_galleries() {
    bounded("gallery_yml", 3000, bodies::settings);
}
