//! Answers: a status, headers, perhaps a page, perhaps a cookie. All have the security headers, none may be kept.

use aws_lambda_events::lambda_function_urls::LambdaFunctionUrlResponse;
use http::{HeaderMap, HeaderName, HeaderValue};
use maud::Markup;
use session::headers;

use crate::page;

/// An answer in the making.
pub(crate) struct Answer {
    status: u16,
    own: Vec<(&'static str, String)>,
    page: Option<Markup>,
    json: Option<String>,
    cookies: Vec<String>,
}

impl Answer {
    pub(crate) fn page(status: u16, page: Markup) -> Self {
        Self { status, own: Vec::new(), page: Some(page), json: None, cookies: Vec::new() }
    }

    /// For a script of ours.
    pub(crate) fn json(status: u16, value: &serde_json::Value) -> Self {
        Self { status, own: Vec::new(), page: None, json: Some(value.to_string()), cookies: Vec::new() }
    }

    /// The same, when it cannot be done.
    pub(crate) fn problem(status: u16, sentence: &str) -> Self {
        Self::json(status, &serde_json::json!({ "problem": sentence }))
    }

    /// Goes on with a GET, whatever this was (303).
    pub(crate) fn see_other(location: &str) -> Self {
        Self { status: 303, own: vec![("location", location.to_owned())], page: None, json: None, cookies: Vec::new() }
    }

    pub(crate) fn with_cookie(mut self, cookie: String) -> Self {
        self.cookies.push(cookie);
        self
    }

    pub(crate) fn with_header(mut self, name: &'static str, value: &str) -> Self {
        self.own.push((name, value.to_owned()));
        self
    }

    /// The response of a function URL. A response to HEAD has everything but the body.
    pub(crate) fn into_response(self, head: bool) -> LambdaFunctionUrlResponse {
        let mut headers = HeaderMap::new();
        let kind = match (&self.page, &self.json) {
            (Some(_), _) => Some("text/html; charset=utf-8"),
            (None, Some(_)) => Some("application/json"),
            (None, None) => None,
        };
        let content_type = kind.map(|kind| ("content-type", kind.to_owned()));
        let common = headers::of_form(page::style_hash()).into_iter();
        for (name, value) in
            common.chain([("cache-control", "no-store".to_owned())]).chain(content_type).chain(self.own)
        {
            // The names are ours; the values are ours or canonical paths, so all of them are legal.
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
        let mut response = LambdaFunctionUrlResponse::default();
        response.status_code = i64::from(self.status);
        response.headers = headers;
        response.body = self.page.map(maud::PreEscaped::into_string).or(self.json).filter(|_| !head);
        response.cookies = self.cookies;
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Requirements 19 and 20.
    #[test]
    fn every_answer_has_the_security_headers_and_is_not_kept() {
        for answer in [Answer::see_other("/"), Answer::page(200, maud::html! { p { "x" } })] {
            let response = answer.into_response(false);
            assert_eq!(response.headers["cache-control"], "no-store");
            for (name, value) in headers::SECURITY {
                assert!(response.headers.contains_key(name), "{name}");
                if !matches!(name, "content-security-policy" | "referrer-policy") {
                    assert_eq!(response.headers[name], value);
                }
            }
            let policy = response.headers["content-security-policy"].to_str().unwrap();
            assert!(policy.contains(page::style_hash()) && policy.starts_with("default-src 'none'"));
        }
    }

    #[test]
    fn an_answer_to_head_has_no_body() {
        let page = || Answer::page(200, maud::html! { p { "x" } });
        assert_eq!(page().into_response(true).body, None);
        assert_eq!(page().into_response(false).body.as_deref(), Some("<p>x</p>"));
        assert!(page().into_response(true).headers.contains_key("content-type"));
        assert!(!Answer::see_other("/").into_response(false).headers.contains_key("content-type"));
    }
}
