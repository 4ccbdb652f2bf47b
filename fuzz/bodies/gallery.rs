//! What must hold for whatever comes as a notification of S3's. It takes any bytes and panics when that does not hold.

use aws_lambda_events::event::sqs::SqsMessage;
use gallery::notification::changed;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// A message is refused, or tells of objects, of which one can tell again.
pub(crate) fn notification(bytes: &[u8]) {
    let message = |body: String| {
        let mut message = SqsMessage::default();
        message.body = Some(body);
        message
    };
    let Ok(found) = changed(&message(String::from_utf8_lossy(bytes).into_owned())) else { return };
    assert!(found.len() <= bytes.len(), "more objects than the message can name");
    let record = |one: &gallery::notification::Changed| {
        let key = utf8_percent_encode(&one.key, NON_ALPHANUMERIC).to_string();
        serde_json::json!({ "s3": { "bucket": { "name": one.bucket }, "object": { "key": key } } })
    };
    let records: Vec<_> = found.iter().map(record).collect();
    let again = changed(&message(serde_json::json!({ "Records": records }).to_string()));
    assert_eq!(again.expect("a notification of our own"), found);
}
