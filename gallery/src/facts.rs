//! Facts: the small JSON record of a photo. It is written last, so facts mean 'ready'.

use jiff::Timestamp;
use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};

use crate::keys::Key;
use crate::names::{PhotoId, SourceKey};
use crate::renditions::Format;
use crate::slug::CollectionSlug;

/// The version of the record and of the encoder behind it. A higher number makes older photos be rendered again.
pub const VERSION: u32 = 6;

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
    /// The SHA-256 of the original in hexadecimal digits, when it was read whole: two photos that share it are duplicates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checksum: Option<String>,
    /// What the headers of a video say. A video with a poster is [`Outcome::Ready`], one without is rejected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub video: Option<Box<Video>>,
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
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Picture {
    /// Width in pixels, upright.
    pub width: u32,
    /// Height in pixels, upright.
    pub height: u32,
    /// When it was taken, on the clock of the place where it was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken: Option<DateTime>,
    /// Who says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_from: Option<Witness>,
    /// How far the clock of that place was from UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<Zone>,
    /// Maker and model of the camera.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub camera: Option<String>,
    /// The lens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lens: Option<String>,
    /// How it was exposed.
    #[serde(default, skip_serializing_if = "Exposure::is_unknown")]
    pub exposure: Exposure,
    /// Where it was taken. Kept here and nowhere else: no rendition tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
    /// What the photo itself says it shows (XMP, IPTC or EXIF).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
    /// The photo's own keywords (XMP and IPTC), in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keywords: Vec<String>,
    /// The names of where it was taken or what it shows, as somebody wrote them into it (XMP and IPTC): the place, then the
    /// city, the state and the country.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<String>,
    /// The photo's own rating (XMP), 1 to 5.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rating: Option<u8>,
    /// What kind of file the original is, such as `HEIC`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// Whether the original moves; the renditions show its first frame.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub animated: bool,
    /// Whether AVIF was wanted when the renditions were made.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub avif: bool,
    /// What is wrong with the original, when only a part of it could be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub damaged: Option<String>,
    /// A placeholder: the thumbhash (Wagner, `ThumbHash`, 2023), in base64.
    pub thumbhash: String,
    /// The average colour, `#rrggbb`.
    pub colour: String,
    /// The sized copies, smallest first, each size in every format; never empty.
    pub renditions: Vec<Rendition>,
    /// A JPEG that shows all there is, where the original is of a kind that browsers cannot show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whole: Option<Rendition>,
}

impl Picture {
    /// Every rendition, the whole one last.
    pub fn all(&self) -> impl Iterator<Item = &Rendition> {
        self.renditions.iter().chain(&self.whole)
    }
}

/// Who says when a photo was taken, the most trusted first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Witness {
    /// The camera's own record (EXIF), or a video's header.
    Camera,
    /// The satellites' clock (EXIF `GPSDateStamp` and `GPSTimeStamp`).
    Satellites,
    /// XMP, written by a program.
    Xmp,
    /// The name of the file.
    FileName,
    /// EXIF's time of the last change (`DateTime`), where nobody says when the picture was taken.
    Edited,
    /// When the file was uploaded, which is no more than an upper bound.
    Upload,
}

/// A clock's distance from UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Zone {
    /// Minutes east of UTC.
    pub minutes: i16,
    /// Who says so.
    pub from: Witness,
}

/// How a photo was exposed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Exposure {
    /// Seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
    /// The f-number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aperture: Option<f64>,
    /// ISO speed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iso: Option<u32>,
    /// Millimetres, as engraved on the lens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub focal_length: Option<f64>,
    /// Millimetres that would show as much on 35 mm film.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub focal_length_35mm: Option<u32>,
}

impl Exposure {
    /// Whether nothing is known.
    pub fn is_unknown(&self) -> bool {
        *self == Self::default()
    }
}

/// A place on earth.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Position {
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
    /// Metres above the sea.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub altitude: Option<f64>,
}

