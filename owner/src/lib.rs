//! The owner's command, `heirloom`.
//!
//! In: a command line, the environment, a terminal. Out: a gallery that runs, or a change in one. Each command is a
//! file; what they do is the other rooms' to know, and here lies only how it is asked for and told.

pub mod cli;
pub mod cost;
pub mod foreign;

mod album;
mod amazon;
mod apply;
mod audit;
mod backup;
mod card;
mod demo;
mod deploy;
mod doctor;
mod htpasswd;
mod import;
mod invite;
mod keys;
#[cfg(test)]
mod meanwhile;
mod migrate;
mod notify;
mod queues;
mod reach;
mod rebuild;
mod restore;
mod retry;
mod secret;
mod serve;
mod status;
mod tell;
pub mod upload;
mod user;
mod verify;
mod watch;
mod welcome;

pub use sample;

use anyhow::Result;
use clap::CommandFactory;
use cli::{Arguments, Command};

/// Ctrl-C was pressed, and what was under way has been told.
#[derive(Debug, thiserror::Error)]
#[error("stopped")]
pub struct Interrupted;

/// A look found so many things that are wrong, and has told them.
#[derive(Debug, thiserror::Error)]
#[error("{0} found wrong: each is told with the command that mends it")]
pub struct FoundWrong(pub usize);

/// Does what the command line asks.
pub async fn run(arguments: Arguments) -> Result<()> {
    match arguments.command {
        Command::Serve(command) => serve::run(&command).await,
        Command::Demo(command) => demo::run(&command).await,
        Command::Upload(command) => upload::run(command).await,
        Command::Import(command) => import::run(command).await,
        Command::Migrate(command) => migrate::run(command).await,
        Command::Status(command) => status::run(command).await,
        Command::Doctor(command) => doctor::run(command).await,
        Command::Deploy(command) => deploy::run(command).await,
        Command::Retry(command) => retry::run(command).await,
        Command::Rebuild(command) => rebuild::run(command).await,
        Command::Watch(command) => watch::run(command).await,
        Command::Backup(command) => backup::run(command).await,
        Command::Restore(command) => restore::run(command).await,
        Command::Verify(command) => verify::run(command).await,
        Command::Album(command) => album::run(command).await,
        Command::User(command) => user::run(command).await,
        Command::Invite(command) => invite::run(command).await,
        Command::Keys(command) => keys::run(command).await,
        Command::Audit(command) => audit::run(command).await,
        Command::Notify(command) => notify::run(command).await,
        Command::Cost(command) => cost::run(&command),
        Command::Completions { shell, json } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "heirloom", &mut script);
            let script = String::from_utf8_lossy(&script);
            let told = serde_json::json!({ "shell": shell.to_string(), "script": script });
            tell::tell(json, &told, || print!("{script}"));
            Ok(())
        }
    }
}
