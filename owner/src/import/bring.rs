//! Carrying a plan out: photos into the bucket, words into `metadata.yml`.
//!
//! Nothing that is there is replaced. Where a photo of the same name lies that is another, the newcomer gets a name with a
//! number (`IMG_1~2.jpg`), and the same one when it comes again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use futures::{StreamExt, stream};
use gallery::keys::{Bucket, METADATA};
use gallery::store::Listed;
use gallery::{FolderPath, Store};
use indicatif::ProgressBar;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};

use super::arrival::{Arrival, Place, Plan, Said};
use super::names;
use super::piece::{Piece, Staged};
use super::summary::Summary;
use super::words::{self, Additions};
use crate::cli::Asked;
use crate::upload::find::{Found, LeftOut, taken_at};
use crate::upload::pace::Pace;
use crate::upload::send::Way;
use crate::upload::{bar, etag};

/// A photo of which it is known where it lies.
#[derive(Debug)]
struct Settled {
    place: Place,
    /// What the file itself says of when it was taken, its name included.
    own: Option<DateTime>,
}

/// What one arrival did.
#[derive(Debug, Default)]
struct Arrived {
    settled: Vec<Settled>,
    sent: Vec<String>,
    copied: Vec<String>,
    same: usize,
    left_out: Vec<LeftOut>,
    bytes: u64,
}

/// What lies in the bucket, with what is on its way.
#[derive(Debug, Default)]
struct There {
    listed: BTreeMap<String, Listed>,
    reserved: Mutex<BTreeSet<String>>,
}

/// Whether a place is free, holds these very bytes, or other ones.
enum At {
    Free,
    Same,
    Other,
}

/// Carries a plan out.
pub(crate) async fn bring(store: &Store, mut plan: Plan, asked: &Asked, zone: Offset) -> Result<Summary> {
    let there = Arc::new(listed(store, &plan).await?);
    let total = plan.arrivals.iter().map(|arrival| arrival.piece.bytes).sum();
    let progress = if asked.json || asked.dry_run { ProgressBar::hidden() } else { bar(total) };
    let way = Way::new(store, Pace::new(asked.limit), &progress, asked.parallel);
    let mut summary = Summary { left_out: std::mem::take(&mut plan.left_out), ..Summary::default() };
    let mut settled = Vec::new();

    let mut interrupt = std::pin::pin!(tokio::signal::ctrl_c());
    let arriving = plan.arrivals.into_iter().map(|arrival| {
        let (way, there) = (&way, Arc::clone(&there));
        async move {
            let path = arrival.piece.path.clone();
            take(way, &there, arrival, asked.dry_run).await.map_err(|error| (path, format!("{error:#}")))
        }
    });
    let mut arriving = stream::iter(arriving).buffer_unordered(asked.parallel.max(1));
    loop {
        tokio::select! {
            pressed = &mut interrupt => {
                pressed.context("cannot listen for Ctrl-C")?;
                summary.interrupted = true;
                break;
            }
            arrived = arriving.next() => match arrived {
                Some(Ok(arrived)) => settled.extend(summary.note(arrived.into())),
                Some(Err(failed)) => summary.failed.push(failed),
                None => break,
            }
        }
    }
    drop(arriving);
    progress.finish_and_clear();
    for (folder, additions) in additions(settled, plan.albums, zone) {
        let (captions, dates) = (additions.captions.len(), additions.dates.len());
        let added = if asked.dry_run { Ok(true) } else { words::add(store, &folder, &additions).await };
        match added {
            Ok(true) => summary.described(&folder, captions, dates),
            Ok(false) => {}
            Err(error) => summary.failed.push((format!("{folder}/{METADATA}"), format!("{error:#}"))),
        }
    }
    summary.sort();
    Ok(summary)
}

impl From<Arrived> for super::summary::Noted<Settled> {
    fn from(arrived: Arrived) -> Self {
        let Arrived { settled, sent, copied, same, left_out, bytes } = arrived;
        Self { rest: settled, sent, copied, same, left_out, bytes }
    }
}

