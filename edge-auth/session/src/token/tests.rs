//! Tokens: the trip there and back, every claim, every second. What RFC 8725 warns of, what is remembered and what
//! random input does have files of their own.

mod properties;
mod rfc_8725;
mod seen;

use std::collections::BTreeSet;

use ed25519_dalek::Signer as _;
use gallery::CollectionSlug;
use serde_json::{Value, json};

use super::*;

const NOW: i64 = 1_800_000_000;
const SEED: [u8; 32] = [9; 32];

fn session() -> Session {
    Session {
        viewer: ViewerName::parse("gerda").unwrap(),
        scope: Scope::Only([CollectionSlug::parse("Family").unwrap()].into()),
        generation: 3,
        id: SessionId::from_random([5; 16]),
        issued: NOW,
        recheck_after: NOW + 600,
        expires: NOW + 2_592_000,
    }
}

fn verifier() -> Verifier {
    Verifier::new(PublicKeys::of([&SigningKey::from_seed(&SEED)]).unwrap(), "example")
}

fn token() -> String {
    SigningKey::from_seed(&SEED).mint(&session(), "example").unwrap()
}

/// Signs any header and claims, as nobody but the tests would.
fn signed(header: &str, claims: &str) -> String {
    let message =
        format!("{}.{}", BASE64URL_NOPAD.encode(header.as_bytes()), BASE64URL_NOPAD.encode(claims.as_bytes()));
    let signature = ed25519_dalek::SigningKey::from_bytes(&SEED).sign(message.as_bytes());
    format!("{message}.{}", BASE64URL_NOPAD.encode(&signature.to_bytes()))
}

fn our_header() -> String {
    json!({"alg": "EdDSA", "typ": "JWT", "kid": SigningKey::from_seed(&SEED).id()}).to_string()
}

fn our_claims() -> Value {
    serde_json::to_value(Claims::of(&session(), "example")).unwrap()
}

fn with(change: impl FnOnce(&mut Value)) -> String {
    let mut claims = our_claims();
    change(&mut claims);
    signed(&our_header(), &claims.to_string())
}

#[test]
fn a_minted_token_verifies_to_the_same_session() {
    let verified = verifier().verify(&token(), NOW).unwrap();
    assert_eq!(verified.session(), &session());
    assert_eq!(verified.home(), session().scope.home());
    assert_eq!(verifier().audience(), "example");
    assert!(verifier().verify(&signed(&our_header(), &our_claims().to_string()), NOW).is_ok());
}

#[test]
fn requirement_04_another_key_is_unknown_and_a_wrong_one_refused() {
    let other = SigningKey::from_seed(&[8; 32]);
    let foreign = other.mint(&session(), "example").unwrap();
    assert_eq!(verifier().verify(&foreign, NOW), Err(TokenError::UnknownKey));
    // The signature of one known key under the name of another.
    let both = PublicKeys::of([&SigningKey::from_seed(&SEED), &other]).unwrap();
    let header = json!({"alg": "EdDSA", "typ": "JWT", "kid": other.id()}).to_string();
    let crossed = signed(&header, &our_claims().to_string());
    assert_eq!(Verifier::new(both.clone(), "example").verify(&crossed, NOW), Err(TokenError::Refused));
    // Requirement 11: while two keys overlap, both verify.
    for token in [token(), foreign] {
        assert!(Verifier::new(both.clone(), "example").verify(&token, NOW).is_ok());
    }
    assert_eq!(Verifier::new(PublicKeys::default(), "example").verify(&token(), NOW), Err(TokenError::UnknownKey));
}

#[test]
fn requirement_04_only_strict_base64_in_three_parts_is_read() {
    let token = token();
    let (message, signature) = token.rsplit_once('.').unwrap();
    // 64 bytes leave four bits of the last character unused: other values of them decode alike when one is lax.
    let last = signature.chars().last().unwrap();
    let alike = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let neighbour = alike.chars().nth(alike.find(last).unwrap() + 1).unwrap();
    for bad in [
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        message.to_owned(),
        format!("{token}."),
        format!("{token}.x"),
        format!("{token}=="),
        format!(" {token}"),
        format!("{token}\n"),
        token.replace('.', "=."),
        format!("{message}."),
        format!("{message}.{}{neighbour}", &signature[..signature.len() - 1]),
        format!("{message}.AAAA"),
        format!("\"{token}\""),
        "é.é.é".to_owned(),
        "A".repeat(MAX_TOKEN + 1),
        format!("{token}{}", "A".repeat(MAX_TOKEN)),
    ] {
        assert_eq!(verifier().verify(&bad, NOW), Err(TokenError::Shape), "{bad}");
    }
}

