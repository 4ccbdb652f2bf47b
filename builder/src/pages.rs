//! The pages: values in, HTML out.
//!
//! Every text of the owner's is shown as text: maud escapes what it is given, and what is Markdown goes through a
//! sanitiser. Pages hold no inline script and no inline
//! style, for the site's content security policy allows neither; what depends on a value (a photo's proportions) is a
//! class of the stylesheet. They are whole without a script: thumbnails are links to the largest rendition.

mod album;
mod app;
mod dates;
mod feed;
mod figure;
mod home;
mod map;
mod notices;
mod picture;
mod said;
mod search;
mod timeline;
mod writing;

use std::collections::BTreeMap;

use gallery::{FolderPath, Scope, ScopePage};
use maud::{DOCTYPE, Markup, html};

use crate::assets::{self, ASSETS};
use crate::catalogue::Catalogue;
use crate::gallery_record::{GalleryRecord, HomeFile};
use crate::settings::{Language, Settings};
use crate::{links, markdown, publish, yaml};

/// Raised when the pages change although the assets do not.
const EDITION: u32 = 7;

/// What the pages are made with. Pages of another edition are rebuilt by the next reconcile.
pub(crate) fn edition(settings: &Settings) -> String {
    let names = ASSETS.iter().map(|asset| asset.name).collect::<Vec<_>>().join(" ");
    let settings = serde_json::to_string(settings).expect("settings hold nothing that JSON cannot");
    // Another parser may find something else in every album's file.
    let texts = publish::digest(assets::TEXTS.as_bytes());
    publish::digest(format!("{EDITION} {} {names} {texts} {settings}", yaml::EDITION).as_bytes())
}

/// The pages of an album by name: its own, under the empty name, and those of its chunks.
pub(crate) fn album(catalogue: &Catalogue, settings: &Settings) -> BTreeMap<String, String> {
    album::pages(catalogue, settings).into_iter().map(|(name, page)| (name, page.into_string())).collect()
}

/// The pages of every scope: its home page, and those that go across albums once there is something to show.
pub(crate) fn of_scopes(record: &GalleryRecord) -> BTreeMap<HomeFile, String> {
    let scopes = record.all_scopes().into_iter();
    scopes
        .flat_map(|(home, scope)| {
            of_scope(record, &scope).into_iter().map(move |(page, text)| (HomeFile { home: home.clone(), page }, text))
        })
        .collect()
}

fn of_scope(record: &GalleryRecord, scope: &Scope) -> BTreeMap<Option<ScopePage>, String> {
    let settings = &record.settings.values;
    let (collections, shelves) = (record.shown(scope), record.shelves(scope));
    let home = home::page(scope, &collections, &shelves, settings).into_string();
    let mut pages = BTreeMap::from([(None, home)]);
    if collections.is_empty() {
        return pages;
    }
    let timeline = timeline::pages(&shelves, settings).into_iter();
    pages.extend(timeline.map(|(page, html)| (Some(page), html.into_string())));
    pages.insert(Some(ScopePage::Search), search::page(&collections, settings).into_string());
    pages.insert(Some(ScopePage::Feed), feed::feed(scope.home().as_str(), &shelves, settings));
    pages.insert(Some(ScopePage::Manifest), app::manifest(settings));
    if let Some(map) = &settings.map {
        pages.insert(Some(ScopePage::Map), map::page(map, &shelves, settings).into_string());
        pages.insert(Some(ScopePage::Places), map::places(&shelves));
    }
    pages
}

/// The page for what is not there. It is shown to anybody and holds nothing private.
pub(crate) fn not_found() -> String {
    notices::not_found().into_string()
}

/// A whole document.
struct Document<'a> {
    /// Of the window; the site's name is added.
    title: Option<&'a str>,
    /// The text of ours, or the month, that the title is made of, for other languages.
    said: Option<&'a str>,
    /// The folder whose place is shown in the header.
    place: Option<&'a FolderPath>,
    /// Whether the reader is signed in.
    signed_in: bool,
    /// Chooses the layout.
    class: &'static str,
    settings: &'a Settings,
    body: Markup,
}