/// Everything in the collections that are concerned.
async fn listed(store: &Store, plan: &Plan) -> Result<There> {
    let places = plan.arrivals.iter().flat_map(|arrival| &arrival.places);
    let collections: BTreeSet<&str> =
        places.filter_map(|place| place.folder.names().first()).map(String::as_str).collect();
    let mut there = There::default();
    for collection in collections {
        for listed in store.list(Bucket::Source, format!("{collection}/")).all().await? {
            there.listed.insert(listed.path.clone(), listed);
        }
    }
    Ok(there)
}

async fn take(way: &Way, there: &There, arrival: Arrival, dry_run: bool) -> Result<Arrived> {
    let mut arrived = Arrived::default();
    let Arrival { piece, places } = arrival;
    let mut bytes = Bytes { piece: &piece, staged: None };
    let own = if places.iter().any(|place| place.words.taken.is_some()) {
        let file = bytes.file().await?;
        let named = places.first().and_then(|place| resizer::in_name(&place.name, Timestamp::now()));
        tokio::task::spawn_blocking(move || taken_at(&file)).await?.or(named)
    } else {
        None
    };
    // Where these bytes lie already, or lie now.
    let mut source: Option<String> = None;
    let mut free = Vec::new();
    for place in places {
        if place.name == METADATA && matches!(look(there, &place.key(), &mut bytes).await?, At::Other) {
            let why = "the album has a metadata.yml of its own".to_owned();
            arrived.left_out.push(LeftOut { file: piece.place(), why });
            continue;
        }
        let (place, is_there) = settle(there, place, &mut bytes).await?;
        if is_there {
            arrived.same += 1;
            source.get_or_insert_with(|| place.key());
        } else {
            free.push(place.key());
        }
        arrived.settled.push(Settled { place, own });
    }
    let mut sent = 0;
    for key in free {
        if let Some(from) = &source {
            if !dry_run {
                way.copy(from, &key).await?;
            }
            arrived.copied.push(key);
            continue;
        }
        match piece.object().filter(|object| object.within_reach && piece.bytes <= MOST_COPIED) {
            _ if dry_run => {}
            Some(object) => way.copy_from(&object.bucket, &object.key, &key).await?,
            None => {
                way.send(&Found { file: bytes.file().await?, key: key.clone(), bytes: piece.bytes }).await?;
                sent = piece.bytes;
            }
        }
        arrived.bytes += piece.bytes;
        arrived.sent.push(key.clone());
        source = Some(key);
    }
    way.is_spared(piece.bytes - sent);
    Ok(arrived)
}

/// The largest object that S3 copies at once (AWS, `CopyObject`: 5 GB).
const MOST_COPIED: u64 = 5 << 30;

/// The bytes of a piece, made a file when they are asked for.
struct Bytes<'a> {
    piece: &'a Piece,
    staged: Option<Staged>,
}

impl Bytes<'_> {
    async fn file(&mut self) -> Result<PathBuf> {
        if self.staged.is_none() {
            let piece = self.piece.clone();
            self.staged = Some(tokio::task::spawn_blocking(move || piece.staged()).await??);
        }
        Ok(self.staged.as_ref().map(|staged| staged.file().to_owned()).unwrap_or_default())
    }
}

