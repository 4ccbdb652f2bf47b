//! What must hold for whatever a stranger sends to the gate. Each function takes any bytes and panics when it does not.

use std::sync::LazyLock;

use data_encoding::BASE64URL_NOPAD;
use ed25519_dalek::Signer;
use serde_json::Value;
use session::gate::{ABSENT, object};
use session::path::{AuthRoute, CanonicalPath, Place, of_original};
use session::token::{LEEWAY, MAX_TOKEN};
use session::viewer_request::Event;
use session::{Decision, Gate, Next, PublicKeys, SigningKey, Verifier, cookie, decide};

const NOW: i64 = 1_800_000_000;
const SEED: [u8; 32] = [7; 32];

static VERIFIER: LazyLock<Verifier> =
    LazyLock::new(|| Verifier::new(PublicKeys::of([&SigningKey::from_seed(&SEED)]).expect("a sound key"), "gallery"));
static GATE: LazyLock<Gate> = LazyLock::new(|| Gate::new(VERIFIER.clone()));

/// Cookie lines, one a line: there is one session, none or several, as a plain search for the name says.
pub(crate) fn cookie(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let lines: Vec<&str> = text.split('\n').collect();
    let found: Vec<&str> = lines
        .iter()
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim_start_matches(' ').strip_prefix("__Host-session="))
        .map(|value| value.trim_end_matches(' '))
        .collect();
    match (cookie::read(lines.iter().copied()), found.as_slice()) {
        (Ok(None), []) | (Err(_), [_, _, ..]) => {}
        (Ok(Some(read)), [value]) => assert_eq!(read, *value),
        (read, found) => panic!("{read:?} was read where {found:?} are"),
    }
    // The addon joins the lines: that is the same.
    assert_eq!(cookie::read([lines.join(";").as_str()]), cookie::read(lines.iter().copied()));
}

/// A path is refused or its own one spelling, which a browser reads alike.
pub(crate) fn path(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(path) = CanonicalPath::parse(text) else { return };
    assert_eq!(path.as_str(), text);
    assert_eq!(CanonicalPath::parse(path.as_str()).as_ref(), Ok(&path));
    let here = url::Url::parse("https://gallery.example").expect("an address");
    let there = here.join(text).expect("a path is a reference");
    assert_eq!(there.origin(), here.origin());
    assert_eq!((there.path(), there.query(), there.fragment()), (text, None, None));
    if let Place::Original(source) = path.place() {
        assert_eq!(of_original(source), text);
    } else if !text.starts_with("/originals/") {
        assert!(!text.contains('%'));
    }
}

/// Wherever one is sent after signing in, it is a place of this gallery that needs a session.
pub(crate) fn next(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let next = Next::parse(text);
    assert!(next.as_str() == text || next == Next::home());
    assert_eq!(Next::parse(next.as_str()), next);
    let here = url::Url::parse("https://gallery.example/auth/login?next=x").expect("an address");
    let there = here.join(next.as_str()).expect("a path is a reference");
    assert_eq!(there.origin(), here.origin());
    assert!(!there.path().starts_with("/auth/") && there.query().is_none(), "{there}");
    // Written as a parameter it comes back as it was.
    let through = here.join(&next.through("/auth/login")).expect("a path is a reference");
    let read: Vec<_> = through.query_pairs().collect();
    assert_eq!(read, [("next".into(), next.as_str().into())]);
}

