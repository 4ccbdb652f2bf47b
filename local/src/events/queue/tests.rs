//! Batches, windows, failures, with a clock that stands still unless nothing else can happen.

use super::*;
use crate::machine::subscriptions::BUILDS;
use aws_lambda_events::event::sqs::BatchItemFailure;

const POLICY: Policy = Policy { batch: 10, ..BUILDS };

/// A running queue whose handler fails the bodies that `fails` picks, and notes every batch it sees.
struct Rig {
    queue: Queue,
    fates: mpsc::UnboundedReceiver<(&'static str, Settled)>,
    batches: Arc<Mutex<Vec<Vec<String>>>>,
    _stop: watch::Sender<bool>,
}

fn rig(policy: Policy, fails: fn(&str, usize) -> bool) -> Rig {
    slow_rig(policy, Duration::ZERO, fails)
}

/// The same with a handler that takes so long.
fn slow_rig(policy: Policy, takes: Duration, fails: fn(&str, usize) -> bool) -> Rig {
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
        Box::pin(async move {
            tokio::time::sleep(takes).await;
            answer
        })
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
async fn what_came_last_is_handed_out_first_where_that_is_wanted() {
    for newest_first in [true, false] {
        let mut rig = rig(Policy { batch: 1, window: Duration::ZERO, newest_first, ..BUILDS }, |_, _| false);
        for id in 0..5 {
            rig.queue.send(id, format!("body {id}"));
        }
        let expected: Vec<u64> = if newest_first { (0..5).rev().collect() } else { (0..5).collect() };
        for id in expected {
            assert_eq!(rig.fate().await, Settled::Done(id), "{newest_first}");
        }
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

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_senders_and_handlers_at_once_lose_count_of_nothing() {
    const SENDERS: u64 = 4;
    const EACH: u64 = 3_000;
    let policy = Policy { batch: 3, window: Duration::ZERO, rest: Duration::ZERO, parallel: 4, ..BUILDS };
    let mut rig = rig(policy, |body, count| body.ends_with('7') && count % 2 == 1);
    let senders = (0..SENDERS).map(|sender| {
        let queue = rig.queue.clone();
        std::thread::spawn(move || {
            let depth = queue.depth();
            for id in 0..EACH {
                queue.send(sender * EACH + id, id.to_string());
                // In a long queue nobody would notice a message that is taken before it is counted.
                while depth.borrow().waiting > 1 {
                    std::thread::yield_now();
                }
            }
        })
    });
    let senders: Vec<_> = senders.collect();
    let mut settled = HashSet::new();
    for _ in 0..SENDERS * EACH {
        let fate = tokio::time::timeout(Duration::from_mins(1), rig.fate()).await.expect("the queue goes on");
        assert!(settled.insert(fate.id()), "{fate:?} came twice");
    }
    for sender in senders {
        sender.join().unwrap();
    }
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

#[tokio::test(start_paused = true)]
async fn a_stream_without_end_is_dealt_with_every_two_minutes_and_not_much_more_often() {
    let mut rig = rig(BUILDS, |_, _| false);
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
        assert!(sent.elapsed() <= BUILDS.longest_window, "{:?}", sent.elapsed());
    }
    let batches = rig.batches.lock().unwrap().len();
    assert!((30..=34).contains(&batches), "{batches} batches in an hour");
}

#[tokio::test(start_paused = true)]
async fn a_removal_in_a_stream_waits_ten_seconds_at_most() {
    let mut rig = rig(BUILDS, |_, _| false);
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
    assert!(removed.elapsed() <= BUILDS.longest_gap, "{:?}", removed.elapsed());
    assert!(rig.batches.lock().unwrap().len() <= 4);
}

/// What became of a stream.
#[derive(Debug)]
struct Streamed {
    batches: usize,
    /// How long the first message waited for the end of its batch, and how long any did.
    first: Duration,
    longest: Duration,
    /// How long after the last message the last batch ended.
    after: Duration,
}

/// Sends messages to the queue of builds, each after a gap, and has them dealt with by a handler that takes so long.
async fn stream(gaps: impl IntoIterator<Item = Duration>, takes: Duration) -> Streamed {
    let gaps: Vec<Duration> = gaps.into_iter().collect();
    let mut rig = slow_rig(BUILDS, takes, |_, _| false);
    let (begun, mut at) = (Instant::now(), Duration::ZERO);
    let sent: Vec<Instant> = gaps.iter().map(|gap| (at += *gap, begun + at).1).collect();
    let (queue, times) = (rig.queue.clone(), sent.clone());
    tokio::spawn(async move {
        for (id, time) in (0..).zip(times) {
            tokio::time::sleep_until(time).await;
            queue.send(id, String::new());
        }
    });
    let mut waited = vec![Duration::ZERO; sent.len()];
    for _ in 0..sent.len() {
        let Settled::Done(id) = rig.fate().await else { panic!("the handler fails nothing") };
        waited[id as usize] = sent[id as usize].elapsed();
    }
    let batches = rig.batches.lock().unwrap().len();
    let longest = waited.iter().copied().max().unwrap();
    Streamed { batches, first: waited[0], longest, after: *waited.last().unwrap() }
}

/// The fewest batches that a stream can come to when the first message is dealt with at once and none waits for more than
/// the longest window.
fn fewest(gaps: &[Duration]) -> usize {
    let (mut batches, mut open_until, mut now) = (0, None, Duration::ZERO);
    for gap in gaps {
        now += *gap;
        if open_until.is_none_or(|until| now > until) {
            open_until = Some(now + if batches == 0 { BUILDS.window } else { BUILDS.longest_window });
            batches += 1;
        }
    }
    batches
}

const PHOTOS: usize = 500;

/// Photos that come one by one, or so many at a time, at a steady pace.
fn steady(gap: u64, together: usize) -> Vec<Duration> {
    (0..PHOTOS).map(|n| Duration::from_millis(if n > 0 && n % together == 0 { gap } else { 0 })).collect()
}

fn holds(name: &str, gaps: &[Duration], streamed: &Streamed, takes: Duration) {
    let fewest = fewest(gaps);
    // One batch may go to finding out how fast the stream is.
    let most = if fewest < 5 { 5 } else { fewest + 1 };
    assert!(streamed.batches <= most, "{name}: {} batches, {fewest} at the fewest", streamed.batches);
    assert_eq!(streamed.first, BUILDS.window + takes, "{name}: a photo shows at once");
    assert!(streamed.longest <= BUILDS.longest_window + takes * 2, "{name}: {streamed:?}");
    assert!(streamed.after <= BUILDS.longest_quiet + takes * 2, "{name}: {streamed:?}");
}

#[tokio::test(start_paused = true)]
async fn five_hundred_are_at_most_five_batches_wherever_two_minutes_allow_it() {
    for gap in [0, 10, 100, 200, 500, 700, 950, 1000, 1500, 2000, 3000, 5000] {
        for together in [1, 2] {
            let gaps = steady(gap, together);
            let streamed = stream(gaps.clone(), Duration::ZERO).await;
            let name = format!("{together} photos every {gap} ms");
            println!("{name}: {} batches, {} at the fewest", streamed.batches, fewest(&gaps));
            holds(&name, &gaps, &streamed, Duration::ZERO);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_takes_its_time_changes_nothing_about_that() {
    for takes in [Duration::from_millis(700), Duration::from_secs(4), Duration::from_secs(20)] {
        for gap in [0, 200, 500, 700, 1000, 2000, 5000] {
            let gaps = steady(gap, 1);
            let streamed = stream(gaps.clone(), takes).await;
            holds(&format!("a photo every {gap} ms, a build of {takes:?}"), &gaps, &streamed, takes);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn pauses_in_an_upload_cost_no_build_each() {
    // A film now and then takes as long as ten photos.
    let gaps: Vec<_> = (0..PHOTOS).map(|n| Duration::from_millis(if n % 50 == 49 { 4000 } else { 400 })).collect();
    let streamed = stream(gaps.clone(), Duration::from_secs(1)).await;
    holds("photos and films", &gaps, &streamed, Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn who_looks_at_each_change_first_sees_the_next_at_once_again() {
    let gaps = vec![Duration::from_secs(7); 20];
    let streamed = stream(gaps, Duration::ZERO).await;
    assert_eq!((streamed.batches, streamed.longest), (20, BUILDS.window));
}

#[tokio::test(start_paused = true)]
async fn what_is_to_rest_is_handed_out_after_it() {
    let mut rig = rig(POLICY, |_, _| false);
    let (since, rest) = (Instant::now(), Duration::from_secs(7));
    rig.queue.send_after(rest, 1, "a".to_owned());
    assert_eq!(rig.fate().await, Settled::Done(1));
    assert!(since.elapsed() >= rest);
}