/// Finds a name for a place: its own, or with a number where that is another photo's. `true` when it is there already.
async fn settle(there: &There, mut place: Place, bytes: &mut Bytes<'_>) -> Result<(Place, bool)> {
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

async fn look(there: &There, key: &str, bytes: &mut Bytes<'_>) -> Result<At> {
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
    // Where S3 tells no MD5 the size has to do.
    let same = same.with_context(|| format!("cannot read `{}`", bytes.piece.place().display()))?.unwrap_or(true);
    Ok(if same { At::Same } else { At::Other })
}

impl There {
    /// Whether nobody else is on the way there.
    fn reserve(&self, key: &str) -> bool {
        self.reserved.lock().unwrap_or_else(PoisonError::into_inner).insert(key.to_owned())
    }
}

/// The farthest that a clock on earth is from UTC, in seconds, and a little more: cameras' clocks are not exact.
const FARTHEST: i64 = 14 * 3600 + 600;

/// What the photos' and albums' words amount to, by album.
fn additions(
    settled: Vec<Settled>,
    albums: BTreeMap<FolderPath, super::arrival::AlbumWords>,
    zone: Offset,
) -> BTreeMap<FolderPath, Additions> {
    let clocks = Clocks::of(&settled, zone);
    let mut all: BTreeMap<FolderPath, Additions> = BTreeMap::new();
    for Settled { place, own } in settled {
        let date = match (place.words.taken, own) {
            (Some(Said::Local(local)), own) => own.is_none().then_some(local),
            (Some(Said::Moment(at)), None) => Some(clocks.local(at)),
            // The file knows; but when what was noted is another day, its owner knew better.
            (Some(Said::Moment(at)), Some(own)) => (apart(own, at).abs() > 2 * FARTHEST).then(|| clocks.local(at)),
            (None, _) => None,
        };
        if date.is_some() || place.words.caption.is_some() {
            let additions = all.entry(place.folder).or_default();
            additions.captions.extend(place.words.caption.map(|caption| (place.name.clone(), caption)));
            additions.dates.extend(date.map(|date| (place.name, date)));
        }
    }
    for (folder, words) in albums {
        all.entry(folder).or_default().album = words;
    }
    all
}

/// How far a camera's clock was from UTC at a moment, in seconds.
fn apart(local: DateTime, at: Timestamp) -> i64 {
    let as_utc = local.to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp().as_second());
    as_utc.map_or(i64::MAX / 2, |seconds| seconds - at.as_second())
}

/// How far the clock was from UTC where the family was: told by the photos that know both times.
struct Clocks {
    /// Moments and distances in seconds.
    known: BTreeMap<i64, i64>,
    otherwise: Offset,
}

/// How long a photo may speak for others nearby, in seconds: three weeks. People travel, and clocks change.
const NEARBY: i64 = 21 * 24 * 3600;

impl Clocks {
    fn of(settled: &[Settled], otherwise: Offset) -> Self {
        let known = settled.iter().filter_map(|settled| {
            let (Some(Said::Moment(at)), Some(own)) = (settled.place.words.taken, settled.own) else { return None };
            let apart = apart(own, at);
            // Zones lie quarters of an hour apart.
            (apart.abs() <= FARTHEST).then_some((at.as_second(), (apart + 450).div_euclid(900) * 900))
        });
        Self { known: known.collect(), otherwise }
    }

    fn local(&self, at: Timestamp) -> DateTime {
        let second = at.as_second();
        let before = self.known.range(..=second).next_back();
        let after = self.known.range(second..).next();
        let nearest = before.into_iter().chain(after).min_by_key(|(known, _)| (*known - second).abs());
        let offset = nearest
            .filter(|(known, _)| (*known - second).abs() <= NEARBY)
            .and_then(|(_, apart)| Offset::from_seconds(i32::try_from(*apart).ok()?).ok())
            .unwrap_or(self.otherwise);
        offset.to_datetime(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::arrival::Words;
    use jiff::civil::date;

    fn settled(name: &str, utc: &str, own: Option<DateTime>) -> Settled {
        let words = Words { caption: None, taken: Some(Said::Moment(utc.parse().unwrap())) };
        let place = Place { folder: FolderPath::parse("A/B").unwrap(), name: name.to_owned(), words };
        Settled { place, own }
    }

    #[test]
    fn only_what_a_file_does_not_know_is_written_down() {
        let knows = Some(date(2019, 7, 14).at(15, 30, 0, 0));
        let photos = vec![
            settled("knows.jpg", "2019-07-14T13:30:00Z", knows),
            settled("messenger.jpg", "2019-07-15T08:00:00Z", None),
            settled("scan.jpg", "1961-08-03T12:00:00Z", knows),
            settled("long-after.jpg", "2020-01-01T10:00:00Z", None),
        ];
        let all = additions(photos, BTreeMap::new(), Offset::from_hours(1).unwrap());
        let dates: Vec<_> =
            all[&FolderPath::parse("A/B").unwrap()].dates.iter().map(|(name, date)| format!("{name} {date}")).collect();
        let expected =
            ["long-after.jpg 2020-01-01T11:00:00", "messenger.jpg 2019-07-15T10:00:00", "scan.jpg 1961-08-03T13:00:00"];
        assert_eq!(dates, expected);
    }
}
