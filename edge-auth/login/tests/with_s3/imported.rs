//! People whose passwords come from an `htpasswd` file.

use gallery::{Key, Scope, ViewerName};
use jiff::SignedDuration;
use login::Cost;
use login::password::imported::{Dearest, Imported};

use crate::fixture::*;

/// What Apache's and OpenBSD's programs made of these passwords.
const APR1: (&str, &str) = ("password", "$apr1$lZL6V/ci$eIMz/iKDkbtys/uU7LEK00");
const BCRYPT: (&str, &str) = ("U*U", "$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW");

/// Requirement 14: as long as there are such passwords, every name costs the work of the dearest.
#[tokio::test]
async fn an_imported_password_is_taken_once_and_replaced() {
    let Some((store, login)) = gallery("imported").await else {
        return;
    };
    let users = login.users();
    let name = |name: &str| ViewerName::parse(name).unwrap();
    for (viewer, (_, hash)) in [("anna", APR1), ("otto", BCRYPT)] {
        let imported = Imported::parse(hash).unwrap();
        let user = users.import(&name(viewer), &imported, Scope::All, now()).await.unwrap();
        let stored = user.password.unwrap();
        assert!(stored.contains("$argon2id$") && !stored.contains(hash.rsplit('$').next().unwrap()), "{stored}");
    }
    assert_eq!(users.dearest_imported().await.unwrap(), Some(Dearest { bcrypt: Some(5) }));

    let mut costs = Vec::new();
    for (day, viewer) in ["gerda", "anna", "otto", "nobody", "no name at all"].into_iter().enumerate() {
        let before = login.hasher().work();
        let at = now() + SignedDuration::from_hours(24 * day as i64);
        assert_eq!(sign_in(&login, viewer, "wrong-wrong-wrong-wrong", at).await.status_code, 401, "{viewer}");
        costs.push(login.hasher().work() - before);
    }
    assert!(costs.iter().all(|cost| *cost == costs[0]), "{costs:?}");
    let one = u64::from(Cost::LEAST.memory_kib) * u64::from(Cost::LEAST.passes);
    assert!(costs[0] > one, "{costs:?}");

    let week = now() + SignedDuration::from_hours(24 * 7);
    for (viewer, (password, _)) in [("anna", APR1), ("otto", BCRYPT)] {
        assert_eq!(sign_in(&login, viewer, password, week).await.status_code, 303, "{viewer}");
        let stored = users.find(&name(viewer)).await.unwrap().unwrap().password.unwrap();
        assert!(stored.starts_with("$argon2id$"), "{stored}");
        assert_eq!(sign_in(&login, viewer, password, week).await.status_code, 303, "{viewer}, again");
    }
    // Nobody is left.
    users.settle_imported().await.unwrap();
    assert!(store.read(&Key::ImportedPasswords).await.unwrap().is_none());
    let before = login.hasher().work();
    sign_in(&login, "nobody", "wrong-wrong-wrong-wrong", week).await;
    assert_eq!(login.hasher().work() - before, one);
}

#[tokio::test]
async fn the_cost_is_paid_until_the_last_has_signed_in() {
    let Some((_, login)) = gallery("importedlast").await else {
        return;
    };
    let users = login.users();
    for (viewer, (_, hash)) in [("anna", APR1), ("otto", BCRYPT)] {
        let imported = Imported::parse(hash).unwrap();
        users.import(&ViewerName::parse(viewer).unwrap(), &imported, Scope::All, now()).await.unwrap();
    }
    assert_eq!(sign_in(&login, "otto", BCRYPT.0, now()).await.status_code, 303);
    users.settle_imported().await.unwrap();
    assert_eq!(users.dearest_imported().await.unwrap(), Some(Dearest { bcrypt: Some(5) }));
    users.remove(&ViewerName::parse("anna").unwrap()).await.unwrap();
    users.settle_imported().await.unwrap();
    assert_eq!(users.dearest_imported().await.unwrap(), None);
}
