//! Visits in a real browser, with screenshots to look at.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use gallery::facts::{Facts, Outcome, Position};
use gallery::{Bucket, Condition, Key, Scope};
use heirloom_tests::{Home, PASSWORD};
use jiff::SignedDuration;

#[tokio::test(flavor = "multi_thread")]
async fn visits_in_a_browser() -> Result<()> {
    let Some(chromium) = std::env::var_os("HEIRLOOM_CHROMIUM").filter(|path| !path.is_empty()) else {
        println!("left out: HEIRLOOM_CHROMIUM names no browser; `make test` sets it");
        return Ok(());
    };
    let home = Home::start().await?;
    let library = owner::sample::library();
    for (key, text) in library.metadata {
        home.upload(&key, text).await?;
    }
    for photo in library.photos {
        let bytes = tokio::task::spawn_blocking({
            let photo = photo.clone();
            move || photo.paint()
        });
        home.upload(&photo.key, bytes.await?).await?;
    }
    home.let_in("gerda", Scope::All).await?;
    home.settled().await?;
    // A session that was looked at half an hour ago, for the page that stays open.
    let mut aged = home.stranger();
    aged.sign_in("gerda", PASSWORD).await?;
    home.age(&mut aged, SignedDuration::from_mins(30)).await?;

    let aged = aged.cookie.context("signed in")?;
    let settings = [("ALBUM", "Lisbon"), ("AGED_SESSION", aged.as_str())];
    visit(&home, &chromium, "journey.mjs", &settings, 13).await?;
    put_on_the_map(&home).await?;
    visit(&home, &chromium, "finding.mjs", &[], 16).await
}

/// Runs a script of `tests/browser/`, which says `ok` for each of at least so many steps.
async fn visit(home: &Home, chromium: &OsStr, script: &str, settings: &[(&str, &str)], steps: usize) -> Result<()> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut journey = Command::new("node");
    journey
        .arg(here.join("browser").join(script))
        .env("GALLERY", home.address())
        .env("NAME", "gerda")
        .env("PASSWORD", PASSWORD)
        .env("CHROMIUM", chromium)
        .env("SCREENSHOTS", screenshots(here))
        .envs(settings.iter().copied())
        .stdin(Stdio::null());
    let journey = tokio::task::spawn_blocking(move || journey.output()).await?.context("cannot run node")?;
    let told = String::from_utf8_lossy(&journey.stdout);
    println!("{told}");
    ensure!(journey.status.success(), "{told}{}", String::from_utf8_lossy(&journey.stderr));
    ensure!(told.matches("ok ").count() >= steps, "some steps did not run:\n{told}");
    Ok(())
}

/// The owner wants a map, and photos say where they were taken, which drawn ones do not by themselves.
async fn put_on_the_map(home: &Home) -> Result<()> {
    let places = [("Lisbon", 38.71, -9.14), ("lake", 47.56, 12.93), ("house", 52.37, 9.73), ("Nebel", 48.20, 16.37)];
    for path in home.keys(Bucket::Resized).await?.iter().filter(|path| path.starts_with("facts/")) {
        let key = Key::parse(Bucket::Resized, path).context("a record of facts")?;
        let (mut facts, _) = home.store().read_json::<Facts>(&key).await?.context("facts")?;
        let place = places.iter().find(|(part, ..)| facts.source.contains(part));
        if let (Outcome::Ready(picture), Some(&(_, latitude, longitude))) = (&mut facts.outcome, place) {
            // Not all at the same spot.
            let aside = f64::from(picture.taken.map_or(0, |taken| taken.minute())) / 500.0;
            picture.position =
                Some(Position { latitude: latitude + aside, longitude: longitude - aside, altitude: None });
            home.store().write_json(&key, &facts, Condition::Always).await?;
        }
    }
    home.upload("gallery.yml", "map: yes\n").await?;
    home.settled().await
}

/// `screenshots/` in the target folder that this test was built in.
fn screenshots(here: &Path) -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| here.join("../target"), PathBuf::from);
    target.join("screenshots")
}
