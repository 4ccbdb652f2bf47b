//! When photos were taken, where an export and the files themselves tell different things.
//!
//! Files show the clock of the place, Google a moment. What is written down is what a file does not know, or what somebody
//! has corrected.

use std::collections::BTreeMap;

use gallery::FolderPath;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};

use super::arrival::{AlbumWords, Place, Said};
use super::words::Additions;

/// The farthest that a clock on earth is from UTC, in seconds, and a little more: cameras' clocks are not exact.
const FARTHEST: i64 = 14 * 3600 + 600;

/// A date that was moved by a day is a day away from the clock of the photos around it, give or take a change of clocks.
const ANOTHER_DAY: i64 = 24 * 3600 - 1800;

/// A photo of which it is known where it lies.
#[derive(Debug)]
pub(super) struct Settled {
    pub(super) place: Place,
    /// What the file itself says of when it was taken, its name included.
    pub(super) own: Own,
}

/// What a file says of when it was taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Own {
    /// On the clock of the place.
    pub(super) clock: Option<DateTime>,
    /// In UTC: all that most films know, and what pages show of those that nobody says more of.
    pub(super) utc: Option<DateTime>,
}

impl Own {
    pub(super) fn on_clock(time: DateTime) -> Self {
        Self { clock: Some(time), utc: None }
    }

    pub(super) fn in_utc(time: DateTime) -> Self {
        Self { clock: None, utc: Some(time) }
    }

    /// What a page shows where nothing is written down.
    fn shown(self) -> Option<DateTime> {
        self.utc.or(self.clock)
    }
}

/// What the photos' and albums' words amount to.
#[derive(Debug, Default)]
pub(super) struct Dated {
    /// What is to be written down, by album.
    pub(super) additions: BTreeMap<FolderPath, Additions>,
    /// Keys of photos that keep their own date, though the noted one looks as if somebody had corrected it by less than a day.
    pub(super) kept: Vec<String>,
}

