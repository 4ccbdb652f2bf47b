//! When a letter is due. A function of values.

use jiff::{SignedDuration, Timestamp};

use crate::known::Recent;
use crate::told::{CLAIM, Told};

/// At most one letter in this time.
const APART: SignedDuration = SignedDuration::from_hours(24);

/// Where something new keeps coming all day long, the first of it waits no longer than this.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(24);

/// Whether it is time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// There is nothing to tell.
    Nothing,
    /// There is, at this time at the earliest.
    Later(Timestamp),
    /// Now.
    Now,
}

/// Whether what is `new` is told now. `at_once` is the owner's wish not to wait for more; a letter that somebody else is
/// sending is waited for all the same.
pub(crate) fn due(new: &[&Recent], told: &Told, quiet: SignedDuration, at_once: bool, now: Timestamp) -> Due {
    let (Some(first), Some(last)) =
        (new.iter().map(|photo| photo.added).min(), new.iter().map(|photo| photo.added).max())
    else {
        return Due::Nothing;
    };
    let after = |time: Timestamp, wait| time.saturating_add(wait).unwrap_or(Timestamp::MAX);
    let claimed = told.sending.as_ref().map(|sending| after(sending.since, CLAIM));
    let mut earliest = claimed.unwrap_or(Timestamp::MIN);
    if !at_once {
        earliest = earliest.max(told.failed.as_ref().map_or(Timestamp::MIN, crate::told::Failed::again));
    }
    // What was claimed once has waited already.
    if !at_once && claimed.is_none() {
        let settled = after(last, quiet).min(after(first, LONGEST_WAIT));
        let apart = told.sent.map_or(Timestamp::MIN, |sent| after(sent, APART));
        earliest = earliest.max(settled).max(apart);
    }
    if earliest <= now { Due::Now } else { Due::Later(earliest) }
}

#[cfg(test)]
mod tests {
    use gallery::AlbumPath;

    use super::*;
    use crate::told::{Failed, Sending};

    fn at(hours: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + hours * 3600).unwrap()
    }

    fn added(hours: i64) -> Recent {
        let album = AlbumPath::parse("a").unwrap();
        Recent { turn: 1, found: at(0), added: at(hours), album, kind: String::new() }
    }

    fn asked(new: &[i64], told: &Told, now: i64) -> Due {
        let new: Vec<_> = new.iter().map(|hours| added(*hours)).collect();
        due(&new.iter().collect::<Vec<_>>(), told, SignedDuration::from_hours(3), false, at(now))
    }

    #[test]
    fn it_waits_until_nothing_comes_any_more_but_not_for_ever() {
        let none = Told::default();
        assert_eq!(asked(&[], &none, 0), Due::Nothing);
        assert_eq!(asked(&[0, 2], &none, 4), Due::Later(at(5)));
        assert_eq!(asked(&[0, 2], &none, 5), Due::Now);
        let hourly: Vec<i64> = (0..24).collect();
        assert_eq!(asked(&hourly, &none, 23), Due::Later(at(24)));
        assert_eq!(asked(&hourly, &none, 24), Due::Now);
    }

    #[test]
    fn there_is_a_day_between_two() {
        let told = Told { sent: Some(at(0)), ..Told::default() };
        assert_eq!(asked(&[1], &told, 10), Due::Later(at(24)));
        assert_eq!(asked(&[1], &told, 24), Due::Now);
    }

    #[test]
    fn a_failure_is_tried_again_ever_later() {
        let failed = |tries, refused| Failed { at: at(0), tries, refused, unsure: false, why: String::new() };
        let minutes = |failed: Failed| failed.again().duration_since(at(0)).as_mins();
        assert_eq!([1, 2, 3, 4, 5, 6, 60].map(|tries| minutes(failed(tries, false))), [15, 30, 60, 120, 240, 360, 360]);
        assert_eq!(minutes(failed(1, true)), 24 * 60);
        let told = Told { failed: Some(failed(6, false)), ..Told::default() };
        assert_eq!(asked(&[-9], &told, 5), Due::Later(at(6)));
    }

    #[test]
    fn who_may_have_the_letter_is_not_sent_it_every_quarter_of_an_hour() {
        let new = [added(-9)];
        let mut told = Told::default();
        let (mut sent, mut minutes) = (Vec::new(), 0);
        // A server that hangs up each time, having delivered what it was given.
        while minutes < 5 * 24 * 60 {
            let now = at(0) + SignedDuration::from_mins(minutes);
            if due(&[&new[0]], &told, SignedDuration::ZERO, false, now) == Due::Now {
                sent.push(minutes);
                let tries = sent.len() as u32;
                let sending = Some(Sending { through: 1, since: now, id: "x".into() });
                let failed = Some(Failed { at: now, tries, refused: false, unsure: true, why: String::new() });
                told = Told { sending, failed, ..told };
            }
            minutes += 15;
        }
        assert_eq!(sent, [0, 15, 75, 75 + 24 * 60, 75 + 48 * 60, 75 + 72 * 60, 75 + 96 * 60]);
    }

    #[test]
    fn what_somebody_else_is_sending_is_left_to_them_for_a_while() {
        let sending = Some(Sending { through: 1, since: at(0), id: "x".into() });
        let told = Told { sending, ..Told::default() };
        let now = |minutes: i64| at(0) + SignedDuration::from_mins(minutes);
        let new = [added(-9)];
        for at_once in [false, true] {
            let asked = |minutes| due(&[&new[0]], &told, SignedDuration::ZERO, at_once, now(minutes));
            assert_eq!(asked(14), Due::Later(now(15)));
            assert_eq!(asked(15), Due::Now);
        }
    }
}
