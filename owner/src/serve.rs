//! `heirloom serve`: a gallery on this machine.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use local::machine::{Machine, Settings};
use tokio::sync::watch;

use crate::cli::Serve;
use crate::tell::counted;

/// Work that is over sooner is not spoken of.
const WORTH_A_LINE: Duration = Duration::from_secs(2);

/// Runs a gallery until Ctrl-C.
pub(crate) async fn run(command: &Serve) -> Result<()> {
    let mut stop = std::pin::pin!(asked_to_stop());
    // Listened for from here on: who is told that it runs may stop it at once.
    let _ = futures::poll!(&mut stop);
    // Before anything runs: what is wrong with it is told, and nothing has to be stopped.
    let scheme = if command.tls { "https" } else { "http" };
    let origin = format!("{scheme}://127.0.0.1:{}", command.ports.port);
    let mail = crate::notify::of_running(&command.data, &command.mail, &origin)?;
    let machine = start(command).await?;
    let rounds = mail.map(|mail| crate::notify::rounds(mail, machine.store(), machine.origin())).transpose()?;
    let writing = rounds.map(|rounds| tokio::spawn(mail::keep_making(rounds, mail::Pace::USUAL, Timestamp::now)));
    let writes = writing.is_some();
    let stop = async {
        let asked = stop.await;
        // It holds the buckets, which are closed next.
        if let Some(writing) = writing {
            writing.abort();
            let _ = writing.await;
        }
        asked
    };
    let endpoint = machine.s3_endpoint();
    if command.json {
        let told = serde_json::json!({
            "title": command.title,
            "address": machine.origin(),
            "s3": { "endpoint": endpoint.url, "access_key": endpoint.access_key, "bucket": "source" },
            "credentials": command.data.join("credentials.json"),
            "writes_mails": writes,
        });
        println!("{told}");
        return until_stopped(machine, stop).await;
    }
    println!("{} is at {}", command.title, machine.origin());
    println!();
    println!("Photos go into the bucket `source` at {}", endpoint.url);
    println!("  access key  {}", endpoint.access_key);
    println!("  secret key  in {}", command.data.join("credentials.json").display());
    println!();
    if writes {
        println!("Viewers with an address are told of new photos by mail.");
        println!();
    }
    if machine.users().list().await?.is_empty() {
        println!("Nobody can sign in yet. In another terminal:");
        println!("  heirloom user add NAME --data {}", quoted(&command.data));
        println!("  heirloom invite NAME --data {}", quoted(&command.data));
        println!();
    }
    println!("Ctrl-C stops it.");
    until_stopped(machine, stop).await
}

/// Starts a gallery as the flags say.
pub(crate) async fn start(command: &Serve) -> Result<Machine> {
    let mut settings = Settings::new(&command.data);
    settings.http.set_port(command.ports.port);
    settings.s3.set_port(command.ports.s3_port);
    settings.title.clone_from(&command.title);
    settings.tls = command.tls;
    settings.trust_proxy = command.trust_proxy;
    settings.limits = settings.limits.with(&command.limits);
    Ok(Machine::start(settings).await?)
}

/// Waits for Ctrl-C, or for the system to ask for an end, and stops the gallery.
pub(crate) async fn until_stopped(machine: Machine, stop: impl Future<Output = std::io::Result<()>>) -> Result<()> {
    let progress = tokio::spawn(show_progress(machine.photos_waiting()));
    let asked = stop.await;
    progress.abort();
    asked.context("cannot listen for Ctrl-C")?;
    eprintln!();
    eprintln!("Stopping: letting open work end …");
    machine.stop().await;
    Ok(())
}

/// Tells how far the resizer is while it has much to do: a line that moves where there is a terminal, and one at the end.
async fn show_progress(mut waiting: watch::Receiver<usize>) {
    let style = ProgressStyle::with_template("  {spinner} photos: {pos} of {len} {wide_bar} {eta} left");
    let style = style.expect("a template of our own");
    while waiting.wait_for(|&count| count > 0).await.is_ok() {
        let (since, mut before) = (Instant::now(), *waiting.borrow());
        tokio::select! {
            () = tokio::time::sleep(WORTH_A_LINE) => {}
            over = waiting.wait_for(|&count| count == 0) => match over {
                Ok(_) => continue,
                Err(_) => return,
            },
        }
        let bar = ProgressBar::new(0).with_style(style.clone());
        bar.enable_steady_tick(Duration::from_millis(200));
        let mut done = 0;
        loop {
            let now = *waiting.borrow_and_update();
            done += before.saturating_sub(now);
            before = now;
            bar.set_length((done + now) as u64);
            bar.set_position(done as u64);
            if now == 0 || waiting.changed().await.is_err() {
                break;
            }
        }
        bar.finish_and_clear();
        let photos = counted(done, "photo was", "photos were");
        println!("{photos} made ready in {:.0} s.", since.elapsed().as_secs_f64());
    }
}

#[cfg(unix)]
pub(crate) async fn asked_to_stop() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        pressed = tokio::signal::ctrl_c() => pressed,
        _ = terminate.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
pub(crate) async fn asked_to_stop() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}

/// A path as a shell takes it.
pub(crate) fn quoted(path: &std::path::Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-~".contains(c);
    if text.chars().all(plain) { text } else { format!("'{}'", text.replace('\'', "'\\''")) }
}
