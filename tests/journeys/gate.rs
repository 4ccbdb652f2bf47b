//! Nobody sees anything without a session, and nobody sees more than their scope.

use anyhow::Result;
use gallery::keys::{BUCKETS, Bucket};
use gallery::{Scope, ViewerName};
use heirloom_tests::{Home, PASSWORD, Visitor, attributes, location};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::{CACHE_CONTROL, ORIGIN, SET_COOKIE};
use reqwest::{Method, StatusCode};

/// What the canonical paths leave as it is.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'/');

async fn filled() -> Result<Home> {
    let home = Home::start().await?;
    home.upload_photo("Family/Lisbon 2024/a b.jpg", 1).await?;
    home.upload_photo("Garden/ü.jpg", 2).await?;
    home.upload("Garden/metadata.yml", "title: Our garden").await?;
    home.let_in("resident", Scope::All).await?;
    home.settled().await?;
    Ok(home)
}

/// Every path that could name an object of a bucket: as it lies there, as a folder, and under each public prefix.
async fn every_path(home: &Home) -> Result<Vec<String>> {
    let mut paths = vec!["/".to_owned()];
    for bucket in BUCKETS {
        let keys = home.keys(bucket).await?;
        assert!(!keys.is_empty(), "{bucket:?} holds something to protect");
        for key in keys {
            let encoded = utf8_percent_encode(&key, SEGMENT).to_string();
            for prefix in ["/", "/originals/", "/pics/", "/albums/", "/home/", "/assets/", "/auth/"] {
                paths.push(format!("{prefix}{encoded}"));
            }
            if let Some(folder) = encoded.strip_suffix("index.html") {
                paths.push(format!("/{folder}"));
            }
        }
    }
    Ok(paths)
}

