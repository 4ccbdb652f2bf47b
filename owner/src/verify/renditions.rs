//! Every rendition against the facts that promise it: there, whole, and none besides.

use std::collections::BTreeMap;

use anyhow::Result;
use data_encoding::HEXLOWER;
use futures::{StreamExt, stream};
use gallery::{Bucket, Key, Store};
use indicatif::ProgressBar;
use sha2::{Digest, Sha256};

use super::finding::{Finding, Kind, Mend};
use super::{Seen, Verdict, object};

/// How many are read at once.
const AT_ONCE: usize = 16;

/// A rendition as its facts promise it.
struct Promised {
    path: String,
    hash: String,
    facts: String,
}

/// Compares the promised renditions with those that are there.
pub(super) async fn look(
    store: &Store,
    quick: bool,
    seen: &Seen,
    verdict: &mut Verdict,
    progress: &ProgressBar,
) -> Result<()> {
    let mut there: BTreeMap<String, (u64, String)> = BTreeMap::new();
    let mut pages = store.list(Bucket::Resized, "pics/");
    while let Some(page) = pages.next().await? {
        there.extend(page.into_iter().map(|listed| (listed.path, (listed.bytes, listed.etag))));
    }
    verdict.renditions = there.len();
    let mut unread = Vec::new();
    for (facts_key, (facts, facts_etag)) in &seen.facts {
        let renditions = facts.picture().map(|picture| picture.renditions.as_slice()).unwrap_or_default();
        for (key, rendition) in facts.rendition_keys().into_iter().zip(renditions) {
            let path = key.path();
            let damaged = |kind, sentence: &str| Finding {
                kind,
                object: object(Bucket::Resized, &path),
                sentence: sentence.to_owned(),
                mend: again(&facts_key.path(), &path),
                seen: Some((Bucket::Resized, facts_key.path(), Some(facts_etag.clone()))),
            };
            match there.remove(&path) {
                None => verdict.findings.push(damaged(Kind::Missing, "a rendition that the facts promise")),
                Some((bytes, _)) if bytes != rendition.bytes => {
                    verdict.findings.push(damaged(Kind::Damaged, "it has not the size that the facts tell"));
                }
                Some(_) => unread.push(Promised { path, hash: rendition.hash.clone(), facts: facts_key.path() }),
            }
        }
    }
    for (path, (_, etag)) in there {
        // Of a photo that is known but waits, what is there may still be promised; of one that was replaced a moment ago,
        // pages may still show it.
        let waits = matches!(Key::parse(Bucket::Resized, &path), Some(Key::Rendition { photo, .. })
            if seen.photos.contains(&photo)
                && (seen.lately.contains(&photo) || !seen.facts.values().any(|(facts, _)| facts.photo == photo)));
        if !waits {
            verdict.findings.push(Finding {
                kind: Kind::LeftOver,
                object: object(Bucket::Resized, &path),
                sentence: "a picture that belongs to no photo that is there".to_owned(),
                mend: Mend::Forget(vec![(Bucket::Resized, path.clone())]),
                seen: Some((Bucket::Resized, path, Some(etag))),
            });
        }
    }
    if !quick {
        read_all(store, unread, verdict, progress).await?;
    }
    Ok(())
}

async fn read_all(store: &Store, unread: Vec<Promised>, verdict: &mut Verdict, progress: &ProgressBar) -> Result<()> {
    progress.set_message("renditions");
    progress.set_position(0);
    progress.set_length(unread.len() as u64);
    let mut reads = stream::iter(unread)
        .map(|promised| async move { (store.read_path(Bucket::Resized, &promised.path).await, promised) })
        .buffer_unordered(AT_ONCE);
    while let Some((read, promised)) = reads.next().await {
        progress.inc(1);
        // Removed since it was listed.
        let Some(object_read) = read? else { continue };
        let digest = HEXLOWER.encode(&Sha256::digest(&object_read.bytes));
        if !digest.starts_with(&promised.hash) {
            verdict.findings.push(Finding {
                kind: Kind::Damaged,
                object: object(Bucket::Resized, &promised.path),
                sentence: "its bytes are not those that its name tells".to_owned(),
                mend: again(&promised.facts, &promised.path),
                seen: Some((Bucket::Resized, promised.path.clone(), Some(object_read.etag))),
            });
        }
    }
    Ok(())
}

/// Without its facts a photo is made again; a damaged rendition would be taken for right by its name.
fn again(facts: &str, rendition: &str) -> Mend {
    Mend::Forget(vec![(Bucket::Resized, facts.to_owned()), (Bucket::Resized, rendition.to_owned())])
}
