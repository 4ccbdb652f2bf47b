//! Tokens that have held before, so that the fifty pictures of a page cost one signature and not fifty.
//!
//! What is remembered is that *this whole token* was signed by a key of this verifier and says this. That can never
//! become untrue; what can, its times, is asked at every use. Failures are not remembered: they would let anybody fill
//! the memory with noise, and they cost an attacker's time, not a viewer's.
//!
//! Two halves make it bounded: new tokens go into the young half; when that is full it becomes the old half, and what
//! the old half held is forgotten. A hit in the old half moves to the young one. So the tokens in use stay, every
//! operation is one or two look-ups, and there is no list to keep in order. Only somebody with many sessions of their
//! own could push others out, and then those are just verified again.

use std::collections::HashMap;
use std::fmt;
use std::mem;
use std::sync::Mutex;

use super::Verified;

/// How many tokens are remembered at most. With the longest tokens that is 256 × (3,500 bytes and the session in them),
/// about 2 MB of the 128 that Lambda@Edge gives.
pub(super) const CAPACITY: usize = 256;

/// The tokens that held. A poisoned lock remembers nothing: then every token is verified.
#[derive(Default)]
pub(super) struct Seen(Mutex<Halves>);

#[derive(Default)]
struct Halves {
    young: HashMap<Box<str>, Verified>,
    old: HashMap<Box<str>, Verified>,
}

impl Seen {
    /// What this token was found to say. The caller still has to check its times.
    pub(super) fn get(&self, token: &str) -> Option<Verified> {
        let mut halves = self.0.lock().ok()?;
        if let Some(verified) = halves.young.get(token) {
            return Some(verified.clone());
        }
        let (token, verified) = halves.old.remove_entry(token)?;
        halves.keep(token, verified.clone());
        Some(verified)
    }

    /// Remembers a token that held.
    pub(super) fn keep(&self, token: &str, verified: &Verified) {
        if let Ok(mut halves) = self.0.lock() {
            halves.keep(token.into(), verified.clone());
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        let halves = self.0.lock().unwrap();
        halves.young.len() + halves.old.len()
    }
}

impl Halves {
    fn keep(&mut self, token: Box<str>, verified: Verified) {
        if self.young.len() >= CAPACITY / 2 {
            self.old = mem::take(&mut self.young);
        }
        self.young.insert(token, verified);
    }
}

/// Whoever clones a verifier gets one that has seen nothing.
impl Clone for Seen {
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// Tokens are not shown.
impl fmt::Debug for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seen")
    }
}
