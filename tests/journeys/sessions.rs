//! Sessions over time: renewed, revoked, begun by invitation, signed by another key.

use std::time::Duration;

use anyhow::Result;
use futures::future::try_join_all;
use gallery::{Scope, ViewerName};
use heirloom_tests::{Home, PASSWORD, PATIENCE, Visitor, attributes, location};
use jiff::{SignedDuration, Timestamp};
use login::{Invitations, Secret, keys};
use reqwest::StatusCode;
use reqwest::header::SET_COOKIE;

async fn filled() -> Result<Home> {
    let home = Home::start().await?;
    for number in 0..6 {
        home.upload_photo(&format!("Family/Lisbon/{number}.jpg"), number).await?;
    }
    home.upload_photo("Garden/1.jpg", 7).await?;
    home.settled().await?;
    Ok(home)
}

/// Requirement 8 and 9: what a page left open asks for is refused without a redirect, nobody's session is lost by it, and
/// many tabs that renew at once all go on.
#[tokio::test(flavor = "multi_thread")]
async fn fifty_expired_requests_cause_no_storm() -> Result<()> {
    let home = filled().await?;
    let mut gerda = home.viewer("gerda", Scope::All).await?;
    let page = gerda.page("/albums/Family/Lisbon/").await?;
    let pictures = attributes(&page, "src", "/pics/");
    assert!(pictures.len() >= 6);

    // Eleven minutes after the last look: a page is sent to renew, its pictures still come.
    home.age(&mut gerda, SignedDuration::from_mins(11)).await?;
    assert!(location(&gerda.visit("/albums/Family/Lisbon/").await?).starts_with("/auth/renew?next="));
    assert_eq!(gerda.fetch(pictures[0]).await?.status(), StatusCode::OK);

    // Past the grace: fifty pictures at once.
    home.age(&mut gerda, SignedDuration::from_mins(30)).await?;
    let asked = (0..50).map(|n| gerda.fetch(pictures[n % pictures.len()]));
    for answer in try_join_all(asked).await? {
        assert_eq!((answer.status(), location(&answer)), (StatusCode::UNAUTHORIZED, ""));
        assert!(answer.headers().get(SET_COOKIE).is_none(), "the session is not lost");
        assert!(answer.bytes().await?.is_empty());
    }
    let tabs: Vec<Visitor> = vec![gerda.clone(); 10];
    let picture = pictures[0];
    let renewals = tabs.into_iter().map(|mut tab| async move {
        let answer = tab.follow("/albums/Family/Lisbon/").await?;
        anyhow::Ok((answer.status(), tab.fetch(picture).await?.status()))
    });
    for statuses in try_join_all(renewals).await? {
        assert_eq!(statuses, (StatusCode::OK, StatusCode::OK));
    }
    // The end of the session is where it was: a month after it began there is nothing to renew.
    home.age(&mut gerda, SignedDuration::from_hours(31 * 24)).await?;
    assert!(location(&gerda.visit("/auth/renew?next=%2F").await?).starts_with("/auth/login"));
    Ok(())
}

/// Requirement 10: whatever the owner changes has taken effect when the session is looked at again, ten minutes later for
/// pages and fifteen for everything else.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_takes_effect_within_fifteen_minutes() -> Result<()> {
    let home = filled().await?;
    let (users, now) = (home.machine().users(), Timestamp::now());
    for change in ["removed", "password", "logout", "scope"] {
        let mut viewer = home.viewer(change, Scope::All).await?;
        let picture = viewer.page("/albums/Garden/").await?;
        let picture = attributes(&picture, "src", "/pics/")[0].to_owned();
        let name = ViewerName::parse(change)?;
        match change {
            "removed" => users.remove(&name).await?,
            "password" => drop(users.set_password(&name, &"another long password".to_owned().into(), now).await?),
            "logout" => drop(users.sign_out_everywhere(&name, now).await?),
            _ => drop(users.set_scope(&name, owner::cli::scope(Some(&["Family".to_owned()])), now).await?),
        }
        home.age(&mut viewer, SignedDuration::from_secs(15 * 60 + 1)).await?;
        assert_eq!(viewer.fetch(&picture).await?.status(), StatusCode::UNAUTHORIZED, "{change}");
        let answer = viewer.follow("/albums/Garden/").await?;
        assert_eq!(answer.url().path(), "/auth/login", "{change}");
        assert_eq!(viewer.cookie, None, "{change}");
    }
    let mut tom = home.stranger();
    tom.sign_in("scope", PASSWORD).await?;
    home.settled().await?;
    assert_eq!(tom.visit("/albums/Garden/").await?.status(), StatusCode::NOT_FOUND);
    assert_eq!(tom.visit("/albums/Family/Lisbon/").await?.status(), StatusCode::OK);
    Ok(())
}

/// Requirement 17, as grandmother meets it.
#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_leads_to_the_photos() -> Result<()> {
    let home = filled().await?;
    let (name, now) = (ViewerName::parse("grandma")?, Timestamp::now());
    let user = home.machine().users().add_invited(&name, owner::cli::scope(Some(&["Garden".to_owned()])), now).await?;
    let secret = Secret::new()?;
    let expires = now + SignedDuration::from_hours(24);
    Invitations::new(home.store().clone()).make(&user, &secret, now, expires).await?;
    home.settled().await?;

    let mut tablet = home.stranger();
    let link = format!("/auth/invite?code={}", secret.reveal());
    assert!(tablet.page(&link).await?.contains("Open the gallery"));
    let answer = tablet.post("/auth/invite", &[("code", &secret.reveal())]).await?;
    assert_eq!((answer.status(), location(&answer)), (StatusCode::SEE_OTHER, "/auth/invite"));
    assert!(tablet.page("/auth/invite").await?.contains("See the photos"));
    let page = tablet.page("/").await?;
    assert!(page.contains("Garden") && !page.contains("Family"), "{page}");
    assert_eq!(home.stranger().visit(&link).await?.status(), StatusCode::GONE);
    Ok(())
}

/// Requirement 11: the gate of a running gallery learns of new keys and forgets dropped ones.
#[tokio::test(flavor = "multi_thread")]
async fn a_running_gate_follows_the_keys() -> Result<()> {
    let home = filled().await?;
    let gerda = home.viewer("gerda", Scope::All).await?;
    let old = keys::load(home.store()).await?.signing(Timestamp::now()).id().to_string();
    keys::rotate(home.store(), Timestamp::now(), Timestamp::now()).await?;
    // Login remembers the keys for a minute; a session of the new key is minted here.
    let mut otto = gerda.clone();
    home.age(&mut otto, SignedDuration::ZERO).await?;
    until(|| async { Ok(otto.visit("/").await?.status() == StatusCode::OK) }).await?;
    assert_eq!(gerda.visit("/").await?.status(), StatusCode::OK, "the old one goes on");

    keys::drop_stolen(home.store(), home.machine().users(), &old, Timestamp::now()).await?;
    until(|| async { Ok(gerda.visit("/").await?.status() == StatusCode::FOUND) }).await?;
    assert_eq!(otto.visit("/").await?.status(), StatusCode::OK);
    Ok(())
}

async fn until<F: Future<Output = Result<bool>>>(ready: impl Fn() -> F) -> Result<()> {
    let since = std::time::Instant::now();
    while !ready().await? {
        anyhow::ensure!(since.elapsed() < PATIENCE, "it never came");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}
