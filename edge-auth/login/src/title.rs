//! What the gallery is called at the door: the same as on its pages.
//!
//! The builder keeps the title in the gallery's record, where `gallery.yml` may have changed it. It is looked up once a
//! minute; where there is no record yet, or it cannot be read, the title is what it was.

use std::sync::{Mutex, PoisonError};

use gallery::{Key, Store};
use jiff::Timestamp;
use serde::Deserialize;

/// How long a title is believed, in seconds.
const FOR: i64 = 60;

/// The gallery's title.
#[derive(Debug)]
pub(crate) struct Title(Mutex<Known>);

#[derive(Debug)]
struct Known {
    title: String,
    read: Option<Timestamp>,
}

/// As much of the builder's record as concerns the title (`builder::GalleryRecord`).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Record {
    settings: Described,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Described {
    values: Values,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Values {
    title: Option<String>,
    called: Option<String>,
}

impl Title {
    /// The title until a record says another.
    pub(crate) fn new(title: &str) -> Self {
        Self(Mutex::new(Known { title: title.to_owned(), read: None }))
    }

    /// The title.
    pub(crate) fn now(&self) -> String {
        self.known().title.clone()
    }

    /// Looks it up, when that was not done just now.
    pub(crate) async fn refresh(&self, store: &Store, now: Timestamp) {
        {
            let mut known = self.known();
            if known.read.is_some_and(|read| now.as_second() - read.as_second() < FOR) {
                return;
            }
            // Whoever comes while it is read takes what is known.
            known.read = Some(now);
        }
        match store.read_json::<Record>(&Key::GalleryCatalogue).await {
            Ok(Some((record, _))) => {
                let values = record.settings.values;
                if let Some(title) = values.title.or(values.called) {
                    self.known().title = title;
                }
            }
            Ok(None) => {}
            Err(error) => tracing::debug!(%error, "the gallery's title stays as it was"),
        }
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
