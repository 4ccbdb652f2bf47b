//! Requirement 28: the bodies of the fuzz targets, over their seeds and a bounded number of changes to them.

#[path = "../../../fuzz/bodies/session.rs"]
mod bodies;
#[path = "../../../fuzz/bounded.rs"]
mod bounded;

use std::path::Path;

fn bounded(target: &str, count: usize, body: impl Fn(&[u8])) {
    bounded::over_seeds(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz"), target, count, body);
}

#[test]
fn requirement_28_cookies() {
    bounded("session_cookie", 20_000, bodies::cookie);
}

#[test]
fn requirement_28_paths() {
    bounded("session_path", 20_000, bodies::path);
}

#[test]
fn requirement_28_next() {
    bounded("session_next", 20_000, bodies::next);
}

#[test]
fn requirement_28_tokens() {
    bounded("session_token", 3000, bodies::token);
}

#[test]
fn requirement_28_events() {
    bounded("session_event", 10_000, bodies::event);
}

#[test]
fn requirement_28_public_keys() {
    bounded("session_keys", 5000, bodies::keys);
}
