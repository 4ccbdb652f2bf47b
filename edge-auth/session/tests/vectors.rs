//! The gate against `vectors.json`: readable requests and what must become of them.
//!
//! The clock stands at `NOW`. A cookie may be given as it is, or as a session of which a test token is minted: `scope`,
//! and seconds from now for `issued`, `rca` and `exp`; `key` may be `"foreign"`, `audience` another gallery's, `then`
//! a change to the finished token.

use std::collections::BTreeMap;

use gallery::{Scope, ViewerName};
use serde::Deserialize;
use session::headers::SECURITY;
use session::viewer_request::{Body, Header, Headers, Request, Response};
use session::{Decision, Gate, PublicKeys, Session, SessionId, SigningKey, Verifier, decide};

const NOW: i64 = 1_800_000_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    name: String,
    request: Asked,
    expect: Expected,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    #[serde(default = "get")]
    method: String,
    path: String,
    #[serde(default)]
    query: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    cookies: Vec<Cookies>,
    body: Option<Body>,
}

fn get() -> String {
    "GET".to_owned()
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Cookies {
    Written(String),
    Session { session: Box<Described> },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Described {
    scope: Scope,
    #[serde(default)]
    issued: i64,
    #[serde(default = "ten_minutes")]
    rca: i64,
    #[serde(default = "thirty_days")]
    exp: i64,
    #[serde(default)]
    key: Option<String>,
    #[serde(default)]
    audience: Option<String>,
    #[serde(default)]
    then: Option<String>,
}

fn ten_minutes() -> i64 {
    600
}

fn thirty_days() -> i64 {
    2_592_000
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    forward: Option<String>,
    status: Option<String>,
    location: Option<String>,
    allow: Option<String>,
    #[serde(default)]
    clears: bool,
    #[serde(default)]
    query: String,
    #[serde(default)]
    headers: BTreeMap<String, Option<String>>,
}

#[test]
fn the_gate_decides_as_written() {
    let vectors: Vec<Vector> = serde_json::from_str(include_str!("../vectors.json")).unwrap();
    assert!(vectors.len() >= 60, "{} vectors", vectors.len());
    let gate = gate();
    for vector in &vectors {
        let request = request(&vector.request);
        match (decide(&gate, &request, NOW), &vector.expect.forward) {
            (Decision::Forward(forwarded), Some(uri)) => {
                assert_eq!(&forwarded.uri, uri, "{}", vector.name);
                forwarded_as_expected(vector, &forwarded);
            }
            (Decision::Respond(response), None) => answered_as_expected(vector, &response),
            (decision, _) => panic!("{}: {decision:?}", vector.name),
        }
    }
}

fn forwarded_as_expected(vector: &Vector, forwarded: &Request) {
    let (name, expect) = (&vector.name, &vector.expect);
    assert_eq!(forwarded.querystring, expect.query, "{name}");
    assert_eq!(forwarded.method, vector.request.method, "{name}");
    assert_eq!(forwarded.only_header("authorization"), None, "{name}");
    // Requirement 20.
    if !vector.request.path.starts_with("/auth/") {
        assert!(!forwarded.headers.contains_key("cookie"), "{name}");
        assert!(!forwarded.headers.contains_key("x-forwarded-host"), "{name}");
        assert_eq!(forwarded.body, None, "{name}");
    }
    for (header, value) in &expect.headers {
        assert_eq!(forwarded.only_header(header), value.as_deref(), "{name}: {header}");
    }
}

fn answered_as_expected(vector: &Vector, response: &Response) {
    let (name, expect) = (&vector.name, &vector.expect);
    let header = |key: &str| response.headers.get(key).map(|lines| lines[0].value.as_str());
    assert_eq!(Some(&response.status), expect.status.as_ref(), "{name}");
    assert_eq!(header("location"), expect.location.as_deref(), "{name}");
    assert_eq!(header("allow"), expect.allow.as_deref(), "{name}");
    assert_eq!(header("set-cookie").is_some_and(|c| c.ends_with("Max-Age=0")), expect.clears, "{name}");
    assert_eq!(response.body, None, "{name}");
    // Requirements 8 and 19.
    assert_eq!(header("cache-control"), Some("no-store"), "{name}");
    for (key, value) in SECURITY {
        assert_eq!(header(key), Some(value), "{name}: {key}");
    }
}

/// Nothing is ever forwarded to a private object because of what else a request says.
#[test]
fn no_vector_passes_without_its_cookies() {
    let vectors: Vec<Vector> = serde_json::from_str(include_str!("../vectors.json")).unwrap();
    for vector in vectors {
        let mut request = request(&vector.request);
        request.headers.remove("cookie");
        let public = ["/auth/", "/assets/", "/robots.txt", "/favicon.ico"];
        if let Decision::Forward(forwarded) = decide(&gate(), &request, NOW) {
            assert!(public.iter().any(|p| forwarded.uri.starts_with(p)), "{}: {}", vector.name, forwarded.uri);
        }
    }
}

fn gate() -> Gate {
    Gate::new(Verifier::new(PublicKeys::of([&SigningKey::from_seed(&[1; 32])]).unwrap(), "gallery"))
}

fn request(asked: &Asked) -> Request {
    let line = |name: &str, value: &str| Header { key: Some(name.to_owned()), value: value.to_owned() };
    let mut headers: Headers =
        asked.headers.iter().map(|(name, value)| (name.clone(), vec![line(name, value)])).collect();
    let cookies: Vec<Header> = asked.cookies.iter().map(|cookies| line("Cookie", &written(cookies))).collect();
    if !cookies.is_empty() {
        headers.insert("cookie".to_owned(), cookies);
    }
    Request {
        client_ip: "203.0.113.9".to_owned(),
        headers,
        method: asked.method.clone(),
        querystring: asked.query.clone(),
        uri: asked.path.clone(),
        body: asked.body.clone(),
    }
}

fn written(cookies: &Cookies) -> String {
    let described = match cookies {
        Cookies::Written(text) => return text.clone(),
        Cookies::Session { session } => session,
    };
    let key = SigningKey::from_seed(&[if described.key.as_deref() == Some("foreign") { 2 } else { 1 }; 32]);
    let session = Session {
        viewer: ViewerName::parse("gerda").unwrap(),
        scope: described.scope.clone(),
        generation: 1,
        id: SessionId::from_random([3; 16]),
        issued: NOW + described.issued,
        recheck_after: NOW + described.rca,
        expires: NOW + described.exp,
    };
    let token = key.mint(&session, described.audience.as_deref().unwrap_or("gallery")).unwrap();
    let token = match described.then.as_deref() {
        None => token,
        Some("quoted") => format!("\"{token}\""),
        Some("padded") => format!("{token}="),
        Some("cut") => token[..token.len() - 1].to_owned(),
        Some("spaced") => format!("{token} "),
        Some(other) => panic!("no such change: {other}"),
    };
    format!("theme=dark; __Host-session={token}")
}
