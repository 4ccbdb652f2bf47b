//! `heirloom keys`: the keys that sign sessions.

use anyhow::Result;
use gallery::Store;
use jiff::Timestamp;
use login::audit::{Event, Record};
use login::keys::{self, KeyState};
use login::{Audit, Config};

use crate::cli::Keys;
use crate::reach::Reached;

/// Does what `heirloom keys …` asks.
pub(crate) async fn run(command: Keys) -> Result<()> {
    let data = match &command {
        Keys::Rotate { data, .. } | Keys::Drop { data, .. } | Keys::List { data } | Keys::Public { data, .. } => data,
    };
    let reached = Reached::in_folder(data).await?;
    let outcome = with(reached.store(), &command).await;
    reached.close().await;
    outcome
}

async fn with(store: &Store, command: &Keys) -> Result<()> {
    let now = Timestamp::now();
    let record = async |event| Audit::new(store.clone()).record(&Record::by_owner(event, None, now)).await;
    match command {
        Keys::Rotate { signs_in, .. } => {
            let from = now.saturating_add(*signs_in)?;
            let id = keys::rotate(store, now, from).await?;
            record(Event::KeyMade).await?;
            println!("The new key {id} signs from {} on. Nobody is signed out.", minute(from));
        }
        Keys::Drop { id, emergency, .. } => {
            let new = keys::drop_key(store, id, now, Config::LIFETIME, *emergency).await?;
            record(Event::KeyDropped).await?;
            println!("{id} is dropped.");
            if *emergency {
                println!("Whoever has a session that it signed has to sign in again.");
            }
            if let Some(new) = new {
                record(Event::KeyMade).await?;
                println!("The new key {new} signs in its place.");
            }
        }
        Keys::List { .. } => {
            println!("{:20}  made        does", "key");
            for (id, made, state) in keys::load(store).await?.states(now, Config::LIFETIME) {
                println!("{id:20}  {}  {}", made.strftime("%Y-%m-%d"), told(&state));
            }
        }
        Keys::Public { audience, .. } => {
            let keys: serde_json::Value = serde_json::from_str(&keys::public_keys(store).await?.to_json())?;
            println!("{}", serde_json::json!({ "audience": audience, "keys": keys }));
        }
    }
    Ok(())
}

fn told(state: &KeyState) -> String {
    match state {
        KeyState::Waits { until } => format!("waits, and signs from {} on", minute(*until)),
        KeyState::Signs => "signs".to_owned(),
        KeyState::Verifies { until } => format!("verifies until {}", minute(*until)),
        KeyState::Idle => "nothing any more: it can be dropped".to_owned(),
    }
}

fn minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}
