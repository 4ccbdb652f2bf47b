//! Every page and record of the web bucket: as its record says, and without a word of photos that are gone.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use builder::{Catalogue, GalleryRecord, Published};
use data_encoding::HEXLOWER;
use futures::{StreamExt, stream};
use gallery::{AlbumPath, Bucket, Key, PhotoId, Store};
use indicatif::ProgressBar;
use sha2::{Digest, Sha256};

use super::finding::{Finding, Kind, Mend};
use super::{Seen, Verdict, object};

/// How many are read at once.
const AT_ONCE: usize = 16;

/// Compares catalogues with facts, pages with catalogues, and reads them all.
pub(super) async fn look(store: &Store, seen: &Seen, verdict: &mut Verdict, progress: &ProgressBar) -> Result<()> {
    let mut there: BTreeMap<String, String> = BTreeMap::new();
    let mut pages = store.list(Bucket::Web, "");
    while let Some(page) = pages.next().await? {
        // The site's own scripts and pictures hold nothing of the family's.
        let page = page.into_iter().filter(|listed| !listed.path.starts_with("assets/"));
        there.extend(page.map(|listed| (listed.path, listed.etag)));
    }
    let mut recorded: BTreeMap<String, Published> = BTreeMap::new();
    let mut shown: BTreeSet<PhotoId> = BTreeSet::new();
    for (path, etag) in &there {
        if let Some(key @ Key::AlbumCatalogue(_)) = Key::parse(Bucket::Web, path) {
            match store.read_json::<Catalogue>(&key).await {
                Ok(Some((catalogue, _))) => album(&catalogue, path, etag, seen, &mut recorded, &mut shown, verdict),
                Ok(None) => {}
                Err(_) => verdict.findings.push(web(Kind::Damaged, path, "a record that cannot be read", etag)),
            }
        }
    }
    // The ids of home pages look like those of photos.
    let mut homes = BTreeSet::new();
    if let Some((record, _)) = store.read_json::<GalleryRecord>(&Key::GalleryCatalogue).await? {
        homes.extend(record.scopes.keys().chain(record.homes.keys().map(|file| &file.home)).map(ToString::to_string));
        recorded.extend(record.homes.into_iter().map(|(file, page)| (file.key().path(), page)));
    }
    for (key, (facts, _)) in &seen.facts {
        if let Key::Facts(album, photo) = key
            && facts.picture().is_some_and(|picture| !picture.renditions.is_empty())
            && !shown.contains(photo)
        {
            verdict.findings.push(Finding {
                kind: Kind::Stale,
                object: object(Bucket::Web, &Key::AlbumPage(album.clone()).path()),
                sentence: format!("the page does not show `{}` yet", facts.source),
                mend: Mend::Rebuild,
                seen: None,
            });
        }
    }
    for path in recorded.keys() {
        if !there.contains_key(path) {
            verdict.findings.push(Finding {
                kind: Kind::Missing,
                object: object(Bucket::Web, path),
                sentence: "a page that its record promises".to_owned(),
                mend: Mend::Rebuild,
                seen: Some((Bucket::Web, path.clone(), None)),
            });
        }
    }
    read_all(store, there, &recorded, &homes, seen, verdict, progress).await
}

/// One album's catalogue against the facts; its pages are noted.
fn album(
    catalogue: &Catalogue,
    path: &str,
    etag: &str,
    seen: &Seen,
    recorded: &mut BTreeMap<String, Published>,
    shown: &mut BTreeSet<PhotoId>,
    verdict: &mut Verdict,
) {
    let album = catalogue.album();
    let known = catalogue.photos.iter().map(|(photo, entry)| (photo, &entry.facts, &entry.file));
    let rejected = catalogue.rejected.iter().map(|(photo, entry)| (photo, &entry.facts, &entry.file));
    for (photo, facts, file) in known.chain(rejected) {
        let stored = seen.facts.get(&Key::Facts(album.clone(), *photo));
        if !seen.photos.contains(photo) {
            let sentence = format!("it still lists `{file}`, which is gone");
            verdict.findings.push(web(Kind::LeftOver, path, &sentence, etag));
        } else if stored.is_some_and(|(_, stored)| stored != facts) {
            let sentence = format!("it knows an older version of `{file}`");
            verdict.findings.push(web(Kind::Stale, path, &sentence, etag));
        }
    }
    shown.extend(catalogue.photos.keys());
    for (name, page) in &catalogue.pages {
        recorded.insert(page_path(&album, name), page.clone());
    }
}

fn page_path(album: &AlbumPath, name: &str) -> String {
    if name.is_empty() { Key::AlbumPage(album.clone()).path() } else { format!("albums/{album}/{name}/index.html") }
}

async fn read_all(
    store: &Store,
    there: BTreeMap<String, String>,
    recorded: &BTreeMap<String, Published>,
    homes: &BTreeSet<String>,
    seen: &Seen,
    verdict: &mut Verdict,
    progress: &ProgressBar,
) -> Result<()> {
    progress.set_message("pages");
    progress.set_position(0);
    progress.set_length(there.len() as u64);
    let mut reads = stream::iter(there)
        .map(|(path, _)| async move { (store.read_path(Bucket::Web, &path).await, path) })
        .buffer_unordered(AT_ONCE);
    while let Some((read, path)) = reads.next().await {
        progress.inc(1);
        let Some(found) = read? else { continue };
        if path.starts_with("albums/") || path.starts_with("home/") {
            verdict.pages += 1;
            match recorded.get(&path) {
                None => verdict.findings.push(web(Kind::LeftOver, &path, "a page that no album has", &found.etag)),
                Some(page) if !HEXLOWER.encode(&Sha256::digest(&found.bytes)).starts_with(&page.digest) => {
                    verdict.findings.push(web(Kind::Damaged, &path, "it is not the page that was built", &found.etag));
                }
                Some(_) => {}
            }
        }
        let text = String::from_utf8_lossy(&found.bytes);
        let is_gone = |photo: &PhotoId| !seen.photos.contains(photo) && !homes.contains(&photo.to_string());
        if let Some(photo) = photos_in(&text).find(is_gone) {
            let sentence = format!("it speaks of a photo that is gone ({photo})");
            verdict.findings.push(web(Kind::LeftOver, &path, &sentence, &found.etag));
        }
    }
    Ok(())
}

fn web(kind: Kind, path: &str, sentence: &str, etag: &str) -> Finding {
    Finding {
        kind,
        object: object(Bucket::Web, path),
        sentence: sentence.to_owned(),
        mend: Mend::Forget(vec![(Bucket::Web, path.to_owned())]),
        seen: Some((Bucket::Web, path.to_owned(), Some(etag.to_owned()))),
    }
}

/// The photos that a text names, in addresses of pictures, in anchors, in JSON: every id that stands by itself.
fn photos_in(text: &str) -> impl Iterator<Item = PhotoId> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    words.filter(|word| word.len() == 20).filter_map(|word| PhotoId::parse(word).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_found_wherever_they_stand() {
        let id = PhotoId::of_key("Family/1.jpg");
        let text = format!("<img src=\"/pics/Family/{id}/00ff00ff00ff00ff-360.jpg\"><a href='#{id}'>{{\"{id}\":1}}");
        assert_eq!(photos_in(&text).collect::<Vec<_>>(), [id, id, id]);
        assert_eq!(photos_in("00ff00ff00ff00ff00ff00ff00ff00ff \u{fc}x 0123456789012345678g").count(), 0);
    }
}
