//! Tokens as `vectors.json` describes them: those that login would make, and those that nobody should.

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use ed25519_dalek::Signer;
use gallery::{CollectionSlug, Scope, ViewerName};
use serde_json::{Map, Value, json};
use session::{PublicKeys, Session, SessionId, SigningKey};

use crate::described::{Described, expanded};

pub(crate) const AUDIENCE: &str = "gallery";

pub(crate) fn known_keys() -> PublicKeys {
    PublicKeys::of(&["first", "second"].map(|name| SigningKey::from_seed(&seed(name)))).unwrap()
}

fn seed(key: &str) -> [u8; 32] {
    match key {
        "first" => [1; 32],
        "second" => [4; 32],
        "foreign" => [2; 32],
        other => panic!("there is no key `{other}`"),
    }
}

/// The token that a vector describes, as it stands in the cookie.
pub(crate) fn made(described: &Described, now: i64) -> String {
    let token = if plain(described) { minted(described, now) } else { None };
    changed(token.unwrap_or_else(|| by_hand(described, now)), described.then.as_deref())
}

fn plain(described: &Described) -> bool {
    let Described { claims, without, twice, raw_claims, header, without_header, twice_header, raw_header, .. } =
        described;
    claims.is_empty()
        && header.is_empty()
        && without.is_empty()
        && without_header.is_empty()
        && [twice, raw_claims, twice_header, raw_header].iter().all(|none| none.is_none())
}

fn scope(described: &Described) -> Scope {
    let generated = (0..described.collections).map(|n| CollectionSlug::parse(&format!("Collection_{n:04}")).unwrap());
    described.scope.clone().unwrap_or_else(|| Scope::Only(generated.collect()))
}

/// As login mints it, when it does.
fn minted(described: &Described, now: i64) -> Option<String> {
    let session = Session {
        viewer: ViewerName::parse("gerda").unwrap(),
        scope: scope(described),
        generation: 1,
        id: SessionId::from_random([3; 16]),
        issued: now + described.issued,
        recheck_after: now + described.rca,
        expires: now + described.exp,
    };
    SigningKey::from_seed(&seed(&described.key)).mint(&session, &described.audience).ok()
}

fn by_hand(described: &Described, now: i64) -> String {
    let scope = scope(described);
    let claims = json!({
        "iss": "heirloom", "aud": described.audience, "typ": "session", "sub": "gerda", "iat": now + described.issued,
        "exp": now + described.exp, "rca": now + described.rca, "gen": 1, "jti": BASE64URL_NOPAD.encode(&[3; 16]),
        "home": scope.home(), "scope": scope,
    });
    let header = json!({"alg": "EdDSA", "typ": "JWT", "kid": SigningKey::from_seed(&seed(&described.key)).id()});
    let claims = part(claims, &described.claims, &described.without, described.twice.as_deref());
    let header = part(header, &described.header, &described.without_header, described.twice_header.as_deref());
    let claims = described.raw_claims.as_deref().map_or(claims, expanded);
    let header = substituted(&described.raw_header.clone().unwrap_or(header));
    let message = format!("{}.{}", encoded(header.as_bytes()), encoded(claims.as_bytes()));
    let signature = ed25519_dalek::SigningKey::from_bytes(&seed(&described.key)).sign(message.as_bytes());
    format!("{message}.{}", encoded(&signature.to_bytes()))
}

/// A part as JSON, with members put over it, taken away, or said twice.
fn part(whole: Value, over: &Map<String, Value>, without: &[String], twice: Option<&str>) -> String {
    let Value::Object(mut members) = whole else { unreachable!("both parts are objects") };
    members.extend(over.clone());
    members.retain(|name, _| !without.contains(name));
    let json = expanded(&json!(members).to_string());
    twice.map_or(json.clone(), |name| format!("{{{}:{},{}", json!(name), members[name], &json[1..]))
}

/// `$first` and `$second` are these keys' ids, `$foreign` is the foreign key itself.
fn substituted(text: &str) -> String {
    let set: Value =
        serde_json::from_str(&PublicKeys::of([&SigningKey::from_seed(&seed("foreign"))]).unwrap().to_json()).unwrap();
    let id = |key: &str| SigningKey::from_seed(&seed(key)).id().to_string();
    text.replace("$first", &id("first"))
        .replace("$second", &id("second"))
        .replace("$foreign", set[0]["x"].as_str().unwrap())
}

fn encoded(bytes: &[u8]) -> String {
    BASE64URL_NOPAD.encode(bytes)
}

fn decoded(part: &str) -> Vec<u8> {
    BASE64URL_NOPAD.decode(part.as_bytes()).unwrap()
}

/// What is done to a finished token.
fn changed(token: String, then: Option<&str>) -> String {
    let Some(change) = then else { return token };
    let [header, claims, signature] = token.split('.').collect::<Vec<_>>()[..] else { unreachable!("three parts") };
    let signed = |signature: &[u8]| format!("{header}.{claims}.{}", encoded(signature));
    let bytes = decoded(signature);
    let rewritten = |part: &str, from: &str, to: &str| {
        encoded(String::from_utf8(decoded(part)).unwrap().replace(from, to).as_bytes())
    };
    match change {
        "quoted" => format!("\"{token}\""),
        "padded" => format!("{token}="),
        "cut" => token[..token.len() - 1].to_owned(),
        "spaced" => format!("{token} "),
        "newline" => format!("{token}\n"),
        "tab" => format!("{token}\t"),
        "doubled" => format!("{token}{token}"),
        "upper case" => token.to_ascii_uppercase(),
        "two parts" => format!("{header}.{claims}"),
        "four parts" => format!("{token}.AAAA"),
        "unsigned" => format!("{header}.{claims}."),
        "zeros" => signed(&[0; 64]),
        "small order" => signed(&[&[1][..], &[0; 63]].concat()),
        "short" => signed(&bytes[..63]),
        "long" => signed(&[&bytes[..], &[0]].concat()),
        "malleated" => signed(&malleated(&bytes)),
        "neighbour" => {
            let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
            let last = alphabet.find(&signature[85..]).unwrap();
            format!("{header}.{claims}.{}{}", &signature[..85], &alphabet[last + 1..last + 2])
        }
        "standard alphabet" => format!("{header}.{}+.{signature}", &claims[..claims.len() - 1]),
        "claims changed" => format!("{header}.{}.{signature}", rewritten(claims, "gerda", "gerdb")),
        "header changed" => format!("{}.{claims}.{signature}", rewritten(header, "JWT", "JWS")),
        other => panic!("there is no such change as `{other}`"),
    }
}

/// A signature with the group's order added to S.
fn malleated(signature: &[u8]) -> Vec<u8> {
    let order = HEXLOWER.decode(b"edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010").unwrap();
    let mut carry = 0;
    let added = signature[32..].iter().zip(order).map(|(byte, add)| {
        carry = (carry >> 8) + u16::from(*byte) + u16::from(add);
        (carry & 0xff) as u8
    });
    signature[..32].iter().copied().chain(added.collect::<Vec<_>>()).collect()
}
