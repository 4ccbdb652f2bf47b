//! Pictures: what an `img` needs so that nothing moves while it loads.

use gallery::facts::Rendition;
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

/// An `img` over the sized copies of one photo.
pub(super) struct Picture<'a> {
    pub(super) collection: &'a CollectionSlug,
    pub(super) photo: PhotoId,
    pub(super) renditions: &'a [Rendition],
    /// How wide it is shown, as the `sizes` attribute says it.
    pub(super) sizes: &'a str,
    pub(super) alt: &'a str,
    pub(super) urgency: Urgency,
}

impl Picture<'_> {
    pub(super) fn render(&self) -> Markup {
        let (Some(smallest), Some(largest)) = (self.renditions.first(), self.renditions.last()) else {
            return html! {};
        };
        let later = self.urgency == Urgency::Later;
        html! {
            img src=(self.href(smallest)) srcset=(self.srcset()) sizes=(self.sizes)
                width=(largest.width) height=(largest.height) alt=(self.alt) decoding="async"
                loading=[later.then_some("lazy")] fetchpriority=[(self.urgency == Urgency::First).then_some("high")];
        }
    }

    fn href(&self, rendition: &Rendition) -> String {
        links::rendition(self.collection, self.photo, rendition)
    }

    fn srcset(&self) -> String {
        let each = self.renditions.iter().map(|r| format!("{} {}w", self.href(r), r.width));
        each.collect::<Vec<_>>().join(", ")
    }
}

/// The cover of an album, or a quiet surface where there is none.
pub(super) fn cover(cover: Option<&Cover>, collection: &CollectionSlug, sizes: &str, urgency: Urgency) -> Markup {
    html! {
        @if let Some(cover) = cover {
            span.cover data-colour=(cover.colour) {
                // The title beside it says what it is.
                (Picture { collection, photo: cover.photo, renditions: &cover.renditions, sizes, alt: "", urgency }.render())
            }
        } @else {
            span.cover {}
        }
    }
}

/// The class for a photo's proportions: the width in hundredths of the height, within what a row can show.
pub(super) fn proportions(width: u32, height: u32) -> String {
    format!("r{}", hundredths(width, height))
}

/// Width in hundredths of the height, between 0.4 and 3: taller and wider photos are cropped in the grid alone.
pub(super) fn hundredths(width: u32, height: u32) -> u64 {
    let (width, height) = (u64::from(width.max(1)), u64::from(height.max(1)));
    ((width * 100 + height / 2) / height).clamp(40, 300)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proportions_stay_within_the_stylesheet() {
        assert_eq!(proportions(4000, 3000), "r133");
        assert_eq!(proportions(3000, 2000), "r150");
        assert_eq!(proportions(1, 1000), "r40");
        assert_eq!(proportions(u32::MAX, 1), "r300");
        assert_eq!(proportions(0, 0), "r100");
    }
}
