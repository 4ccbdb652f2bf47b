//! The gate against `vectors.json`: readable requests and what must become of them. The file says how it is read; the
//! same file runs through the addon in Node (`verifier/vectors.test.mjs`).

mod described;
mod tokens;

use std::collections::BTreeSet;

use described::{Vector, Vectors};
use session::headers::SECURITY;
use session::viewer_request::{Request, Response};
use session::{AuthRoute, Decision, Gate, Verifier, cookie, decide, gate};

/// What vectors of requirement 23 hide in their requests.
const SECRET: &str = "correct-horse-battery-staple";

fn new_gate() -> Gate {
    Gate::new(Verifier::new(tokens::known_keys(), tokens::AUDIENCE))
}

/// Runs the vectors of one requirement, of which there are at least so many.
fn hold(requirement: u8, at_least: usize) {
    let vectors = Vectors::read();
    let gate = new_gate();
    let chosen: Vec<_> = vectors.list.iter().filter(|vector| vector.requirements.contains(&requirement)).collect();
    assert!(chosen.len() >= at_least, "only {} vectors of requirement {requirement}", chosen.len());
    for vector in chosen {
        holds(&gate, &vectors, vector);
    }
}

macro_rules! requirements {
    ($($name:ident: $number:literal, at least $count:literal;)+) => {$(
        #[test]
        fn $name() {
            hold($number, $count);
        }
    )+};
}

requirements! {
    requirement_01_what_is_not_public_is_denied_by_default: 1, at least 100;
    requirement_02_paths_have_one_form_and_other_forms_are_400: 2, at least 80;
    requirement_03_scopes_are_compared_by_whole_segments: 3, at least 50;
    requirement_04_one_algorithm_keys_by_id_and_strict_signatures: 4, at least 60;
    requirement_05_every_claim_is_required_and_of_its_type: 5, at least 60;
    requirement_06_the_cookie_is_small_and_cleared_as_it_was_set: 6, at least 5;
    requirement_07_cookies_are_read_byte_for_byte_and_two_are_none: 7, at least 30;
    requirement_08_only_navigations_are_redirected: 8, at least 60;
    requirement_12_next_is_a_place_of_this_gallery_or_the_home_page: 12, at least 60;
    requirement_19_every_answer_has_every_security_header: 19, at least 100;
    requirement_20_neither_cookies_nor_queries_go_to_a_bucket: 20, at least 60;
    requirement_23_nothing_private_is_echoed: 23, at least 10;
}

#[test]
fn every_vector_has_a_name_of_its_own_and_a_requirement() {
    let vectors = Vectors::read();
    assert!(vectors.list.len() >= 500, "{} vectors", vectors.list.len());
    let names: BTreeSet<_> = vectors.list.iter().map(|vector| &vector.name).collect();
    assert_eq!(names.len(), vectors.list.len());
    let tested = [1, 2, 3, 4, 5, 6, 7, 8, 12, 19, 20, 23];
    for vector in &vectors.list {
        assert!(!vector.requirements.is_empty(), "{}", vector.name);
        assert!(vector.requirements.iter().all(|number| tested.contains(number)), "{}", vector.name);
    }
}

fn holds(gate: &Gate, vectors: &Vectors, vector: &Vector) {
    let request = vectors.request(vector);
    let decision = decide(gate, &request, vectors.now);
    match (&decision, vector.forward()) {
        (Decision::Forward(forwarded), Some(uri)) => {
            assert_eq!(forwarded.uri, uri, "{}", vector.name);
            forwarded_as_expected(vector, &request, forwarded);
        }
        (Decision::Respond(response), None) => answered_as_expected(vector, &request, response),
        _ => panic!("{}: {decision:?}", vector.name),
    }
    assert_eq!(decide(gate, &request, vectors.now), decision, "{}: a token seen before", vector.name);
}

fn forwarded_as_expected(vector: &Vector, request: &Request, forwarded: &Request) {
    let (name, expect) = (&vector.name, &vector.expect);
    assert_eq!(forwarded.querystring, expect.query, "{name}");
    assert_eq!(forwarded.method, request.method, "{name}");
    assert_eq!(forwarded.only_header("authorization"), None, "{name}");
    if !request.uri.starts_with("/auth/") {
        for header in gate::WITHHELD {
            assert!(!forwarded.headers.contains_key(header), "{name}: {header}");
        }
        assert_eq!(forwarded.body, None, "{name}");
    }
    for (header, value) in &expect.headers {
        assert_eq!(forwarded.only_header(header), value.as_deref(), "{name}: {header}");
    }
}

fn answered_as_expected(vector: &Vector, request: &Request, response: &Response) {
    let (name, expect) = (&vector.name, &vector.expect);
    let header = |key: &str| response.headers.get(key).map(|lines| lines[0].value.as_str());
    assert_eq!(Some(&response.status), expect.status.as_ref(), "{name}");
    assert_eq!(header("location").map(str::to_owned), expect.location(), "{name}");
    assert_eq!(header("allow"), expect.allow.as_deref(), "{name}");
    assert_eq!(header("set-cookie"), expect.clears.then(cookie::clear).as_deref(), "{name}");
    assert_eq!(response.body, None, "{name}");
    assert_eq!(header("cache-control"), Some("no-store"), "{name}");
    for (key, value) in SECURITY {
        assert_eq!(header(key), Some(value), "{name}: {key}");
    }
    let written = serde_json::to_string(response).unwrap();
    assert!(!written.contains(SECRET), "{name}: {written}");
    for part in request.header("cookie").flat_map(|line| line.split(['.', '=', ' ', ';'])) {
        assert!(part.len() < 20 || !written.contains(part), "{name}: {written}");
    }
}

/// Nothing is ever forwarded to a private object because of what else a request says.
#[test]
fn requirement_01_no_vector_passes_without_its_cookies() {
    let vectors = Vectors::read();
    for vector in &vectors.list {
        let mut request = vectors.request(vector);
        request.headers.remove("cookie");
        let public = ["/auth/", "/assets/", "/robots.txt", "/favicon.ico", "/sw.js"];
        if let Decision::Forward(forwarded) = decide(&new_gate(), &request, vectors.now) {
            assert!(public.iter().any(|p| forwarded.uri.starts_with(p)), "{}: {}", vector.name, forwarded.uri);
        }
    }
}

/// The short way to an object is the long way's to the letter, and taken by all that it is made for.
#[test]
fn the_short_way_leads_where_the_long_way_does() {
    let vectors = Vectors::read();
    let gate = new_gate();
    let mut short = 0;
    for vector in &vectors.list {
        let request = vectors.request(vector);
        let cookies = request.header("cookie").collect::<Vec<_>>().join(";");
        let object = gate::object(&gate, &request.method, &request.uri, &cookies, vectors.now);
        match (object, decide(&gate, &request, vectors.now)) {
            (Some(object), Decision::Forward(forwarded)) => {
                short += 1;
                assert_eq!(object, forwarded.uri, "{}", vector.name);
                assert_eq!(AuthRoute::parse(&request.uri), None, "{}", vector.name);
            }
            (Some(object), refused) => panic!("{}: {object} instead of {refused:?}", vector.name),
            (None, Decision::Forward(forwarded)) if !request.uri.starts_with("/auth/") => {
                assert!(vector.in_grace(), "{}: {} took the long way", vector.name, forwarded.uri);
            }
            (None, _) => {}
        }
    }
    assert!(short > 100, "{short} vectors took the short way");
}
