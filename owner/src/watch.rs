//! `heirloom watch`: what appears in a folder is sent, for as long as it runs.
//!
//! The folder's own tell only say that it is worth looking; what is there is what counts. So a notice that was lost, or
//! a day in which this did not run, costs a later look and no photo. A file is sent once it has stayed as it is for a
//! while, because cameras and phones write into the folder as they please.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, bail, ensure};
use jiff::Timestamp;
use notify::{RecursiveMode, Watcher};
use serde::Serialize;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::Interrupted;
use crate::cli::Watch;
use crate::reach::Reached;
use crate::upload::find::{Findings, Found, find};
use crate::upload::{Asked, Summary, own, upload};

/// After a failure the next try waits this long, then twice as long, up to a limit.
const FIRST_WAIT: Duration = Duration::from_secs(2);
const LONGEST_WAIT: Duration = Duration::from_mins(5);

/// Does what `heirloom watch` asks.
pub(crate) async fn run(command: Watch) -> Result<()> {
    let root = command.path.canonicalize().with_context(|| format!("cannot read `{}`", command.path.display()))?;
    ensure!(root.is_dir(), "`{}` is a file: `heirloom upload` sends single files", command.path.display());
    if let Some(why) = own::leads_into_own(&root) {
        bail!("`{}` is {why}", root.display());
    }
    let (tell, mut heard) = mpsc::channel::<()>(1);
    let mut watcher = notify::recommended_watcher(move |_| {
        // One that is waiting says as much as two.
        let _ = tell.try_send(());
    })
    .context("this system cannot tell what happens in folders")?;
    if let Err(error) = watcher.watch(&root, RecursiveMode::Recursive) {
        eprintln!("The folder tells nothing by itself ({error}): it is looked through every {} s.", command.look_every);
    }
    if !command.json {
        println!("Watching `{}`. Ctrl-C stops.", root.display());
    }
    let mut folder = Folder { command, sent: BTreeMap::new(), before: BTreeMap::new(), wait: FIRST_WAIT };
    let mut interrupt = std::pin::pin!(tokio::signal::ctrl_c());
    // From the first look on it is heard.
    let _ = futures::poll!(&mut interrupt);
    loop {
        // Notices from here on are about what this look may not see.
        while heard.try_recv().is_ok() {}
        let next = match folder.look().await {
            Ok(Next::Stopped) => return Err(Interrupted.into()),
            Ok(next) => next,
            Err(error) if folder.command.once => return Err(error),
            // The folder itself: a disk that was taken out comes back.
            Err(error) => {
                eprintln!("heirloom: {error:#}");
                Next::In(folder.longer())
            }
        };
        let until = match next {
            Next::In(time) => Instant::now() + time,
            Next::Notice if folder.command.once => return Ok(()),
            _ => Instant::now() + Duration::from_secs(folder.command.look_every.max(1)),
        };
        let settled_only = matches!(next, Next::In(_));
        tokio::select! {
            pressed = &mut interrupt => {
                pressed.context("cannot listen for Ctrl-C")?;
                return Err(Interrupted.into());
            }
            () = tokio::time::sleep_until(until) => {}
            Some(()) = heard.recv(), if !settled_only => {
                // What comes, comes in bursts.
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
        }
    }
}

/// When to look again.
enum Next {
    /// When the folder says something.
    Notice,
    /// After this time: something has not settled yet, or failed.
    In(Duration),
    /// Never: Ctrl-C was pressed.
    Stopped,
}

/// What tells one state of a file from another.
#[derive(Clone, Copy, PartialEq, Eq)]
struct State {
    bytes: u64,
    modified: Option<SystemTime>,
}

struct Folder {
    command: Watch,
    /// Files that are in the gallery in this state, under this key.
    sent: BTreeMap<PathBuf, (State, String)>,
    /// Files that were not settled at the last look.
    before: BTreeMap<PathBuf, (State, Instant)>,
    wait: Duration,
}

impl Folder {
    async fn look(&mut self) -> Result<Next> {
        let (path, to, by) = (self.command.path.clone(), self.command.to.clone(), self.command.album_by);
        let found = tokio::task::spawn_blocking(move || find(&[path], to.as_ref(), by)).await??;
        let (ready, settles_in) = self.settled(found.files);
        if !ready.is_empty() {
            let states: Vec<(PathBuf, State, String)> =
                ready.iter().map(|found| (found.file.clone(), State::of(found), found.key.clone())).collect();
            match self.send(ready).await {
                Ok(summary) => {
                    self.tell(&summary)?;
                    if summary.interrupted {
                        return Ok(Next::Stopped);
                    }
                    for (file, state, key) in states {
                        let failed = summary.failed.iter().any(|(failed, _)| *failed == key);
                        // In the state that was judged: what changed since then fails, or is another one at the next look.
                        if !failed {
                            self.sent.insert(file, (state, key));
                        }
                    }
                    if !summary.failed.is_empty() {
                        ensure!(!self.command.once, "not everything was sent");
                        return Ok(Next::In(self.longer()));
                    }
                }
                Err(error) if self.command.once => return Err(error),
                Err(error) => {
                    let wait = self.longer();
                    eprintln!("The gallery cannot be reached ({error:#}). Trying again in {} s.", wait.as_secs());
                    return Ok(Next::In(wait));
                }
            }
        }
        self.wait = FIRST_WAIT;
        Ok(settles_in.map_or(Next::Notice, Next::In))
    }

    /// The files that are not in the gallery yet and have stayed as they are for long enough; and when the next have.
    fn settled(&mut self, files: Vec<Found>) -> (Vec<Found>, Option<Duration>) {
        let settle = Duration::from_secs(self.command.settle);
        let mut ready = Vec::new();
        let mut before = BTreeMap::new();
        let mut next: Option<Duration> = None;
        for found in files {
            let state = State::of(&found);
            if self.sent.get(&found.file).is_some_and(|(sent, key)| *sent == state && *key == found.key) {
                continue;
            }
            // Long untouched when first seen, or the same since an earlier look.
            let since = match self.before.get(&found.file) {
                Some((earlier, since)) if *earlier == state => *since,
                _ => Instant::now(),
            };
            let untouched = state.modified.and_then(|at| at.elapsed().ok()).unwrap_or_default();
            let stayed = since.elapsed().max(untouched);
            if stayed >= settle {
                ready.push(found);
            } else {
                let left = settle.saturating_sub(stayed) + Duration::from_millis(50);
                next = Some(next.map_or(left, |next| next.min(left)));
                before.insert(found.file, (state, since));
            }
        }
        self.before = before;
        (ready, next)
    }

    /// The gallery is reached anew each time, so it may stop and start as it likes, and nobody else is kept out.
    async fn send(&self, files: Vec<Found>) -> Result<Summary> {
        let reached = Reached::in_folder(&self.command.data).await?;
        let findings = Findings { files, ..Findings::default() };
        let asked =
            Asked { delete: false, dry_run: false, quiet: self.command.json, limit: self.command.limit, parallel: 4 };
        let summary = Box::pin(upload(reached.store(), findings, &asked)).await;
        reached.close().await;
        summary
    }

    fn tell(&self, summary: &Summary) -> Result<()> {
        let now = Timestamp::now();
        if self.command.json {
            let sent = Sent { at: now, uploaded: &summary.uploaded, bytes: summary.bytes, failed: &summary.failed };
            if !summary.uploaded.is_empty() || !summary.failed.is_empty() {
                println!("{}", serde_json::to_string(&sent)?);
            }
            return Ok(());
        }
        let at = now.to_zoned(jiff::tz::TimeZone::system());
        summary.uploaded.iter().for_each(|key| println!("{}  {key}", at.strftime("%H:%M:%S")));
        for (key, why) in &summary.failed {
            eprintln!("{}  failed: {key}: {why}", at.strftime("%H:%M:%S"));
        }
        Ok(())
    }

    fn longer(&mut self) -> Duration {
        let wait = self.wait;
        self.wait = (self.wait * 2).min(LONGEST_WAIT);
        wait
    }
}

/// One line of `--json`.
#[derive(Serialize)]
struct Sent<'a> {
    at: Timestamp,
    uploaded: &'a [String],
    bytes: u64,
    failed: &'a [(String, String)],
}

impl State {
    fn of(found: &Found) -> Self {
        Self { bytes: found.bytes, modified: found.written }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Command;
    use crate::meanwhile::{asked, write};

    #[test]
    fn what_is_sent_and_noted_is_the_state_that_was_judged() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("Photos/Family/1.jpg");
        write(&file, b"half");
        let root = place.path().join("Photos").canonicalize().unwrap();
        let Command::Watch(command) = asked(&["watch", root.to_str().unwrap(), "--settle", "0"]) else { panic!() };
        let mut folder = Folder { command, sent: BTreeMap::new(), before: BTreeMap::new(), wait: FIRST_WAIT };
        let found = find(std::slice::from_ref(&root), None, None).unwrap();
        write(&file, b"half and half");
        let (ready, _) = folder.settled(found.files);
        assert_eq!(ready.len(), 1);
        assert!(!ready[0].is_still(&file.metadata().unwrap()), "what came since is another state");
        folder.sent.insert(ready[0].file.clone(), (State::of(&ready[0]), ready[0].key.clone()));
        let found = find(std::slice::from_ref(&root), None, None).unwrap();
        assert_eq!(folder.settled(found.files).0.len(), 1, "it is sent again");
    }
}
