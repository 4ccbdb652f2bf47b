//! Uploading from a browser: who may, what may be asked, and a camera roll over a bad line.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

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

/// The signed request of an answer, with these headers replaced or added. It has no origin: it goes where the page came from.
async fn put(home: &Home, file: &Value, bytes: &str, replaced: &[(&str, &str)]) -> Result<Response> {
    let url = file["url"].as_str().context("a signed request")?;
    ensure!(url.starts_with("/source/"), "{url}");
    let mut request = reqwest::Client::new().put(format!("{}{url}", home.address()));
    for (name, value) in replaced.iter().filter(|(name, _)| *name == "host") {
        request = request.header(*name, *value);
    }
    for header in file["headers"].as_array().context("its headers")? {
        let (name, value) = (header[0].as_str().unwrap_or_default(), header[1].as_str().unwrap_or_default());
        let value = replaced.iter().find(|(one, _)| *one == name).map_or(value, |(_, other)| other);
        request = request.header(name, value);
    }
    let signed = names_of_headers(file)?;
    for (name, value) in replaced.iter().filter(|(name, _)| *name != "host" && !signed.contains(*name)) {
        request = request.header(*name, *value);
    }
    Ok(request.body(bytes.to_owned()).send().await?)
}

/// The names of the headers that an answer wants sent.
fn names_of_headers(file: &Value) -> Result<BTreeSet<String>> {
    let headers = file["headers"].as_array().context("headers")?;
    Ok(headers.iter().filter_map(|header| header[0].as_str()).map(str::to_ascii_lowercase).collect())
}

