//! Requirement 28: the body of the fuzz target for notifications, over its seeds and a bounded number of changes to them.

#[path = "../../fuzz/bodies/gallery.rs"]
mod bodies;
#[path = "../../fuzz/bounded.rs"]
mod bounded;

use std::path::Path;

fn bounded(target: &str, count: usize, body: impl Fn(&[u8])) {
    bounded::over_seeds(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz"), target, count, body);
}

#[test]
fn requirement_28_notifications() {
    bounded("notification", 5000, bodies::notification);
}
