//! Every rendition against the facts that promise it: there, whole, and none besides.

use std::collections::BTreeMap;

use anyhow::Result;
use data_encoding::HEXLOWER;
use futures::{StreamExt, stream};
use gallery::{Bucket, Facts, Key, PhotoId, Store};
use indicatif::ProgressBar;
use sha2::{Digest, Sha256};

use super::finding::{Finding, Kind, Mend, Sight};
use super::{Seen, Verdict, object};

/// How many are read at once.
const AT_ONCE: usize = 16;

/// A rendition as its facts promise it.
struct Promised<'a> {
    path: String,
    hash: &'a str,
    by: Witness<'a>,
}

/// Facts, where they lie and their `ETag`.
#[derive(Clone, Copy)]
struct Witness<'a> {
    key: &'a Key,
    facts: &'a Facts,
    etag: &'a str,
}

impl Witness<'_> {
    fn itself(&self) -> Sight {
        Sight::of(Bucket::Resized, self.key.path(), self.etag)
    }

    /// The original that it speaks of.
    fn original(&self) -> Sight {
        Sight::of(Bucket::Source, &self.facts.source, &self.facts.etag)
    }
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
    let mut known: BTreeMap<PhotoId, Witness<'_>> = BTreeMap::new();
    for (key, (facts, etag)) in &seen.facts {
        let by = Witness { key, facts, etag };
        known.insert(facts.photo, by);
        let renditions = facts.picture().into_iter().flat_map(gallery::facts::Picture::all);
        for (key, rendition) in facts.rendition_keys().into_iter().zip(renditions) {
            let path = key.path();
            let mut tell = |kind, sentence, rendition| verdict.findings.push(wrong(kind, sentence, rendition, by));
            match there.remove(&path) {
                None => {
                    let missing = Sight::none(Bucket::Resized, path);
                    tell(Kind::Missing, "a rendition that the facts promise", missing);
                }
                Some((bytes, etag)) if bytes != rendition.bytes => {
                    let itself = Sight::of(Bucket::Resized, path, etag);
                    tell(Kind::Damaged, "it has not the size that the facts tell", itself);
                }
                Some(_) => unread.push(Promised { path, hash: &rendition.hash, by }),
            }
        }
    }
    for (path, (_, etag)) in there {
        // Of a photo that is known but waits, what is there may still be promised; of one that was replaced a moment ago,
        // pages may still show it.
        let photo = match Key::parse(Bucket::Resized, &path) {
            Some(Key::Rendition { photo, .. }) => Some(photo),
            _ => None,
        };
        let (here, gone): (Vec<PhotoId>, Vec<PhotoId>) =
            photo.into_iter().partition(|photo| seen.photos.contains(photo));
        let waits = here.iter().any(|photo| seen.lately.contains(photo) || !known.contains_key(photo));
        if !waits {
            let itself = Sight::of(Bucket::Resized, &path, etag);
            // A photo that was replaced since has other facts by now, or will have.
            let replaced = here.iter().filter_map(|photo| known.get(photo));
            let replaced = replaced.flat_map(|by| [by.itself(), by.original()]);
            verdict.findings.push(Finding {
                kind: Kind::LeftOver,
                object: object(Bucket::Resized, &path),
                sentence: "a picture that belongs to no photo that is there".to_owned(),
                mend: Mend::Forget(vec![itself.clone()]),
                seen: std::iter::once(itself).chain(replaced).collect(),
                gone,
            });
        }
    }
    if !quick {
        read_all(store, unread, verdict, progress).await?;
    }
    Ok(())
}

async fn read_all(
    store: &Store,
    unread: Vec<Promised<'_>>,
    verdict: &mut Verdict,
    progress: &ProgressBar,
) -> Result<()> {
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
        if !digest.starts_with(promised.hash) {
            let itself = Sight::of(Bucket::Resized, promised.path, object_read.etag);
            let sentence = "its bytes are not those that its name tells";
            verdict.findings.push(wrong(Kind::Damaged, sentence, itself, promised.by));
        }
    }
    Ok(())
}

/// A rendition that is not what its facts promise. Without them a photo is made again; a damaged rendition would be taken
/// for right by its name.
fn wrong(kind: Kind, sentence: &str, rendition: Sight, by: Witness<'_>) -> Finding {
    let object = object(Bucket::Resized, &rendition.path);
    let both = vec![by.itself(), rendition];
    Finding {
        kind,
        object,
        sentence: sentence.to_owned(),
        mend: Mend::Forget(both.clone()),
        seen: both,
        gone: Vec::new(),
    }
}
