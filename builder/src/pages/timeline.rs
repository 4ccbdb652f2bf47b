//! The timeline: the years, and the albums of each month. A script adds the photos themselves to the months.
//!
//! It says which albums have photos of a month and not how many: it changes when a month begins in an album, and not
//! with every photo.

use std::collections::BTreeMap;

use gallery::ScopePage;
use jiff::civil::{Date, date};
use maud::{Markup, html};

use super::picture::{Urgency, cover};
use super::{Document, dates};
use crate::catalogue::Shelf;
use crate::links;
use crate::settings::{Language, Settings};

/// So many albums of a year are on one page, each counted in each of its months; with more, the months have their own.
const MOST: usize = 150;

/// The albums of each month of each year; under 0 those of which no more is known than the year.
type Years<'a> = BTreeMap<u16, BTreeMap<u8, Vec<&'a Shelf>>>;

/// Stands for no month in particular.
const SOME: u8 = 0;

/// All its pages.
pub(super) fn pages(shelves: &[&Shelf], settings: &Settings) -> BTreeMap<ScopePage, Markup> {
    let years = years(shelves);
    let mut pages = BTreeMap::from([(ScopePage::Timeline, all_years(&years, settings))]);
    for (&year, months) in &years {
        let around = neighbours(&years, year);
        pages.insert(ScopePage::Year(year), one_year(year, months, around, settings));
        if is_long(months) {
            let known = months.iter().filter(|(month, _)| **month != SOME);
            pages.extend(
                known.map(|(&month, shelves)| {
                    (ScopePage::Month(year, month), one_month(year, month, shelves, settings))
                }),
            );
        }
    }
    pages
}

fn years<'a>(shelves: &[&'a Shelf]) -> Years<'a> {
    let mut years = Years::new();
    for shelf in shelves {
        for (year, month) in shelf.days.months() {
            years.entry(year).or_default().entry(month).or_default().push(*shelf);
        }
        if let Some(year) = shelf.year.and_then(|year| u16::try_from(year).ok()) {
            years.entry(year).or_default().entry(SOME).or_default().push(*shelf);
        }
    }
    years
}

fn is_long(months: &BTreeMap<u8, Vec<&Shelf>>) -> bool {
    months.values().map(Vec::len).sum::<usize>() > MOST
}

/// The years before and after, as far as there are any.
fn neighbours(years: &Years<'_>, year: u16) -> (Option<u16>, Option<u16>) {
    let before = years.range(..year).next_back().map(|(&year, _)| year);
    (before, years.range(year + 1..).next().map(|(&year, _)| year))
}

fn all_years(years: &Years<'_>, settings: &Settings) -> Markup {
    let language = settings.language();
    let title = language.say("timeline");
    let body = html! {
        div.title { h1 data-t="timeline" { (title) } }
        @if years.is_empty() { p.lead data-t="no_dates" { (language.say("no_dates")) } }
        @for (i, (&year, months)) in years.iter().rev().enumerate() {
            section.year {
                (year_cover(year, months, i))
                div {
                    h2 {
                        a href=(ScopePage::Year(year).address()) data-first=(of_month(year, 1)) data-last=(end_of(year))
                            data-span="months" { (name_of_year(year, language)) }
                    }
                    ol.months {
                        @for &month in months.keys().filter(|month| **month != SOME) {
                            li {
                                a href=(month_link(year, month, is_long(months))) data-month=(of_month(year, month)) {
                                    (name_of(year, month, language))
                                }
                            }
                        }
                    }
                }
            }
        }
    };
    document(None, settings, body)
}

/// The cover of the year's newest album.
fn year_cover(year: u16, months: &BTreeMap<u8, Vec<&Shelf>>, index: usize) -> Markup {
    let newest = months.values().rev().flatten().find(|shelf| shelf.cover.is_some());
    let urgency = if index < 4 { Urgency::Soon } else { Urgency::Later };
    html! {
        @if let Some(shelf) = newest {
            // The year beside it is the same link, in words.
            a.face href=(ScopePage::Year(year).address()) tabindex="-1" aria-hidden="true" {
                (cover(shelf.cover.as_ref(), &shelf.folder.album().collection(), "160px", urgency))
            }
        }
    }
}

fn one_year(
    year: u16,
    months: &BTreeMap<u8, Vec<&Shelf>>,
    (before, after): (Option<u16>, Option<u16>),
    settings: &Settings,
) -> Markup {
    let (long, language) = (is_long(months), settings.language());
    let body = html! {
        div.title { h1 data-first=(of_month(year, 1)) data-last=(end_of(year)) data-span="months" { (name_of_year(year, language)) } }
        nav.years aria-label=(language.say("timeline")) data-label="timeline" {
            @if let Some(before) = before { a rel="prev" href=(ScopePage::Year(before).address()) { "‹ " (before) } }
            a href=(ScopePage::Timeline.address()) data-t="all_years" { (language.say("all_years")) }
            @if let Some(after) = after { a rel="next" href=(ScopePage::Year(after).address()) { (after) " ›" } }
        }
        @for (&month, shelves) in months.iter().rev() {
            @if long && month != SOME {
                section.month {
                    h2 { a href=(ScopePage::Month(year, month).address()) data-month=(of_month(year, month)) { (name_of(year, month, language)) } }
                    p.facts data-t="n_albums" data-n=(shelves.len()) { (language.count("n_albums", shelves.len())) }
                }
            } @else {
                (month_section(year, month, shelves, language))
            }
        }
    };
    document(Some((&year.to_string(), None)), settings, body)
}

