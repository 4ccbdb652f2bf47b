//! The pictures of replaced photos, which stay a while longer than the pages that named them.
//!
//! Whoever has a page open when it is published anew goes on scrolling, and their browser asks for pictures that the page
//! in front of them names.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use resizer::{Leavings, Resizer};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

/// Says what no page names any more.
#[derive(Clone)]
pub(super) struct Published {
    told: mpsc::UnboundedSender<(Instant, Leavings)>,
    /// How long it stays nevertheless.
    stays: Duration,
}

impl Published {
    /// From now on the pages do without these.
    pub(super) fn without(&self, left: Leavings) {
        if !left.is_empty() {
            // Nobody listens only when the gallery is ending: the look at the next start finds them.
            let _ = self.told.send((Instant::now() + self.stays, left));
        }
    }
}

/// Removes what no page names any more, when its time has come.
pub(super) struct Clearing {
    resizer: Arc<Resizer>,
    told: mpsc::UnboundedReceiver<(Instant, Leavings)>,
}

impl Clearing {
    /// Removes what `Published` is told of when it has stayed so long.
    pub(super) fn new(resizer: Arc<Resizer>, stays: Duration) -> (Published, Self) {
        let (published, told) = mpsc::unbounded_channel();
        (Published { told: published, stays }, Self { resizer, told })
    }

    /// Removes until whoever publishes has ended; what is left when `stopped` turns true goes without waiting.
    pub(super) async fn run(mut self, mut stopped: watch::Receiver<bool>) {
        let mut waiting = VecDeque::new();
        let mut hurry = false;
        loop {
            while let Some((_, left)) = waiting.pop_front_if(|(when, _)| hurry || *when <= Instant::now()) {
                self.resizer.clear_away(left).await;
            }
            let next = waiting.front().map(|(when, _)| *when);
            tokio::select! {
                told = self.told.recv() => match told {
                    Some(one) => waiting.push_back(one),
                    None => break,
                },
                () = at(next) => {}
                // A dropped sender means the same as a stop.
                _ = stopped.wait_for(|&stop| stop), if !hurry => hurry = true,
            }
        }
        for (_, left) in waiting {
            self.resizer.clear_away(left).await;
        }
    }
}

/// Waits until then, or for ever.
async fn at(when: Option<Instant>) {
    match when {
        Some(when) => tokio::time::sleep_until(when).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::io::Cursor;

    use aws_lambda_events::event::sqs::{SqsEvent, SqsMessage};
    use gallery::store::BucketNames;
    use gallery::{Bucket, Condition, Key, SourceKey, Store};

    use super::*;
    use crate::machine::subscriptions::Handlers;
    use crate::s3::{Credentials, Folder, Server};

    const PHOTO: &str = "Family/1.png";
    const STAYS: Duration = Duration::from_mins(1);

    /// A gallery whose handlers are told by hand.
    struct Room {
        _folder: tempfile::TempDir,
        store: Store,
        handlers: Handlers,
        clearing: Clearing,
    }

    async fn room() -> Room {
        let folder = tempfile::tempdir().unwrap();
        let opened = Folder::open(folder.path()).unwrap();
        opened.ensure_buckets(&["source", "resized", "web", "auth"]).await.unwrap();
        let keys = Credentials { access_key: "heirloom".into(), secret_key: "a secret for tests alone".into() };
        let store = Store::new(Server::new(opened, &keys).client(), BucketNames::plain());
        let (handlers, clearing) = Handlers::new(store.clone(), "Ours", STAYS);
        Room { _folder: folder, store, handlers, clearing }
    }

    /// The photo replaced and rendered, and the pictures that are there then.
    async fn replaced(store: &Store, resizer: &Resizer, width: u32) -> BTreeSet<String> {
        let mut png = Cursor::new(Vec::new());
        image::DynamicImage::new_rgb8(width, 30).write_to(&mut png, image::ImageFormat::Png).unwrap();
        let key = Key::Original(SourceKey::parse(PHOTO).unwrap());
        store.write(&key, png.into_inner(), Condition::Always).await.unwrap();
        resizer.refresh(PHOTO).await.unwrap();
        pictures(store).await
    }

    async fn pictures(store: &Store) -> BTreeSet<String> {
        let listed = store.list(Bucket::Resized, "pics/").all().await.unwrap();
        listed.into_iter().map(|listed| listed.path).collect()
    }

    async fn until_nothing_is_left(resizer: &Resizer) {
        while !resizer.leavings().is_empty() {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn pictures_of_a_replaced_photo_outlive_their_page_by_a_minute() {
        let Room { _folder, store, handlers, clearing } = room().await;
        let (resizer, published) = (handlers.resizer.clone(), handlers.published.clone());
        let first = replaced(&store, &resizer, 40).await;
        let both = replaced(&store, &resizer, 50).await;
        assert!(!first.is_empty() && both.len() > first.len() && both.is_superset(&first), "the page names the first");

        let (stop, stopped) = watch::channel(false);
        let clearing = tokio::spawn(clearing.run(stopped));
        tokio::time::pause();
        published.without(resizer.leavings());
        tokio::time::sleep(STAYS.saturating_sub(Duration::from_secs(1))).await;
        assert_eq!(pictures(&store).await, both, "somebody still looks at the page that was");
        tokio::time::sleep(Duration::from_secs(1)).await;
        until_nothing_is_left(&resizer).await;
        let second = pictures(&store).await;
        assert!(!second.is_empty() && second.is_disjoint(&first), "{second:?}");

        // Nobody waits for the end of a minute to stop, and what is published while it stops counts as well.
        let third = replaced(&store, &resizer, 60).await;
        stop.send_replace(true);
        tokio::task::yield_now().await;
        published.without(resizer.leavings());
        drop((published, handlers));
        clearing.await.unwrap();
        let last = pictures(&store).await;
        assert!(third.len() > last.len() && !last.is_empty() && last.is_disjoint(&second), "{last:?}");
    }

    #[tokio::test]
    async fn a_message_that_fails_keeps_nobody_else_s_pictures() {
        let Room { _folder, store, handlers, clearing } = room().await;
        let first = replaced(&store, &handlers.resizer, 40).await;
        replaced(&store, &handlers.resizer, 50).await;
        let source = SourceKey::parse(PHOTO).unwrap();
        let facts = Key::Facts(source.folder().album(), source.photo()).path();
        let told = serde_json::json!({ "Records": [{ "s3": { "bucket": { "name": "resized" }, "object": { "key": facts } } }] });
        let mut event = SqsEvent::default();
        for (id, body) in [("1", told.to_string()), ("poison", "{\"Records\": 7}".to_owned())] {
            let mut message = SqsMessage::default();
            (message.message_id, message.body) = (Some(id.to_owned()), Some(body));
            event.records.push(message);
        }
        let answer = handlers.build(event).await;
        assert_eq!(answer.batch_item_failures.len(), 1, "the poison fails");
        let resizer = handlers.resizer.clone();
        let (_stop, stopped) = watch::channel(false);
        let clearing = tokio::spawn(clearing.run(stopped));
        drop(handlers);
        clearing.await.unwrap();
        assert!(resizer.leavings().is_empty() && pictures(&store).await.is_disjoint(&first));
    }
}
