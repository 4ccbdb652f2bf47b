//! Requirements 14, 15 and 16: guessing names and passwords.

use anyhow::Result;
use heirloom_tests::{Home, PASSWORD};
use reqwest::Method;
use reqwest::header::ORIGIN;

use crate::{Attacked, undated};

/// A try with header lines of its own; the status of the answer, and the answer without what was typed.
async fn try_in(attacked: &Attacked, name: &str, password: &str, lines: &[(&str, String)]) -> Result<(u16, String)> {
    let stranger = attacked.home.stranger();
    let mut request = stranger.request(Method::POST, "/auth/login").header(ORIGIN, attacked.home.address());
    for (name, value) in lines {
        request = request.header(*name, value);
    }
    let answer = stranger.send(request.form(&[("name", name), ("password", password)])).await?;
    let status = answer.status().as_u16();
    let lines: Vec<String> = answer.headers().iter().map(|(name, value)| format!("{name}: {value:?}")).collect();
    let head = lines.join("\n");
    let body = answer.text().await?.replace(name, "NAME");
    Ok((status, undated(&format!("{head}\n{body}")).replace("content-length", "")))
}

/// Headers by which proxies tell whom they speak for.
const PROXIES: [&str; 9] = [
    "x-forwarded-for",
    "forwarded",
    "x-real-ip",
    "true-client-ip",
    "cf-connecting-ip",
    "x-client-ip",
    "x-viewer-address",
    "cloudfront-viewer-address",
    "x-cluster-client-ip",
];

#[tokio::test(flavor = "multi_thread")]
async fn no_header_and_no_list_of_names_gets_around_the_count() -> Result<()> {
    let attacked = Attacked::start().await?;
    // Against one name, each time from somewhere else, if one believes the headers.
    let mut looked_at = 0;
    for round in 0..30 {
        let lines = PROXIES.map(|name| {
            let address = format!("198.51.{round}.{}", round + 1);
            (name, if name == "forwarded" { format!("for={address}") } else { address })
        });
        let (status, _) = try_in(&attacked, "gerda", &format!("wrong wrong wrong {round}"), &lines).await?;
        assert!(matches!(status, 401 | 429), "{status}");
        looked_at += usize::from(status == 401);
    }
    // Five, and one more for each time that the wait is over: 4, 8, 16 … seconds.
    assert!(looked_at <= 10, "{looked_at} of 30 guesses were looked at");
    let (status, _) = try_in(&attacked, "gerda", PASSWORD, &[]).await?;
    assert_eq!(status, 429, "even the right password waits");

    // Against many names, from one place: the gallery's own count ends it.
    let mut looked_at = 0;
    for round in 0..160 {
        let (status, _) = try_in(&attacked, &format!("nobody{round}"), "a wrong password of mine", &[]).await?;
        looked_at += usize::from(status == 401);
        if status == 429 {
            break;
        }
    }
    assert!(looked_at <= 110, "{looked_at} of 160 names were looked at");
    Ok(())
}

/// Where a proxy is believed, strangers behind it wait for themselves, and what they say of themselves counts for nothing.
#[tokio::test(flavor = "multi_thread")]
async fn behind_a_proxy_tries_are_counted_by_who_the_proxy_says_asks() -> Result<()> {
    let home = Home::start_with(|settings| settings.trust_proxy = true).await?;
    let attacked = Attacked::of(home).await?;
    let from = |said: &str| vec![("x-forwarded-for", said.to_owned())];
    let mut statuses = Vec::new();
    for round in 0..8 {
        let said = from(&format!("192.0.2.{round}, 203.0.113.5"));
        statuses.push(try_in(&attacked, "gerda", "a wrong password of mine", &said).await?.0);
    }
    assert!(statuses.ends_with(&[429, 429]), "{statuses:?}");
    assert_eq!(try_in(&attacked, "gerda", PASSWORD, &from("203.0.113.5")).await?.0, 429);
    assert_eq!(try_in(&attacked, "gerda", PASSWORD, &from("198.51.100.7")).await?.0, 303);
    assert_eq!(try_in(&attacked, "gerda", PASSWORD, &from("nonsense")).await?.0, 303);
    Ok(())
}

/// Requirement 14. The work behind is compared in `edge-auth/login/tests/with_s3/throttled.rs`.
#[tokio::test(flavor = "multi_thread")]
async fn answers_do_not_tell_who_has_an_account() -> Result<()> {
    let attacked = Attacked::start().await?;
    // Names of their own for each password, so that nobody has to wait.
    for (number, password) in ["a wrong password of mine", "", "x", &"x".repeat(5000)].into_iter().enumerate() {
        let (known, unknown, invited) = (format!("known{number}"), format!("other{number}"), format!("guest{number}"));
        attacked.home.let_in(&known, gallery::Scope::All).await?;
        let now = jiff::Timestamp::now();
        attacked.home.machine().users().add_invited(&invited.parse()?, gallery::Scope::All, now).await?;
        let expected = try_in(&attacked, &known, password, &[]).await?;
        for name in [unknown, invited] {
            assert_eq!(try_in(&attacked, &name, password, &[]).await?, expected, "{name}, {} bytes", password.len());
        }
        for name in ["K\u{e9}nown", "'; DROP TABLE users --", "../../keys/keys", "known0\0"] {
            let (status, _) = try_in(&attacked, name, password, &[]).await?;
            assert_eq!(status, expected.0, "{name}, {} bytes", password.len());
        }
    }
    // When strangers have to wait, they wait for names that nobody has as well.
    let mut waits = Vec::new();
    for name in ["gerda", "nobody"] {
        for _ in 0..8 {
            waits.push((name, try_in(&attacked, name, "a wrong password of mine", &[]).await?.0));
        }
    }
    for name in ["gerda", "nobody"] {
        assert!(waits.contains(&(name, 429)), "{waits:?}");
    }
    Ok(())
}

/// Requirement 16.
#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_never_cut() -> Result<()> {
    let attacked = Attacked::start().await?;
    let long = "a sentence that goes on and on, much further than the 72 bytes after which bcrypt hears nothing";
    let (name, now) = ("otto".parse()?, jiff::Timestamp::now());
    attacked.home.machine().users().add(&name, &long.to_owned().into(), gallery::Scope::All, now).await?;
    for guess in [&long[..72], &long[..long.len() - 1], &format!("{long} "), &format!("{long}\0")] {
        assert_eq!(try_in(&attacked, "otto", guess, &[]).await?.0, 401, "{guess:?}");
    }
    assert_eq!(try_in(&attacked, "otto", long, &[]).await?.0, 303);
    Ok(())
}
