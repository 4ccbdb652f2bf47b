//! `heirloom album`: what the owner says of albums, and where they lie.
//!
//! Words are changed in the folder's `metadata.yml`, one value at a time, under the condition that the file is still what
//! was read: of two owners who write at once neither loses anything.

pub(crate) mod edit;
mod relocate;

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use builder::{Catalogue, Metadata};
use gallery::store::{Condition, Written};
use gallery::{Bucket, FolderPath, Key, Store};
use serde::Serialize;

use crate::cli::Album;
use crate::reach::Reached;
use edit::{Value, edit};

/// How often an edit is tried again when somebody else writes the same file.
const TRIES: usize = 8;

/// Does what `heirloom album …` asks.
pub(crate) async fn run(command: Album) -> Result<()> {
    let reached = Reached::in_folder(&command.asked().data).await?;
    let outcome = Box::pin(with(reached.store(), &command)).await;
    reached.close().await;
    outcome
}

async fn with(store: &Store, command: &Album) -> Result<()> {
    let json = command.asked().json;
    match command {
        Album::List { folder, .. } => list(store, folder.as_ref(), json).await,
        Album::Show { album, .. } => {
            // `hidden: false` where it says `hidden`, so that a comment beside it stays; nothing where it does not.
            let told = describe(store, album, |said| said.hidden.then(|| (vec!["hidden"], Some(Value::Flag(false)))));
            told.await?.tell(json, "is in the lists again")
        }
        Album::Hide { album, .. } => {
            let told = describe(store, album, |said| (!said.hidden).then(|| (vec!["hidden"], Some(Value::Flag(true)))));
            told.await?.tell(json, "is in no list any more. Who has the link can still open it")
        }
        Album::Rename { album, title, .. } => {
            let title = words(title);
            let told = describe(store, album, |_| Some((vec!["title"], title.clone())));
            told.await?.tell(json, "has its new title")
        }
        Album::Cover { album, cover, .. } => {
            let cover = words(cover);
            if let Some(Value::Text(name)) = &cover {
                has(store, album, name).await?;
            }
            let told = describe(store, album, |_| Some((vec!["cover_image"], cover.clone())));
            told.await?.tell(json, "has its new cover")
        }
        Album::Caption { photo, caption, .. } => {
            let (folder, file) = (photo.folder(), photo.file());
            if store.look(Bucket::Source, &photo.to_string()).await?.is_none() {
                bail!("there is no photo `{photo}`");
            }
            let caption = words(caption);
            let told = describe(store, folder, |_| Some((vec!["captions", file], caption.clone())));
            told.await?.tell(json, &format!("has the new words under `{file}`"))
        }
        Album::Move { from, to, dry_run, .. } => relocate::run(store, from, to, *dry_run, json).await,
    }
}

fn words(text: &str) -> Option<Value> {
    let text = text.trim();
    (!text.is_empty()).then(|| Value::Text(text.to_owned()))
}

/// What an edit came to.
#[derive(Debug, Serialize)]
struct Described {
    album: FolderPath,
    /// Whether the file is another one now.
    changed: bool,
}

impl Described {
    fn tell(&self, json: bool, what: &str) -> Result<()> {
        if json {
            println!("{}", serde_json::to_string(self)?);
        } else if self.changed {
            println!("`{}` {what}. The page follows in a moment.", self.album);
        } else {
            println!("`{}` was so already.", self.album);
        }
        Ok(())
    }
}

/// Changes one value of what is said of a folder. `change` looks at what is said now.
async fn describe<'a>(
    store: &Store,
    album: &FolderPath,
    change: impl Fn(&Metadata) -> Option<(Vec<&'a str>, Option<Value>)>,
) -> Result<Described> {
    exists(store, album).await?;
    let key = Key::Metadata(album.clone());
    for attempt in 0..TRIES {
        let read = store.read(&key).await?;
        let bytes = read.as_ref().map(|object| object.bytes.as_ref()).unwrap_or_default();
        let said = builder::Metadata::read(bytes).map_err(|problem| anyhow::anyhow!("`{}`, {problem}", key.path()))?;
        let text = std::str::from_utf8(bytes).context("what could be read is UTF-8")?;
        // Where an attempt before this one was told that somebody was first, and it is so now, that was this very change,
        // whose answer was lost.
        let unchanged = Described { album: album.clone(), changed: attempt > 0 };
        let Some((path, value)) = change(&said) else { return Ok(unchanged) };
        let new = edit(text, &path, value.as_ref()).with_context(|| format!("`{}`", key.path()))?;
        if new == text {
            return Ok(unchanged);
        }
        // What the builder will say of it.
        builder::Metadata::read(new.as_bytes())
            .map_err(|problem| anyhow::anyhow!("`{}` would then be wrong, {problem}", key.path()))?;
        let since = Condition::since(read.as_ref().map(|object| object.etag.as_str()));
        if let Written::Stored(_) = store.write(&key, new.into_bytes(), since).await? {
            return Ok(Described { album: album.clone(), changed: true });
        }
    }
    bail!("somebody else keeps changing `{}`: try again", key.path())
}

