//! Random input: requirement 28.

use proptest::prelude::*;

use super::*;

fn bit_flipped(token: &str, at: usize, bit: u8) -> Option<String> {
    let mut bytes = token.as_bytes().to_vec();
    bytes[at] ^= 1 << bit;
    String::from_utf8(bytes).ok()
}

/// Not a sample: every single bit.
#[test]
fn requirement_04_any_bit_changed_is_refused() {
    let (verifier, token) = (verifier(), token());
    for at in 0..token.len() {
        for changed in (0..8).filter_map(|bit| bit_flipped(&token, at, bit)) {
            assert!(verifier.verify(&changed, NOW).is_err(), "{changed}");
        }
    }
}

/// Any JSON, a few levels deep.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z]{0,4}", inner, 0..4).prop_map(|map| json!(map)),
        ]
    })
}

proptest! {
    #[test]
    fn requirement_28_any_text_is_refused_without_a_panic(text in "[A-Za-z0-9_.-]{0,80}|\\PC{0,60}") {
        prop_assert!(verifier().verify(&text, NOW).is_err());
    }

    #[test]
    fn requirement_28_any_bytes_in_any_part_are_refused(parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..80), 1..5)) {
        let token = parts.iter().map(|part| BASE64URL_NOPAD.encode(part)).collect::<Vec<_>>().join(".");
        prop_assert!(verifier().verify(&token, NOW).is_err());
    }

    #[test]
    fn any_cut_or_insertion_is_refused(at in any::<prop::sample::Index>(), extra in "[A-Za-z0-9_.=-]") {
        let token = token();
        let at = at.index(token.len());
        prop_assert!(verifier().verify(&token[..at], NOW).is_err());
        let longer = [&token[..at], &extra, &token[at..]].concat();
        prop_assert!(verifier().verify(&longer, NOW).is_err());
    }

    /// Signed by our own key, so that only the reading of claims stands between these and a session.
    #[test]
    fn requirement_05_claims_of_any_kind_are_read_as_they_are_or_refused(name in "iss|aud|typ|sub|iat|exp|rca|gen|jti|scope|home|[a-z]{1,5}", value in any_json()) {
        let odd = with(|claims| claims[&name] = value.clone());
        if let Ok(verified) = verifier().verify(&odd, NOW) {
            // What passed is written again as it was.
            let written = serde_json::to_value(Claims::of(verified.session(), "example")).unwrap();
            let read = |claim: &str| if claim == name { value.clone() } else { our_claims()[claim].clone() };
            let folded = |value: Value| value.as_str().map_or(value.clone(), |text| json!(text.trim().to_ascii_lowercase()));
            prop_assert_eq!(folded(written[&name].clone()), folded(read(&name)));
        }
    }

    #[test]
    fn requirement_04_headers_of_any_kind_are_refused(name in "alg|typ|kid|[a-z0-9]{1,5}", value in any_json()) {
        let mut header: Value = serde_json::from_str(&our_header()).unwrap();
        prop_assume!(header[&name] != value);
        header[&name] = value;
        prop_assert!(verifier().verify(&signed(&header.to_string(), &our_claims().to_string()), NOW).is_err());
    }

    #[test]
    fn every_session_survives_the_trip(generation in any::<u64>(), id in any::<[u8; 16]>(), seed in any::<[u8; 32]>(), name in "[a-z0-9][a-z0-9._@-]{0,63}", scope in prop::option::of(prop::collection::btree_set("[A-Za-z0-9_~-]{1,20}", 0..20)), times in any::<[u16; 3]>()) {
        let key = SigningKey::from_seed(&seed);
        let scope = scope.map_or(Scope::All, |list| {
            Scope::Only(list.iter().map(|slug| CollectionSlug::parse(slug).unwrap()).collect())
        });
        let [issued, recheck, lifetime] = times.map(i64::from);
        let session = Session {
            viewer: ViewerName::parse(&name).unwrap(),
            generation,
            id: SessionId::from_random(id),
            scope,
            issued: NOW - issued,
            recheck_after: NOW + recheck,
            expires: NOW + recheck + lifetime,
        };
        let token = key.mint(&session, "x").unwrap();
        prop_assert!(token.len() <= MAX_TOKEN);
        let verified = Verifier::new(PublicKeys::of([&key]).unwrap(), "x").verify(&token, NOW).unwrap();
        prop_assert_eq!(verified.session(), &session);
    }
}
