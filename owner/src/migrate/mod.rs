//! `heirloom migrate`: a whole gallery out of another program's bucket, which is only read.

mod awspics;
mod from;

use std::time::Duration;

use anyhow::{Result, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::tz::Offset;

use crate::Interrupted;
use crate::amazon::Amazon;
use crate::cli::{Migrate, MigrateAwspics};
use crate::import::bring::bring;
use crate::reach::Reached;

/// Does what `heirloom migrate …` asks.
pub(crate) async fn run(Migrate::Awspics(command): Migrate) -> Result<()> {
    let reached = Reached::in_folder(&command.asked.data).await?;
    let outcome = async {
        let from = from::From::open(&command, reached.store(), reached.amazon().map(Amazon::region)).await?;
        let (plan, unread) = awspics::plan(&from, &command, &looking(&command)).await?;
        ensure!(
            !plan.arrivals.is_empty(),
            "nothing lies under `{}` in `{}`: say with `--prefix` where its originals are",
            command.prefix,
            from.bucket
        );
        Ok((bring(reached.store(), plan, &command.asked, Offset::UTC).await?, unread))
    };
    let outcome = outcome.await;
    reached.close().await;
    let (summary, unread) = outcome?;
    if command.asked.json {
        let mut told = serde_json::to_value(&summary)?;
        told["unread"] = serde_json::to_value(&unread)?;
        println!("{told}");
    } else {
        summary.tell(command.asked.dry_run);
        for (file, problem) in &unread {
            println!("  {file} cannot be read ({problem}): mend it in the gallery's source bucket");
        }
    }
    if summary.interrupted {
        return Err(Interrupted.into());
    }
    ensure!(summary.failed.is_empty(), "not everything was moved: run the same command again to go on");
    Ok(())
}

/// Tells how much was found so far: a large bucket is listed for minutes.
fn looking(command: &MigrateAwspics) -> ProgressBar {
    if command.asked.json {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{spinner} looking through {msg}: {pos} objects");
    let spinner = ProgressBar::new_spinner().with_style(style.expect("a template of our own"));
    spinner.set_message(command.source.clone());
    spinner.enable_steady_tick(Duration::from_millis(200));
    spinner
}