/// That there is anything in a folder.
async fn exists(store: &Store, album: &FolderPath) -> Result<()> {
    let found = store.list(Bucket::Source, format!("{album}/")).next().await?;
    if found.is_none_or(|page| page.is_empty()) {
        bail!("there is no album `{album}`: `heirloom album list` shows which there are");
    }
    Ok(())
}

/// That a folder has this photo, or this folder in it.
async fn has(store: &Store, album: &FolderPath, name: &str) -> Result<()> {
    exists(store, album).await?;
    let path = format!("{album}/{name}");
    let is_photo = store.look(Bucket::Source, &path).await?.is_some();
    let inside = store.list(Bucket::Source, format!("{path}/")).next().await?;
    if !is_photo && inside.is_none_or(|page| page.is_empty()) {
        bail!("`{album}` has neither a photo nor a folder `{name}`");
    }
    Ok(())
}

/// An album in the list.
#[derive(Debug, Default, Serialize)]
struct Listed {
    /// Its title; `None` for a folder whose pages are still to be made.
    title: Option<String>,
    /// Its photos, with those that are still to be put on its page.
    photos: usize,
    hidden: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    cover: Option<String>,
    /// What is wrong with its `metadata.yml`.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

async fn list(store: &Store, folder: Option<&FolderPath>, json: bool) -> Result<()> {
    let prefix = folder.map(|folder| format!("{folder}/")).unwrap_or_default();
    let mut albums: BTreeMap<String, Listed> = BTreeMap::new();
    let mut pages = store.list(Bucket::Source, prefix);
    while let Some(page) = pages.next().await? {
        for listed in page {
            if let Some(Key::Original(source)) = Key::parse(Bucket::Source, &listed.path)
                && resizer::facts_of(&listed.path).is_some()
            {
                albums.entry(source.folder().to_string()).or_default().photos += 1;
            }
        }
    }
    if let Some(folder) = folder
        && albums.is_empty()
    {
        bail!("there is no album `{folder}`: `heirloom album list` shows which there are");
    }
    for (name, album) in &mut albums {
        let key = Key::AlbumCatalogue(FolderPath::parse(name)?.album());
        if let Some((catalogue, _)) = store.read_json::<Catalogue>(&key).await? {
            album.title = Some(catalogue.title().to_owned());
            // Files that are no photos, and the movies of Live Photos.
            let others = catalogue.rejected.len() + catalogue.photos.len() - catalogue.in_order().len();
            album.photos = album.photos.saturating_sub(others);
            album.hidden = catalogue.described.values.hidden;
            album.cover.clone_from(&catalogue.described.values.cover_image);
            album.problem = catalogue.described.problem.map(|problem| problem.to_string());
        }
    }
    if json {
        println!("{}", serde_json::json!({ "albums": albums }));
        return Ok(());
    }
    if albums.is_empty() {
        println!("There are no photos yet. Send some: heirloom upload FOLDER");
        return Ok(());
    }
    let width = albums.keys().map(|name| name.chars().count()).max().unwrap_or(0).clamp(5, 60);
    println!("{:width$}  photos  title", "album");
    for (name, album) in &albums {
        let title = album.title.as_deref().unwrap_or("(its page is still to be made)");
        let hidden = if album.hidden { "  (hidden)" } else { "" };
        println!("{name:width$}  {:6}  {title}{hidden}", album.photos);
        if let Some(problem) = &album.problem {
            println!("{:width$}          metadata.yml, {problem}", "");
        }
    }
    Ok(())
}
