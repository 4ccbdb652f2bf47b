//! Uploading from a browser: who may, what may be asked, and a camera roll over a bad line.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use gallery::keys::Bucket;
use gallery::{CollectionSlug, Scope, Slug};
use heirloom_tests::{Home, PASSWORD, Visitor, chromium};
use login::Role;
use reqwest::header::{CONTENT_TYPE, ORIGIN};
use reqwest::{Method, Response};
use serde_json::{Value, json};

/// Of nothing, in base64.
const EMPTY: &str = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
/// Of `hello`.
const HELLO: &str = "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=";

async fn ask(home: &Home, who: &Visitor, body: &Value) -> Result<Response> {
    let request = who.request(Method::POST, "/auth/upload").header(ORIGIN, home.address());
    who.send(request.header(CONTENT_TYPE, "application/json").body(body.to_string())).await
}

fn wanted(album: &str, name: &str, bytes: usize, sha256: &str) -> Value {
    json!({ "album": album, "files": [{ "name": name, "bytes": bytes, "sha256": sha256 }] })
}

/// The signed request of an answer, with these headers replaced.
async fn put(file: &Value, bytes: &str, replaced: &[(&str, &str)]) -> Result<Response> {
    let mut request = reqwest::Client::new().put(file["url"].as_str().context("a signed request")?);
    for header in file["headers"].as_array().context("its headers")? {
        let (name, value) = (header[0].as_str().unwrap_or_default(), header[1].as_str().unwrap_or_default());
        let value = replaced.iter().find(|(one, _)| *one == name).map_or(value, |(_, other)| other);
        request = request.header(name, value);
    }
    Ok(request.body(bytes.to_owned()).send().await?)
}

async fn owner(home: &Home) -> Result<Visitor> {
    let family = Scope::Only([CollectionSlug(Slug::of("Family"))].into());
    let gerda = home.viewer("gerda", family).await?;
    home.machine().users().set_role(&"gerda".parse()?, Role::Owner).await?;
    Ok(gerda)
}

#[tokio::test(flavor = "multi_thread")]
async fn owners_and_nobody_else_may_add_within_what_they_may_see() -> Result<()> {
    let home = Home::start().await?;
    let hello = wanted("Family/Lake", "a.jpg", 5, HELLO);
    let gerda = owner(&home).await?;
    let tom = home.viewer("tom", Scope::All).await?;
    ensure!(ask(&home, &home.stranger(), &hello).await?.status() == 401);
    ensure!(ask(&home, &tom, &hello).await?.status() == 422, "viewers may not");
    ensure!(home.stranger().visit("/auth/upload").await?.status() == 303);
    ensure!(tom.visit("/auth/upload").await?.status() == 422);
    ensure!(gerda.visit("/auth/upload").await?.status() == 200);
    ensure!(ask(&home, &gerda, &wanted("Work", "a.jpg", 5, HELLO)).await?.status() == 422, "outside the scope");
    let foreign = gerda.request(Method::POST, "/auth/upload").header(ORIGIN, "https://evil.example");
    let foreign = foreign.header(CONTENT_TYPE, "application/json").body(hello.to_string());
    ensure!(gerda.send(foreign).await?.status() == 422, "asked by another site");
    for nonsense in [json!({}), json!({ "album": "Family", "files": [] }), wanted("", "a.jpg", 5, HELLO)] {
        ensure!(ask(&home, &gerda, &nonsense).await?.status() == 400, "{nonsense}");
    }

    let answer: Value = ask(&home, &gerda, &hello).await?.json().await?;
    let file = &answer["files"][0];
    ensure!(file["state"] == "send", "{answer}");
    // Nothing about it can be changed: not the bytes, not their length, not the type, not the condition.
    ensure!(put(file, "hellO", &[]).await?.status() == 400, "other bytes");
    ensure!(put(file, "hello!", &[]).await?.status() == 403, "another length");
    ensure!(put(file, "hello", &[("content-type", "text/html")]).await?.status() == 403, "another type");
    ensure!(put(file, "hello", &[("if-none-match", "x")]).await?.status() == 403, "another condition");
    ensure!(put(file, "", &[("x-amz-checksum-sha256", EMPTY)]).await?.status() == 403, "another checksum");
    let url = file["url"].as_str().context("an address")?;
    let other = json!({ "url": url.replace("a.jpg", "b.jpg"), "headers": file["headers"] });
    ensure!(put(&other, "hello", &[]).await?.status() == 403, "another key");
    ensure!(reqwest::get(url).await?.status() == 403, "another method");
    ensure!(home.keys(Bucket::Source).await?.is_empty());
    ensure!(put(file, "hello", &[]).await?.status() == 200);
    ensure!(put(file, "hello", &[]).await?.status() == 412, "nothing is replaced");
    ensure!(home.keys(Bucket::Source).await? == ["Family/Lake/a.jpg"]);

    let again: Value = ask(&home, &gerda, &hello).await?.json().await?;
    ensure!(again["files"][0]["state"] == "there", "{again}");
    let namesake: Value = ask(&home, &gerda, &wanted("Family/Lake", "a.jpg", 5, EMPTY)).await?.json().await?;
    ensure!(namesake["files"][0]["name"] == "a~2.jpg", "{namesake}");
    // What came by another way is known by what the resizer read.
    let photo = owner::sample::small(1, 64, 48);
    home.upload("Family/Lake/b.jpg", photo.clone()).await?;
    home.settled().await?;
    let facts = home.keys_with("facts/Family/Lake/").await?;
    ensure!(!facts.is_empty());
    let checksum = checksum(&photo);
    let known: Value =
        ask(&home, &gerda, &wanted("Family/Lake", "b.jpg", photo.len(), &checksum)).await?.json().await?;
    ensure!(known["files"][0]["state"] == "there", "{known}");

    // The role is looked at each time.
    home.machine().users().set_role(&"gerda".parse()?, Role::Viewer).await?;
    ensure!(ask(&home, &gerda, &wanted("Family/Lake", "c.jpg", 5, HELLO)).await?.status() == 422);
    Ok(())
}

