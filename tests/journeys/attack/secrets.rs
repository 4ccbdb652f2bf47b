//! Requirements 23 to 27: what must not come out, wherever it went in.

use anyhow::{Context, Result};
use gallery::keys::{BUCKETS, Bucket};
use heirloom_tests::{PASSWORD, attributes};
use reqwest::Method;
use reqwest::header::ORIGIN;

use crate::{Attacked, cookie};

/// Requirement 25, over HTTP: neither a viewer nor a stranger is shown a key, whatever the path.
#[tokio::test(flavor = "multi_thread")]
async fn no_key_is_served_to_anybody() -> Result<()> {
    let attacked = Attacked::start().await?;
    let keys = attacked.home.keys(Bucket::Auth).await?;
    assert!(keys.iter().any(|key| key.starts_with("keys/")), "{keys:?}");
    let (store, mut secrets) = (attacked.home.store(), Vec::new());
    for key in keys.iter().filter(|key| key.starts_with("keys/")) {
        let object = store.client().get_object().bucket("auth").key(key).send().await?.body.collect().await?;
        let json: serde_json::Value = serde_json::from_slice(&object.into_bytes())?;
        secrets.extend(long_texts(&json));
    }
    assert!(!secrets.is_empty());
    for key in &keys {
        for prefix in
            ["/", "/auth/", "/originals/", "/pics/", "/albums/", "/assets/", "/web/", "/catalogue/", "/home/all/"]
        {
            for who in [cookie(&attacked.gerda), String::new()] {
                let answer = attacked.ask("GET", &format!("{prefix}{key}"), &who).await?;
                assert!(!answer.starts_with("HTTP/1.1 200"), "{prefix}{key}: {answer}");
                assert!(secrets.iter().all(|secret| !answer.contains(secret)), "{prefix}{key}");
            }
        }
    }
    for path in ["/", "/auth/login", "/albums/Family/", "/robots.txt"] {
        let answer = attacked.ask("GET", path, &cookie(&attacked.gerda)).await?;
        assert!(secrets.iter().all(|secret| !answer.contains(secret)), "{path}");
    }
    Ok(())
}

/// Texts in a record of keys that are too long to stand anywhere by chance.
fn long_texts(json: &serde_json::Value) -> Vec<String> {
    match json {
        serde_json::Value::String(text) if text.len() >= 40 => vec![text.clone()],
        serde_json::Value::Array(list) => list.iter().flat_map(long_texts).collect(),
        serde_json::Value::Object(map) => map.values().flat_map(long_texts).collect(),
        _ => Vec::new(),
    }
}

/// Requirement 23.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_secret_is_echoed() -> Result<()> {
    let attacked = Attacked::start().await?;
    let token = attacked.gerda.cookie.clone().context("signed in")?;
    let typed = "never-to-be-seen-again";
    let stranger = attacked.home.stranger();
    for (path, form) in [
        ("/auth/login", vec![("name", "gerda"), ("password", typed)]),
        ("/auth/login", vec![("name", typed), ("password", typed), ("next", "/")]),
        ("/auth/invite", vec![("code", typed)]),
        ("/auth/invite", vec![("code", typed), ("password", typed)]),
        ("/auth/logout", vec![("password", typed)]),
    ] {
        let request = stranger.request(Method::POST, path).header(ORIGIN, attacked.home.address()).form(&form);
        let answer = stranger.send(request).await?;
        let head = format!("{:?}", answer.headers());
        let body = answer.text().await?;
        // A name that nobody has may stand in its field again; a password or a code may not.
        let body = body.replace(&format!("value=\"{typed}\""), "");
        assert!(!head.contains(typed) && !body.contains(typed), "{path}: {head}\n{body}");
    }
    for path in
        ["/", "/albums/Family/", "/albums/nothing/", "/auth/login", "/auth/invite?code=x", "/%2e%2e/", "/auth/upload"]
    {
        for method in ["GET", "POST", "OPTIONS", "TRACE"] {
            let answer =
                attacked.ask(method, path, &format!("{}X-Typed: {typed}\r\n", cookie(&attacked.gerda))).await?;
            assert!(!answer.contains(&token) && !answer.contains(typed), "{method} {path}: {answer}");
        }
    }
    // And nothing of it lies in a bucket.
    for bucket in BUCKETS {
        for key in attacked.home.keys(bucket).await? {
            let object = attacked.home.store().client().get_object().bucket(attacked.home.store().name(bucket));
            let bytes = object.key(&key).send().await?.body.collect().await?.into_bytes();
            let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
            assert!(!holds(typed) && !holds(PASSWORD) && !holds(&token), "{bucket:?} {key}");
        }
    }
    Ok(())
}

