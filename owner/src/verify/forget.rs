//! What CloudFront may still keep of photos that are gone. Pictures stay there for a day, behind the gate.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use gallery::{Bucket, Key, PhotoId, Store};
use jiff::{SignedDuration, Timestamp};

use super::finding::{Finding, Kind};

/// How long ago a deletion may lie: twice as long as pictures are kept.
const LATELY: SignedDuration = SignedDuration::from_hours(48);

/// The addresses that findings are about.
pub(super) fn paths_of(findings: &[Finding]) -> BTreeSet<String> {
    let left = findings.iter().filter(|finding| finding.kind == Kind::LeftOver);
    left.filter_map(|finding| {
        if let Some(path) = finding.object.strip_prefix("resized/pics/") {
            let (folder, _) = path.rsplit_once('/')?;
            return Some(format!("/pics/{folder}/*"));
        }
        let page = finding.object.strip_prefix("web/")?;
        (!page.starts_with("catalogue/")).then(|| format!("/{page}"))
    })
    .collect()
}

/// The pictures of originals whose deletion the bucket's versions remember. Buckets without versions remember none.
pub(super) async fn deleted_lately(store: &Store) -> Result<BTreeSet<String>> {
    let since = Timestamp::now().saturating_sub(LATELY)?.as_second();
    let mut paths = BTreeSet::new();
    let (mut key_marker, mut version_marker) = (None, None);
    loop {
        let versions = store.client().list_object_versions().bucket(store.name(Bucket::Source));
        let versions = versions.set_key_marker(key_marker).set_version_id_marker(version_marker);
        let page = versions.send().await.context("cannot list what was deleted lately")?;
        for marker in page.delete_markers() {
            let is_late = marker.last_modified().is_some_and(|at| at.secs() >= since);
            let key = marker.key().unwrap_or_default();
            if is_late
                && marker.is_latest() == Some(true)
                && let Some(Key::Original(source)) = Key::parse(Bucket::Source, key)
            {
                let collection = source.folder().album().collection();
                paths.insert(format!("/pics/{collection}/{}/*", PhotoId::of_key(key)));
            }
        }
        if page.is_truncated() != Some(true) {
            break;
        }
        (key_marker, version_marker) = (page.next_key_marker, page.next_version_id_marker);
    }
    Ok(paths)
}
