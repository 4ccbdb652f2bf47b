//! `gallery_yml`: see `bodies/builder.rs`.
#![no_main]

#[path = "../bodies/builder.rs"]
#[allow(dead_code, reason = "each target runs one of the bodies")]
mod bodies;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bodies::settings(bytes));
