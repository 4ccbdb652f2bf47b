//! Every page and record of the web bucket: as its record says, and without a word of photos that are gone.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use builder::{Catalogue, GalleryRecord, Published};
use data_encoding::HEXLOWER;
use futures::{StreamExt, stream};
use gallery::{AlbumPath, Bucket, Key, PhotoId, Store};
use indicatif::ProgressBar;
use sha2::{Digest, Sha256};

use super::finding::{Finding, Kind, Mend, Sight};
use super::{Seen, Verdict, object};

/// How many are read at once.
const AT_ONCE: usize = 16;

/// What the records of the web bucket say.
#[derive(Default)]
struct Recorded {
    /// Each page as published, and the record that says so.
    pages: BTreeMap<String, (Published, Sight)>,
    /// The albums' records.
    albums: BTreeMap<AlbumPath, Sight>,
    /// The gallery's.
    gallery: Option<Sight>,
    /// The photos that pages show.
    shown: BTreeSet<PhotoId>,
    /// The ids of home pages, which look like those of photos.
    homes: BTreeSet<PhotoId>,
}

/// Compares catalogues with facts, pages with catalogues, and reads them all.
pub(super) async fn look(store: &Store, seen: &Seen, verdict: &mut Verdict, progress: &ProgressBar) -> Result<()> {
    let mut there: BTreeSet<String> = BTreeSet::new();
    let mut pages = store.list(Bucket::Web, "");
    while let Some(page) = pages.next().await? {
        // The site's own scripts and pictures hold nothing of the family's.
        there.extend(page.into_iter().map(|listed| listed.path).filter(|path| !path.starts_with("assets/")));
    }
    let mut recorded = Recorded::default();
    for path in &there {
        if let Some(Key::AlbumCatalogue(of)) = Key::parse(Bucket::Web, path) {
            // A read that fails tells nothing of the record.
            let Some(read) = store.read_path(Bucket::Web, path).await? else { continue };
            recorded.albums.insert(of, Sight::of(Bucket::Web, path, &read.etag));
            match serde_json::from_slice::<Catalogue>(&read.bytes) {
                Ok(catalogue) => album(&catalogue, path, &read.etag, seen, &mut recorded, verdict),
                Err(_) => verdict.findings.push(web(Kind::Damaged, path, "a record that cannot be read", &read.etag)),
            }
        }
    }
    if let Some((record, etag)) = store.read_json::<GalleryRecord>(&Key::GalleryCatalogue).await? {
        let itself = Sight::of(Bucket::Web, Key::GalleryCatalogue.path(), etag);
        recorded.homes = homes_of(&record);
        let pages = record.homes.into_iter().map(|(file, page)| (file.key().path(), (page, itself.clone())));
        recorded.pages.extend(pages);
        recorded.gallery = Some(itself);
    }
    for (key, (facts, etag)) in &seen.facts {
        if let Key::Facts(album, photo) = key
            && facts.picture().is_some_and(|picture| !picture.renditions.is_empty())
            && !recorded.shown.contains(photo)
        {
            verdict.findings.push(Finding {
                kind: Kind::Stale,
                object: object(Bucket::Web, &Key::AlbumPage(album.clone()).path()),
                sentence: format!("the page does not show `{}` yet", facts.source),
                mend: Mend::Rebuild,
                seen: vec![Sight::of(Bucket::Resized, key.path(), etag), recorded.of_album(album)],
                gone: Vec::new(),
            });
        }
    }
    for (path, (_, record)) in &recorded.pages {
        if !there.contains(path) {
            verdict.findings.push(Finding {
                kind: Kind::Missing,
                object: object(Bucket::Web, path),
                sentence: "a page that its record promises".to_owned(),
                mend: Mend::Rebuild,
                seen: vec![Sight::none(Bucket::Web, path), record.clone()],
                gone: Vec::new(),
            });
        }
    }
    read_all(store, there, &recorded, seen, verdict, progress).await
}

/// The ids of home pages, as they are at this moment.
pub(super) async fn homes(store: &Store) -> Result<BTreeSet<PhotoId>> {
    let record = store.read_json::<GalleryRecord>(&Key::GalleryCatalogue).await?;
    Ok(record.map(|(record, _)| homes_of(&record)).unwrap_or_default())
}

fn homes_of(record: &GalleryRecord) -> BTreeSet<PhotoId> {
    let homes = record.scopes.keys().chain(record.homes.keys().map(|file| &file.home));
    homes.filter_map(|home| PhotoId::parse(home.as_str()).ok()).collect()
}

