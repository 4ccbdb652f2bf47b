//! What an Ed25519 verification costs without anything around it: the yardstick for `make bench`.
//!
//! Prints the nanoseconds of one verification of a message as long as a token, as JSON: `strict` as the gate does it,
//! `plain` without the refusal of points of small order.

use std::hint::black_box;
use std::time::Instant;

use ed25519_dalek::{Signer, SigningKey, Verifier};

/// Portions of this many verifications are timed and the median portion is told, as in the bench that asks.
const PORTION: u32 = 10;

fn main() {
    let length = std::env::args().nth(1).and_then(|length| length.parse().ok()).unwrap_or(400);
    let signing = SigningKey::from_bytes(&[7; 32]);
    let message = vec![b'a'; length];
    let signature = signing.sign(&message);
    let key = signing.verifying_key();
    let strict = time(|| key.verify_strict(black_box(&message), black_box(&signature)).is_ok());
    let plain = time(|| key.verify(black_box(&message), black_box(&signature)).is_ok());
    println!("{{\"strict\":{strict:.0},\"plain\":{plain:.0}}}");
}

fn time(verification: impl Fn() -> bool) -> f64 {
    assert!((0..50).all(|_| verification()), "the signature holds");
    let mut portions: Vec<_> = (0..40)
        .map(|_| {
            let since = Instant::now();
            assert!((0..PORTION).all(|_| black_box(verification())));
            since.elapsed().as_nanos() as f64 / f64::from(PORTION)
        })
        .collect();
    portions.sort_by(f64::total_cmp);
    portions[portions.len() / 2]
}
