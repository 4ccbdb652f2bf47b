//! Addresses of the site, always from the root.

use gallery::facts::Rendition;
use gallery::{AlbumPath, CollectionSlug, FolderPath, PhotoId};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What stays as it is under `/originals/`: the one canonical form that the gate accepts.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'.').remove(b'_').remove(b'~').remove(b'-');

/// The page of an album.
pub(crate) fn album(album: &AlbumPath) -> String {
    format!("/albums/{album}/")
}

/// A rendition.
pub(crate) fn rendition(collection: &CollectionSlug, photo: PhotoId, rendition: &Rendition) -> String {
    let mut path = rendition.key(collection, photo).path();
    path.insert(0, '/');
    path
}

/// The original of a photo.
pub(crate) fn original(folder: &FolderPath, file: &str) -> String {
    let names = folder.names().iter().map(String::as_str).chain([file]);
    names.fold("/originals".to_owned(), |path, name| format!("{path}/{}", utf8_percent_encode(name, KEPT)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn originals_have_one_form() {
        let folder = FolderPath::parse("Märchen & Wald/a+b %#?").unwrap();
        assert_eq!(
            original(&folder, "ü~1 (2).jpg"),
            "/originals/M%C3%A4rchen%20%26%20Wald/a%2Bb%20%25%23%3F/%C3%BC~1%20%282%29.jpg"
        );
        assert_eq!(album(&folder.album()), format!("/albums/{}/", folder.album()));
    }
}
