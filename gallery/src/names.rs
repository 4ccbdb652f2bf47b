//! Names, parsed once at the door: folders and originals as the owner wrote them, albums as paths, photos as
//! identities, viewers.

use std::fmt;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::slug::{CollectionSlug, Slug};

/// S3's limit for a key, in bytes (AWS, "Naming Amazon S3 objects").
pub const MAX_KEY: usize = 1024;

/// The deepest folder: a collection and this many albums below it. The longest slugs then still fit S3's keys.
pub const MAX_DEPTH: usize = 12;

/// Why a name was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// A path segment that cannot be a slug.
    #[error("`{0}` is not a path segment of Heirloom's: letters, digits and `. _ ~ -`, not starting with a dot")]
    Slug(String),
    /// A key without a folder.
    #[error("`{0}` lies outside every collection: put it into a folder")]
    NoCollection(String),
    /// A key that no folder tree can hold.
    #[error("`{0}` is not a usable name: {1}")]
    Unusable(String, &'static str),
    /// A viewer's name outside the grammar.
    #[error("`{0}` is not a viewer's name: use 1 to 64 letters, digits or `. _ - @`, starting with a letter or digit")]
    Viewer(String),
    /// A photo's id outside the grammar.
    #[error("`{0}` is not a photo's id")]
    Photo(String),
}

/// In JSON these are texts, parsed as they are read.
macro_rules! written_as_text {
    ($($name:ident),+) => {$(
        impl TryFrom<String> for $name {
            type Error = $crate::names::NameError;
            fn try_from(text: String) -> Result<Self, $crate::names::NameError> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.to_string()
            }
        }
    )+};
}
pub(crate) use written_as_text;

written_as_text!(FolderPath, SourceKey, AlbumPath, PhotoId, ViewerName);

/// A folder of the source bucket, as the owner wrote it: the collection's name, then the albums' below it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FolderPath(Vec<String>);

impl FolderPath {
    /// Reads `Collection/Album/…`, without a slash at the end.
    pub fn parse(path: &str) -> Result<Self, NameError> {
        let unusable = |why| Err(NameError::Unusable(path.to_owned(), why));
        let names: Vec<String> = path.split('/').map(str::to_owned).collect();
        if names.iter().any(|n| n.is_empty() || n == "." || n == "..") {
            return unusable("a folder's name is empty, `.` or `..`");
        }
        if names.len() > MAX_DEPTH + 1 {
            return unusable("it lies more than 13 folders deep");
        }
        if path.len() >= MAX_KEY {
            return unusable("it is longer than 1,024 bytes");
        }
        Ok(Self(names))
    }

    /// The names from the collection down.
    pub fn names(&self) -> &[String] {
        &self.0
    }

    /// The last name: what the owner calls this folder.
    pub fn name(&self) -> &str {
        self.0.last().expect("a folder path has at least one name")
    }

    /// The same folder as the pages write it.
    #[cfg(feature = "store")]
    pub fn album(&self) -> AlbumPath {
        AlbumPath(self.0.iter().map(|name| Slug::of(name)).collect())
    }
}

impl fmt::Display for FolderPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("/"))
    }
}

/// The key of an original: a folder and a file name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SourceKey {
    folder: FolderPath,
    file: String,
}

impl SourceKey {
    /// Reads a key of the source bucket.
    pub fn parse(key: &str) -> Result<Self, NameError> {
        let Some((folder, file)) = key.rsplit_once('/') else {
            return Err(NameError::NoCollection(key.to_owned()));
        };
        let unusable = |why| Err(NameError::Unusable(key.to_owned(), why));
        if key.len() > MAX_KEY {
            return unusable("it is longer than 1,024 bytes");
        }
        if file.is_empty() || file == "." || file == ".." {
            return unusable("the file's name is empty, `.` or `..`");
        }
        // Addresses, feeds and listings cannot hold them, and a terminal obeys them.
        if key.chars().any(|c| c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}')) {
            return Err(NameError::Unusable(
                key.escape_debug().to_string(),
                "it holds a character that is none to read",
            ));
        }
        Ok(Self { folder: FolderPath::parse(folder).map_err(|e| e.about(key))?, file: file.to_owned() })
    }

    /// The folder it lies in.
    pub fn folder(&self) -> &FolderPath {
        &self.folder
    }

    /// The file's name, with its extension.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The identity of the photo that lies here: it survives a replaced original, and changes with the key.
    pub fn photo(&self) -> PhotoId {
        PhotoId::of_key(&self.to_string())
    }
}

impl NameError {
    /// The same complaint about the whole key.
    fn about(self, key: &str) -> Self {
        match self {
            Self::Unusable(_, why) => Self::Unusable(key.to_owned(), why),
            other => other,
        }
    }
}

impl fmt::Display for SourceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.folder, self.file)
    }
}

/// An album as pages and keys write it: slugs from the collection down.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AlbumPath(Vec<Slug>);

impl AlbumPath {
    /// Reads `Collection/Album/…` in slugs.
    pub fn parse(path: &str) -> Result<Self, NameError> {
        let slugs: Vec<Slug> = path.split('/').map(Slug::parse).collect::<Result<_, _>>()?;
        if slugs.len() > MAX_DEPTH + 1 {
            return Err(NameError::Unusable(path.to_owned(), "it lies more than 13 folders deep"));
        }
        Ok(Self(slugs))
    }

    /// The collection it belongs to.
    pub fn collection(&self) -> CollectionSlug {
        CollectionSlug(self.0[0].clone())
    }

