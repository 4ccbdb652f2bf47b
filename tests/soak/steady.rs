//! Whether memory comes to rest: as much work as days bring, in minutes, in one life of the process.
//!
//! An hour of ordinary life cannot tell a leak from caches that fill: they do for some twenty thousand uploads, which are
//! three hours of it. Here the same work comes as fast as the gallery takes it, in rounds, and after each the process is looked at
//! while nobody asks for anything. What is never given back lifts that from round to round. The soak's hour begins with some of
//! these rounds ([`days_pass`]).

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use aws_sdk_s3::Client;
use futures::{StreamExt, TryStreamExt, stream};
use reqwest::header::{ACCEPT, COOKIE, ORIGIN, SET_COOKIE};
use reqwest::redirect::Policy;

use crate::gallery::Gallery;
use crate::peace::settled;
use crate::sampler::{line, look};
use crate::tally::Tally;
use crate::{LONG, client, number};

const BUCKET: &str = "source";
const NAME: &str = "gerda";
const PASSWORD: &str = "seven lazy owls counted the tiles";

/// Albums that photos come and go in, and how many there are at a time.
const ALBUMS: u64 = 6;
const PHOTOS: u64 = 1_200;

/// The work of a round.
struct Round {
    uploads: usize,
    views: usize,
    logins: usize,
    /// How long it may take until what was in use is given back.
    rest: Duration,
}

/// Some hours of what the soak's families do. A password's 64 MiB are given back within ten seconds.
const HOURS: Round = Round { uploads: 4_000, views: 40_000, logins: 60, rest: Duration::from_secs(12) };
/// As much as shows that it works.
const MOMENT: Round = Round { uploads: 40, views: 400, logins: 2, rest: Duration::from_millis(500) };

/// After so many of them everything that fills once is full.
const WARM: usize = 4;
const ROUNDS: usize = 14;

/// What memory at rest may grow by from then on, in MB for ten thousand uploads and as many views and logins as come with
/// them: less than the allocator moves by.
const MOST_GROWTH: f64 = 5.0;

/// What it never takes at rest, in MB.
const MOST_AT_REST: f64 = 200.0;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_comes_to_rest() -> Result<()> {
    let long = number("HEIRLOOM_SOAK_SECONDS").is_some_and(|seconds| seconds >= LONG);
    let (rounds, round) = if long { (ROUNDS, HOURS) } else { (2, MOMENT) };
    let folder = tempfile::Builder::new().prefix("steady").tempdir()?;
    let gallery = Gallery::start(&folder.path().join("data"), Arc::new(Tally::default()))?;
    let mut family = Family::move_in(&gallery).await?;
    let mut rests = Vec::new();
    println!("| uploads | memory at rest, MB |\n|--:|--:|");
    for _ in 0..rounds {
        family.live(&round).await?;
        let (uploads, rest) = (family.uploads, at_rest(&gallery, round.rest).await?);
        println!("| {uploads} | {rest:.0} |");
        ensure!(rest <= MOST_AT_REST, "at rest it takes {rest:.0} MB; {MOST_AT_REST} are allowed");
        rests.push((uploads as f64, rest));
    }
    if long {
        let grows = line(&rests[WARM..]) * 10_000.0;
        println!("\nFrom {} uploads on it grows by {grows:.1} MB in ten thousand.", rests[WARM].0);
        ensure!(grows <= MOST_GROWTH, "memory grows by {grows:.1} MB in 10,000 uploads; {MOST_GROWTH} are allowed");
    }
    family.move_out().await?;
    gallery.end(true).await?;
    Ok(())
}

/// So much work that everything that fills once is full; or, where that is not judged, a little. Leaves nothing behind.
pub(crate) async fn days_pass(gallery: &Gallery, long: bool) -> Result<()> {
    let (rounds, round) = if long { (WARM + 1, HOURS) } else { (1, MOMENT) };
    let mut family = Family::move_in(gallery).await?;
    for _ in 0..rounds {
        family.live(&round).await?;
    }
    family.move_out().await
}

/// Those whose photos come and go, and who look at them.
struct Family<'a> {
    gallery: &'a Gallery,
    s3: Client,
    /// How many photos there have been.
    uploads: u64,
}

impl<'a> Family<'a> {
    async fn move_in(gallery: &'a Gallery) -> Result<Self> {
        let mut adding =
            gallery.command(&["user", "add", NAME, "--password-stdin"]).stdin(std::process::Stdio::piped()).spawn()?;
        std::io::Write::write_all(adding.stdin.as_mut().context("a pipe")?, format!("{PASSWORD}\n").as_bytes())?;
        let added = tokio::task::spawn_blocking(move || adding.wait_with_output()).await??;
        ensure!(added.status.success(), "{NAME} cannot be let in: {}", String::from_utf8_lossy(&added.stderr));
        Ok(Self { gallery, s3: client(gallery), uploads: 0 })
    }

