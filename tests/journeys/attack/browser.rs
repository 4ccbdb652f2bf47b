//! Requirements 6, 13 and 18, in a browser: another site's pages, with everything that a browser lets them do.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use heirloom_tests::PASSWORD;
use jiff::{SignedDuration, Timestamp};
use login::{Invitations, Role, Secret};

use crate::Attacked;

#[tokio::test(flavor = "multi_thread")]
async fn another_site_can_neither_act_nor_look() -> Result<()> {
    let Some(chromium) = std::env::var_os("HEIRLOOM_CHROMIUM").filter(|path| !path.is_empty()) else {
        println!("left out: HEIRLOOM_CHROMIUM names no browser; `make test` sets it");
        return Ok(());
    };
    let attacked = Attacked::start().await?;
    let (home, now) = (&attacked.home, Timestamp::now());
    home.machine().users().set_role(&"gerda".parse()?, Role::Owner).await?;
    let user = home.machine().users().add_invited(&"grandma".parse()?, gallery::Scope::All, now).await?;
    let secret = Secret::new()?;
    Invitations::new(home.store().clone()).make(&user, &secret, now, now + SignedDuration::from_hours(1)).await?;
    let originals = home.keys(gallery::Bucket::Source).await?;

    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| here.join("../target"), std::path::PathBuf::from);
    let mut visit = Command::new("node");
    visit
        .arg(here.join("browser/foreign.mjs"))
        .env("GALLERY", home.address())
        .env("NAME", "gerda")
        .env("OTHER", "tom")
        .env("PASSWORD", PASSWORD)
        .env("CODE", secret.reveal().as_str())
        .env("PICTURE", &attacked.picture)
        .env("CHROMIUM", chromium)
        .env("SCREENSHOTS", target.join("screenshots"))
        .stdin(Stdio::null());
    let visit = tokio::task::spawn_blocking(move || visit.output()).await?.context("cannot run node")?;
    let told = String::from_utf8_lossy(&visit.stdout);
    println!("{told}");
    ensure!(visit.status.success(), "{told}{}", String::from_utf8_lossy(&visit.stderr));
    ensure!(told.matches("ok ").count() >= 14, "some steps did not run:\n{told}");
    assert_eq!(home.keys(gallery::Bucket::Source).await?, originals, "nothing was added");
    Ok(())
}
