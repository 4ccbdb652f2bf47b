//! What the owner wrote that can be read and does nothing: a slip of the pen, most likely, or a file that was renamed.

use std::collections::BTreeSet;

use super::Catalogue;
use crate::metadata::Metadata;
use crate::yaml::quoted;

/// So many names of one key are told.
const TOLD: usize = 20;

impl Catalogue {
    /// A sentence about each key of the folder's file that nobody knows, and about each name in it that is of nothing.
    pub fn notices(&self) -> Vec<String> {
        let Metadata { cover_image, order, captions, dates, unknown, .. } = &self.described.values;
        let photos = self.photos.values().map(|photo| photo.file.as_str());
        let files: BTreeSet<&str> =
            photos.chain(self.rejected.values().map(|rejected| rejected.file.as_str())).collect();
        let albums: BTreeSet<&str> = self.children.values().map(|child| child.card.folder.name()).collect();
        let is_there = |name: &str| files.contains(name) || albums.contains(name);
        let mut told: Vec<String> = unknown.iter().map(|key| unknown_key(key)).collect();
        let named = cover_image.iter().filter(|name| !is_there(name) && self.cover.is_none());
        told.extend(named.map(|name| format!("`cover_image` names `{}`, which is not there", quoted(name))));
        tell(&mut told, "order", order.iter().filter(|name| !is_there(name)));
        tell(&mut told, "captions", captions.keys().filter(|name| !files.contains(name.as_str())));
        tell(&mut told, "dates", dates.keys().filter(|name| !files.contains(name.as_str())));
        told
    }
}

/// The sentence about a key that nobody knows.
pub(crate) fn unknown_key(key: &str) -> String {
    format!("`{key}` is no key that does anything")
}

fn tell<'a>(told: &mut Vec<String>, key: &str, names: impl Iterator<Item = &'a String>) {
    let names: Vec<&String> = names.collect();
    let shown = names.iter().take(TOLD);
    told.extend(shown.map(|name| format!("`{key}` names `{}`, which is not there", quoted(name))));
    if let Some(more) = names.len().checked_sub(TOLD).filter(|more| *more > 0) {
        told.push(format!("`{key}` names {more} more that are not there"));
    }
}

#[cfg(test)]
mod tests {
    use gallery::facts::{Facts, Outcome};

    use crate::catalogue::Summary;
    use crate::catalogue::tests::{catalogue, facts};
    use crate::metadata;

    #[test]
    fn what_is_of_nothing_is_told_and_nothing_else() {
        let mut album = catalogue("A", &[("1.jpg", Some(1))]);
        let reason = "no".to_owned();
        album.learn(Facts { outcome: Outcome::Rejected { reason }, ..facts("A/2.txt", None, 1, 1) }, "\"2\"".into());
        let child = catalogue("A/Day 1", &[("3.jpg", Some(1))]);
        album.children.insert(child.album().slug().clone(), Summary::of(&child, "\"c\""));
        let said = |text: &str| metadata::read(text.as_bytes()).unwrap();
        album.described.values = said(
            "title: x\ncover_image: Day 1\norder: [Day 1, 1.jpg, 2.txt]\ncaptions: {1.jpg: y, 2.txt: z}\ndates: {1.jpg: 1987-07-14}",
        );
        assert_eq!(album.notices(), [""; 0]);
        album.described.values = said(
            "titel: x\ncover_image: 9.jpg\norder: [8.jpg]\ncaptions: {Day 1: y, 7.jpg: z}\ndates: {6.jpg: 1987-07-14}",
        );
        assert_eq!(
            album.notices(),
            [
                "`titel` is no key that does anything",
                "`cover_image` names `9.jpg`, which is not there",
                "`order` names `8.jpg`, which is not there",
                "`captions` names `7.jpg`, which is not there",
                "`captions` names `Day 1`, which is not there",
                "`dates` names `6.jpg`, which is not there",
            ]
        );
        let captions: Vec<String> = (0..25).map(|n| format!("  no-{n}.jpg: x\n")).collect();
        album.described.values = said(&format!("captions:\n{}", captions.concat()));
        assert_eq!(album.notices().len(), 21);
        assert_eq!(album.notices()[20], "`captions` names 5 more that are not there");
    }
}
