//! Dates as people write them.

use jiff::civil::{Date, DateTime, Time};

use crate::catalogue::When;
use crate::settings::Language;

/// How a language writes days and months: of the first, `{d}`, `{m}` and `{y}` are day, month and year, of the last `{D}` and
/// `{M}`. What browsers write (`Intl.DateTimeFormat`), so that nothing changes where a script writes the same.
struct Manner {
    months: [&'static str; 12],
    year: &'static str,
    month: &'static str,
    day: &'static str,
    /// Days of one month, and of one year.
    days: &'static str,
    across_months: &'static str,
    /// Months of one year.
    months_of_year: &'static str,
    /// Between two days of different years.
    to: &'static str,
    /// Between a day and a time of day, and how that is written.
    at: &'static str,
    clock: &'static str,
}

const EN: Manner = Manner {
    months: [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
    year: "{y}",
    month: "{m} {y}",
    day: "{d} {m} {y}",
    days: "{d}–{D} {m} {y}",
    across_months: "{d} {m} – {D} {M} {y}",
    months_of_year: "{m} – {M} {y}",
    to: " – ",
    at: ", ",
    clock: "%H:%M",
};
const DE: Manner = Manner {
    months: [
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ],
    day: "{d}. {m} {y}",
    days: "{d}.–{D}. {m} {y}",
    across_months: "{d}. {m} – {D}. {M} {y}",
    at: " um ",
    ..EN
};
const FR: Manner = Manner {
    months: [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ],
    at: " à ",
    ..EN
};
const ES: Manner = Manner {
    months: [
        "enero",
        "febrero",
        "marzo",
        "abril",
        "mayo",
        "junio",
        "julio",
        "agosto",
        "septiembre",
        "octubre",
        "noviembre",
        "diciembre",
    ],
    month: "{m} de {y}",
    day: "{d} de {m} de {y}",
    days: "{d}–{D} de {m} de {y}",
    across_months: "{d} de {m} – {D} de {M} de {y}",
    months_of_year: "{m} – {M} de {y}",
    at: " a las ",
    clock: "%-H:%M",
    ..EN
};
const IT: Manner = Manner {
    months: [
        "gennaio",
        "febbraio",
        "marzo",
        "aprile",
        "maggio",
        "giugno",
        "luglio",
        "agosto",
        "settembre",
        "ottobre",
        "novembre",
        "dicembre",
    ],
    at: " alle ore ",
    ..EN
};
const JA: Manner = Manner {
    months: ["1月", "2月", "3月", "4月", "5月", "6月", "7月", "8月", "9月", "10月", "11月", "12月"],
    year: "{y}年",
    month: "{y}年{m}",
    day: "{y}年{m}{d}日",
    days: "{y}年{m}{d}日～{D}日",
    across_months: "{y}年{m}{d}日～{M}{D}日",
    months_of_year: "{y}年{m}～{M}",
    to: "～",
    at: " ",
    clock: "%-H:%M",
};

impl Manner {
    fn of(language: Language) -> &'static Self {
        match language {
            Language::En => &EN,
            Language::De => &DE,
            Language::Fr => &FR,
            Language::Es => &ES,
            Language::It => &IT,
            Language::Ja => &JA,
        }
    }

    fn name(&self, date: Date) -> &'static str {
        self.months[usize::from(date.month().unsigned_abs()) - 1]
    }

    fn fill(&self, pattern: &str, first: Date, last: Date) -> String {
        [
            ("{d}", first.day().to_string().as_str()),
            ("{m}", self.name(first)),
            ("{y}", &first.year().to_string()),
            ("{D}", &last.day().to_string()),
            ("{M}", self.name(last)),
        ]
        .into_iter()
        .fold(pattern.to_owned(), |text, (place, value)| text.replace(place, value))
    }
}

/// `May`
pub(super) fn name_of_month(language: Language, month: Date) -> &'static str {
    Manner::of(language).name(month)
}

/// `6 May 2024`
pub(super) fn day(language: Language, date: Date) -> String {
    let manner = Manner::of(language);
    manner.fill(manner.day, date, date)
}

/// `6 May 2024, 07:08`; midnight to the second stands for a day of which no more is known.
pub(super) fn moment(language: Language, time: DateTime) -> String {
    let day = day(language, time.date());
    if time.time() == Time::midnight() {
        return day;
    }
    let Manner { at, clock, .. } = Manner::of(language);
    format!("{day}{at}{}", time.strftime(clock))
}

/// The same of what may be no more than a month or a year: `July 1968`, `1968`.
pub(super) fn when(language: Language, when: When) -> String {
    match when {
        When::At(time) => moment(language, time),
        When::Within(dated) => months(language, dated.first(), dated.last()),
    }
}

