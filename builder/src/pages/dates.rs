//! Dates and numbers as people write them.

use jiff::civil::{Date, DateTime, Time};

use crate::catalogue::When;

/// `6 May 2024`
pub(super) fn day(date: Date) -> String {
    date.strftime("%-d %B %Y").to_string()
}

/// `6 May 2024, 07:08`; midnight to the second stands for a day of which no more is known.
pub(super) fn moment(time: DateTime) -> String {
    if time.time() == Time::midnight() { day(time.date()) } else { time.strftime("%-d %B %Y, %H:%M").to_string() }
}

/// The same of what may be no more than a month or a year: `July 1968`, `1968`.
pub(super) fn when(when: When) -> String {
    match when {
        When::At(time) => moment(time),
        When::Within(dated) => months(dated.first(), dated.last()),
    }
}

/// The days of an album in full: `6 May 2024`, `6–12 May 2024`, `28 April – 3 May 2024`.
pub(super) fn span(first: Date, last: Date) -> String {
    if first == last {
        day(first)
    } else if is_whole_year(first, last) {
        format!("{}", first.year())
    } else if (first.year(), first.month()) == (last.year(), last.month()) {
        if first.day() == 1 && last == first.last_of_month() {
            return first.strftime("%B %Y").to_string();
        }
        format!("{}–{}", first.day(), day(last))
    } else if first.year() == last.year() {
        format!("{} – {}", first.strftime("%-d %B"), day(last))
    } else if last.year() == first.year() + 1 {
        format!("{} – {}", day(first), day(last))
    } else {
        months(first, last)
    }
}

/// The same in short, for cards: `May 2024`, `April – May 2024`, `2019 – 2024`.
pub(super) fn months(first: Date, last: Date) -> String {
    if (first.year(), first.month()) == (last.year(), last.month()) {
        last.strftime("%B %Y").to_string()
    } else if is_whole_year(first, last) {
        format!("{}", first.year())
    } else if first.year() == last.year() {
        format!("{} – {}", first.strftime("%B"), last.strftime("%B %Y"))
    } else {
        format!("{} – {}", first.year(), last.year())
    }
}

/// An owner's `date: 2024` is a year and nothing finer.
fn is_whole_year(first: Date, last: Date) -> bool {
    first == first.first_of_year() && last == first.last_of_year()
}

/// `1 photo`, `12,345 photos`
pub(super) fn count(number: usize, one: &str, many: &str) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    format!("{text} {}", if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::metadata::Dated;

    #[test]
    fn midnight_is_no_time_of_day() {
        let day = date(1987, 7, 14);
        assert_eq!(moment(day.at(0, 0, 0, 0)), "14 July 1987");
        assert_eq!(When::At(day.at(0, 0, 0, 0)).machine(), "1987-07-14");
        assert_eq!(moment(day.at(15, 30, 0, 0)), "14 July 1987, 15:30");
        assert_eq!(When::At(day.at(15, 30, 0, 0)).machine(), "1987-07-14T15:30:00");
        for (said, shown) in [("1987-07", "July 1987"), ("1987", "1987")] {
            let within = When::Within(Dated::try_from(said.to_owned()).unwrap());
            assert_eq!((when(within).as_str(), within.machine().as_str()), (shown, said));
        }
    }

    #[test]
    fn spans_say_each_thing_once() {
        let may = date(2024, 5, 6);
        assert_eq!(span(may, may), "6 May 2024");
        assert_eq!(span(may, date(2024, 5, 12)), "6–12 May 2024");
        assert_eq!(span(date(2024, 4, 28), may), "28 April – 6 May 2024");
        assert_eq!(span(date(2023, 12, 28), may), "28 December 2023 – 6 May 2024");
        assert_eq!(span(date(2021, 4, 3), may), "2021 – 2024");
        assert_eq!(span(date(2024, 2, 1), date(2024, 2, 29)), "February 2024");
        assert_eq!(span(date(2024, 1, 1), date(2024, 12, 31)), "2024");
        assert_eq!(months(may, date(2024, 5, 12)), "May 2024");
        assert_eq!(months(date(2024, 4, 28), may), "April – May 2024");
        assert_eq!(months(date(2019, 4, 28), may), "2019 – 2024");
        assert_eq!(months(date(2024, 1, 1), date(2024, 12, 31)), "2024");
        assert_eq!(moment(may.at(7, 8, 9, 0)), "6 May 2024, 07:08");
    }

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(count(1, "photo", "photos"), "1 photo");
        assert_eq!(count(0, "photo", "photos"), "0 photos");
        assert_eq!(count(999, "photo", "photos"), "999 photos");
        assert_eq!(count(1_234_567, "photo", "photos"), "1,234,567 photos");
    }
}
