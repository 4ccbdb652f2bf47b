//! The page of an album: its albums as cards, its photos as a justified grid.

use std::collections::BTreeMap;

use gallery::{CollectionSlug, PhotoId};
use maud::{Markup, html};

use super::picture::{Picture, Urgency, cover, hundredths, largest, proportions};
use super::{Document, dates, notices};
use crate::catalogue::{Card, Catalogue, ChunkName, Photo, Photos, chunks};
use crate::settings::Settings;
use crate::{links, markdown};

/// So many photos are likely on the first screen of a desktop.
const SOON: usize = 8;

/// How high a row of the grid is at least, in CSS pixels; the stylesheet's `--row` on wide screens.
const ROW: u64 = 240;

/// The album's pages by name: its own, and those of the chunks that follow the first.
pub(super) fn pages(catalogue: &Catalogue, settings: &Settings) -> BTreeMap<String, Markup> {
    let photos = catalogue.in_order();
    let (first, rest) = chunks(&catalogue.album(), &photos);
    let names: Vec<ChunkName> = rest.iter().map(|(name, _)| *name).collect();
    let mut pages = BTreeMap::from([(String::new(), own_page(catalogue, settings, first, &names))]);
    for (i, (name, photos)) in rest.iter().enumerate() {
        let before = i.checked_sub(1).map(|before| names[before]);
        let after = names.get(i + 1).copied();
        pages.insert(name.to_string(), chunk_page(catalogue, settings, photos, before, after));
    }
    pages
}

fn own_page(catalogue: &Catalogue, settings: &Settings, photos: &Photos<'_>, chunks: &[ChunkName]) -> Markup {
    let children = catalogue.shown_children();
    let cards: Vec<&Card> = children.iter().map(|(_, child)| &child.card).collect();
    let metadata = &catalogue.described.values;
    let card = Card::of(catalogue);
    let body = html! {
        div.title data-added=[added(&card)] {
            h1 { bdi { (catalogue.title()) } }
            (facts_line(&card))
            // Its place is kept from the start, so that nothing moves; who has no script does not see it.
            @if metadata.downloads && photos.len() > 1 {
                div.along {
                    button.zip type="button" data-t="download_all" { "Download all" }
                    span.told role="status" {}
                }
            }
            @if let Some(comment) = &metadata.comment1 { p.lead { (comment) } }
            @if let Some(comment) = &metadata.comment2 { p.note { (comment) } }
            @if let Some(text) = &metadata.description { div.text { (markdown::block(text)) } }
        }
        @if !cards.is_empty() {
            section.albums aria-label="Albums" data-label="albums" { (card_list(&cards, if photos.is_empty() { 4 } else { 0 })) }
        }
        @if !photos.is_empty() {
            section.photos aria-label="Photos" data-label="photos" {
                @if !cards.is_empty() { h2.more data-t="photos" { "Photos" } }
                (grid(catalogue, photos, chunks.first().copied(), chunks))
                @if let Some(next) = chunks.first() {
                    nav.chunks aria-label="More photos" data-label="more" {
                        a.button rel="next" href=(chunk_link(catalogue, *next)) data-t="more" { "More photos" }
                        ol {
                            @for (i, chunk) in chunks.iter().enumerate() {
                                li { a href=(chunk_link(catalogue, *chunk)) aria-label={ "Page " (i + 2) } { (i + 2) } }
                            }
                        }
                    }
                }
            }
        }
        @if cards.is_empty() && photos.is_empty() { (notices::nothing_yet()) }
    };
    document(catalogue, settings, body)
}

