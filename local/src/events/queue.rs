//! A queue with a handler behind it, as SQS and Lambda's event source mapping are together: batches, a batching
//! window, partial failures, a few attempts, then the dead letters.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use futures::future::BoxFuture;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::{Notify, Semaphore, mpsc, watch};
use tokio::time::Instant;

use super::notification::sqs_record;

/// How a queue hands out its messages.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The most messages in one event.
    pub batch: usize,
    /// Whether what came last is handed out first: somebody may be waiting for it.
    pub newest_first: bool,
    /// How long to wait for more after a message that comes alone.
    pub window: Duration,
    /// How long to wait while messages keep coming. So the first photo of an upload shows at once, the five hundredth
    /// costs no build of its own, and no page is older than this however long the stream.
    pub longest_window: Duration,
    /// A window closes early when nothing came for a while: the upload has ended. That while becomes longer, up to this,
    /// when the next message shows that it was too short for the stream's pace; and after a batch that nothing follows
    /// for so long, the stream is over.
    pub longest_quiet: Duration,
    /// A window closes when something that was removed has waited for so long: until it is dealt with, pages have a gap.
    pub longest_gap: Duration,
    /// How many events may be under way at once.
    pub parallel: usize,
    /// How often a message is tried.
    pub attempts: u32,
    /// How long a failed message rests before it is tried again, doubled each time.
    pub rest: Duration,
}

/// By how much the pause grows after which a window closes early.
const GROWTH: u32 = 5;

/// What the queue calls with each event: a Lambda function's handler.
pub type Handler = Arc<dyn Fn(SqsEvent) -> BoxFuture<'static, SqsBatchResponse> + Send + Sync>;

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    /// The handler dealt with it.
    Done(u64),
    /// Every attempt failed; its body is handed over for the dead letters.
    Dead(u64, String),
}

impl Settled {
    /// Which message.
    pub fn id(&self) -> u64 {
        match self {
            Self::Done(id) | Self::Dead(id, _) => *id,
        }
    }
}

/// How much lies in a queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depth {
    /// Messages that wait.
    pub waiting: usize,
    /// Messages that a handler has.
    pub in_flight: usize,
}

impl Depth {
    /// Whether there is nothing left to do.
    pub fn is_empty(self) -> bool {
        self == Self::default()
    }
}

/// One queue. Cheap to clone; [`Queue::run`] is its life.
#[derive(Clone)]
pub struct Queue {
    shared: Arc<Shared>,
}

