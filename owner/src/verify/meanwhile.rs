//! Galleries that change while they are looked at, and reads that fail.

use super::finding::Kind;
use super::*;
use crate::cli::Command;
use crate::meanwhile::{Gallery, asked, cut_off};

const FIRST: &str = "Family/1.jpg";

/// A gallery that rests, with one photo on its pages.
struct Stage {
    gallery: Gallery,
}

impl Stage {
    async fn new() -> Self {
        let stage = Self { gallery: Gallery::new().await };
        stage.upload(FIRST, 1).await;
        stage.make().await;
        stage
    }

    fn store(&self) -> &Store {
        self.gallery.store()
    }

    async fn put(&self, bucket: Bucket, path: &str, bytes: Vec<u8>) {
        let put = self.store().client().put_object().bucket(self.store().name(bucket));
        put.key(path).body(bytes.into()).send().await.unwrap();
    }

    async fn upload(&self, key: &str, seed: u64) {
        self.put(Bucket::Source, key, sample::small(seed, 320, 240)).await;
    }

    /// As the handlers do, everything that is missing.
    async fn make(&self) {
        Box::pin(rebuild::everything(self.store(), true, false)).await.unwrap();
    }

    /// The first part of a look.
    async fn originals(&self) -> Seen {
        let (mut seen, mut verdict) = (Seen::default(), Verdict::default());
        originals::look(self.store(), false, &mut seen, &mut verdict, &ProgressBar::hidden()).await.unwrap();
        assert!(verdict.findings.is_empty(), "{:?}", verdict.findings);
        seen
    }

    /// The rest of it: how much it suspects, and what is still so.
    async fn others(&self, seen: &Seen) -> (usize, Vec<Finding>) {
        let (store, progress, mut verdict) = (self.store(), ProgressBar::hidden(), Verdict::default());
        originals::facts_left(store, seen, &mut verdict).await.unwrap();
        renditions::look(store, false, seen, &mut verdict, &progress).await.unwrap();
        pages::look(store, seen, &mut verdict, &progress).await.unwrap();
        (verdict.findings.len(), again::still_so(store, verdict.findings).await.unwrap())
    }

    async fn look(&self) -> Vec<Finding> {
        let Command::Verify(asked) = asked(&["verify", "--json"]) else { panic!("another command") };
        Box::pin(look(self.store(), &asked)).await.unwrap().findings
    }
}

#[tokio::test]
async fn a_photo_that_comes_meanwhile_leaves_nothing_over() {
    let stage = Stage::new().await;
    let seen = stage.originals().await;
    stage.upload("Family/2.jpg", 2).await;
    stage.upload("Garden/3.jpg", 3).await;
    stage.make().await;
    let (suspected, left) = stage.others(&seen).await;
    assert!(suspected > 5, "facts, renditions, records and pages: {suspected}");
    assert!(left.is_empty(), "{left:?}");
    assert!(stage.look().await.is_empty());
}

#[tokio::test]
async fn a_photo_that_is_replaced_meanwhile_leaves_nothing_over() {
    let stage = Stage::new().await;
    let mut seen = stage.originals().await;
    // As if it had been made long ago.
    seen.lately.clear();
    stage.upload(FIRST, 2).await;
    // Renditions come before the facts that promise them.
    let first = PhotoId::of_key(FIRST);
    stage.put(Bucket::Resized, &format!("pics/Family/{first}/00ff00ff00ff00ff-360.jpg"), vec![1; 9]).await;
    let (suspected, left) = stage.others(&seen).await;
    assert!(suspected > 0 && left.is_empty(), "{suspected} {left:?}");
    stage.make().await;
    let (suspected, left) = stage.others(&seen).await;
    assert!(suspected > 2, "the old renditions, the new ones, and the record: {suspected}");
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn what_was_written_since_is_not_removed() {
    let stage = Stage::new().await;
    let nobody = PhotoId::of_key("Family/gone.jpg");
    let path = format!("pics/Family/{nobody}/00ff00ff00ff00ff-360.jpg");
    stage.put(Bucket::Resized, &path, vec![1; 9]).await;
    let found = stage.look().await;
    assert_eq!(found.len(), 1, "{found:?}");
    stage.put(Bucket::Resized, &path, vec![2; 9]).await;
    again::forget(stage.store(), &found).await.unwrap();
    assert!(stage.store().look(Bucket::Resized, &path).await.unwrap().is_some(), "somebody wrote it");
    again::forget(stage.store(), &stage.look().await).await.unwrap();
    assert!(stage.look().await.is_empty());
}

#[tokio::test]
async fn a_read_that_fails_is_no_damage() {
    const RECORD: &str = "catalogue/albums/Family/album.json";
    let stage = Stage::new().await;
    let seen = stage.originals().await;
    let through = cut_off(stage.store(), None, "/catalogue/albums/");
    let mut verdict = Verdict::default();
    let failed = pages::look(&through, &seen, &mut verdict, &ProgressBar::hidden()).await.unwrap_err().to_string();
    assert!(failed.contains(RECORD) && verdict.findings.is_empty(), "{failed} {:?}", verdict.findings);

    stage.put(Bucket::Web, RECORD, b"{".to_vec()).await;
    let found = stage.look().await;
    let is_it = |finding: &Finding| finding.kind == Kind::Damaged && finding.object == format!("web/{RECORD}");
    assert!(found.iter().any(is_it), "{found:?}");
}
