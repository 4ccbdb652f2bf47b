//! Signing in, renewing, the viewers behind it.

use gallery::{Key, Scope, ViewerName};
use http::HeaderValue;
use jiff::Timestamp;
use login::{Cost, Hasher, User, UsersError, public_keys};
use session::Verifier;

use crate::fixture::*;

#[tokio::test]
async fn the_right_password_begins_a_session_that_the_gate_believes() {
    let Some((store, login)) = gallery("begins").await else {
        return;
    };
    let response = sign_in(&login, "+Gerda+", PASSWORD, now()).await;
    assert_eq!(response.status_code, 303);
    assert_eq!(response.headers["location"], "/albums/Family/");
    let gate = Verifier::new(public_keys(&store).await.unwrap(), "gallery");
    let verified = gate.verify(&token(&response), now().as_second()).unwrap();
    assert_eq!((&verified.session().viewer, &verified.session().scope), (&gerda(), &family()));
    // Requirement 13: each login is a session of its own.
    let again = gate.verify(&token(&sign_in(&login, "gerda", PASSWORD, now()).await), now().as_second()).unwrap();
    assert_ne!(again.session().id, verified.session().id);
    // The builder hears of the scope.
    let scopes = store.read_json::<Scope>(&Key::ScopeRecord(family().home())).await.unwrap();
    assert_eq!(scopes.unwrap().0, family());
}

/// Requirement 14.
#[tokio::test]
async fn a_wrong_password_and_an_unknown_name_get_the_same_answer() {
    let Some((_, login)) = gallery("wrong").await else {
        return;
    };
    let wrong = sign_in(&login, "gerda", "walnut-ferry-otter-lamq", now()).await;
    assert_eq!(wrong.status_code, 401);
    assert!(wrong.cookies.is_empty());
    assert!(wrong.body.as_deref().unwrap().contains("role=\"alert\""));
    for (name, password) in [
        ("nobody", PASSWORD),
        ("..%2Fgerda", PASSWORD),
        ("gerda", ""),
        ("gerda", &"x".repeat(2000)),
        ("", ""),
        ("%00", PASSWORD),
    ] {
        let other = sign_in(&login, name, password, now()).await;
        assert_eq!((other.status_code, &other.body), (401, &wrong.body), "{name}");
        assert_eq!(other.headers, wrong.headers);
    }
}

/// Requirements 9 and 10.
#[tokio::test]
async fn a_session_is_renewed_until_the_viewer_changes() {
    let Some((store, login)) = gallery("renewed").await else {
        return;
    };
    let verifier = Verifier::new(public_keys(&store).await.unwrap(), "gallery");
    let users = login.users();
    let first = token(&sign_in(&login, "gerda", PASSWORD, now()).await);

    let response = renew(&login, &first, later(601)).await;
    assert_eq!(
        (response.status_code, &response.headers["location"]),
        (303, &HeaderValue::from_static("/albums/Family/"))
    );
    let (old, new) =
        (verifier.verify(&first, later(601).as_second()), verifier.verify(&token(&response), later(601).as_second()));
    let (old, new) = (old.unwrap(), new.unwrap());
    assert!(old.needs_recheck(later(601).as_second()) && !new.needs_recheck(later(601).as_second()));
    assert_eq!((old.session().expires, &old.session().id), (new.session().expires, &new.session().id));
    assert_eq!(renew(&login, &first, later(602)).await.headers["location"], "/albums/Family/", "a second tab");

    let ended = async |token: &str, at: Timestamp| {
        let response = renew(&login, token, at).await;
        response.headers["location"] == "/auth/login?next=%2Falbums%2FFamily%2F"
            && response.cookies[0].ends_with("Max-Age=0")
    };
    users.set_password(&gerda(), &secret("another-long-password"), later(700)).await.unwrap();
    assert!(ended(&first, later(701)).await);
    assert_eq!(sign_in(&login, "gerda", PASSWORD, later(701)).await.status_code, 401);

    let second = token(&sign_in(&login, "gerda", "another-long-password", later(702)).await);
    users.set_scope(&gerda(), Scope::All, later(703)).await.unwrap();
    assert!(ended(&second, later(704)).await);

    let third = token(&sign_in(&login, "gerda", "another-long-password", later(705)).await);
    users.sign_out_everywhere(&gerda(), later(706)).await.unwrap();
    assert!(ended(&third, later(707)).await);

    let fourth = token(&sign_in(&login, "gerda", "another-long-password", later(708)).await);
    users.remove(&gerda()).await.unwrap();
    assert!(ended(&fourth, later(709)).await);
    // The same name again is another life.
    users.add(&gerda(), &secret(PASSWORD), Scope::All, later(710)).await.unwrap();
    assert!(ended(&fourth, later(711)).await);
    assert!(ended(&first, later(711)).await);
}

