//! The resizer as a Lambda function behind its queue. The event source must have `ReportBatchItemFailures`.

use std::sync::Arc;

use aws_lambda_events::event::sqs::SqsEvent;
use gallery::store::{BucketNames, amazon};
use gallery::{Bucket, Store};
use lambda_runtime::{Error, LambdaEvent, service_fn, tracing};
use resizer::{Limits, Resizer};

#[tokio::main]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let names = BucketNames::from_settings(|name| std::env::var(name).ok(), &[Bucket::Source, Bucket::Resized])?;
    let resizer = Arc::new(Resizer::new(Store::new(amazon().await, names), Limits::default()));
    lambda_runtime::run(service_fn(|event: LambdaEvent<SqsEvent>| {
        let resizer = Arc::clone(&resizer);
        async move { Ok::<_, Error>(resizer.handle(event.payload).await) }
    }))
    .await
}
