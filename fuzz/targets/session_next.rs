//! `session_next`: see `bodies/session.rs`.
#![no_main]

#[path = "../bodies/session.rs"]
#[allow(dead_code, reason = "each target runs one of the bodies")]
mod bodies;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bodies::next(bytes));
