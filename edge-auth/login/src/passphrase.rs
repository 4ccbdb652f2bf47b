//! Passphrases for people: six words, drawn from a list of 1,024.
//!
//! Ten bits a word make sixty bits. Behind argon2id that outlasts any guessing, and it can be read out over a telephone.

/// How many words a passphrase has.
const WORDS: usize = 6;

/// Short, common, hard to mishear, one a line; a power of two of them, so that every word is equally likely.
static LIST: &str = include_str!("password/words.txt");

/// A new passphrase. `random` fills a slice with random bytes.
pub fn generate(mut random: impl FnMut(&mut [u8])) -> String {
    let words: Vec<&str> = LIST.lines().collect();
    let mut drawn = [""; WORDS];
    for word in &mut drawn {
        let mut bytes = [0; 2];
        random(&mut bytes);
        *word = words[usize::from(u16::from_le_bytes(bytes)) % words.len()];
    }
    drawn.join("-")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_list_is_1024_different_short_words() {
        let words: BTreeSet<&str> = LIST.lines().collect();
        assert_eq!(words.len(), 1024);
        assert_eq!(LIST.lines().count(), 1024);
        assert!(words.iter().all(|w| (3..=7).contains(&w.len()) && w.bytes().all(|b| b.is_ascii_lowercase())));
    }

    #[test]
    fn a_passphrase_follows_the_random_bytes_and_is_a_fit_password() {
        let mut count = 0u8;
        let mut counting = |bytes: &mut [u8]| {
            for byte in bytes {
                count = count.wrapping_add(37);
                *byte = count;
            }
        };
        let (first, second) = (generate(&mut counting), generate(&mut counting));
        assert_ne!(first, second);
        assert_eq!(first.split('-').count(), 6);
        for phrase in [first, second, generate(|bytes| bytes.fill(0))] {
            // The last one repeats a word, as one in a million million million real ones does.
            assert_eq!(
                crate::password::fit(&phrase, &["gerda"]).is_ok(),
                !phrase.starts_with("acorn-acorn"),
                "{phrase}"
            );
        }
    }
}
