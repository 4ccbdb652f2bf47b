//! A change in a bucket, as S3 and SQS would put it.
//!
//! Shapes: AWS, "Event message structure" (S3 User Guide) and "Using Lambda with Amazon SQS" (Lambda Developer Guide).

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use md5::{Digest, Md5};
use serde_json::{Value, json};

use crate::s3::{Change, ChangeKind};

/// The region that the local cloud pretends to be in.
pub const REGION: &str = "us-east-1";

/// The S3 event notification of one change.
pub fn s3_event(change: &Change) -> Value {
    let name = match change.kind {
        ChangeKind::Put => "ObjectCreated:Put",
        ChangeKind::Copy => "ObjectCreated:Copy",
        ChangeKind::CompleteMultipartUpload => "ObjectCreated:CompleteMultipartUpload",
        ChangeKind::Delete => "ObjectRemoved:Delete",
    };
    let mut object = json!({
        "key": gallery::notification::encoded(&change.key),
        "sequencer": format!("{:016X}", change.sequence),
    });
    if change.kind != ChangeKind::Delete {
        object["size"] = json!(change.size);
        object["eTag"] = json!(change.etag.trim_matches('"'));
    }
    json!({ "Records": [{
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": REGION,
        "eventTime": change.time.to_string(),
        "eventName": name,
        "userIdentity": { "principalId": "AWS:heirloom" },
        "requestParameters": { "sourceIPAddress": "127.0.0.1" },
        "responseElements": { "x-amz-request-id": format!("{:016X}", change.sequence), "x-amz-id-2": "heirloom" },
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "heirloom",
            "bucket": {
                "name": change.bucket,
                "ownerIdentity": { "principalId": "heirloom" },
                "arn": format!("arn:aws:s3:::{}", change.bucket),
            },
            "object": object,
        },
    }] })
}

/// The message that S3 sends once to a destination that it is told to notify.
pub fn test_event(bucket: &str, now: Timestamp) -> Value {
    json!({
        "Service": "Amazon S3",
        "Event": "s3:TestEvent",
        "Time": now.to_string(),
        "Bucket": bucket,
        "RequestId": "0000000000000000",
        "HostId": "heirloom",
    })
}

/// One record of the SQS event that Lambda hands to a function.
pub fn sqs_record(queue: &str, id: &str, body: &str, received: u32, now: Timestamp) -> Value {
    let time = now.as_millisecond().to_string();
    json!({
        "messageId": id,
        "receiptHandle": format!("{id}/{received}"),
        "body": body,
        "attributes": {
            "ApproximateReceiveCount": received.to_string(),
            "SentTimestamp": time,
            "SenderId": "heirloom",
            "ApproximateFirstReceiveTimestamp": time,
        },
        "messageAttributes": {},
        "md5OfBody": HEXLOWER.encode(&Md5::digest(body.as_bytes())),
        "eventSource": "aws:sqs",
        "eventSourceARN": format!("arn:aws:sqs:{REGION}:000000000000:{queue}"),
        "awsRegion": REGION,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lambda_events::event::{s3::S3Event, sqs::SqsMessage};

    fn change(key: &str, kind: ChangeKind) -> Change {
        Change {
            sequence: 7,
            bucket: "source".into(),
            key: key.into(),
            kind,
            etag: "\"abc\"".into(),
            size: 5,
            time: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn keys_survive_the_way_through_a_notification() {
        for key in ["Family/a b+c%d.jpg", "ü/日本.jpg", "a//b", "x/🎂?#&=.jpg"] {
            let body = s3_event(&change(key, ChangeKind::Put)).to_string();
            let record = sqs_record("resize", "1", &body, 1, Timestamp::UNIX_EPOCH);
            let message: SqsMessage = serde_json::from_value(record).unwrap();
            let found = gallery::notification::changed(&message).unwrap();
            assert_eq!(found.into_iter().next().unwrap().key, key);
        }
    }

    #[test]
    fn the_public_types_read_what_we_write() {
        let event: S3Event = serde_json::from_value(s3_event(&change("a b/c.jpg", ChangeKind::Copy))).unwrap();
        let record = &event.records[0];
        assert_eq!(record.event_name.as_deref(), Some("ObjectCreated:Copy"));
        assert_eq!(record.s3.object.key.as_deref(), Some("a+b/c.jpg"));
        assert_eq!(record.s3.object.e_tag.as_deref(), Some("abc"));
        let removed: S3Event = serde_json::from_value(s3_event(&change("a", ChangeKind::Delete))).unwrap();
        assert_eq!(removed.records[0].event_name.as_deref(), Some("ObjectRemoved:Delete"));
        assert_eq!(removed.records[0].s3.object.size, None);
    }
}
