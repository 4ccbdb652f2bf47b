//! The mail function on AWS Lambda: settings from the environment, called once an hour.

use std::env;

use anyhow::Context as _;
use gallery::store::{BucketNames, Store, amazon};
use gallery::{Bucket, log};
use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent, run, service_fn, tracing};
use mail::{Asked, Reached, Rounds, Settings};
use serde_json::Value;

#[tokio::main]
async fn main() -> Result<(), Error> {
    log::begin(|name| env::var(name).ok());
    let needed =
        |name: &'static str| env::var(name).with_context(|| format!("the environment variable {name} is not set"));
    let names = BucketNames::from_settings(|name| env::var(name).ok(), &[Bucket::Resized, Bucket::Web, Bucket::Auth])?;
    let settings: Settings = serde_json::from_str(&needed("HEIRLOOM_MAIL")?).context("HEIRLOOM_MAIL cannot be read")?;
    let settings = settings.checked("HEIRLOOM_MAIL")?;
    let store = Store::new(amazon().await, names);
    // The password lies in the auth bucket: a function's environment is shown in the console.
    let rounds = Rounds::new(store, settings, Some(needed("HEIRLOOM_ADDRESS")?), None)?;
    let rounds = &rounds;
    run(service_fn(move |_: LambdaEvent<Value>| async move {
        let report = rounds.make(&Asked::default(), Timestamp::now()).await?;
        tracing::info!(sent = report.sent(), failed = report.failures(), "a round of mails");
        for viewed in &report.viewers {
            if let Reached::Failed { why, .. } = &viewed.reached {
                tracing::warn!(viewer = %viewed.viewer, "a mail was not sent: {why}");
            }
        }
        // A server that takes nothing is for the owner to mend, whom the function's alarm tells.
        if let Some(why) = report.away {
            return Err(Error::from(why));
        }
        Ok::<_, Error>(serde_json::json!({ "sent": report.sent(), "failed": report.failures() }))
    }))
    .await
}
