//! What auditors that we did not write say of the gallery's headers, over https.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use gallery::Scope;
use heirloom_tests::Home;
use serde_json::Value;

/// As many points as Mozilla's HTTP Observatory gives to a site without preloaded HSTS.
const POINTS: i64 = 130;

#[tokio::test(flavor = "multi_thread")]
async fn mozilla_and_google_find_nothing() -> Result<()> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("observatory");
    if !here.join("node_modules").exists() {
        println!("left out: tests/observatory is not installed; `make test` does that");
        return Ok(());
    }
    let mut home = Home::start().await?;
    home.upload_photo("Family/Lisbon/one.jpg", 1).await?;
    home.settled().await?;
    let gerda = home.viewer("gerda", Scope::All).await?;
    let session = gerda.cookie.context("gerda is signed in")?;
    home.restart_with_tls().await?;

    let address = home.machine().address();
    let mut scan = Command::new("node");
    scan.arg(here.join("scan.mjs"))
        .args(["/", "/albums/Family/Lisbon/", "/albums/Nowhere/", "/auth/login"])
        .env("GALLERY", format!("https://localhost:{}", address.port()))
        .env("COOKIE", format!("__Host-session={session}"))
        .env("NODE_EXTRA_CA_CERTS", home.folder().join("certificate.pem"))
        .stdin(Stdio::null());
    let output = tokio::task::spawn_blocking(move || scan.output()).await?.context("cannot run node")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told: Value = serde_json::from_slice(&output.stdout)?;
    let findings = told["findings"].as_array().context("the findings are told")?;
    ensure!(findings.is_empty(), "csp_evaluator: {findings:#?}");
    let score = told["score"].as_i64().context("the score is told")?;
    ensure!(score >= POINTS, "HTTP Observatory: {score} of {POINTS}: {:#}", told["tests"]);
    println!("HTTP Observatory: {score}");
    Ok(())
}
