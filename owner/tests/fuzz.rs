//! Requirement 28: the bodies of the fuzz targets for files that the owner's command reads,
//! over their seeds and a bounded number of changes to them.

#[path = "../../fuzz/bodies/owner.rs"]
mod bodies;
#[path = "../../fuzz/bounded.rs"]
mod bounded;

use std::path::Path;

fn bounded(target: &str, count: usize, body: impl Fn(&[u8])) {
    bounded::over_seeds(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz"), target, count, body);
}

#[test]
fn requirement_28_htpasswd() {
    bounded("htpasswd", 3000, bodies::htpasswd);
}

#[test]
fn requirement_28_users_toml() {
    bounded("users_toml", 3000, bodies::users_toml);
}

#[test]
fn requirement_28_takeout_json() {
    bounded("takeout_json", 5000, bodies::takeout_json);
}
