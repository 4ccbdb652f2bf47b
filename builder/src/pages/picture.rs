//! Pictures: what an `img` needs so that nothing moves while it loads.

use std::collections::BTreeSet;

use gallery::facts::Rendition;
use gallery::renditions::Format;
use gallery::{CollectionSlug, PhotoId};
use maud::{Markup, html};

use crate::catalogue::Cover;
use crate::links;

/// How soon a picture is fetched.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Urgency {
    /// The largest thing on the first screen.
    First,
    /// Likely on the first screen.
    Soon,
    /// When it comes near.
    Later,
}

/// A picture over the sized copies of one photo: an `img` that every browser can show, and before it a `source` for each
/// lighter format there is, the lightest first. A browser takes the first that it knows.
pub(super) struct Picture<'a> {
    pub(super) collection: &'a CollectionSlug,
    pub(super) photo: PhotoId,
    pub(super) renditions: &'a [Rendition],
    /// How wide it is shown, as the `sizes` attribute says it.
    pub(super) sizes: &'a str,
    pub(super) alt: &'a str,
    /// The text of ours and the number that `alt` is made of, for other languages.
    pub(super) said: (Option<&'static str>, Option<usize>),
    pub(super) urgency: Urgency,
}

impl Picture<'_> {
    pub(super) fn render(&self) -> Markup {
        let shown_by_all = in_format(self.renditions, fallback(self.renditions));
        let (Some(smallest), Some(largest)) = (shown_by_all.first(), shown_by_all.last()) else {
            return html! {};
        };
        let later = self.urgency == Urgency::Later;
        let img = html! {
            img src=(self.href(smallest)) srcset=(self.srcset(&shown_by_all)) sizes=(self.sizes)
                width=(largest.width) height=(largest.height) alt=(self.alt) decoding="async"
                data-alt=[self.said.0] data-n=[self.said.1]
                loading=[later.then_some("lazy")] fetchpriority=[(self.urgency == Urgency::First).then_some("high")];
        };
        let lighter = lighter(self.renditions);
        if lighter.is_empty() {
            return img;
        }
        html! {
            picture {
                @for format in lighter {
                    source type=(format.content_type()) srcset=(self.srcset(&in_format(self.renditions, format)))
                        sizes=(self.sizes);
                }
                (img)
            }
        }
    }

    fn href(&self, rendition: &Rendition) -> String {
        links::rendition(self.collection, self.photo, rendition)
    }

    fn srcset(&self, renditions: &[&Rendition]) -> String {
        let mut set = String::with_capacity(renditions.len() * 96);
        for rendition in renditions {
            let comma = if set.is_empty() { "" } else { ", " };
            set.extend([comma, &self.href(rendition), " ", &rendition.width.to_string(), "w"]);
        }
        set
    }
}

/// The largest copy that every browser can show.
pub(super) fn largest(renditions: &[Rendition]) -> Option<&Rendition> {
    in_format(renditions, fallback(renditions)).pop()
}

/// The smallest copy that every browser can show.
pub(super) fn smallest(renditions: &[Rendition]) -> Option<&Rendition> {
    in_format(renditions, fallback(renditions)).into_iter().next()
}

/// JPEG, which everything shows; without one, whatever there is.
fn fallback(renditions: &[Rendition]) -> Format {
    let is_jpeg = renditions.iter().any(|rendition| rendition.format == Format::Jpeg);
    if is_jpeg { Format::Jpeg } else { renditions.first().map_or(Format::Jpeg, |rendition| rendition.format) }
}

/// The copies in one format, smallest first.
fn in_format(renditions: &[Rendition], format: Format) -> Vec<&Rendition> {
    renditions.iter().filter(|rendition| rendition.format == format).collect()
}

/// The formats whose copies are lighter than the fallback's, the lightest first.
fn lighter(renditions: &[Rendition]) -> Vec<Format> {
    let weight = |format| in_format(renditions, format).iter().map(|rendition| rendition.bytes).sum::<u64>();
    let all = weight(fallback(renditions));
    let formats: BTreeSet<Format> = renditions.iter().map(|rendition| rendition.format).collect();
    let mut lighter: Vec<Format> = formats.into_iter().filter(|&format| weight(format) < all).collect();
    lighter.sort_by_key(|&format| weight(format));
    lighter
}

/// The cover of an album, or a quiet surface where there is none.
pub(super) fn cover(cover: Option<&Cover>, collection: &CollectionSlug, sizes: &str, urgency: Urgency) -> Markup {
    html! {
        @if let Some(cover) = cover {
            span.cover data-colour=(cover.colour) data-thumb=(cover.thumbhash) {
                // The title beside it says what it is.
                (Picture { collection, photo: cover.photo, renditions: &cover.renditions, sizes, alt: "", said: (None, None), urgency }.render())
            }
        } @else {
            span.cover {}
        }
    }
}

