//! `heirloom import`: photos from elsewhere, with what was said of them there.
//!
//! In: a folder, or an export of Google Photos. Out: originals in the source bucket, byte for byte as they were, and
//! captions and dates in the albums' `metadata.yml`. [`arrival`] is the plan, which is made before anything is sent;
//! [`bring`] carries it out. What is there is never sent again, so the same command goes on after an interruption.

pub(crate) mod arrival;
pub(crate) mod bring;
mod dates;
mod edited;
mod film;
mod folder;
mod names;
pub(crate) mod piece;
pub(crate) mod sidecar;
pub(crate) mod summary;
mod takeout;
mod there;
mod words;

use std::time::Duration;

use anyhow::{Result, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::tz::Offset;

use crate::Interrupted;
use crate::cli::{Asked, Import};
use crate::reach::Reached;
use arrival::Plan;

pub(crate) use takeout::Edited;

/// Does what `heirloom import …` asks.
pub(crate) async fn run(command: Import) -> Result<()> {
    match command {
        Import::Takeout(command) => {
            let progress = planning(&command.asked);
            let plan = takeout::plan(piece::gather(&command.paths)?, &command.to, command.edited, &progress)?;
            ensure!(
                !plan.arrivals.is_empty(),
                "there is no photo of Google Photos in it: name the .zip files of the export, or the folder `Takeout`"
            );
            carry_out(plan, &command.asked, command.zone).await
        }
        Import::Folder(command) => {
            let plan =
                folder::plan(&command.paths, command.to.as_ref(), command.file_dates, &planning(&command.asked))?;
            carry_out(plan, &command.asked, Offset::UTC).await
        }
    }
}

/// Tells how far the looking through is: an export of many archives takes a while before anything travels.
fn planning(asked: &Asked) -> ProgressBar {
    if asked.json {
        return ProgressBar::hidden();
    }
    let style = "  looking through it {bar:30} {bytes}/{total_bytes}  {eta} left";
    let bar = ProgressBar::new(0).with_style(ProgressStyle::with_template(style).expect("a template of our own"));
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

async fn carry_out(plan: Plan, asked: &Asked, zone: Offset) -> Result<()> {
    let reached = Reached::in_folder(&asked.data).await?;
    let summary = bring::bring(reached.store(), plan, asked, zone).await;
    reached.close().await;
    let summary = summary?;
    if asked.json {
        println!("{}", serde_json::to_string(&summary)?);
    } else {
        summary.tell(asked.dry_run);
    }
    if summary.interrupted {
        return Err(Interrupted.into());
    }
    ensure!(summary.failed.is_empty(), "not everything was imported: run the same command again to go on");
    Ok(())
}
