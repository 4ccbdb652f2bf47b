//! From the outbox to the queues, and from the queues to the end of each event.

use std::collections::BTreeSet;
use std::sync::Arc;

use gallery::Store;
use gallery::keys::Bucket;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, watch};

use super::notification::{s3_event, test_event};
use super::queue::{Handler, Policy, Queue, Settled};
use super::route::{Destination, destination};
use crate::s3::{Folder, FolderError};

/// The most events in memory; the rest waits in the outbox.
const IN_MEMORY: usize = 20_000;

/// How many events are read out of the outbox at a time.
const PAGE: usize = 1_000;

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
    at_rest: watch::Sender<bool>,
    photos: watch::Sender<usize>,
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
        Self { folder, store, queues, fates, at_rest: watch::Sender::new(false), photos: watch::Sender::new(0) }
    }

    /// Whether everything that happened has been dealt with, now and from now on.
    pub fn at_rest(&self) -> watch::Receiver<bool> {
        self.at_rest.subscribe()
    }

    /// How many changes of originals are known of and not dealt with.
    pub fn photos(&self) -> watch::Receiver<usize> {
        self.photos.subscribe()
    }

    /// Runs the queues until `stop` turns true and the handlers under way have ended.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) -> Result<(), FolderError> {
        let running: Vec<_> =
            self.queues.iter().map(|(_, queue)| tokio::spawn(queue.clone().run(stop.clone()))).collect();
        let outcome = self.turn(&mut stop).await;
        for queue in running {
            // A queue's own task neither panics nor is it aborted; its handlers' panics end in the queue.
            let _ = queue.await;
        }
        let mut last = Vec::new();
        while let Ok(fate) = self.fates.try_recv() {
            last.push(fate);
        }
        self.settle(last).await?;
        outcome
    }

    async fn turn(&mut self, stop: &mut watch::Receiver<bool>) -> Result<(), FolderError> {
        self.greet();
        let mut read_to = 0;
        let mut under_way = BTreeSet::new();
        let mut photos = BTreeSet::new();
        let mut changed = self.folder.changes();
        loop {
            // Seen before reading, so that a change made while reading is not slept through.
            changed.borrow_and_update();
            while under_way.len() < IN_MEMORY {
                let page = self.folder.changes_after(read_to, PAGE).await?;
                let Some(last) = page.last() else { break };
                read_to = last.sequence;
                let mut nobodys = Vec::new();
                for change in &page {
                    let bucket = self.store.bucket_called(&change.bucket);
                    let to = bucket.and_then(|bucket| destination(bucket, &change.key));
                    match to.and_then(|to| self.queue(to)) {
                        Some(queue) => {
                            under_way.insert(change.sequence);
                            if to == Some(Destination::Resize) {
                                photos.insert(change.sequence);
                            }
                            queue.send(change.sequence, s3_event(change).to_string());
                        }
                        None => nobodys.push(change.sequence),
                    }
                }
                if !nobodys.is_empty() {
                    self.folder.forget(&nobodys).await?;
                }
            }
            self.at_rest.send_if_modified(|rest| std::mem::replace(rest, under_way.is_empty()) != under_way.is_empty());
            self.photos.send_if_modified(|count| std::mem::replace(count, photos.len()) != photos.len());
            let mut fates = Vec::new();
            tokio::select! {
                _ = stop.wait_for(|&stop| stop) => return Ok(()),
                seen = changed.changed() => if seen.is_err() { return Ok(()) },
                count = self.fates.recv_many(&mut fates, PAGE) => if count == 0 { return Ok(()) },
            }
            for (_, fate) in &fates {
                under_way.remove(&fate.id());
                photos.remove(&fate.id());
            }
            self.settle(fates).await?;
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

    /// Takes settled events out of the outbox, the dead ones into the dead letters first.
    async fn settle(&self, fates: Vec<(&'static str, Settled)>) -> Result<(), FolderError> {
        let mut over = Vec::new();
        for (queue, fate) in fates {
            let id = fate.id();
            if let Settled::Dead(_, body) = fate {
                let letter = DeadLetter { queue: queue.to_owned(), body, time: Timestamp::now() };
                let bytes = serde_json::to_vec(&letter).expect("a dead letter holds nothing that JSON cannot");
                self.folder.put_note(&format!("dead-letters/{queue}/{id:020}"), bytes).await?;
            }
            if id < NOT_FROM_OUTBOX {
                over.push(id);
            }
        }
        if over.is_empty() { Ok(()) } else { self.folder.forget(&over).await }
    }
}
