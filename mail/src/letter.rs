//! A letter: what is new for one viewer, as text and as a page. Functions of values.

mod page;

use std::collections::BTreeMap;

use builder::{Catalogue, Photo};
use gallery::renditions::Format;
use gallery::{AlbumPath, Key, PhotoId};

use crate::words::Words;

/// So many pictures are in a letter.
const PICTURES: usize = 6;

/// So many albums are listed; the others are counted.
const LISTED: usize = 12;

/// A picture of more bytes is left out: letters travel to telephones.
const HEAVIEST: u64 = 250_000;

/// What is new for one viewer.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct News {
    /// The albums in the order of their names.
    pub(crate) albums: Vec<Album>,
    /// A few of the photos.
    pub(crate) pictures: Vec<Chosen>,
}

/// An album with something new.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub(crate) struct Album {
    /// What it is called, in one line.
    pub(crate) title: String,
    /// Its page, below the gallery's address.
    pub(crate) page: String,
    /// How many photos are new.
    pub(crate) photos: usize,
    /// How many videos are.
    pub(crate) films: usize,
}

/// A picture for the letter.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Chosen {
    /// Where it lies.
    pub(crate) key: Key,
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// What it shows.
    pub(crate) caption: String,
    /// The album's page.
    pub(crate) page: String,
}

/// A letter, whole but for the envelope.
#[derive(Clone, Debug)]
pub(crate) struct Letter {
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) html: String,
}

/// What of these photos is there and shown, by their albums' catalogues.
pub(crate) fn news(new: &BTreeMap<AlbumPath, Vec<PhotoId>>, catalogues: &BTreeMap<AlbumPath, Catalogue>) -> News {
    let mut news = News::default();
    let mut choices: Vec<Vec<Chosen>> = Vec::new();
    for (path, wanted) in new {
        let Some(catalogue) = catalogues.get(path) else { continue };
        let page = format!("/albums/{path}/");
        let shown: Vec<(PhotoId, &Photo)> =
            catalogue.in_order().into_iter().filter(|(id, _)| wanted.contains(id)).collect();
        let films = shown.iter().filter(|(_, photo)| photo.film.is_some()).count();
        if shown.is_empty() {
            continue;
        }
        let album =
            Album { title: line(catalogue.title(), 80), page: page.clone(), photos: shown.len() - films, films };
        news.albums.push(album);
        choices.push(chosen(path, catalogue, &shown, &page));
    }
    // One of each album, then a second of each, and so on.
    for place in 0..PICTURES {
        news.pictures.extend(choices.iter().filter_map(|of_album| of_album.get(place).cloned()));
    }
    news.pictures.truncate(PICTURES);
    news
}

/// Pictures out of an album, from its beginning to its end.
fn chosen(path: &AlbumPath, catalogue: &Catalogue, shown: &[(PhotoId, &Photo)], page: &str) -> Vec<Chosen> {
    let usable: Vec<Chosen> = shown
        .iter()
        .filter_map(|(id, photo)| {
            let jpegs = photo.renditions.iter().filter(|one| one.format == Format::Jpeg && one.bytes <= HEAVIEST);
            let smallest = jpegs.min_by_key(|one| one.width)?;
            // A strip would be a line among the others.
            let ratio = f64::from(smallest.width) / f64::from(smallest.height.max(1));
            (0.4..=3.0).contains(&ratio).then(|| Chosen {
                key: smallest.key(&path.collection(), *id),
                width: smallest.width,
                height: smallest.height,
                caption: line(catalogue.caption(photo).unwrap_or_default(), 120),
                page: page.to_owned(),
            })
        })
        .collect();
    let count = usable.len().min(PICTURES);
    (0..count).map(|place| usable[place * usable.len() / count].clone()).collect()
}

/// Writes the letter. `address` is the gallery's, `end` the whole address that ends the mails, `pictures` the content ids of
/// those pictures that could be had.
pub(crate) fn write(
    words: &Words,
    title: &str,
    news: &News,
    address: &str,
    end: &str,
    pictures: &[(Chosen, String)],
) -> Letter {
    let title = line(title, 60);
    let names: Vec<&str> = news.albums.iter().map(|album| album.title.as_str()).collect();
    let (photos, films) = news.counts();
    let said = words.fresh_in(photos, films, &names);
    let shown = &news.albums[..news.albums.len().min(LISTED)];
    let more = (news.albums.len() > LISTED).then(|| words.more(news.albums.len() - LISTED));
    let html = page::page(&page::Page {
        words,
        title: &title,
        said: &said,
        what: &words.fresh(photos, films),
        albums: shown,
        more: more.as_deref(),
        address,
        end,
        pictures,
    });
    let mut parts = vec![format!("{title}\n\n{said}\n")];
    parts.extend(shown.iter().map(|album| {
        format!("{}: {}\n{address}{}\n", album.title, words.fresh(album.photos, album.films), album.page)
    }));
    parts.extend(more.map(|more| format!("{more}\n{address}/\n")));
    parts.push(format!("--\n{}\n{}: {end}\n", words.why(&title), words.end));
    let text = parts.join("\n");
    Letter { subject: line(&said, 160), text, html: html.into_string() }
}

