//! What is written from right to left, in pages that are written from left to right.
//!
//! Where there are elements, `bdi` keeps them apart. Here are the places that hold text alone: titles of windows, labels.

use std::borrow::Cow;

/// The same words, kept from turning around what is written beside them (UAX #9, FSI and PDI) if any of them is written
/// from right to left.
pub(super) fn isolated(words: &str) -> Cow<'_, str> {
    if words.chars().any(is_from_the_right) { format!("\u{2068}{words}\u{2069}").into() } else { words.into() }
}

/// Whether a letter belongs to the blocks of Hebrew, Arabic, Syriac, Thaana, N'Ko and their neighbours.
fn is_from_the_right(letter: char) -> bool {
    matches!(letter, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}'
        | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
}

#[cfg(test)]
mod tests {
    use super::isolated;

    #[test]
    fn only_what_needs_it_is_kept_apart() {
        for plain in ["", "Lisbon 2024", "Übersee", "夏休み", "«…»"] {
            assert_eq!(isolated(plain), plain);
        }
        assert_eq!(isolated("صيف 2024"), "\u{2068}صيف 2024\u{2069}");
        assert_eq!(isolated("Tel Aviv, תל אביב"), "\u{2068}Tel Aviv, תל אביב\u{2069}");
    }
}