    async fn live(&mut self, round: &Round) -> Result<()> {
        self.upload(round.uploads).await?;
        let mut cookies = String::new();
        for _ in 0..round.logins {
            cookies = sign_in(self.gallery).await?;
        }
        view(self.gallery, &cookies, round.views).await
    }

    /// New photos, and as many old ones that go; now and then one in the place of another.
    async fn upload(&mut self, count: usize) -> Result<()> {
        let numbers = self.uploads..self.uploads + count as u64;
        self.uploads = numbers.end;
        let s3 = &self.s3;
        let work = stream::iter(numbers).map(|n| async move {
            let put = |n| s3.put_object().bucket(BUCKET).key(key(n)).body(owner::sample::small(n, 160, 120).into());
            put(n).send().await?;
            if let Some(old) = n.checked_sub(PHOTOS) {
                s3.delete_object().bucket(BUCKET).key(key(old)).send().await?;
            }
            if let Some(middle) = n.checked_sub(PHOTOS / 2).filter(|middle| middle % 20 == 0) {
                put(middle).body(owner::sample::small(n, 120, 160).into()).send().await?;
            }
            anyhow::Ok(())
        });
        work.buffer_unordered(4).try_collect().await
    }

    /// Takes everything along. Nothing of it may have been given up by then.
    async fn move_out(self) -> Result<()> {
        let left = self.uploads.saturating_sub(PHOTOS)..self.uploads;
        let removing = stream::iter(left).map(|n| self.s3.delete_object().bucket(BUCKET).key(key(n)).send());
        removing.buffer_unordered(4).try_for_each(|_| async { Ok(()) }).await?;
        let removed = self.gallery.command(&["user", "remove", NAME]).output()?;
        ensure!(removed.status.success(), "{NAME} cannot be let out: {}", String::from_utf8_lossy(&removed.stderr));
        let given_up = settled(self.gallery).await?;
        ensure!(given_up.is_none(), "messages were given up: {given_up:?}");
        Ok(())
    }
}

fn key(n: u64) -> String {
    format!("Family/Album {}/{n}.jpg", n % ALBUMS)
}

async fn sign_in(gallery: &Gallery) -> Result<String> {
    let browser = reqwest::Client::builder().redirect(Policy::none()).build()?;
    let form = [("name", NAME), ("password", PASSWORD), ("next", "/")];
    let asked = browser.post(format!("{}/auth/login", gallery.address())).header(ORIGIN, gallery.address());
    let answer = asked.form(&form).send().await?;
    ensure!(answer.status() == 303, "signing in was answered {}", answer.status());
    let lines = answer.headers().get_all(SET_COOKIE).iter().filter_map(|line| line.to_str().ok());
    Ok(lines.filter_map(|line| line.split(';').next()).collect::<Vec<_>>().join("; "))
}

/// The albums' pages and all pictures that they name, over and over.
async fn view(gallery: &Gallery, cookies: &str, count: usize) -> Result<()> {
    let browser = reqwest::Client::builder().redirect(Policy::none()).build()?;
    let ask = |path: String| {
        let asked = browser.get(format!("{}{path}", gallery.address())).header(COOKIE, cookies).header(ACCEPT, "*/*");
        async move {
            let answer = asked.send().await?;
            // A photo may have gone meanwhile.
            ensure!(answer.status() == 200 || answer.status() == 404, "{path} was answered {}", answer.status());
            Ok(answer.text().await?)
        }
    };
    let mut left = count;
    while left > 0 {
        let mut paths: Vec<String> = vec!["/".to_owned(), "/albums/Family/".to_owned(), "/timeline/".to_owned()];
        for album in 0..ALBUMS {
            let path = format!("/albums/Family/Album_{album}/");
            let page = ask(path.clone()).await?;
            let pictures = page.split('"').flat_map(|part| part.split(", ")).filter(|part| part.starts_with("/pics/"));
            paths.extend(pictures.filter_map(|part| part.split(' ').next()).map(str::to_owned));
            paths.push(path);
        }
        let asked = paths.len().min(left);
        left -= asked;
        let answers = stream::iter(paths.into_iter().take(asked).map(&ask)).buffer_unordered(8);
        answers.try_for_each(|_| async { Ok(()) }).await?;
    }
    Ok(())
}

/// The least of some looks at the process when nobody has asked for anything for a while.
async fn at_rest(gallery: &Gallery, rest: Duration) -> Result<f64> {
    tokio::time::sleep(rest).await;
    let mut least = f64::MAX;
    for _ in 0..5 {
        let process = gallery.process().context("it runs")?;
        let Some((memory, ..)) = look(process) else { return Ok(0.0) };
        least = least.min(memory);
        tokio::time::sleep(rest / 12).await;
    }
    Ok(least)
}
