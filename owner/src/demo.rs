//! `heirloom demo`: a gallery that is full from the start.

use anyhow::{Result, ensure};
use gallery::ViewerName;
use gallery::keys::Bucket;
use local::machine::Machine;

use crate::cli::Demo;
use crate::serve::{start, until_stopped};
use crate::upload::{Content, Upload, of_folder, upload};
use crate::{sample, user};

/// Starts a gallery, fills it, makes a viewer, and runs until Ctrl-C.
pub(crate) async fn run(command: &Demo) -> Result<()> {
    let uploads = match &command.photos {
        Some(folder) => {
            let uploads = of_folder(folder)?;
            ensure!(!uploads.is_empty(), "there are no files in `{}`", folder.display());
            uploads
        }
        None => drawn(),
    };
    let machine = start(&command.serve).await?;
    let name = ViewerName::parse("demo")?;
    let password = user::demo_viewer(machine.users(), &name).await?;
    tell(&machine, &name, &password);
    let count = uploads.len();
    let filling = async {
        let sent = upload(machine.store(), uploads).await?;
        if sent > 0 {
            println!("{sent} of {count} files uploaded; the last pictures are being made …");
        }
        machine.settled().await;
        let ready = machine.store().list(Bucket::Resized, "facts/").all().await?.len();
        println!("All is ready: {ready} files were looked at. Ctrl-C stops the gallery.");
        anyhow::Ok(())
    };
    tokio::select! {
        filled = filling => filled?,
        _ = tokio::signal::ctrl_c() => {
            machine.stop().await;
            return Ok(());
        }
    }
    until_stopped(machine).await
}

fn tell(machine: &Machine, name: &ViewerName, password: &str) {
    println!();
    println!("  open       {}/", machine.origin().replace("127.0.0.1", "localhost"));
    println!("  name       {name}");
    println!("  password   {password}");
    println!();
}

/// The drawn photos, and the words about them.
fn drawn() -> Vec<Upload> {
    let library = sample::library();
    let words = library
        .metadata
        .into_iter()
        .map(|(key, text)| Upload { key, content: Content::Made(Box::new(move || text.into_bytes())) });
    let photos = library
        .photos
        .into_iter()
        .map(|photo| Upload { key: photo.key.clone(), content: Content::Made(Box::new(move || photo.paint())) });
    words.chain(photos).collect()
}