/// One album's catalogue against the facts; its pages are noted.
fn album(catalogue: &Catalogue, path: &str, etag: &str, seen: &Seen, recorded: &mut Recorded, verdict: &mut Verdict) {
    let album = catalogue.album();
    let known = catalogue.photos.iter().map(|(photo, entry)| (photo, &entry.facts, &entry.file));
    let rejected = catalogue.rejected.iter().map(|(photo, entry)| (photo, &entry.facts, &entry.file));
    for (photo, facts, file) in known.chain(rejected) {
        let key = Key::Facts(album.clone(), *photo);
        if !seen.photos.contains(photo) {
            let sentence = format!("it still lists `{file}`, which is gone");
            verdict.findings.push(web(Kind::LeftOver, path, &sentence, etag).unless_back(vec![*photo]));
        } else if let Some((_, stored)) = seen.facts.get(&key).filter(|(_, stored)| stored != facts) {
            let sentence = format!("it knows an older version of `{file}`");
            let told = Sight::of(Bucket::Resized, key.path(), stored);
            verdict.findings.push(web(Kind::Stale, path, &sentence, etag).beside([told]));
        }
    }
    recorded.shown.extend(catalogue.photos.keys());
    let itself = Sight::of(Bucket::Web, path, etag);
    for (name, page) in &catalogue.pages {
        recorded.pages.insert(page_path(&album, name), (page.clone(), itself.clone()));
    }
}

fn page_path(album: &AlbumPath, name: &str) -> String {
    if name.is_empty() { Key::AlbumPage(album.clone()).path() } else { format!("albums/{album}/{name}/index.html") }
}

impl Recorded {
    /// An album's record, which may be none.
    fn of_album(&self, album: &AlbumPath) -> Sight {
        let none = || Sight::none(Bucket::Web, Key::AlbumCatalogue(album.clone()).path());
        self.albums.get(album).cloned().unwrap_or_else(none)
    }

    /// The records that could have a page at this path: the gallery's, or those of the album there and of the one above it.
    fn behind(&self, path: &str) -> Vec<Sight> {
        let Some(page) = path.strip_prefix("albums/").and_then(|path| path.strip_suffix("/index.html")) else {
            let none = || Sight::none(Bucket::Web, Key::GalleryCatalogue.path());
            return vec![self.gallery.clone().unwrap_or_else(none)];
        };
        let albums = [Some(page), page.rsplit_once('/').map(|(above, _)| above)];
        let albums = albums.into_iter().flatten().filter_map(|album| AlbumPath::parse(album).ok());
        albums.map(|album| self.of_album(&album)).collect()
    }
}

async fn read_all(
    store: &Store,
    there: BTreeSet<String>,
    recorded: &Recorded,
    seen: &Seen,
    verdict: &mut Verdict,
    progress: &ProgressBar,
) -> Result<()> {
    progress.set_message("pages");
    progress.set_position(0);
    progress.set_length(there.len() as u64);
    let mut reads = stream::iter(there)
        .map(|path| async move { (store.read_path(Bucket::Web, &path).await, path) })
        .buffer_unordered(AT_ONCE);
    while let Some((read, path)) = reads.next().await {
        progress.inc(1);
        let Some(found) = read? else { continue };
        if path.starts_with("albums/") || path.starts_with("home/") {
            verdict.pages += 1;
            match recorded.pages.get(&path) {
                None => {
                    let left = web(Kind::LeftOver, &path, "a page that no album has", &found.etag);
                    verdict.findings.push(left.beside(recorded.behind(&path)));
                }
                Some((page, record)) if !HEXLOWER.encode(&Sha256::digest(&found.bytes)).starts_with(&page.digest) => {
                    let damaged = web(Kind::Damaged, &path, "it is not the page that was built", &found.etag);
                    // One that was written since is what a newer record speaks of.
                    let is_another = found.etag != page.etag;
                    verdict.findings.push(damaged.beside(is_another.then(|| record.clone())));
                }
                Some(_) => {}
            }
        }
        let text = String::from_utf8_lossy(&found.bytes);
        let is_gone = |photo: &PhotoId| !seen.photos.contains(photo) && !recorded.homes.contains(photo);
        let gone: BTreeSet<PhotoId> = photos_in(&text).filter(is_gone).collect();
        if let Some(photo) = gone.first() {
            let sentence = format!("it speaks of a photo that is gone ({photo})");
            let left = web(Kind::LeftOver, &path, &sentence, &found.etag);
            verdict.findings.push(left.unless_back(gone.into_iter().collect()));
        }
    }
    Ok(())
}

fn web(kind: Kind, path: &str, sentence: &str, etag: &str) -> Finding {
    let itself = Sight::of(Bucket::Web, path, etag);
    Finding {
        kind,
        object: object(Bucket::Web, path),
        sentence: sentence.to_owned(),
        mend: Mend::Forget(vec![itself.clone()]),
        seen: vec![itself],
        gone: Vec::new(),
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
