//! An hour, or twenty seconds, of a family's life with a gallery that runs as its owner runs it: `heirloom serve` as a
//! process of its own, which in the end is stopped and killed time and again. At last, in peace, nothing may be lost or left
//! over. Before the hour come some days' work in minutes, so that its memory is that of a gallery which has run for long.
//!
//! `make soak` sets how long (`HEIRLOOM_SOAK_SECONDS`) and where the report goes (`HEIRLOOM_SOAK_REPORT`).
//!
//! ```text
//! gallery.rs   the process: starting, stopping, killing       owners.rs    who add, change and take away, and remember it
//! sampler.rs   what the process costs, every two seconds      people.rs    who may look: added, removed, signed out
//! tally.rs     what was asked and how it was answered         viewers.rs   who look, and who guess passwords
//! report.rs    figures and verdicts                           peace.rs     the end: everything compared
//! steady.rs    days of work in minutes, and what memory is left with
//! ```

#![allow(clippy::large_futures, reason = "a soak has a few tasks, each with a request under way")]

mod gallery;
mod owners;
mod peace;
mod people;
mod report;
mod sampler;
mod steady;
mod tally;
mod viewers;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ::gallery::store::{Endpoint, at};
use anyhow::{Result, ensure};
use aws_sdk_s3::config::retry::RetryConfig;
use tokio::task::JoinSet;

use gallery::Gallery;
use owners::{COLLECTIONS, Owner};
use people::People;
use report::Report;
use sampler::Sampler;
use tally::{Dice, Tally};

/// How long `make test` gives it.
const SHORT: u64 = 20;

/// From here on a run counts as long: fifty viewers, and memory is judged.
const LONG: u64 = 300;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_in_mixed_life() -> Result<()> {
    let seconds = number("HEIRLOOM_SOAK_SECONDS").unwrap_or(SHORT);
    let seed = number("HEIRLOOM_SOAK_SEED").unwrap_or(1);
    let report = std::env::var_os("HEIRLOOM_SOAK_REPORT").map(PathBuf::from);
    let folder = tempfile::Builder::new().prefix("soak").tempdir()?;
    let data = folder.path().join("data");
    let tally = Arc::new(Tally::default());
    let gallery = Arc::new(Gallery::start(&data, Arc::clone(&tally))?);
    let sampler = Sampler::start(Arc::clone(&gallery), Arc::clone(&tally));
    let long = seconds >= LONG;
    if let Err(error) = steady::days_pass(&gallery, long).await {
        tally.wrong(format!("the days before: {error:#}"));
    }

    let people = Arc::new(People::new(Arc::clone(&gallery), Arc::clone(&tally)));
    if let Err(error) = people.move_in(if long { 50 } else { 10 }).await {
        tally.wrong(format!("not everybody could be let in: {error:#}"));
    }
    let viewers = people.names();
    let mut owners: Vec<Owner> =
        (0..COLLECTIONS.len()).map(|n| Owner::new(n, seed, client(&gallery), &gallery, &tally)).collect();

    let began = tally.elapsed();
    let mut company = JoinSet::new();
    for (n, name) in viewers.iter().enumerate() {
        company.spawn(viewers::look_around(name.clone(), Arc::clone(&people), Dice::new(seed * 1000 + n as u64), long));
    }
    company.spawn(viewers::guess(Arc::clone(&people), Dice::new(seed * 7001)));
    company.spawn(people::manage(Arc::clone(&people), Dice::new(seed * 9001), long));
    let mut working = JoinSet::new();
    for owner in owners.drain(..) {
        working.spawn(owner.work(long));
    }
    let endured = gallery.endure(Duration::from_secs(seconds), long, &mut Dice::new(seed * 31)).await;

    tally.stop();
    if let Err(error) = endured {
        // There is a report nevertheless, and this is its verdict.
        tally.wrong(format!("the gallery's life ended early: {error:#}"));
        gallery.is_missed_by_nobody();
    }
    while let Some(owner) = working.join_next().await {
        match owner {
            Ok(owner) => owners.push(owner),
            Err(error) => tally.wrong(format!("an owner crashed: {error}")),
        }
    }
    while let Some(somebody) = company.join_next().await {
        if let Err(error) = somebody {
            tally.wrong(format!("somebody crashed: {error}"));
        }
    }
    let lasted = tally.elapsed().saturating_sub(began);
    let taken = sampler.end().await;
    let peace = peace::compare(&gallery, &mut owners, &people, &tally).await;
    let told = Report::new(&tally, &taken, lasted, seconds, &peace, long);
    println!("{}", told.text());
    if let Some(folder) = report {
        told.write(&folder)?;
    }
    let wrong = told.wrong();
    ensure!(wrong.is_empty(), "{} things are wrong, the first: {}", wrong.len(), wrong[0]);
    Ok(())
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

/// An S3 client that never tries again, so that every error counts.
fn client(gallery: &Gallery) -> aws_sdk_s3::Client {
    let pair = gallery.credentials();
    let endpoint = Endpoint { url: gallery.s3(), access_key: pair.access_key, secret_key: pair.secret_key };
    let config = at(&endpoint).config().to_builder().retry_config(RetryConfig::disabled()).build();
    aws_sdk_s3::Client::from_conf(config)
}
