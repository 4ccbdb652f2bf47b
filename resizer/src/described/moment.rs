//! Moments: from what cameras, programs and the names of files say.

use gallery::facts::{Witness, Zone};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};

/// The farthest that a clock on earth is from UTC, in minutes.
const FARTHEST: i64 = 14 * 60;

/// Before this year there were no digital cameras; a file's name that says so means something else.
const OLDEST_NAME: i16 = 1990;

/// When a picture was taken, on the clock of the place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    pub(crate) local: DateTime,
    pub(crate) from: Witness,
    pub(crate) zone: Option<Zone>,
}

/// How far a clock was from UTC, when the same moment is known in both: zones lie quarters of an hour apart, and
/// satellites' fixes may be some minutes old.
pub(super) fn zone_between(local: DateTime, utc: DateTime) -> Option<i16> {
    let apart = (local.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp()
        - utc.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
    .get_seconds();
    let quarters = (apart + 450).div_euclid(900);
    let off = (apart - quarters * 900).abs();
    let minutes = quarters * 15;
    (off <= 300 && minutes.abs() <= FARTHEST).then_some(minutes as i16)
}

/// Reads what XMP and videos write: `2024-05-12T14:30:15.25+02:00`, with the time, the seconds and the zone left out or
/// not. Gives the time and the minutes east of UTC.
pub(crate) fn iso8601(text: &str) -> Option<(DateTime, Option<i16>)> {
    let text = text.trim();
    let date: Date = text.get(..10)?.parse().ok()?;
    let rest = text.get(10..)?;
    let Some(rest) = rest.strip_prefix(['T', ' ']) else {
        return rest.is_empty().then(|| (date.to_datetime(Time::midnight()), None));
    };
    let end = rest.find(['Z', '+', '-']).unwrap_or(rest.len());
    let (clock, zone) = rest.split_at(end);
    let mut parts = clock.split(':');
    let number = |part: Option<&str>| part?.parse::<i8>().ok();
    let (hour, minute) = (number(parts.next())?, number(parts.next())?);
    let second = parts.next().map_or(Some(0), |part| number(part.split('.').next()))?;
    let time = Time::new(hour, minute, second.min(59), 0).ok()?;
    Some((date.to_datetime(time), offset(zone)))
}

/// Reads `+02:00`, `+0200`, `+02` and `Z` as minutes east of UTC.
pub(super) fn offset(text: &str) -> Option<i16> {
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\0');
    if text == "Z" {
        return Some(0);
    }
    let sign = if text.strip_prefix('-').is_some() { -1 } else { 1 };
    let digits: String = text.strip_prefix(['+', '-'])?.chars().filter(|&c| c != ':').collect();
    if !digits.bytes().all(|b| b.is_ascii_digit()) || !matches!(digits.len(), 2 | 4) {
        return None;
    }
    let hours: i16 = digits.get(..2)?.parse().ok()?;
    let minutes: i16 = digits.get(2..4).map_or(Some(0), |rest| rest.parse().ok())?;
    let whole = hours * 60 + minutes;
    (minutes < 60 && i64::from(whole) <= FARTHEST).then_some(sign * whole)
}

/// The moment in the name of a file, as phones and programs write it: `IMG_20240512_143015.jpg`,
/// `2024-05-12 14.30.15.png`, `IMG-20240512-WA0001.jpg`. Not later than the upload, a day's difference of clocks aside.
pub(crate) fn from_name(file: &str, uploaded: Timestamp) -> Option<DateTime> {
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem).as_bytes();
    let newest = jiff::tz::TimeZone::UTC.to_datetime(uploaded).date().tomorrow().ok()?;
    (0..stem.len()).find_map(|at| {
        if at > 0 && stem[at - 1].is_ascii_digit() {
            return None;
        }
        let (year, rest) = number(&stem[at..], 4)?;
        let (separator, rest) = separated(rest, b"-_.");
        let (month, rest) = number(rest, 2)?;
        let (again, rest) = separated(rest, b"-_.");
        let (day, rest) = number(rest, 2)?;
        if separator != again || year < OLDEST_NAME {
            return None;
        }
        let date = Date::new(year, month as i8, day as i8).ok().filter(|date| *date <= newest)?;
        // A longer run of digits is something else, but for Pixels' and Samsungs' milliseconds after a whole time.
        let clock = clock(rest);
        if clock.is_none() && rest.first().is_some_and(u8::is_ascii_digit) {
            return None;
        }
        Some(date.to_datetime(clock.unwrap_or(Time::midnight())))
    })
}

