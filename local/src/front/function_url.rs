//! A request as a function URL hands it to a Lambda function, and the function's answer as HTTP.
//!
//! Shape: AWS, "Invoking Lambda function URLs", payload format 2.0.

use aws_lambda_events::event::lambda_function_urls::{LambdaFunctionUrlRequest, LambdaFunctionUrlResponse};
use bytes::Bytes;
use data_encoding::BASE64;
use http::header::{COOKIE, SET_COOKIE};
use http::request::Parts;
use http::{HeaderValue, Response, StatusCode};
use http_body_util::Full;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::answer::{Body, boxed};

/// The event for one request.
pub(super) fn request(parts: &Parts, client: &str, body: &Bytes, now: Timestamp) -> LambdaFunctionUrlRequest {
    let path = parts.uri.path();
    let text = |name: &str| parts.headers.get(name).map(|v| String::from_utf8_lossy(v.as_bytes()).into_owned());
    let event = json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": parts.uri.query().unwrap_or_default(),
        "cookies": cookies(parts),
        "headers": headers(parts),
        "requestContext": {
            "accountId": "anonymous",
            "apiId": "local",
            "domainName": text("host").unwrap_or_default(),
            "domainPrefix": "local",
            "requestId": now.as_nanosecond().to_string(),
            "routeKey": "$default",
            "stage": "$default",
            "time": now.strftime("%d/%b/%Y:%H:%M:%S +0000").to_string(),
            "timeEpoch": now.as_millisecond(),
            "http": {
                "method": parts.method.as_str(),
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": client,
                "userAgent": text("user-agent").unwrap_or_default(),
            },
        },
        "body": if body.is_empty() { Value::Null } else { Value::String(BASE64.encode(body)) },
        "isBase64Encoded": !body.is_empty(),
    });
    serde_json::from_value(event).expect("a function URL event of our own making")
}

/// Every cookie by itself, `name=value`.
fn cookies(parts: &Parts) -> Vec<String> {
    let lines = parts.headers.get_all(COOKIE).iter();
    let text = lines.map(|line| String::from_utf8_lossy(line.as_bytes()).into_owned());
    text.flat_map(|line| line.split(';').map(|c| c.trim_matches(' ').to_owned()).collect::<Vec<_>>())
        .filter(|cookie| !cookie.is_empty())
        .collect()
}

/// Headers by lower-case name; several of one name are joined by commas. Cookies have a place of their own.
fn headers(parts: &Parts) -> Map<String, Value> {
    let mut map = Map::new();
    for name in parts.headers.keys().filter(|name| *name != COOKIE) {
        let values = parts.headers.get_all(name).iter();
        let joined = values.map(|v| String::from_utf8_lossy(v.as_bytes()).into_owned()).collect::<Vec<_>>().join(",");
        map.insert(name.as_str().to_owned(), Value::String(joined));
    }
    map
}

/// The function's answer as HTTP.
pub(super) fn response(answer: LambdaFunctionUrlResponse) -> Response<Body> {
    let text = answer.body.unwrap_or_default();
    let bytes =
        if answer.is_base64_encoded { BASE64.decode(text.as_bytes()).unwrap_or_default() } else { text.into_bytes() };
    let mut response = Response::new(boxed(Full::new(Bytes::from(bytes))));
    *response.status_mut() = u16::try_from(answer.status_code)
        .ok()
        .and_then(|code| StatusCode::from_u16(code).ok())
        .unwrap_or(StatusCode::BAD_GATEWAY);
    *response.headers_mut() = answer.headers;
    for cookie in answer.cookies {
        if let Ok(value) = HeaderValue::from_str(&cookie) {
            response.headers_mut().append(SET_COOKIE, value);
        }
    }
    response
}
