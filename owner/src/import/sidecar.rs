//! The JSON files that Google Takeout puts beside photos, and into albums.

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;

/// The longest that is read, in bytes. A sidecar has about a thousand; comments on an album may have more.
pub(crate) const MOST: u64 = 4 * 1024 * 1024;

/// What a JSON file of the export is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Notes {
    /// About a photo or a video.
    Photo(Sidecar),
    /// About an album.
    Album { title: String, description: Option<String> },
    /// Neither.
    Other,
    /// No JSON: cut off, or damaged.
    Broken,
}

/// What is noted about a photo.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sidecar {
    /// The file's name when it was uploaded to Google.
    pub(crate) title: String,
    /// What the owner wrote about it.
    pub(crate) caption: Option<String>,
    /// When it was taken.
    pub(crate) taken: Option<Timestamp>,
    /// Whether it lay in the trash.
    pub(crate) trashed: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    title: Option<String>,
    description: Option<String>,
    photo_taken_time: Option<Time>,
    #[serde(default)]
    trashed: bool,
    /// Older exports wrap what they say of an album.
    album_data: Option<Box<Written>>,
    // What tells an album's notes from other files with a title.
    access: Option<serde_json::Value>,
    date: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Time {
    timestamp: Option<Number>,
}

/// Seconds since 1970, written as a text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Number {
    Text(String),
    Number(i64),
}

/// How the names of albums' notes begin, in small letters: `metadata.json`, `Metadaten.json`, `métadonnées.json`, and so on.
const ALBUMS: [&str; 5] = ["meta", "m\u{e9}ta", "me\u{301}ta", "мета", "メタ"];

impl Notes {
    /// Reads a file. Some albums' notes say a title and nothing else: those are known by their name.
    pub(crate) fn read(file: &str, bytes: &[u8]) -> Self {
        let Ok(mut written) = serde_json::from_slice::<Written>(bytes) else {
            return serde_json::from_slice::<IgnoredAny>(bytes).map_or(Self::Broken, |_| Self::Other);
        };
        let wrapped = written.album_data.take();
        let named = file.to_lowercase();
        let is_album = wrapped.is_some()
            || written.access.is_some()
            || written.date.is_some()
            || ALBUMS.iter().any(|begin| named.starts_with(begin));
        let written = wrapped.map_or(written, |album| *album);
        match (written.title, written.photo_taken_time) {
            (title, Some(time)) => Self::Photo(Sidecar {
                title: title.unwrap_or_default(),
                caption: written.description.as_deref().and_then(words),
                taken: time.timestamp.and_then(Number::moment),
                trashed: written.trashed,
            }),
            (Some(title), None) if is_album => match words(&title) {
                Some(title) => Self::Album { title, description: written.description.as_deref().and_then(words) },
                None => Self::Other,
            },
            _ => Self::Other,
        }
    }
}

impl Number {
    /// Zero stands for not known; what lies before 1970 is negative.
    fn moment(self) -> Option<Timestamp> {
        let seconds = match self {
            Self::Text(text) => text.trim().parse().ok()?,
            Self::Number(seconds) => seconds,
        };
        if seconds == 0 { None } else { Timestamp::from_second(seconds).ok() }
    }
}

/// Text that says something, as a person wrote it: Takeout writes some signs as HTML does.
fn words(text: &str) -> Option<String> {
    let mut plain = text.to_owned();
    for (written, sign) in [("&#39;", "'"), ("&quot;", "\""), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")] {
        if plain.contains(written) {
            plain = plain.replace(written, sign);
        }
    }
    let plain = plain.trim();
    (!plain.is_empty()).then(|| plain.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_photo_s_notes_are_read() {
        let notes = Notes::read(
            "IMG_1.jpg.json",
            r#"{"title": "IMG_1.jpg", "description": " Oma &amp; Opa&#39;s ☕ ", "imageViews": "3",
                "photoTakenTime": {"timestamp": "1563111000", "formatted": "14.07.2019, 13:30:00 UTC"},
                "geoData": {"latitude": 0.0}}"#
                .as_bytes(),
        );
        let Notes::Photo(sidecar) = notes else { panic!("a photo's: {notes:?}") };
        assert_eq!(sidecar.caption.as_deref(), Some("Oma & Opa's ☕"));
        assert_eq!(sidecar.taken.unwrap().to_string(), "2019-07-14T13:30:00Z");
        assert!(!sidecar.trashed);

        let read = |text: &str| Notes::read("x.jpg.json", text.as_bytes());
        let old = read(r#"{"title": "scan.jpg", "photoTakenTime": {"timestamp": "-86400"}, "trashed": true}"#);
        let Notes::Photo(sidecar) = old else { panic!("a photo's") };
        assert!(sidecar.trashed && sidecar.taken.unwrap().as_second() == -86400);
        let unknown = read(r#"{"title": "x.jpg", "description": "", "photoTakenTime": {"timestamp": "0"}}"#);
        assert_eq!(unknown, Notes::Photo(Sidecar { title: "x.jpg".into(), ..Sidecar::default() }));
    }

    #[test]
    fn an_album_s_notes_are_read_in_both_forms() {
        let expected = Notes::Album { title: "京都 2019".into(), description: Some("Kirschblüte".into()) };
        let plain = r#"{"title": "京都 2019", "description": "Kirschblüte", "access": "protected", "date": {"timestamp": "1"}}"#;
        let read = |text: &str| Notes::read("x.json", text.as_bytes());
        assert_eq!(read(plain), expected);
        let wrapped = r#"{"albumData": {"title": "京都 2019", "description": "Kirschblüte"}}"#;
        assert_eq!(read(wrapped), expected);
        for other in ["[]", "{}", r#"{"title": ""}"#, r#"{"title": "Memories"}"#, r#"{"title": " ", "date": {}}"#] {
            assert_eq!(read(other), Notes::Other, "{other}");
        }
        let bare = Notes::Album { title: "Memories".into(), description: None };
        for file in ["metadata.json", "Metadaten(1).json", "Métadonnées.json", "метаданные.json"] {
            assert_eq!(Notes::read(file, br#"{"title": "Memories"}"#), bare, "{file}");
        }
        for broken in ["", "{\"title\": \"Mem"] {
            assert_eq!(read(broken), Notes::Broken, "{broken}");
        }
    }
}