    /// The slugs from the collection down.
    pub fn slugs(&self) -> &[Slug] {
        &self.0
    }

    /// The last slug.
    pub fn slug(&self) -> &Slug {
        self.0.last().expect("an album path has at least one slug")
    }

    /// The album that holds this one; `None` for a collection.
    pub fn parent(&self) -> Option<Self> {
        (self.0.len() > 1).then(|| Self(self.0[..self.0.len() - 1].to_vec()))
    }

    /// The album `slug` inside this one.
    #[must_use]
    pub fn child(&self, slug: &Slug) -> Self {
        let mut slugs = self.0.clone();
        slugs.push(slug.clone());
        Self(slugs)
    }
}

impl fmt::Display for AlbumPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, slug) in self.0.iter().enumerate() {
            write!(f, "{}{slug}", if i == 0 { "" } else { "/" })?;
        }
        Ok(())
    }
}

/// A photo: 80 bits of the SHA-256 of its key, as 20 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PhotoId([u8; 10]);

impl PhotoId {
    /// The identity of what lies at a key of the source bucket, usable or not.
    pub fn of_key(key: &str) -> Self {
        let mut id = [0; 10];
        id.copy_from_slice(&Sha256::digest(key.as_bytes())[..10]);
        Self(id)
    }

    /// Reads an id that comes from a path or from stored JSON.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let bad = || NameError::Photo(text.chars().take(40).collect());
        let bytes = HEXLOWER.decode(text.as_bytes()).map_err(|_| bad())?;
        Ok(Self(bytes.try_into().map_err(|_| bad())?))
    }
}

impl fmt::Display for PhotoId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for PhotoId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PhotoId({self})")
    }
}

/// A viewer's name, in the one form it is stored in: lower-case ASCII, 1 to 64 of `[a-z0-9._@-]`, starting with a
/// letter or a digit. What a person types may be in capitals and may have spaces around it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ViewerName(String);

impl ViewerName {
    /// Reads a name as typed.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let name = text.trim().to_ascii_lowercase();
        let legal = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'-' | b'@');
        let starts_well = name.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric());
        if !starts_well || name.len() > 64 || !name.bytes().all(legal) {
            return Err(NameError::Viewer(text.chars().take(64).collect()));
        }
        Ok(Self(name))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ViewerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::str::FromStr for ViewerName {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::parse(text)
    }
}

#[cfg(all(test, feature = "store"))]
mod tests {
    use super::*;

    #[test]
    fn a_source_key_knows_its_folder_and_photo() {
        let key = SourceKey::parse("Family/Lisbon 2024/day 1/0042.jpg").unwrap();
        assert_eq!(key.folder().to_string(), "Family/Lisbon 2024/day 1");
        assert_eq!(key.folder().album().to_string(), "Family/Lisbon_2024/day_1");
        assert_eq!(key.file(), "0042.jpg");
        assert_eq!(key.photo(), SourceKey::parse("Family/Lisbon 2024/day 1/0042.jpg").unwrap().photo());
        assert_ne!(key.photo(), SourceKey::parse("Family/Lisbon 2024/day 1/0043.jpg").unwrap().photo());
    }

    #[test]
    fn keys_that_no_folder_can_hold_say_why() {
        assert_eq!(SourceKey::parse("stray.jpg"), Err(NameError::NoCollection("stray.jpg".into())));
        for bad in
            ["/a.jpg", "a//b.jpg", "a/../b.jpg", "a/./b.jpg", "a/", "a/..", "1/2/3/4/5/6/7/8/9/10/11/12/13/14/x.jpg"]
        {
            let error = SourceKey::parse(bad).unwrap_err();
            assert!(error.to_string().contains(bad), "{error}");
        }
        assert!(SourceKey::parse(&format!("a/{}", "x".repeat(1023))).is_err());
        for unseen in ['\u{1}', '\n', '\u{1b}', '\u{7f}', '\u{85}', '\u{fffe}', '\u{ffff}'] {
            let error = SourceKey::parse(&format!("a/b{unseen}c.jpg")).unwrap_err().to_string();
            assert!(error.contains("a/b\\") && !error.contains(unseen), "{error}");
        }
    }

    #[test]
    fn albums_have_parents_up_to_the_collection() {
        let album = AlbumPath::parse("Family/Lisbon_2024/day_1").unwrap();
        assert_eq!(album.collection().as_str(), "Family");
        assert_eq!(album.parent().unwrap().to_string(), "Family/Lisbon_2024");
        assert_eq!(album.parent().unwrap().child(album.slug()), album);
        assert_eq!(album.parent().unwrap().parent().unwrap().parent(), None);
        for bad in ["", "/", "a/", "a/../b", "a b", "a/b%2F"] {
            assert!(AlbumPath::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn viewers_are_folded_to_one_form() {
        assert_eq!(ViewerName::parse(" Gerda ").unwrap().as_str(), "gerda");
        for bad in ["", "../x", "a b", "-a", "ä", &"a".repeat(65), "a/b", "a\0"] {
            assert!(ViewerName::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn photo_ids_read_back() {
        let id = PhotoId::of_key("a/b.jpg");
        assert_eq!(PhotoId::parse(&id.to_string()).unwrap(), id);
        for bad in ["", "12", "../../etc/passwd00000", "ABCDEF01234567890123"] {
            assert!(PhotoId::parse(bad).is_err(), "{bad:?}");
        }
    }
}