/// The `sizes` of a picture that is so many hundredths of a phone's glass wide, or on wider glass what `else_wide` says. Two
/// pixels for one of the stylesheet's are as many as anybody sees: phones that have three are told two thirds.
pub(super) fn sizes(hundredths_of_a_phone: u64, else_wide: &str) -> String {
    let dense = (hundredths_of_a_phone * 2).div_ceil(3);
    format!(
        "(max-width: 699px) and (min-resolution: 2.5dppx) {dense}vw, (max-width: 699px) {hundredths_of_a_phone}vw, {else_wide}"
    )
}

/// The proportions that the stylesheet has classes for, as widths in hundredths of the height: the common ones, and others
/// so near to each other that nobody sees what the grid cuts off. (`web/src/proportions.json`)
const STEPS: [u64; 68] = [
    40, 42, 43, 44, 45, 46, 47, 48, 49, 50, 52, 54, 56, 58, 60, 62, 64, 67, 70, 72, 75, 78, 80, 82, 84, 87, 90, 93, 96,
    100, 102, 105, 108, 111, 114, 117, 121, 125, 129, 133, 137, 141, 145, 150, 153, 158, 163, 168, 173, 178, 183, 188,
    194, 200, 206, 212, 218, 225, 232, 239, 246, 253, 261, 269, 277, 285, 294, 300,
];

/// The class for a photo's proportions: the nearest that there is.
pub(super) fn proportions(width: u32, height: u32) -> String {
    let wanted = hundredths(width, height);
    let nearest = STEPS.into_iter().min_by_key(|step| step.abs_diff(wanted));
    format!("r{}", nearest.unwrap_or(100))
}

/// Width in hundredths of the height, between 0.4 and 3: taller and wider photos are cropped in the grid alone.
pub(super) fn hundredths(width: u32, height: u32) -> u64 {
    let (width, height) = (u64::from(width.max(1)), u64::from(height.max(1)));
    ((width * 100 + height / 2) / height).clamp(40, 300)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copies(format: Format, bytes: [u64; 2]) -> Vec<Rendition> {
        let copy = |(width, bytes)| Rendition { width, height: width, format, hash: format!("{bytes:016x}"), bytes };
        [360, 1200].into_iter().zip(bytes).map(copy).collect()
    }

    #[test]
    fn one_format_is_a_plain_img() {
        let renditions = copies(Format::Jpeg, [10, 100]);
        let collection = CollectionSlug::parse("A").unwrap();
        let photo = PhotoId::of_key("A/1.jpg");
        let picture = Picture {
            collection: &collection,
            photo,
            renditions: &renditions,
            sizes: "9px",
            alt: "",
            said: (None, None),
            urgency: Urgency::Soon,
        };
        let html = picture.render().into_string();
        assert!(html.starts_with("<img src=\"/pics/A/") && html.contains("-1200.jpg 1200w"), "{html}");
        assert_eq!(largest(&renditions).unwrap().width, 1200);
        assert_eq!((fallback(&renditions), lighter(&renditions)), (Format::Jpeg, vec![]));
        assert_eq!((largest(&[]), lighter(&[])), (None, vec![]));
    }

    /// Nothing that matters is cut off, and the stylesheet has a class for each.
    #[test]
    fn proportions_are_near_and_known_to_the_stylesheet() {
        let made: Vec<u64> = serde_json::from_str(include_str!("../../web/src/proportions.json")).unwrap();
        assert_eq!(STEPS.to_vec(), made);
        for width in 40..=300_u32 {
            let step: u32 = proportions(width, 100)[1..].parse().unwrap();
            assert!(step.abs_diff(width) * 40 <= width, "{width} is shown as {step}");
        }
        for (width, height) in [(4, 3), (3, 2), (16, 9), (1, 1), (5, 4), (2, 1)] {
            for (width, height) in [(width, height), (height, width)] {
                assert_eq!(proportions(width, height), format!("r{}", hundredths(width, height)));
            }
        }
    }

    #[test]
    fn phones_with_three_pixels_for_one_fetch_as_much_as_those_with_two() {
        let said = sizes(40, "320px");
        assert_eq!(said, "(max-width: 699px) and (min-resolution: 2.5dppx) 27vw, (max-width: 699px) 40vw, 320px");
    }

    #[test]
    fn proportions_stay_within_the_stylesheet() {
        assert_eq!(proportions(4000, 3000), "r133");
        assert_eq!(proportions(3000, 2000), "r150");
        assert_eq!(proportions(1, 1000), "r40");
        assert_eq!(proportions(u32::MAX, 1), "r300");
        assert_eq!(proportions(0, 0), "r100");
    }
}
