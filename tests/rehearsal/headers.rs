//! The headers that CloudFront adds to what the buckets answer are the gate's own (requirement 19).
//!
//! `cdk/delivery/headers.json` is what the templates are made of; here it is compared with what the gate compiles in.

use std::collections::BTreeMap;

use anyhow::Result;
use serde_json::Value;
use session::headers::SECURITY;

#[test]
fn cloudfront_sends_the_gates_headers() -> Result<()> {
    let file: Value = serde_json::from_str(include_str!("../../cdk/delivery/headers.json"))?;
    let sent: BTreeMap<String, String> = serde_json::from_value(file["security"].clone())?;
    let own: BTreeMap<String, String> =
        SECURITY.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
    assert_eq!(sent, own, "change cdk/delivery/headers.json with session's headers.rs");
    Ok(())
}
