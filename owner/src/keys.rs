//! `heirloom keys`: the keys that sign sessions.

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};
use login::audit::{Event, Record};
use login::keys::{self, Emergency, KeyState};
use login::{Audit, Cost, Hasher, Users};
use serde_json::json;

use crate::cli::Keys;
use crate::reach::Reached;
use crate::tell::tell;

/// Does what `heirloom keys …` asks.
pub(crate) async fn run(command: Keys) -> Result<()> {
    let data = match &command {
        Keys::Rotate { data, .. } | Keys::Drop { data, .. } | Keys::List { data, .. } | Keys::Public { data, .. } => {
            data
        }
    };
    let reached = Reached::in_folder(data).await?;
    let outcome = with(&reached, &command).await;
    reached.close().await;
    outcome
}

/// How long a new key waits before it signs, when nothing is said: a gate on this machine looks every 20 seconds, the
/// one at the edge gets to know a key by a deploy.
fn usual_wait(reached: &Reached) -> SignedDuration {
    if reached.amazon().is_some() { SignedDuration::from_hours(24) } else { SignedDuration::from_mins(5) }
}

/// What a change of keys asks of the owner.
fn tell_of_deploy(reached: &Reached, why: &str) {
    if reached.amazon().is_some() {
        println!("Now run `heirloom deploy`: {why}.");
    }
}

/// Drops a key: a stolen one at once, any other when no session rests on it.
async fn drop_key(reached: &Reached, id: &str, emergency: bool, now: Timestamp) -> Result<Emergency> {
    let store = reached.store();
    if emergency {
        let users = Users::new(store.clone(), Hasher::new(Cost::RECOMMENDED), "Heirloom");
        return Ok(keys::drop_stolen(store, &users, id, now).await?);
    }
    keys::drop_key(store, id, now, reached.session_lifetime()).await?;
    Ok(Emergency { made: None, signed_out: 0 })
}

async fn with(reached: &Reached, command: &Keys) -> Result<()> {
    let (store, now) = (reached.store(), Timestamp::now());
    let record = async |event| Audit::new(store.clone()).record(&Record::by_owner(event, None, now)).await;
    match command {
        Keys::Rotate { signs_in, json, .. } => {
            let from = now.saturating_add(signs_in.unwrap_or_else(|| usual_wait(reached)))?;
            let id = keys::rotate(store, now, from).await?;
            record(Event::KeyMade).await?;
            tell(*json, &json!({ "made": id, "signs_from": from, "deploy": reached.amazon().is_some() }), || {
                println!("The new key {id} signs from {} on. Nobody is signed out.", minute(from));
                tell_of_deploy(reached, "the gate at the edge has to know the key before it signs");
            });
        }
        Keys::Drop { id, emergency, json, .. } => {
            let Emergency { made, signed_out } = drop_key(reached, id, *emergency, now).await?;
            record(Event::KeyDropped).await?;
            if made.is_some() {
                record(Event::KeyMade).await?;
            }
            tell(
                *json,
                &json!({ "dropped": id, "made": made, "signed_out": signed_out, "deploy": reached.amazon().is_some() }),
                || {
                    println!("{id} is dropped.");
                    if *emergency {
                        println!(
                            "Every session ends within 15 minutes. Devices that stay signed in begin new ones by themselves."
                        );
                    }
                    if let Some(made) = &made {
                        println!("The new key {made} signs in its place.");
                    }
                    tell_of_deploy(reached, "until then the gate at the edge believes the dropped key and no new one");
                },
            );
        }
        Keys::List { json, .. } => {
            let states = keys::load(store).await?.states(now, reached.session_lifetime());
            let listed: Vec<_> = states
                .iter()
                .map(|(id, made, state)| json!({ "key": id, "made": made, "does": does(state), "until": until(state) }))
                .collect();
            tell(*json, &json!({ "keys": listed }), || {
                println!("{:20}  made        does", "key");
                for (id, made, state) in &states {
                    println!("{id:20}  {}  {}", made.strftime("%Y-%m-%d"), told(state));
                }
            });
        }
        Keys::Public { audience, .. } => {
            let keys: serde_json::Value = serde_json::from_str(&keys::public_keys(store).await?.to_json())?;
            let audience = match (audience, reached.amazon()) {
                (Some(said), _) => said,
                (None, Some(amazon)) => amazon.name(),
                (None, None) => local::machine::AUDIENCE,
            };
            println!("{}", serde_json::json!({ "audience": audience, "keys": keys }));
        }
    }
    Ok(())
}

/// What a key does, in a word.
fn does(state: &KeyState) -> &'static str {
    match state {
        KeyState::Waits { .. } => "waits",
        KeyState::Signs => "signs",
        KeyState::Verifies { .. } => "verifies",
        KeyState::Idle => "nothing",
        KeyState::Dropped => "dropped",
    }
}

/// Until when it does.
fn until(state: &KeyState) -> Option<Timestamp> {
    match state {
        KeyState::Waits { until } | KeyState::Verifies { until } => Some(*until),
        KeyState::Signs | KeyState::Idle | KeyState::Dropped => None,
    }
}

fn told(state: &KeyState) -> String {
    match state {
        KeyState::Waits { until } => format!("waits, and signs from {} on", minute(*until)),
        KeyState::Signs => "signs".to_owned(),
        KeyState::Verifies { until } => format!("verifies until {}", minute(*until)),
        KeyState::Idle => "nothing any more: it can be dropped".to_owned(),
        KeyState::Dropped => "is dropped, but not every session has ended: drop it with --emergency again".to_owned(),
    }
}

fn minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}
