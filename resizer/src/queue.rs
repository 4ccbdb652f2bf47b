//! The resizers' queue, as the function that looks through the buckets fills it.

use aws_config::SdkConfig;
use futures::{TryStreamExt, stream};
use gallery::call::{Call, send};
use gallery::notification::about;
use lambda_runtime::Error;
use serde::Deserialize;
use serde_json::json;

/// The most messages of one request (AWS, `SendMessageBatch`).
const AT_ONCE: usize = 10;

/// Requests under way at a time.
const WIDTH: usize = 8;

#[derive(Deserialize)]
struct Sent {
    #[serde(rename = "Failed", default)]
    failed: Vec<serde_json::Value>,
}

/// Tells the resizers of keys of the source bucket, a message each: a resizer has memory for one photo.
pub(crate) async fn tell(config: &SdkConfig, queue: &str, bucket: &str, keys: &[String]) -> Result<(), Error> {
    let requests = keys.chunks(AT_ONCE).map(|keys| {
        let entries: Vec<_> = keys
            .iter()
            .enumerate()
            .map(|(id, key)| json!({ "Id": id.to_string(), "MessageBody": about(bucket, key) }))
            .collect();
        json!({ "QueueUrl": queue, "Entries": entries }).to_string()
    });
    stream::iter(requests.map(Ok)).try_for_each_concurrent(WIDTH, |body| request(config, body)).await
}

async fn request(config: &SdkConfig, body: String) -> Result<(), Error> {
    let region = config.region().map(ToString::to_string);
    let call = Call {
        service: "sqs",
        region: region.as_deref(),
        method: "POST",
        path: "/",
        headers: &[("content-type", "application/x-amz-json-1.0"), ("x-amz-target", "AmazonSQS.SendMessageBatch")],
        body,
    };
    let answer = send(config, &call).await?;
    let whole =
        answer.status == 200 && serde_json::from_str::<Sent>(&answer.text).is_ok_and(|sent| sent.failed.is_empty());
    if whole {
        Ok(())
    } else {
        // The next look finds again what was not told.
        Err(format!("the queue did not take every message: {} {}", answer.status, answer.text).into())
    }
}
