//! Requirements 9, 10, 15 and 17: what happens once happens once, however many ask for it at the same moment.

use anyhow::{Context, Result};
use futures::future::{join_all, try_join_all};
use gallery::keys::Bucket;
use heirloom_tests::location;
use jiff::{SignedDuration, Timestamp};
use login::{Invitations, Secret};

use crate::Attacked;

const AT_ONCE: usize = 24;

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_open_an_invitation_at_once_one_gets_in() -> Result<()> {
    let attacked = Attacked::start().await?;
    let (home, now) = (&attacked.home, Timestamp::now());
    let user = home.machine().users().add_invited(&"grandma".parse()?, gallery::Scope::All, now).await?;
    for round in 0..3 {
        let secret = Secret::new()?;
        Invitations::new(home.store().clone()).make(&user, &secret, now, now + SignedDuration::from_hours(1)).await?;
        let before = home.keys(Bucket::Auth).await?.iter().filter(|key| key.starts_with("devices/")).count();
        let code = secret.reveal();
        let code = code.as_str();
        let answers = (0..AT_ONCE).map(|_| async move {
            let mut tablet = home.stranger();
            let answer = tablet.post("/auth/invite", &[("code", code)]).await?;
            anyhow::Ok((answer.status().as_u16(), tablet.cookie))
        });
        let answers = try_join_all(answers).await?;
        let inside = answers.iter().filter(|(_, cookie)| cookie.is_some()).count();
        assert_eq!(inside, 1, "round {round}: {:?}", answers.iter().map(|(status, _)| status).collect::<Vec<_>>());
        for (status, cookie) in &answers {
            assert_eq!(*status == 303, cookie.is_some(), "{status}");
            assert!(matches!(status, 303 | 410 | 409 | 503), "{status}");
        }
        let after = home.keys(Bucket::Auth).await?.iter().filter(|key| key.starts_with("devices/")).count();
        assert_eq!(after, before + 1, "one device is known for it");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_at_once_do_not_slip_through_together() -> Result<()> {
    let attacked = Attacked::start().await?;
    let tries = (0..AT_ONCE).map(|n| {
        let mut stranger = attacked.home.stranger();
        async move {
            Ok::<_, anyhow::Error>(
                stranger.sign_in("gerda", &format!("wrong wrong wrong {n}")).await?.status().as_u16(),
            )
        }
    });
    let statuses = try_join_all(tries).await?;
    let looked_at = statuses.iter().filter(|&&status| status == 401).count();
    assert!((1..=7).contains(&looked_at), "{looked_at} were looked at: {statuses:?}");
    assert!(statuses.iter().all(|status| matches!(status, 401 | 429)), "{statuses:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_at_once_all_count() -> Result<()> {
    let attacked = Attacked::start().await?;
    let (users, tom, now) = (attacked.home.machine().users(), "tom".parse()?, Timestamp::now());
    let before = users.find(&tom).await?.context("tom")?;
    let changes = (0..8).map(|_| users.sign_out_everywhere(&tom, now));
    let done: Vec<u64> = join_all(changes).await.into_iter().flatten().map(|user| user.generation).collect();
    let after = users.find(&tom).await?.context("tom")?;
    let distinct: std::collections::BTreeSet<u64> = done.iter().copied().collect();
    assert!(!done.is_empty() && distinct.len() == done.len(), "none overwrote another: {done:?}");
    assert!(distinct.iter().all(|&generation| generation > before.generation), "{done:?}");
    assert_eq!(distinct.last(), Some(&after.generation), "and the last is what stands");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn many_tabs_renew_one_session_and_its_end_stays() -> Result<()> {
    let attacked = Attacked::start().await?;
    let mut gerda = attacked.gerda.clone();
    attacked.home.age(&mut gerda, SignedDuration::from_mins(11)).await?;
    let ring = login::keys::load(attacked.home.store()).await?;
    let verifier = session::Verifier::new(ring.public()?, local::machine::AUDIENCE);
    let read = |visitor: &heirloom_tests::Visitor| {
        let token = visitor.cookie.clone().unwrap_or_default();
        verifier.verify(&token, Timestamp::now().as_second()).map(|verified| verified.session().clone())
    };
    let old = read(&gerda)?;
    let tabs = vec![gerda.clone(); AT_ONCE].into_iter().map(|mut tab| async move {
        let answer = tab.follow("/auth/renew?next=%2Falbums%2FFamily%2F").await?;
        anyhow::Ok((answer.status().as_u16(), location(&answer).to_owned(), tab))
    });
    for (status, _, tab) in try_join_all(tabs).await? {
        let new = read(&tab)?;
        assert_eq!(status, 200);
        assert_eq!((new.expires, &new.id, &new.viewer), (old.expires, &old.id, &old.viewer));
    }
    Ok(())
}