/// A time right after a date.
fn clock(rest: &[u8]) -> Option<Time> {
    let rest = rest.strip_prefix(b" at ").unwrap_or_else(|| separated(rest, b"-_ T.").1);
    let (hour, rest) = number(rest, 2)?;
    let (separator, rest) = separated(rest, b"-_.:h");
    let (minute, rest) = number(rest, 2)?;
    let (again, rest) = separated(rest, b"-_.:m");
    let (second, _) = number(rest, 2)?;
    if separator.is_some() != again.is_some() {
        return None;
    }
    Time::new(hour as i8, minute as i8, second as i8, 0).ok()
}

/// A number of so many digits at the start.
fn number(bytes: &[u8], digits: usize) -> Option<(i16, &[u8])> {
    let (head, rest) = bytes.split_at_checked(digits)?;
    let value = std::str::from_utf8(head).ok().filter(|_| head.iter().all(u8::is_ascii_digit))?.parse().ok()?;
    Some((value, rest))
}

/// One of these signs at the start, if there is one.
fn separated<'a>(bytes: &'a [u8], signs: &[u8]) -> (Option<u8>, &'a [u8]) {
    match bytes.split_first() {
        Some((sign, rest)) if signs.contains(sign) => (Some(*sign), rest),
        _ => (None, bytes),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn names_of_files_tell_the_time() {
        let uploaded: Timestamp = "2025-06-07T08:09:10Z".parse().unwrap();
        let (day, moment) = (date(2024, 5, 12).at(0, 0, 0, 0), date(2024, 5, 12).at(14, 30, 15, 0));
        for (name, expected) in [
            ("IMG_20240512_143015.jpg", Some(moment)),
            ("PXL_20240512_143015123.MP.jpg", Some(moment)),
            ("20240512_143015.HEIC", Some(moment)),
            ("20240512143015.jpg", Some(moment)),
            ("2024-05-12 14.30.15.png", Some(moment)),
            ("Screenshot_2024-05-12-14-30-15-123_com.app.png", Some(moment)),
            ("Screenshot 2024-05-12 at 14.30.15.png", Some(moment)),
            ("signal-2024-05-12-143015.jpeg", Some(moment)),
            ("IMG-20240512-WA0001.jpg", Some(day)),
            ("Oma 2024-05-12.jpg", Some(day)),
            ("DSC_0042.jpg", None),
            ("IMG_20241312_143015.jpg", None),
            ("IMG_20990512_143015.jpg", None),
            ("12345678901234567890.jpg", None),
            ("2024.jpg", None),
            ("18540512.jpg", None),
        ] {
            assert_eq!(from_name(name, uploaded), expected, "{name}");
        }
    }

    #[test]
    fn iso_times_are_read_with_and_without_zones() {
        let moment = date(2024, 5, 12).at(14, 30, 15, 0);
        assert_eq!(iso8601("2024-05-12T14:30:15.25+02:00"), Some((moment, Some(120))));
        assert_eq!(iso8601("2024-05-12T14:30:15-0330"), Some((moment, Some(-210))));
        assert_eq!(iso8601("2024-05-12 14:30:15Z"), Some((moment, Some(0))));
        assert_eq!(iso8601("2024-05-12T14:30"), Some((date(2024, 5, 12).at(14, 30, 0, 0), None)));
        assert_eq!(iso8601("2024-05-12"), Some((date(2024, 5, 12).at(0, 0, 0, 0), None)));
        for text in ["", "2024", "2024-02-30", "2024-05-12T", "2024-05-12T25:00", "2024-05-1ä", "ää-ää-äää"] {
            assert_eq!(iso8601(text), None, "{text}");
        }
    }

    #[test]
    fn a_zone_is_what_lies_between_two_clocks() {
        let utc = date(2024, 5, 12).at(12, 0, 0, 0);
        assert_eq!(zone_between(date(2024, 5, 12).at(14, 3, 20, 0), utc), Some(120));
        assert_eq!(zone_between(date(2024, 5, 12).at(6, 14, 58, 0), utc), Some(-345));
        assert_eq!(zone_between(date(2024, 5, 12).at(12, 7, 20, 0), utc), None);
        assert_eq!(zone_between(date(2024, 5, 14).at(12, 0, 0, 0), utc), None);
    }
}
