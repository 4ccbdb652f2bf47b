//! A visit in a real browser, with screenshots to look at.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use gallery::Scope;
use heirloom_tests::{Home, PASSWORD};
use jiff::SignedDuration;

#[tokio::test(flavor = "multi_thread")]
async fn a_visit_in_a_browser() -> Result<()> {
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

    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut journey = Command::new("node");
    journey
        .arg(here.join("browser/journey.mjs"))
        .env("GALLERY", home.address())
        .env("NAME", "gerda")
        .env("PASSWORD", PASSWORD)
        .env("ALBUM", "Lisbon")
        .env("AGED_SESSION", aged.cookie.context("signed in")?)
        .env("CHROMIUM", chromium)
        .env("SCREENSHOTS", screenshots(here))
        .stdin(Stdio::null());
    let journey = tokio::task::spawn_blocking(move || journey.output()).await?.context("cannot run node")?;
    let told = String::from_utf8_lossy(&journey.stdout);
    println!("{told}");
    ensure!(journey.status.success(), "{told}{}", String::from_utf8_lossy(&journey.stderr));
    ensure!(told.matches("ok ").count() >= 13, "some steps did not run:\n{told}");
    Ok(())
}

/// `screenshots/` in the target folder that this test was built in.
fn screenshots(here: &Path) -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| here.join("../target"), PathBuf::from);
    target.join("screenshots")
}
