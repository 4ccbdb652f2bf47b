//! The builder's Lambda function: SQS batches, `{"reconcile": true}` from the daily schedule and `{"catch_up": true}`
//! every few minutes.

use std::env;

use aws_lambda_events::event::sqs::SqsEvent;
use builder::Builder;
use gallery::store::{BucketNames, amazon};
use gallery::{Bucket, Store, log};
use lambda_runtime::{LambdaEvent, run, service_fn};
use serde::Deserialize;
use serde_json::Value;

/// What the function is called with.
#[derive(Deserialize)]
#[serde(untagged)]
enum Call {
    Batch(SqsEvent),
    Reconcile { reconcile: bool },
    CatchUp { catch_up: bool },
}

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    log::begin(|name| env::var(name).ok());
    let names =
        BucketNames::from_settings(|name| env::var(name).ok(), &[Bucket::Source, Bucket::Resized, Bucket::Web])?;
    let mut builder = Builder::new(Store::new(amazon().await, names)).across_albums_later().with_own_files();
    if let Ok(title) = env::var("HEIRLOOM_TITLE") {
        builder = builder.of_gallery(title);
    }
    let builder = &builder;
    run(service_fn(move |event: LambdaEvent<Call>| async move { answer(builder, event.payload).await })).await
}

async fn answer(builder: &Builder, call: Call) -> Result<Value, lambda_runtime::Error> {
    match call {
        Call::Batch(event) => Ok(serde_json::to_value(builder.handle(event).await)?),
        Call::Reconcile { reconcile: false } | Call::CatchUp { catch_up: false } => Ok(Value::Null),
        Call::CatchUp { catch_up: true } => {
            builder.catch_up().await?;
            Ok(Value::Null)
        }
        Call::Reconcile { reconcile: true } => {
            let found = builder.reconcile().await?;
            lambda_runtime::tracing::info!(albums = found.albums, repaired = found.repaired, "reconciled");
            Ok(Value::Null)
        }
    }
}
