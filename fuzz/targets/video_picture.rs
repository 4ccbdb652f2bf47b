//! `video_picture`: see `bodies/resizer.rs`.
#![no_main]

#[path = "../bodies/resizer.rs"]
#[allow(dead_code, reason = "each target runs one of the bodies")]
mod bodies;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bodies::first_picture(bytes));
