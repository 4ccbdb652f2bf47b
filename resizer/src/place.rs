//! What a key of the source bucket is meant as.

use gallery::keys::METADATA;
use gallery::{Facts, Key, PhotoId, SourceKey};

/// The file in which the owner describes the whole gallery.
const GALLERY: &str = "gallery.yml";

/// What lies, or lay, at a key of the source bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Nothing that is meant as a photo: no facts are kept of it.
    Ignored,
    /// A photo.
    Photo(SourceKey),
    /// A file that no album can hold, with the reason.
    Stray(PhotoId, String),
}

impl Place {
    /// Judges a key by its name alone.
    pub(crate) fn of(key: &str) -> Self {
        let file = key.rsplit_once('/').map_or(key, |(_, file)| file);
        if file.is_empty() || is_litter(file) {
            return Self::Ignored;
        }
        match SourceKey::parse(key) {
            Ok(source) => Self::Photo(source),
            Err(error) => Self::Stray(PhotoId::of_key(key), error.to_string()),
        }
    }

    /// Where its facts lie.
    pub(crate) fn facts(&self) -> Option<Key> {
        match self {
            Self::Ignored => None,
            Self::Photo(source) => Some(Key::Facts(source.folder().album(), source.photo())),
            Self::Stray(photo, _) => Some(Key::StrayFacts(*photo)),
        }
    }

    /// Whose facts they are.
    pub(crate) fn photo(&self) -> Option<PhotoId> {
        match self {
            Self::Ignored => None,
            Self::Photo(source) => Some(source.photo()),
            Self::Stray(photo, _) => Some(*photo),
        }
    }

    /// The prefix under which its renditions lie; a stray has none.
    pub(crate) fn renditions(&self) -> Option<String> {
        let Self::Photo(source) = self else { return None };
        Some(format!("pics/{}/{}/", source.folder().album().collection(), source.photo()))
    }
}

/// Files that cameras, phones, computers and programs leave beside photos, and the owner's own descriptions.
fn is_litter(file: &str) -> bool {
    let extension = file.rsplit_once('.').map_or("", |(_, extension)| extension);
    file.starts_with('.')
        || file == METADATA
        || file == GALLERY
        || file.eq_ignore_ascii_case("Thumbs.db")
        || file.eq_ignore_ascii_case("desktop.ini")
        || extension.eq_ignore_ascii_case("aae")
        || extension.eq_ignore_ascii_case("xmp")
}

/// The renditions that facts promise, as paths.
pub(crate) fn promised(facts: &Facts) -> Vec<String> {
    facts.rendition_keys().iter().map(Key::path).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn litter_is_ignored_and_strays_say_why() {
        for key in [
            "a/",
            "a/metadata.yml",
            "gallery.yml",
            "metadata.yml",
            "a/.DS_Store",
            "a/thumbs.DB",
            "a/IMG_1.AAE",
            "a/1.xmp",
            "a/1.JPG.XMP",
        ] {
            assert_eq!(Place::of(key), Place::Ignored, "{key}");
            assert_eq!(Place::of(key).facts(), None);
        }
        assert!(matches!(Place::of("Family/1.jpg"), Place::Photo(_)));
        assert!(matches!(Place::of("Family/notes.txt"), Place::Photo(_)));
        for key in ["1.jpg", "a//1.jpg"] {
            let Place::Stray(photo, why) = Place::of(key) else { panic!("{key}") };
            assert!(why.contains(key), "{why}");
            assert_eq!(Place::of(key).facts(), Some(Key::StrayFacts(photo)));
        }
    }

    #[test]
    fn renditions_lie_under_their_photo() {
        let place = Place::of("Family/Lisbon 2024/1.jpg");
        assert_eq!(place.renditions().unwrap(), format!("pics/Family/{}/", place.photo().unwrap()));
        assert_eq!(Place::of("stray.jpg").renditions(), None);
    }
}
