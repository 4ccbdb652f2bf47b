//! `notification`: see `bodies/gallery.rs`.
#![no_main]

#[path = "../bodies/gallery.rs"]
mod bodies;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bodies::notification(bytes));
