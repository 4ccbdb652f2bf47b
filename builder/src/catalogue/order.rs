//! Which comes first.

use std::cmp::{Ordering, Reverse};
use std::collections::BTreeMap;

use gallery::{PhotoId, Slug};

use super::Photo;
use super::summary::{Card, Summary};
use crate::gallery_record::Collection;
use crate::metadata::{Metadata, Sort, SortBy};

/// Photos in the order that the owner asked for: those named first, the others by the time they were taken (those
/// without one last), or by name.
pub(super) fn photos<'a>(mut all: Vec<(PhotoId, &'a Photo)>, wanted: &Metadata) -> Vec<(PhotoId, &'a Photo)> {
    let sort = wanted.sort.unwrap_or_default();
    let named = places(&wanted.order);
    let taken = |photo: &Photo| wanted.dates.get(&photo.file).copied().or(photo.taken);
    all.sort_by(|(a_id, a), (b_id, b)| {
        let by_place = place(&named, &a.file).cmp(&place(&named, &b.file));
        let by_time = match sort.by {
            SortBy::Name => Ordering::Equal,
            SortBy::Taken => match (taken(a), taken(b)) {
                (Some(a), Some(b)) if sort.descending => b.cmp(&a),
                (Some(a), Some(b)) => a.cmp(&b),
                (a, b) => a.is_none().cmp(&b.is_none()),
            },
        };
        let by_name = natural(&a.file, &b.file).then_with(|| a_id.cmp(b_id));
        by_place.then(by_time).then(if sort.descending { by_name.reverse() } else { by_name })
    });
    all
}

/// Albums in the order that the owner asked for: those named first, the others the newest first when they said nothing.
pub(super) fn albums(albums: &mut [(&Slug, &Summary)], wanted: &Metadata) {
    let named = places(&wanted.order);
    albums.sort_by(|(_, Summary { card: a, .. }), (_, Summary { card: b, .. })| {
        let by_place = place(&named, a.folder.name()).cmp(&place(&named, b.folder.name()));
        by_place.then_with(|| cards(a, b, wanted.sort))
    });
}

/// Collections in the order that the owner asked for; the newest first when they said nothing.
pub(crate) fn collections(collections: &mut [&Collection], wanted: Option<Sort>) {
    collections.sort_by(|a, b| cards(&a.summary.card, &b.summary.card, wanted));
}

fn cards(a: &Card, b: &Card, wanted: Option<Sort>) -> Ordering {
    match wanted {
        Some(Sort { by: SortBy::Name, descending }) => by_title(a, b, descending),
        Some(Sort { by: SortBy::Taken, descending: false }) => {
            a.last.is_none().cmp(&b.last.is_none()).then(a.last.cmp(&b.last)).then_with(|| by_title(a, b, false))
        }
        Some(Sort { by: SortBy::Taken, descending: true }) | None => newest_first(a, b),
    }
}

fn by_title(a: &Card, b: &Card, descending: bool) -> Ordering {
    let order = natural(&a.title, &b.title).then_with(|| a.folder.cmp(&b.folder));
    if descending { order.reverse() } else { order }
}

/// Where each of the named ones stands.
fn places(order: &[String]) -> BTreeMap<&str, usize> {
    // The first mention counts.
    order.iter().enumerate().rev().map(|(place, name)| (name.as_str(), place)).collect()
}

fn place(places: &BTreeMap<&str, usize>, name: &str) -> usize {
    places.get(name).copied().unwrap_or(usize::MAX)
}

/// Albums by their newest photo, the newest first; those without a date last, by title.
pub(crate) fn newest_first(a: &Card, b: &Card) -> Ordering {
    Reverse(a.last)
        .cmp(&Reverse(b.last))
        .then_with(|| natural(&a.title, &b.title))
        .then_with(|| a.folder.cmp(&b.folder))
}

/// Names as people order them: `2` before `10`, capitals beside small letters. Equal only when the same.
fn natural(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a, b);
    loop {
        let order = match (left.chars().next(), right.chars().next()) {
            (None, None) => return a.cmp(b),
            (None, _) => Ordering::Less,
            (_, None) => Ordering::Greater,
            (Some(l), Some(r)) if l.is_ascii_digit() && r.is_ascii_digit() => {
                let (l, r) = (number(&mut left), number(&mut right));
                l.len().cmp(&r.len()).then(l.cmp(r))
            }
            (Some(l), Some(r)) => {
                (left, right) = (&left[l.len_utf8()..], &right[r.len_utf8()..]);
                if l == r { Ordering::Equal } else { l.to_lowercase().cmp(r.to_lowercase()) }
            }
        };
        if order.is_ne() {
            return order;
        }
    }
}

/// Takes the digits that come next, without zeros in front, however many.
fn number<'a>(text: &mut &'a str) -> &'a str {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    *text = rest;
    digits.trim_start_matches('0')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn two_comes_before_ten() {
        let mut names = ["IMG_10.jpg", "img_9.jpg", "IMG_2.jpg", "IMG_02.jpg", "IMG_2b.jpg", "a", ""];
        names.sort_by(|a, b| natural(a, b));
        assert_eq!(names, ["", "a", "IMG_02.jpg", "IMG_2.jpg", "IMG_2b.jpg", "img_9.jpg", "IMG_10.jpg"]);
    }

    proptest! {
        #[test]
        fn it_is_a_total_order(a in "[a1B0é]{0,6}", b in "[a1B0é]{0,6}", c in "[a1B0é]{0,6}") {
            prop_assert_eq!(natural(&a, &b), natural(&b, &a).reverse());
            prop_assert_eq!(natural(&a, &b).is_eq(), a == b);
            if natural(&a, &b).is_le() && natural(&b, &c).is_le() {
                prop_assert!(natural(&a, &c).is_le());
            }
        }
    }
}