/// What the headers of a video say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Video {
    /// Seconds.
    pub duration: f64,
    /// Width in pixels, upright; 0 when there is sound alone.
    pub width: u32,
    /// Height in pixels, upright.
    pub height: u32,
    /// How many degrees clockwise a player turns the stored frames: 0, 90, 180 or 270.
    pub rotation: u16,
    /// The codec of the pictures by its sample entry (`avc1`, `hvc1`), empty when unknown.
    pub codec: String,
    /// When it was recorded, on the clock of the place when `zone` is known, else in UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken: Option<DateTime>,
    /// How far the clock of that place was from UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<Zone>,
    /// Maker and model of the camera.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub camera: Option<String>,
    /// Where it was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
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
        picture.all().map(|rendition| rendition.key(&collection, self.photo)).collect()
    }

    /// The record as stored.
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("facts hold nothing that JSON cannot")
    }

    /// Reads a stored record: once for what every record says, once more for the picture. Reading both at once, serde
    /// would have to keep every value until it knows whose it is, at several times the cost.
    pub fn from_json(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        let Head { version, photo, source, etag, bytes: size, modified, checksum, video, outcome, reason } =
            serde_json::from_slice(bytes)?;
        let outcome = match outcome {
            Kind::Ready => Outcome::Ready(serde_json::from_slice(bytes)?),
            Kind::Rejected => Outcome::Rejected {
                reason: reason.ok_or_else(|| <serde_json::Error as serde::de::Error>::missing_field("reason"))?,
            },
        };
        Ok(Self { version, photo, source, etag, bytes: size, modified, checksum, video, outcome })
    }
}

/// What a record says besides the picture.
#[derive(Deserialize)]
struct Head {
    version: u32,
    photo: PhotoId,
    source: String,
    etag: String,
    bytes: u64,
    modified: Timestamp,
    checksum: Option<String>,
    video: Option<Box<Video>>,
    outcome: Kind,
    reason: Option<String>,
}

/// Which [`Outcome`].
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Ready,
    Rejected,
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
            checksum: None,
            video: None,
            outcome: Outcome::Ready(Box::new(Picture {
                width: 4,
                height: 3,
                taken: Some(jiff::civil::date(2024, 5, 6).at(7, 8, 9, 0)),
                zone: Some(Zone { minutes: -210, from: Witness::Satellites }),
                position: Some(Position { latitude: -0.1, longitude: 179.999_999, altitude: None }),
                caption: Some("<b>".into()),
                places: vec!["Lisbon".into()],
                thumbhash: "AA==".into(),
                colour: "#112233".into(),
                renditions: vec![Rendition { width: 4, height: 3, format: Format::Jpeg, hash: "00".into(), bytes: 5 }],
                whole: Some(Rendition { width: 8, height: 6, format: Format::Jpeg, hash: "01".into(), bytes: 6 }),
                ..Picture::default()
            })),
        };
        assert_eq!(Facts::from_json(&facts.to_json()).unwrap(), facts);
        assert_eq!(serde_json::from_slice::<Facts>(&facts.to_json()).unwrap(), facts);
        // As it was written before there were places.
        let older = String::from_utf8(facts.to_json()).unwrap().replace(r#""places":["Lisbon"],"#, "");
        assert!(Facts::from_json(older.as_bytes()).unwrap().picture().unwrap().places.is_empty());
        let paths: Vec<String> = facts.rendition_keys().iter().map(Key::path).collect();
        assert_eq!(paths, ["00-4", "01-8"].map(|name| format!("pics/Family/{}/{name}.jpg", source.photo())));
        facts.outcome = Outcome::Rejected { reason: "not a picture".into() };
        assert_eq!(Facts::from_json(&facts.to_json()).unwrap(), facts);
        assert_eq!(serde_json::from_slice::<Facts>(&facts.to_json()).unwrap(), facts);
        assert!(facts.rendition_keys().is_empty());
        for broken in [r#""outcome":"rejected""#, r#""outcome":"ready","width":4"#, r#""outcome":"other""#] {
            let json = String::from_utf8(facts.to_json()).unwrap();
            let json = json.replace(r#""outcome":"rejected","reason":"not a picture""#, broken);
            assert!(json.contains(broken) && Facts::from_json(json.as_bytes()).is_err(), "{json}");
        }
    }
}
