//! What is said where no script comes to put it into the reader's language: in the one that the owner named first.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::assets::SAID;
use crate::settings::Settings;

/// By language and key, out of the web build's texts.
static WORDS: LazyLock<BTreeMap<String, BTreeMap<String, String>>> =
    LazyLock::new(|| serde_json::from_str(SAID).expect("the build wrote an object of objects of texts"));

/// The language that the owner named first; English when they named none.
pub(super) fn tongue(settings: &Settings) -> &'static str {
    settings.languages.first().map_or("en", |language| language.tag())
}

/// One of our texts in it.
pub(super) fn word(settings: &Settings, key: &str) -> &'static str {
    let words = WORDS.get(tongue(settings)).or_else(|| WORDS.get("en"));
    words.and_then(|words| words.get(key)).map_or("", String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_that_an_owner_may_name_has_the_words() {
        for tag in ["en", "de", "fr", "es", "it", "ja"] {
            let settings: Settings = crate::settings::read(format!("languages: [{tag}]").as_bytes()).unwrap();
            assert_eq!(tongue(&settings), tag);
            for key in ["new_photos", "search", "timeline"] {
                assert!(!word(&settings, key).is_empty(), "{tag}: {key}");
            }
        }
        assert_eq!(word(&Settings::default(), "search"), "Search");
    }
}
