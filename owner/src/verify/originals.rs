//! Every original against its recorded checksum, and its facts against it.

use std::collections::BTreeSet;

use anyhow::Result;
use data_encoding::HEXLOWER;
use futures::{StreamExt, stream};
use gallery::store::Listed;
use gallery::{Bucket, Facts, Key, PhotoId, Store};
use indicatif::ProgressBar;
use jiff::{SignedDuration, Timestamp};
use md5::Md5;
use sha2::{Digest, Sha256};

use super::finding::{Finding, Kind, Mend, Sight};
use super::{Seen, Verdict, object};
use crate::upload::etag::part_sizes;

/// What is read at once.
const PIECE: u64 = 8 << 20;

/// How many originals are read at once.
const AT_ONCE: usize = 4;

/// For so long the pages may show a photo as it was before.
const LATELY: SignedDuration = SignedDuration::from_mins(5);

/// What one original came to.
#[derive(Default)]
struct Looked {
    photo: Option<PhotoId>,
    facts: Option<(Key, Facts, String)>,
    /// Whether the facts were written a moment ago.
    lately: bool,
    bytes: u64,
    findings: Vec<Finding>,
}

/// The photos whose originals are there at this moment.
pub(super) async fn photos(store: &Store) -> Result<BTreeSet<PhotoId>> {
    let mut photos = BTreeSet::new();
    let mut pages = store.list(Bucket::Source, "");
    while let Some(page) = pages.next().await? {
        let originals = page.iter().filter(|listed| resizer::facts_of(&listed.path).is_some());
        photos.extend(originals.map(|listed| PhotoId::of_key(&listed.path)));
    }
    Ok(photos)
}

/// Looks at every original.
pub(super) async fn look(
    store: &Store,
    quick: bool,
    seen: &mut Seen,
    verdict: &mut Verdict,
    progress: &ProgressBar,
) -> Result<()> {
    let originals = store.list(Bucket::Source, "").all().await?;
    progress.set_message("originals");
    progress.set_length(originals.len() as u64);
    let mut looks =
        stream::iter(originals).map(|listed| async move { one(store, quick, &listed).await }).buffer_unordered(AT_ONCE);
    while let Some(looked) = looks.next().await {
        let looked = looked?;
        progress.inc(1);
        verdict.originals += usize::from(looked.photo.is_some());
        verdict.proven_bytes += looked.bytes;
        verdict.findings.extend(looked.findings);
        seen.photos.extend(looked.photo);
        seen.lately.extend(looked.photo.filter(|_| looked.lately));
        if let Some((key, facts, etag)) = looked.facts {
            seen.facts.insert(key, (facts, etag));
        }
    }
    Ok(())
}

/// Looks for facts that belong to no original.
pub(super) async fn facts_left(store: &Store, seen: &Seen, verdict: &mut Verdict) -> Result<()> {
    let mut pages = store.list(Bucket::Resized, "facts/");
    while let Some(page) = pages.next().await? {
        for listed in page {
            verdict.facts += 1;
            let photo = match Key::parse(Bucket::Resized, &listed.path) {
                Some(Key::Facts(_, photo) | Key::StrayFacts(photo)) => Some(photo),
                _ => None,
            };
            if !photo.is_some_and(|photo| seen.photos.contains(&photo)) {
                verdict.findings.push(Finding {
                    kind: Kind::LeftOver,
                    object: object(Bucket::Resized, &listed.path),
                    sentence: "facts of a photo whose original is gone".to_owned(),
                    mend: Mend::Rebuild,
                    seen: vec![Sight::of(Bucket::Resized, listed.path, listed.etag)],
                    gone: photo.into_iter().collect(),
                });
            }
        }
    }
    Ok(())
}

async fn one(store: &Store, quick: bool, listed: &Listed) -> Result<Looked> {
    let mut looked = Looked::default();
    let Some(key) = resizer::facts_of(&listed.path) else {
        return Ok(looked);
    };
    looked.photo = Some(PhotoId::of_key(&listed.path));
    let read = store.read(&key).await?;
    let facts_path = key.path();
    let original = Sight::of(Bucket::Source, &listed.path, &listed.etag);
    let finding = |kind, sentence: &str, etag: Option<String>| Finding {
        kind,
        object: object(Bucket::Source, &listed.path),
        sentence: sentence.to_owned(),
        mend: Mend::Rebuild,
        seen: vec![Sight { bucket: Bucket::Resized, path: facts_path.clone(), etag }, original.clone()],
        gone: Vec::new(),
    };
    let mut checksum = None;
    let now = Timestamp::now();
    looked.lately = read.as_ref().is_some_and(|found| now.duration_since(found.modified) < LATELY);
    match read {
        None => {
            let sentence = "it has no facts: it is not on any page yet";
            looked.findings.push(finding(Kind::Missing, sentence, None));
        }
        Some(found) => match Facts::from_json(&found.bytes) {
            Err(_) => {
                looked.findings.push(finding(Kind::Damaged, "its facts cannot be read", Some(found.etag)));
            }
            Ok(facts) if facts.etag != listed.etag || facts.source != listed.path || facts.bytes != listed.bytes => {
                let sentence = "its facts speak of another version: the pages show an older one";
                looked.findings.push(finding(Kind::Stale, sentence, Some(found.etag)));
            }
            Ok(facts) if facts.version != gallery::facts::VERSION => {
                let sentence = "its renditions were made by an older version of Heirloom";
                looked.findings.push(finding(Kind::Stale, sentence, Some(found.etag)));
            }
            Ok(facts) => {
                checksum.clone_from(&facts.checksum);
                looked.facts = Some((key, facts, found.etag));
            }
        },
    }
    if !quick {
        let wrong = match read_whole(store, listed, checksum.as_deref()).await {
            Ok(Some(wrong)) => wrong,
            // Replaced or removed since it was listed: the next look sees the new one.
            Ok(None) => return Ok(looked),
            Err(error) => Some(format!("it cannot be read: {error:#}")),
        };
        looked.bytes = listed.bytes;
        looked.findings.extend(wrong.map(|sentence| Finding {
            kind: Kind::Damaged,
            object: object(Bucket::Source, &listed.path),
            sentence,
            mend: Mend::Copy,
            seen: vec![original.clone()],
            gone: Vec::new(),
        }));
    }
    Ok(looked)
}

