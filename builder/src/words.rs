//! Words that can be searched for, and a filter that says which albums may hold them.
//!
//! The search runs in the browser (`web/src/search/`), over the pages themselves. So that it does not have to load every
//! album of a large library, each card carries a Bloom filter (Bloom, 1970) over the beginnings of the words in its album:
//! what the filter denies is certainly not there. Both sides have to agree to the bit; `web/test/words.json` holds what
//! both are tested with.

use std::collections::BTreeSet;

use data_encoding::BASE64_NOPAD;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Words are known by their first three letters and by their first five: people look while they type.
const BEGINNINGS: [usize; 2] = [3, 5];

/// So many bits a word's beginning: about one in a hundred is said to be there and is not.
const BITS: usize = 10;

/// So many bits are set for each.
const HASHES: u32 = 4;

/// The largest filter, in bytes: with many more words than fit, more albums are looked into than need be.
const LARGEST: usize = 128;

/// The words of a text without marks and case, `Über's` being `uber` and `s`.
pub(crate) fn words(text: &str) -> Vec<String> {
    let folded = text.nfkd().filter(|&c| !is_combining_mark(c)).collect::<String>().to_lowercase();
    folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// The beginnings of words that a filter knows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Beginnings(BTreeSet<String>);

impl Beginnings {
    /// Adds the words of a text.
    pub(crate) fn add(&mut self, text: &str) {
        for word in words(text) {
            for run in runs(&word) {
                self.add_run(&run);
            }
        }
    }

    fn add_run(&mut self, run: &[char]) {
        if run.first().copied().is_some_and(is_unspaced) {
            // Without spaces between words anything may be one: each letter, and each two in a row.
            self.0.extend(run.iter().map(char::to_string));
            self.0.extend(run.windows(2).map(|two| two.iter().collect()));
            return;
        }
        let beginnings = BEGINNINGS.iter().filter(|&&length| run.len() >= length);
        self.0.extend(beginnings.map(|&length| run[..length].iter().collect::<String>()));
        if run.len() < BEGINNINGS[0] {
            self.0.insert(run.iter().collect());
        }
    }

    /// The filter, in base64; empty when there are no words.
    pub(crate) fn filter(&self) -> String {
        if self.0.is_empty() {
            return String::new();
        }
        let mut bytes = vec![0_u8; (self.0.len() * BITS).div_ceil(8).min(LARGEST)];
        let bits = u32::try_from(bytes.len() * 8).expect("a filter is small");
        for beginning in &self.0 {
            let (first, step) = (hash(beginning.as_bytes(), 0), hash(beginning.as_bytes(), 1) | 1);
            for n in 0..HASHES {
                let bit = (first.wrapping_add(step.wrapping_mul(n)) % bits) as usize;
                bytes[bit / 8] |= 1 << (bit % 8);
            }
        }
        BASE64_NOPAD.encode(&bytes)
    }
}

/// A word in runs of letters that are written with spaces between words, and of those that are not.
fn runs(word: &str) -> Vec<Vec<char>> {
    let mut runs: Vec<Vec<char>> = Vec::new();
    for c in word.chars() {
        match runs.last_mut().filter(|run| run.last().is_some_and(|&last| is_unspaced(last) == is_unspaced(c))) {
            Some(run) => run.push(c),
            None => runs.push(vec![c]),
        }
    }
    runs
}

/// Kana and the characters of Chinese (Unicode, blocks), which are written without spaces.
fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// FNV-1a (Fowler, Noll, Vo), 32 bits, begun with another byte for each `seed`.
fn hash(bytes: &[u8], seed: u8) -> u32 {
    let step = |value: u32, byte: u8| (value ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    bytes.iter().fold(step(0x811c_9dc5, seed), |value, &byte| step(value, byte))
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Agreed {
        texts: Vec<(String, Vec<String>, String)>,
    }

    /// `node web/test/words.mjs` tests the browser's side with the same file.
    #[test]
    fn the_browser_and_the_builder_agree() {
        let agreed: Agreed = serde_json::from_str(include_str!("../web/test/words.json")).unwrap();
        assert!(agreed.texts.len() >= 8);
        for (text, expected, filter) in agreed.texts {
            let mut beginnings = Beginnings::default();
            beginnings.add(&text);
            assert_eq!((words(&text), beginnings.filter()), (expected, filter), "{text}");
        }
    }

    #[test]
    fn a_filter_stays_small() {
        let mut beginnings = Beginnings::default();
        assert_eq!(beginnings.filter(), "");
        for n in 0..20_000 {
            beginnings.add(&format!("w{n}"));
        }
        assert!(beginnings.filter().len() <= LARGEST.div_ceil(3) * 4);
    }
}
