//! `heirloom serve`: a gallery on this machine.

use anyhow::{Context, Result};
use local::machine::{Machine, Settings};

use crate::cli::Serve;

/// Runs a gallery until Ctrl-C.
pub(crate) async fn run(command: &Serve) -> Result<()> {
    let machine = start(command).await?;
    let endpoint = machine.s3_endpoint();
    if command.json {
        let told = serde_json::json!({
            "title": command.title,
            "address": machine.origin(),
            "s3": { "endpoint": endpoint.url, "access_key": endpoint.access_key, "bucket": "source" },
            "credentials": command.data.join("credentials.json"),
        });
        println!("{told}");
        return until_stopped(machine).await;
    }
    println!("{} is at {}", command.title, machine.origin());
    println!();
    println!("Photos go into the bucket `source` at {}", endpoint.url);
    println!("  access key  {}", endpoint.access_key);
    println!("  secret key  in {}", command.data.join("credentials.json").display());
    println!();
    if machine.users().list().await?.is_empty() {
        println!("Nobody can sign in yet. In another terminal:");
        println!("  heirloom user add NAME --data {}", quoted(&command.data));
        println!("  heirloom invite NAME --data {}", quoted(&command.data));
        println!();
    }
    println!("Ctrl-C stops it.");
    until_stopped(machine).await
}

/// Starts a gallery as the flags say.
pub(crate) async fn start(command: &Serve) -> Result<Machine> {
    let mut settings = Settings::new(&command.data);
    settings.http.set_port(command.ports.port);
    settings.s3.set_port(command.ports.s3_port);
    settings.title.clone_from(&command.title);
    settings.tls = command.tls;
    Ok(Machine::start(settings).await?)
}

/// Waits for Ctrl-C, or for the system to ask for an end, and stops the gallery.
pub(crate) async fn until_stopped(machine: Machine) -> Result<()> {
    asked_to_stop().await.context("cannot listen for Ctrl-C")?;
    eprintln!();
    eprintln!("Stopping: letting open work end …");
    machine.stop().await;
    Ok(())
}

#[cfg(unix)]
async fn asked_to_stop() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        pressed = tokio::signal::ctrl_c() => pressed,
        _ = terminate.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn asked_to_stop() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}

/// A path as a shell takes it.
pub(crate) fn quoted(path: &std::path::Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-~".contains(c);
    if text.chars().all(plain) { text } else { format!("'{}'", text.replace('\'', "'\\''")) }
}
