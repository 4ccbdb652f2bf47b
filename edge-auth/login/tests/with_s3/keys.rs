//! The keys that sign.

use gallery::{Bucket, Scope};
use login::keys::{self, KeyState};
use login::{Config, Cost, KeysError, load_or_create, public_keys};
use session::{TokenError, Verifier};

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
    let drop = async |id: &str, at, emergency| keys::drop_key(&store, id, at, Config::LIFETIME, emergency).await;
    let refused = drop(&old, later(400), false).await.unwrap_err().to_string();
    assert!(refused.contains(&old) && refused.contains("--emergency"), "{refused}");
    assert!(drop(&new, later(400), false).await.is_err(), "the one that signs");
    assert!(matches!(drop("nonsense", later(400), true).await, Err(KeysError::Unknown(_))));
    assert_eq!(states(later(310 + month)).await, [KeyState::Idle, KeyState::Signs]);
    assert_eq!(drop(&old, later(310 + month), false).await.unwrap(), None);

    // An emergency: the last key goes, another takes its place, and nobody is signed in any more.
    let third = drop(&new, later(500), true).await.unwrap().expect("a new key");
    assert!(gate().await.verify(&second, later(500).as_second()).is_err());
    let fourth = token(&sign_in(&login, "gerda", PASSWORD, later(600)).await);
    assert!(gate().await.verify(&fourth, later(600).as_second()).is_ok());
    assert_eq!(keys::load(&store).await.unwrap().signing(later(600)).id().as_str(), third);
}
