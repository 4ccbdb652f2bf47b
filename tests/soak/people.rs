//! Who may look: let in, let out, signed out, given other collections, all with the owner's command.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::gallery::Gallery;
use crate::owners::COLLECTIONS;
use crate::tally::{Dice, Tally};

/// Every fifth person is a guest, with whom the owner cannot make up their mind.
const GUESTS: usize = 5;

/// A person, as the owner thinks of them.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) password: String,
    /// The collections that they may see; everything otherwise.
    pub(crate) sees: Option<Vec<&'static str>>,
    pub(crate) guest: bool,
    /// Since when they have been out.
    pub(crate) out: Option<Instant>,
    /// A command about them is under way, or was cut off.
    pub(crate) unsure: bool,
}

impl Person {
    pub(crate) fn may_see(&self, collection: &str) -> bool {
        self.sees.as_ref().is_none_or(|sees| sees.contains(&collection))
    }
}

pub(crate) struct People {
    pub(crate) gallery: Arc<Gallery>,
    pub(crate) tally: Arc<Tally>,
    known: Mutex<BTreeMap<String, Person>>,
}

impl People {
    pub(crate) fn new(gallery: Arc<Gallery>, tally: Arc<Tally>) -> Self {
        Self { gallery, tally, known: Mutex::default() }
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.known.lock().expect("no one crashed").keys().cloned().collect()
    }

    pub(crate) fn person(&self, name: &str) -> Person {
        self.known.lock().expect("no one crashed")[name].clone()
    }

    fn note(&self, name: &str, change: impl FnOnce(&mut Person)) {
        if let Some(person) = self.known.lock().expect("no one crashed").get_mut(name) {
            change(person);
        }
    }

    /// So many people come.
    pub(crate) async fn move_in(&self, count: usize) -> Result<()> {
        for number in 0..count {
            let sees = match number % 4 {
                0 | 1 => None,
                2 => Some(vec![COLLECTIONS[0]]),
                _ => Some(vec![COLLECTIONS[number % 3], COLLECTIONS[3]]),
            };
            let guest = number % GUESTS == GUESTS - 1;
            let password = format!("seven {number} lazy owls counted the tiles");
            let person = Person { password, sees, guest, out: None, unsure: false };
            let name = format!("{}-{number}", if guest { "guest" } else { "viewer" });
            ensure!(self.add(&name, &person).await?, "{name} cannot be let in");
            self.known.lock().expect("no one crashed").insert(name, person);
        }
        Ok(())
    }

    async fn add(&self, name: &str, person: &Person) -> Result<bool> {
        let mut arguments = vec!["user", "add", name, "--password-stdin"];
        let sees = person.sees.as_ref().map(|sees| sees.join(","));
        if let Some(sees) = &sees {
            arguments.extend(["--collections", sees]);
        }
        self.run(&arguments, Some(&person.password)).await
    }

    /// Runs the owner's command. `false` when a restart came between.
    pub(crate) async fn run(&self, arguments: &[&str], input: Option<&str>) -> Result<bool> {
        let life = self.gallery.alive().await;
        let mut command = self.gallery.command(arguments);
        let input = input.map(str::to_owned);
        let output = tokio::task::spawn_blocking(move || {
            let mut child = command.stdin(Stdio::piped()).spawn()?;
            let mut pipe = child.stdin.take().context("a pipe")?;
            // A command that has failed already reads nothing.
            let _ = pipe.write_all(input.unwrap_or_default().as_bytes());
            drop(pipe);
            anyhow::Ok(child.wait_with_output()?)
        });
        let output = output.await??;
        if output.status.success() {
            self.tally.count("owner's commands");
            return Ok(true);
        }
        if self.gallery.excuses(life) {
            self.tally.count("owner's commands cut off by a restart");
        } else {
            let told = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            self.tally.wrong(format!("`heirloom {}` ended with {}: {told}", arguments.join(" "), output.status));
        }
        Ok(false)
    }

    async fn change(&self, name: &str, dice: &mut Dice) -> Result<()> {
        let person = self.person(name);
        self.note(name, |person| person.unsure = true);
        let done = if person.out.is_some() {
            self.add(name, &person).await? && self.noted(name, |person| person.out = None)
        } else {
            match dice.below(4) {
                0 => {
                    let removed = self.run(&["user", "remove", name], None).await?;
                    removed && self.noted(name, |person| person.out = Some(Instant::now()))
                }
                1 => self.run(&["user", "logout", name], None).await?,
                2 => {
                    let sees = *dice.of(&COLLECTIONS);
                    let scoped = self.run(&["user", "scope", name, "--collections", sees], None).await?;
                    scoped && self.noted(name, |person| person.sees = Some(vec![sees]))
                }
                _ => {
                    let password = format!("eight {} brave owls crossed the sea", dice.below(10_000));
                    let changed = self.run(&["user", "passwd", name, "--password-stdin"], Some(&password)).await?;
                    changed && self.noted(name, |person| person.password = password)
                }
            }
        };
        // Who was cut off does not know what came of it: the owner removes them and begins anew.
        if !done {
            self.begin_anew(name).await?;
        }
        self.note(name, |person| person.unsure = false);
        Ok(())
    }

    fn noted(&self, name: &str, change: impl FnOnce(&mut Person)) -> bool {
        self.note(name, change);
        true
    }

    async fn begin_anew(&self, name: &str) -> Result<()> {
        while !self.tally.is_over() && self.listed().await?.contains(&name.to_owned()) {
            self.run(&["user", "remove", name], None).await?;
        }
        self.note(name, |person| person.out = Some(Instant::now()));
        Ok(())
    }

    /// The names that the gallery knows.
    pub(crate) async fn listed(&self) -> Result<Vec<String>> {
        let since = Instant::now();
        loop {
            let life = self.gallery.alive().await;
            let mut command = self.gallery.command(&["user", "list", "--json"]);
            let output = tokio::task::spawn_blocking(move || command.output()).await??;
            if output.status.success() {
                let told: serde_json::Value = serde_json::from_slice(&output.stdout)?;
                let viewers = told["viewers"].as_array().context("a list of viewers")?;
                return Ok(viewers.iter().filter_map(|one| one["name"].as_str().map(str::to_owned)).collect());
            }
            let told = String::from_utf8_lossy(&output.stderr);
            ensure!(self.gallery.excuses(life) || since.elapsed() < Duration::from_secs(10), "`user list`: {told}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
}

/// The owner changes their mind about guests, and makes a new signing key now and then.
pub(crate) async fn manage(people: Arc<People>, mut dice: Dice, long: bool) {
    let guests: Vec<String> = people.names().into_iter().filter(|name| people.person(name).guest).collect();
    while !people.tally.is_over() {
        let done = match dice.below(40) {
            0 => people.run(&["keys", "rotate"], None).await.map(drop),
            1 => people.run(&["audit", "--since", "1h"], None).await.map(drop),
            2 => people.run(&["status"], None).await.map(drop),
            _ => {
                let guest = dice.of::<String>(&guests).clone();
                people.change(&guest, &mut dice).await
            }
        };
        if let Err(error) = done {
            people.tally.wrong(format!("the owner's command: {error:#}"));
        }
        let pause = if long { dice.time(4000, 15_000) } else { dice.time(300, 900) };
        people.tally.pause(pause).await;
    }
}
