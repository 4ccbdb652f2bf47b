//! What lies in the bucket already, and which names are free in it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result};
use gallery::Store;
use gallery::keys::Bucket;
use gallery::store::Listed;

use super::arrival::{Place, Plan};
use super::dates::Own;
use super::film;
use super::names;
use super::piece::{Piece, Staged};
use crate::backup::fetch::{recorded, sum_there};
use crate::upload::etag;
use crate::upload::find::{Unread, taken_at, taken_in};

/// So much of a file's beginning is looked at for its date before the whole of it is unpacked: cameras write it there.
const HEAD: u64 = 256 * 1024;

/// What lies in the bucket, with what is on its way.
#[derive(Debug)]
pub(super) struct There {
    store: Store,
    listed: BTreeMap<String, Listed>,
    reserved: Mutex<BTreeSet<String>>,
}

/// Whether a place is free, holds these very bytes, or other ones.
pub(super) enum At {
    Free,
    Same,
    Other,
}

/// Everything in the collections that are concerned.
pub(super) async fn listed(store: &Store, plan: &Plan) -> Result<There> {
    let places = plan.arrivals.iter().flat_map(|arrival| &arrival.places);
    let collections: BTreeSet<&str> =
        places.filter_map(|place| place.folder.names().first()).map(String::as_str).collect();
    let mut there = There { store: store.clone(), listed: BTreeMap::new(), reserved: Mutex::default() };
    for collection in collections {
        for listed in store.list(Bucket::Source, format!("{collection}/")).all().await? {
            there.listed.insert(listed.path.clone(), listed);
        }
    }
    Ok(there)
}

/// The bytes of a piece, made a file when they are asked for.
pub(super) struct Bytes<'a> {
    pub(super) piece: &'a Piece,
    staged: Option<Staged>,
}

impl<'a> Bytes<'a> {
    pub(super) fn of(piece: &'a Piece) -> Self {
        Self { piece, staged: None }
    }

    pub(super) async fn file(&mut self) -> Result<PathBuf> {
        if self.staged.is_none() {
            let piece = self.piece.clone();
            self.staged = Some(tokio::task::spawn_blocking(move || piece.staged()).await??);
        }
        Ok(self.staged.as_ref().map(|staged| staged.file().to_owned()).unwrap_or_default())
    }

    /// When it was taken, by its EXIF or its headers. Out of an archive only its beginning is read, unless that does not say.
    pub(super) async fn own(&mut self) -> Result<Own> {
        if self.staged.is_none() && self.piece.bytes > HEAD && !self.piece.is_file() {
            let piece = self.piece.clone();
            let head = tokio::task::spawn_blocking(move || piece.head(HEAD)).await??;
            match taken_in(BufReader::new(std::io::Cursor::new(&head))) {
                Ok(taken) => return Ok(Own { clock: taken, utc: None }),
                Err(Unread::NoPhoto) => match film::recorded(std::io::Cursor::new(&head)) {
                    Some(own) => return Ok(own),
                    None if !film::begins(&head) => return Ok(Own::default()),
                    // Cameras write a film's headers behind its pictures.
                    None => {}
                },
                Err(Unread::Otherwise) => {}
            }
        }
        let file = self.file().await?;
        Ok(tokio::task::spawn_blocking(move || own(&file)).await?)
    }
}

fn own(file: &Path) -> Own {
    let recorded = || film::recorded(BufReader::new(File::open(file).ok()?));
    taken_at(file).map(Own::on_clock).or_else(recorded).unwrap_or_default()
}

/// Finds a name for a place: its own, or with a number where that is another photo's. `true` when it is there already.
pub(super) async fn settle(there: &There, mut place: Place, bytes: &mut Bytes<'_>) -> Result<(Place, bool)> {
    let wanted = place.name.clone();
    for number in 2.. {
        match look(there, &place.key(), bytes).await? {
            At::Same => return Ok((place, true)),
            At::Free if there.reserve(&place.key()) => return Ok((place, false)),
            At::Free | At::Other => {
                let (stem, extension) = names::split(&wanted);
                place.name = format!("{stem}~{number}{extension}");
            }
        }
    }
    unreachable!("numbers do not end")
}

pub(super) async fn look(there: &There, key: &str, bytes: &mut Bytes<'_>) -> Result<At> {
    let Some(listed) = there.listed.get(key) else { return Ok(At::Free) };
    let length = bytes.piece.bytes;
    if listed.bytes != length {
        return Ok(At::Other);
    }
    if bytes.piece.object().is_some_and(|object| object.etag == listed.etag) {
        return Ok(At::Same);
    }
    let (file, etag) = (bytes.file().await?, listed.etag.clone());
    let same = tokio::task::spawn_blocking(move || etag::matches(&file, length, &etag)).await?;
    let same = match same.with_context(|| format!("cannot read `{}`", bytes.piece.place().display()))? {
        Some(same) => same,
        // S3 tells no MD5 of it.
        None => there.is_of(listed, &bytes.file().await?).await?,
    };
    Ok(if same { At::Same } else { At::Other })
}

impl There {
    /// Whether an original has these bytes, by the checksum that the resizer noted, or else by reading it.
    async fn is_of(&self, listed: &Listed, file: &Path) -> Result<bool> {
        let file = file.to_owned();
        let ours = tokio::task::spawn_blocking(move || crate::backup::fetch::sum(&file)).await?;
        let ours = ours.context("cannot read what was unpacked")?;
        if let Some(theirs) = recorded(&self.store, listed).await? {
            return Ok(ours == theirs);
        }
        Ok(ours == sum_there(&self.store, listed).await?)
    }

    /// The `ETag` of what lies at a place.
    pub(super) fn etag(&self, key: &str) -> Option<&str> {
        self.listed.get(key).map(|listed| listed.etag.as_str())
    }

    /// Whether nobody else is on the way there.
    fn reserve(&self, key: &str) -> bool {
        self.reserved.lock().unwrap_or_else(PoisonError::into_inner).insert(key.to_owned())
    }
}
