//! `heirloom rebuild`: everything, or one album, is looked through, and what differs is made again.
//!
//! It runs the handlers' own code here, over whatever S3 the gallery lies in: beside a gallery that runs they converge, as
//! any two of them do.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use builder::Builder;
use futures::{StreamExt, stream};
use gallery::{AlbumPath, Bucket, FolderPath, Key, Store};
use indicatif::{ProgressBar, ProgressStyle};
use resizer::{Done, Limits, Resizer};

use crate::cli::Rebuild;
use crate::reach::Reached;

/// How many photos of an album are looked at at once. What needs a core or much memory waits for it in the resizer.
const AT_ONCE: usize = 8;

/// Does what `heirloom rebuild` asks.
pub(crate) async fn run(command: Rebuild) -> Result<()> {
    let since = Instant::now();
    let reached = Reached::in_folder(&command.data).await?;
    // Boxed: the S3 client's futures are large.
    let outcome = match &command.album {
        Some(folder) => Box::pin(one_album(reached.store(), folder, &command)).await,
        None => Box::pin(everything(reached.store(), command.json, command.renditions)).await,
    };
    reached.close().await;
    let rebuilt = outcome?;
    if command.json {
        println!("{}", rebuilt.json());
    } else {
        rebuilt.tell();
        println!("Done in {:.1} s.", since.elapsed().as_secs_f64());
    }
    ensure!(rebuilt.failed == 0, "{} photos could not be looked at: the log says why", rebuilt.failed);
    Ok(())
}

/// What was done.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Rebuilt {
    /// Photos whose renditions were made.
    rendered: usize,
    /// Photos whose remains were removed.
    removed: usize,
    /// Files that were found not to be photos.
    rejected: usize,
    /// Photos that were right.
    unchanged: usize,
    /// Keys that could not be looked at.
    failed: usize,
    /// Albums that there are, as far as was looked.
    albums: usize,
    /// Albums that were looked at again.
    repaired: usize,
}

impl Rebuilt {
    fn json(&self) -> serde_json::Value {
        serde_json::json!({
            "photos": {
                "rendered": self.rendered,
                "removed": self.removed,
                "rejected": self.rejected,
                "unchanged": self.unchanged,
                "failed": self.failed,
            },
            "albums": { "all": self.albums, "repaired": self.repaired },
        })
    }

    fn tell(&self) {
        println!(
            "Photos: {} made again, {} removed, {} rejected, {} were right.",
            self.rendered, self.removed, self.rejected, self.unchanged
        );
        println!("Albums: {} of {} looked at again.", self.repaired, self.albums);
    }
}

/// The whole gallery.
pub(crate) async fn everything(store: &Store, quiet: bool, renditions: bool) -> Result<Rebuilt> {
    let progress = if quiet { ProgressBar::hidden() } else { bar("photos") };
    let mut originals = 0;
    let mut pages = store.list(Bucket::Source, "");
    while let Some(page) = pages.next().await? {
        originals += page.len() as u64;
    }
    progress.set_length(originals);
    let resizer = Resizer::new(store.clone(), Limits::default()).leaving_until_published().anew(renditions);
    let photos = {
        let mut working = std::pin::pin!(resizer.reconcile());
        loop {
            tokio::select! {
                done = &mut working => break done?,
                () = tokio::time::sleep(Duration::from_millis(200)) => {
                    progress.set_position(resizer.progress().done as u64);
                }
            }
        }
    };
    progress.finish_and_clear();
    let progress = if quiet { ProgressBar::hidden() } else { spinner("pages") };
    let left = resizer.leavings();
    let builder = Builder::new(store.clone());
    builder.lay_assets_beside().await?;
    let pages = builder.reconcile().await?;
    resizer.clear_away(left).await;
    progress.finish_and_clear();
    Ok(Rebuilt {
        rendered: photos.rendered,
        removed: photos.removed,
        rejected: photos.rejected,
        unchanged: photos.unchanged,
        failed: photos.failed,
        albums: pages.albums,
        repaired: pages.repaired,
    })
}

/// An album and those in it: each original closely, what facts without an original there are, and the pages.
async fn one_album(store: &Store, folder: &FolderPath, asked: &Rebuild) -> Result<Rebuilt> {
    let mut keys = BTreeSet::new();
    let mut albums = BTreeSet::from([folder.album()]);
    for listed in store.list(Bucket::Source, format!("{folder}/")).all().await? {
        if let Some(Key::Original(source)) = Key::parse(Bucket::Source, &listed.path) {
            albums.insert(source.folder().album());
            keys.insert(listed.path);
        }
    }
    for listed in store.list(Bucket::Resized, format!("facts/{}/", folder.album())).all().await? {
        if let Some(key @ Key::Facts(..)) = Key::parse(Bucket::Resized, &listed.path)
            && let Some((facts, _)) = store.read_json::<gallery::Facts>(&key).await?
            && resizer::facts_of(&facts.source).as_ref() == Some(&key)
        {
            keys.insert(facts.source);
        }
        if let Some(Key::Facts(album, _)) = Key::parse(Bucket::Resized, &listed.path) {
            albums.insert(album);
        }
    }
    if keys.is_empty() {
        bail!("there is no album `{folder}`: `heirloom album list` shows which there are");
    }
    let progress = if asked.json { ProgressBar::hidden() } else { bar("photos") };
    progress.set_length(keys.len() as u64);
    let resizer = Resizer::new(store.clone(), Limits::default()).leaving_until_published().anew(asked.renditions);
    let mut rebuilt = Rebuilt { albums: albums.len(), repaired: albums.len(), ..Rebuilt::default() };
    let mut looks =
        stream::iter(keys).map(|key| async { (resizer.refresh_closely(&key).await, key) }).buffer_unordered(AT_ONCE);
    while let Some((done, key)) = looks.next().await {
        progress.inc(1);
        match done {
            Ok(Done::Ignored) => {}
            Ok(Done::Unchanged) => rebuilt.unchanged += 1,
            Ok(Done::Rendered) => rebuilt.rendered += 1,
            Ok(Done::Rejected) => rebuilt.rejected += 1,
            Ok(Done::Removed) => rebuilt.removed += 1,
            Err(error) => {
                progress.suspend(|| eprintln!("failed: {key}: {error}"));
                rebuilt.failed += 1;
            }
        }
    }
    drop(looks);
    progress.finish_and_clear();
    let albums: Vec<AlbumPath> = albums.into_iter().collect();
    let left = resizer.leavings();
    let builder = Builder::new(store.clone());
    builder.lay_assets_beside().await?;
    builder.refresh(&albums).await?;
    resizer.clear_away(left).await;
    Ok(rebuilt)
}

fn bar(what: &str) -> ProgressBar {
    let style = format!("  {what} {{bar:30}} {{pos}}/{{len}}  {{eta}} left");
    let bar = ProgressBar::new(0).with_style(ProgressStyle::with_template(&style).expect("a template of our own"));
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

fn spinner(what: &str) -> ProgressBar {
    let style = format!("  {what} {{spinner}} {{elapsed}}");
    let bar =
        ProgressBar::new_spinner().with_style(ProgressStyle::with_template(&style).expect("a template of our own"));
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
