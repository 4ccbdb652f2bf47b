//! The home page of a scope: the newest album large, then every collection with its albums.

use gallery::Scope;
use maud::{Markup, html};

use super::album::{added, card_facts, card_list, counts};
use super::picture::{Urgency, cover, hundredths, sizes};
use super::{Document, dates, notices};
use crate::catalogue::{Card, Shelf, newest_first};
use crate::gallery_record::Collection;
use crate::links;
use crate::settings::{Language, Settings};

pub(super) fn page(scope: &Scope, collections: &[&Collection], shelves: &[&Shelf], settings: &Settings) -> Markup {
    let language = settings.language();
    let body = match newest(collections) {
        None => notices::empty_gallery(language),
        Some(feature) => html! {
            h1.unseen data-t="photo_albums" { (language.say("photo_albums")) }
            (newest_album(feature, language))
            (summary_line(collections, language))
            @for section in sections(collections) { (section.render(language)) }
            (on_this_day(shelves, language))
        },
    };
    let body = html! {
        // Whose page this is: what a browser keeps of one scope must not be shown to another.
        data #scope value=(scope.home()) {}
        (body)
    };
    let class = if collections.is_empty() { "home empty" } else { "home" };
    Document { title: None, said: None, place: None, signed_in: true, class, settings, body }.render()
}

/// The album with the newest photo, over all collections.
fn newest<'a>(collections: &[&'a Collection]) -> Option<&'a Card> {
    collections.iter().map(|collection| collection.newest()).min_by(|a, b| newest_first(a, b))
}

fn newest_album(card: &Card, language: Language) -> Markup {
    let album = card.folder.album();
    html! {
        a.feature href=(links::album(&album)) data-added=[added(card)] {
            (cover(card.cover.as_ref(), &album.collection(), &feature_sizes(card), Urgency::First))
            span.words {
                span.eyebrow data-t="latest" { (language.say("latest")) }
                span.name { bdi { (card.title) } }
                (card_facts(card, language))
            }
        }
    }
}

/// The days of each album, from which a script sees what there is on this day of other years. It is empty until then, and
/// stays so where there is nothing.
fn on_this_day(shelves: &[&Shelf], language: Language) -> Markup {
    let shelves: Vec<_> = shelves.iter().filter(|shelf| !shelf.days.is_empty()).collect();
    let albums: Vec<String> = shelves.iter().map(|shelf| shelf.folder.album().to_string()).collect();
    let days: Vec<String> = shelves.iter().map(|shelf| shelf.days.to_string()).collect();
    html! {
        section.today #today hidden data-albums=(albums.join(" ")) data-days=(days.join(" ")) {
            h2 data-t="on_this_day" { (language.say("on_this_day")) }
        }
    }
}

/// How wide the newest album's cover is. On a phone it stands, four by five, and a wide picture reaches beyond both sides:
/// so much of it is fetched as to be sharp, within what a first visit may cost.
fn feature_sizes(card: &Card) -> String {
    let across = card.cover.as_ref().map_or(100, |cover| hundredths(cover.width, cover.height) * 5 / 4);
    sizes(across.clamp(100, 160), "(max-width: 1400px) 100vw, 1400px")
}

/// `1,248 photos in 14 albums, 2019 – 2024`
fn summary_line(collections: &[&Collection], language: Language) -> Markup {
    let photos = collections.iter().map(|c| c.summary.card.photos).sum();
    let films = collections.iter().map(|c| c.summary.card.films).sum();
    let albums = collections.iter().map(|c| c.summary.card.albums.max(1)).sum();
    let first = collections.iter().filter_map(|c| c.summary.card.first).min();
    let last = collections.iter().filter_map(|c| c.summary.card.last).max();
    html! {
        p.everything {
            (counts(photos, films, language))
            span data-t="in" { (language.say("in")) }
            span data-t="n_albums" data-n=(albums) { (language.count("n_albums", albums)) }
            @if let (Some(first), Some(last)) = (first, last) {
                ", " span data-first=(first) data-last=(last) data-span="months" { (dates::months(language, first, last)) }
            }
            // Its line is kept from the start, so that nothing moves.
            a.to-today href="#today" data-t="on_this_day" { (language.say("on_this_day")) }
        }
    }
}

/// A part of the page: a collection with its albums, or all the collections that are one album each.
enum Section<'a> {
    Collection(&'a Collection),
    Singles { cards: Vec<&'a Card>, alone: bool },
}

/// The collections in order. Those that are one album each share a section, where the newest of them stands.
fn sections<'a>(collections: &[&'a Collection]) -> Vec<Section<'a>> {
    let singles: Vec<&Card> = collections.iter().filter(|c| c.albums.is_empty()).map(|c| &c.summary.card).collect();
    let mut sections = Vec::new();
    let mut placed = false;
    for collection in collections {
        if !collection.albums.is_empty() {
            sections.push(Section::Collection(collection));
        } else if !placed {
            placed = true;
            sections.push(Section::Singles { alone: singles.len() == collections.len(), cards: singles.clone() });
        }
    }
    sections
}

impl Section<'_> {
    fn render(&self, language: Language) -> Markup {
        match self {
            // The one and only album is the feature already.
            Self::Singles { cards, alone: true } if cards.len() < 2 => html! {},
            Self::Singles { cards, alone } => html! {
                section.collection aria-label=(language.say("albums")) data-label="albums" {
                    @if !alone { div.heading { h2 data-t="albums" { (language.say("albums")) } } }
                    (card_list(cards, 0, language))
                }
            },
            Self::Collection(collection) => {
                let card = &collection.summary.card;
                let href = links::album(&card.folder.album());
                let cards: Vec<&Card> = collection.albums.iter().collect();
                html! {
                    section.collection {
                        div.heading {
                            h2 { a href=(href) { bdi { (card.title) } } }
                            (card_facts(card, language))
                        }
                        (card_list(&cards, 0, language))
                        @if card.albums > cards.len() {
                            p.all {
                                a href=(href) data-t="all_albums" data-n=(card.albums) {
                                    (language.count("all_albums", card.albums))
                                }
                            }
                        } @else if collection.own_photos > 0 {
                            p.all {
                                a href=(href) data-t="more_photos" data-n=(collection.own_photos) {
                                    (language.count("more_photos", collection.own_photos))
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
