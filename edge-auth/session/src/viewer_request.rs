//! The event of a viewer's request and its answer, as Lambda@Edge defines them (AWS, "Lambda@Edge event structure" and
//! "Generating HTTP responses in request triggers").

use std::collections::BTreeMap;

use data_encoding::BASE64;
use serde::{Deserialize, Serialize};

/// Why an event was not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    /// Not JSON of this shape. The place is told and never the text: it may hold a token.
    #[error("the event is not a CloudFront event: look at line {line}, column {column}")]
    Shape {
        /// The line, from 1; 0 when the end is missing.
        line: usize,
        /// The column.
        column: usize,
    },
    /// More or fewer than one record.
    #[error("the event holds {0} records, not one")]
    Records(usize),
    /// An event of another trigger.
    #[error("the event is not a viewer request")]
    Trigger,
    /// A body in an unknown encoding.
    #[error("the request's body is not in the encoding that it names")]
    Body,
}

/// The whole event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// One record.
    #[serde(rename = "Records")]
    pub records: Vec<Record>,
}

/// A record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// What `CloudFront` tells.
    pub cf: CloudFront,
}

/// What `CloudFront` tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CloudFront {
    /// About the distribution.
    pub config: Config,
    /// About the request.
    pub request: Request,
}

/// About the distribution and the trigger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Config {
    /// `d111111abcdef8.cloudfront.net`
    pub distribution_domain_name: String,
    /// The distribution's id.
    pub distribution_id: String,
    /// `viewer-request`
    pub event_type: String,
    /// `CloudFront`'s id of the request.
    pub request_id: String,
}

/// Headers by their names in lower case; each may come several times.
pub type Headers = BTreeMap<String, Vec<Header>>;

/// One header line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The name in the case in which it was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The value.
    pub value: String,
}

/// A viewer's request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// The viewer's address.
    pub client_ip: String,
    /// Its headers.
    pub headers: Headers,
    /// `GET`, `HEAD`, `POST` and so on.
    pub method: String,
    /// What follows the question mark, without it.
    pub querystring: String,
    /// The path, as the viewer sent it.
    pub uri: String,
    /// The body, when the trigger includes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Body>,
}

/// A request's body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Body {
    /// Whether `CloudFront` cut it off (at 40 KB for a viewer's request).
    #[serde(default)]
    pub input_truncated: bool,
    /// `read-only`, or `replace` in an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// `base64` or `text`.
    pub encoding: String,
    /// The bytes, so encoded.
    pub data: String,
}

/// An answer in place of the request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Response {
    /// The status, as text.
    pub status: String,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_description: Option<String>,
    /// The headers.
    pub headers: Headers,
    /// The body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// `text` or `base64`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body_encoding: Option<String>,
}

impl Event {
    /// An event of one viewer's request.
    pub fn of(config: Config, request: Request) -> Self {
        Self { records: vec![Record { cf: CloudFront { config, request } }] }
    }

    /// Reads an event.
    pub fn from_json(json: &[u8]) -> Result<Self, EventError> {
        serde_json::from_slice(json).map_err(|e| EventError::Shape { line: e.line(), column: e.column() })
    }

    /// The one request in it.
    pub fn into_request(self) -> Result<Request, EventError> {
        let count = self.records.len();
        let mut records = self.records.into_iter();
        let (Some(record), None) = (records.next(), records.next()) else {
            return Err(EventError::Records(count));
        };
        if record.cf.config.event_type != "viewer-request" {
            return Err(EventError::Trigger);
        }
        Ok(record.cf.request)
    }
}

impl Request {
    /// The values of a header, in their order.
    pub fn header(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers.get(name).into_iter().flatten().map(|header| header.value.as_str())
    }

    /// The value of a header that comes exactly once.
    pub fn only_header(&self, name: &str) -> Option<&str> {
        let mut values = self.header(name);
        let first = values.next()?;
        values.next().is_none().then_some(first)
    }

    /// Sets a header, in place of any that the viewer sent.
    pub fn set_header(&mut self, name: &str, value: impl Into<String>) {
        self.headers.insert(name.to_owned(), vec![Header { key: Some(name.to_owned()), value: value.into() }]);
    }
}

impl Body {
    /// The bytes as they were sent.
    pub fn bytes(&self) -> Result<Vec<u8>, EventError> {
        match self.encoding.as_str() {
            "text" => Ok(self.data.clone().into_bytes()),
            "base64" => BASE64.decode(self.data.as_bytes()).map_err(|_| EventError::Body),
            _ => Err(EventError::Body),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In the shape of the example on AWS's page "Lambda@Edge event structure".
    const EVENT: &str = r#"{"Records":[{"cf":{
        "config":{"distributionDomainName":"d111111abcdef8.cloudfront.net","distributionId":"EDFDVBD6EXAMPLE",
                  "eventType":"viewer-request","requestId":"4TyzHTaYWb1GX1qTfsHhEqV6HUDd_BzoBZnwfnvQc_1oF26ClkoUSEQ=="},
        "request":{"clientIp":"203.0.113.178",
                   "headers":{"host":[{"key":"Host","value":"d111111abcdef8.cloudfront.net"}],
                              "cookie":[{"key":"Cookie","value":"a=1"},{"key":"Cookie","value":"b=2"}]},
                   "method":"POST","querystring":"size=large","uri":"/auth/login",
                   "body":{"inputTruncated":false,"action":"read-only","encoding":"base64","data":"bmFtZT1h"}}}}]}"#;

    #[test]
    fn an_event_reads_and_writes() {
        let event = Event::from_json(EVENT.as_bytes()).unwrap();
        let again = serde_json::to_value(&event).unwrap();
        assert_eq!(again, serde_json::from_str::<serde_json::Value>(EVENT).unwrap());
        let request = event.into_request().unwrap();
        assert_eq!(request.header("cookie").collect::<Vec<_>>(), ["a=1", "b=2"]);
        assert_eq!(request.only_header("cookie"), None);
        assert_eq!(request.only_header("host"), Some("d111111abcdef8.cloudfront.net"));
        assert_eq!(request.body.unwrap().bytes().unwrap(), b"name=a");
    }

    #[test]
    fn other_events_are_refused() {
        let event = Event::from_json(EVENT.as_bytes()).unwrap();
        let none = Event { records: vec![] };
        let two = Event { records: [event.records.clone(), event.records.clone()].concat() };
        assert_eq!(none.into_request(), Err(EventError::Records(0)));
        assert_eq!(two.into_request(), Err(EventError::Records(2)));
        let mut other = event;
        other.records[0].cf.config.event_type = "origin-request".into();
        assert_eq!(other.into_request(), Err(EventError::Trigger));
        assert!(matches!(Event::from_json(b"{}"), Err(EventError::Shape { .. })));
        let odd = Body { input_truncated: false, action: None, encoding: "base64".into(), data: "a".into() };
        assert_eq!(odd.bytes(), Err(EventError::Body));
    }
}