/// Requirement 1.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_session_nothing_of_any_bucket_is_served() -> Result<()> {
    let home = filled().await?;
    let stranger = home.stranger();
    let (mut tried, mut public) = (0, Vec::new());
    for path in every_path(&home).await? {
        for answer in [stranger.visit(&path).await?, stranger.fetch(&path).await?] {
            tried += 1;
            let status = answer.status();
            if status == StatusCode::OK {
                public.push(path.clone());
                continue;
            }
            assert!(
                matches!(status.as_u16(), 302 | 400 | 401 | 404 | 405),
                "{path} was answered {status} without a session"
            );
            assert_eq!(answer.headers()[CACHE_CONTROL], "no-store", "{path}");
            assert!(answer.bytes().await?.is_empty() || status == StatusCode::NOT_FOUND, "{path}");
        }
    }
    public.dedup();
    assert!(tried > 200, "only {tried} paths were tried");
    let allowed = |path: &String| {
        path.starts_with("/assets/") || ["/robots.txt", "/favicon.ico", "/sw.js"].contains(&path.as_str())
    };
    assert!(public.iter().all(allowed), "public: {public:?}");
    assert!(public.iter().any(|path| path.starts_with("/assets/")), "the login page's neighbours are public");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_navigation_is_led_to_the_login_page_and_back_a_picture_is_not() -> Result<()> {
    let home = filled().await?;
    let mut stranger = home.stranger();
    let answer = stranger.visit("/albums/Garden/").await?;
    assert_eq!(answer.status(), StatusCode::FOUND);
    assert_eq!(location(&answer), "/auth/login?next=%2Falbums%2FGarden%2F");
    let page = stranger.page(location(&answer)).await?;
    assert!(page.contains("/albums/Garden/"), "the form knows the way back: {page}");

    let form = [("name", "Resident "), ("password", PASSWORD), ("next", "/albums/Garden/")];
    let answer = stranger.post("/auth/login", &form).await?;
    assert_eq!((answer.status(), location(&answer)), (StatusCode::SEE_OTHER, "/albums/Garden/"));
    let set = answer.headers()[SET_COOKIE].to_str()?.to_owned();
    for part in ["__Host-session=", "Secure", "HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(set.contains(part), "{set}");
    }
    assert!(stranger.page("/albums/Garden/").await?.contains("Our garden"));

    let answer = home.stranger().fetch("/pics/Garden/00000000000000000000/00-360.jpg").await?;
    assert_eq!((answer.status(), location(&answer)), (StatusCode::UNAUTHORIZED, ""));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn next_never_leads_to_another_site() -> Result<()> {
    let home = filled().await?;
    for next in [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "/auth/logout",
        "javascript:alert(1)",
        "/\t/evil",
    ] {
        let form = [("name", "resident"), ("password", PASSWORD), ("next", next)];
        let answer = home.stranger().post("/auth/login", &form).await?;
        assert_eq!((answer.status(), location(&answer)), (StatusCode::SEE_OTHER, "/"), "{next}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_and_an_unknown_name_get_the_same_answer() -> Result<()> {
    let home = filled().await?;
    let mut pages = Vec::new();
    for (name, password) in [("resident", "not the right password"), ("nobody-here", "not the right password")] {
        let mut stranger = home.stranger();
        let answer = stranger.sign_in(name, password).await?;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
        assert!(answer.headers().get(SET_COOKIE).is_none());
        pages.push(answer.text().await?.replace(name, "NAME"));
        assert!(stranger.cookie.is_none());
    }
    assert_eq!(pages[0], pages[1]);
    assert!(!pages[0].contains("not the right password"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_from_another_site_signs_nobody_in() -> Result<()> {
    let home = filled().await?;
    let stranger = home.stranger();
    let form = [("name", "resident"), ("password", PASSWORD)];
    let request = stranger.request(Method::POST, "/auth/login").header(ORIGIN, "https://evil.example").form(&form);
    let answer = stranger.send(request).await?;
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.headers().get(SET_COOKIE).is_none());
    Ok(())
}

/// Requirement 21: the buckets answer nobody who does not sign for it.
#[tokio::test(flavor = "multi_thread")]
async fn the_buckets_refuse_direct_calls() -> Result<()> {
    let home = filled().await?;
    let direct = Visitor::at(&home.machine().s3_endpoint().url);
    for bucket in ["source", "resized", "web", "auth"] {
        for path in [format!("/{bucket}"), format!("/{bucket}?list-type=2"), format!("/{bucket}/index.html")] {
            for method in [Method::GET, Method::HEAD, Method::PUT, Method::DELETE] {
                let answer = direct.send(direct.request(method.clone(), &path)).await?;
                assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{method} {path}");
            }
        }
    }
    assert_eq!(home.keys(Bucket::Source).await?.len(), 3, "nothing was removed");
    Ok(())
}

/// Requirement 3.
#[tokio::test(flavor = "multi_thread")]
async fn a_scope_ends_at_its_collections() -> Result<()> {
    let home = filled().await?;
    let garden = owner::cli::scope(Some(&["Garden".to_owned()]));
    let tom = home.viewer("tom", garden).await?;
    home.settled().await?;
    let all = home.viewer("gerda", Scope::All).await?;

    let page = tom.page("/").await?;
    assert!(page.contains("Our garden") && !page.contains("Family"), "{page}");
    assert!(tom.page("/albums/Garden/").await?.contains("Our garden"));
    assert_eq!(tom.fetch("/originals/Garden/%C3%BC.jpg").await?.status(), StatusCode::OK);

    let missing = answer_of(&tom, "/albums/Garden/nothing/").await?;
    let lisbon = all.page("/albums/Family/Lisbon_2024/").await?;
    let mut forbidden =
        vec!["/albums/Family/", "/albums/Family/Lisbon_2024/", "/originals/Family/Lisbon%202024/a%20b.jpg"];
    forbidden.extend(attributes(&lisbon, "src", "/pics/"));
    forbidden.push("/home/all/");
    assert!(forbidden.len() > 4);
    for path in forbidden {
        assert_eq!(answer_of(&tom, path).await?, missing, "{path} looks like what is not there");
    }
    Ok(())
}

async fn answer_of(visitor: &Visitor, path: &str) -> Result<(StatusCode, Vec<(String, String)>, String)> {
    let answer = visitor.visit(path).await?;
    let headers = answer.headers().iter().filter(|(name, _)| *name != "date");
    let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap_or("").to_owned())).collect();
    Ok((answer.status(), headers, answer.text().await?))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_cookie_opens_nothing() -> Result<()> {
    let home = filled().await?;
    let gerda = home.viewer("gerda", Scope::All).await?;
    let token = gerda.cookie.clone().expect("signed in");
    let middle = token.find('.').expect("a token has dots") + 5;
    let mut forged = token.clone().into_bytes();
    forged[middle] = if forged[middle] == b'A' { b'B' } else { b'A' };
    for cookie in [String::from_utf8(forged)?, token[..token.len() - 4].to_owned(), String::new(), "x".repeat(5000)] {
        let mut other = home.stranger();
        other.cookie = Some(cookie);
        assert_eq!(other.fetch("/albums/Family/").await?.status(), StatusCode::UNAUTHORIZED);
    }
    let mut twice = home.stranger();
    twice.cookie = Some(format!("{token}; {}={token}", session::cookie::NAME));
    let answer = twice.visit("/albums/Family/").await?;
    assert_ne!(answer.status(), StatusCode::OK, "two session cookies are none");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_ends_it() -> Result<()> {
    let home = filled().await?;
    let mut gerda = home.viewer("gerda", Scope::All).await?;
    assert_eq!(gerda.visit("/auth/logout").await?.status(), StatusCode::METHOD_NOT_ALLOWED);
    let answer = gerda.post("/auth/logout", &[]).await?;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    assert!(answer.headers()["clear-site-data"].to_str()?.contains("cache"));
    assert_eq!(gerda.cookie, None);
    assert_eq!(gerda.visit("/").await?.status(), StatusCode::FOUND);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_carries_the_security_headers() -> Result<()> {
    let home = filled().await?;
    let gerda = home.viewer("gerda", Scope::All).await?;
    let stranger = home.stranger();
    let answers = [
        stranger.visit("/").await?,
        stranger.fetch("/").await?,
        stranger.visit("/auth/login").await?,
        stranger.visit("/%2e%2e/").await?,
        gerda.visit("/").await?,
        gerda.visit("/albums/nothing/").await?,
        gerda.fetch("/originals/Garden/%C3%BC.jpg").await?,
    ];
    for answer in answers {
        for (name, part) in [
            ("content-security-policy", "default-src 'none'"),
            ("strict-transport-security", "max-age"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", if answer.url().path() == "/auth/login" { "same-origin" } else { "no-referrer" }),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("x-robots-tag", "noindex"),
        ] {
            let value = answer.headers().get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
            assert!(value.contains(part), "{} {}: {name}: {value}", answer.url(), answer.status());
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn paths_have_one_spelling() -> Result<()> {
    let home = filled().await?;
    let gerda = home.viewer("gerda", Scope::All).await?;
    let other_spellings = [
        "//albums/Garden/",
        "/albums//Garden/",
        "/albums/%47arden/",
        "/albums/../albums/Garden/",
        "/albums/./Garden/",
        "/albums/%2e%2e/albums/Garden/",
        "/albums/Garden\\",
        "/albums/Garden/%00",
        "/originals/Garden/%c3%bc.jpg",
        "/originals/Garden/ü.jpg",
        "/originals/%47arden/%C3%BC.jpg",
        "/originals/Family/../Garden/%C3%BC.jpg",
        "/originals/Family/%2E%2E/Garden/%C3%BC.jpg",
        "/originals/Garden%2F%C3%BC.jpg",
    ];
    for path in other_spellings {
        let answer = gerda.raw(path).await?;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{path}: {answer}");
    }
    assert!(gerda.raw("/originals/Garden/%C3%BC.jpg").await?.starts_with("HTTP/1.1 200 "), "the one spelling");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_viewer_is_out_at_the_next_renewal() -> Result<()> {
    let home = filled().await?;
    let gerda = home.viewer("gerda", Scope::All).await?;
    let renewed = gerda.visit("/auth/renew?next=%2Falbums%2FGarden%2F").await?;
    assert_eq!(location(&renewed), "/albums/Garden/");
    home.machine().users().remove(&ViewerName::parse("gerda")?).await?;
    let refused = gerda.visit("/auth/renew?next=%2F").await?;
    assert!(location(&refused).starts_with("/auth/login"), "{}", location(&refused));
    assert!(refused.headers()[SET_COOKIE].to_str()?.contains("Max-Age=0"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_can_be_asked_for_in_parts_and_not_twice() -> Result<()> {
    let home = filled().await?;
    let gerda = home.viewer("gerda", Scope::All).await?;
    let path = "/originals/Garden/%C3%BC.jpg";
    let whole = gerda.fetch(path).await?;
    let etag = whole.headers()["etag"].clone();
    let whole = whole.bytes().await?;
    let part = gerda.send(gerda.request(Method::GET, path).header("range", "bytes=2-5")).await?;
    assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(part.bytes().await?, whole[2..6]);
    let known = gerda.send(gerda.request(Method::GET, path).header("if-none-match", etag)).await?;
    assert_eq!(known.status(), StatusCode::NOT_MODIFIED);
    let beyond = gerda.send(gerda.request(Method::GET, path).header("range", "bytes=99999999-")).await?;
    assert_eq!(beyond.status(), StatusCode::RANGE_NOT_SATISFIABLE);
    let head = gerda.send(gerda.request(Method::HEAD, path)).await?;
    assert_eq!(head.headers()["content-length"], whole.len().to_string().as_str());
    assert_eq!(home.keys(Bucket::Source).await?.len(), 3);
    Ok(())
}
