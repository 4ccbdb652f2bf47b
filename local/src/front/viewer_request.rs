//! A request as CloudFront hands it to a viewer-request function.
//!
//! Shape: AWS, "Lambda@Edge event structure", request event.

use std::collections::BTreeMap;

use bytes::Bytes;
use data_encoding::BASE64;
use http::request::Parts;
use serde_json::{Value, json};

/// The most of a body that a viewer-request function is shown (AWS, "Accessing the request body").
const BODY_SHOWN: usize = 40 * 1024;

/// The event for one request. `body` is shown only where the deployed behaviour includes it, on `/auth/*`.
pub(super) fn event(parts: &Parts, client: &str, body: Option<&Bytes>) -> Value {
    let mut request = json!({
        "clientIp": client,
        "headers": headers(parts),
        "method": parts.method.as_str(),
        "querystring": parts.uri.query().unwrap_or_default(),
        "uri": parts.uri.path(),
    });
    if let Some(body) = body {
        let shown = &body[..body.len().min(BODY_SHOWN)];
        request["body"] = json!({
            "action": "read-only",
            "data": BASE64.encode(shown),
            "encoding": "base64",
            "inputTruncated": body.len() > BODY_SHOWN,
        });
    }
    json!({ "Records": [{ "cf": {
        "config": {
            "distributionDomainName": "localhost",
            "distributionId": "LOCAL",
            "eventType": "viewer-request",
            "requestId": "local",
        },
        "request": request,
    } }] })
}

/// Every header, by lower-case name, each value in an entry of its own.
fn headers(parts: &Parts) -> BTreeMap<String, Value> {
    let mut headers = BTreeMap::new();
    for name in parts.headers.keys() {
        let values = parts.headers.get_all(name).iter();
        let entries: Vec<Value> = values
            .map(|value| json!({ "key": name.as_str(), "value": String::from_utf8_lossy(value.as_bytes()) }))
            .collect();
        headers.insert(name.as_str().to_owned(), Value::Array(entries));
    }
    headers
}