impl News {
    /// How many photos and videos are new.
    pub(crate) fn counts(&self) -> (usize, usize) {
        let sum = |of: fn(&Album) -> usize| self.albums.iter().map(of).sum();
        (sum(|album| album.photos), sum(|album| album.films))
    }
}

/// A name as one line of a header or a text: without line ends, other control characters and marks that turn the
/// direction of what follows, not longer than so many characters.
pub(crate) fn line(text: &str, most: usize) -> String {
    let turning =
        |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    let plain: String = text
        .chars()
        .map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c })
        .filter(|c| !turning(*c))
        .collect();
    let words = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    match words.char_indices().nth(most) {
        None => words,
        Some(_) => words.chars().take(most.saturating_sub(1)).chain(['…']).collect(),
    }
}

#[cfg(test)]
mod tests {
    use login::Language;
    use proptest::prelude::*;

    use super::*;

    fn album(title: &str, photos: usize) -> Album {
        Album { title: line(title, 80), page: "/albums/Family/Lisbon/".into(), photos, films: 0 }
    }

    fn written(albums: Vec<Album>, title: &str) -> Letter {
        let news = News { albums, pictures: Vec::new() };
        write(
            Words::of(Language::En),
            title,
            &news,
            "https://photos.example.org",
            "https://photos.example.org/auth/unsubscribe?to=x",
            &[],
        )
    }

    #[test]
    fn a_letter_says_how_much_is_where_and_how_it_ends() {
        let letter = written(vec![album("Lisbon", 8), album("Porto", 1)], "The Millers");
        assert_eq!(letter.subject, "9 new photos in 2 albums");
        for part in [
            "The Millers\n\n9 new photos in 2 albums\n",
            "Lisbon: 8 new photos\nhttps://photos.example.org/albums/Family/Lisbon/\n",
            "Porto: 1 new photo\n",
            "No more mails: https://photos.example.org/auth/unsubscribe?to=x\n",
        ] {
            assert!(letter.text.contains(part), "{part}: {}", letter.text);
        }
        let many = written((0..15).map(|n| album(&format!("Day {n}"), 1)).collect(), "x");
        assert!(many.text.contains("and 3 more albums\n") && many.html.contains("and 3 more albums"), "{}", many.text);
    }

    #[test]
    fn what_has_a_colour_by_day_has_one_by_night() {
        let many = written((0..15).map(|n| album(&format!("Day {n}"), 1)).collect(), "x");
        let (head, body) = many.html.split_once("</head>").unwrap();
        let coloured: Vec<&str> = body.split('<').filter(|tag| tag.contains('#')).collect();
        assert!(coloured.len() > 20, "{coloured:?}");
        for tag in coloured {
            let classes = tag.split_once("class=\"").map_or("", |(_, rest)| rest.split('"').next().unwrap_or_default());
            assert!(classes.split(' ').any(|class| head.contains(&format!(".{class}{{"))), "{tag}");
        }
    }

    /// Requirement 26.
    #[test]
    fn names_are_text_and_one_line() {
        let letter = written(vec![album("<b>Lis\r\nBcc: everybody@example.com\u{2028}bon</b>", 2)], "T\r\nX: <i>y</i>");
        assert_eq!(letter.subject, "2 new photos in “<b>Lis Bcc: everybody@example.com bon</b>”");
        assert!(
            letter.html.contains("&lt;b&gt;Lis") && !letter.html.contains("<b>Lis") && !letter.html.contains("<i>")
        );
        assert!(!letter.text.contains('\r') && letter.text.starts_with("T X: <i>y</i>\n"));
        assert_eq!(line("a\u{202e}b\0c", 9), "ab c");
        assert_eq!(line("abcdef", 4), "abc…");
    }

    proptest! {
        #[test]
        fn no_name_ends_a_line(text in "\\PC{0,200}|[\\x00-\\x20a]{0,50}", most in 1_usize..100) {
            let line = line(&text, most);
            prop_assert!(!line.chars().any(char::is_control) && line.chars().count() <= most);
        }
    }
}
