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
    /// How long to wait for more after the first message.
    pub window: Duration,
    /// The window grows sixfold up to this while messages keep coming, and falls back when they pause. So the first
    /// photo of an upload shows at once and the five hundredth costs no build of its own.
    pub longest_window: Duration,
    /// A window closes early when nothing came for a quarter of it, and for this at most: the upload has ended.
    pub longest_quiet: Duration,
    /// How many events may be under way at once.
    pub parallel: usize,
    /// How often a message is tried.
    pub attempts: u32,
    /// How long a failed message rests before it is tried again, doubled each time.
    pub rest: Duration,
}

/// By how much the window grows.
const GROWTH: u32 = 6;

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

    /// Puts a message in. Ids are the sender's and come back in [`Settled`].
    pub fn send(&self, id: u64, body: String) {
        let message = Message { id, body, received: 0, not_before: Instant::now() };
        self.shared.messages().push_back(message);
        self.shared.depth.send_modify(|depth| depth.waiting += 1);
        self.shared.arrived.notify_one();
    }

    /// How much lies in it, now and from now on.
    pub fn depth(&self) -> watch::Receiver<Depth> {
        self.shared.depth.subscribe()
    }

    /// Hands out messages until `stop` turns true, then waits for the handlers under way.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let slots = Arc::new(Semaphore::new(self.shared.policy.parallel));
        let mut last = None::<(Duration, Instant)>;
        loop {
            let batch = tokio::select! {
                () = stopped(&mut stop) => break,
                batch = self.shared.next_batch(&mut last) => batch,
            };
            let Ok(slot) = slots.clone().acquire_owned().await else { break };
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

    /// Waits for a message, then for the window to close or the batch to be full. `last` is the window of the last batch
    /// and when it closed.
    async fn next_batch(&self, last: &mut Option<(Duration, Instant)>) -> Vec<Message> {
        let first = self.first_ready().await;
        let Policy { window: shortest, longest_window, longest_quiet, batch, .. } = self.policy;
        let window = match *last {
            Some((window, closed)) if first < closed + window * 2 => (window * GROWTH).min(longest_window),
            _ => shortest,
        };
        let quiet = (window / 4).clamp(shortest, longest_quiet.max(shortest));
        let (mut count, mut last_came) = (0, first);
        loop {
            let now = Instant::now();
            let ready = self.messages().iter().filter(|m| m.not_before <= now).count();
            if ready > count {
                (count, last_came) = (ready, now);
            }
            let closes = (first + window).min(last_came + quiet);
            if ready >= batch || now >= closes {
                *last = Some((window, now));
                return self.take_ready(now);
            }
            let _ = tokio::time::timeout_at(closes, self.arrived.notified()).await;
        }
    }

    /// Waits until some message may be handed out, and tells since when.
    async fn first_ready(&self) -> Instant {
        loop {
            let earliest = self.messages().iter().map(|m| m.not_before).min();
            match earliest {
                Some(at) if at <= Instant::now() => return Instant::now(),
                Some(at) => drop(tokio::time::timeout_at(at, self.arrived.notified()).await),
                None => self.arrived.notified().await,
            }
        }
    }

    fn take_ready(&self, now: Instant) -> Vec<Message> {
        let mut messages = self.messages();
        let mut batch = Vec::new();
        let mut kept = VecDeque::with_capacity(messages.len());
        for message in messages.drain(..) {
            if message.not_before <= now && batch.len() < self.policy.batch {
                batch.push(message);
            } else {
                kept.push_back(message);
            }
        }
        *messages = kept;
        drop(messages);
        self.depth.send_modify(|depth| {
            depth.waiting -= batch.len();
            depth.in_flight += batch.len();
        });
        batch
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
            tracing::error!(
                queue = self.name,
                message = message.id,
                "gave a message up after {} attempts",
                message.received
            );
            return self.tell(Settled::Dead(message.id, message.body));
        }
        message.not_before = Instant::now() + self.policy.rest * 2u32.saturating_pow(message.received - 1);
        self.messages().push_back(message);
        self.depth.send_modify(|depth| depth.waiting += 1);
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
mod tests {
    use super::*;
    use aws_lambda_events::event::sqs::BatchItemFailure;

    const POLICY: Policy = Policy {
        batch: 10,
        window: Duration::from_millis(300),
        longest_window: Duration::from_mins(5),
        longest_quiet: Duration::from_secs(5),
        parallel: 1,
        attempts: 3,
        rest: Duration::from_secs(1),
    };

    /// A running queue whose handler fails the bodies that `fails` picks, and notes every batch it sees.
    struct Rig {
        queue: Queue,
        fates: mpsc::UnboundedReceiver<(&'static str, Settled)>,
        batches: Arc<Mutex<Vec<Vec<String>>>>,
        _stop: watch::Sender<bool>,
    }

    fn rig(policy: Policy, fails: fn(&str, usize) -> bool) -> Rig {
        let batches = Arc::new(Mutex::new(Vec::<Vec<String>>::new()));
        let seen = batches.clone();
        let handler: Handler = Arc::new(move |event| {
            let bodies: Vec<String> = event.records.iter().filter_map(|m| m.body.clone()).collect();
            seen.lock().unwrap().push(bodies);
            let count = seen.lock().unwrap().len();
            let mut answer = SqsBatchResponse::default();
            for message in &event.records {
                let body = message.body.as_deref().unwrap_or_default();
                assert_ne!(body, "crash");
                if fails(body, count) {
                    let mut failure = BatchItemFailure::default();
                    failure.item_identifier = message.message_id.clone().unwrap_or_default();
                    answer.batch_item_failures.push(failure);
                }
            }
            Box::pin(async move { answer })
        });
        let (told, fates) = mpsc::unbounded_channel();
        let queue = Queue::new("test", policy, handler, told);
        let (stop, stopped) = watch::channel(false);
        tokio::spawn(queue.clone().run(stopped));
        Rig { queue, fates, batches, _stop: stop }
    }

    impl Rig {
        async fn fate(&mut self) -> Settled {
            self.fates.recv().await.expect("the queue runs").1
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_comes_within_the_window_is_one_batch() {
        let mut rig = rig(POLICY, |_, _| false);
        for id in 0..5 {
            rig.queue.send(id, format!("body {id}"));
        }
        for id in 0..5 {
            assert_eq!(rig.fate().await, Settled::Done(id));
        }
        assert_eq!(rig.batches.lock().unwrap().len(), 1);
        rig.queue.depth().wait_for(|depth| depth.is_empty()).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn only_the_failed_ones_come_again() {
        let mut rig = rig(POLICY, |body, count| body == "b" && count == 1);
        rig.queue.send(1, "a".into());
        rig.queue.send(2, "b".into());
        assert_eq!(rig.fate().await, Settled::Done(1));
        assert_eq!(rig.fate().await, Settled::Done(2));
        assert_eq!(*rig.batches.lock().unwrap(), [vec!["a".to_owned(), "b".into()], vec!["b".into()]]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_poisonous_one_ends_among_the_dead() {
        let mut rig = rig(POLICY, |_, _| true);
        rig.queue.send(7, "poison".into());
        assert_eq!(rig.fate().await, Settled::Dead(7, "poison".into()));
        assert_eq!(rig.batches.lock().unwrap().len(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn a_crash_fails_the_batch_and_not_the_queue() {
        let mut rig = rig(POLICY, |_, _| false);
        rig.queue.send(1, "crash".into());
        assert_eq!(rig.fate().await, Settled::Dead(1, "crash".into()));
        rig.queue.send(2, "fine".into());
        assert_eq!(rig.fate().await, Settled::Done(2));
    }

    /// Sends 500 messages, one every `gap`, and tells how many batches they became and how long after the last one
    /// the last batch was dealt with.
    async fn stream(gap: Duration) -> (usize, Duration) {
        let mut rig = rig(Policy { batch: 10_000, ..POLICY }, |_, _| false);
        let mut last = Instant::now();
        for id in 0..500 {
            tokio::time::sleep(gap).await;
            rig.queue.send(id, String::new());
            last = Instant::now();
        }
        for _ in 0..500 {
            rig.fate().await;
        }
        let batches = rig.batches.lock().unwrap().len();
        (batches, last.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn five_hundred_at_once_are_at_most_five_batches_and_nobody_waits_for_the_window() {
        for gap in [0, 10, 100, 200, 500, 700] {
            let (batches, after) = stream(Duration::from_millis(gap)).await;
            assert!(batches <= 5, "{batches} batches for 500 messages, one every {gap} ms");
            assert!(after <= POLICY.longest_quiet, "{after:?} after the last one, at one every {gap} ms");
        }
    }
}
