//! What `gallery.yml` says to the resizer: whether there shall be AVIF beside JPEG and WebP.
//!
//! The file is the builder's to read, and to complain about. Here it is looked at for this one word, at most once a
//! minute; when it cannot be read nothing changes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use gallery::keys::SETTINGS;
use gallery::renditions::Format;
use gallery::{Bucket, Store, StoreError};
use serde::Deserialize;
use tokio::sync::Mutex;

use crate::render::Wanted;

/// How long what was read is believed.
const BELIEVED: Duration = Duration::from_mins(1);

/// The longest file that is read, as the builder does.
const MAX_BYTES: u64 = 256 * 1024;

/// Which renditions the owner wants.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    pub(crate) wanted: Arc<Wanted>,
    /// Whether AVIF is wanted; `None` when nobody knows at the moment, and what was made shall stay as it is.
    pub(crate) avif: Option<bool>,
}

/// What was last read of it.
#[derive(Debug, Default)]
pub(crate) struct Wishes(Mutex<Option<(Instant, Option<bool>)>>);

#[derive(Deserialize)]
struct Written {
    avif: Option<bool>,
}

impl Wishes {
    /// What the owner wants now.
    pub(crate) async fn now(&self, store: &Store, usual: &Arc<Wanted>) -> Result<Wish, StoreError> {
        let mut known = self.0.lock().await;
        let avif = match *known {
            Some((read, avif)) if read.elapsed() < BELIEVED => avif,
            before => {
                let said = read(store).await?;
                let avif = said.or(before.and_then(|(_, avif)| avif));
                *known = Some((Instant::now(), avif));
                avif
            }
        };
        if avif != Some(true) || usual.formats.contains(&Format::Avif) {
            return Ok(Wish { wanted: Arc::clone(usual), avif });
        }
        let formats = [usual.formats.clone(), vec![Format::Avif]].concat();
        Ok(Wish { wanted: Arc::new(Wanted { formats, ..(**usual).clone() }), avif })
    }
}

/// Whether AVIF is asked for. `None` when the file cannot be read.
async fn read(store: &Store) -> Result<Option<bool>, StoreError> {
    let Some(opened) = store.open(Bucket::Source, SETTINGS).await? else {
        return Ok(Some(false));
    };
    let bytes = opened.whole(MAX_BYTES).await?;
    Ok(bytes.and_then(|bytes| parse(&bytes)))
}

fn parse(bytes: &[u8]) -> Option<bool> {
    let text = std::str::from_utf8(bytes).ok()?;
    if text.trim().is_empty() {
        return Some(false);
    }
    let options = serde_saphyr::options! {
        with_snippet: false,
        budget: serde_saphyr::budget! {
            max_depth: 8,
            max_nodes: 20_000,
            max_events: 100_000,
            max_aliases: 100,
            max_anchors: 100,
            max_documents: 1,
        },
    };
    let written: Option<Written> = serde_saphyr::from_str_with_options(text, options).ok()?;
    Some(written.and_then(|written| written.avif).unwrap_or(false))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn one_word_is_read_and_what_cannot_be_read_says_nothing() {
        assert_eq!(parse(b"title: The Millers\navif: true\nlinks:\n  A: /\n"), Some(true));
        for off in ["", "title: x", "avif: false", "avif:"] {
            assert_eq!(parse(off.as_bytes()), Some(false), "{off}");
        }
        for unreadable in ["avif: perhaps", "avif: true\n  b: [", "\u{0}"] {
            assert_eq!(parse(unreadable.as_bytes()), None, "{unreadable}");
        }
        assert_eq!(parse(b"\xff"), None);
    }
}