/// A page for those who come by a plain link; a script takes just the photos out of it. It says nothing that depends on
/// how many photos other chunks have, so that it changes only with its own.
fn chunk_page(
    catalogue: &Catalogue,
    settings: &Settings,
    photos: &Photos<'_>,
    before: Option<ChunkName>,
    after: Option<ChunkName>,
) -> Markup {
    let start = links::album(&catalogue.album());
    let body = html! {
        div.title { h1 { a href=(start) { bdi { (catalogue.title()) } } } }
        section.photos aria-label="Photos" data-label="photos" {
            (grid(catalogue, photos, after, &[]))
            nav.chunks aria-label="More photos" data-label="more" {
                a.button rel="prev" data-t="earlier"
                    href=(before.map_or(start.clone(), |before| chunk_link(catalogue, before))) { "Earlier photos" }
                @if let Some(after) = after {
                    a.button rel="next" href=(chunk_link(catalogue, after)) data-t="more" { "More photos" }
                }
            }
        }
    };
    document(catalogue, settings, body)
}

fn document(catalogue: &Catalogue, settings: &Settings, body: Markup) -> Markup {
    let (title, place) = (Some(catalogue.title()), Some(&catalogue.folder));
    Document { title, place, signed_in: true, class: "album", settings, body }.render()
}

/// The photos of one chunk. The album's own page also knows all the others', for links to a single photo.
fn grid(catalogue: &Catalogue, photos: &Photos<'_>, next: Option<ChunkName>, chunks: &[ChunkName]) -> Markup {
    let collection = catalogue.album().collection();
    let chunks: Vec<String> = chunks.iter().map(ToString::to_string).collect();
    html! {
        div.grid data-title=(catalogue.title()) data-album=(links::album(&catalogue.album()))
            data-total=[(!chunks.is_empty()).then_some(catalogue.photos.len())]
            data-chunks=[(!chunks.is_empty()).then(|| chunks.join(" "))]
            data-next=[next.map(|next| chunk_link(catalogue, next))] {
            @for (i, (id, photo)) in photos.iter().enumerate() {
                (figure(catalogue, &collection, i, *id, photo))
            }
        }
    }
}

fn chunk_link(catalogue: &Catalogue, chunk: ChunkName) -> String {
    links::album(&chunk.page(&catalogue.album()))
}

/// When the newest photo came, in seconds, for the mark on albums that are new to a viewer.
pub(super) fn added(card: &Card) -> Option<i64> {
    card.added.map(jiff::Timestamp::as_second).filter(|&added| added > 0)
}

/// `6–12 May 2024 · 3 albums · 24 photos`
fn facts_line(card: &Card) -> Markup {
    html! {
        p.facts {
            @if let (Some(first), Some(last)) = (card.first, card.last) {
                time datetime=(first) data-last=(last) data-span="days" { (dates::span(first, last)) }
                span.dot { " · " }
            }
            @if card.albums > 0 {
                span data-t="n_albums" data-n=(card.albums) { (dates::count(card.albums, "album", "albums")) }
                span.dot { " · " }
            }
            span data-t="n_photos" data-n=(card.photos) { (dates::count(card.photos, "photo", "photos")) }
        }
    }
}

/// Albums as cards; the covers of the first `eager` are fetched at once.
pub(super) fn card_list(cards: &[&Card], eager: usize) -> Markup {
    html! {
        ul.cards {
            @for (i, card) in cards.iter().enumerate() {
                li { (card_link(card, if i < eager { Urgency::Soon } else { Urgency::Later })) }
            }
        }
    }
}

fn card_link(card: &Card, urgency: Urgency) -> Markup {
    let album = card.folder.album();
    html! {
        a.card href=(links::album(&album)) data-added=[added(card)] {
            (cover(card.cover.as_ref(), &album.collection(), "(max-width: 699px) 46vw, 360px", urgency))
            span.name { bdi { (card.title) } }
            (card_facts(card))
        }
    }
}

/// `May 2024 · 24 photos`
pub(super) fn card_facts(card: &Card) -> Markup {
    html! {
        span.facts {
            @if let (Some(first), Some(last)) = (card.first, card.last) {
                span data-first=(first) data-last=(last) data-span="months" { (dates::months(first, last)) }
                span.dot { " · " }
            }
            span data-t="n_photos" data-n=(card.photos) { (dates::count(card.photos, "photo", "photos")) }
        }
    }
}

