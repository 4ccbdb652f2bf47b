//! The resizer's Lambda function: SQS batches, and `{"reconcile": true}` from the daily schedule. The event source must
//! have `ReportBatchItemFailures`.

use std::env;
use std::sync::Arc;

use aws_lambda_events::event::sqs::SqsEvent;
use gallery::store::{BucketNames, amazon};
use gallery::{Bucket, Store};
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

#[tokio::main]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let names = BucketNames::from_settings(|name| env::var(name).ok(), &[Bucket::Source, Bucket::Resized])?;
    let resizer = Arc::new(Resizer::new(Store::new(amazon().await, names), Limits::default()));
    run(service_fn(|event: LambdaEvent<Call>| {
        let resizer = Arc::clone(&resizer);
        // Boxed: the S3 client's futures are large.
        async move { Box::pin(answer(&resizer, event.payload)).await }
    }))
    .await
}

async fn answer(resizer: &Arc<Resizer>, call: Call) -> Result<Value, Error> {
    match call {
        Call::Batch(event) => Ok(serde_json::to_value(resizer.handle(event).await)?),
        Call::Reconcile { reconcile: false } => Ok(Value::Null),
        Call::Reconcile { reconcile: true } => {
            let tally = resizer.reconcile().await?;
            tracing::info!(
                rendered = tally.rendered,
                removed = tally.removed,
                failed = tally.failed,
                unchanged = tally.unchanged,
                "reconciled"
            );
            Ok(Value::Null)
        }
    }
}
