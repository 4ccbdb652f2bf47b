//! One photo or video in the grid of an album: a link that every browser can follow, and what the viewer's script needs.

use std::collections::BTreeMap;

use gallery::facts::Exposure;
use gallery::{CollectionSlug, PhotoId};
use maud::{Markup, html};

use super::dates;
use super::picture::{Picture, Urgency, hundredths, largest, proportions, sizes};
use crate::catalogue::{Catalogue, Photo, When, named_by_a_person};
use crate::links;
use crate::settings::Language;

/// How high a row of the grid is at least, in CSS pixels; the stylesheet's `--row` on wide screens.
const ROW: u64 = 240;

/// An album whose figures are written.
pub(super) struct Album<'a> {
    pub(super) catalogue: &'a Catalogue,
    pub(super) language: Language,
    collection: CollectionSlug,
    movies: BTreeMap<PhotoId, &'a Photo>,
}

impl<'a> Album<'a> {
    pub(super) fn of(catalogue: &'a Catalogue, language: Language) -> Self {
        let pairs = catalogue.live_photos();
        let movies = pairs.into_iter().filter_map(|(still, movie)| Some((still, catalogue.photos.get(&movie)?)));
        Self { catalogue, language, collection: catalogue.album().collection(), movies: movies.collect() }
    }

    /// The figure of a photo, the `index`-th of its page.
    pub(super) fn figure(&self, index: usize, id: PhotoId, photo: &Photo, urgency: Urgency) -> Markup {
        let (caption, taken) = (self.catalogue.caption(photo), self.catalogue.when(photo));
        let language = self.language;
        let words = Words::of(caption, photo, taken, index, language);
        let downloads = self.catalogue.described.values.downloads;
        let largest = largest(&photo.renditions);
        let original = self.original(photo);
        // Whoever may not have the original may not have all of it either.
        let whole = photo.whole.as_ref().filter(|_| downloads);
        let movie = self.movies.get(&id);
        // A video is shown by its original, and so is what moves by itself.
        let href = match (largest, &photo.film) {
            (Some(largest), None) => links::rendition(&self.collection, id, largest),
            _ => original.clone(),
        };
        let (width, height) = match (largest, &photo.film) {
            (Some(largest), None) => (largest.width, largest.height),
            _ => (photo.width, photo.height),
        };
        let moves = photo.animated || movie.is_some();
        let kind = if movie.is_some() { "live" } else { "moves" };
        html! {
            figure class={ (proportions(photo.width, photo.height)) @if photo.film.is_some() { " film" } } id={ "p-" (id) }
                data-colour=[Some(&photo.colour).filter(|colour| !colour.is_empty())]
                data-thumb=[Some(&photo.thumbhash).filter(|hash| !hash.is_empty())] data-camera=[photo.camera.as_ref()]
                data-lens=[photo.lens.as_ref()] data-exposure=[exposed(&photo.exposure)]
                data-keywords=[joined(&photo.keywords)] data-place=[joined(&photo.places)]
                data-full-width=(photo.width) data-full-height=(photo.height)
                data-whole=[whole.map(|whole| links::rendition(&self.collection, id, whole))]
                data-film=[photo.film.as_ref().map(|_| &original)] data-movie=[movie.map(|movie| self.original(movie))]
                data-animation=[photo.animated.then_some(&original)] {
                a.open href=(href) data-width=(width) data-height=(height) {
                    (self.picture(id, photo, &words, urgency))
                    @if let Some(film) = &photo.film {
                        span.mark { (play()) span { (film.length()) } }
                    } @else if moves {
                        span.mark { (rings()) span.unseen data-t=(kind) { (language.say(kind)) } }
                    }
                }
                figcaption {
                    @if let Some(caption) = caption { span.caption { bdi { (caption) } } }
                    @if let Some(taken) = taken { time datetime=(taken.machine()) { (dates::when(language, taken)) } }
                    @if downloads {
                        (download(&original, photo, "original", &words, language))
                        @if let Some(movie) = movie {
                            (download(&self.original(movie), movie, "movie", &words, language))
                        }
                    }
                }
            }
        }
    }

    fn original(&self, photo: &Photo) -> String {
        links::original(&self.catalogue.folder, &photo.file)
    }

    fn picture(&self, id: PhotoId, photo: &Photo, words: &Words, urgency: Urgency) -> Markup {
        if photo.renditions.is_empty() {
            return html! {
                span.blank {}
                span.unseen data-alt=[words.kind] data-n=[words.number] { (words.alt) }
            };
        }
        let across = hundredths(photo.width, photo.height);
        // Rows grow to fill the line, so a picture is shown a little larger than its row is high.
        let sizes = sizes((across * 30 / 100).clamp(24, 96), &format!("{}px", ROW * across / 100));
        let said = (words.kind, words.number);
        let (collection, renditions) = (&self.collection, &photo.renditions);
        Picture { collection, photo: id, renditions, sizes: &sizes, alt: &words.alt, said, urgency }.render()
    }
}

/// Names in a row, if there are any.
fn joined(names: &[String]) -> Option<String> {
    (!names.is_empty()).then(|| names.join(", "))
}