/// The days of an album in full: `6 May 2024`, `6–12 May 2024`, `28 April – 3 May 2024`.
pub(super) fn span(language: Language, first: Date, last: Date) -> String {
    let manner = Manner::of(language);
    let whole_months = first == first.first_of_month() && last == last.last_of_month();
    if first == last {
        day(language, first)
    } else if is_whole_year(first, last) || last.year() > first.year() + 1 {
        months(language, first, last)
    } else if first.year() != last.year() {
        format!("{}{}{}", day(language, first), manner.to, day(language, last))
    } else if first.month() != last.month() {
        manner.fill(manner.across_months, first, last)
    } else if whole_months {
        months(language, first, last)
    } else {
        manner.fill(manner.days, first, last)
    }
}

/// The same in short, for cards: `May 2024`, `April – May 2024`, `2019 – 2024`.
pub(super) fn months(language: Language, first: Date, last: Date) -> String {
    let manner = Manner::of(language);
    if first.year() != last.year() {
        return format!("{} – {}", first.year(), last.year());
    }
    let pattern = match () {
        () if is_whole_year(first, last) => manner.year,
        () if first.month() == last.month() => manner.month,
        () => manner.months_of_year,
    };
    manner.fill(pattern, first, last)
}

/// An owner's `date: 2024` is a year and nothing finer.
fn is_whole_year(first: Date, last: Date) -> bool {
    first == first.first_of_year() && last == first.last_of_year()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::metadata::Dated;

    #[test]
    fn midnight_is_no_time_of_day() {
        let day = date(1987, 7, 14);
        assert_eq!(moment(Language::En, day.at(0, 0, 0, 0)), "14 July 1987");
        assert_eq!(When::At(day.at(0, 0, 0, 0)).machine(), "1987-07-14");
        assert_eq!(moment(Language::En, day.at(15, 30, 0, 0)), "14 July 1987, 15:30");
        assert_eq!(When::At(day.at(15, 30, 0, 0)).machine(), "1987-07-14T15:30:00");
        for (said, shown) in [("1987-07", "July 1987"), ("1987", "1987")] {
            let within = When::Within(Dated::try_from(said.to_owned()).unwrap());
            assert_eq!((when(Language::En, within).as_str(), within.machine().as_str()), (shown, said));
        }
    }

    #[test]
    fn spans_say_each_thing_once() {
        let may = date(2024, 5, 6);
        assert_eq!(span(Language::En, may, may), "6 May 2024");
        assert_eq!(span(Language::En, may, date(2024, 5, 12)), "6–12 May 2024");
        assert_eq!(span(Language::En, date(2024, 4, 28), may), "28 April – 6 May 2024");
        assert_eq!(span(Language::En, date(2023, 12, 28), may), "28 December 2023 – 6 May 2024");
        assert_eq!(span(Language::En, date(2021, 4, 3), may), "2021 – 2024");
        assert_eq!(span(Language::En, date(2024, 2, 1), date(2024, 2, 29)), "February 2024");
        assert_eq!(span(Language::En, date(2024, 1, 1), date(2024, 12, 31)), "2024");
        assert_eq!(months(Language::En, may, date(2024, 5, 12)), "May 2024");
        assert_eq!(months(Language::En, date(2024, 4, 28), may), "April – May 2024");
        assert_eq!(months(Language::En, date(2019, 4, 28), may), "2019 – 2024");
        assert_eq!(months(Language::En, date(2024, 1, 1), date(2024, 12, 31)), "2024");
        assert_eq!(moment(Language::En, may.at(7, 8, 9, 0)), "6 May 2024, 07:08");
    }

    #[test]
    fn each_language_has_its_manner() {
        let (first, last) = (date(2024, 4, 28), date(2024, 5, 6));
        let time = last.at(7, 8, 9, 0);
        for (language, days, across, short, at) in [
            (Language::De, "6.–12. Mai 2024", "28. April – 6. Mai 2024", "April – Mai 2024", "6. Mai 2024 um 07:08"),
            (Language::Fr, "6–12 mai 2024", "28 avril – 6 mai 2024", "avril – mai 2024", "6 mai 2024 à 07:08"),
            (
                Language::Es,
                "6–12 de mayo de 2024",
                "28 de abril – 6 de mayo de 2024",
                "abril – mayo de 2024",
                "6 de mayo de 2024 a las 7:08",
            ),
            (
                Language::It,
                "6–12 maggio 2024",
                "28 aprile – 6 maggio 2024",
                "aprile – maggio 2024",
                "6 maggio 2024 alle ore 07:08",
            ),
            (Language::Ja, "2024年5月6日～12日", "2024年4月28日～5月6日", "2024年4月～5月", "2024年5月6日 7:08"),
        ] {
            assert_eq!(span(language, last, date(2024, 5, 12)), days);
            assert_eq!(span(language, first, last), across);
            assert_eq!(months(language, first, last), short);
            assert_eq!(moment(language, time), at);
        }
        assert_eq!(months(Language::Ja, date(2024, 1, 1), date(2024, 12, 31)), "2024年");
        assert_eq!(months(Language::Es, last, last), "mayo de 2024");
        assert_eq!(name_of_month(Language::De, date(2024, 3, 1)), "März");
    }
}
