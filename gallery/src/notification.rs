//! S3 event notifications, as they arrive in SQS messages.
//!
//! An event only says where to look: the handlers read the bucket and believe that.

use std::collections::BTreeSet;

use aws_lambda_events::event::sqs::SqsMessage;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde::Deserialize;
use serde_json::json;

/// An object that something happened to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Changed {
    /// The bucket's name.
    pub bucket: String,
    /// The object's key, decoded.
    pub key: String,
}

/// Why a message could not be read. Such a message fails, is tried again and ends in the dead-letter queue.
#[derive(Debug, thiserror::Error)]
pub enum NotificationError {
    /// Not an S3 event.
    #[error("the message is not an S3 event notification: {0}")]
    Json(#[from] serde_json::Error),
    /// A key that is not URL-encoded UTF-8.
    #[error("the notification's key `{0}` is not URL-encoded UTF-8")]
    Key(String),
}

/// The objects that one message speaks of, each once. Empty for the `s3:TestEvent` that S3 sends first.
///
/// The shape is AWS's, "Event message structure" in the S3 User Guide, version 2.x.
pub fn changed(message: &SqsMessage) -> Result<BTreeSet<Changed>, NotificationError> {
    let body: Body = serde_json::from_str(message.body.as_deref().unwrap_or_default())?;
    let Body::Records { records } = body else { return Ok(BTreeSet::new()) };
    records
        .into_iter()
        .map(|record| {
            let key = decode(&record.s3.object.key).ok_or(NotificationError::Key(record.s3.object.key))?;
            Ok(Changed { bucket: record.s3.bucket.name, key })
        })
        .collect()
}

/// Who says that an object is to be looked at when nothing happened to it.
const LOOK: &str = "heirloom:look";

/// A message about an object that a look through the buckets found to be wrong, in the shape of S3's own.
pub fn about(bucket: &str, key: &str) -> String {
    let key = encoded(key);
    json!({ "Records": [{ "eventSource": LOOK, "s3": { "bucket": { "name": bucket }, "object": { "key": key } } }] })
        .to_string()
}

/// Whether a message comes from such a look: then the object is to be looked at closely.
pub fn is_from_a_look(message: &SqsMessage) -> bool {
    let body = serde_json::from_str(message.body.as_deref().unwrap_or_default());
    matches!(body, Ok(Body::Records { records }) if records.iter().any(|record| record.source.as_deref() == Some(LOOK)))
}

/// A key as S3 writes it in a notification: it leaves these as they are, and a space becomes `+`.
pub fn encoded(key: &str) -> String {
    const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'*').remove(b'/');
    utf8_percent_encode(key, KEPT).to_string().replace("%20", "+")
}

/// S3 writes keys in notifications, and in listings that ask for it, as HTML forms do: `+` for a space, percent-encoding for
/// the rest.
pub(crate) fn decode(key: &str) -> Option<String> {
    let spaced = key.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Body {
    Records {
        #[serde(rename = "Records")]
        records: Vec<Record>,
    },
    Test {
        #[serde(rename = "Event")]
        _event: String,
    },
}

#[derive(Deserialize)]
struct Record {
    #[serde(rename = "eventSource")]
    source: Option<String>,
    s3: S3Part,
}

#[derive(Deserialize)]
struct S3Part {
    bucket: BucketPart,
    object: ObjectPart,
}

#[derive(Deserialize)]
struct BucketPart {
    name: String,
}

#[derive(Deserialize)]
struct ObjectPart {
    key: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(body: &str) -> SqsMessage {
        let mut message = SqsMessage::default();
        message.body = Some(body.to_owned());
        message
    }

    #[test]
    fn keys_are_decoded_and_repeats_are_one() {
        let record = r#"{"s3":{"bucket":{"name":"source"},"object":{"key":"Fam+ily/a%2Bb%C3%A4.jpg"}}}"#;
        let found = changed(&message(&format!(r#"{{"Records":[{record},{record}]}}"#))).unwrap();
        let expected = Changed { bucket: "source".into(), key: "Fam ily/a+bä.jpg".into() };
        assert_eq!(found.into_iter().collect::<Vec<_>>(), [expected]);
    }

    #[test]
    fn what_a_look_says_reads_back() {
        let key = "Fam ily/a+bä&1*.jpg";
        let asked = message(&about("source", key));
        let expected = Changed { bucket: "source".into(), key: key.into() };
        assert_eq!(changed(&asked).unwrap().into_iter().collect::<Vec<_>>(), [expected]);
        assert!(is_from_a_look(&asked));
        for other in ["", r#"{"Records":[{"eventSource":"aws:s3","s3":{"bucket":{"name":"b"},"object":{"key":"k"}}}]}"#]
        {
            assert!(!is_from_a_look(&message(other)), "{other}");
        }
    }

    #[test]
    fn the_first_test_event_is_nothing() {
        let body = r#"{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"source"}"#;
        assert!(changed(&message(body)).unwrap().is_empty());
    }

    #[test]
    fn anything_else_is_an_error() {
        for body in ["", "{}", "[]", "hello", r#"{"Records":[{"s3":{}}]}"#] {
            assert!(changed(&message(body)).is_err(), "{body}");
        }
        let bad = r#"{"Records":[{"s3":{"bucket":{"name":"b"},"object":{"key":"%FF"}}}]}"#;
        assert!(changed(&message(bad)).is_err());
    }
}