struct Shared {
    name: &'static str,
    policy: Policy,
    handler: Handler,
    settled: mpsc::UnboundedSender<(&'static str, Settled)>,
    messages: Mutex<VecDeque<Message>>,
    depth: watch::Sender<Depth>,
    arrived: Notify,
}

struct Message {
    id: u64,
    body: String,
    received: u32,
    not_before: Instant,
    /// Since when it waits to be told that something was removed, if that is what it tells.
    gap_since: Option<Instant>,
}

/// How a batch closed.
#[derive(Clone, Copy, Debug)]
struct Closed {
    at: Instant,
    /// After how long a pause it would have closed early.
    quiet: Duration,
    /// Whether it did.
    early: bool,
}

impl Closed {
    /// After how long a pause the next batch of the same stream closes early: if the last one did and was not the end, its
    /// pause was too short.
    fn next_quiet(self, longest: Duration) -> Duration {
        if self.early { (self.quiet * GROWTH).min(longest) } else { self.quiet }
    }
}

/// Messages that may be handed out: how many, since when the first and the last of them may be, and since when the first
/// of those waits that tell of a removal.
struct Ready {
    count: usize,
    first: Instant,
    last: Instant,
    gap_since: Option<Instant>,
}

impl Queue {
    /// An empty queue. The fate of each message is told on `settled`, with the queue's name.
    pub fn new(
        name: &'static str,
        policy: Policy,
        handler: Handler,
        settled: mpsc::UnboundedSender<(&'static str, Settled)>,
    ) -> Self {
        let shared = Shared {
            name,
            policy,
            handler,
            settled,
            messages: Mutex::default(),
            depth: watch::Sender::new(Depth::default()),
            arrived: Notify::new(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// What it is called.
    pub fn name(&self) -> &'static str {
        self.shared.name
    }

    /// Puts a message in. Ids are the sender's and come back in [`Settled`].
    pub fn send(&self, id: u64, body: String) {
        self.send_after(Duration::ZERO, id, body);
    }

    /// The same, to be handed out after a rest.
    pub fn send_after(&self, rest: Duration, id: u64, body: String) {
        let not_before = Instant::now() + rest;
        let gap_since = body.contains("\"ObjectRemoved:").then_some(not_before);
        self.shared.put(Message { id, body, received: 0, not_before, gap_since });
        self.shared.arrived.notify_one();
    }

    /// How much lies in it, now and from now on.
    pub fn depth(&self) -> watch::Receiver<Depth> {
        self.shared.depth.subscribe()
    }

    /// Hands out messages until `stop` turns true, then waits for the handlers under way.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let slots = Arc::new(Semaphore::new(self.shared.policy.parallel));
        let mut last = None::<Closed>;
        loop {
            // The slot first: what comes while a handler is at work belongs into the batch after it, however much that is.
            let (slot, batch) = tokio::select! {
                () = stopped(&mut stop) => break,
                next = async {
                    let slot = slots.clone().acquire_owned().await;
                    (slot, self.shared.next_batch(&mut last).await)
                } => next,
            };
            let Ok(slot) = slot else { break };
            let shared = self.shared.clone();
            tokio::spawn(async move {
                shared.deliver(batch).await;
                drop(slot);
            });
        }
        let _all_done = slots.acquire_many(u32::try_from(self.shared.policy.parallel).unwrap_or(1)).await;
    }
}

async fn stopped(stop: &mut watch::Receiver<bool>) {
    // A dropped sender means the same as a stop.
    let _ = stop.wait_for(|&stop| stop).await;
}

impl Shared {
    fn messages(&self) -> std::sync::MutexGuard<'_, VecDeque<Message>> {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a message, then for the window to close or the batch to be full. `last` is how the last batch closed.
    async fn next_batch(&self, last: &mut Option<Closed>) -> Vec<Message> {
        self.first_ready().await;
        let Policy { window: shortest, longest_window, longest_quiet, longest_gap, batch, .. } = self.policy;
        let mut goes_on = None;
        loop {
            let now = Instant::now();
            let ready = self.ready(now);
            let goes_on =
                *goes_on.get_or_insert_with(|| last.is_some_and(|last| ready.first < last.at + longest_quiet));
            let (window, quiet) = match *last {
                Some(last) if goes_on => (longest_window, last.next_quiet(longest_quiet)),
                _ => (shortest, shortest),
            };
            let ended = ready.last + quiet;
            let closes = (ready.first + window).min(ended);
            let gap = ready.gap_since.map(|since| (since + longest_gap).max(ready.first + shortest));
            let closes = gap.map_or(closes, |gap| closes.min(gap));
            if ready.count >= batch || now >= closes {
                *last = Some(Closed { at: now, quiet, early: ended <= now });
                return self.take_ready(now);
            }
            let _ = tokio::time::timeout_at(closes, self.arrived.notified()).await;
        }
    }

    /// What may be handed out.
    fn ready(&self, now: Instant) -> Ready {
        let messages = self.messages();
        let nothing = Ready { count: 0, first: now, last: now, gap_since: None };
        messages.iter().filter(|m| m.not_before <= now).fold(nothing, |ready, m| Ready {
            count: ready.count + 1,
            first: ready.first.min(m.not_before),
            last: if ready.count == 0 { m.not_before } else { ready.last.max(m.not_before) },
            gap_since: ready.gap_since.into_iter().chain(m.gap_since).min(),
        })
    }

    /// Waits until some message may be handed out.
    async fn first_ready(&self) {
        loop {
            let earliest = self.messages().iter().map(|m| m.not_before).min();
            match earliest {
                Some(at) if at <= Instant::now() => return,
                Some(at) => drop(tokio::time::timeout_at(at, self.arrived.notified()).await),
                None => self.arrived.notified().await,
            }
        }
    }

    fn take_ready(&self, now: Instant) -> Vec<Message> {
        let mut messages = self.messages();
        let mut batch = Vec::new();
        let mut kept = VecDeque::with_capacity(messages.len());
        let newest_first = self.policy.newest_first;
        let next: fn(&mut VecDeque<Message>) -> Option<Message> =
            if newest_first { VecDeque::pop_back } else { VecDeque::pop_front };
        while let Some(message) = next(&mut messages) {
            if message.not_before <= now && batch.len() < self.policy.batch {
                batch.push(message);
            } else if newest_first {
                kept.push_front(message);
            } else {
                kept.push_back(message);
            }
        }
        *messages = kept;
        self.depth.send_modify(|depth| {
            depth.waiting -= batch.len();
            depth.in_flight += batch.len();
        });
        batch
    }

    /// Lets a message wait, and counts it before anybody can take it.
    fn put(&self, message: Message) {
        let mut messages = self.messages();
        messages.push_back(message);
        self.depth.send_modify(|depth| depth.waiting += 1);
    }

    /// Calls the handler and settles each message. A panic fails the batch, as a crashed function does.
    async fn deliver(&self, mut batch: Vec<Message>) {
        for message in &mut batch {
            message.received += 1;
        }
        let event = sqs_event(self.name, &batch);
        let handler = self.handler.clone();
        let answer = tokio::spawn(async move { handler(event).await }).await;
        let failed: Option<HashSet<String>> = match answer {
            Ok(answer) => Some(answer.batch_item_failures.into_iter().map(|f| f.item_identifier).collect()),
            Err(crash) => {
                tracing::error!(queue = self.name, "the handler crashed: {crash}");
                None
            }
        };
        let known: BTreeMap<u64, Message> = batch.into_iter().map(|m| (m.id, m)).collect();
        let taken = known.len();
        // Lambda takes a failure that names no message of the batch for a failure of the whole batch.
        let whole = failed
            .as_ref()
            .is_none_or(|f| f.iter().any(|id| id.parse().ok().is_none_or(|id: u64| !known.contains_key(&id))));
        for (id, message) in known {
            let fails = whole || failed.as_ref().is_some_and(|f| f.contains(&id.to_string()));
            if fails { self.fail(message) } else { self.tell(Settled::Done(id)) }
        }
        self.depth.send_modify(|depth| depth.in_flight -= taken);
        self.arrived.notify_one();
    }

    fn fail(&self, mut message: Message) {
        if message.received >= self.policy.attempts {
            tracing::warn!(queue = self.name, message = message.id, "a message failed {} times", message.received);
            return self.tell(Settled::Dead(message.id, message.body));
        }
        message.not_before = Instant::now() + self.policy.rest * 2u32.saturating_pow(message.received - 1);
        self.put(message);
    }

    fn tell(&self, fate: Settled) {
        // Nobody listens any more only when the whole process is stopping; the outbox then repeats the message.
        let _ = self.settled.send((self.name, fate));
    }
}

fn sqs_event(queue: &str, batch: &[Message]) -> SqsEvent {
    let now = Timestamp::now();
    let records: Vec<Value> =
        batch.iter().map(|m| sqs_record(queue, &m.id.to_string(), &m.body, m.received, now)).collect();
    serde_json::from_value(json!({ "Records": records })).expect("an SQS event of our own making")
}

#[cfg(test)]
mod tests;
