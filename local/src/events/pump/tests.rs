//! A folder that fails for a while, as on a full disk: what handlers deal with meanwhile is dealt with.

use aws_lambda_events::event::sqs::SqsBatchResponse;
use gallery::store::BucketNames;

use super::*;
use crate::machine::subscriptions::BUILDS;
use crate::s3::{ChangeKind, Credentials, Server};

const PATIENCE: Duration = Duration::from_secs(10);

/// As soon as there is something.
const AT_ONCE: Policy = Policy {
    batch: 1,
    window: Duration::ZERO,
    longest_window: Duration::ZERO,
    longest_quiet: Duration::ZERO,
    longest_gap: Duration::ZERO,
    ..BUILDS
};

/// A pump over a folder with two changes, of a photo and one that is nobody's.
struct Rig {
    folder: Arc<Folder>,
    pump: Pump,
    /// The photo's change.
    photo: u64,
    /// Says how messages end; the handler itself does not.
    told: mpsc::UnboundedSender<(&'static str, Settled)>,
    /// The messages that the handler gets.
    delivered: mpsc::UnboundedReceiver<String>,
    _directory: tempfile::TempDir,
}

async fn rig() -> Rig {
    let directory = tempfile::tempdir().unwrap();
    let folder = Folder::open(directory.path()).unwrap();
    let pair = Credentials { access_key: "heirloom".into(), secret_key: "a secret for tests alone".into() };
    let store = Store::new(Server::new(folder.clone(), &pair).client(), BucketNames::plain());
    for (bucket, key) in [("source", "Family/1.jpg"), ("web", "assets/site.css")] {
        let (bucket, key, time) = (bucket.to_owned(), key.to_owned(), Timestamp::UNIX_EPOCH);
        let change = Change { sequence: 0, bucket, key, kind: ChangeKind::Put, etag: String::new(), size: 0, time };
        folder.tell_again(change).await.unwrap();
    }
    let photo = folder.changes_after(0, 1).await.unwrap()[0].sequence;

    let (deliver, delivered) = mpsc::unbounded_channel();
    let handler: Handler = Arc::new(move |event| {
        for message in event.records {
            // Not every test listens.
            let _ = deliver.send(message.body.unwrap_or_default());
        }
        Box::pin(async { SqsBatchResponse::default() })
    });
    let resize = Subscription { name: "resize", destination: Destination::Resize, policy: AT_ONCE, handler };
    let mut pump = Pump::new(folder.clone(), store, vec![resize]);
    let (told, fates) = mpsc::unbounded_channel();
    pump.fates = fates;
    Rig { folder, pump, photo, told, delivered, _directory: directory }
}

/// The fate of the nobody's change is the first thing that is written, and some of the first writes fail; the handler ends
/// with the photo while one of them is done.
async fn comes_to_rest(failing: &'static [bool], ends_during: usize) {
    let Rig { folder, pump, photo, told, delivered: _delivered, _directory } = rig().await;
    let mut writes = 0..;
    folder.fail_when(move || {
        let write = writes.next().unwrap();
        if write == ends_during {
            told.send(("resize", Settled::Done(photo))).unwrap();
        }
        failing.get(write).is_some_and(|&fails| fails)
    });

    let (mut at_rest, photos) = (pump.at_rest(), pump.photos());
    let (stop, stopped) = watch::channel(false);
    let running = tokio::spawn(pump.run(stopped));
    let rest = tokio::time::timeout(PATIENCE, at_rest.wait_for(|&rest| rest)).await;
    assert!(rest.is_ok(), "it never comes to rest");
    drop(rest);
    assert_eq!(*photos.borrow(), 0);
    assert!(folder.changes_after(0, 10).await.unwrap().is_empty());
    stop.send_replace(true);
    running.await.unwrap().unwrap();
}

#[tokio::test]
async fn what_ends_while_the_folder_fails_is_settled_with_what_it_failed_on() {
    comes_to_rest(&[true], 0).await;
}

#[tokio::test]
async fn what_ends_as_the_folder_works_again_is_kept_when_it_fails_once_more() {
    comes_to_rest(&[true, false, true], 1).await;
}

#[tokio::test]
async fn what_is_given_up_is_noted_and_forgotten_in_one_write() {
    for failing in 0..3 {
        let rig = rig().await;
        let mut writes = 0..;
        rig.folder.fail_when(move || writes.next() == Some(failing));
        let given_up = [("resize", Settled::Dead(rig.photo, "{}".to_owned()))];
        let settled = rig.pump.settle(&given_up).await.is_ok();
        assert_eq!(rig.folder.notes().await.unwrap().len(), usize::from(settled), "write {failing} fails");
        let left = rig.folder.changes_after(0, 10).await.unwrap();
        assert_eq!(left.iter().any(|change| change.sequence == rig.photo), !settled, "write {failing} fails");
    }
}

#[tokio::test]
async fn nothing_is_given_up_while_there_is_no_room() {
    for lacks_room in [true, false] {
        let Rig { folder, pump, photo, told, mut delivered, _directory } = rig().await;
        if lacks_room {
            folder.lack_room();
        }
        told.send(("resize", Settled::Dead(photo, "the same once more".to_owned()))).unwrap();
        let mut at_rest = pump.at_rest();
        let (stop, stopped) = watch::channel(false);
        let running = tokio::spawn(pump.run(stopped));
        let comes_again = async { while delivered.recv().await.unwrap() != "the same once more" {} };
        if lacks_room {
            tokio::time::timeout(PATIENCE, comes_again).await.expect("it is tried again");
            assert!(folder.notes().await.unwrap().is_empty());
            told.send(("resize", Settled::Done(photo))).unwrap();
        }
        let rest = tokio::time::timeout(PATIENCE, at_rest.wait_for(|&rest| rest)).await;
        assert!(rest.is_ok(), "it never comes to rest");
        drop(rest);
        assert_eq!(folder.notes().await.unwrap().len(), usize::from(!lacks_room));
        stop.send_replace(true);
        running.await.unwrap().unwrap();
    }
}
