//! `front_headers`: see `bodies/local.rs`.
#![no_main]

#[path = "../bodies/local.rs"]
mod bodies;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bodies::headers(bytes));
