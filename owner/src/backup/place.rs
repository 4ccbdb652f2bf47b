//! Which file of the copy holds which object.
//!
//! The file of an object is its key, below `originals/`. Keys can be what no file can: some have segments that lead out
//! of the folder, some differ only in upper and lower case (which most disks of Macs and Windows take for one), some
//! are a folder as well. Those lie in `originals/~other names/`, under the photo's id and what can be kept of the name.

use std::collections::{BTreeMap, BTreeSet};

use gallery::PhotoId;

use super::manifest::Manifest;

/// Where the originals lie.
pub(crate) const ORIGINALS: &str = "originals";

/// Where those lie whose keys are no paths.
const OTHERS: &str = "originals/~other names";

/// What most file systems hold in one name, in bytes.
const LONGEST_NAME: usize = 240;

/// The file of each key, relative to the copy.
#[derive(Debug)]
pub(crate) struct Places(BTreeMap<String, String>);

impl Places {
    /// Gives each key a file: the one that it has, or its own name, or another when that cannot be.
    pub(crate) fn assign<'a>(manifest: &Manifest, keys: impl Iterator<Item = &'a str> + Clone) -> Self {
        let folders: BTreeSet<String> = keys.clone().flat_map(parents).map(folded).collect();
        let mut taken: BTreeSet<String> = BTreeSet::new();
        let mut places = BTreeMap::new();
        let mut fresh = Vec::new();
        for key in keys {
            match manifest.files.get(key) {
                Some(kept) => {
                    taken.insert(folded(&kept.file));
                    places.insert(key.to_owned(), kept.file.clone());
                }
                None => fresh.push(key),
            }
        }
        for key in fresh {
            let plain = format!("{ORIGINALS}/{key}");
            let fits = key.split('/').all(is_name) && !folders.contains(&folded(key)) && taken.insert(folded(&plain));
            let file = if fits { plain } else { other(key) };
            places.insert(key.to_owned(), file);
        }
        Self(places)
    }

    /// The file of a key that was assigned one.
    pub(crate) fn of(&self, key: &str) -> String {
        self.0.get(key).cloned().unwrap_or_else(|| other(key))
    }
}

fn parents(key: &str) -> impl Iterator<Item = &str> {
    key.match_indices('/').map(|(at, _)| &key[..at])
}

/// As disks compare that ignore case.
fn folded(path: &str) -> String {
    path.to_lowercase()
}

fn is_name(name: &str) -> bool {
    let reserved = |c: char| c.is_control() || matches!(c, '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|');
    !name.is_empty()
        && name != "."
        && name != ".."
        && name.len() <= LONGEST_NAME
        && !(cfg!(windows) && name.contains(reserved))
        && !name.contains(['\0', '\\', '\n', '\r'])
}

fn other(key: &str) -> String {
    let name = key.rsplit('/').next().unwrap_or_default();
    let kept: String = name.chars().filter(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ' ')).collect();
    let mut start = kept.len().saturating_sub(80);
    while !kept.is_char_boundary(start) {
        start += 1;
    }
    format!("{OTHERS}/{} {}", PhotoId::of_key(key), kept[start..].trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_has_a_file_of_its_own_inside_the_copy() {
        let keys = [
            "Family/1.jpg",
            "Family/1.JPG",
            "../../etc/passwd",
            "Family//x.jpg",
            "Family/1.jpg/inner.jpg",
            "gallery.yml",
            "Family/Lisbon & Porto/ü.jpg",
        ];
        let places = Places::assign(&Manifest::default(), keys.into_iter());
        let files: Vec<String> = keys.iter().map(|key| places.of(key)).collect();
        let distinct: BTreeSet<String> = files.iter().map(|file| folded(file)).collect();
        assert_eq!(distinct.len(), keys.len(), "{files:?}");
        assert!(files.iter().all(|file| file.starts_with("originals/") && !file.contains("..")), "{files:?}");
        assert_eq!(files[5], "originals/gallery.yml");
        assert_eq!(files[6], "originals/Family/Lisbon & Porto/ü.jpg");
        assert!(files[0].starts_with(OTHERS), "a folder is there as well");
        assert!(files[2].starts_with(OTHERS) && files[2].ends_with(" passwd"));
        let long = format!("Family/{}.jpg", "x".repeat(300));
        assert!(Places::assign(&Manifest::default(), [long.as_str()].into_iter()).of(&long).len() < 200);
    }
}