/// Bytes are no token. The same bytes as a header and claims (in two lines) that our own key signed are a session only
/// when every word of them is as it has to be.
pub(crate) fn token(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        assert!(VERIFIER.verify(text, NOW).is_err(), "a token without our key");
    }
    let mut lines = bytes.splitn(2, |&b| b == b'\n');
    let (header, claims) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let kid = SigningKey::from_seed(&SEED).id().to_string();
    let header = String::from_utf8_lossy(header).replace("$kid", &kid);
    let message = format!("{}.{}", BASE64URL_NOPAD.encode(header.as_bytes()), BASE64URL_NOPAD.encode(claims));
    let signature = ed25519_dalek::SigningKey::from_bytes(&SEED).sign(message.as_bytes());
    let token = format!("{message}.{}", BASE64URL_NOPAD.encode(&signature.to_bytes()));
    let first = VERIFIER.verify(&token, NOW);
    assert_eq!(VERIFIER.verify(&token, NOW), first);
    let Ok(verified) = first else { return };
    assert!(token.len() <= MAX_TOKEN);
    let header: Value = serde_json::from_str(&header).expect("a header is JSON");
    assert_eq!(header, serde_json::json!({"alg": "EdDSA", "typ": "JWT", "kid": kid}));
    let claims: Value = serde_json::from_slice(claims).expect("claims are JSON");
    let session = verified.session();
    assert_eq!(claims.as_object().map(serde_json::Map::len), Some(11));
    assert_eq!(
        (&claims["iss"], &claims["aud"], &claims["typ"]),
        (&"heirloom".into(), &"gallery".into(), &"session".into())
    );
    assert_eq!(claims["exp"], session.expires);
    assert_eq!(claims["home"], verified.home().as_str());
    assert!(session.issued <= NOW + LEEWAY && NOW <= session.expires + LEEWAY);
    assert!(session.issued <= session.recheck_after && session.recheck_after <= session.expires);
    // What it says can be minted, and is the same session again.
    let minted = SigningKey::from_seed(&SEED).mint(session, "gallery").expect("a session that holds can be minted");
    assert_eq!(VERIFIER.verify(&minted, NOW).expect("a minted token").session(), session);
}

/// Any event: it is refused, or the gate decides; without a session nothing private is forwarded; and what is written
/// reads back.
pub(crate) fn event(bytes: &[u8]) {
    let Ok(event) = Event::from_json(bytes) else { return };
    let written = serde_json::to_vec(&event).expect("an event can be written");
    assert_eq!(Event::from_json(&written).as_ref(), Ok(&event));
    let Ok(request) = event.into_request() else { return };
    let cookies = request.header("cookie").collect::<Vec<_>>().join(";");
    let short = object(&GATE, &request.method, &request.uri, &cookies, NOW);
    match decide(&GATE, &request, NOW) {
        Decision::Forward(forwarded) => {
            // The fuzzer has no key, so there is no session.
            let public = forwarded.uri.starts_with("/assets/")
                || ["/robots.txt", "/favicon.ico", "/sw.js"].contains(&&*forwarded.uri);
            let login = AuthRoute::parse(&forwarded.uri).is_some();
            assert!(public || login, "{} without a session", forwarded.uri);
            assert_eq!(forwarded.uri, request.uri);
            assert_eq!(short, public.then_some(forwarded.uri));
            assert!(login || !forwarded.headers.contains_key("cookie"));
        }
        Decision::Respond(response) => {
            assert_eq!(short, None);
            assert!(["302", "400", "401", "405", "413"].contains(&&*response.status), "{}", response.status);
            assert_eq!(response.body, None);
            let written = serde_json::to_string(&response).expect("an answer can be written");
            // AWS, "Quotas on Lambda@Edge": a generated answer has 40 KB at most.
            assert!(written.len() < 40_000 && !written.contains(ABSENT));
            let location = response.headers.get("location").map(|lines| lines[0].value.as_str());
            assert!(location.is_none_or(|place| place.starts_with("/auth/") && place.is_ascii()), "{location:?}");
        }
    }
}

/// A set of public keys is refused, or reads back as it was.
pub(crate) fn keys(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(keys) = PublicKeys::from_json(text) else { return };
    let written = keys.to_json();
    assert_eq!(PublicKeys::from_json(&written).expect("a set reads back").to_json(), written);
    let mut ids: Vec<_> = keys.ids().collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), keys.ids().count());
}
