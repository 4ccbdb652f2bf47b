//! The map of where photos were taken, for owners who want one. The page lists the albums; a script draws the map out of
//! `places.json`.

use gallery::ScopePage;
use maud::{Markup, html};
use serde_json::json;

use super::timeline::small_card;
use super::{Document, picture};
use crate::catalogue::{Shelf, Spot};
use crate::settings::{Map, Settings, Tiles};
use crate::{assets, links, markdown};

pub(super) fn page(map: &Map, shelves: &[&Shelf], settings: &Settings) -> Markup {
    let placed: Vec<_> = shelves.iter().filter(|shelf| !shelf.spots.is_empty()).collect();
    let language = settings.language();
    let title = language.say("map");
    let body = html! {
        div.title { h1 data-t="map" { (title) } }
        @if placed.is_empty() {
            p.lead data-t="no_places" { (language.say("no_places")) }
        } @else {
            div.map #map data-places=(ScopePage::Places.address()) data-land=(assets::href("land.json"))
                data-tiles=[map.tiles.as_ref().map(Tiles::address)] {}
            @if let (Some(_), Some(credit)) = (&map.tiles, &map.credit) { div.facts { (markdown::block(credit)) } }
            section.month aria-label=(language.say("albums")) data-label="albums" {
                ul.strip { @for shelf in placed { li { (small_card(shelf)) } } }
            }
        }
    };
    Document { title: Some(title), said: Some("map"), place: None, signed_in: true, class: "mapped", settings, body }
        .render()
}

/// The places, album by album: hundredths of a degree north and east, a picture, the photo that it is of.
pub(super) fn places(shelves: &[&Shelf]) -> String {
    let placed = shelves.iter().filter(|shelf| !shelf.spots.is_empty());
    let albums: Vec<_> = placed
        .map(|shelf| {
            let album = shelf.folder.album();
            let collection = album.collection();
            let spot = |spot: &Spot| {
                let small = picture::smallest(&spot.cover.renditions);
                let picture = small.map(|copy| links::rendition(&collection, spot.cover.photo, copy));
                json!([spot.north, spot.east, picture, spot.cover.photo])
            };
            json!({
                "at": links::album(&album),
                "title": shelf.title,
                "spots": shelf.spots.iter().map(spot).collect::<Vec<_>>(),
            })
        })
        .collect();
    json!({ "albums": albums }).to_string()
}