#[test]
fn requirement_05_every_claim_is_required_and_of_its_type() {
    let names: Vec<String> = our_claims().as_object().unwrap().keys().cloned().collect();
    assert_eq!(names.iter().map(String::as_str).collect::<BTreeSet<_>>().len(), 11);
    for name in &names {
        let missing = with(|claims| drop(claims.as_object_mut().unwrap().remove(name)));
        assert_eq!(verifier().verify(&missing, NOW), Err(TokenError::Refused), "{name} missing");
        for wrong in [json!(null), json!(true), json!(1.5), json!({}), json!(["../x"]), json!("")] {
            let odd = with(|claims| claims[name] = wrong.clone());
            assert!(verifier().verify(&odd, NOW).is_err(), "{name} = {wrong}");
        }
    }
    for (name, value) in [
        ("iss", json!("somebody")),
        ("iss", json!(["heirloom"])),
        ("aud", json!("another gallery")),
        ("aud", json!(["example"])),
        ("exp", json!(NOW.to_string())),
        ("exp", json!(1e300)),
        ("gen", json!(-1)),
        ("jti", json!("AAAA")),
        ("sub", json!("../gerda")),
        ("scope", json!("everything")),
        ("nbf", json!(0)),
        ("admin", json!(true)),
    ] {
        let odd = with(|claims| claims[name] = value.clone());
        assert_eq!(verifier().verify(&odd, NOW), Err(TokenError::Refused), "{name} = {value}");
    }
    let claims = our_claims().to_string();
    let twice = format!("{{\"sub\":\"gerda\",{}", &claims[1..]);
    assert_eq!(verifier().verify(&signed(&our_header(), &twice), NOW), Err(TokenError::Refused));
    let trailing = format!("{claims}{{}}");
    assert_eq!(verifier().verify(&signed(&our_header(), &trailing), NOW), Err(TokenError::Refused));
    let values = Value::Array(our_claims().as_object().unwrap().values().cloned().collect()).to_string();
    assert_eq!(verifier().verify(&signed(&our_header(), &values), NOW), Err(TokenError::Shape));
}

#[test]
fn requirement_05_tokens_of_other_kinds_and_crooked_ones_never_pass() {
    for kind in ["invitation", "device", "Session", "session "] {
        assert_eq!(verifier().verify(&with(|c| c["typ"] = json!(kind)), NOW), Err(TokenError::Kind));
    }
    let crooked = [
        with(|c| c["home"] = json!("all")),
        with(|c| c["scope"] = json!("all")),
        with(|c| c["rca"] = json!(NOW - 1)),
        with(|c| c["exp"] = json!(NOW + 599)),
        with(|c| c["exp"] = json!(-1)),
        with(|c| c["iat"] = json!(NOW + 601)),
    ];
    for token in crooked {
        assert_eq!(verifier().verify(&token, NOW), Err(TokenError::Inconsistent));
    }
}

#[test]
fn requirement_05_times_hold_to_the_second() {
    let at = |now| verifier().verify(&token(), now);
    assert_eq!(at(NOW - LEEWAY - 1), Err(TokenError::NotYet));
    assert!(at(NOW - LEEWAY).is_ok());
    assert!(at(NOW + 2_592_000 + LEEWAY).is_ok());
    assert_eq!(at(NOW + 2_592_000 + LEEWAY + 1), Err(TokenError::Expired));
    assert_eq!(at(i64::MAX), Err(TokenError::Expired));
    assert_eq!(at(i64::MIN), Err(TokenError::NotYet));

    let verified = at(NOW).unwrap();
    assert!(!verified.needs_recheck(NOW + 600));
    assert!(verified.needs_recheck(NOW + 601));
    assert!(verified.within_grace(NOW + 600 + GRACE));
    assert!(!verified.within_grace(NOW + 601 + GRACE));
}

#[test]
fn requirement_06_a_token_that_no_cookie_holds_is_not_made() {
    let key = SigningKey::from_seed(&SEED);
    let many = |count: usize| {
        let scope = (0..count).map(|n| CollectionSlug::parse(&format!("Collection_number_{n:04}")).unwrap());
        key.mint(&Session { scope: Scope::Only(scope.collect()), ..session() }, "example")
    };
    let token = many(80).unwrap();
    assert!(token.len() <= MAX_TOKEN);
    assert!(verifier().verify(&token, NOW).is_ok());
    let error = many(150).unwrap_err();
    assert!(matches!(error, MintError::TooManyCollections { collections: 150, .. }));
    assert!(error.to_string().contains("150 collections"), "{error}");
    let backwards = Session { expires: NOW, ..session() };
    assert!(matches!(key.mint(&backwards, "example"), Err(MintError::Times(_))));
}

/// To the byte. Base64url has no text of 4n + 1 letters, which with our header would be 3,500: 3,499 are the most.
#[test]
fn requirement_06_the_longest_token_fits() {
    let key = SigningKey::from_seed(&SEED);
    let of_length = |length: usize| {
        let long = (0..18).map(|n| format!("{n:0>120}")).chain([format!("x{:0>length$}", "")]);
        let scope = Scope::Only(long.map(|slug| CollectionSlug::parse(&slug).unwrap()).collect());
        key.mint(&Session { scope, ..session() }, "example")
    };
    let tokens: Vec<_> = (0..100).map(of_length).collect();
    let made: Vec<_> = tokens.iter().flatten().collect();
    assert_eq!(made.iter().map(|token| token.len()).max(), Some(MAX_TOKEN - 1));
    assert!(made.iter().all(|token| verifier().verify(token, NOW).is_ok()));
    assert!(tokens.iter().any(|token| matches!(token, Err(MintError::TooManyCollections { bytes: 3501, .. }))));
}
