//! Who tries too often waits; who has signed in here before does not wait for others.

use futures::future::join_all;
use gallery::{Bucket, ViewerName};
use jiff::{SignedDuration, Timestamp};
use login::Cost;

use crate::fixture::*;

/// Requirement 15.
#[tokio::test]
async fn tries_wait_longer_and_longer_before_anything_is_hashed() {
    let Some((store, login)) = gallery("waits").await else {
        return;
    };
    let mut stranger = Browser::new(&login);
    for _ in 0..5 {
        assert_eq!(stranger.sign_in("gerda", "wrong-wrong-wrong-wrong", now()).await.status_code, 401);
    }
    let work = login.hasher().work();
    let refused = stranger.sign_in("gerda", PASSWORD, now()).await;
    assert_eq!((refused.status_code, refused.headers["retry-after"].to_str().unwrap()), (429, "4"));
    assert!(refused.body.unwrap().contains("wait 4 seconds"), "even the right password waits");
    assert_eq!(login.hasher().work(), work, "nothing was hashed");
    let counts = store.list(Bucket::Auth, "throttle/").all().await.unwrap();

    assert_eq!(stranger.sign_in("gerda", "wrong-wrong-wrong-wrong", later(4)).await.status_code, 401);
    let refused = stranger.sign_in("gerda", PASSWORD, later(4)).await;
    assert_eq!((refused.status_code, refused.headers["retry-after"].to_str().unwrap()), (429, "8"));
    assert_eq!(store.list(Bucket::Auth, "throttle/").all().await.unwrap().len(), counts.len());

    // From another network the viewer gets in, and that takes only their own tries there back.
    let mut elsewhere = Browser::at(&login, "198.51.100.7");
    assert_eq!(elsewhere.sign_in("gerda", PASSWORD, later(4)).await.status_code, 303);
    assert_eq!(stranger.sign_in("gerda", PASSWORD, later(5)).await.status_code, 429);
    assert_eq!(stranger.sign_in("gerda", PASSWORD, later(12)).await.status_code, 303);
    assert_eq!(stranger.sign_in("gerda", "wrong-wrong-wrong-wrong", later(12)).await.status_code, 401);

    let waits = recorded(&store).await;
    assert_eq!(waits.iter().filter(|line| *line == "sign-in Refused gerda").count(), 7);
    // S3's own clock says how old a count is.
    let today = Timestamp::now();
    assert_eq!(login.tidy(today).await.unwrap(), 0, "young counts stay");
    assert_eq!(login.tidy(today + SignedDuration::from_hours(49)).await.unwrap(), counts.len(), "old ones go");
}

/// Requirement 15: however hard strangers knock on a name, a device that knows it gets in.
#[tokio::test]
async fn a_device_that_has_signed_in_before_is_not_locked_out_by_a_name() {
    let Some((_, login)) = gallery("device").await else {
        return;
    };
    let mut tablet = Browser::new(&login);
    assert_eq!(tablet.sign_in("gerda", PASSWORD, now()).await.status_code, 303);
    assert_eq!(tablet.post("/auth/logout", "", now()).await.status_code, 303);
    assert!(tablet.cookies.keys().eq(["__Host-device"]), "{:?}", tablet.cookies);

    let mut waited = false;
    for network in 0..40 {
        let mut stranger = Browser::at(&login, &format!("198.51.{network}.1"));
        waited |= stranger.sign_in("gerda", "wrong-wrong-wrong-wrong", later(1)).await.status_code == 429;
    }
    assert!(waited, "the name is being knocked on");
    let mut fresh = Browser::at(&login, "192.0.2.1");
    assert_eq!(fresh.sign_in("gerda", PASSWORD, later(1)).await.status_code, 429, "a new device waits");
    assert_eq!(tablet.sign_in("gerda", PASSWORD, later(1)).await.status_code, 303, "the tablet does not");

    // The mark is for its viewer alone, and no way round the waiting for anybody who holds it.
    let otto = ViewerName::parse("otto").unwrap();
    login.users().add(&otto, &secret(PASSWORD), family(), now()).await.unwrap();
    for _ in 0..5 {
        assert_eq!(tablet.sign_in("otto", "wrong-wrong-wrong-wrong", later(2)).await.status_code, 401);
        assert_eq!(tablet.sign_in("gerda", "wrong-wrong-wrong-wrong", later(2)).await.status_code, 401);
    }
    assert_eq!(tablet.sign_in("gerda", PASSWORD, later(2)).await.status_code, 429);
    assert_eq!(tablet.sign_in("otto", PASSWORD, later(2)).await.status_code, 429);
}

/// Requirement 15: of many tries at once no more pass than one after the other.
#[tokio::test]
async fn tries_at_once_do_not_slip_through_together() {
    let Some((_, login)) = gallery("atonce").await else {
        return;
    };
    let login = &login;
    let before = login.hasher().work();
    let tries = (0..40).map(|_| async move { sign_in(login, "gerda", "wrong-wrong-wrong-wrong", now()).await });
    let statuses: Vec<i64> = join_all(tries).await.iter().map(|answer| answer.status_code).collect();
    let looked_at = statuses.iter().filter(|status| **status == 401).count();
    assert!(looked_at <= 5 && statuses.iter().all(|status| matches!(status, 401 | 429)), "{statuses:?}");
    let one = u64::from(Cost::LEAST.memory_kib) * u64::from(Cost::LEAST.passes);
    assert_eq!(login.hasher().work() - before, one * looked_at as u64);
}

