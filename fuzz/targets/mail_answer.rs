//! `mail_answer`: see `bodies/mail.rs`.
#![no_main]

#[path = "../bodies/mail.rs"]
mod bodies;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bodies::answer(bytes));