impl Document<'_> {
    /// Whether there are other pages to go to: not from the page for what is not there, nor where nothing is shown yet.
    fn has_ways(&self) -> bool {
        self.signed_in && !self.class.contains("empty")
    }

    /// Whether it shows what goes across albums, which has a stylesheet of its own.
    fn goes_across(&self) -> bool {
        matches!(self.class, "timeline" | "searching" | "mapped")
    }

    fn render(self) -> Markup {
        let (site, language) = (self.settings.title(), self.settings.language());
        html! {
            (DOCTYPE)
            html lang=(language.tag()) data-languages=[languages(self.settings)] {
                head {
                    meta charset="utf-8";
                    title data-word=[self.said] { @if let Some(title) = self.title { (writing::isolated(title)) " · " } (writing::isolated(site)) }
                    meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover";
                    meta name="robots" content="noindex, nofollow";
                    meta name="color-scheme" content="light dark";
                    meta name="theme-color" media="(prefers-color-scheme: light)" content="#faf8f4";
                    meta name="theme-color" media="(prefers-color-scheme: dark)" content="#131210";
                    link rel="stylesheet" href=(assets::href("site.css"));
                    @if self.goes_across() { link rel="stylesheet" href=(assets::href("across.css")); }
                    link rel="stylesheet" href=(assets::href("paper.css")) media="print";
                    @if let Some(accent) = self.settings.accent {
                        link rel="stylesheet" href={ "/assets/" (accent.asset()) };
                    }
                    link rel="icon" type="image/svg+xml" href=(assets::href("icon.svg"));
                    link rel="apple-touch-icon" href=(assets::href("icon-180.png"));
                    @if self.has_ways() {
                        link rel="manifest" href=(ScopePage::Manifest.address()) crossorigin="use-credentials";
                        link rel="alternate" type="application/atom+xml" href=(ScopePage::Feed.address()) title=(site);
                    }
                    script src=(assets::href("head.js")) {}
                    script type="module" src=(assets::href("site.js")) {}
                }
                body class=(self.class) {
                    a.skip href="#main" data-t="skip" { (language.say("skip")) }
                    header.top {
                        a.brand href="/" { bdi { (site) } }
                        @if let Some(folder) = self.place { (breadcrumbs(folder, language)) }
                        @if self.has_ways() { (ways(self.settings)) }
                        @if self.signed_in {
                            form.leave method="post" action="/auth/logout" {
                                button type="submit" data-t="sign_out" { (language.say("sign_out")) }
                            }
                        }
                    }
                    main #main { (self.body) }
                    (footer(self.settings))
                }
            }
        }
    }
}

/// The ways to photos across albums, on every page.
fn ways(settings: &Settings) -> Markup {
    let language = settings.language();
    let way = |page: ScopePage, text: &str, shape: &str| {
        html! {
            a href=(page.address()) {
                svg viewBox="0 0 24 24" width="22" height="22" fill="none" stroke="currentColor" stroke-width="1.8"
                    stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false" { path d=(shape) {} }
                span data-t=(text) { (language.say(text)) }
            }
        }
    };
    html! {
        nav.ways aria-label=(language.say("find")) data-label="find" {
            (way(ScopePage::Timeline, "timeline", "M4 6h16v14H4zM4 10h16M8 3v4m8-4v4"))
            @if settings.map.is_some() {
                (way(ScopePage::Map, "map", "M12 21c4-4.5 6-8 6-11a6 6 0 0 0-12 0c0 3 2 6.5 6 11zm0-9a2 2 0 1 0 0-4 2 2 0 0 0 0 4"))
            }
            (way(ScopePage::Search, "search", "M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zm5-1.5L20 20"))
        }
    }
}

/// The languages that the script may choose from, the owner's choice first. The page itself is in that one, which it stays
/// for those without a script.
fn languages(settings: &Settings) -> Option<String> {
    let tags: Vec<&str> = settings.languages.iter().map(|language| language.tag()).collect();
    (!tags.is_empty()).then(|| tags.join(" "))
}

/// What the owner wants at the foot of each page.
fn footer(settings: &Settings) -> Markup {
    let language = settings.language();
    html! {
        footer.foot {
            @if !settings.links.is_empty() {
                nav aria-label=(language.say("links")) data-label="links" {
                    ul {
                        @for link in &settings.links {
                            li { a href=(link.address) rel="noopener" { bdi { (link.words) } } }
                        }
                    }
                }
            }
            @match &settings.footer {
                Some(text) => (markdown::block(text)),
                None => p data-t="private" { (language.say("private")) },
            }
        }
    }
}

/// The way from home to a folder, by the folders' names: a page depends on no other album's title.
fn breadcrumbs(folder: &FolderPath, language: Language) -> Markup {
    let names = folder.names();
    let above = (1..names.len()).filter_map(|depth| FolderPath::parse(&names[..depth].join("/")).ok());
    html! {
        nav.crumbs aria-label=(language.say("where")) data-label="where" {
            ol {
                li { a href="/" data-t="home" { (language.say("home")) } }
                @for folder in above {
                    li { a href=(links::album(&folder.album())) { bdi { (folder.name()) } } }
                }
                li aria-current="page" { bdi { (folder.name()) } }
            }
        }
    }
}

#[cfg(test)]
mod tests;
