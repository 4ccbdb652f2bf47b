//! `heirloom doctor`: is the machine or the account as the gallery needs it, and is the gallery well.

mod account;
mod machine;
mod tools;

use anyhow::Result;
use builder::GalleryRecord;
use gallery::keys::Bucket;
use gallery::{Key, Store};
use jiff::{SignedDuration, Timestamp};
use login::keys::{self, KeyState};
use serde::Serialize;
use serde_json::json;

use crate::FoundWrong;
use crate::cli::{Doctor, Place};
use crate::reach::Reached;
use crate::tell::counted;

/// From this age on a signing key should be followed by another.
const OLD_KEY: SignedDuration = SignedDuration::from_hours(400 * 24);

/// How far a clock may be off before it is told. AWS refuses what is 15 minutes off.
const SKEW: SignedDuration = SignedDuration::from_mins(2);

/// A certificate with less than this left is told: those who renew it should have done so.
const SOON: SignedDuration = SignedDuration::from_hours(30 * 24);

/// How something was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    /// As it should be.
    Good,
    /// It works, and something is better mended before it does not.
    Warning,
    /// Something does not work, or is open that should not be.
    Wrong,
}

/// What a look at one thing brought.
#[derive(Clone, Debug, Serialize)]
struct Finding {
    /// What was looked at, in a word.
    check: &'static str,
    state: State,
    /// What was found.
    found: String,
    /// The command that mends it.
    #[serde(skip_serializing_if = "Option::is_none")]
    mend: Option<String>,
}

fn good(check: &'static str, found: impl Into<String>) -> Finding {
    Finding { check, state: State::Good, found: found.into(), mend: None }
}

fn warning(check: &'static str, found: impl Into<String>, mend: impl Into<String>) -> Finding {
    Finding { check, state: State::Warning, found: found.into(), mend: Some(mend.into()) }
}

fn wrong(check: &'static str, found: impl Into<String>, mend: impl Into<String>) -> Finding {
    Finding { check, state: State::Wrong, found: found.into(), mend: Some(mend.into()) }
}

/// Does what `heirloom doctor` asks.
pub(crate) async fn run(command: Doctor) -> Result<()> {
    let place = command.data.place()?;
    let mut findings = vec![good("version", version())];
    match &place {
        Place::Folder(folder) => {
            findings.extend(machine::folder(folder));
            findings.extend(Box::pin(machine::running(folder)).await);
        }
        Place::Amazon { .. } => findings.extend(tools::look().await),
    }
    match Reached::in_folder(&command.data).await {
        Ok(reached) => {
            let looked = Box::pin(gallery(&reached)).await;
            reached.close().await;
            findings.extend(looked);
        }
        Err(error) => findings.push(unreachable(&place, &error)),
    }
    let broken = findings.iter().filter(|finding| finding.state == State::Wrong).count();
    if command.json {
        println!("{}", json!({ "findings": findings, "wrong": broken }));
    } else {
        findings.iter().for_each(tell);
    }
    if broken > 0 { Err(FoundWrong(broken).into()) } else { Ok(()) }
}

fn version() -> String {
    format!("heirloom {} on {} {}", env!("CARGO_PKG_VERSION"), std::env::consts::OS, std::env::consts::ARCH)
}

fn unreachable(place: &Place, error: &anyhow::Error) -> Finding {
    let told = format!("{error:#}");
    match place {
        Place::Folder(folder) => {
            wrong("gallery", told, format!("heirloom serve --data {}", crate::serve::quoted(folder)))
        }
        Place::Amazon { .. } if told.contains("credentials") => wrong("gallery", told, "aws sso login"),
        Place::Amazon { .. } => wrong("gallery", told, "heirloom deploy"),
    }
}