/// `1/250 s, f/2.8, ISO 100, 35 mm`: the same in all languages that we speak.
fn exposed(exposure: &Exposure) -> Option<String> {
    let seconds = exposure.seconds.filter(|&seconds| seconds > 0.0 && seconds < 1e5).map(|seconds| {
        if seconds < 0.3 {
            format!("1/{:.0} s", 1.0 / seconds)
        } else {
            format!("{} s", (seconds * 10.0).round() / 10.0)
        }
    });
    let aperture =
        exposure.aperture.filter(|&f| f > 0.0 && f < 1e3).map(|f| format!("f/{}", (f * 10.0).round() / 10.0));
    let iso = exposure.iso.map(|iso| format!("ISO {iso}"));
    // What a phone's lens is engraved with says nothing to anybody.
    let film = exposure.focal_length_35mm.filter(|&mm| mm > 0).map(f64::from);
    let length =
        film.or(exposure.focal_length.filter(|&mm| mm > 0.0 && mm < 1e5)).map(|mm| format!("{} mm", mm.round()));
    let parts: Vec<String> = [seconds, aperture, iso, length].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn download(href: &str, photo: &Photo, key: &str, words: &Words, language: Language) -> Markup {
    let label = format!("{key}_of");
    html! {
        a.original href=(href) download=(photo.file) data-bytes=(photo.bytes) data-t=(key) data-label=(label)
            data-of=(words.alt) aria-label=(language.say_of(&label, &words.alt)) { (language.say(key)) }
    }
}

/// A triangle that lies on its side.
fn play() -> Markup {
    html! { svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true" focusable="false" { path d="M4 2v12l10-6z" {} } }
}

/// A dot with rings around it, as for something that is alive.
fn rings() -> Markup {
    html! {
        svg.rings viewBox="0 0 18 18" width="18" height="18" aria-hidden="true" focusable="false" {
            circle.dot cx="9" cy="9" r="2" {}
            circle cx="9" cy="9" r="4.6" {}
            circle.far cx="9" cy="9" r="7.6" {}
        }
    }
}

/// What a picture shows, in words.
struct Words {
    alt: String,
    /// The text of ours that it is made of, for other languages; none when the words are the owner's.
    kind: Option<&'static str>,
    /// Its number on the page, when nothing else is known.
    number: Option<usize>,
}

impl Words {
    /// The caption, or the file's name when a person chose it, or when it was taken, or its number on the page.
    fn of(caption: Option<&str>, photo: &Photo, taken: Option<When>, index: usize, language: Language) -> Self {
        let own = |alt: &str| Self { alt: alt.to_owned(), kind: None, number: None };
        if let Some(caption) = caption {
            return own(caption);
        }
        if let Some(name) = named_by_a_person(&photo.file) {
            return own(name.replace(['_', '-'], " ").trim());
        }
        let kind = if photo.film.is_some() { "film" } else { "photo" };
        let word = language.say(kind);
        let (alt, number) = match taken {
            Some(taken) => (format!("{word}, {}", dates::when(language, taken)), None),
            None => (format!("{word} {}", index + 1), Some(index + 1)),
        };
        Self { alt, kind: Some(kind), number }
    }
}

#[cfg(test)]
mod tests {
    use gallery::facts::Exposure;

    use super::{Words, exposed};
    use crate::catalogue::tests::{catalogue, film};
    use crate::settings::Language;

    #[test]
    fn exposures_are_written_as_photographers_do() {
        let of = |seconds, aperture, iso, focal_length, focal_length_35mm| {
            exposed(&Exposure { seconds, aperture, iso, focal_length, focal_length_35mm })
        };
        assert_eq!(of(None, None, None, None, None), None);
        assert_eq!(
            of(Some(1.0 / 250.0), Some(2.8), Some(100), Some(4.25), Some(26)).as_deref(),
            Some("1/250 s, f/2.8, ISO 100, 26 mm")
        );
        assert_eq!(of(Some(2.5), Some(8.0), None, Some(50.0), None).as_deref(), Some("2.5 s, f/8, 50 mm"));
        assert_eq!(of(Some(0.0), Some(f64::NAN), None, Some(-1.0), Some(0)), None);
    }

    #[test]
    fn alt_texts_are_words() {
        let alt = |caption: Option<&str>, file: &str, day: Option<i8>| {
            let album = catalogue("A", &[(file, day)]);
            let photo = album.photos.values().next().unwrap();
            Words::of(caption, photo, album.when(photo), 2, Language::En).alt
        };
        assert_eq!(alt(Some("The tram"), "x.jpg", None), "The tram");
        assert_eq!(alt(None, "grandma_at-sea.jpg", Some(6)), "grandma at sea");
        assert_eq!(alt(None, "IMG_0042.JPG", Some(6)), "Photo, 6 May 2024, 12:00");
        for camera in ["IMG_0042.JPG", "0042.jpg", "DSC0001.jpg", "20240506_070809.jpg", "PXL_2024.jpg", "P1010001.JPG"]
        {
            assert_eq!(alt(None, camera, None), "Photo 3", "{camera}");
        }
        let mut album = catalogue("A", &[]);
        album.learn(film("A/VID_1.mp4", 3.0), "\"1\"".into());
        assert_eq!(Words::of(None, album.photos.values().next().unwrap(), None, 0, Language::En).alt, "Video 1");
    }
}
