//! The letter as a page: what mail programs of twenty years show alike, so tables, and styles on each element.
//!
//! Pictures stand in rows of one height: each is as wide as its shape asks, in percent, so that the rows hold together on a
//! telephone as well.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{Album, Chosen};
use crate::words::Words;

/// As wide as mail programs show without a scroll bar.
const WIDTH: u32 = 600;
/// Between two pictures.
const GAP: u32 = 6;
/// How wide, of height one, a row should be about: three landscapes, two and a portrait.
const ROW: f64 = 3.4;

const SERIF: &str = "'Iowan Old Style','Palatino Linotype',Palatino,Georgia,serif";
const SANS: &str = "-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif";
const PAPER: &str = "#f7f3ec";
const BOARD: &str = "#fffdf9";
const INK: &str = "#2b2622";
const QUIET: &str = "#6f655b";
const LINE: &str = "#e6ddd0";
const ACCENT: &str = "#8a5a2b";

/// Programs that know more than the styles on elements. By night the page is dark; a program that turns pages dark by itself
/// leaves one alone that says so.
const HEAD: &str = ":root{color-scheme:light dark}\
    @media (prefers-color-scheme:dark){.paper{background:#171310!important}\
    .board{background:#221d18!important;border-color:#3d342b!important;border-top-color:#c98f57!important}\
    .ink{color:#f3ebe1!important}.quiet{color:#b9ada0!important}.line{border-color:#3d342b!important}\
    .accent{color:#dba770!important}.press{background:#c98f57!important;color:#1b140d!important}}\
    @media (max-width:620px){.edge{padding-left:20px!important;padding-right:20px!important}\
    .outer{padding:0!important}}a:hover{text-decoration:underline!important}";

/// What the page says.
pub(super) struct Page<'a> {
    pub(super) words: &'a Words,
    pub(super) title: &'a str,
    pub(super) said: &'a str,
    pub(super) what: &'a str,
    pub(super) albums: &'a [Album],
    pub(super) more: Option<&'a str>,
    pub(super) address: &'a str,
    pub(super) end: &'a str,
    pub(super) pictures: &'a [(Chosen, String)],
}

/// The page.
pub(super) fn page(page: &Page<'_>) -> Markup {
    let Page { words, title, said, what, albums, more, address, end, pictures } = page;
    let home = format!("{address}/");
    let start = match albums {
        [one] => format!("{address}{}", one.page),
        _ => home.clone(),
    };
    let where_ = said != what && albums.len() == 1;
    html! {
        (DOCTYPE)
        html lang=(words.tag) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="supported-color-schemes" content="light dark";
                title { (title) }
                style { (PreEscaped(HEAD)) }
            }
            body .paper style=(format!("margin:0;padding:0;background:{PAPER};-webkit-text-size-adjust:100%")) {
                // What programs show beside the subject.
                div style="display:none;max-height:0;overflow:hidden" {
                    (albums.iter().map(|album| album.title.as_str()).collect::<Vec<_>>().join(" · "))
                }
                table .paper role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"
                    style=(format!("background:{PAPER}")) {
                    tr { td .outer align="center" style="padding:28px 12px" {
                        table .board role="presentation" width=(WIDTH) cellpadding="0" cellspacing="0" border="0"
                            style=(format!("width:100%;max-width:{WIDTH}px;background:{BOARD};border:1px solid {LINE};border-top:6px solid {ACCENT};border-radius:8px")) {
                            tr { td .edge align="center" style="padding:34px 36px 8px" {
                                a .accent href=(home) style=(format!("color:{ACCENT};font:500 17px/1.3 {SERIF};letter-spacing:.02em;text-decoration:none")) {
                                    bdi { (title) }
                                }
                            } }
                            tr { td .edge align="center" style="padding:0 36px 24px" {
                                h1 .ink style=(format!("margin:0;color:{INK};font:500 30px/1.25 {SERIF}")) {
                                    @if where_ { (what) } @else { (said) }
                                }
                            } }
                            @if !pictures.is_empty() {
                                tr { td .edge style="padding:0 36px 10px" {
                                    @for row in rows(pictures) { (picture_row(row, address)) }
                                } }
                            }
                            tr { td .edge style="padding:6px 36px 4px" {
                                table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" {
                                    @for album in *albums {
                                        tr { td .line style=(format!("padding:13px 0;border-bottom:1px solid {LINE}")) {
                                            a .ink href={ (address) (album.page) }
                                                style=(format!("color:{INK};font:500 20px/1.3 {SERIF};text-decoration:none")) {
                                                bdi { (album.title) }
                                            }
                                            div .quiet style=(format!("margin-top:2px;color:{QUIET};font:15px/1.4 {SANS}")) {
                                                (words.fresh(album.photos, album.films))
                                            }
                                        } }
                                    }
                                    @if let Some(more) = more {
                                        tr { td .quiet style=(format!("padding:13px 0;color:{QUIET};font:15px/1.4 {SANS}")) { (more) } }
                                    }
                                }
                            } }
                            tr { td .edge align="center" style="padding:26px 36px 38px" {
                                a .press href=(start) style=(format!("display:inline-block;padding:14px 30px;background:{ACCENT};border-radius:6px;color:#ffffff;font:600 17px/1.3 {SANS};text-decoration:none")) {
                                    (words.look)
                                }
                            } }
                        }
                        table role="presentation" width=(WIDTH) cellpadding="0" cellspacing="0" border="0"
                            style=(format!("width:100%;max-width:{WIDTH}px")) {
                            tr { td .edge .quiet align="center" style=(format!("padding:20px 36px 8px;color:{QUIET};font:13px/1.5 {SANS}")) {
                                (words.why(title)) br;
                                a .quiet href=(end) style=(format!("color:{QUIET};text-decoration:underline")) { (words.end) }
                            } }
                        }
                    } }
                }
            }
        }
    }
}

