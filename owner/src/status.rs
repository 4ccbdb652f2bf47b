//! `heirloom status`: how the gallery is.

use std::collections::BTreeMap;

use anyhow::Result;
use builder::{Catalogue, GalleryRecord};
use gallery::keys::Bucket;
use gallery::{Key, Store};
use indicatif::HumanBytes;
use serde::Serialize;

use crate::cli::Status;
use crate::reach::Reached;

/// What is known of one album.
#[derive(Debug, Default, Serialize)]
struct Album {
    /// Photos on its pages.
    photos: usize,
    /// Files that are neither on a page nor rejected yet.
    waiting: usize,
    /// Files that are no photos, and why.
    rejected: BTreeMap<String, String>,
    /// What is wrong with its `metadata.yml`.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    /// Bytes of the originals.
    bytes: u64,
}

/// What is known of the gallery.
#[derive(Debug, Default, Serialize)]
struct Told {
    /// By folder.
    albums: BTreeMap<String, Album>,
    /// What is wrong with `gallery.yml`.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    /// Files that no album can hold: right at the top of the bucket, or too deep.
    strays: Vec<String>,
    /// Objects and bytes of each bucket.
    buckets: BTreeMap<&'static str, (usize, u64)>,
}

/// Does what `heirloom status` asks.
pub(crate) async fn run(command: Status) -> Result<()> {
    let reached = Reached::in_folder(&command.data).await?;
    let told = look(reached.store()).await;
    reached.close().await;
    let told = told?;
    if command.json {
        println!("{}", serde_json::to_string(&told)?);
    } else {
        told.tell();
    }
    Ok(())
}

async fn look(store: &Store) -> Result<Told> {
    let mut told = Told::default();
    originals(store, &mut told).await?;
    let (mut objects, mut bytes) = (0, 0);
    let mut pages = store.list(Bucket::Web, "");
    while let Some(page) = pages.next().await? {
        for listed in page {
            objects += 1;
            bytes += listed.bytes;
            if let Some(key @ Key::AlbumCatalogue(_)) = Key::parse(Bucket::Web, &listed.path)
                && let Some((catalogue, _)) = store.read_json::<Catalogue>(&key).await?
            {
                note(&mut told, catalogue);
            }
        }
    }
    told.buckets.insert("web", (objects, bytes));
    for (name, bucket) in [("resized", Bucket::Resized), ("auth", Bucket::Auth)] {
        let (mut objects, mut bytes, mut pages) = (0, 0, store.list(bucket, ""));
        while let Some(page) = pages.next().await? {
            objects += page.len();
            bytes += page.iter().map(|listed| listed.bytes).sum::<u64>();
        }
        told.buckets.insert(name, (objects, bytes));
    }
    if let Some((record, _)) = store.read_json::<GalleryRecord>(&Key::GalleryCatalogue).await? {
        told.problem = record.settings.problem.map(|problem| problem.to_string());
    }
    Ok(told)
}

/// Counts every original as waiting; those that a catalogue knows are taken off again.
async fn originals(store: &Store, told: &mut Told) -> Result<()> {
    let (mut objects, mut bytes) = (0, 0);
    let mut pages = store.list(Bucket::Source, "");
    while let Some(page) = pages.next().await? {
        for listed in page {
            objects += 1;
            bytes += listed.bytes;
            match Key::parse(Bucket::Source, &listed.path) {
                Some(Key::Original(source)) => {
                    let album = told.albums.entry(source.folder().to_string()).or_default();
                    album.waiting += 1;
                    album.bytes += listed.bytes;
                }
                Some(_) => {}
                None => told.strays.push(listed.path),
            }
        }
    }
    told.buckets.insert("source", (objects, bytes));
    Ok(())
}

fn note(told: &mut Told, catalogue: Catalogue) {
    let album = told.albums.entry(catalogue.folder.to_string()).or_default();
    album.photos = catalogue.in_order().len();
    album.waiting = album.waiting.saturating_sub(catalogue.photos.len() + catalogue.rejected.len());
    album.rejected = catalogue.rejected.into_values().map(|rejected| (rejected.file, rejected.reason)).collect();
    album.problem = catalogue.described.problem.map(|problem| problem.to_string());
}

impl Told {
    fn tell(&self) {
        if self.albums.is_empty() {
            println!("There are no photos yet. Send some: heirloom upload FOLDER");
            return;
        }
        let width = self.albums.keys().map(|name| name.chars().count()).max().unwrap_or(0).clamp(5, 60);
        println!("{:width$}  photos  waiting  rejected  originals", "album");
        for (name, album) in &self.albums {
            let size = HumanBytes(album.bytes).to_string();
            println!("{name:width$}  {:6}  {:7}  {:8}  {size:>9}", album.photos, album.waiting, album.rejected.len());
        }
        let of = |count: fn(&Album) -> usize| self.albums.values().map(count).sum::<usize>();
        let (photos, waiting, rejected) = (of(|a| a.photos), of(|a| a.waiting), of(|a| a.rejected.len()));
        let size = HumanBytes(self.albums.values().map(|album| album.bytes).sum()).to_string();
        println!("{:width$}  {photos:6}  {waiting:7}  {rejected:8}  {size:>9}", "all");
        for (name, album) in &self.albums {
            if let Some(problem) = &album.problem {
                println!(
                    "\n{name}/metadata.yml, {problem}\n  Until that is mended the last good words stay on the page."
                );
            }
            for (file, reason) in &album.rejected {
                println!("\nrejected: {name}/{file}\n  {reason}");
            }
        }
        if let Some(problem) = &self.problem {
            println!("\ngallery.yml, {problem}\n  Until that is mended the last good settings stay.");
        }
        if !self.strays.is_empty() {
            println!("\n{} files lie where no album can be, the first at `{}`.", self.strays.len(), self.strays[0]);
        }
        println!();
        for (name, (objects, bytes)) in &self.buckets {
            println!("{name:8}  {objects:8} objects  {:>10}", HumanBytes(*bytes).to_string());
        }
    }
}