/// Requirement 14: over a thousand tries, an unknown name costs exactly the work of a known one and gets the same answer,
/// byte for byte. (`make bench` compares the times.)
#[tokio::test]
async fn unknown_names_cost_the_same_work_and_get_the_same_answer() {
    let Some((_, login)) = gallery("unknown").await else {
        return;
    };
    let one = u64::from(Cost::LEAST.memory_kib) * u64::from(Cost::LEAST.passes);
    let mut answer = None;
    for sample in 0..1000 {
        let name = if sample % 2 == 0 { "gerda".to_owned() } else { format!("nobody{sample}") };
        // A day apart, so that none has to wait for another.
        let at = now() + SignedDuration::from_hours(24 * sample);
        let before = login.hasher().work();
        let response = sign_in(&login, &name, "wrong-wrong-wrong-wrong", at).await;
        assert_eq!(login.hasher().work() - before, one, "{name}");
        let told = (response.status_code, format!("{:?}", response.headers), response.body, response.cookies);
        assert_eq!(*answer.get_or_insert_with(|| told.clone()), told, "{name}");
    }
    // A viewer who was invited and has no password is like nobody.
    let invited = ViewerName::parse("grandma").unwrap();
    login.users().add_invited(&invited, family(), now()).await.unwrap();
    let before = login.hasher().work();
    assert_eq!(sign_in(&login, "grandma", "", now()).await.status_code, 401);
    assert_eq!(login.hasher().work() - before, one);
}

/// Requirement 14: what is longer than any password is refused before it is hashed, and not counted.
#[tokio::test]
async fn long_inputs_are_refused_before_hashing() {
    let Some((store, login)) = gallery("long").await else {
        return;
    };
    let before = login.hasher().work();
    let long = "x".repeat(1025);
    assert_eq!(sign_in(&login, "gerda", &long, now()).await.status_code, 401);
    assert_eq!(sign_in(&login, &long, PASSWORD, now()).await.status_code, 401);
    assert_eq!(login.hasher().work(), before);
    assert!(store.list(Bucket::Auth, "throttle/").all().await.unwrap().is_empty());
}

/// Requirements 23 and 24: every try leaves a record, and none holds what was typed.
#[tokio::test]
async fn records_tell_what_happened_and_no_secrets() {
    let Some((store, login)) = gallery("audit").await else {
        return;
    };
    let mut browser = Browser::new(&login);
    browser.sign_in("gerda", PASSWORD, now()).await;
    // People type passwords where the name belongs.
    browser.sign_in("my-secret-passphrase", "gerda", later(1)).await;
    browser.sign_in("gerda", "wrong-wrong-wrong-wrong", later(2)).await;
    browser.post("/auth/logout", "", later(3)).await;
    let expected = ["sign-in Done gerda", "sign-in Refused -", "sign-in Refused gerda", "sign-out Done gerda"];
    assert_eq!(recorded(&store).await, expected);
    for listed in store.list(Bucket::Auth, "").all().await.unwrap() {
        let object = store.read_path(Bucket::Auth, &listed.path).await.unwrap().unwrap();
        let text = format!("{} {}", listed.path, String::from_utf8_lossy(&object.bytes));
        for secret in ["my-secret-passphrase", PASSWORD, "wrong-wrong", "203.0.113.1\""] {
            assert!(!text.contains(secret), "{text}");
        }
    }
    let later_ones = login::Audit::new(store).since(later(2)).await.unwrap();
    assert_eq!(later_ones.len(), 2);
}

/// Whoever was let out holds a token that verifies until its end. It leaves one record of each kind, in its place in time.
#[tokio::test]
async fn a_token_of_somebody_who_was_let_out_fills_no_bucket() {
    let Some((store, login)) = gallery("onceonly").await else {
        return;
    };
    let token = token(&sign_in(&login, "gerda", PASSWORD, now()).await);
    login.users().remove(&gerda()).await.unwrap();
    for n in 1..=50 {
        assert!(location(&renew(&login, &token, later(600 + n)).await).starts_with("/auth/login"));
        let mut browser = Browser::new(&login);
        browser.cookies.insert("__Host-session".to_owned(), token.clone());
        assert_eq!(browser.post("/auth/logout", "", later(700 + n)).await.status_code, 303);
    }
    sign_in(&login, "otto", PASSWORD, later(800)).await;
    let expected = ["sign-in Done gerda", "renewal Refused gerda", "sign-out Done gerda", "sign-in Refused -"];
    assert_eq!(recorded(&store).await, expected);
    let audit = login::Audit::new(store);
    let since = async |at| audit.since(at).await.unwrap().into_iter().map(|record| record.at).collect::<Vec<_>>();
    assert_eq!(since(later(601)).await, [later(601), later(701), later(800)], "the first of each, with its own time");
    assert_eq!(since(later(702)).await, [later(800)]);
}
