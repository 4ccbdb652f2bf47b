//! What Heirloom keeps in folders for itself. It is no photo, and keys and hashes of passwords are among it: viewers could
//! have them as originals.

use std::path::Path;

const DATA: &str = "the data folder of a gallery, with its keys: photos that lie in it are to be moved out of it";
const COPY: &str = "a copy of a gallery, with the records of its viewers: `heirloom restore` brings it back";

/// Files that are sent from nowhere, whatever lies beside them.
const FILES: [&str; 4] = ["certificate.pem", "credentials.json", "index.redb", "people.json"];

/// What a folder is, if it is one of Heirloom's own. The photos in a copy, in its `originals`, are anybody's.
pub(super) fn is_own(folder: &Path) -> Option<&'static str> {
    let (file, inner) = (|name: &str| folder.join(name).is_file(), |name: &str| folder.join(name).is_dir());
    if file("credentials.json") && inner("buckets") || is_buckets(folder) {
        Some(DATA)
    } else if file("people.json") && (file("manifest.json") || inner("originals")) {
        Some(COPY)
    } else {
        None
    }
}

/// The same of a folder that was named or linked to, which may lie deep in one.
pub(crate) fn leads_into_own(folder: &Path) -> Option<&'static str> {
    if folder.ancestors().any(is_buckets) { Some(DATA) } else { is_own(folder) }
}

/// Whether a file is one of Heirloom's own, by its name.
pub(super) fn is_own_file(name: &str) -> Option<&'static str> {
    FILES.contains(&name.to_ascii_lowercase().as_str()).then_some("a gallery's own file, which holds what is secret")
}

fn is_buckets(folder: &Path) -> bool {
    folder.join("index.redb").is_file() && folder.join("blobs").is_dir()
}
