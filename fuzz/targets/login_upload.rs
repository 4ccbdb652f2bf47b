//! `login_upload`: see `bodies/login.rs`.
#![no_main]

#[path = "../bodies/login.rs"]
#[allow(dead_code, reason = "each target runs one of the bodies")]
mod bodies;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bodies::upload(bytes));
