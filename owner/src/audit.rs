//! `heirloom audit`: what happened.

use anyhow::{Context, Result};
use jiff::Timestamp;
use login::Audit as Records;
use login::audit::{Outcome, Record};

use crate::cli::Audit;
use crate::reach::Reached;

/// Does what `heirloom audit` asks.
pub(crate) async fn run(command: Audit) -> Result<()> {
    let reached = Reached::in_folder(&command.data).await?;
    let records = Records::new(reached.store().clone()).since(Timestamp::now() - command.since).await;
    reached.close().await;
    let mut records = records?;
    records.retain(|record| {
        command.viewer.as_ref().is_none_or(|name| record.viewer.as_ref() == Some(name))
            && (!command.refused || record.outcome == Outcome::Refused)
    });
    if command.json {
        for record in &records {
            println!("{}", serde_json::to_string(record).context("a record cannot be written as JSON")?);
        }
        return Ok(());
    }
    if records.is_empty() {
        println!("Nothing in this time. `--since 90d` looks further back.");
        return Ok(());
    }
    println!("{:20}  {:22}  {:16}  {:20}  outcome", "when (UTC)", "what", "viewer", "from");
    for record in &records {
        println!("{}", line(record));
    }
    Ok(())
}

fn line(record: &Record) -> String {
    let viewer = record.viewer.as_ref().map_or("–", |name| name.as_str());
    let from = record.address.as_ref().map_or_else(|| "the owner".to_owned(), ToString::to_string);
    let outcome = match (record.outcome, record.wait) {
        (Outcome::Done, _) => "done".to_owned(),
        (Outcome::Refused, None) => "refused".to_owned(),
        (Outcome::Refused, Some(seconds)) => format!("refused; the next try waits {seconds} s"),
    };
    let when = record.at.strftime("%Y-%m-%d %H:%M:%S");
    format!("{when:20}  {:22}  {viewer:16}  {from:20}  {outcome}", record.event.name())
}
