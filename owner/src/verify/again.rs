//! What was found is looked at once more: a gallery that is at work changes while it is looked at.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use gallery::{PhotoId, Store};

use super::finding::{Finding, Mend, Sight};
use super::{originals, pages};

/// Those of the findings that are still so. What came, was replaced or was put right since it was looked at is none.
pub(super) async fn still_so(store: &Store, findings: Vec<Finding>) -> Result<Vec<Finding>> {
    let mut there: BTreeSet<PhotoId> = BTreeSet::new();
    if findings.iter().any(|finding| !finding.gone.is_empty()) {
        there = originals::photos(store).await?;
        there.extend(pages::homes(store).await?);
    }
    let mut known: BTreeMap<Sight, bool> = BTreeMap::new();
    let mut left = Vec::new();
    for finding in findings {
        let came = !finding.gone.is_empty() && finding.gone.iter().all(|photo| there.contains(photo));
        if !came && is_as_seen(store, &finding.seen, &mut known).await? {
            left.push(finding);
        }
    }
    Ok(left)
}

async fn is_as_seen(store: &Store, seen: &[Sight], known: &mut BTreeMap<Sight, bool>) -> Result<bool> {
    for sight in seen {
        let is_so = if let Some(is_so) = known.get(sight) {
            *is_so
        } else {
            let now = store.look(sight.bucket, &sight.path).await?.map(|listed| listed.etag);
            known.insert(sight.clone(), now == sight.etag);
            now == sight.etag
        };
        if !is_so {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Removes what a rebuild would believe or leave, unless it is something else by now.
pub(super) async fn forget(store: &Store, findings: &[Finding]) -> Result<()> {
    let forgotten = findings.iter().filter_map(|finding| match &finding.mend {
        Mend::Forget(sights) => Some(sights),
        Mend::Copy | Mend::Rebuild => None,
    });
    for sight in forgotten.flatten().collect::<BTreeSet<&Sight>>() {
        if let Some(etag) = &sight.etag {
            store.remove_unchanged(sight.bucket, &sight.path, etag).await?;
        }
    }
    Ok(())
}
