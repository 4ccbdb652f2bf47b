//! The resizer's Lambda functions: SQS batches, and `{"reconcile": true}` from the daily schedule. The event source must
//! have `ReportBatchItemFailures`. A function that is told of `HEIRLOOM_RESIZE_QUEUE` reconciles by telling the resizers
//! there what a look through the buckets finds wrong.

mod queue;

use std::env;
use std::sync::Arc;

use aws_config::SdkConfig;
use aws_lambda_events::event::sqs::SqsEvent;
use gallery::store::{BucketNames, client_of, surroundings};
use gallery::{Bucket, Store, log};
use lambda_runtime::{Error, LambdaEvent, run, service_fn, tracing};
use resizer::{Limits, Resizer};
use serde::Deserialize;
use serde_json::Value;

/// What the function is called with.
#[derive(Deserialize)]
#[serde(untagged)]
enum Call {
    Batch(SqsEvent),
    Reconcile { reconcile: bool },
}

/// What it works with.
struct Tools {
    resizer: Resizer,
    config: SdkConfig,
    bucket: String,
    /// Where to tell of what is wrong; without it everything is refreshed here.
    queue: Option<String>,
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    log::begin(|name| env::var(name).ok());
    let names = BucketNames::from_settings(|name| env::var(name).ok(), &[Bucket::Source, Bucket::Resized])?;
    let queue = env::var("HEIRLOOM_RESIZE_QUEUE").ok();
    let config = surroundings().load().await;
    let bucket = names.source.clone();
    let resizer = Resizer::new(Store::new(client_of(&config), names), Limits::default());
    let resizer = if queue.is_some() { resizer.remembering() } else { resizer };
    let tools = Arc::new(Tools { resizer, config, bucket, queue });
    run(service_fn(|event: LambdaEvent<Call>| {
        let tools = Arc::clone(&tools);
        // Boxed: the S3 client's futures are large.
        async move { Box::pin(answer(&tools, event.payload)).await }
    }))
    .await
}

async fn answer(tools: &Tools, call: Call) -> Result<Value, Error> {
    match call {
        Call::Batch(event) => return Ok(serde_json::to_value(tools.resizer.handle(event).await)?),
        Call::Reconcile { reconcile: false } => {}
        Call::Reconcile { reconcile: true } => reconcile(tools).await?,
    }
    Ok(Value::Null)
}

async fn reconcile(tools: &Tools) -> Result<(), Error> {
    let Some(queue) = &tools.queue else {
        let tally = tools.resizer.reconcile().await?;
        tracing::info!(?tally, "reconciled");
        return Ok(());
    };
    let found = tools.resizer.look().await?;
    tracing::info!(right = found.right, wrong = found.wrong.len(), removed = found.removed, "looked");
    queue::tell(&tools.config, queue, &tools.bucket, &found.wrong).await
}
