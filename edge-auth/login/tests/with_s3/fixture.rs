//! A store of the test's own, a viewer in it, and browsers of the plainest kind.

use std::collections::BTreeMap;

use aws_lambda_events::lambda_function_urls::{LambdaFunctionUrlRequest, LambdaFunctionUrlResponse};
use gallery::store::{BucketNames, Endpoint, at};
use gallery::{Bucket, CollectionSlug, Scope, Store, ViewerName};
use http::{HeaderName, HeaderValue};
use jiff::{SignedDuration, Timestamp};
use login::audit::Record;
use login::{Audit, Config, Cost, Login, load_or_create};
use zeroize::Zeroizing;

pub(crate) const PASSWORD: &str = "walnut-ferry-otter-lamp";

/// A store of this test's own; `None` when there is no server.
pub(crate) async fn store(test: &str) -> Option<Store> {
    let Some(endpoint) = Endpoint::from_settings(|name| std::env::var(name).ok()) else {
        eprintln!("left out {test}: HEIRLOOM_S3_ENDPOINT names no S3 server");
        return None;
    };
    let prefix = format!("login-{}-{test}", std::process::id());
    let name = |bucket: &str| format!("{prefix}-{bucket}");
    let names = BucketNames { source: name("s"), resized: name("r"), web: name("w"), auth: name("a") };
    let store = Store::new(at(&endpoint), names);
    for bucket in [Bucket::Web, Bucket::Auth] {
        store.client().create_bucket().bucket(store.name(bucket)).send().await.unwrap();
    }
    Some(store)
}

pub(crate) fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap()
}

pub(crate) fn later(seconds: i64) -> Timestamp {
    now() + SignedDuration::from_secs(seconds)
}

pub(crate) fn login(store: &Store, cost: Cost) -> Login {
    Login::new(store.clone(), Config { cost, ..Config::new("Gallery", "gallery") })
}

pub(crate) fn gerda() -> ViewerName {
    ViewerName::parse("gerda").unwrap()
}

pub(crate) fn secret(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.to_owned())
}

pub(crate) fn family() -> Scope {
    Scope::Only([CollectionSlug::parse("Family").unwrap()].into())
}

/// A gallery with its first key and one viewer.
pub(crate) async fn gallery(test: &str) -> Option<(Store, Login)> {
    let store = store(test).await?;
    load_or_create(&store, now()).await.unwrap();
    let login = login(&store, Cost::LEAST);
    login.users().add(&gerda(), &secret(PASSWORD), family(), now()).await.unwrap();
    Some((store, login))
}

/// A browser: an address, and the cookies that answers set.
pub(crate) struct Browser<'a> {
    login: &'a Login,
    address: String,
    pub(crate) cookies: BTreeMap<String, String>,
}

impl<'a> Browser<'a> {
    pub(crate) fn new(login: &'a Login) -> Self {
        Self::at(login, "203.0.113.1")
    }

    pub(crate) fn at(login: &'a Login, address: &str) -> Self {
        Self { login, address: address.to_owned(), cookies: BTreeMap::new() }
    }

    pub(crate) async fn get(&mut self, path: &str, at: Timestamp) -> LambdaFunctionUrlResponse {
        self.ask("GET", path, None, at).await
    }

    pub(crate) async fn post(&mut self, path: &str, form: &str, at: Timestamp) -> LambdaFunctionUrlResponse {
        self.ask("POST", path, Some(form), at).await
    }

    pub(crate) async fn sign_in(&mut self, name: &str, password: &str, at: Timestamp) -> LambdaFunctionUrlResponse {
        let form = format!("name={name}&password={password}&next=%2Falbums%2FFamily%2F");
        self.post("/auth/login", &form, at).await
    }

    async fn ask(&mut self, method: &str, path: &str, form: Option<&str>, at: Timestamp) -> LambdaFunctionUrlResponse {
        let mut request = LambdaFunctionUrlRequest::default();
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        request.raw_path = Some(path.to_owned());
        request.raw_query_string = Some(query.to_owned());
        request.request_context.http.method = Some(method.to_owned());
        for (header, value) in [
            ("x-forwarded-host", "gallery.example"),
            ("x-viewer-address", &self.address),
            ("origin", "https://gallery.example"),
            ("content-type", "application/x-www-form-urlencoded"),
        ] {
            request.headers.insert(HeaderName::from_static(header), HeaderValue::from_str(value).unwrap());
        }
        request.body = form.map(str::to_owned);
        request.cookies = Some(self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect());
        let response = self.login.handle(request, at).await;
        for cookie in &response.cookies {
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            if cookie.ends_with("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        response
    }
}

pub(crate) async fn sign_in(login: &Login, name: &str, password: &str, at: Timestamp) -> LambdaFunctionUrlResponse {
    Browser::new(login).sign_in(name, password, at).await
}

pub(crate) async fn renew(login: &Login, token: &str, at: Timestamp) -> LambdaFunctionUrlResponse {
    let mut browser = Browser::new(login);
    browser.cookies.insert("__Host-session".to_owned(), token.to_owned());
    browser.get("/auth/renew?next=%2Falbums%2FFamily%2F", at).await
}

/// Where an answer leads.
pub(crate) fn location(response: &LambdaFunctionUrlResponse) -> &str {
    response.headers.get("location").and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// What was recorded, as `event outcome viewer`.
pub(crate) async fn recorded(store: &Store) -> Vec<String> {
    let records = Audit::new(store.clone()).since(Timestamp::UNIX_EPOCH).await.unwrap();
    let viewer = |record: &Record| record.viewer.as_ref().map_or("-".to_owned(), ToString::to_string);
    records.iter().map(|r| format!("{} {:?} {}", r.event.name(), r.outcome, viewer(r))).collect()
}

/// The token in an answer's cookie.
pub(crate) fn token(response: &LambdaFunctionUrlResponse) -> String {
    let cookie = &response.cookies[0];
    assert!(cookie.contains("; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age="), "{cookie}");
    cookie.strip_prefix("__Host-session=").unwrap().split(';').next().unwrap().to_owned()
}
