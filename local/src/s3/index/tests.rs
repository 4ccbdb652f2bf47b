//! An index that fails, and the file under it.

use std::fs;
use std::time::{Duration, Instant};

use super::*;

const PATIENCE: Duration = Duration::from_secs(20);

/// Waits until the index can be read, or until it cannot.
async fn until_read(index: &Index, well: bool) {
    let since = Instant::now();
    while index.reader().view().is_ok() != well {
        assert!(since.elapsed() < PATIENCE, "reading should go well: {well}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn an_index_that_cannot_be_opened_again_is_tried_until_it_can_though_nobody_writes() {
    let root = tempfile::tempdir().unwrap();
    let (path, aside) = (root.path().join("index.redb"), root.path().join("aside"));
    let blobs = Arc::new(Blobs::prepare(root.path()).unwrap());
    let index = Index::open(&path, &blobs).unwrap();
    fs::rename(&path, &aside).unwrap();
    fs::create_dir(&path).unwrap();
    let broken = index.write(|_| Err::<(), _>(Stop::Broken(IndexError::NotWritten))).await;
    assert!(broken.is_err());
    until_read(&index, false).await;
    assert!(index.write(|_| Ok(())).await.is_err(), "who writes meanwhile is told");

    fs::remove_dir(&path).unwrap();
    fs::rename(&aside, &path).unwrap();
    until_read(&index, true).await;
    index.write(|tables| tables.make_bucket("photos", 0)).await.unwrap();
}

#[tokio::test]
async fn an_index_that_cannot_be_opened_again_can_be_closed() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("index.redb");
    let blobs = Arc::new(Blobs::prepare(root.path()).unwrap());
    let index = Index::open(&path, &blobs).unwrap();
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert!(index.write(|_| Err::<(), _>(Stop::Broken(IndexError::NotWritten))).await.is_err());
    until_read(&index, false).await;
    let since = Instant::now();
    drop(index);
    assert!(since.elapsed() < PATIENCE);
}
