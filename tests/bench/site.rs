//! What the site costs a phone: Lighthouse 12 over login, home, an album and a photo, and over the albums that sigal and
//! thumbsup make of the same photos; and over an album of 50 photos and one of 5,000.
//!
//!     cargo run --package heirloom-tests --example site -- OUT CHROMIUM SIGAL THUMBSUP
//!
//! OUT is a folder for everything that it makes; SIGAL and THUMBSUP are the peers' programs (`-` leaves one out). Prints a
//! line a page, medians of three, and writes `site.json`. The budgets that do not hang on a clock are part of `make test`.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use gallery::Scope;
use heirloom_tests::Home;
use serde_json::json;

/// The folder whose page is measured.
const ALBUM: &str = "Family/Lisbon 2024";

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [out, chromium, sigal, thumbsup] = arguments.as_slice() else { bail!("say: OUT CHROMIUM SIGAL THUMBSUP") };
    let out = Path::new(out);
    let photos = out.join("site-photos");
    let home = Home::start().await?;
    let library = owner::sample::library();
    for (key, text) in library.metadata {
        home.upload(&key, text).await?;
    }
    for photo in library.photos {
        let key = photo.key.clone();
        let bytes = tokio::task::spawn_blocking(move || photo.paint()).await?;
        let file = photos.join(&key);
        fs::create_dir_all(file.parent().context("a folder")?)?;
        fs::write(file, &bytes)?;
        home.upload(&key, bytes).await?;
    }
    home.add_painted("Painted/Fifty", 50).await?;
    home.add_crowd("Crowd of 5000", 5_000).await?;
    home.upload("gallery.yml", "map: yes\n").await?;
    let viewer = home.viewer("gerda", Scope::All).await?;
    home.settled().await?;

    let album = format!("/albums/{}/", gallery::FolderPath::parse(ALBUM)?.album());
    let mut pages = home.measured(&viewer, &album).await?;
    for (name, path, most) in [
        ("album of 50", "/albums/Painted/Fifty/", "light"),
        ("album of 5,000", "/albums/Crowd_of_5000/", "light"),
        ("timeline", "/timeline/", "light"),
        ("search", "/search/", "light"),
        ("map", "/map/", "opened"),
    ] {
        pages.push(home.measured_page(&viewer, name, path, most)?);
    }
    if sigal != "-" {
        let site = out.join("site-sigal");
        let settings = out.join("site-sigal.conf.py");
        fs::write(
            &settings,
            "theme = 'galleria'\nimg_size = (1200, 900)\nthumb_size = (360, 270)\nkeep_orig = False\n",
        )?;
        ran(Command::new(sigal).arg("build").arg("--config").arg(&settings).arg(&photos).arg(&site))?;
        pages.push(json!({ "name": "sigal's album", "folder": site, "url": "/Family/Lisbon%202024/" }));
    }
    if thumbsup != "-" {
        let site = out.join("site-thumbsup");
        let mut build = Command::new(thumbsup);
        build.args(["--thumb-size", "360", "--large-size", "1200", "--input"]).arg(&photos).arg("--output").arg(&site);
        ran(&mut build)?;
        let album = album_of(&site).context("thumbsup made no page for Lisbon")?;
        pages.push(json!({ "name": "thumbsup's album", "folder": site, "url": album }));
    }
    let measure = Path::new(env!("CARGO_MANIFEST_DIR")).join("bench/site/measure.mjs");
    let mut measure = Command::new("node")
        .arg(measure)
        .env("PAGES", json!(pages).to_string())
        .env("CHROMIUM", chromium)
        .env("OUT", out.join("site.json"))
        .stdin(Stdio::null())
        .spawn()
        .context("cannot run node")?;
    let ended = tokio::task::spawn_blocking(move || measure.wait()).await??;
    ensure!(ended.success(), "the pages could not be measured");
    Ok(())
}

/// The address of the page that thumbsup made of the album, whose name it chooses.
fn album_of(site: &Path) -> Option<String> {
    let page = walkdir::WalkDir::new(site).into_iter().flatten().find(|entry| {
        let name = entry.file_name().to_string_lossy();
        name.contains("Lisbon") && name.ends_with(".html")
    })?;
    let path = page.path().strip_prefix(site).ok()?.to_str()?;
    Some(format!("/{}", path.replace(' ', "%20")))
}

fn ran(command: &mut Command) -> Result<()> {
    let ended = command.stdin(Stdio::null()).output().with_context(|| format!("{command:?} cannot be run"))?;
    // Some tell what is wrong among all else that they tell.
    let told = [ended.stdout, ended.stderr].concat();
    ensure!(ended.status.success(), "{command:?} failed: {}", String::from_utf8_lossy(&told));
    Ok(())
}
