//! `heirloom rebuild`: everything is looked through, and what differs is made again.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use builder::Builder;
use gallery::Store;
use indicatif::{ProgressBar, ProgressStyle};
use resizer::{Limits, Resizer};

use crate::cli::Rebuild;
use crate::reach::Reached;
use crate::tell::tell;

/// Does what `heirloom rebuild` asks.
pub(crate) async fn run(command: Rebuild) -> Result<()> {
    let reached = Reached::in_folder(&command.data).await?;
    // Boxed: the S3 client's futures are large.
    let outcome = Box::pin(rebuild(reached.store(), &command)).await;
    reached.close().await;
    outcome
}

async fn rebuild(store: &Store, asked: &Rebuild) -> Result<()> {
    let since = Instant::now();
    let progress = ProgressBar::new_spinner()
        .with_style(ProgressStyle::with_template("  {spinner} {msg} ({elapsed})").expect("a template of our own"));
    progress.enable_steady_tick(Duration::from_millis(200));
    progress.set_message("looking through the photos");
    let photos = Resizer::new(store.clone(), Limits::default()).anew(asked.renditions).reconcile().await?;
    progress.set_message("looking through the pages");
    let pages = Builder::new(store.clone()).reconcile().await?;
    progress.finish_and_clear();
    let told = serde_json::json!({
        "photos": {
            "rendered": photos.rendered,
            "removed": photos.removed,
            "rejected": photos.rejected,
            "unchanged": photos.unchanged,
            "failed": photos.failed,
        },
        "albums": { "all": pages.albums, "repaired": pages.repaired },
    });
    tell(asked.json, &told, || {
        println!(
            "Photos: {} made again, {} removed, {} rejected, {} were right.",
            photos.rendered, photos.removed, photos.rejected, photos.unchanged
        );
        println!("Albums: {} of {} looked at again.", pages.repaired, pages.albums);
        println!("Done in {:.1} s.", since.elapsed().as_secs_f64());
    });
    ensure!(photos.failed == 0, "{} photos could not be looked at: the log says why", photos.failed);
    Ok(())
}
