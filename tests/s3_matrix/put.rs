//! Puts an S3 server through the matrix with `aws-sdk-s3`, for `compare.py`.
//!
//!     cargo run --package heirloom-tests --example s3-matrix -- ENDPOINT ACCESS_KEY SECRET_KEY OUT
//!
//! Writes the outcomes to OUT in the form of `matrix.py --json`.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use gallery::store::Endpoint;

mod run;
mod sdk;

use run::body_of;

#[tokio::main]
async fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [url, access_key, secret_key, out] = &words[..] else { bail!("say: ENDPOINT ACCESS_KEY SECRET_KEY OUT") };
    let endpoint = Endpoint { url: url.clone(), access_key: access_key.clone(), secret_key: secret_key.clone() };
    let found = run::run(&gallery::store::at(&endpoint)).await;
    std::fs::write(out, serde_json::to_vec_pretty(&BTreeMap::from([("aws-sdk-s3", found)]))?)?;
    Ok(())
}
