//! `heirloom deploy`: a gallery onto AWS, or what that would change, or its end.
//!
//! The deploy itself is the repository's (`make deploy`): it builds the functions and the gate, so it needs the code.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use tokio::process::Command;

use crate::cli::{Deploy, Place};
use crate::reach::Reached;

/// Does what `heirloom deploy` asks.
pub(crate) async fn run(command: Deploy) -> Result<()> {
    let file = settings(&command)?;
    let checkout = match &command.checkout {
        Some(folder) => {
            ensure!(
                is_checkout(folder),
                "`{}` is no checkout of Heirloom: there is no cdk/deploy in it",
                folder.display()
            );
            folder.clone()
        }
        None => checkout()?,
    };
    for (program, why) in [("make", "the build"), ("node", "CDK"), ("cargo", "the functions"), ("python3", "packing")] {
        let found = Command::new(program).arg("--version").stdin(std::process::Stdio::null()).output().await;
        ensure!(found.is_ok_and(|output| output.status.success()), "a deploy needs `{program}` for {why}: install it");
    }
    let mut make = Command::new("make");
    make.arg("--no-print-directory").arg("--directory").arg(&checkout);
    make.arg(if command.destroy { "destroy" } else { "deploy" });
    if command.dry_run {
        make.arg("DRY_RUN=1");
    }
    make.env("HEIRLOOM_CONFIG", &file);
    if let Some(profile) = &command.data.profile {
        // Keys in the environment would go before the profile.
        make.env("AWS_PROFILE", profile).env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
    }
    if command.json {
        // What the tools say is for people.
        make.stdout(std::io::stderr());
    }
    let done = make.status().await.context("cannot run make")?;
    ensure!(done.success(), "the deploy did not come to its end: what it said stands above, and it can be run again");
    if command.json {
        println!("{}", outcome(&command).await?);
    }
    Ok(())
}

async fn outcome(command: &Deploy) -> Result<serde_json::Value> {
    if command.dry_run || command.destroy {
        return Ok(serde_json::json!({ "dry_run": command.dry_run, "destroyed": command.destroy }));
    }
    let reached = Reached::in_folder(&command.data).await?;
    let told = serde_json::json!({ "dry_run": false, "destroyed": false, "address": reached.origin() });
    reached.close().await;
    Ok(told)
}

/// The `heirloom.toml` that is meant, as a path that holds in every folder.
fn settings(command: &Deploy) -> Result<PathBuf> {
    let none = "say what the gallery is called in a heirloom.toml (docs/heirloom.example.toml shows one), and run this \
                beside it, or name it with `--config`";
    match command.data.place()? {
        Place::Amazon { settings: Some(file) } => {
            file.canonicalize().with_context(|| format!("there is no `{}`: {none}", file.display()))
        }
        Place::Amazon { settings: None } => bail!("there is no heirloom.toml here: {none}"),
        Place::Folder(_) => bail!("only a gallery on AWS is deployed: {none}"),
    }
}

/// The checkout that the current folder lies in.
fn checkout() -> Result<PathBuf> {
    let here = std::env::current_dir().context("the current folder cannot be read")?;
    let found = here.ancestors().find(|folder| is_checkout(folder)).map(Path::to_owned);
    found.with_context(|| {
        format!(
            "a deploy builds the gallery from its code, and `{}` lies in no checkout of it: run this in one, or name it \
             with `--checkout`",
            here.display()
        )
    })
}

fn is_checkout(folder: &Path) -> bool {
    folder.join("cdk/deploy/deploy.ts").is_file() && folder.join("Makefile").is_file()
}
