//! Pages and passages for when there is nothing to see.

use maud::{Markup, html};

use super::Document;
use crate::settings::Settings;

/// The home page of a gallery without photos.
pub(super) fn empty_gallery() -> Markup {
    html! {
        div.notice {
            (frame())
            h1 data-t="on_their_way" { "The first photos are on their way" }
            p data-t="will_be_here" { "This is where your family’s albums will be. As soon as photos are added, they appear here by themselves." }
        }
    }
}

/// An album whose albums are all kept out of the lists.
pub(super) fn nothing_yet() -> Markup {
    html! {
        div.notice { p data-t="nothing_yet" { "There is nothing to see here yet." } }
    }
}

/// The page for what is not there.
pub(super) fn not_found() -> Markup {
    let body = html! {
        div.notice {
            (frame())
            h1 data-t="not_here" { "This page is not here" }
            p data-t="maybe_renamed" { "The album may have been renamed or taken down, or the link is not complete." }
            p { a.button href="/" data-t="see_all" { "See all albums" } }
        }
    };
    // It is shown to anybody, so the gallery's own title is not on it.
    let settings = &Settings::default();
    Document {
        title: Some("Not here"),
        said: Some("not_here"),
        place: None,
        signed_in: false,
        class: "plain",
        settings,
        body,
    }
    .render()
}

/// An empty picture frame.
fn frame() -> Markup {
    html! {
        svg.frame viewBox="0 0 96 96" width="96" height="96" aria-hidden="true" focusable="false" {
            rect x="6" y="14" width="84" height="68" rx="4" {}
            rect.mat x="18" y="26" width="60" height="44" rx="1" {}
            path d="M18 62 L38 46 L50 56 L62 44 L78 58" {}
            circle cx="34" cy="37" r="4" {}
        }
    }
}
