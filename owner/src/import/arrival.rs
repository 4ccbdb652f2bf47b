//! What is to arrive, and where: the plan that every import ends in.

use std::collections::BTreeMap;

use anyhow::Result;
use gallery::{FolderPath, SourceKey};
use indicatif::ProgressBar;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};

use super::piece::Piece;
use crate::upload::find::LeftOut;

/// One place in the gallery where a photo belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The album.
    pub(crate) folder: FolderPath,
    /// The file's name there.
    pub(crate) name: String,
    /// What is said of the photo there.
    pub(crate) words: Words,
}

/// What an export says of a photo beside the file itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Words {
    /// What it shows.
    pub(crate) caption: Option<String>,
    /// When it was taken.
    pub(crate) taken: Option<Said>,
}

/// A time that an export tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// A moment, on no clock in particular.
    Moment(Timestamp),
    /// On the clock of the place, or as somebody typed it.
    Local(DateTime),
    /// The day on which the file was last written: better than nothing, and worse than anything else.
    Modified(Date),
}

/// Some bytes, and every place where they belong. They travel once; the other places get copies inside the bucket.
#[derive(Clone, Debug)]
pub(crate) struct Arrival {
    /// The bytes.
    pub(crate) piece: Piece,
    /// At least one.
    pub(crate) places: Vec<Place>,
}

/// What is said of an album.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct AlbumWords {
    /// Its title, where that is not the folder's name.
    pub(crate) title: Option<String>,
    /// What its owner wrote about it.
    pub(crate) description: Option<String>,
}

/// What an import will do.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plan {
    /// The photos.
    pub(crate) arrivals: Vec<Arrival>,
    /// The albums of which something is said.
    pub(crate) albums: BTreeMap<FolderPath, AlbumWords>,
    /// What stays behind, and why.
    pub(crate) left_out: Vec<LeftOut>,
}

impl Place {
    /// The key of the original.
    pub(crate) fn key(&self) -> String {
        format!("{}/{}", self.folder, self.name)
    }
}

impl Plan {
    /// Notes that a piece stays behind.
    pub(crate) fn leave(&mut self, piece: &Piece, why: impl Into<String>) {
        self.left_out.push(LeftOut { file: piece.place(), why: why.into() });
    }

    /// Joins pieces of the same bytes into arrivals. Only those that share their size with another are read for it, which
    /// `progress` shows.
    pub(crate) fn join(&mut self, pieces: Vec<(Piece, Place)>, progress: &ProgressBar) -> Result<()> {
        let mut sizes: BTreeMap<u64, usize> = BTreeMap::new();
        for (piece, _) in &pieces {
            *sizes.entry(piece.bytes).or_default() += 1;
        }
        progress
            .set_length(sizes.iter().filter(|(_, count)| **count > 1).map(|(size, count)| size * *count as u64).sum());
        let mut known: BTreeMap<(u64, String), usize> = BTreeMap::new();
        for (piece, place) in pieces {
            if let Err(error) = SourceKey::parse(&place.key()) {
                self.leave(&piece, error.to_string());
                continue;
            }
            if sizes.get(&piece.bytes).is_none_or(|count| *count < 2) {
                self.arrivals.push(Arrival { piece, places: vec![place] });
                continue;
            }
            progress.inc(piece.bytes);
            let at = *known.entry((piece.bytes, piece.checksum()?)).or_insert(self.arrivals.len());
            match self.arrivals.get_mut(at) {
                Some(arrival) => arrival.add(place),
                None => self.arrivals.push(Arrival { piece, places: vec![place] }),
            }
        }
        progress.finish_and_clear();
        Ok(())
    }
}

impl Arrival {
    /// One more place. The same place twice is one, with what either says.
    fn add(&mut self, place: Place) {
        match self.places.iter_mut().find(|known| known.key() == place.key()) {
            Some(known) => known.words.fill(&place.words),
            None => self.places.push(place),
        }
    }
}

impl Words {
    /// Takes over what is not known yet.
    pub(crate) fn fill(&mut self, other: &Self) {
        self.caption = self.caption.take().or_else(|| other.caption.clone());
        self.taken = self.taken.or(other.taken);
    }
}