fn checksum(bytes: &[u8]) -> String {
    use sha2::Digest;
    data_encoding::BASE64.encode(&sha2::Sha256::digest(bytes))
}

/// How many photos are dropped: `HEIRLOOM_CAMERA_ROLL=300` for a whole roll.
fn roll() -> usize {
    std::env::var("HEIRLOOM_CAMERA_ROLL").ok().and_then(|count| count.parse().ok()).unwrap_or(60)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_camera_roll_arrives_over_a_line_that_is_cut_twice() -> Result<()> {
    let Some(chromium) = chromium() else { return Ok(()) };
    let home = Home::start().await?;
    home.upload_photo("Family/Lake/first.jpg", 1).await?;
    home.settled().await?;
    owner(&home).await?;
    let photos = tempfile::tempdir()?;
    let count = roll();
    let mut expected = Vec::new();
    for seed in 0..count {
        let (name, bytes) = (format!("IMG_{seed:04}.jpg"), owner::sample::small(seed as u64 + 10, 160, 120));
        std::fs::write(photos.path().join(&name), &bytes)?;
        expected.push((format!("Family/Camera roll/{name}"), bytes));
    }

    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut journey = Command::new("node");
    journey
        .arg(here.join("browser/upload.mjs"))
        .env("GALLERY", home.address())
        .env("NAME", "gerda")
        .env("PASSWORD", PASSWORD)
        .env("CHROMIUM", chromium)
        .env("SCREENSHOTS", screenshots(here))
        .env("PHOTOS", photos.path())
        .env("ALBUM", "Family/Camera roll")
        .stdin(Stdio::null());
    let journey = tokio::task::spawn_blocking(move || journey.output()).await?.context("cannot run node")?;
    let told = String::from_utf8_lossy(&journey.stdout);
    println!("{told}");
    ensure!(journey.status.success(), "{told}{}", String::from_utf8_lossy(&journey.stderr));
    ensure!(told.matches("ok ").count() >= 5, "some steps did not run:\n{told}");

    // Nothing lost, nothing twice, every byte as it was.
    let keys: Vec<String> =
        home.keys(Bucket::Source).await?.into_iter().filter(|key| key.starts_with("Family/Camera roll/")).collect();
    ensure!(keys.len() == count, "{} photos of {count}", keys.len());
    for (key, bytes) in expected {
        let object = home.store().read_path(Bucket::Source, &key).await?.with_context(|| format!("{key} is lost"))?;
        ensure!(object.bytes == bytes, "{key} is not as it was");
    }
    Ok(())
}

/// `screenshots/` in the target folder that this test was built in.
fn screenshots(here: &Path) -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| here.join("../target"), PathBuf::from);
    target.join("screenshots")
}
