//! A folder that fails for a while, as on a full disk: what handlers deal with meanwhile is dealt with.

use aws_lambda_events::event::sqs::SqsBatchResponse;
use gallery::store::BucketNames;

use super::*;
use crate::machine::subscriptions::BUILDS;
use crate::s3::{ChangeKind, Credentials, Server};

const PATIENCE: Duration = Duration::from_secs(10);

/// Two changes, of a photo and one that is nobody's. Its fate is the first thing that is written, and some of the first
/// writes fail; the handler ends with the photo while one of them is done.
async fn comes_to_rest(failing: &'static [bool], ends_during: usize) {
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

    let handler: Handler = Arc::new(|_| Box::pin(async { SqsBatchResponse::default() }));
    let resize = Subscription { name: "resize", destination: Destination::Resize, policy: BUILDS, handler };
    let mut pump = Pump::new(folder.clone(), store, vec![resize]);
    // When the handler ends is said here.
    let (told, fates) = mpsc::unbounded_channel();
    pump.fates = fates;
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
