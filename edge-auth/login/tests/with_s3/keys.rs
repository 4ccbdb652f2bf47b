//! The keys that sign.

use gallery::{Bucket, Scope, ViewerName};
use login::keys::{self, KeyState};
use login::{Config, Cost, KeysError, load_or_create, public_keys};
use session::{Session, SessionId, TokenError, Verifier};

use crate::fixture::*;

#[tokio::test]
async fn all_agree_on_the_key_that_signs() {
    let Some(store) = store("keys").await else { return };
    assert!(matches!(public_keys(&store).await, Err(KeysError::None)));
    let mut makers = tokio::task::JoinSet::new();
    for second in 0..4 {
        let store = store.clone();
        makers.spawn(async move { load_or_create(&store, later(second)).await.unwrap() });
    }
    makers.join_all().await;
    let ring = load_or_create(&store, later(100)).await.unwrap();
    let newest = ring.signing(later(100)).id().clone();
    assert!(public_keys(&store).await.unwrap().ids().any(|id| *id == newest));
    assert_eq!(load_or_create(&store, later(200)).await.unwrap().signing(later(200)).id(), &newest);

    // Requirement 25: what the gate is given holds no private half, and believes what login signs.
    let login = login(&store, Cost::LEAST);
    login.users().add(&gerda(), &secret(PASSWORD), Scope::All, now()).await.unwrap();
    let session = token(&sign_in(&login, "gerda", PASSWORD, now()).await);
    let public = public_keys(&store).await.unwrap().to_json();
    for listed in store.list(Bucket::Auth, "keys/").all().await.unwrap() {
        let object = store.read_path(Bucket::Auth, &listed.path).await.unwrap().unwrap();
        let record: serde_json::Value = serde_json::from_slice(&object.bytes).unwrap();
        let seed = data_encoding::BASE64.decode(record["seed"].as_str().unwrap().as_bytes()).unwrap();
        assert!(!public.contains(&data_encoding::BASE64URL_NOPAD.encode(&seed)));
    }
    let gate = Verifier::new(session::PublicKeys::from_json(&public).unwrap(), "gallery");
    assert!(gate.verify(&session, now().as_second()).is_ok());
    let other = Verifier::new(session::PublicKeys::from_json(&public).unwrap(), "another");
    assert_eq!(other.verify(&session, now().as_second()), Err(TokenError::Refused));
}

/// Requirement 11: a new key waits, signs, and lets what the old one signed live out its time; an emergency does not.
#[tokio::test]
async fn keys_are_rotated_and_dropped() {
    let Some((store, login)) = gallery("rotated").await else {
        return;
    };
    let gate = async || Verifier::new(public_keys(&store).await.unwrap(), "gallery");
    let states = async |at| {
        let ring = keys::load(&store).await.unwrap();
        ring.states(at, Config::LIFETIME).into_iter().map(|(_, _, state)| state).collect::<Vec<_>>()
    };
    let first = token(&sign_in(&login, "gerda", PASSWORD, now()).await);
    let old = keys::load(&store).await.unwrap().signing(now()).id().to_string();
    let new = keys::rotate(&store, later(10), later(310)).await.unwrap();
    assert_eq!(states(later(11)).await, [KeyState::Signs, KeyState::Waits { until: later(310) }]);

    // Every gate knows the new key before it signs.
    let early = gate().await;
    let second = token(&sign_in(&login, "gerda", PASSWORD, later(400)).await);
    assert!(early.verify(&second, later(400).as_second()).is_ok());
    assert!(early.verify(&first, later(400).as_second()).is_ok());
    assert_eq!(keys::load(&store).await.unwrap().signing(later(400)).id().as_str(), new);

    let month = 30 * 86_400;
    let drop = async |id: &str, at| keys::drop_key(&store, id, at, Config::LIFETIME).await;
    let stolen = async |id: &str, at| keys::drop_stolen(&store, login.users(), id, at).await;
    let refused = drop(&old, later(400)).await.unwrap_err().to_string();
    assert!(refused.contains(&old) && refused.contains("wait, or") && refused.contains("--emergency"), "{refused}");
    // Waiting helps nothing with the one that signs.
    let refused = drop(&new, later(400)).await.unwrap_err().to_string();
    assert!(refused.contains("heirloom keys rotate") && !refused.contains("wait"), "{refused}");
    assert!(matches!(stolen("nonsense", later(400)).await, Err(KeysError::Unknown(_))));
    assert_eq!(states(later(310 + month)).await, [KeyState::Idle, KeyState::Signs]);
    drop(&old, later(310 + month)).await.unwrap();

    // An emergency: the last key goes, another takes its place, and nobody is signed in any more.
    let third = stolen(&new, later(500)).await.unwrap().made.expect("a new key");
    assert!(gate().await.verify(&second, later(500).as_second()).is_err());
    let fourth = token(&sign_in(&login, "gerda", PASSWORD, later(600)).await);
    assert!(gate().await.verify(&fourth, later(600).as_second()).is_ok());
    assert_eq!(keys::load(&store).await.unwrap().signing(later(600)).id().as_str(), third);
}

/// Whoever stole a key gets nothing of it that lasts once it is dropped, although login remembers the keys for a minute and
/// the thief learns every new generation.
#[tokio::test]
async fn a_stolen_key_brings_nothing_that_lasts() {
    let Some((store, login)) = gallery("stolen").await else {
        return;
    };
    let grandma = ViewerName::parse("grandma").unwrap();
    login.users().add_invited(&grandma, family(), now()).await.unwrap();
    let seized = keys::load(&store).await.unwrap().signing(now()).clone();
    keys::rotate(&store, later(1), later(10)).await.unwrap();
    let forged = async |viewer: &ViewerName, at| {
        let session = Session {
            viewer: viewer.clone(),
            scope: Scope::All,
            generation: login.users().find(viewer).await.unwrap().unwrap().generation,
            id: SessionId::from_random([7; 16]),
            issued: later(at).as_second(),
            recheck_after: later(at + 600).as_second(),
            expires: later(at + 86_400).as_second(),
        };
        seized.mint(&session, "gallery").unwrap()
    };
    // Each remembers the keys as they are before the drop.
    let (renewal, inviting) = (self::login(&store, Cost::LEAST), self::login(&store, Cost::LEAST));
    let answer = renew(&renewal, &forged(&gerda(), 90).await, later(90)).await;
    assert_eq!(location(&answer), "/albums/Family/", "the key is good until it is dropped");
    let with_cookie = async |at| {
        let mut thief = Browser::new(&inviting);
        thief.cookies.insert("__Host-session".to_owned(), forged(&grandma, at).await);
        thief
    };
    assert_eq!(with_cookie(90).await.get("/auth/invite", later(90)).await.status_code, 200);

    let done = keys::drop_stolen(&store, login.users(), seized.id().as_str(), later(100)).await.unwrap();
    assert_eq!((done.made, done.signed_out), (None, 2));
    let answer = renew(&renewal, &forged(&gerda(), 130).await, later(130)).await;
    assert!(location(&answer).starts_with("/auth/login"), "{}", location(&answer));
    let chosen = "password=marble-canoe-violet-spoon";
    assert_eq!(with_cookie(130).await.post("/auth/invite", chosen, later(130)).await.status_code, 303);
    assert!(login.users().find(&grandma).await.unwrap().unwrap().password.is_none(), "nobody chose one");
    assert_eq!(sign_in(&inviting, "grandma", "marble-canoe-violet-spoon", later(131)).await.status_code, 401);
    assert_eq!(keys::load(&store).await.unwrap().states(later(131), Config::LIFETIME).len(), 1, "it is gone");
}
