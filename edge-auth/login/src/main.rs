//! The login function on AWS Lambda: settings from the environment, events from a function URL.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use aws_lambda_events::lambda_function_urls::LambdaFunctionUrlRequest;
use gallery::store::{BucketNames, Store, amazon};
use gallery::{Bucket, log};
use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use login::{Config, Login, Uploads};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let setting = |name: &str| std::env::var(name).ok();
    log::begin(setting);
    let needed =
        |name: &'static str| setting(name).with_context(|| format!("the environment variable {name} is not set"));
    let names = BucketNames::from_settings(setting, &[Bucket::Auth])?;
    let mut config = Config::new(needed("HEIRLOOM_TITLE")?, needed("HEIRLOOM_AUDIENCE")?);
    if let Some(days) = setting("HEIRLOOM_SESSION_DAYS") {
        let days = days.parse::<u64>().context("HEIRLOOM_SESSION_DAYS is to be a whole number of days")?;
        config.lifetime = Duration::from_hours(24 * days);
    }
    let uploads = names.source != "-";
    let store = Store::new(amazon().await, names);
    let mut login = Login::new(store.clone(), config);
    // One binary, three functions: this is the one that signs uploads when it is told of the source bucket.
    if uploads {
        let signer = store.client().clone();
        login = login.with_uploads(Uploads::new(store, signer));
    }
    let login = Arc::new(login);

    run(service_fn(move |event: LambdaEvent<LambdaFunctionUrlRequest>| {
        let login = Arc::clone(&login);
        async move { Ok::<_, Error>(login.handle(event.payload, Timestamp::now()).await) }
    }))
    .await
}
