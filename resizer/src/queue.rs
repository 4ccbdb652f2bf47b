//! The resizers' queue, as the function that looks through the buckets fills it.

use aws_config::SdkConfig;
use futures::{TryStreamExt, stream};
use gallery::call::{Call, send};
use gallery::notification::about;
use lambda_runtime::Error;
use serde_json::json;

/// Requests under way at a time: a hundred thousand keys are told in about a minute.
const WIDTH: usize = 32;

/// Tells the resizers of keys of the source bucket, a message each: a resizer has memory for one photo.
pub(crate) async fn tell(config: &SdkConfig, queue: &str, bucket: &str, keys: &[String]) -> Result<(), Error> {
    let messages = stream::iter(keys.iter().map(|key| Ok(about(bucket, key))));
    messages.try_for_each_concurrent(WIDTH, |message| request(config, queue, message)).await
}

async fn request(config: &SdkConfig, queue: &str, message: String) -> Result<(), Error> {
    let region = config.region().map(ToString::to_string);
    let call = Call {
        service: "sqs",
        region: region.as_deref(),
        method: "POST",
        path: "/",
        headers: &[("content-type", "application/x-amz-json-1.0"), ("x-amz-target", "AmazonSQS.SendMessage")],
        body: json!({ "QueueUrl": queue, "MessageBody": message }).to_string(),
    };
    let answer = send(config, &call).await?;
    if answer.status == 200 {
        return Ok(());
    }
    // The next look finds again what was not told.
    Err(format!("the queue did not take a message: {} {}", answer.status, answer.text).into())
}
