//! The page of an album: its albums as cards, its photos as a justified grid.

use std::collections::BTreeMap;

use jiff::civil::Date;
use maud::{Markup, html};

use super::figure::Album;
use super::picture::{Urgency, cover, sizes};
use super::{Document, dates, notices};
use crate::catalogue::{Card, Catalogue, ChunkName, Photos, When, chunks};
use crate::settings::{Language, Settings};
use crate::words::Beginnings;
use crate::{links, markdown};

/// The album's pages by name: its own, and those of the chunks that follow the first.
pub(super) fn pages(catalogue: &Catalogue, settings: &Settings) -> BTreeMap<String, Markup> {
    let photos = catalogue.in_order();
    let album = Album::of(catalogue, settings.language());
    let (first, rest) = chunks(&catalogue.album(), &photos);
    let names: Vec<ChunkName> = rest.iter().map(|(name, _)| *name).collect();
    let mut pages = BTreeMap::from([(String::new(), own_page(&album, settings, first, photos.len(), &rest))]);
    for (i, (name, photos)) in rest.iter().enumerate() {
        let before = i.checked_sub(1).map(|before| names[before]);
        let after = names.get(i + 1).copied();
        pages.insert(name.to_string(), chunk_page(&album, settings, photos, before, after));
    }
    pages
}

/// The chunks that follow the first one.
type Rest<'a, 'p> = [(ChunkName, &'a Photos<'p>)];

fn own_page(
    album: &Album<'_>,
    settings: &Settings,
    photos: &Photos<'_>,
    total: usize,
    chunks: &Rest<'_, '_>,
) -> Markup {
    let (catalogue, language) = (album.catalogue, album.language);
    let children = catalogue.shown_children();
    let cards: Vec<&Card> = children.iter().map(|(_, child)| &child.card).collect();
    let metadata = &catalogue.described.values;
    let card = Card::of(catalogue);
    let body = html! {
        div.title data-added=[added(&card)] {
            h1 { bdi { (catalogue.title()) } }
            (facts_line(&card, language))
            @if let Some(comment) = &metadata.comment1 { p.lead { bdi { (comment) } } }
            @if let Some(comment) = &metadata.comment2 { p.note { bdi { (comment) } } }
            @if let Some(text) = &metadata.description { div.text { (markdown::block(text)) } }
            // Its place is kept from the start, so that nothing moves; who has no script does not see it.
            @if total > 1 {
                div.along {
                    @if metadata.downloads { button.zip type="button" data-t="download_all" { (language.say("download_all")) } }
                    button.sheet type="button" data-t="print" { (language.say("print")) }
                    span.told role="status" {}
                }
            }
        }
        @if !cards.is_empty() {
            section.albums aria-label=(language.say("albums")) data-label="albums" { (card_list(&cards, 4, language)) }
        }
        @if !photos.is_empty() {
            section.photos aria-label=(language.say("photos")) data-label="photos" {
                @if !cards.is_empty() { h2.more data-t="photos" { (language.say("photos")) } }
                (grid(album, photos, chunks.first().map(|(name, _)| *name), chunks, total, cards.is_empty()))
                @if let Some((next, _)) = chunks.first() {
                    nav.chunks aria-label=(language.say("more")) data-label="more" {
                        a.button rel="next" href=(chunk_link(catalogue, *next)) data-t="more" { (language.say("more")) }
                        ol {
                            @for (i, (chunk, _)) in chunks.iter().enumerate() {
                                li { a href=(chunk_link(catalogue, *chunk)) aria-label=(language.say_of("page", &(i + 2).to_string())) data-label="page" data-of=(i + 2) { (i + 2) } }
                            }
                        }
                    }
                }
            }
        }
        @if cards.is_empty() && photos.is_empty() { (notices::nothing_yet(language)) }
    };
    document(catalogue, settings, body)
}

/// A page for those who come by a plain link; a script takes just the photos out of it. It says nothing that depends on
/// how many photos other chunks have, so that it changes only with its own.
fn chunk_page(
    album: &Album<'_>,
    settings: &Settings,
    photos: &Photos<'_>,
    before: Option<ChunkName>,
    after: Option<ChunkName>,
) -> Markup {
    let (catalogue, language) = (album.catalogue, album.language);
    let start = links::album(&catalogue.album());
    let body = html! {
        div.title { h1 { a href=(start) { bdi { (catalogue.title()) } } } }
        section.photos aria-label=(language.say("photos")) data-label="photos" {
            (grid(album, photos, after, &[], photos.len(), true))
            nav.chunks aria-label=(language.say("more")) data-label="more" {
                a.button rel="prev" data-t="earlier"
                    href=(before.map_or(start.clone(), |before| chunk_link(catalogue, before))) { (language.say("earlier")) }
                @if let Some(after) = after {
                    a.button rel="next" href=(chunk_link(catalogue, after)) data-t="more" { (language.say("more")) }
                }
            }
        }
    };
    document(catalogue, settings, body)
}

fn document(catalogue: &Catalogue, settings: &Settings, body: Markup) -> Markup {
    let (title, place) = (Some(catalogue.title()), Some(&catalogue.folder));
    Document { title, said: None, place, signed_in: true, class: "album", settings, body }.render()
}