/// Requirement 24.
#[tokio::test(flavor = "multi_thread")]
async fn records_hold_one_line_each_whatever_is_typed() -> Result<()> {
    let attacked = Attacked::start().await?;
    let records = || async {
        let keys = attacked.home.keys(Bucket::Auth).await?;
        anyhow::Ok(keys.into_iter().filter(|key| key.starts_with("audit/")).collect::<Vec<_>>())
    };
    let before = records().await?;
    let odd = ["a\r\nsign-in ok gerda", "\u{1b}[2J", "\u{202e}adreg", "{\"event\":\"x\"}", "../../users/gerda", "a\0b"];
    for name in odd {
        attacked.home.stranger().sign_in(name, "a wrong password of mine").await?;
    }
    let after = records().await?;
    assert!(before.iter().all(|key| after.contains(key)), "records are only added");
    assert_eq!(after.len(), before.len() + odd.len());
    for key in after.iter().filter(|key| !before.contains(key)) {
        assert!(key.chars().all(|c| c.is_ascii_alphanumeric() || "/-_.:~".contains(c)), "{key}");
        let object = attacked.home.store().client().get_object().bucket("auth").key(key).send().await?;
        let text = String::from_utf8(object.body.collect().await?.to_vec())?;
        let json: serde_json::Value = serde_json::from_str(&text)?;
        assert!(json.is_object() && !text.trim_end().contains('\n') && !text.contains('\u{1b}'), "{text}");
        for name in odd {
            assert!(!text.contains(name), "names that nobody has are not kept: {text}");
        }
    }
    Ok(())
}

/// Requirement 26.
#[tokio::test(flavor = "multi_thread")]
async fn names_and_words_are_shown_as_text() -> Result<()> {
    let attacked = Attacked::start().await?;
    let script = "<script>alert(1)</script>";
    let folder = "Garden/<img src=x onerror=alert(2)>\" onload=\"alert(3)";
    attacked.home.upload_photo(&format!("{folder}/{{{{7*7}}}}'\"><svg onload=alert(4)>.jpg"), 9).await?;
    let words = format!(
        "title: '{script}'\ncomment1: '\" onmouseover=\"alert(5)'\ncomment2: '<iframe src=//evil.example>'\n\
         description: |\n  {script} <a href=\"javascript:alert(6)\">x</a> [y](javascript:alert(7)) ![z](https://evil.example/z.png)\n  \
         [w](data:text/html,x) <style>*{{x}}</style> [v](<java\tscript:alert(8)>)\n"
    );
    attacked.home.upload(&format!("{folder}/metadata.yml"), words).await?;
    attacked.home.settled().await?;
    let garden = attacked.gerda.page("/albums/Garden/").await?;
    let album = attributes(&garden, "href", "/albums/Garden/");
    let album = album.iter().find(|path| path.len() > "/albums/Garden/".len()).context("the album's card")?;
    for page in [
        garden.clone(),
        attacked.gerda.page(album).await?,
        attacked.gerda.page("/").await?,
        attacked.gerda.page("/feed.xml").await?,
    ] {
        // What stands between escaped brackets is text, whatever it says.
        let lower = page.to_lowercase();
        let mut parts = lower.split("&lt;");
        let first = parts.next().unwrap_or_default().to_owned();
        let lower = parts.fold(first, |live, part| live + part.split_once("&gt;").map_or(part, |(_, rest)| rest));
        for live in [
            "<script>alert",
            "<img src=x",
            "<svg onload",
            "<iframe",
            "<style>*",
            "href=\"javascript:",
            "href=\"data:",
            "src=\"https://evil",
            "src=\"//evil",
        ] {
            assert!(!lower.contains(live), "{live} in {page}");
        }
        // A quote that was typed never ends an attribute.
        assert!(!page.contains("\" onload=\"alert") && !page.contains("\" onmouseover=\"alert"), "{page}");
    }
    assert!(garden.contains("&lt;script&gt;alert(1)"), "and it is shown: {garden}");
    Ok(())
}

/// Requirement 27.
#[tokio::test(flavor = "multi_thread")]
async fn pictures_carry_nothing_but_pixels() -> Result<()> {
    let attacked = Attacked::start().await?;
    // A comment and an EXIF block that say where it was, behind the first two bytes of a JPEG.
    let photo = owner::sample::small(5, 640, 480);
    let exif =
        b"Exif\0\0II*\0\x08\0\0\0\x01\0\x0f\x01\x02\0\x20\0\0\0\x1a\0\0\0\0\0\0\0SerialNumber-4711-of-this-camera\0";
    let segment = |marker: u8, bytes: &[u8]| {
        let length = u16::try_from(bytes.len() + 2).unwrap_or(u16::MAX).to_be_bytes();
        [&[0xff, marker][..], &length, bytes].concat()
    };
    let xmp = b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x='adobe:ns:meta/'>SerialNumber-4711</x:xmpmeta>";
    let marked =
        [&photo[..2], &segment(0xe1, exif), &segment(0xe1, xmp), &segment(0xfe, b"SerialNumber-4711"), &photo[2..]];
    attacked.home.upload("Family/marked.jpg", marked.concat()).await?;
    attacked.home.settled().await?;
    let mut looked_at = 0;
    for key in attacked.home.keys(Bucket::Resized).await?.iter().filter(|key| key.starts_with("pics/")) {
        let answer = attacked.gerda.fetch(&format!("/{key}")).await?;
        assert_eq!(answer.status(), 200, "{key}");
        let bytes = answer.bytes().await?;
        for mark in
            [&b"Exif"[..], b"http://ns.adobe.com", b"SerialNumber", b"Photoshop", b"ICC_PROFILE", b"EXIF", b"XMP "]
        {
            assert!(
                !bytes.windows(mark.len()).any(|window| window == mark),
                "{key} carries {}",
                String::from_utf8_lossy(mark)
            );
        }
        looked_at += 1;
    }
    assert!(looked_at > 6, "{looked_at} renditions");
    // The original is as it was, for who may have it.
    let original = attacked.gerda.fetch("/originals/Family/marked.jpg").await?.bytes().await?;
    assert!(original.windows(17).any(|window| window == b"SerialNumber-4711"));
    Ok(())
}
