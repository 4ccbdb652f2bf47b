//! The JSON files that Google Takeout puts beside photos, and into albums.

use jiff::Timestamp;
use serde::Deserialize;

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

impl Notes {
    /// Reads a file, whatever it is called: Takeout calls an album's notes `metadata.json`, `Metadaten.json`, and so on.
    pub(crate) fn read(bytes: &[u8]) -> Self {
        let Ok(mut written) = serde_json::from_slice::<Written>(bytes) else { return Self::Other };
        let wrapped = written.album_data.take();
        let is_album = wrapped.is_some() || written.access.is_some() || written.date.is_some();
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
            r#"{"title": "IMG_1.jpg", "description": " Oma &amp; Opa&#39;s ☕ ", "imageViews": "3",
                "photoTakenTime": {"timestamp": "1563111000", "formatted": "14.07.2019, 13:30:00 UTC"},
                "geoData": {"latitude": 0.0}}"#
                .as_bytes(),
        );
        let Notes::Photo(sidecar) = notes else { panic!("a photo's: {notes:?}") };
        assert_eq!(sidecar.caption.as_deref(), Some("Oma & Opa's ☕"));
        assert_eq!(sidecar.taken.unwrap().to_string(), "2019-07-14T13:30:00Z");
        assert!(!sidecar.trashed);

        let old = Notes::read(br#"{"title": "scan.jpg", "photoTakenTime": {"timestamp": "-86400"}, "trashed": true}"#);
        let Notes::Photo(sidecar) = old else { panic!("a photo's") };
        assert!(sidecar.trashed && sidecar.taken.unwrap().as_second() == -86400);
        let unknown = Notes::read(br#"{"title": "x.jpg", "description": "", "photoTakenTime": {"timestamp": "0"}}"#);
        assert_eq!(unknown, Notes::Photo(Sidecar { title: "x.jpg".into(), ..Sidecar::default() }));
    }

    #[test]
    fn an_album_s_notes_are_read_in_both_forms() {
        let expected = Notes::Album { title: "京都 2019".into(), description: Some("Kirschblüte".into()) };
        let plain = r#"{"title": "京都 2019", "description": "Kirschblüte", "access": "protected", "date": {"timestamp": "1"}}"#;
        assert_eq!(Notes::read(plain.as_bytes()), expected);
        let wrapped = r#"{"albumData": {"title": "京都 2019", "description": "Kirschblüte"}}"#;
        assert_eq!(Notes::read(wrapped.as_bytes()), expected);
        for other in
            ["", "[]", "{}", r#"{"title": ""}"#, r#"{"title": "Memories"}"#, r#"{"title": " ", "date": {}}"#, "{\"a\":"]
        {
            assert_eq!(Notes::read(other.as_bytes()), Notes::Other, "{other}");
        }
    }
}
