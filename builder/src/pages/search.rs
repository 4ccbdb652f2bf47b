//! The page to search on. The search itself runs in the browser, over the pages of the albums; this one says where they
//! begin, and is a list of them for those who have no script.

use maud::{Markup, html};

use super::Document;
use crate::gallery_record::Collection;
use crate::links;
use crate::settings::Settings;

pub(super) fn page(collections: &[&Collection], settings: &Settings) -> Markup {
    let body = html! {
        div.title { h1 data-t="search" { "Search" } }
        form.search role="search" method="get" action="/search/" {
            label.unseen for="q" data-t="search_for" { "Words, a place, a date or a camera" }
            input #q type="search" name="q" dir="auto" maxlength="100" autocomplete="off" autocapitalize="off" spellcheck="false"
                enterkeyhint="search" data-hint="search_for" placeholder="Words, a place, a date or a camera";
        }
        noscript {
            p.lead { "Searching needs JavaScript. Your browser can also search within each of these pages:" }
        }
        nav.roots aria-label="Albums" data-label="albums" {
            ul {
                @for collection in collections {
                    li { a href=(links::album(&collection.summary.card.folder.album())) { bdi { (collection.summary.card.title) } } }
                }
            }
        }
        p.facts #told role="status" {}
        div #found {}
    };
    Document {
        title: Some("Search"),
        said: Some("search"),
        place: None,
        signed_in: true,
        class: "searching",
        settings,
        body,
    }
    .render()
}