/// The photos of one chunk. The album's own page also knows all the others', for links to a single photo. `leads` when
/// nothing larger than a title stands before them.
fn grid(
    album: &Album<'_>,
    photos: &Photos<'_>,
    next: Option<ChunkName>,
    rest: &Rest<'_, '_>,
    total: usize,
    leads: bool,
) -> Markup {
    let catalogue = album.catalogue;
    let chunks: Vec<String> = rest.iter().map(|(name, _)| name.to_string()).collect();
    let months: Vec<String> = rest.iter().map(|(_, photos)| months(catalogue, photos)).collect();
    let filters: Vec<String> = rest.iter().map(|(_, photos)| filter(catalogue, photos)).collect();
    html! {
        div.grid data-title=(catalogue.title()) data-album=(links::album(&catalogue.album()))
            data-total=[(!chunks.is_empty()).then_some(total)]
            data-chunks=[(!chunks.is_empty()).then(|| chunks.join(" "))]
            data-months=[(!chunks.is_empty()).then(|| months.join(" "))]
            data-filters=[(!chunks.is_empty()).then(|| filters.join(" "))]
            data-next=[next.map(|next| chunk_link(catalogue, next))] {
            @for (i, (id, photo)) in photos.iter().enumerate() {
                // What else is in sight is fetched as soon as the page is laid out: whoever comes for one photo further on
                // waits for the first one alone.
                (album.figure(i, *id, photo, if leads && i == 0 { Urgency::First } else { Urgency::Later }))
            }
        }
    }
}

/// The first and the last month that photos of a chunk were taken in, `2024-05/2024-07`; `-` when none tells.
fn months(catalogue: &Catalogue, photos: &Photos<'_>) -> String {
    let when = || photos.iter().filter_map(|(_, photo)| catalogue.when(photo));
    let month = |day: Date| day.strftime("%Y-%m").to_string();
    let first = when().map(When::first).min();
    first
        .zip(when().map(When::last).max())
        .map_or_else(|| "-".to_owned(), |(first, last)| format!("{}/{}", month(first), month(last)))
}

/// A filter over the words of a chunk's photos; `-` when there are none.
fn filter(catalogue: &Catalogue, photos: &Photos<'_>) -> String {
    let mut words = Beginnings::default();
    for (_, photo) in photos {
        catalogue.searched(photo, &mut words);
    }
    Some(words.filter()).filter(|filter| !filter.is_empty()).unwrap_or_else(|| "-".to_owned())
}

fn chunk_link(catalogue: &Catalogue, chunk: ChunkName) -> String {
    links::album(&chunk.page(&catalogue.album()))
}

/// When the newest photo came, in seconds, for the mark on albums that are new to a viewer.
pub(super) fn added(card: &Card) -> Option<i64> {
    card.added.map(jiff::Timestamp::as_second).filter(|&added| added > 0)
}

/// `6–12 May 2024 · 3 albums · 24 photos`
fn facts_line(card: &Card, language: Language) -> Markup {
    html! {
        p.facts {
            @if let (Some(first), Some(last)) = (card.first, card.last) {
                time datetime=(first) data-last=(last) data-span="days" { (dates::span(language, first, last)) }
                span.dot { " · " }
            }
            @if card.albums > 0 {
                span data-t="n_albums" data-n=(card.albums) { (language.count("n_albums", card.albums)) }
                span.dot { " · " }
            }
            (counts(card.photos, card.films, language))
        }
    }
}

/// `24 photos`, `24 photos · 2 videos`, `2 videos`; of `all` photos, `films` move.
pub(super) fn counts(all: usize, films: usize, language: Language) -> Markup {
    let still = all.saturating_sub(films);
    html! {
        @if still > 0 || films == 0 {
            span data-t="n_photos" data-n=(still) { (language.count("n_photos", still)) }
        }
        @if films > 0 {
            @if still > 0 { span.dot { " · " } }
            span data-t="n_films" data-n=(films) { (language.count("n_films", films)) }
        }
    }
}

/// Albums as cards; the covers of the first `eager` are fetched at once, and the very first before all else.
pub(super) fn card_list(cards: &[&Card], eager: usize, language: Language) -> Markup {
    html! {
        ul.cards {
            @for (i, card) in cards.iter().enumerate() {
                @let urgency = match i {
                    _ if i >= eager => Urgency::Later,
                    0 => Urgency::First,
                    _ => Urgency::Soon,
                };
                li { (card_link(card, urgency, language)) }
            }
        }
    }
}

fn card_link(card: &Card, urgency: Urgency, language: Language) -> Markup {
    let album = card.folder.album();
    html! {
        a.card href=(links::album(&album)) data-added=[added(card)] data-albums=[(card.albums > 0).then_some(card.albums)]
            data-words=[(!card.words.is_empty()).then_some(&card.words)] {
            (cover(card.cover.as_ref(), &album.collection(), &sizes(46, "360px"), urgency))
            span.name { bdi { (card.title) } }
            (card_facts(card, language))
        }
    }
}

/// `May 2024 · 24 photos`
pub(super) fn card_facts(card: &Card, language: Language) -> Markup {
    html! {
        span.facts {
            @if let (Some(first), Some(last)) = (card.first, card.last) {
                span data-first=(first) data-last=(last) data-span="months" { (dates::months(language, first, last)) }
                span.dot { " · " }
            }
            (counts(card.photos, card.films, language))
        }
    }
}
