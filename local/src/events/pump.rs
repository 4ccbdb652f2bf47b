//! From the outbox to the queues, and from the queues to the end of each event.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use gallery::Store;
use gallery::keys::Bucket;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, watch};

use super::notification::{s3_event, test_event};
use super::queue::{Handler, Policy, Queue, Settled};
use super::route::{Destination, destination};
use crate::s3::{Change, Folder, FolderError};

/// The most events in memory; the rest waits in the outbox.
const IN_MEMORY: usize = 20_000;

/// How many events are read out of the outbox at a time.
const PAGE: usize = 1_000;

/// How long to wait before a folder that failed, or had no room, is tried again, doubled each time,
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// up to this.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Ids from here on are not the outbox's.
const NOT_FROM_OUTBOX: u64 = u64::MAX - 16;

/// A message that every attempt failed on, as it is kept for the owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// The queue it was in.
    pub queue: String,
    /// The S3 event notification.
    pub body: String,
    /// When it was given up.
    pub time: Timestamp,
}

/// The queues and what fills them.
pub struct Pump {
    folder: Arc<Folder>,
    store: Store,
    queues: Vec<(Destination, Queue)>,
    fates: mpsc::UnboundedReceiver<(&'static str, Settled)>,
    /// The changes that handlers have, and which of them are of originals.
    under_way: BTreeSet<u64>,
    originals: BTreeSet<u64>,
    at_rest: watch::Sender<bool>,
    photos: watch::Sender<usize>,
    /// Handlers find no room for what they make.
    no_room: Trouble,
}

/// A queue to be: its name, whose events it takes, how it hands them out and to whom.
pub struct Subscription {
    /// The queue's name, in logs and ARNs.
    pub name: &'static str,
    /// Which changes it takes.
    pub destination: Destination,
    /// How it hands them out.
    pub policy: Policy,
    /// To whom.
    pub handler: Handler,
}

impl Pump {
    /// Queues for these subscriptions, still empty.
    pub fn new(folder: Arc<Folder>, store: Store, subscriptions: Vec<Subscription>) -> Self {
        let (told, fates) = mpsc::unbounded_channel();
        let queues = subscriptions
            .into_iter()
            .map(|s| (s.destination, Queue::new(s.name, s.policy, s.handler, told.clone())))
            .collect();
        let (under_way, originals) = (BTreeSet::new(), BTreeSet::new());
        let (at_rest, photos) = (watch::Sender::new(false), watch::Sender::new(0));
        Self { folder, store, queues, fates, under_way, originals, at_rest, photos, no_room: Trouble::default() }
    }

    /// Whether everything that happened has been dealt with, now and from now on.
    pub fn at_rest(&self) -> watch::Receiver<bool> {
        self.at_rest.subscribe()
    }

    /// How many changes of originals are known of and not dealt with.
    pub fn photos(&self) -> watch::Receiver<usize> {
        self.photos.subscribe()
    }

    /// Runs the queues until `stop` turns true and the handlers under way have ended. While the folder fails, on a full
    /// disk for instance, it waits for it. The error is that of the very end: what it concerns comes again with the next
    /// start.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) -> Result<(), FolderError> {
        let running: Vec<_> =
            self.queues.iter().map(|(_, queue)| tokio::spawn(queue.clone().run(stop.clone()))).collect();
        self.turn(&mut stop).await;
        for queue in running {
            // A queue's own task neither panics nor is it aborted; its handlers' panics end in the queue.
            let _ = queue.await;
        }
        let mut last = self.told_meanwhile();
        // To queues that hand out no more: the next start repeats it.
        self.spare(&mut last);
        if last.is_empty() { Ok(()) } else { self.settle(&last).await }
    }

    /// Returns when `stop` turns true.
    async fn turn(&mut self, stop: &mut watch::Receiver<bool>) {
        self.greet();
        let mut read_to = 0;
        let mut changed = self.folder.changes();
        loop {
            // Seen before reading, so that a change made while reading is not slept through.
            changed.borrow_and_update();
            while self.under_way.len() < IN_MEMORY {
                let Some(page) = self.page_after(read_to, stop).await else { return };
                let Some(last) = page.last() else { break };
                read_to = last.sequence;
                let mut nobodys = Vec::new();
                for change in &page {
                    let bucket = self.store.bucket_called(&change.bucket);
                    let to = bucket.and_then(|bucket| destination(bucket, &change.key));
                    match to.and_then(|to| self.queue(to)) {
                        Some(queue) => {
                            queue.send(change.sequence, s3_event(change).to_string());
                            self.under_way.insert(change.sequence);
                            if to == Some(Destination::Resize) {
                                self.originals.insert(change.sequence);
                            }
                        }
                        None => nobodys.push(("", Settled::Done(change.sequence))),
                    }
                }
                if !nobodys.is_empty() && self.settled_or_revived(nobodys, stop).await.is_none() {
                    return;
                }
            }
            let (rests, photos) = (self.under_way.is_empty(), self.originals.len());
            self.at_rest.send_if_modified(|rest| std::mem::replace(rest, rests) != rests);
            self.photos.send_if_modified(|count| std::mem::replace(count, photos) != photos);
            let mut fates = Vec::new();
            tokio::select! {
                _ = stop.wait_for(|&stop| stop) => return,
                seen = changed.changed() => if seen.is_err() { return },
                count = self.fates.recv_many(&mut fates, PAGE) => if count == 0 { return },
            }
            if !fates.is_empty() && self.settled_or_revived(fates, stop).await.is_none() {
                return;
            }
        }
    }

