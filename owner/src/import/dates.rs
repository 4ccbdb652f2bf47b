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
    pub(super) own: Option<DateTime>,
}

/// What the photos' and albums' words amount to, by album.
pub(super) fn additions(
    settled: Vec<Settled>,
    albums: BTreeMap<FolderPath, AlbumWords>,
    zone: Offset,
) -> BTreeMap<FolderPath, Additions> {
    let clocks = Clocks::of(&settled, zone);
    let mut all: BTreeMap<FolderPath, Additions> = BTreeMap::new();
    for Settled { place, own } in settled {
        let date = match (place.words.taken, own) {
            // Whoever writes notes beside a file that knows its date does it to correct that date.
            (Some(Said::Local(local)), own) => (own != Some(local)).then_some(local),
            (Some(Said::Modified(day)), own) => own.is_none().then(|| day.at(0, 0, 0, 0)),
            (Some(Said::Moment(at)), None) => Some(clocks.local(at)),
            // The file knows; but when what was noted is another day, its owner knew better.
            (Some(Said::Moment(at)), Some(own)) => clocks.is_another_day(own, at).then(|| clocks.local(at)),
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::arrival::Words;
    use jiff::civil::date;

    fn dates(photos: Vec<Settled>) -> Vec<String> {
        let all = additions(photos, BTreeMap::new(), Offset::UTC);
        all.values().flat_map(|album| album.dates.iter().map(|(name, date)| format!("{name} {date}"))).collect()
    }

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
}
