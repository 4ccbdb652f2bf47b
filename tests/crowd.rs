//! Albums of many photos: facts and copies as the resizer leaves them, without an original, and without a picture being
//! rendered for each.

use anyhow::{Context, Result};
use futures::{StreamExt, TryStreamExt, stream};
use gallery::facts::{Facts, Outcome, Picture, Rendition, VERSION};
use gallery::renditions::Format;
use gallery::{Condition, Key, SourceKey};
use jiff::civil::{Date, date};
use jiff::{Timestamp, ToSpan};
use owner::sample::Shape;
use resizer::{Limits, Rendered, Wanted};
use sha2::{Digest, Sha256};

use crate::Home;

/// So many different pictures there are.
const PICTURES: u64 = 24;

/// So many of those that are painted as large as cameras make them.
const PAINTED: u64 = 8;

/// So many are written at once.
const AT_ONCE: usize = 64;

impl Home {
    /// Adds an album of so many photos, an hour after each other, upright and lying. They have one small copy each.
    pub async fn add_crowd(&self, folder: &str, photos: u32) -> Result<()> {
        let pictures = tokio::task::spawn_blocking(|| (0..PICTURES).map(drawn).collect());
        self.add_copies(folder, photos, date(2023, 6, 1), pictures.await?).await
    }

    /// The same of photos of 12 megapixels, with the copies that phones choose from.
    pub async fn add_painted(&self, folder: &str, photos: u32) -> Result<()> {
        let pictures = tokio::task::spawn_blocking(|| (0..PAINTED).map(painted).collect::<Result<_>>());
        self.add_copies(folder, photos, date(2024, 6, 1), pictures.await??).await
    }

    /// Their originals are not there: what looks for those is told of none.
    async fn add_copies(&self, folder: &str, photos: u32, first: Date, pictures: Vec<Rendered>) -> Result<()> {
        let pictures = &pictures;
        let add = |number: u32| async move {
            let drawn = &pictures[number as usize % pictures.len()];
            let source = SourceKey::parse(&format!("{folder}/IMG_{number:05}.JPG")).context("a name")?;
            for (copy, bytes) in &drawn.renditions {
                let key = Key::Rendition {
                    collection: source.folder().album().collection(),
                    photo: source.photo(),
                    hash: copy.hash.clone(),
                    width: copy.width,
                    format: copy.format,
                };
                self.store().write(&key, bytes.clone(), Condition::Always).await?;
            }
            let taken = first.at(8, 0, 0, 0).checked_add(i64::from(number).hours())?;
            let facts = Facts {
                version: VERSION,
                photo: source.photo(),
                source: source.to_string(),
                etag: "\"1\"".into(),
                bytes: 4_000_000,
                modified: Timestamp::now(),
                checksum: None,
                video: None,
                outcome: Outcome::Ready(Box::new(Picture { taken: Some(taken), ..drawn.picture.clone() })),
            };
            let key = Key::Facts(source.folder().album(), source.photo());
            self.store().write_json(&key, &facts, Condition::Always).await?;
            anyhow::Ok(())
        };
        stream::iter(0..photos).map(add).buffer_unordered(AT_ONCE).try_collect::<()>().await
    }
}

/// A small picture as its own copy.
fn drawn(seed: u64) -> Rendered {
    let (width, height) = if seed % 5 == 4 { (120, 160) } else { (160, 120) };
    let bytes = owner::sample::small(seed, width, height);
    let hash = data_encoding::HEXLOWER.encode(&Sha256::digest(&bytes)[..8]);
    let copy = Rendition { width, height, format: Format::Jpeg, hash, bytes: bytes.len() as u64 };
    let picture = Picture {
        width: width * 25,
        height: height * 25,
        colour: "#6b7f8a".into(),
        renditions: vec![copy.clone()],
        ..Picture::default()
    };
    Rendered { picture, renditions: vec![(copy, bytes.into())], whole: None }
}

/// A photo as a camera makes it, in the resizer's copies.
fn painted(seed: u64) -> Result<Rendered> {
    let shape = if seed % 4 == 3 { Shape::Portrait } else { Shape::Landscape };
    let taken = date(2023, 6, 1).at(8, 0, 0, 0);
    let original = owner::sample::photo(seed, shape, 1, taken, "Heirloom Painter", "");
    let wanted = Wanted { ladder: vec![360, 720], ..Wanted::default() };
    Ok(resizer::render_as(&original, &Limits::default(), &wanted)?)
}
