//! Pages and passages for when there is nothing to see.

use maud::{Markup, html};

use super::Document;
use crate::settings::{Language, Settings};

/// The home page of a gallery without photos.
pub(super) fn empty_gallery(language: Language) -> Markup {
    html! {
        div.notice {
            (frame())
            h1 data-t="on_their_way" { (language.say("on_their_way")) }
            p data-t="will_be_here" { (language.say("will_be_here")) }
        }
    }
}

/// An album whose albums are all kept out of the lists.
pub(super) fn nothing_yet(language: Language) -> Markup {
    html! {
        div.notice { p data-t="nothing_yet" { (language.say("nothing_yet")) } }
    }
}

/// The page for what is not there.
pub(super) fn not_found() -> Markup {
    // It is shown to anybody, so nothing of the gallery's own is on it.
    let settings = &Settings::default();
    let language = settings.language();
    let body = html! {
        div.notice {
            (frame())
            h1 data-t="not_here" { (language.say("not_here")) }
            p data-t="maybe_renamed" { (language.say("maybe_renamed")) }
            p { a.button href="/" data-t="see_all" { (language.say("see_all")) } }
        }
    };
    Document {
        title: Some(language.say("not_here")),
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
