//! The owner's command, `heirloom`.
//!
//! In: a command line, the environment, a terminal. Out: a gallery that runs, or a change in one. Each command is a
//! file; what they do is the other rooms' to know, and here lies only how it is asked for and told.

pub mod cli;
pub mod cost;
pub mod sample;

mod amazon;
mod audit;
mod card;
mod demo;
mod invite;
mod keys;
mod reach;
mod rebuild;
mod serve;
mod status;
pub mod upload;
mod user;

use anyhow::Result;
use clap::CommandFactory;
use cli::{Arguments, Command};

/// Ctrl-C was pressed, and what was under way has been told.
#[derive(Debug, thiserror::Error)]
#[error("stopped")]
pub struct Interrupted;

/// Does what the command line asks.
pub async fn run(arguments: Arguments) -> Result<()> {
    match arguments.command {
        Command::Serve(command) => serve::run(&command).await,
        Command::Demo(command) => demo::run(&command).await,
        Command::Upload(command) => upload::run(command).await,
        Command::Status(command) => status::run(command).await,
        Command::Rebuild(command) => rebuild::run(command).await,
        Command::User(command) => user::run(command).await,
        Command::Invite(command) => invite::run(command).await,
        Command::Keys(command) => keys::run(command).await,
        Command::Audit(command) => audit::run(command).await,
        Command::Cost(command) => cost::run(&command),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Arguments::command(), "heirloom", &mut std::io::stdout());
            Ok(())
        }
    }
}
