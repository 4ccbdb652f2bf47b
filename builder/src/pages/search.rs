//! The page to search on. The search itself runs in the browser, over the pages of the albums; this one says where they
//! begin, and is a list of them for those who have no script.

use maud::{Markup, html};

use super::Document;
use crate::gallery_record::Collection;
use crate::links;
use crate::settings::Settings;

pub(super) fn page(collections: &[&Collection], settings: &Settings) -> Markup {
    let language = settings.language();
    let (title, hint) = (language.say("search"), language.say("search_for"));
    let body = html! {
        div.title { h1 data-t="search" { (title) } }
        form.search role="search" method="get" action="/search/" {
            label.unseen for="q" data-t="search_for" { (hint) }
            input #q type="search" name="q" dir="auto" maxlength="100" autocomplete="off" autocapitalize="off" spellcheck="false"
                enterkeyhint="search" data-hint="search_for" placeholder=(hint);
        }
        noscript {
            p.lead { (language.say("needs_script")) }
        }
        nav.roots aria-label=(language.say("albums")) data-label="albums" {
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
        title: Some(title),
        said: Some("search"),
        place: None,
        signed_in: true,
        class: "searching",
        settings,
        body,
    }
    .render()
}