/// What is to be written down, and what is not though it may have been meant.
pub(super) fn settled_dates(settled: Vec<Settled>, albums: BTreeMap<FolderPath, AlbumWords>, zone: Offset) -> Dated {
    let clocks = Clocks::of(&settled, zone);
    let mut all: BTreeMap<FolderPath, Additions> = BTreeMap::new();
    let mut kept = Vec::new();
    for Settled { place, own } in settled {
        let date = match (place.words.taken, own) {
            // Whoever writes notes beside a file that knows its date does it to correct that date.
            (Some(Said::Local(local)), own) => (own.shown() != Some(local)).then_some(local),
            (Some(Said::Modified(day)), own) => own.shown().is_none().then(|| day.at(0, 0, 0, 0)),
            // The file knows; but when what was noted is another day, its owner knew better.
            (Some(Said::Moment(at)), Own { clock: Some(own), utc: None }) => {
                let is_another_day = clocks.is_another_day(own, at);
                if !is_another_day && clocks.is_odd(own, at) {
                    kept.push(place.key());
                }
                is_another_day.then(|| clocks.local(at))
            }
            (Some(Said::Moment(at)), Own { utc, .. }) => Some(clocks.local(at)).filter(|local| Some(*local) != utc),
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
    kept.sort();
    Dated { additions: all, kept }
}

/// How far a camera's clock was from UTC at a moment, in seconds.
fn apart(local: DateTime, at: Timestamp) -> i64 {
    let as_utc = local.to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp().as_second());
    as_utc.map_or(i64::MAX / 2, |seconds| seconds - at.as_second())
}

/// The zone that lies so far from UTC: they lie quarters of an hour apart.
fn zone_of(apart: i64) -> i64 {
    (apart + 450).div_euclid(900) * 900
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
            let (Some(Said::Moment(at)), Some(own)) = (settled.place.words.taken, settled.own.clock) else {
                return None;
            };
            let apart = apart(own, at);
            (apart.abs() <= FARTHEST).then_some((at.as_second(), zone_of(apart)))
        });
        let known: BTreeMap<i64, i64> = known.collect();
        // Far east and far west a date that was moved by a day looks like a clock on the other side of the line; then most of
        // the photos around it say otherwise.
        let is_alone = |at: i64, zone: i64| {
            let around = known.range(at - NEARBY..=at + NEARBY);
            let (against, with): (Vec<i64>, Vec<i64>) =
                around.map(|(_, other)| *other).partition(|other| (zone - other).abs() >= ANOTHER_DAY);
            against.len() > with.len()
        };
        let moved: Vec<i64> = known
            .iter()
            .filter(|(at, zone)| zone.abs() >= ANOTHER_DAY - FARTHEST && is_alone(**at, **zone))
            .map(|(at, _)| *at)
            .collect();
        let known = known.iter().filter(|(at, _)| moved.binary_search(at).is_err()).map(|(at, zone)| (*at, *zone));
        Self { known: known.collect(), otherwise }
    }

    fn local(&self, at: Timestamp) -> DateTime {
        self.offset(at).to_datetime(at)
    }

    fn offset(&self, at: Timestamp) -> Offset {
        let second = at.as_second();
        let before = self.known.range(..=second).next_back();
        let after = self.known.range(second..).next();
        let nearest = before.into_iter().chain(after).min_by_key(|(known, _)| (*known - second).abs());
        nearest
            .filter(|(known, _)| (*known - second).abs() <= NEARBY)
            .and_then(|(_, apart)| Offset::from_seconds(i32::try_from(*apart).ok()?).ok())
            .unwrap_or(self.otherwise)
    }

    /// Whether no clock on earth showed this at that moment, or one that is a day off from those nearby.
    fn is_another_day(&self, own: DateTime, at: Timestamp) -> bool {
        let apart = apart(own, at);
        let usual = i64::from(self.offset(at).seconds());
        apart.abs() > FARTHEST || (apart - usual).abs() >= ANOTHER_DAY
    }

    /// Whether this is another clock than that of the photos right before and after, or off by minutes, which no zone is. It
    /// may be a correction, and may be a camera of its own clock: nobody can tell.
    fn is_odd(&self, own: DateTime, at: Timestamp) -> bool {
        let apart = apart(own, at);
        let (zone, second) = (zone_of(apart), at.as_second());
        let before = self.known.range(second - NEARBY..second).next_back();
        let after = self.known.range(second + 1..=second + NEARBY).next();
        let around: Vec<i64> = before.into_iter().chain(after).map(|(_, zone)| *zone).collect();
        // At the end of a journey's photos there is another clock on one side.
        let is_alone = matches!(around[..], [before, after] if before == after && before != zone);
        is_alone || (apart - zone).abs() >= 60
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::arrival::Words;
    use jiff::civil::date;

    fn dates(photos: Vec<Settled>) -> Vec<String> {
        let all = settled_dates(photos, BTreeMap::new(), Offset::UTC).additions;
        all.values().flat_map(|album| album.dates.iter().map(|(name, date)| format!("{name} {date}"))).collect()
    }

    fn settled(name: &str, utc: &str, own: Option<DateTime>) -> Settled {
        let words = Words { caption: None, taken: Some(Said::Moment(utc.parse().unwrap())) };
        let place = Place { folder: FolderPath::parse("A/B").unwrap(), name: name.to_owned(), words };
        Settled { place, own: Own { clock: own, utc: None } }
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
        let all = settled_dates(photos, BTreeMap::new(), Offset::from_hours(1).unwrap()).additions;
        let dates: Vec<_> =
            all[&FolderPath::parse("A/B").unwrap()].dates.iter().map(|(name, date)| format!("{name} {date}")).collect();
        let expected =
            ["long-after.jpg 2020-01-01T11:00:00", "messenger.jpg 2019-07-15T10:00:00", "scan.jpg 1961-08-03T13:00:00"];
        assert_eq!(dates, expected);
    }

    #[test]
    fn a_date_that_was_moved_by_a_day_counts() {
        let own = |hour| Some(date(2019, 7, 14).at(hour, 30, 0, 0));
        // Two hours ahead of UTC; and in Auckland, where a day less looks like the clock of Hawaii.
        for (hours, kept, later, earlier) in [
            (15, "2019-07-14T13:30:00Z", "2019-07-15T13:30:00Z", "2019-07-13T13:30:00Z"),
            (15, "2019-07-14T03:30:00Z", "2019-07-15T03:30:00Z", "2019-07-13T03:30:00Z"),
        ] {
            let photos = vec![
                settled("earlier.jpg", earlier, own(hours)),
                settled("kept.jpg", kept, own(hours)),
                settled("kept2.jpg", &kept.replace(":30:", ":31:"), own(hours)),
                settled("later.jpg", later, own(hours)),
            ];
            assert_eq!(dates(photos), ["earlier.jpg 2019-07-13T15:30:00", "later.jpg 2019-07-15T15:30:00"], "{kept}");
        }
    }

    #[test]
    fn notes_beside_a_file_correct_it_and_the_file_s_own_date_does_not() {
        let own = Some(date(2019, 7, 14).at(15, 30, 0, 0));
        let with = |name: &str, taken, own| {
            let words = Words { caption: None, taken: Some(taken) };
            let own = Own { clock: own, utc: None };
            Settled { place: Place { folder: FolderPath::parse("A/B").unwrap(), name: name.to_owned(), words }, own }
        };
        let local = |hour| Said::Local(date(2019, 7, 14).at(hour, 30, 0, 0));
        let photos = vec![
            with("corrected.jpg", local(17), own),
            with("same.jpg", local(15), own),
            with("copied.jpg", Said::Modified(date(2024, 1, 1)), own),
            with("scan.jpg", Said::Modified(date(2024, 1, 1)), None),
        ];
        assert_eq!(dates(photos), ["corrected.jpg 2019-07-14T17:30:00", "scan.jpg 2024-01-01T00:00:00"]);
    }

    #[test]
    fn a_film_that_knows_utc_alone_gets_the_clock_of_the_photos_around() {
        let film = |name: &str, utc: &str, own: DateTime| Settled { own: Own::in_utc(own), ..settled(name, utc, None) };
        let noon = date(2019, 7, 14).at(12, 0, 0, 0);
        assert!(dates(vec![film("alone.mp4", "2019-07-14T12:00:00Z", noon)]).is_empty(), "the page shows that anyway");
        let photos = vec![
            film("film.mp4", "2019-07-14T12:00:00Z", noon),
            settled("photo.jpg", "2019-07-14T13:30:00Z", Some(date(2019, 7, 14).at(15, 30, 0, 0))),
        ];
        assert_eq!(dates(photos), ["film.mp4 2019-07-14T14:00:00"]);
        // A file's own date is no news to a film.
        let mut film = film("film.mp4", "2019-07-14T12:00:00Z", noon);
        film.place.words.taken = Some(Said::Modified(date(2024, 1, 1)));
        assert!(dates(vec![film]).is_empty());
    }

    #[test]
    fn a_correction_of_hours_is_told_and_not_believed() {
        let own = |hour, minute| Some(date(2019, 7, 14).at(hour, minute, 0, 0));
        let photos = vec![
            settled("a.jpg", "2019-07-14T10:00:00Z", own(12, 0)),
            settled("corrected.jpg", "2019-07-14T11:00:00Z", own(16, 0)),
            settled("minutes.jpg", "2019-07-14T11:30:00Z", own(13, 37)),
            settled("b.jpg", "2019-07-14T12:00:00Z", own(14, 0)),
            // They travel on.
            settled("c.jpg", "2019-07-16T12:00:00Z", Some(date(2019, 7, 16).at(17, 0, 0, 0))),
            settled("d.jpg", "2019-07-16T13:00:00Z", Some(date(2019, 7, 16).at(18, 0, 0, 0))),
        ];
        let dated = settled_dates(photos, BTreeMap::new(), Offset::UTC);
        assert!(dated.additions.is_empty(), "{dated:?}");
        assert_eq!(dated.kept, ["A/B/corrected.jpg", "A/B/minutes.jpg"]);
    }
}