/// One row: as wide as the page, all of one height.
fn picture_row(row: &[(Chosen, String)], address: &str) -> Markup {
    let whole: f64 = row.iter().map(ratio).sum();
    // A row that is short of shape (one portrait) is not blown up to the page's width.
    let width = (100.0 * whole / 1.3).min(100.0);
    html! {
        table role="presentation" align="center" width=(format!("{width:.0}%")) cellpadding="0" cellspacing="0" border="0" {
            tr {
                @for (place, picture) in row.iter().enumerate() {
                    @if place > 0 { td style="font-size:0;line-height:0" { div style=(format!("width:{GAP}px;height:1px")) {} } }
                    td valign="top" width=(format!("{:.2}%", 100.0 * ratio(picture) / whole)) style=(format!("padding-bottom:{GAP}px")) {
                        a href={ (address) (picture.0.page) } {
                            img src={ "cid:" (picture.1) } alt=(picture.0.caption)
                                width=(picture.0.width) height=(picture.0.height)
                                style="display:block;width:100%;height:auto;border:0;border-radius:3px";
                        }
                    }
                }
            }
        }
    }
}

fn ratio((picture, _): &(Chosen, String)) -> f64 {
    f64::from(picture.width) / f64::from(picture.height.max(1))
}

/// Cuts pictures into rows that are about equally wide for their height.
fn rows(pictures: &[(Chosen, String)]) -> Vec<&[(Chosen, String)]> {
    let whole: f64 = pictures.iter().map(ratio).sum();
    let count = (whole / ROW).round().max(1.0);
    let each = whole / count;
    let (mut rows, mut from, mut sum) = (Vec::new(), 0, 0.0);
    for (place, picture) in pictures.iter().enumerate() {
        sum += ratio(picture);
        // The one that comes nearest to the end of this row.
        let next = pictures.get(place + 1).map_or(0.0, ratio);
        if sum + next / 2.0 >= each * (rows.len() + 1) as f64 || place + 1 == pictures.len() {
            rows.push(&pictures[from..=place]);
            from = place + 1;
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use gallery::Key;

    use super::*;

    fn shapes(of: &[(u32, u32)]) -> Vec<(Chosen, String)> {
        let chosen = |&(width, height): &(u32, u32)| Chosen {
            key: Key::Settings,
            width,
            height,
            caption: String::new(),
            page: String::new(),
        };
        of.iter().map(|shape| (chosen(shape), String::new())).collect()
    }

    #[test]
    fn rows_hold_every_picture_once_and_are_about_as_wide() {
        for (of, counts) in [
            (vec![(360, 270)], vec![1]),
            (vec![(360, 270); 2], vec![2]),
            (vec![(360, 270); 4], vec![2, 2]),
            (vec![(360, 270); 6], vec![3, 3]),
            (vec![(360, 480); 6], vec![6]),
        ] {
            let pictures = shapes(&of);
            let rows = rows(&pictures);
            assert_eq!(rows.iter().map(|row| row.len()).sum::<usize>(), pictures.len());
            if counts != [6] {
                assert_eq!(rows.iter().map(|row| row.len()).collect::<Vec<_>>(), counts, "{of:?}");
            }
            assert!(rows.iter().all(|row| !row.is_empty()));
        }
    }
}
