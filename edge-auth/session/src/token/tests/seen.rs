//! What a verifier remembers: tokens that held, as long as their times do, and never more than a few.

use super::super::seen::CAPACITY;
use super::*;

fn minted(generation: u64) -> String {
    SigningKey::from_seed(&SEED).mint(&Session { generation, ..session() }, "example").unwrap()
}

#[test]
fn a_token_seen_says_what_it_said() {
    let (verifier, token) = (verifier(), token());
    let first = verifier.verify(&token, NOW).unwrap();
    assert_eq!(verifier.seen.len(), 1);
    assert_eq!(verifier.verify(&token, NOW + 1).unwrap(), first);
    assert_eq!(verifier.seen.len(), 1);
    assert_eq!(verifier.seen.get(&token), Some(first));
}

#[test]
fn requirement_05_the_times_of_a_token_seen_are_asked_again() {
    let (verifier, token) = (verifier(), token());
    let at = |now| verifier.verify(&token, now);
    assert!(!at(NOW).unwrap().needs_recheck(NOW));
    assert!(at(NOW + 601).unwrap().needs_recheck(NOW + 601));
    assert!(at(NOW + 2_592_000 + LEEWAY).is_ok());
    assert_eq!(at(NOW + 2_592_000 + LEEWAY + 1), Err(TokenError::Expired));
    assert_eq!(at(NOW - LEEWAY - 1), Err(TokenError::NotYet));
    assert!(at(NOW).is_ok(), "a clock that was wrong does no harm");
}

#[test]
fn failures_are_not_remembered() {
    let (verifier, token) = (verifier(), token());
    assert_eq!(verifier.verify(&token, NOW - LEEWAY - 1), Err(TokenError::NotYet));
    assert_eq!(verifier.verify(&token, i64::MAX), Err(TokenError::Expired));
    assert!(verifier.verify(&format!("{token}A"), NOW).is_err());
    assert!(verifier.verify(&with(|c| c["typ"] = json!("invitation")), NOW).is_err());
    assert_eq!(verifier.seen.len(), 0);
}

/// The signature is a part of the key: a token with the same claims and another signature was not seen.
#[test]
fn requirement_04_every_character_of_a_token_seen_counts() {
    let (verifier, token) = (verifier(), token());
    verifier.verify(&token, NOW).unwrap();
    for at in 0..token.len() {
        let other = if &token[at..=at] == "A" { "B" } else { "A" };
        let changed = [&token[..at], other, &token[at + 1..]].concat();
        assert!(verifier.verify(&changed, NOW).is_err(), "character {at}");
    }
    assert_eq!(verifier.seen.len(), 1);
}

/// Requirement 11: a key that was dropped opens nothing, whatever was seen before.
#[test]
fn requirement_11_other_keys_and_audiences_share_nothing() {
    let (verifier, token) = (verifier(), token());
    verifier.verify(&token, NOW).unwrap();
    assert_eq!(verifier.clone().seen.len(), 0);
    let other = PublicKeys::of([&SigningKey::from_seed(&[8; 32])]).unwrap();
    let dropped = Verifier { keys: other, ..verifier.clone() };
    assert_eq!(dropped.verify(&token, NOW), Err(TokenError::UnknownKey));
    let elsewhere = Verifier { audience: "elsewhere".to_owned(), ..verifier.clone() };
    assert_eq!(elsewhere.verify(&token, NOW), Err(TokenError::Refused));
    assert!(verifier.verify(&token, NOW).is_ok());
}

#[test]
fn memory_is_bounded_and_keeps_what_is_used() {
    let (verifier, daily) = (verifier(), token());
    let says = verifier.verify(&daily, NOW).unwrap();
    for generation in 10..10 + 3 * CAPACITY as u64 {
        verifier.verify(&minted(generation), NOW).unwrap();
        assert_eq!(verifier.seen.get(&daily).as_ref(), Some(&says));
        assert!(verifier.seen.len() <= CAPACITY);
    }
    assert!(verifier.seen.len() > CAPACITY / 2, "more than a half is kept");
    assert_eq!(verifier.seen.get(&minted(10)), None, "what nobody uses is forgotten");
    assert!(verifier.verify(&minted(10), NOW).is_ok(), "and verified again");
    assert_eq!(format!("{:?}", verifier.seen), "Seen", "tokens are not shown");
}
