//! Which comes first.

use std::cmp::{Ordering, Reverse};
use std::collections::BTreeMap;

use gallery::PhotoId;

use super::Photo;
use super::summary::Card;
use crate::metadata::{Sort, SortBy};

/// Photos in the order that the owner asked for: by the time they were taken (those without one last), or by name.
pub(super) fn photos(photos: &BTreeMap<PhotoId, Photo>, sort: Sort) -> Vec<(PhotoId, &Photo)> {
    let mut all: Vec<_> = photos.iter().map(|(id, photo)| (*id, photo)).collect();
    all.sort_by(|(a_id, a), (b_id, b)| {
        let by_time = match sort.by {
            SortBy::Name => Ordering::Equal,
            SortBy::Taken => match (a.taken, b.taken) {
                (Some(a), Some(b)) if sort.descending => b.cmp(&a),
                (Some(a), Some(b)) => a.cmp(&b),
                (a, b) => a.is_none().cmp(&b.is_none()),
            },
        };
        let by_name = natural(&a.file, &b.file).then_with(|| a_id.cmp(b_id));
        by_time.then(if sort.descending { by_name.reverse() } else { by_name })
    });
    all
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
    let (mut left, mut right) = (a.chars().peekable(), b.chars().peekable());
    loop {
        let order = match (left.peek().copied(), right.peek().copied()) {
            (None, None) => return a.cmp(b),
            (None, _) => Ordering::Less,
            (_, None) => Ordering::Greater,
            (Some(l), Some(r)) if l.is_ascii_digit() && r.is_ascii_digit() => {
                let (l, r) = (number(&mut left), number(&mut right));
                l.len().cmp(&r.len()).then(l.cmp(&r))
            }
            (Some(l), Some(r)) => {
                left.next();
                right.next();
                l.to_lowercase().cmp(r.to_lowercase())
            }
        };
        if order.is_ne() {
            return order;
        }
    }
}

/// The digits that come next, without zeros in front, however many.
fn number(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> String {
    let mut digits = String::new();
    while let Some(digit) = chars.next_if(char::is_ascii_digit) {
        if digit != '0' || !digits.is_empty() {
            digits.push(digit);
        }
    }
    digits
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