    /// The next changes, as soon as the folder tells them; `None` when `stop` turns true before.
    async fn page_after(&self, sequence: u64, stop: &mut watch::Receiver<bool>) -> Option<Vec<Change>> {
        let mut trouble = Trouble::default();
        loop {
            match self.folder.changes_after(sequence, PAGE).await {
                Ok(page) => {
                    trouble.over();
                    return Some(page);
                }
                Err(error) => trouble.wait(&error, stop).await?,
            }
            // It is a write that opens an index again which failed. Whether it does shows in the next reading.
            let _ = self.folder.forget(&[]).await;
        }
    }

    /// Settles what was told, as soon as the folder takes it; `None` when `stop` turns true before: the outbox then repeats
    /// it. So is what is told while the folder fails; but what was given up meanwhile, or while there was no room, goes back
    /// into its queue as if it were new, because the handlers write where the folder could not.
    async fn settled_or_revived(
        &mut self,
        mut fates: Vec<(&'static str, Settled)>,
        stop: &mut watch::Receiver<bool>,
    ) -> Option<()> {
        let mut trouble = Trouble::default();
        self.spare(&mut fates);
        loop {
            match self.settle(&fates).await {
                Ok(()) => {
                    for (_, fate) in fates.drain(..) {
                        self.under_way.remove(&fate.id());
                        self.originals.remove(&fate.id());
                    }
                    if !trouble.over() {
                        return Some(());
                    }
                }
                Err(error) => trouble.wait(&error, stop).await?,
            }
            // It fails, or did until now.
            fates.extend(self.told_meanwhile());
            self.revive(&mut fates, Duration::ZERO);
        }
    }

    fn told_meanwhile(&mut self) -> Vec<(&'static str, Settled)> {
        std::iter::from_fn(|| self.fates.try_recv().ok()).collect()
    }

    /// Puts what was given up back into its queue, to be handed out after a rest, and keeps the others.
    fn revive(&self, fates: &mut Vec<(&'static str, Settled)>, rest: Duration) {
        fates.retain(|(name, fate)| {
            let Settled::Dead(id, body) = fate else { return true };
            let queue = self.queues.iter().find(|(_, queue)| queue.name() == *name);
            queue.inspect(|(_, queue)| queue.send_after(rest, *id, body.clone())).is_none()
        });
    }

    /// Gives nothing up for want of room. Small writes go on when there is no more for large ones, so settling would succeed.
    /// Whatever is given up soon after such a failure is tried again: if it was not for that, it is given up a little later.
    fn spare(&mut self, fates: &mut Vec<(&'static str, Settled)>) {
        if !self.folder.lacked_room() {
            self.no_room.over();
        } else if fates.iter().any(|(_, fate)| matches!(fate, Settled::Dead(..))) {
            let rest = self.no_room.goes_on(&"it has no room");
            self.revive(fates, rest);
        }
    }

    /// What S3 sends first to a queue that it is told to notify.
    fn greet(&self) {
        for (index, (to, queue)) in (0..).zip(&self.queues) {
            let bucket = match to {
                Destination::Resize => Bucket::Source,
                Destination::Build => Bucket::Resized,
            };
            queue.send(NOT_FROM_OUTBOX + index, test_event(self.store.name(bucket), Timestamp::now()).to_string());
        }
    }

    fn queue(&self, to: Destination) -> Option<&Queue> {
        self.queues.iter().find(|(destination, _)| *destination == to).map(|(_, queue)| queue)
    }

    /// Takes settled events out of the outbox, the dead ones into the dead letters: all of it or nothing. Can be repeated.
    async fn settle(&self, fates: &[(&'static str, Settled)]) -> Result<(), FolderError> {
        let (mut over, mut letters) = (Vec::new(), Vec::new());
        for (queue, fate) in fates {
            let id = fate.id();
            if let Settled::Dead(_, body) = fate {
                let letter = DeadLetter { queue: (*queue).to_owned(), body: body.clone(), time: Timestamp::now() };
                let bytes = serde_json::to_vec(&letter).expect("a dead letter holds nothing that JSON cannot");
                letters.push((format!("dead-letters/{queue}/{id:020}"), bytes));
            }
            if id < NOT_FROM_OUTBOX {
                over.push(id);
            }
        }
        self.folder.forget_noting(&over, letters).await?;
        for (queue, fate) in fates.iter().filter(|(_, fate)| matches!(fate, Settled::Dead(..))) {
            tracing::error!(queue, message = fate.id(), "gave a message up: it lies among the dead letters");
        }
        Ok(())
    }
}

/// A folder that fails, told once when that begins and once when it is over.
#[derive(Default)]
struct Trouble {
    pause: Option<Duration>,
}

impl Trouble {
    /// Waits before the next try, longer each time; `None` when `stop` turns true meanwhile.
    async fn wait(&mut self, error: &FolderError, stop: &mut watch::Receiver<bool>) -> Option<()> {
        let pause = self.goes_on(error);
        tokio::select! {
            _ = stop.wait_for(|&stop| stop) => None,
            () = tokio::time::sleep(pause) => Some(()),
        }
    }

    /// Tells of it if it is new. Returns how long to wait before the next try.
    fn goes_on(&mut self, why: &dyn Display) -> Duration {
        if self.pause.is_none() {
            tracing::error!("events wait until the data folder works again: {why}");
        }
        let pause = self.pause.map_or(FIRST_PAUSE, |last| (last * 2).min(LONGEST_PAUSE));
        self.pause = Some(pause);
        pause
    }

    /// Whether there was any. It is over.
    fn over(&mut self) -> bool {
        let was = self.pause.take().is_some();
        if was {
            tracing::info!("the data folder works again, and events are delivered");
        }
        was
    }
}

#[cfg(test)]
mod tests;
