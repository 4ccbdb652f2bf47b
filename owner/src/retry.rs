//! `heirloom retry`: what was given up is tried again.

use std::collections::BTreeMap;

use anyhow::Result;

use crate::cli::Retry;
use crate::queues::QUEUES;
use crate::reach::Reached;
use crate::tell::counted;

/// Does what `heirloom retry` asks.
pub(crate) async fn run(command: Retry) -> Result<()> {
    let reached = Reached::in_folder(&command.data).await?;
    let outcome = Box::pin(again(&reached)).await;
    let rests = reached.rests();
    reached.close().await;
    let moved = outcome?;
    if command.json {
        println!("{}", serde_json::json!({ "retried": moved }));
        return Ok(());
    }
    let all: u64 = moved.values().sum();
    if all == 0 {
        println!("Nothing was given up, so there is nothing to try again.");
        return Ok(());
    }
    for (queue, count) in moved.iter().filter(|(_, count)| **count > 0) {
        println!("{queue}: {} again.", counted(*count, "message is tried", "messages are tried"));
    }
    if rests {
        println!("The gallery does not run: that happens when it starts.");
    }
    println!("`heirloom status` tells how it goes.");
    Ok(())
}

async fn again(reached: &Reached) -> Result<BTreeMap<&'static str, u64>> {
    let queues = reached.queues();
    let mut moved = BTreeMap::new();
    for queue in QUEUES {
        moved.insert(queue, queues.retry(queue).await?);
    }
    Ok(moved)
}
