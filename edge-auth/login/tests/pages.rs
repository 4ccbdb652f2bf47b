//! What login answers without ever asking S3, and what it answers when S3 does not answer. The store here leads nowhere.

use aws_lambda_events::lambda_function_urls::{LambdaFunctionUrlRequest, LambdaFunctionUrlResponse};
use gallery::Store;
use gallery::store::{BucketNames, Endpoint, at};
use http::{HeaderName, HeaderValue};
use jiff::Timestamp;
use login::{Config, Login};
use session::headers::SECURITY;

const HERE: (&str, &str) = ("origin", "https://gallery.example");
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

fn login() -> Login {
    let nowhere = Endpoint { url: "http://127.0.0.1:1".into(), access_key: "x".into(), secret_key: "x".into() };
    Login::new(Store::new(at(&nowhere), BucketNames::plain()), Config::new("The Family Album", "gallery"))
}

async fn ask(method: &str, path: &str, lines: &[(&'static str, &str)], body: &str) -> LambdaFunctionUrlResponse {
    let mut request = LambdaFunctionUrlRequest::default();
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    request.raw_path = Some(path.to_owned());
    request.raw_query_string = Some(query.to_owned());
    request.request_context.http.method = Some(method.to_owned());
    request.headers.insert("x-forwarded-host", HeaderValue::from_static("gallery.example"));
    for (name, value) in lines {
        request.headers.insert(HeaderName::from_static(name), value.parse().unwrap());
    }
    request.body = Some(body.to_owned());
    let response = login().handle(request, Timestamp::from_second(1_800_000_000).unwrap()).await;
    // Requirements 19 and 20 hold for every answer.
    assert_eq!(response.headers["cache-control"], "no-store");
    assert!(SECURITY.iter().all(|(name, _)| response.headers.contains_key(*name)));
    response
}

#[tokio::test]
async fn the_form_is_shown_with_its_way_back() {
    let response = ask("GET", "/auth/login?next=%2Falbums%2FFamily%2F", &[], "").await;
    assert_eq!(response.status_code, 200);
    assert_eq!(response.headers["content-type"], "text/html; charset=utf-8");
    let page = response.body.unwrap();
    assert!(page.contains("The Family Album") && page.contains("value=\"/albums/Family/\""), "{page}");
    assert!(response.cookies.is_empty());

    let hostile = ask("GET", "/auth/login?next=//evil.example", &[], "").await.body.unwrap();
    assert!(hostile.contains("name=\"next\" value=\"/\"") && !hostile.contains("evil"), "{hostile}");
    assert!(ask("GET", "/auth/login?signed-out", &[], "").await.body.unwrap().contains("signed out"));
    assert_eq!(ask("HEAD", "/auth/login", &[], "").await.body, None);
}

#[tokio::test]
async fn pages_speak_the_reader_s_language() {
    for (wanted, tag, button) in [
        ("de-AT,de;q=0.9,en;q=0.8", "de", ">Anmelden</button>"),
        ("ja", "ja", ">サインイン</button>"),
        ("tlh, en-GB;q=0.4", "en", ">Sign in</button>"),
    ] {
        let page = ask("GET", "/auth/login", &[("accept-language", wanted)], "").await.body.unwrap();
        assert!(page.contains(&format!("<html lang=\"{tag}\">")) && page.contains(button), "{page}");
    }
    let french = ("accept-language", "fr");
    let refused = ask("GET", "/auth/logout", &[french], "").await.body.unwrap();
    assert!(refused.contains("lang=\"fr\"") && refused.contains("possible ici"), "{refused}");
    let silent = ask("POST", "/auth/login", &[HERE, FORM, french], "name=gerda&password=walnut&next=%2F").await;
    assert!(silent.body.unwrap().contains("dans un moment"));
}

/// Requirement 13.
#[tokio::test]
async fn forms_of_other_sites_and_other_bodies_are_refused() {
    let evil = ("origin", "https://evil.example");
    let body = "name=gerda&password=walnut-ferry-otter";
    // Not 403, in whose place CloudFront shows another page: what is said is to be read.
    let refused = ask("POST", "/auth/login", &[evil, FORM], body).await;
    assert_eq!(refused.status_code, 422);
    assert!(refused.body.unwrap().contains("the gallery’s own page"));
    assert_eq!(ask("POST", "/auth/login", &[FORM], body).await.status_code, 422);
    assert_eq!(ask("POST", "/auth/logout", &[evil], "").await.status_code, 422);
    assert_eq!(ask("POST", "/auth/login", &[HERE], body).await.status_code, 400);
    assert_eq!(ask("POST", "/auth/login", &[HERE, FORM], "name=gerda").await.status_code, 400);
}

#[tokio::test]
async fn other_methods_and_pages_are_refused() {
    let response = ask("GET", "/auth/logout", &[], "").await;
    assert_eq!((response.status_code, &response.headers["allow"]), (405, &HeaderValue::from_static("POST")));
    assert!(response.cookies.is_empty(), "a link signs nobody out");
    assert_eq!(ask("POST", "/auth/renew", &[], "").await.status_code, 405);
    assert_eq!(ask("PUT", "/auth/login", &[], "").await.status_code, 405);
    assert_eq!(ask("GET", "/auth/elsewhere", &[], "").await.status_code, 404);
    assert_eq!(ask("GET", "/", &[], "").await.status_code, 404);
}

/// Requirement 18.
#[tokio::test]
async fn signing_out_clears_everything_whatever_the_cookie_holds() {
    for cookie in ["", "__Host-session=expired", "__Host-session=a; __Host-session=b"] {
        let response = ask("POST", "/auth/logout", &[HERE, ("cookie", cookie)], "").await;
        assert_eq!(response.status_code, 303);
        assert_eq!(response.headers["location"], "/auth/login?signed-out");
        assert_eq!(response.headers["clear-site-data"], "\"cache\", \"storage\"");
        assert!(response.cookies[0].starts_with("__Host-session=;") && response.cookies[0].ends_with("Max-Age=0"));
    }
}

#[tokio::test]
async fn renewal_without_one_session_leads_to_the_form() {
    for cookie in ["", "__Host-session=a; __Host-session=b"] {
        let response = ask("GET", "/auth/renew?next=%2Falbums%2FFamily%2F", &[("cookie", cookie)], "").await;
        assert_eq!(response.status_code, 303);
        assert_eq!(response.headers["location"], "/auth/login?next=%2Falbums%2FFamily%2F");
        assert!(response.cookies[0].ends_with("Max-Age=0"));
    }
}

/// Requirement 22: a failure is told calmly, holds nothing of the request or the store, and ends no session.
#[tokio::test]
async fn a_silent_store_is_one_calm_sentence() {
    let form = "name=gerda&password=walnut-ferry-otter&next=%2F";
    let response = ask("POST", "/auth/login", &[HERE, FORM], form).await;
    assert_eq!(response.status_code, 503);
    let page = response.body.unwrap();
    assert!(page.contains("try again"), "{page}");
    for secret in ["gerda", "walnut", "127.0.0.1", "auth/users"] {
        assert!(!page.contains(secret), "{secret}");
    }
    let renewal = ask("GET", "/auth/renew", &[("cookie", "__Host-session=x")], "").await;
    assert_eq!(renewal.status_code, 503);
    assert!(renewal.cookies.is_empty());
}
