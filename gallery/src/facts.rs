//! Facts: the small JSON record of a photo. It is written last, so facts mean 'ready'.

use jiff::Timestamp;
use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};

use crate::keys::Key;
use crate::names::{PhotoId, SourceKey};
use crate::renditions::Format;
use crate::slug::CollectionSlug;

/// The version of the record and of the encoder behind it. A higher number makes older photos be rendered again.
pub const VERSION: u32 = 1;

/// What is known of one object of the source bucket.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// [`VERSION`] at the time of writing.
    pub version: u32,
    /// The photo's identity.
    pub photo: PhotoId,
    /// The key of the original, as the owner wrote it.
    pub source: String,
    /// The original's `ETag` when it was read, quotes included: whether facts are fresh is answered by comparing it.
    pub etag: String,
    /// The original's size in bytes.
    pub bytes: u64,
    /// When the original was last written.
    pub modified: Timestamp,
    /// Whether it became a photo.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// What became of an original.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "lowercase")]
pub enum Outcome {
    /// A photo, shown.
    Ready(Box<Picture>),
    /// Not a photo, damaged, or over the limits.
    Rejected {
        /// One sentence for the owner.
        reason: String,
    },
}

/// A photo that is ready to be shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Picture {
    /// Width in pixels, upright.
    pub width: u32,
    /// Height in pixels, upright.
    pub height: u32,
    /// When it was taken, on the clock of the place where it was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken: Option<DateTime>,
    /// Maker and model of the camera.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub camera: Option<String>,
    /// What the photo itself says it shows (EXIF `ImageDescription`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
    /// A placeholder: the thumbhash (Wagner, `ThumbHash`, 2023), in base64.
    pub thumbhash: String,
    /// The average colour, `#rrggbb`.
    pub colour: String,
    /// The sized copies, smallest first; never empty.
    pub renditions: Vec<Rendition>,
}

/// One sized copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rendition {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// The format.
    pub format: Format,
    /// Sixteen hexadecimal digits of the SHA-256 of its bytes.
    pub hash: String,
    /// Size in bytes.
    pub bytes: u64,
}

impl Rendition {
    /// Where it lies.
    pub fn key(&self, collection: &CollectionSlug, photo: PhotoId) -> Key {
        Key::Rendition {
            collection: collection.clone(),
            photo,
            hash: self.hash.clone(),
            width: self.width,
            format: self.format,
        }
    }
}

impl Facts {
    /// The key of the original; `None` for one that lies where no photo can.
    pub fn source_key(&self) -> Option<SourceKey> {
        SourceKey::parse(&self.source).ok()
    }

    /// The picture, when there is one.
    pub fn picture(&self) -> Option<&Picture> {
        match &self.outcome {
            Outcome::Ready(picture) => Some(picture),
            Outcome::Rejected { .. } => None,
        }
    }

    /// Every rendition's key.
    pub fn rendition_keys(&self) -> Vec<Key> {
        let (Some(picture), Some(source)) = (self.picture(), self.source_key()) else { return Vec::new() };
        let collection = source.folder().album().collection();
        picture.renditions.iter().map(|r| r.key(&collection, self.photo)).collect()
    }

    /// The record as stored.
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("facts hold nothing that JSON cannot")
    }

    /// Reads a stored record.
    pub fn from_json(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_read_back() {
        let source = SourceKey::parse("Family/Lisbon 2024/1.jpg").unwrap();
        let mut facts = Facts {
            version: VERSION,
            photo: source.photo(),
            source: source.to_string(),
            etag: "\"abc\"".into(),
            bytes: 10,
            modified: Timestamp::UNIX_EPOCH,
            outcome: Outcome::Ready(Box::new(Picture {
                width: 4,
                height: 3,
                taken: Some(jiff::civil::date(2024, 5, 6).at(7, 8, 9, 0)),
                camera: None,
                caption: Some("<b>".into()),
                thumbhash: "AA==".into(),
                colour: "#112233".into(),
                renditions: vec![Rendition { width: 4, height: 3, format: Format::Jpeg, hash: "00".into(), bytes: 5 }],
            })),
        };
        assert_eq!(Facts::from_json(&facts.to_json()).unwrap(), facts);
        assert_eq!(facts.rendition_keys()[0].path(), format!("pics/Family/{}/00-4.jpg", source.photo()));
        facts.outcome = Outcome::Rejected { reason: "not a picture".into() };
        assert_eq!(Facts::from_json(&facts.to_json()).unwrap(), facts);
        assert!(facts.rendition_keys().is_empty());
    }
}
