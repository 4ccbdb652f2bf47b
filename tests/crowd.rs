//! Albums of thousands: facts and small copies as the resizer leaves them, without a picture being rendered.

use anyhow::{Context, Result};
use futures::{StreamExt, TryStreamExt, stream};
use gallery::facts::{Facts, Outcome, Picture, Rendition, VERSION};
use gallery::renditions::Format;
use gallery::{Condition, Key, SourceKey};
use jiff::civil::date;
use jiff::{Timestamp, ToSpan};
use sha2::{Digest, Sha256};

use crate::Home;

/// So many different pictures there are.
const PICTURES: u64 = 24;

/// So many are written at once.
const AT_ONCE: usize = 64;

impl Home {
    /// Adds an album of so many photos, an hour after each other, upright and lying. Their copies are real and their
    /// originals are not there: what looks for those is told of none.
    pub async fn add_crowd(&self, folder: &str, photos: u32) -> Result<()> {
        let draw = |seed| {
            let (width, height) = if seed % 5 == 4 { (120, 160) } else { (160, 120) };
            (owner::sample::small(seed, width, height), width, height)
        };
        let pictures: Vec<_> = tokio::task::spawn_blocking(move || (0..PICTURES).map(draw).collect()).await?;
        let pictures = &pictures;
        let add = |number: u32| async move {
            let (bytes, width, height) = &pictures[number as usize % pictures.len()];
            let source = SourceKey::parse(&format!("{folder}/IMG_{number:05}.JPG")).context("a name")?;
            let digest = Sha256::digest(bytes);
            let hash = data_encoding::HEXLOWER.encode(&digest[..8]);
            let format = Format::Jpeg;
            let copy = Rendition { width: *width, height: *height, format, hash, bytes: bytes.len() as u64 };
            let key = Key::Rendition {
                collection: source.folder().album().collection(),
                photo: source.photo(),
                hash: copy.hash.clone(),
                width: copy.width,
                format,
            };
            self.store().write(&key, bytes.clone(), Condition::Always).await?;
            let picture = Picture {
                width: width * 25,
                height: height * 25,
                taken: Some(date(2023, 6, 1).at(8, 0, 0, 0).checked_add(i64::from(number).hours())?),
                colour: "#6b7f8a".into(),
                renditions: vec![copy],
                ..Picture::default()
            };
            let facts = Facts {
                version: VERSION,
                photo: source.photo(),
                source: source.to_string(),
                etag: "\"1\"".into(),
                bytes: 4_000_000,
                modified: Timestamp::now(),
                checksum: None,
                video: None,
                outcome: Outcome::Ready(Box::new(picture)),
            };
            let key = Key::Facts(source.folder().album(), source.photo());
            self.store().write_json(&key, &facts, Condition::Always).await?;
            anyhow::Ok(())
        };
        stream::iter(0..photos).map(add).buffer_unordered(AT_ONCE).try_collect::<()>().await
    }
}
