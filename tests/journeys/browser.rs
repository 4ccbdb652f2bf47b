//! Visits in a real browser, with screenshots to look at.

use anyhow::{Context, Result};
use gallery::facts::{Facts, Outcome, Position};
use gallery::{Bucket, CollectionSlug, Condition, Key, Scope, Slug};
use heirloom_tests::{Home, PASSWORD, chromium};
use jiff::SignedDuration;

#[tokio::test(flavor = "multi_thread")]
async fn visits_in_a_browser() -> Result<()> {
    let Some(chromium) = chromium() else { return Ok(()) };
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
    home.shown_to_a_browser(&chromium, "journey.mjs", &settings, 13).await?;
    home.shown_to_a_browser(&chromium, "back.mjs", &[("ALBUM", "/albums/Family/Lisbon_2024/")], 4).await?;
    home.shown_to_a_browser(&chromium, "old.mjs", &[], 5).await?;
    put_on_the_map(&home).await?;
    home.let_in("tom", Scope::Only([CollectionSlug(Slug::of("Märchenwald"))].into())).await?;
    home.settled().await?;
    home.shown_to_a_browser(&chromium, "finding.mjs", &[("OTHER", "tom")], 21).await?;
    home.shown_to_a_browser(&chromium, "choosing.mjs", &[], 2).await?;
    home.upload("gallery.yml", TILES).await?;
    home.settled().await?;
    home.shown_to_a_browser(&chromium, "tiles.mjs", &[], 3).await?;
    home.upload("gallery.yml", "languages: [de, en, ja]\n").await?;
    home.settled().await?;
    home.shown_to_a_browser(&chromium, "spoken.mjs", &[], 4).await
}

/// What the owner writes who wants somebody's map under the photos. (The server is played by the script.)
const TILES: &str = "map: yes\nmap_tiles: https://tiles.example.org/{z}/{x}/{y}.png\nmap_credit: Whoever drew them\n";

/// The owner wants a map, and photos say where they were taken, which drawn ones do not by themselves.
async fn put_on_the_map(home: &Home) -> Result<()> {
    let places = [("Lisbon", 38.71, -9.14), ("lake", 47.56, 12.93), ("house", 52.37, 9.73), ("Nebel", 48.20, 16.37)];
    for path in home.keys(Bucket::Resized).await?.iter().filter(|path| path.starts_with("facts/")) {
        let key = Key::parse(Bucket::Resized, path).context("a record of facts")?;
        let (mut facts, _) = home.store().read_json::<Facts>(&key).await?.context("facts")?;
        let place = places.iter().find(|(part, ..)| facts.source.contains(part));
        if let (Outcome::Ready(picture), Some(&(_, latitude, longitude))) = (&mut facts.outcome, place) {
            // Not all at the same spot.
            let aside = f64::from(picture.taken.map_or(0, jiff::civil::DateTime::minute)) / 500.0;
            picture.position =
                Some(Position { latitude: latitude + aside, longitude: longitude - aside, altitude: None });
            home.store().write_json(&key, &facts, Condition::Always).await?;
        }
    }
    home.upload("gallery.yml", "map: yes\n").await?;
    home.settled().await
}