#[tokio::test]
async fn a_cheap_hash_is_strengthened_at_login() {
    let Some((store, cheap)) = gallery("stronger").await else {
        return;
    };
    let dear = login(&store, Cost { memory_kib: 64, passes: 2 });
    let before = cheap.users().find(&gerda()).await.unwrap().unwrap();
    let first = sign_in(&dear, "gerda", PASSWORD, now()).await;
    let after = cheap.users().find(&gerda()).await.unwrap().unwrap();
    let cost = |user: &User, cost: &str| user.password.as_deref().unwrap().contains(cost);
    assert!(cost(&before, "$m=8,t=1,p=1$") && cost(&after, "$m=64,t=2,p=1$"));
    assert_eq!(before.generation, after.generation, "nobody is signed out by it");
    assert_eq!(renew(&dear, &token(&first), later(601)).await.headers["location"], "/albums/Family/");
    assert_eq!(sign_in(&dear, "gerda", PASSWORD, now()).await.status_code, 303);
    assert_eq!(cheap.users().find(&gerda()).await.unwrap().unwrap(), after, "once is enough");
}

#[tokio::test]
async fn viewers_are_added_listed_and_removed() {
    let Some((_, login)) = gallery("listed").await else {
        return;
    };
    let users = login.users();
    let taken = users.add(&gerda(), &secret(PASSWORD), Scope::All, now()).await.unwrap_err();
    assert!(matches!(taken, UsersError::Exists(_)) && taken.to_string().contains("`gerda`"), "{taken}");
    let otto = ViewerName::parse("otto").unwrap();
    assert!(matches!(users.add(&otto, &secret("short"), Scope::All, now()).await, Err(UsersError::Unfit(_))));
    assert!(matches!(users.set_scope(&otto, Scope::All, now()).await, Err(UsersError::Unknown(_))));
    assert!(matches!(users.remove(&otto).await, Err(UsersError::Unknown(_))));
    users.add(&otto, &secret(PASSWORD), Scope::All, now()).await.unwrap();
    let names: Vec<_> = users.list().await.unwrap().into_iter().map(|user| user.name.to_string()).collect();
    assert_eq!(names, ["gerda", "otto"]);
    users.remove(&gerda()).await.unwrap();
    assert_eq!(users.list().await.unwrap().len(), 1);
}

/// Of many who add the same viewer at once, one does; of many changes at once, none is lost.
#[tokio::test]
async fn races_have_one_winner() {
    let Some((store, login)) = gallery("races").await else {
        return;
    };
    let users = login::Users::new(store, Hasher::new(Cost::LEAST), "Gallery");
    let otto = ViewerName::parse("otto").unwrap();
    let (otto, password) = (&otto, &secret(PASSWORD));
    let mut racers = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (users, otto, password) = (users.clone(), otto.clone(), password.clone());
        racers.spawn(async move { users.add(&otto, &password, Scope::All, now()).await.is_ok() });
    }
    assert_eq!(racers.join_all().await.into_iter().filter(|won| *won).count(), 1);

    let before = login.users().find(otto).await.unwrap().unwrap().generation;
    let mut racers = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let (users, otto) = (users.clone(), otto.clone());
        racers.spawn(async move { users.sign_out_everywhere(&otto, now()).await.unwrap() });
    }
    racers.join_all().await;
    assert_eq!(login.users().find(otto).await.unwrap().unwrap().generation, before + 4);
}
