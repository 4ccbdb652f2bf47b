//! `heirloom demo`: a gallery that is full from the start.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use aws_sdk_s3::primitives::ByteStream;
use futures::{StreamExt, TryStreamExt, stream};
use gallery::keys::Bucket;
use gallery::{Store, ViewerName};
use indicatif::{ProgressBar, ProgressStyle};
use local::machine::Machine;

use crate::cli::Demo;
use crate::serve::{asked_to_stop, start, until_stopped};
use crate::tell::counted;
use crate::upload::find::find;
use crate::upload::{Asked, upload};
use crate::{sample, user};

/// Starts a gallery, fills it, makes a viewer, and runs until Ctrl-C.
pub(crate) async fn run(command: &Demo) -> Result<()> {
    let findings = match &command.photos {
        Some(folder) => {
            let findings = find(std::slice::from_ref(folder), None, None)?;
            ensure!(!findings.files.is_empty(), "there are no photos in `{}`", folder.display());
            Some(findings)
        }
        None => None,
    };
    let machine = start(&command.serve).await?;
    let name = ViewerName::parse("demo")?;
    let password = user::demo_viewer(machine.users(), &name).await?;
    let json = command.serve.json;
    if json {
        println!("{}", serde_json::json!({ "address": machine.origin(), "name": name, "password": password.as_str() }));
    } else {
        tell(&machine, &name, &password);
    }
    let filling = async {
        let sent = match findings {
            Some(findings) => {
                let asked =
                    Asked { delete: false, dry_run: false, quiet: command.serve.json, limit: None, parallel: 4 };
                let summary = upload(machine.store(), findings, &asked).await?;
                if let Some((key, why)) = summary.failed.first() {
                    anyhow::bail!("cannot upload `{key}`: {why}");
                }
                summary.uploaded.len()
            }
            None => draw(machine.store()).await?,
        };
        if sent > 0 && !json {
            println!("{} uploaded; the last pictures are being made …", counted(sent, "file", "files"));
        }
        machine.settled().await;
        let ready = machine.store().list(Bucket::Resized, "facts/").all().await?.len();
        if !json {
            let files = counted(ready, "file was", "files were");
            println!("All is ready: {files} looked at. Ctrl-C stops the gallery.");
        }
        anyhow::Ok(())
    };
    // One and the same for both: what is pressed between two is heard by neither.
    let mut stop = std::pin::pin!(asked_to_stop());
    tokio::select! {
        filled = filling => filled?,
        _ = &mut stop => {
            machine.stop().await;
            return Ok(());
        }
    }
    until_stopped(machine, stop).await
}

fn tell(machine: &Machine, name: &ViewerName, password: &str) {
    println!();
    println!("  open       {}/", machine.origin().replace("127.0.0.1", "localhost"));
    println!("  name       {name}");
    println!("  password   {password}");
    println!();
}

/// Draws the sample photos into the source bucket, those that are not there yet. Returns how many files.
async fn draw(store: &Store) -> Result<usize> {
    let library = sample::library();
    let progress = ProgressBar::new(library.photos.len() as u64)
        .with_style(ProgressStyle::with_template("  drawing {bar:30} {pos}/{len}").expect("a template of our own"));
    progress.enable_steady_tick(Duration::from_millis(200));
    let mut sent = 0;
    for (key, text) in library.metadata {
        sent += put(store, key, text.into_bytes()).await?;
    }
    let photos = stream::iter(library.photos).map(|photo| {
        let progress = progress.clone();
        async move {
            let sent = if store.look(Bucket::Source, &photo.key).await?.is_some() {
                0
            } else {
                let key = photo.key.clone();
                put(store, key, tokio::task::spawn_blocking(move || photo.paint()).await?).await?
            };
            progress.inc(1);
            anyhow::Ok(sent)
        }
    });
    sent += photos.buffer_unordered(4).try_fold(0, |sum, sent| async move { Ok(sum + sent) }).await?;
    progress.finish_and_clear();
    Ok(sent)
}

/// Puts an object that is not there yet. Returns 1 if it was not.
async fn put(store: &Store, key: String, bytes: Vec<u8>) -> Result<usize> {
    if store.look(Bucket::Source, &key).await?.is_some() {
        return Ok(0);
    }
    let content_type = mime_guess::from_path(&key).first_raw().map(str::to_owned);
    let put = store.client().put_object().bucket(store.name(Bucket::Source)).key(&key).set_content_type(content_type);
    put.body(ByteStream::from(bytes)).send().await.with_context(|| format!("cannot upload `{key}`"))?;
    Ok(1)
}
