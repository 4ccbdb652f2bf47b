//! JSON Web Token Best Current Practices, RFC 8725, item by item. Left out are those about making keys (3.5) and about
//! passwords as keys, which a key pair of random bytes has no part in.

use super::*;

fn our_kid() -> String {
    SigningKey::from_seed(&SEED).id().to_string()
}

fn of_header(header: &str) -> Result<Verified, TokenError> {
    verifier().verify(&signed(header, &our_claims().to_string()), NOW)
}

fn with_header(change: impl FnOnce(&mut Value)) -> Result<Verified, TokenError> {
    let mut header: Value = serde_json::from_str(&our_header()).unwrap();
    change(&mut header);
    of_header(&header.to_string())
}

#[test]
fn our_header_is_read() {
    assert!(of_header(&our_header()).is_ok());
    let reordered = format!(r#" {{"kid":"{}","typ":"JWT","alg":"EdDSA"}}"#, our_kid());
    assert_eq!(of_header(&reordered), Err(TokenError::Shape), "nothing before the brace");
    assert!(of_header(reordered.trim()).is_ok());
}

#[test]
fn requirement_04_section_3_1_one_algorithm_and_never_none() {
    for alg in ["none", "None", "NONE", "nOnE", "", "eddsa", "EDDSA", "Ed25519", "Ed448", "ES256", "RS256", "PS256"] {
        assert_eq!(with_header(|h| h["alg"] = json!(alg)), Err(TokenError::Header), "{alg}");
    }
    for alg in [json!(null), json!(["EdDSA"]), json!({"EdDSA": 1}), json!(1)] {
        assert_eq!(with_header(|h| h["alg"] = alg.clone()), Err(TokenError::Header), "{alg}");
    }
    let unsigned = signed(&our_header().replace("EdDSA", "none"), &our_claims().to_string());
    let (message, _) = unsigned.rsplit_once('.').unwrap();
    assert_eq!(verifier().verify(&format!("{message}."), NOW), Err(TokenError::Shape));
}

/// The public key taken for a shared secret: an HMAC that anybody can make.
#[test]
fn requirement_04_section_3_1_a_public_key_is_no_secret() {
    use sha2::{Digest, Sha256};
    let public = PublicKeys::of([&SigningKey::from_seed(&SEED)]).unwrap().to_json();
    let public: Value = serde_json::from_str(&public).unwrap();
    let secret = BASE64URL_NOPAD.decode(public[0]["x"].as_str().unwrap().as_bytes()).unwrap();
    for alg in ["HS256", "EdDSA"] {
        let header = our_header().replace("EdDSA", alg);
        let claims = our_claims().to_string();
        let part = |text: &str| BASE64URL_NOPAD.encode(text.as_bytes());
        let message = format!("{}.{}", part(&header), part(&claims));
        // HMAC (RFC 2104), written out: the key is shorter than a block.
        let pad = |byte: u8| -> Vec<u8> { (0..64).map(|at| secret.get(at).copied().unwrap_or(0) ^ byte).collect() };
        let inner = Sha256::digest([&pad(0x36)[..], message.as_bytes()].concat());
        let mac = Sha256::digest([&pad(0x5c)[..], &inner[..]].concat());
        for mac in [mac.to_vec(), [&mac[..], &mac[..]].concat()] {
            let token = format!("{message}.{}", BASE64URL_NOPAD.encode(&mac));
            assert!(verifier().verify(&token, NOW).is_err(), "{alg}");
        }
    }
}

/// Sections 3.2 and 3.3 ask for sound algorithms and for every check to be made: a signature is never optional.
#[test]
fn requirement_04_section_3_3_every_byte_of_the_signature_counts() {
    let token = token();
    let (message, signature) = token.rsplit_once('.').unwrap();
    let sound = BASE64URL_NOPAD.decode(signature.as_bytes()).unwrap();
    let mut forged =
        vec![vec![0; 64], [&[1][..], &[0; 63]].concat(), sound[..63].to_vec(), [&sound[..], &[0]].concat()];
    forged.extend((0..64).map(|byte| {
        let mut changed = sound.clone();
        changed[byte] ^= 0x80;
        changed
    }));
    for signature in forged {
        assert!(verifier().verify(&format!("{message}.{}", BASE64URL_NOPAD.encode(&signature)), NOW).is_err());
    }
}

/// Section 3.4: keys are looked at before they are used.
#[test]
fn requirement_04_section_3_4_keys_are_points_of_full_order() {
    for point in [[0; 32], [2; 32], [0xff; 32]] {
        let json = format!(r#"[{{"kid":"a","x":"{}"}}]"#, BASE64URL_NOPAD.encode(&point));
        assert!(PublicKeys::from_json(&json).is_err());
    }
}

#[test]
fn requirement_04_section_3_6_nothing_is_compressed() {
    for zip in ["DEF", "GZIP", ""] {
        assert_eq!(with_header(|h| h["zip"] = json!(zip)), Err(TokenError::Header), "{zip}");
    }
    // An empty "stored" block of DEFLATE in place of the claims.
    assert!(verifier().verify(&signed(&our_header(), "\u{1}\0\0\u{ff}"), NOW).is_err());
}

#[test]
fn requirement_04_section_3_7_only_utf_8_is_read() {
    let bytes = |header: &[u8], claims: &[u8]| {
        let message = format!("{}.{}", BASE64URL_NOPAD.encode(header), BASE64URL_NOPAD.encode(claims));
        let signature = ed25519_dalek::SigningKey::from_bytes(&SEED).sign(message.as_bytes());
        verifier().verify(&format!("{message}.{}", BASE64URL_NOPAD.encode(&signature.to_bytes())), NOW)
    };
    let (header, claims) = (our_header().into_bytes(), our_claims().to_string().into_bytes());
    assert!(bytes(&header, &claims).is_ok());
    let broken = |text: &[u8], name: &str| {
        let at = String::from_utf8(text.to_vec()).unwrap().find(name).unwrap();
        [&text[..at], b"\xff", &text[at + 1..]].concat()
    };
    assert_eq!(bytes(&broken(&header, "JWT"), &claims), Err(TokenError::Header));
    assert_eq!(bytes(&header, &broken(&claims, "gerda")), Err(TokenError::Refused));
    let utf_16: Vec<u8> = our_claims().to_string().encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(bytes(&header, &utf_16), Err(TokenError::Refused));
    assert_eq!(bytes(&[b"\xef\xbb\xbf", &header[..]].concat(), &claims), Err(TokenError::Shape), "a byte order mark");
}

#[test]
fn requirement_05_sections_3_8_and_3_9_issuer_and_audience_are_ours() {
    for other in [json!("Heirloom"), json!("heirloom "), json!(""), json!(["heirloom"]), json!(null)] {
        assert_eq!(verifier().verify(&with(|c| c["iss"] = other.clone()), NOW), Err(TokenError::Refused), "{other}");
    }
    for other in [json!("Example"), json!("example.evil"), json!(["example"]), json!(["example", "x"]), json!(null)] {
        assert_eq!(verifier().verify(&with(|c| c["aud"] = other.clone()), NOW), Err(TokenError::Refused), "{other}");
    }
    for name in ["iss", "aud", "sub"] {
        let without = with(|claims| drop(claims.as_object_mut().unwrap().remove(name)));
        assert_eq!(verifier().verify(&without, NOW), Err(TokenError::Refused), "{name}");
    }
}

#[test]
fn requirement_04_section_3_10_a_key_is_found_by_its_id_and_nowhere_else() {
    for kid in ["../keys/0", "/dev/null", "' OR 1=1 --", "key\0", "$(id)", "{{7*7}}", "", "é"] {
        assert_eq!(with_header(|h| h["kid"] = json!(kid)), Err(TokenError::Header), "{kid:?}");
    }
    assert_eq!(with_header(|h| h["kid"] = json!("another")), Err(TokenError::UnknownKey));
    let longer = format!("{}0", our_kid());
    assert_eq!(with_header(|h| h["kid"] = json!(longer)), Err(TokenError::UnknownKey));
    assert_eq!(with_header(|h| h["kid"] = json!(our_kid().to_uppercase())), Err(TokenError::UnknownKey));
    assert_eq!(with_header(|h| h["kid"] = json!([our_kid()])), Err(TokenError::Header));
    let own = json!({"kty": "OKP", "crv": "Ed25519", "x": BASE64URL_NOPAD.encode(&[9; 32])});
    for (name, value) in [
        ("jwk", own),
        ("jku", json!("https://evil.example/keys.json")),
        ("x5u", json!("https://evil.example/key.pem")),
        ("x5c", json!(["MIIB"])),
        ("x5t", json!("AAAA")),
        ("x5t#S256", json!("AAAA")),
    ] {
        assert_eq!(with_header(|h| h[name] = value), Err(TokenError::Header), "{name}");
    }
}

#[test]
fn requirement_04_unknown_demands_are_refused() {
    for (name, value) in [
        ("crit", json!(["exp"])),
        ("crit", json!([])),
        ("b64", json!(false)),
        ("b64", json!(true)),
        ("cty", json!("JWT")),
        ("enc", json!("A256GCM")),
        ("epk", json!({})),
        ("p2c", json!(1_000_000)),
        ("nonce", json!("x")),
    ] {
        assert_eq!(with_header(|h| h[name] = value), Err(TokenError::Header), "{name}");
    }
    for name in ["alg", "typ", "kid"] {
        let without = with_header(|h| drop(h.as_object_mut().unwrap().remove(name)));
        assert_eq!(without, Err(TokenError::Header), "{name}");
    }
}

#[test]
fn requirement_04_nothing_is_said_twice() {
    let header = our_header();
    for name in ["alg", "typ", "kid"] {
        let value = serde_json::from_str::<Value>(&header).unwrap()[name].clone();
        let twice = format!(r#"{{"{name}":{value},{}"#, &header[1..]);
        assert_eq!(of_header(&twice), Err(TokenError::Header), "{name}");
        // The same name in another spelling of JSON.
        let escaped = format!(r#"{{"\u{:04x}{}":{value},{}"#, name.as_bytes()[0], &name[1..], &header[1..]);
        assert_eq!(of_header(&escaped), Err(TokenError::Header), "{escaped}");
    }
    for (name, value) in our_claims().as_object().unwrap() {
        let twice = format!(r#"{{"{name}":{value},{}"#, &our_claims().to_string()[1..]);
        assert_eq!(verifier().verify(&signed(&our_header(), &twice), NOW), Err(TokenError::Refused), "{name}");
    }
}

#[test]
fn requirement_05_sections_3_11_and_3_12_other_kinds_of_tokens_do_not_pass() {
    for typ in ["jwt", "at+jwt", "JOSE", "secevent+jwt", "application/jwt", "session"] {
        assert_eq!(with_header(|h| h["typ"] = json!(typ)), Err(TokenError::Header), "{typ}");
    }
    for typ in ["invitation", "device", "access", "Session", "session\0", ""] {
        assert_eq!(verifier().verify(&with(|c| c["typ"] = json!(typ)), NOW), Err(TokenError::Kind), "{typ}");
    }
    // Two tokens, each sound, exchanging parts.
    let (one, other) = (token(), with(|c| c["gen"] = json!(4)));
    let parts = |token: &str| token.split('.').map(str::to_owned).collect::<Vec<_>>();
    let (one, other) = (parts(&one), parts(&other));
    assert_eq!(
        verifier().verify(&[&one[0], &other[1], &one[2]].map(String::as_str).join("."), NOW),
        Err(TokenError::Refused)
    );
    let nested = signed(&our_header(), &format!("\"{}\"", token()));
    assert_eq!(verifier().verify(&nested, NOW), Err(TokenError::Shape));
    let array = signed(&format!(r#"["EdDSA","JWT","{}"]"#, our_kid()), &our_claims().to_string());
    assert_eq!(verifier().verify(&array, NOW), Err(TokenError::Shape));
}
