//! `takeout_json`: see `bodies/owner.rs`.
#![no_main]

#[path = "../bodies/owner.rs"]
#[allow(dead_code, reason = "each target runs one of the bodies")]
mod bodies;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bodies::takeout_json(bytes));