/// Reads an original to its end. `None` when it is no longer this version, else what is wrong with it.
async fn read_whole(store: &Store, listed: &Listed, checksum: Option<&str>) -> Result<Option<Option<String>>> {
    let mut sha256 = Sha256::new();
    let mut witness = Witness::of(listed);
    let mut at = 0;
    while at < listed.bytes {
        let end = listed.bytes.min(at + PIECE);
        let Some(bytes) = store.read_part(Bucket::Source, &listed.path, &listed.etag, at..end).await? else {
            return Ok(None);
        };
        if bytes.is_empty() {
            return Ok(Some(Some(format!("it ends after {at} of {} bytes", listed.bytes))));
        }
        at += bytes.len() as u64;
        let mut hashes = (sha256, witness);
        (sha256, witness) = tokio::task::spawn_blocking(move || {
            hashes.0.update(&bytes);
            hashes.1.take(&bytes);
            hashes
        })
        .await?;
    }
    let sum = HEXLOWER.encode(&sha256.finalize());
    Ok(Some(match (checksum, witness.agrees()) {
        (Some(recorded), _) if recorded != sum => {
            Some("its bytes are not those that were read when its renditions were made".to_owned())
        }
        (_, Some(false)) => Some("its bytes are not those that were uploaded".to_owned()),
        _ => None,
    }))
}

/// An `ETag`, and what the bytes so far amount to in each way in which it may have been made.
struct Witness {
    etag: String,
    /// Part size (0: whole), the part under way, how full it is, the parts before it, how many.
    ways: Vec<(u64, Md5, u64, Md5, u64)>,
    /// Whether one of the ways has to lead there.
    certain: bool,
}

impl Witness {
    fn of(listed: &Listed) -> Self {
        let etag = listed.etag.trim_matches('"').to_owned();
        let (digest, parts) = etag.split_once('-').map_or((etag.as_str(), None), |(d, p)| (d, p.parse().ok()));
        let is_md5 = digest.len() == 32 && digest.bytes().all(|b| b.is_ascii_hexdigit());
        let sizes = match parts {
            None => vec![0],
            Some(parts) => part_sizes(listed.bytes, parts),
        };
        let sizes = if is_md5 { sizes } else { Vec::new() };
        let certain = parts.is_none() && is_md5;
        Self { etag, ways: sizes.into_iter().map(|size| (size, Md5::new(), 0, Md5::new(), 0)).collect(), certain }
    }

    fn take(&mut self, bytes: &[u8]) {
        for (size, part, filled, all, count) in &mut self.ways {
            let mut rest = bytes;
            while !rest.is_empty() {
                let room = if *size == 0 { rest.len() as u64 } else { *size - *filled };
                let (now, later) = rest.split_at(rest.len().min(room as usize));
                part.update(now);
                *filled += now.len() as u64;
                rest = later;
                if *size != 0 && filled == size {
                    all.update(std::mem::take(part).finalize());
                    (*filled, *count) = (0, *count + 1);
                }
            }
        }
    }

    /// Whether the bytes have this `ETag`; `None` when it cannot tell.
    fn agrees(self) -> Option<bool> {
        let etag = self.etag;
        let told = |(size, part, filled, mut all, mut count): (u64, Md5, u64, Md5, u64)| {
            if size == 0 {
                return HEXLOWER.encode(&part.finalize());
            }
            if filled > 0 {
                all.update(part.finalize());
                count += 1;
            }
            format!("{}-{count}", HEXLOWER.encode(&all.finalize()))
        };
        let hit = self.ways.into_iter().map(told).any(|told| told == etag);
        if hit || self.certain { Some(hit) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agrees(etag: &str, bytes: &[u8]) -> Option<bool> {
        let listed = Listed {
            path: String::new(),
            etag: etag.to_owned(),
            bytes: bytes.len() as u64,
            modified: Timestamp::UNIX_EPOCH,
        };
        let mut witness = Witness::of(&listed);
        bytes.chunks(1_000_003).for_each(|piece| witness.take(piece));
        witness.agrees()
    }

    #[test]
    fn an_etag_is_a_witness_whole_and_in_parts() {
        assert_eq!(agrees("\"5d41402abc4b2a76b9719d911017c592\"", b"hello"), Some(true));
        assert_eq!(agrees("\"5d41402abc4b2a76b9719d911017c592\"", b"hallo"), Some(false));
        let bytes: Vec<u8> = (0..20_000_000_u32).map(|n| (n % 251) as u8).collect();
        let mut all = Md5::new();
        bytes.chunks(8 << 20).for_each(|part| all.update(Md5::digest(part)));
        let etag = format!("{}-3", HEXLOWER.encode(&all.finalize()));
        assert_eq!(agrees(&etag, &bytes), Some(true));
        assert_eq!(agrees(&etag, &bytes[1..]), None, "it may have been sent in parts of another size");
        assert_eq!(agrees("not-an-md5", b"hello"), None);
    }
}
