//! Requirement 28: the bodies of the fuzz targets for what strangers send to login,
//! over their seeds and a bounded number of changes to them.

#[path = "../../../fuzz/bodies/login.rs"]
mod bodies;
#[path = "../../../fuzz/bounded.rs"]
mod bounded;

use std::path::Path;

fn bounded(target: &str, count: usize, body: impl Fn(&[u8])) {
    bounded::over_seeds(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz"), target, count, body);
}

#[test]
fn requirement_28_requests() {
    bounded("login_request", 10000, bodies::request);
}

#[test]
fn requirement_28_questions_for_uploads() {
    bounded("login_upload", 5000, bodies::upload);
}
