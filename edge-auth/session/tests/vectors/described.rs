//! `vectors.json` as it is written, and the requests that it describes.

use std::collections::BTreeMap;

use gallery::Scope;
use serde::Deserialize;
use serde_json::{Map, Value};
use session::viewer_request::{Body, Header, Headers, Request};

use crate::tokens;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Vectors {
    #[serde(rename = "about")]
    _about: Vec<String>,
    pub(crate) now: i64,
    r#as: BTreeMap<String, BTreeMap<String, String>>,
    #[serde(rename = "vectors")]
    pub(crate) list: Vec<Vector>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Vector {
    pub(crate) name: String,
    pub(crate) requirements: Vec<u8>,
    request: Asked,
    pub(crate) expect: Expected,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    r#as: Option<String>,
    #[serde(default = "get")]
    method: String,
    path: String,
    #[serde(default)]
    query: String,
    #[serde(default)]
    headers: BTreeMap<String, Lines>,
    #[serde(default)]
    cookies: Vec<Cookies>,
    session: Option<Described>,
    body: Option<Body>,
}

fn get() -> String {
    "GET".to_owned()
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Lines {
    One(String),
    Several(Vec<String>),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Cookies {
    Written(String),
    Session { session: Box<Described> },
}

/// A token to be made.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Described {
    pub(crate) scope: Option<Scope>,
    #[serde(default)]
    pub(crate) collections: usize,
    #[serde(default)]
    pub(crate) issued: i64,
    #[serde(default = "ten_minutes")]
    pub(crate) rca: i64,
    #[serde(default = "thirty_days")]
    pub(crate) exp: i64,
    #[serde(default = "first")]
    pub(crate) key: String,
    #[serde(default = "ours")]
    pub(crate) audience: String,
    #[serde(default)]
    pub(crate) claims: Map<String, Value>,
    #[serde(default)]
    pub(crate) without: Vec<String>,
    pub(crate) twice: Option<String>,
    pub(crate) raw_claims: Option<String>,
    #[serde(default)]
    pub(crate) header: Map<String, Value>,
    #[serde(default)]
    pub(crate) without_header: Vec<String>,
    pub(crate) twice_header: Option<String>,
    pub(crate) raw_header: Option<String>,
    pub(crate) then: Option<String>,
    #[serde(default = "among_others")]
    line: String,
}

fn ten_minutes() -> i64 {
    600
}

fn thirty_days() -> i64 {
    2_592_000
}

fn first() -> String {
    "first".to_owned()
}

fn ours() -> String {
    tokens::AUDIENCE.to_owned()
}

fn among_others() -> String {
    "theme=dark; __Host-session={}".to_owned()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expected {
    forward: Option<String>,
    pub(crate) status: Option<String>,
    location: Option<String>,
    pub(crate) allow: Option<String>,
    #[serde(default)]
    pub(crate) clears: bool,
    #[serde(default)]
    pub(crate) query: String,
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, Option<String>>,
}

impl Expected {
    pub(crate) fn location(&self) -> Option<String> {
        self.location.as_deref().map(expanded)
    }
}

impl Vector {
    pub(crate) fn forward(&self) -> Option<String> {
        self.expect.forward.as_deref().map(expanded)
    }

    /// Whether the session is one that the gate shows pictures for, and no more pages.
    pub(crate) fn in_grace(&self) -> bool {
        self.request.session.as_ref().is_some_and(|session| session.rca < 0)
    }
}

impl Vectors {
    pub(crate) fn read() -> Self {
        serde_json::from_str(include_str!("../../vectors.json")).unwrap()
    }

    /// The request of a vector, with its tokens made and signed.
    pub(crate) fn request(&self, vector: &Vector) -> Request {
        let asked = &vector.request;
        let mut headers = Headers::new();
        for (name, value) in asked.r#as.iter().flat_map(|who| &self.r#as[who]) {
            headers.insert(name.clone(), vec![line(name, value)]);
        }
        for (name, lines) in &asked.headers {
            let lines = match lines {
                Lines::One(value) => vec![line(name, value)],
                Lines::Several(values) => values.iter().map(|value| line(name, value)).collect(),
            };
            headers.insert(name.clone(), lines);
        }
        let in_cookies = asked.cookies.iter().map(|cookies| match cookies {
            Cookies::Written(text) => text.clone(),
            Cookies::Session { session } => self.in_line(session),
        });
        let cookies: Vec<_> = in_cookies
            .chain(asked.session.iter().map(|session| self.in_line(session)))
            .map(|text| line("Cookie", &text))
            .collect();
        if !cookies.is_empty() {
            headers.insert("cookie".to_owned(), cookies);
        }
        Request {
            client_ip: "203.0.113.9".to_owned(),
            headers,
            method: asked.method.clone(),
            querystring: asked.query.clone(),
            uri: expanded(&asked.path),
            body: asked.body.clone(),
        }
    }

    fn in_line(&self, session: &Described) -> String {
        session.line.replace("{}", &tokens::made(session, self.now))
    }
}

fn line(name: &str, value: &str) -> Header {
    Header { key: Some(name.to_owned()), value: value.to_owned() }
}

/// The text with every `<a*3>` written out as `aaa`.
pub(crate) fn expanded(text: &str) -> String {
    let Some((before, rest)) = text.split_once('<') else {
        return text.to_owned();
    };
    let (repeated, after) = rest.split_once('>').expect("`<` has its `>`");
    let (letter, count) = repeated.split_once('*').expect("`<a*3>`");
    [before, &letter.repeat(count.parse().expect("a count")), &expanded(after)].concat()
}