/// The headers that pages may send to a bucket of another address: as the S3 server here says, and the deployed bucket's rule.
async fn allowed_headers(home: &Home) -> Result<BTreeSet<String>> {
    let listed = |text: &str| text.split(',').map(|name| name.trim_matches([' ', '\'']).to_owned()).collect();
    let rule = include_str!("../../cdk/storage/buckets.ts").split("allowedHeaders: [").nth(1);
    let deployed: BTreeSet<String> = listed(rule.and_then(|rule| rule.split(']').next()).context("a rule")?);
    let asked =
        reqwest::Client::new().request(Method::OPTIONS, format!("{}/source/a.jpg", home.machine().s3_endpoint().url));
    let asked = asked.header(ORIGIN, home.address()).header("access-control-request-method", "PUT").send().await?;
    ensure!(asked.status() == 200, "{asked:?}");
    let here = listed(asked.headers()["access-control-allow-headers"].to_str()?);
    ensure!(here == deployed, "{here:?} and {deployed:?}");
    Ok(deployed)
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
    ensure!(file["url"].as_str().is_some_and(|url| url.contains("X-Amz-Expires=600&")), "ten minutes: {answer}");
    ensure!(
        names_of_headers(file)? == allowed_headers(&home).await?,
        "what a browser may not send it cannot send: {answer}"
    );
    // Nothing about it can be changed: not the bytes, not their length, not the type, not the condition.
    ensure!(put(&home, file, "hellO", &[]).await?.status() == 400, "other bytes");
    ensure!(put(&home, file, "hello!", &[]).await?.status() == 403, "another length");
    ensure!(put(&home, file, "hello", &[("content-type", "text/html")]).await?.status() == 403, "another type");
    ensure!(put(&home, file, "hello", &[("if-none-match", "x")]).await?.status() == 403, "another condition");
    ensure!(put(&home, file, "", &[("x-amz-checksum-sha256", EMPTY)]).await?.status() == 403, "another checksum");
    // Nor is anything added to it: a copy of what nobody may see, a word to S3, a note.
    let keys = home.keys(Bucket::Auth).await?;
    let key = keys.iter().find(|key| key.starts_with("keys/")).context("a signing key")?;
    for (name, value) in [
        ("x-amz-copy-source", format!("/auth/{key}").as_str()),
        ("x-amz-copy-source", "web/catalogue/gallery.json"),
        ("x-amz-acl", "public-read"),
        ("x-amz-tagging", "a=b"),
        ("x-amz-meta-a", "b"),
        ("x-amz-website-redirect-location", "/"),
    ] {
        let added = put(&home, file, "hello", &[(name, value)]).await?;
        ensure!(matches!(added.status().as_u16(), 401 | 403 | 404 | 405), "{name}: {}", added.status());
    }
    let url = file["url"].as_str().context("an address")?;
    let other = json!({ "url": url.replace("a.jpg", "b.jpg"), "headers": file["headers"] });
    ensure!(put(&home, &other, "hello", &[]).await?.status() == 403, "another key");
    let other_method = reqwest::get(format!("{}{url}", home.address())).await?;
    ensure!(other_method.status() != 200, "another method: {}", other_method.status());
    ensure!(home.keys(Bucket::Source).await?.is_empty());
    ensure!(put(&home, file, "hello", &[]).await?.status() == 200);
    ensure!(put(&home, file, "hello", &[]).await?.status() == 412, "nothing is replaced");
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

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_request_is_good_for_its_time_and_no_longer() -> Result<()> {
    let home = Home::start_with(|settings| settings.uploads_good_for = Duration::from_secs(1)).await?;
    let gerda = owner(&home).await?;
    let hello = wanted("Family/Lake", "a.jpg", 5, HELLO);
    let answer: Value = ask(&home, &gerda, &hello).await?.json().await?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let late = put(&home, &answer["files"][0], "hello", &[]).await?;
    ensure!(late.status() == 403, "{}", late.status());
    ensure!(home.keys(Bucket::Source).await?.is_empty());
    Ok(())
}

/// Pages are the same for all: whether a way to the upload page belongs on them is told to the browser when somebody signs in.
#[tokio::test(flavor = "multi_thread")]
async fn an_owner_s_browser_is_told_so_and_nobody_else_s() -> Result<()> {
    let home = Home::start().await?;
    let gerda = owner(&home).await?;
    home.let_in("tom", Scope::All).await?;
    let told = |answer: &Response| {
        let cookies = answer.headers().get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
        cookies.filter(|cookie| cookie.starts_with("__Host-owner=")).map(str::to_owned).collect::<Vec<_>>()
    };
    let mut visitor = home.stranger();
    let cookies = told(&visitor.sign_in("gerda", PASSWORD).await?);
    ensure!(matches!(cookies.as_slice(), [one] if one.starts_with("__Host-owner=1; ")), "{cookies:?}");
    ensure!(told(&home.stranger().sign_in("tom", PASSWORD).await?).is_empty());
    // Whose role has ended is told so with the next look at the record, and whoever signs out as well.
    home.machine().users().set_role(&"gerda".parse()?, Role::Viewer).await?;
    let session = gerda.cookie.clone().context("a session")?;
    let asked = |method, path: &str| {
        let cookies = format!("__Host-session={session}; __Host-owner=1");
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build();
        client.map(|client| client.request(method, format!("{}{path}", home.address())).header("cookie", cookies))
    };
    let renewed = asked(Method::GET, "/auth/renew?next=%2F")?.send().await?;
    ensure!(told(&renewed) == ["__Host-owner=; SameSite=Lax; Secure; Path=/; Max-Age=0"], "{:?}", told(&renewed));
    let out = asked(Method::POST, "/auth/logout")?.header(ORIGIN, home.address()).send().await?;
    ensure!(told(&out) == ["__Host-owner=; SameSite=Lax; Secure; Path=/; Max-Age=0"], "{:?}", told(&out));
    Ok(())
}

/// A phone reaches the gallery under another name, through a reverse proxy, and nothing but the gallery.
#[tokio::test(flavor = "multi_thread")]
async fn uploads_go_where_the_page_came_from() -> Result<()> {
    let home = Home::start().await?;
    let gerda = owner(&home).await?;
    let host = ("host", "photos.example.org");
    let page = gerda.request(Method::GET, "/auth/upload").header(host.0, host.1);
    let page = gerda.send(page).await?;
    let policy = page.headers()["content-security-policy"].to_str()?.to_owned();
    ensure!(policy.contains("connect-src 'self';"), "{policy}");

    let hello = wanted("Family/Lake", "a.jpg", 5, HELLO);
    let request = gerda.request(Method::POST, "/auth/upload").header(host.0, host.1);
    let request = request.header(ORIGIN, "https://photos.example.org").header(CONTENT_TYPE, "application/json");
    let answer: Value = gerda.send(request.body(hello.to_string())).await?.json().await?;
    let file = &answer["files"][0];
    ensure!(file["state"] == "send", "{answer}");
    ensure!(put(&home, file, "hello", &[]).await?.status() == 403, "signed for another name");
    let foreign = put(&home, file, "hello", &[("host", "evil.example")]).await?;
    ensure!(foreign.status() == 403, "signed for another name");
    let put = put(&home, file, "hello", &[host]).await?;
    ensure!(put.status() == 200, "{}", put.status());
    ensure!(put.headers()["x-content-type-options"] == "nosniff", "{:?}", put.headers());
    ensure!(home.keys(Bucket::Source).await? == ["Family/Lake/a.jpg"]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_there_is_known_whatever_it_is_and_whoever_brought_it() -> Result<()> {
    let home = Home::start().await?;
    let gerda = owner(&home).await?;
    // A video that came by another way: nobody has taken its checksum.
    let mut film: Vec<u8> = (0..300_000_u32).map(|n| (n % 251) as u8).collect();
    home.upload("Family/Lake/clip.mp4", film.clone()).await?;
    home.settled().await?;
    let ends = |film: &[u8]| checksum(&[&film[..65_536], &film[film.len() - 65_536..]].concat());
    let with_ends = |film: &[u8]| {
        let mut wanted = wanted("Family/Lake", "clip.mp4", film.len(), &checksum(film));
        wanted["files"][0]["ends"] = json!(ends(film));
        wanted
    };
    let answer: Value = ask(&home, &gerda, &with_ends(&film)).await?.json().await?;
    ensure!(answer["files"][0]["state"] == "there", "{answer}");
    film[299_999] ^= 1;
    let answer: Value = ask(&home, &gerda, &with_ends(&film)).await?.json().await?;
    ensure!(answer["files"][0]["name"] == "clip~2.mp4", "{answer}");

    // A phone calls every photo `image.jpg`.
    for (number, bytes) in [("", "eins!"), ("~2", "zwei!"), ("~4", "vier!"), ("~2x", "other")] {
        home.upload(&format!("Family/Lake/image{number}.jpg"), bytes.as_bytes()).await?;
    }
    home.settled().await?;
    let files: Vec<Value> = ["neu01", "neu02", "neu03"]
        .map(|text| json!({ "name": "image.jpg", "bytes": 5, "sha256": checksum(text.as_bytes()) }))
        .into();
    let answer: Value = ask(&home, &gerda, &json!({ "album": "Family/Lake", "files": files })).await?.json().await?;
    let names: Vec<&str> =
        answer["files"].as_array().context("files")?.iter().filter_map(|file| file["name"].as_str()).collect();
    ensure!(names == ["image~3.jpg", "image~5.jpg", "image~6.jpg"], "{answer}");
    let put = put(&home, &answer["files"][1], "neu02", &[]).await?;
    ensure!(put.status() == 200);
    let again: Value =
        ask(&home, &gerda, &json!({ "album": "Family/Lake", "files": [files[1]] })).await?.json().await?;
    ensure!(again["files"][0]["state"] == "there" && again["files"][0]["name"] == "image~5.jpg", "{again}");

    // Albums are offered at every depth.
    home.upload_photo("Family/2024/Summer/Lisbon/a.jpg", 1).await?;
    home.settled().await?;
    let page = gerda.visit("/auth/upload").await?.text().await?;
    for album in ["Family", "Family/2024", "Family/2024/Summer", "Family/2024/Summer/Lisbon"] {
        ensure!(page.contains(&format!("<option value=\"{album}\">")), "{album}: {page}");
    }
    Ok(())
}

fn checksum(bytes: &[u8]) -> String {
    use sha2::Digest;
    data_encoding::BASE64.encode(&sha2::Sha256::digest(bytes))
}

/// How many photos are dropped.
const ROLL: usize = 300;

/// How many of them are large, and how large, in bytes: it is in one of these that the line is cut.
const LARGE: (usize, usize) = (4, 3_000_000);

#[tokio::test(flavor = "multi_thread")]
async fn a_camera_roll_arrives_over_a_line_that_is_cut_twice() -> Result<()> {
    let Some(chromium) = chromium() else { return Ok(()) };
    // Requests are over before the line is back: the page has to ask again.
    let home = Home::start_with(|settings| settings.uploads_good_for = Duration::from_secs(3)).await?;
    home.upload_photo("Family/Lake/first.jpg", 1).await?;
    home.settled().await?;
    owner(&home).await?;
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let photos = tempfile::tempdir()?;
    let mut expected = Vec::new();
    for seed in 0..ROLL - 4 {
        let (name, mut bytes) = (format!("IMG_{seed:04}.jpg"), owner::sample::small(seed as u64 + 10, 96, 72));
        if seed < LARGE.0 {
            // Behind the end of the picture, where nobody looks.
            bytes.extend((0..LARGE.1).map(|at| (at * (seed + 7) / 13) as u8));
        }
        std::fs::write(photos.path().join(&name), &bytes)?;
        expected.push((format!("Family/Camera roll/{name}"), bytes));
    }
    // What else lies on a phone. The photo that is chosen first keeps the name that two have.
    let heic = std::fs::read(here.join("../fuzz/seeds/picture_heic/0-whole"))?;
    let headers = std::fs::read(here.join("../fuzz/seeds/video/0-whole"))?;
    let length = u32::try_from(headers.len())? + 8;
    let film = [&b"\0\0\0\x14ftypqt  \0\0\0\0qt  "[..], &length.to_be_bytes(), b"moov", &headers].concat();
    std::fs::create_dir(photos.path().join("more"))?;
    for (file, name, bytes) in [
        ("IMG_0900.HEIC", "IMG_0900.HEIC", heic),
        ("IMG_0901.MOV", "IMG_0901.MOV", film),
        ("image.jpg", "image.jpg", owner::sample::small(1, 96, 72)),
        ("more/image.jpg", "image~2.jpg", owner::sample::small(2, 96, 72)),
    ] {
        std::fs::write(photos.path().join(file), &bytes)?;
        expected.push((format!("Family/Camera roll/{name}"), bytes));
    }

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
        .env("LARGE", LARGE.0.to_string())
        .env("PHONE_ALBUM", "Family/Phone")
        .stdin(Stdio::null());
    let journey = tokio::task::spawn_blocking(move || journey.output()).await?.context("cannot run node")?;
    let told = String::from_utf8_lossy(&journey.stdout);
    println!("{told}");
    ensure!(journey.status.success(), "{told}{}", String::from_utf8_lossy(&journey.stderr));
    ensure!(told.matches("ok ").count() >= 10, "some steps did not run:\n{told}");

    // Nothing lost, nothing twice, every byte as it was.
    let keys: Vec<String> =
        home.keys(Bucket::Source).await?.into_iter().filter(|key| key.starts_with("Family/Camera roll/")).collect();
    ensure!(keys.len() == ROLL, "{} photos of {ROLL}", keys.len());
    for (key, bytes) in expected {
        let object = home.store().read_path(Bucket::Source, &key).await?.with_context(|| format!("{key} is lost"))?;
        ensure!(object.bytes == bytes, "{key} is not as it was");
    }
    let phone: Vec<String> =
        home.keys(Bucket::Source).await?.into_iter().filter(|key| key.starts_with("Family/Phone/")).collect();
    ensure!(phone.len() == 24 && phone.contains(&"Family/Phone/image~2.jpg".to_owned()), "{phone:?}");
    Ok(())
}

/// `screenshots/` in the target folder that this test was built in.
fn screenshots(here: &Path) -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| here.join("../target"), PathBuf::from);
    target.join("screenshots")
}
