//! Requirements 8, 19, 20 and 22: what somebody without a session, or without the right, could find out by asking oddly.

use anyhow::Result;

use crate::{Attacked, SECRET, cookie, status, undated};

const METHODS: [&str; 11] =
    ["GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "PURGE", "get"];

/// Header lines that make caches and file servers talk; `ETAG` is the object's own.
const PROBES: [&str; 14] = [
    "",
    "If-None-Match: ETAG\r\n",
    "If-None-Match: W/ETAG\r\n",
    "If-None-Match: *\r\n",
    "If-Match: ETAG\r\n",
    "If-Match: *\r\n",
    "If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT\r\n",
    "If-Unmodified-Since: Fri, 01 Jan 1999 00:00:00 GMT\r\n",
    "Range: bytes=0-0\r\n",
    "Range: bytes=999999999-\r\n",
    "Range: bytes=0-\r\nIf-Range: ETAG\r\n",
    "X-Original-URL: /robots.txt\r\nX-Rewrite-URL: /robots.txt\r\nX-Forwarded-Prefix: /assets\r\n",
    "X-HTTP-Method-Override: GET\r\nX-Forwarded-Proto: https\r\nX-Forwarded-For: 127.0.0.1\r\n",
    "Accept-Encoding: br\r\nCache-Control: only-if-cached\r\nPragma: no-cache\r\n",
];

#[tokio::test(flavor = "multi_thread")]
async fn without_a_session_nobody_learns_what_exists() -> Result<()> {
    let attacked = Attacked::start().await?;
    for place in attacked.places() {
        let known = attacked.ask("GET", &place, &cookie(&attacked.gerda)).await?;
        assert_eq!(status(&known), 200);
        let etag =
            known.lines().find_map(|line| line.strip_prefix("etag: ")).expect("an ETag").trim_start_matches("W/");
        let missing = place.replace("Family", "Famili");
        for method in METHODS {
            for how in ["Sec-Fetch-Mode: navigate\r\n", "Sec-Fetch-Mode: cors\r\n"] {
                for probe in PROBES {
                    let lines = format!("{}{how}", probe.replace("ETAG", etag));
                    let there = attacked.ask(method, &place, &lines).await?;
                    let not_there = attacked.ask(method, &missing, &lines).await?;
                    let same = |answer: &str| undated(answer).replace("Famili", "Family");
                    assert_eq!(same(&there), same(&not_there), "{method} {place} {probe}");
                    assert!(matches!(status(&there), 302 | 400 | 401 | 405), "{method} {place} {probe}: {there}");
                    for told in ["etag:", "last-modified:", "content-range:", "accept-ranges:", "set-cookie:", SECRET] {
                        assert!(!there.to_ascii_lowercase().contains(told), "{method} {place} {probe}: {there}");
                    }
                    for (name, _) in session::headers::SECURITY {
                        assert!(there.contains(&format!("\n{name}: ")), "{method} {place}: no {name}");
                    }
                    assert!(there.contains("cache-control: no-store"), "{there}");
                }
            }
        }
    }
    Ok(())
}

/// Requirement 20.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_login_is_kept() -> Result<()> {
    let attacked = Attacked::start().await?;
    for method in ["GET", "HEAD", "POST", "OPTIONS", "PUT"] {
        for path in
            ["/auth/login", "/auth/logout", "/auth/renew", "/auth/invite", "/auth/invite?code=x", "/auth/upload"]
        {
            for probe in ["", "If-None-Match: *\r\n", "Range: bytes=0-0\r\n"] {
                for who in [String::new(), cookie(&attacked.gerda)] {
                    let answer = attacked.ask(method, path, &format!("{who}{probe}")).await?;
                    let kept = answer.contains("cache-control: no-store");
                    assert!(kept && !matches!(status(&answer), 206 | 304), "{method} {path} {probe}: {answer}");
                    assert!(!answer.contains("etag:"), "{method} {path}: {answer}");
                }
            }
        }
    }
    Ok(())
}

/// Requirement 22.
#[tokio::test(flavor = "multi_thread")]
async fn error_pages_are_the_same_for_all_and_stay_errors() -> Result<()> {
    let attacked = Attacked::start().await?;
    let ask = |place: String, probe: &'static str| {
        let (attacked, lines) = (&attacked, format!("{}{probe}", cookie(&attacked.tom)));
        async move { attacked.ask("GET", &place, &lines).await }
    };
    let usual = ask("/albums/Garden/nothing/".to_owned(), "").await?;
    assert_eq!(status(&usual), 404);
    assert!(!usual.contains("Garden") && !usual.contains("tom") && !usual.contains("Family"), "{usual}");
    for place in attacked.places() {
        for place in [place.clone(), place.replace("Family", "Famili")] {
            for probe in [
                "",
                "If-None-Match: *\r\n",
                "Range: bytes=0-0\r\n",
                "If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT\r\n",
            ] {
                let answer = ask(place.clone(), probe).await?;
                assert_eq!(undated(&answer), undated(&usual), "{place} {probe}");
            }
        }
    }
    Ok(())
}
