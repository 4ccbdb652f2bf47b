//! Batches, windows, failures, with a clock that stands still unless nothing else can happen.

use super::*;
use aws_lambda_events::event::sqs::BatchItemFailure;

const POLICY: Policy = Policy {
    batch: 10,
    window: Duration::from_millis(300),
    longest_window: Duration::from_mins(2),
    longest_quiet: Duration::from_secs(5),
    longest_gap: Duration::from_secs(10),
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
async fn a_stream_without_end_is_dealt_with_every_two_minutes_and_not_much_more_often() {
    let mut rig = rig(Policy { batch: 10_000, ..POLICY }, |_, _| false);
    let begun = Instant::now();
    let queue = rig.queue.clone();
    tokio::spawn(async move {
        for id in 0..7200 {
            queue.send(id, String::new());
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    });
    for id in 0..7200 {
        let sent = begun + Duration::from_millis(500 * id);
        assert!(matches!(rig.fate().await, Settled::Done(_)));
        assert!(sent.elapsed() <= POLICY.longest_window + POLICY.longest_quiet, "{:?}", sent.elapsed());
    }
    let batches = rig.batches.lock().unwrap().len();
    assert!((30..=34).contains(&batches), "{batches} batches in an hour");
}

#[tokio::test(start_paused = true)]
async fn a_removal_in_a_stream_waits_ten_seconds_at_most() {
    let mut rig = rig(Policy { batch: 10_000, ..POLICY }, |_, _| false);
    for id in 0..300 {
        rig.queue.send(id, String::new());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let removed = Instant::now();
    rig.queue.send(300, r#"{"Records":[{"eventName":"ObjectRemoved:Delete"}]}"#.into());
    let queue = rig.queue.clone();
    tokio::spawn(async move {
        for id in 301..1000 {
            tokio::time::sleep(Duration::from_millis(200)).await;
            queue.send(id, String::new());
        }
    });
    while rig.fate().await != Settled::Done(300) {}
    assert!(removed.elapsed() <= POLICY.longest_gap, "{:?}", removed.elapsed());
    assert!(rig.batches.lock().unwrap().len() <= 4);
}

#[tokio::test(start_paused = true)]
async fn five_hundred_at_once_are_at_most_five_batches_and_nobody_waits_for_the_window() {
    for gap in [0, 10, 100, 200, 500, 700] {
        let (batches, after) = stream(Duration::from_millis(gap)).await;
        assert!(batches <= 5, "{batches} batches for 500 messages, one every {gap} ms");
        assert!(after <= POLICY.longest_quiet, "{after:?} after the last one, at one every {gap} ms");
    }
}
