//! Carrying a plan out: photos into the bucket, words into `metadata.yml`.
//!
//! Nothing that is there is replaced. Where a photo of the same name lies that is another, the newcomer gets a name with a
//! number (`IMG_1~2.jpg`), and the same one when it comes again.

use std::sync::Arc;

use anyhow::{Context, Result, bail};
use futures::{StreamExt, stream};
use gallery::Store;
use gallery::keys::METADATA;
use gallery::store::{Condition, Written};
use indicatif::ProgressBar;
use jiff::Timestamp;
use jiff::tz::Offset;

use super::arrival::{Arrival, Plan};
use super::dates::{Own, Settled, settled_dates};
use super::piece::Stored;
use super::summary::Summary;
use super::there::{At, Bytes, There, listed, look, settle};
use super::words;
use crate::cli::Asked;
use crate::upload::bar;
use crate::upload::copy::Seen;
use crate::upload::find::{Found, LeftOut, written};
use crate::upload::pace::Pace;
use crate::upload::send::Way;

/// What one arrival did.
#[derive(Debug, Default)]
struct Arrived {
    settled: Vec<Settled>,
    sent: Vec<String>,
    copied: Vec<String>,
    same: usize,
    left_out: Vec<LeftOut>,
    bytes: u64,
}

/// Carries a plan out.
pub(crate) async fn bring(store: &Store, mut plan: Plan, asked: &Asked, zone: Offset) -> Result<Summary> {
    let there = Arc::new(listed(store, &plan).await?);
    let total = plan.arrivals.iter().map(|arrival| arrival.piece.bytes).sum();
    let progress = if asked.json { ProgressBar::hidden() } else { bar(total) };
    let way = Way::new(store, Pace::new(asked.limit), &progress, asked.parallel);
    let mut summary = Summary { left_out: std::mem::take(&mut plan.left_out), ..Summary::default() };
    let mut settled = Vec::new();

    let mut interrupt = std::pin::pin!(tokio::signal::ctrl_c());
    let arriving = plan.arrivals.into_iter().map(|arrival| {
        let (way, there) = (&way, Arc::clone(&there));
        async move {
            let path = arrival.piece.path.clone();
            take(way, &there, arrival, asked.dry_run).await.map_err(|error| (path, format!("{error:#}")))
        }
    });
    let mut arriving = stream::iter(arriving).buffer_unordered(asked.parallel.max(1));
    loop {
        tokio::select! {
            pressed = &mut interrupt => {
                pressed.context("cannot listen for Ctrl-C")?;
                summary.interrupted = true;
                break;
            }
            arrived = arriving.next() => match arrived {
                Some(Ok(arrived)) => settled.extend(summary.note(arrived.into())),
                Some(Err(failed)) => summary.failed.push(failed),
                None => break,
            }
        }
    }
    drop(arriving);
    progress.finish_and_clear();
    let dated = settled_dates(settled, plan.albums, zone);
    summary.dates_kept = dated.kept;
    for (folder, additions) in dated.additions {
        let file = format!("{folder}/{METADATA}");
        match words::add(store, &folder, additions, asked.dry_run).await {
            Ok(added) => {
                summary.described(&folder, added.captions, added.dates);
                summary.failed.extend(added.refused.into_iter().map(|why| (file.clone(), why)));
            }
            Err(error) => summary.failed.push((file, format!("{error:#}"))),
        }
    }
    summary.sort();
    Ok(summary)
}

impl From<Arrived> for super::summary::Noted<Settled> {
    fn from(arrived: Arrived) -> Self {
        let Arrived { settled, sent, copied, same, left_out, bytes } = arrived;
        Self { rest: settled, sent, copied, same, left_out, bytes }
    }
}

async fn take(way: &Way, there: &There, arrival: Arrival, dry_run: bool) -> Result<Arrived> {
    let mut arrived = Arrived::default();
    let Arrival { piece, places } = arrival;
    let mut bytes = Bytes::of(&piece);
    let own = if places.iter().any(|place| place.words.taken.is_some()) {
        let named = places.first().and_then(|place| resizer::in_name(&place.name, Timestamp::now()));
        let own = bytes.own().await?;
        Own { clock: own.clock.or(named), ..own }
    } else {
        Own::default()
    };
    // Where these bytes lie already, or lie now, and their `ETag` there.
    let mut source: Option<(String, String)> = None;
    let mut free = Vec::new();
    for place in places {
        if place.name == METADATA && matches!(look(there, &place.key(), &mut bytes).await?, At::Other) {
            let why = "the album has a metadata.yml of its own".to_owned();
            arrived.left_out.push(LeftOut { file: piece.place(), why });
            continue;
        }
        let (place, is_there) = settle(there, place, &mut bytes).await?;
        if is_there {
            arrived.same += 1;
            let etag = there.etag(&place.key()).unwrap_or_default();
            source.get_or_insert_with(|| (place.key(), etag.to_owned()));
        } else {
            free.push(place.key());
        }
        arrived.settled.push(Settled { place, own });
    }
    let mut sent = 0;
    for key in free {
        if let Some((from, etag)) = &source {
            let seen = Seen { bucket: way.bucket(), key: from, etag, bytes: piece.bytes };
            if !dry_run && way.copy(&seen, &key).await? == Written::Overtaken {
                bail!("`{from}` was changed or {}", came(&key));
            }
            arrived.copied.push(key);
            continue;
        }
        let stored = match piece.object().filter(|object| object.within_reach) {
            _ if dry_run => Written::Stored(String::new()),
            Some(Stored { bucket, key: from, etag, .. }) => {
                let copied = way.copy(&Seen { bucket, key: from, etag, bytes: piece.bytes }, &key).await?;
                if copied == Written::Overtaken {
                    bail!("`{}` was changed or {}", piece.place().display(), came(&key));
                }
                copied
            }
            None => {
                let file = bytes.file().await?;
                let written = written(&file);
                sent = piece.bytes;
                way.send(&Found { file, key: key.clone(), bytes: piece.bytes, written }, &Condition::New).await?
            }
        };
        let Written::Stored(etag) = stored else { bail!(came(&key)) };
        arrived.bytes += piece.bytes;
        arrived.sent.push(key.clone());
        source = Some((key, etag));
    }
    way.is_spared(piece.bytes - sent);
    Ok(arrived)
}

fn came(key: &str) -> String {
    format!("something came to `{key}` meanwhile, and stays: the same command again sees to it")
}

#[cfg(test)]
mod tests;
