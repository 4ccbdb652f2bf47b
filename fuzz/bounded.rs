//! A fuzz target's body on any compiler: over its seeds, then over a bounded number of changes to them, which are the
//! same at every run. libFuzzer finds more, because it sees which branches are taken; this keeps the bodies true in
//! between, and takes a second.

use std::fs;
use std::path::Path;

/// Pieces that parsers of paths, cookies, JSON and base64 trip over.
const PIECES: [&[u8]; 32] = [
    b"\0",
    b"\n",
    b"\r\n",
    b"\t",
    b" ",
    b"/",
    b"//",
    b"/../",
    b"/./",
    b"%",
    b"%2F",
    b"%2e",
    b"\\",
    b";",
    b"; ",
    b"=",
    b",",
    b"\"",
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b".",
    b"..",
    b"-1",
    b"null",
    b"1e309",
    b"\xff",
    b"\xc3\xa4",
    b"\xe2\x80\xae",
    b"__Host-session=",
];

/// Runs `body` over the seeds of `target` in `fuzz/seeds` and `count` changes to them.
pub(crate) fn over_seeds(fuzz: &Path, target: &str, count: usize, body: impl Fn(&[u8])) {
    let folder = fuzz.join("seeds").join(target);
    let mut seeds: Vec<_> = fs::read_dir(&folder)
        .unwrap_or_else(|e| panic!("{}: {e}", folder.display()))
        .map(|file| fs::read(file.unwrap().path()).unwrap())
        .collect();
    seeds.sort();
    assert!(!seeds.is_empty(), "{target} has no seeds");
    for seed in &seeds {
        body(seed);
    }
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    for _ in 0..count {
        let mut bytes = seeds[dice.below(seeds.len())].clone();
        for _ in 0..=dice.below(5) {
            change(&mut bytes, &seeds, &mut dice);
        }
        body(&bytes);
    }
}

fn change(bytes: &mut Vec<u8>, seeds: &[Vec<u8>], dice: &mut Dice) {
    let at = dice.below(bytes.len() + 1);
    let end = (at + dice.below(8)).min(bytes.len());
    match dice.below(6) {
        0 if at < bytes.len() => bytes[at] ^= 1 << dice.below(8),
        1 => drop(bytes.drain(at..end)),
        2 => drop(bytes.splice(at..end, PIECES[dice.below(PIECES.len())].iter().copied())),
        3 => drop(bytes.splice(at..at, bytes[at..end].to_vec())),
        4 => {
            let other = &seeds[dice.below(seeds.len())];
            bytes.truncate(at);
            bytes.extend_from_slice(&other[dice.below(other.len() + 1)..]);
        }
        _ => bytes.insert(at, dice.below(256) as u8),
    }
}

/// Marsaglia's xorshift (2003): no secret, the same at every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % end.max(1)
    }
}