fn one_month(year: u16, month: u8, shelves: &[&Shelf], settings: &Settings) -> Markup {
    let language = settings.language();
    let title = dates::months(language, of_month(year, month), of_month(year, month));
    let body = html! {
        div.title { h1 data-first=(of_month(year, month)) data-last=(of_month(year, month)) data-span="months" { (title) } }
        nav.years aria-label=(language.say("timeline")) data-label="timeline" {
            a href=(ScopePage::Year(year).address()) { "‹ " (year) }
            a href=(ScopePage::Timeline.address()) data-t="all_years" { (language.say("all_years")) }
        }
        (month_section(year, month, shelves, language))
    };
    document(Some((&title, Some(of_month(year, month)))), settings, body)
}

/// A month's albums. The script puts the month's photos below them.
fn month_section(year: u16, month: u8, shelves: &[&Shelf], language: Language) -> Markup {
    let of = if month == SOME { format!("{year:04}") } else { format!("{year:04}-{month:02}") };
    html! {
        section.month id={ "m" (format!("{month:02}")) } data-of=(of) {
            @if month == SOME {
                h2 data-first=(of_month(year, 1)) data-last=(end_of(year)) data-span="months" { (name_of_year(year, language)) }
            } @else {
                h2 data-month=(of_month(year, month)) { (name_of(year, month, language)) }
            }
            ul.strip {
                @for shelf in shelves { li { (small_card(shelf)) } }
            }
        }
    }
}

/// An album as a small card: a face and a name.
pub(super) fn small_card(shelf: &Shelf) -> Markup {
    let album = shelf.folder.album();
    html! {
        a.chip href=(links::album(&album)) {
            (cover(shelf.cover.as_ref(), &album.collection(), "56px", Urgency::Later))
            span.name { bdi { (shelf.title) } }
        }
    }
}

fn month_link(year: u16, month: u8, long: bool) -> String {
    if long {
        ScopePage::Month(year, month).address()
    } else {
        format!("{}#m{month:02}", ScopePage::Year(year).address())
    }
}

/// `title` and the month that it is made of; the timeline itself without one.
fn document(title: Option<(&str, Option<Date>)>, settings: &Settings, body: Markup) -> Markup {
    let month = title.and_then(|(_, month)| month).map(|month| month.to_string());
    let said = if title.is_none() { Some("timeline") } else { month.as_deref() };
    let title = Some(title.map_or(settings.language().say("timeline"), |(title, _)| title));
    Document { title, said, place: None, signed_in: true, class: "timeline", settings, body }.render()
}

/// The first day of a month.
fn of_month(year: u16, month: u8) -> Date {
    let year = i16::try_from(year).unwrap_or(i16::MAX).min(9999);
    date(year, i8::try_from(month).unwrap_or(1).clamp(1, 12), 1)
}

/// The last day of a year.
fn end_of(year: u16) -> Date {
    of_month(year, 12).last_of_month()
}

fn name_of(year: u16, month: u8, language: Language) -> &'static str {
    dates::name_of_month(language, of_month(year, month))
}

fn name_of_year(year: u16, language: Language) -> String {
    dates::months(language, of_month(year, 1), end_of(year))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{Summary, tests::catalogue};

    fn shelf(folder: &str, days: &[Date]) -> Shelf {
        let mut shelf = Summary::of(&catalogue(folder, &[("1.jpg", Some(6))]), "\"c\"").shelves.remove(0);
        shelf.days = days.iter().copied().collect();
        shelf
    }

    #[test]
    fn months_lead_to_albums_and_years_to_each_other() {
        let lisbon = shelf("Family/Lisbon & <us>", &[date(2024, 5, 6), date(2024, 5, 7), date(2021, 12, 31)]);
        let alps = shelf("Family/Alps", &[date(2024, 5, 1)]);
        let none = shelf("Family/Undated", &[]);
        let mut scans = shelf("Family/Scans", &[date(1968, 7, 1)]);
        scans.year = Some(1970);
        let pages = pages(&[&alps, &lisbon, &none, &scans], &Settings::default());
        let names: Vec<String> = pages.keys().map(ToString::to_string).collect();
        assert_eq!(names, ["timeline", "timeline/1968", "timeline/1970", "timeline/2021", "timeline/2024"]);
        let year = pages[&ScopePage::Year(1968)].clone().into_string();
        assert!(year.contains("data-of=\"1968-07\"") && year.contains(">Scans<"), "{year}");
        let year = pages[&ScopePage::Year(1970)].clone().into_string();
        assert!(year.contains("data-of=\"1970\"") && year.contains(">Scans<") && !year.contains("January"), "{year}");
        let year = pages[&ScopePage::Year(2024)].clone().into_string();
        assert!(year.contains("Lisbon &amp; &lt;us&gt;") && year.contains(">Alps<") && !year.contains("Undated"));
        assert!(year.contains("href=\"/timeline/2021/\"") && year.contains("data-of=\"2024-05\""), "{year}");
        let all = pages[&ScopePage::Timeline].clone().into_string();
        assert!(all.contains("/timeline/2024/#m05") && all.contains("/timeline/2021/#m12"), "{all}");
    }

    /// A hundred thousand photos of 400 albums that all go on for the whole year.
    #[test]
    fn pages_stay_small() {
        let days: Vec<Date> = (1..=12).map(|month| date(2024, month, 1)).collect();
        let shelves: Vec<Shelf> = (0..400).map(|n| shelf(&format!("Family/Album {n}"), &days)).collect();
        let pages = pages(&shelves.iter().collect::<Vec<_>>(), &Settings::default());
        assert_eq!(pages.len(), 1 + 1 + 12);
        assert!(pages.contains_key(&ScopePage::Month(2024, 12)));
        let largest = pages.values().map(|page| page.clone().into_string().len()).max().unwrap();
        assert!(largest < 250_000, "{largest}");
        assert!(pages[&ScopePage::Timeline].clone().into_string().contains("/timeline/2024-05/"));
    }
}
