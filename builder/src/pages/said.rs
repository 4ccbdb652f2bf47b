//! What the pages say, in the language that the owner named first: where no script comes to put it into the reader's own,
//! it stays so.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::writing;
use crate::assets;
use crate::settings::{Language, Settings};

/// By language and key: the texts that the scripts have, too.
static TEXTS: LazyLock<BTreeMap<String, BTreeMap<String, Text>>> =
    LazyLock::new(|| serde_json::from_str(assets::TEXTS).expect("the web build wrote an object of objects of texts"));

/// A text, or one for a single thing and one for several.
#[derive(Deserialize)]
#[serde(untagged)]
enum Text {
    Plain(String),
    Counted { one: String, other: String },
}

impl Settings {
    /// The language that the pages are written in: the one that the owner named first, English when they named none.
    pub(crate) fn language(&self) -> Language {
        self.languages.first().copied().unwrap_or(Language::En)
    }
}

impl Language {
    /// One of our texts.
    pub(crate) fn say(self, key: &str) -> &'static str {
        match self.text(key) {
            Text::Plain(text) | Text::Counted { other: text, .. } => text,
        }
    }

    /// The same about something: `Download the original of {of}`.
    pub(crate) fn say_of(self, key: &str, of: &str) -> String {
        self.say(key).replace("{of}", &writing::isolated(of))
    }

    /// The same about so many things: `{n} photos`.
    pub(crate) fn count(self, key: &str, number: usize) -> String {
        let text = match self.text(key) {
            Text::Counted { one, .. } if self.is_one(number) => one,
            Text::Plain(text) | Text::Counted { other: text, .. } => text,
        };
        text.replace("{n}", &self.number(number))
    }

    fn text(self, key: &str) -> &'static Text {
        let text = TEXTS.get(self.tag()).and_then(|texts| texts.get(key));
        text.unwrap_or_else(|| panic!("the web build has no text `{key}` in `{}`", self.tag()))
    }

    /// Whether a number takes the singular (Unicode CLDR, Language Plural Rules).
    fn is_one(self, number: usize) -> bool {
        number == 1 || (number == 0 && self == Self::Fr)
    }

    /// A number with its thousands kept apart, as `Intl.NumberFormat` writes it.
    fn number(self, number: usize) -> String {
        let digits = number.to_string();
        let (separator, from) = match self {
            Self::En | Self::Ja => (',', 4),
            Self::De => ('.', 4),
            Self::Fr => ('\u{202f}', 4),
            Self::Es | Self::It => ('.', 5),
        };
        if digits.len() < from {
            return digits;
        }
        let mut text = String::new();
        for (i, digit) in digits.chars().enumerate() {
            if i > 0 && (digits.len() - i).is_multiple_of(3) {
                text.push(separator);
            }
            text.push(digit);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{LANGUAGES, read};

    #[test]
    fn every_language_has_the_same_texts() {
        let keys = |language: Language| TEXTS[language.tag()].keys().collect::<Vec<_>>();
        for language in LANGUAGES {
            let settings = read(format!("languages: [{}, en]", language.tag()).as_bytes()).unwrap();
            assert_eq!(settings.language(), language);
            assert_eq!(keys(language), keys(Language::En), "{}", language.tag());
        }
        assert_eq!(Settings::default().language().say("search"), "Search");
        assert_eq!(Language::De.say_of("original_of", "صيف"), "Original herunterladen: \u{2068}صيف\u{2069}");
    }

    #[test]
    fn things_are_counted_as_people_write_it() {
        let count = |language: Language, number| language.count("n_photos", number);
        assert_eq!(count(Language::En, 1), "1 photo");
        assert_eq!(count(Language::En, 0), "0 photos");
        assert_eq!(count(Language::En, 999), "999 photos");
        assert_eq!(count(Language::En, 1_234_567), "1,234,567 photos");
        assert_eq!(count(Language::De, 1_234), "1.234 Fotos");
        assert_eq!(count(Language::Fr, 0), "0 photo");
        assert_eq!(count(Language::Fr, 12_345), "12\u{202f}345 photos");
        assert_eq!(
            (count(Language::Es, 1_234), count(Language::It, 12_345)),
            ("1234 fotos".into(), "12.345 foto".into())
        );
        assert_eq!(count(Language::Ja, 1_234), "写真1,234枚");
    }
}