fn figure(catalogue: &Catalogue, collection: &CollectionSlug, index: usize, id: PhotoId, photo: &Photo) -> Markup {
    let caption = catalogue.caption(photo);
    let alt = alt(caption, photo, index);
    let across = hundredths(photo.width, photo.height);
    // Rows grow to fill the line, so a picture is shown a little larger than its row is high.
    let sizes = format!("(max-width: 699px) {}vw, {}px", (across * 30 / 100).clamp(24, 96), ROW * across / 100);
    let urgency = match index {
        0 => Urgency::First,
        _ if index < SOON => Urgency::Soon,
        _ => Urgency::Later,
    };
    let Some(largest) = largest(&photo.renditions) else { return html! {} };
    let downloads = catalogue.described.values.downloads;
    html! {
        figure class=(proportions(photo.width, photo.height)) id={ "p-" (id) } data-colour=(photo.colour)
            data-thumb=(photo.thumbhash) data-camera=[photo.camera.as_ref()] {
            a.open href=(links::rendition(collection, id, largest)) data-width=(largest.width) data-height=(largest.height)
                data-moving[photo.moving && downloads] {
                (Picture { collection, photo: id, renditions: &photo.renditions, sizes: &sizes, alt: &alt, urgency }.render())
            }
            figcaption {
                @if let Some(caption) = caption { span.caption { bdi { (caption) } } }
                @if let Some(taken) = photo.taken { time datetime=(taken) { (dates::moment(taken)) } }
                @if downloads {
                    a.original href=(links::original(&catalogue.folder, &photo.file)) download=(photo.file)
                        data-bytes=(photo.bytes) data-t="original" data-label="original_of" data-of=(alt)
                        aria-label={ "Download the original of " (alt) } { "Original" }
                }
            }
        }
    }
}

/// What the picture shows, in words: its caption, or the file's name when a person chose it, or when it was taken, or its
/// number on the page.
fn alt(caption: Option<&str>, photo: &Photo, index: usize) -> String {
    if let Some(caption) = caption {
        return caption.to_owned();
    }
    let file = photo.file.as_str();
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    let words = stem.replace(['_', '-'], " ");
    let letters = words.chars().filter(|c| c.is_alphabetic()).count();
    let from_a_camera = ["img", "dsc", "dscf", "dscn", "pxl", "mvi", "gopr", "p"].iter().any(|prefix| {
        let lower = words.to_lowercase();
        lower.strip_prefix(prefix).is_some_and(|rest| rest.chars().all(|c| !c.is_alphabetic()))
    });
    if letters >= 3 && !from_a_camera {
        return words.trim().to_owned();
    }
    photo.taken.map_or_else(|| format!("Photo {}", index + 1), |taken| format!("Photo, {}", dates::moment(taken)))
}

#[cfg(test)]
mod tests {
    use crate::catalogue::tests::catalogue;

    #[test]
    fn alt_texts_are_words() {
        let alt = |caption: Option<&str>, file: &str, day: Option<i8>| {
            let album = catalogue("A", &[(file, day)]);
            super::alt(caption, album.photos.values().next().unwrap(), 2)
        };
        assert_eq!(alt(Some("The tram"), "x.jpg", None), "The tram");
        assert_eq!(alt(None, "grandma_at-sea.jpg", Some(6)), "grandma at sea");
        assert_eq!(alt(None, "IMG_0042.JPG", Some(6)), "Photo, 6 May 2024, 12:00");
        for camera in ["IMG_0042.JPG", "0042.jpg", "DSC0001.jpg", "20240506_070809.jpg", "PXL_2024.jpg", "P1010001.JPG"]
        {
            assert_eq!(alt(None, camera, None), "Photo 3", "{camera}");
        }
    }
}
