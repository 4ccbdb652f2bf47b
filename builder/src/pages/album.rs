//! The page of an album: its albums as cards, its photos as a justified grid.

use gallery::{CollectionSlug, PhotoId};
use maud::{Markup, html};

use super::picture::{Picture, Urgency, cover, hundredths, proportions};
use super::{Document, dates, notices};
use crate::catalogue::{Card, Catalogue, Photo};
use crate::links;

/// So many photos are likely on the first screen of a desktop.
const SOON: usize = 8;

/// How high a row of the grid is at least, in CSS pixels; the stylesheet's `--row` on wide screens.
const ROW: u64 = 240;

pub(super) fn page(catalogue: &Catalogue) -> Markup {
    let collection = catalogue.album().collection();
    let children = catalogue.shown_children();
    let cards: Vec<&Card> = children.iter().map(|(_, child)| &child.card).collect();
    let photos = catalogue.in_order();
    let metadata = &catalogue.described.values;
    let body = html! {
        div.title {
            h1 { bdi { (catalogue.title()) } }
            (facts_line(&Card::of(catalogue)))
            @if let Some(comment) = &metadata.comment1 { p.lead { (comment) } }
            @if let Some(comment) = &metadata.comment2 { p.note { (comment) } }
            @if let Some(text) = &metadata.description {
                div.text { @for paragraph in paragraphs(text) { p { (paragraph) } } }
            }
        }
        @if !cards.is_empty() {
            section.albums aria-label="Albums" { (card_list(&cards, if photos.is_empty() { 4 } else { 0 })) }
        }
        @if !photos.is_empty() {
            section.photos aria-label="Photos" {
                @if !cards.is_empty() { h2.more { "Photos" } }
                div.grid data-title=(catalogue.title()) {
                    @for (i, (id, photo)) in photos.iter().enumerate() {
                        (figure(catalogue, &collection, i, *id, photo))
                    }
                }
            }
        }
        @if cards.is_empty() && photos.is_empty() { (notices::nothing_yet()) }
    };
    Document { title: Some(catalogue.title()), place: Some(&catalogue.folder), signed_in: true, class: "album", body }
        .render()
}

/// `6–12 May 2024 · 3 albums · 24 photos`
fn facts_line(card: &Card) -> Markup {
    html! {
        p.facts {
            @if let (Some(first), Some(last)) = (card.first, card.last) {
                time datetime=(first) { (dates::span(first, last)) }
                span.dot { " · " }
            }
            @if card.albums > 0 {
                span { (dates::count(card.albums, "album", "albums")) }
                span.dot { " · " }
            }
            span { (dates::count(card.photos, "photo", "photos")) }
        }
    }
}

fn paragraphs(text: &str) -> impl Iterator<Item = String> {
    let lines = text.lines().map(str::trim).collect::<Vec<_>>();
    let paragraphs: Vec<String> = lines.split(|line| line.is_empty()).map(|lines| lines.join(" ")).collect();
    paragraphs.into_iter().filter(|paragraph| !paragraph.is_empty())
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
        a.card href=(links::album(&album)) {
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
                span { (dates::months(first, last)) }
                span.dot { " · " }
            }
            span { (dates::count(card.photos, "photo", "photos")) }
        }
    }
}

fn figure(catalogue: &Catalogue, collection: &CollectionSlug, index: usize, id: PhotoId, photo: &Photo) -> Markup {
    let caption = catalogue.caption(photo);
    let alt = alt(caption, &photo.file, index);
    let across = hundredths(photo.width, photo.height);
    // Rows grow to fill the line, so a picture is shown a little larger than its row is high.
    let sizes = format!("(max-width: 699px) {}vw, {}px", (across * 30 / 100).clamp(24, 96), ROW * across / 100);
    let urgency = match index {
        0 => Urgency::First,
        _ if index < SOON => Urgency::Soon,
        _ => Urgency::Later,
    };
    let Some(largest) = photo.renditions.last() else { return html! {} };
    let original = links::original(&catalogue.folder, &photo.file);
    html! {
        figure class=(proportions(photo.width, photo.height)) id={ "p-" (id) } data-colour=(photo.colour) {
            a.open href=(links::rendition(collection, id, largest)) data-width=(largest.width) data-height=(largest.height) {
                (Picture { collection, photo: id, renditions: &photo.renditions, sizes: &sizes, alt: &alt, urgency }.render())
            }
            figcaption {
                @if let Some(caption) = caption { span.caption { bdi { (caption) } } }
                @if let Some(taken) = photo.taken { time datetime=(taken) { (dates::moment(taken)) } }
                a.original href=(original) download=(photo.file) aria-label={ "Download the original of " (alt) } { "Original" }
            }
        }
    }
}

/// What the picture shows, in words: its caption, or the file's name when a person chose it, or its number.
fn alt(caption: Option<&str>, file: &str, index: usize) -> String {
    if let Some(caption) = caption {
        return caption.to_owned();
    }
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    let words = stem.replace(['_', '-'], " ");
    let letters = words.chars().filter(|c| c.is_alphabetic()).count();
    let from_a_camera = ["img", "dsc", "dscf", "dscn", "pxl", "mvi", "gopr", "p"].iter().any(|prefix| {
        let lower = words.to_lowercase();
        lower.strip_prefix(prefix).is_some_and(|rest| rest.chars().all(|c| !c.is_alphabetic()))
    });
    if letters < 3 || from_a_camera { format!("Photo {}", index + 1) } else { words.trim().to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alt_texts_are_words() {
        assert_eq!(alt(Some("The tram"), "x.jpg", 0), "The tram");
        assert_eq!(alt(None, "grandma_at-sea.jpg", 0), "grandma at sea");
        for camera in ["IMG_0042.JPG", "0042.jpg", "DSC0001.jpg", "20240506_070809.jpg", "PXL_2024.jpg", "P1010001.JPG"]
        {
            assert_eq!(alt(None, camera, 2), "Photo 3", "{camera}");
        }
    }

    #[test]
    fn empty_lines_part_paragraphs() {
        let found: Vec<_> = paragraphs("One\n two.\n\n \nThree.\n").collect();
        assert_eq!(found, ["One two.", "Three."]);
    }
}