/// What is looked at wherever the gallery is, and then what belongs to AWS alone.
async fn gallery(reached: &Reached) -> Vec<Finding> {
    let now = Timestamp::now();
    let mut findings = Vec::new();
    if let Some(amazon) = reached.amazon() {
        findings.extend(account::look(amazon, now).await);
    }
    let store = reached.store();
    findings.extend(signing(reached, now).await);
    findings.push(viewers(store).await);
    findings.push(words(store).await);
    findings.extend(queues(reached).await);
    findings
}

async fn signing(reached: &Reached, now: Timestamp) -> Vec<Finding> {
    let ring = match keys::load(reached.store()).await {
        Ok(ring) => ring,
        Err(error) => return vec![wrong("keys", error.to_string(), "heirloom keys rotate")],
    };
    let states = ring.states(now, reached.session_lifetime());
    let mut findings = Vec::new();
    for (id, made, state) in &states {
        let age = now.duration_since(*made);
        if age < -SKEW {
            let told = format!("the key {id} was made on {}, which is still to come", made.strftime("%Y-%m-%d"));
            findings.push(wrong("clock", told, "sudo timedatectl set-ntp true"));
        }
        match state {
            KeyState::Signs if age > OLD_KEY => {
                let told = format!("the key {id} has been signing since {}", made.strftime("%Y-%m-%d"));
                findings.push(warning("keys", told, "heirloom keys rotate"));
            }
            KeyState::Idle => {
                let told = format!("nothing rests on the key {id} any more");
                findings.push(warning("keys", told, format!("heirloom keys drop {id}")));
            }
            KeyState::Dropped => {
                let told = format!("the key {id} is dropped, but not every session has ended");
                findings.push(wrong("keys", told, format!("heirloom keys drop {id} --emergency")));
            }
            _ => {}
        }
    }
    if findings.is_empty() {
        findings.push(match states.len() {
            0 => warning("keys", "there is no signing key yet", "heirloom keys rotate"),
            1 => good("keys", "one signing key, of a good age"),
            count => good("keys", format!("{count} signing keys, of a good age")),
        });
    }
    findings
}

async fn viewers(store: &Store) -> Finding {
    match store.list(Bucket::Auth, "users/").all().await {
        Ok(users) if users.is_empty() => warning("viewers", "nobody can sign in yet", "heirloom user add NAME"),
        Ok(users) => good("viewers", format!("{} can sign in", users.len())),
        Err(error) => wrong("viewers", error.to_string(), "heirloom user list"),
    }
}

/// What the owner wrote.
async fn words(store: &Store) -> Finding {
    match store.read_json::<GalleryRecord>(&Key::GalleryCatalogue).await {
        Ok(record) => {
            let unread = record.map(|(record, _)| record.unread()).unwrap_or_default();
            match unread.as_slice() {
                [] => good("metadata", "every metadata.yml can be read"),
                [first, ..] => {
                    warning("metadata", format!("{} cannot be read: {}", first.file, first.problem), "heirloom status")
                }
            }
        }
        Err(error) => wrong("metadata", error.to_string(), "heirloom rebuild"),
    }
}

async fn queues(reached: &Reached) -> Vec<Finding> {
    let queues = match reached.queues().look().await {
        Ok(queues) => queues,
        Err(error) => return vec![wrong("queues", format!("{error:#}"), "heirloom status")],
    };
    let told = queues.iter().map(|(name, depth)| {
        if depth.given_up > 0 {
            wrong(
                "queues",
                format!("{name}: {} given up", counted(depth.given_up, "message was", "messages were")),
                "heirloom retry",
            )
        } else {
            good("queues", format!("{name}: {} waiting, none given up", depth.waiting))
        }
    });
    told.collect()
}

fn tell(finding: &Finding) {
    let mark = match finding.state {
        State::Good => "good   ",
        State::Warning => "warning",
        State::Wrong => "WRONG  ",
    };
    println!("{mark}  {:12}  {}", finding.check, finding.found);
    if let Some(mend) = &finding.mend {
        println!("{:23}mend it: {mend}", "");
    }
}
