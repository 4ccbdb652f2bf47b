//! What is on disk: after a restart, after a crash, and when the folder is not as it should be.

use std::fs;

use local::s3::{Folder, FolderError};

use crate::harness::{BUCKET, Running, files, get, noise, put};

#[tokio::test]
async fn a_restart_keeps_everything() {
    let mut running = Running::start().await;
    let objects: Vec<(String, Vec<u8>)> = (0..40).map(|n| (format!("k {n}"), noise(n * 5000, n as u64))).collect();
    for (key, bytes) in &objects {
        put(&running.far, key, bytes.clone()).await;
    }
    for _ in 0..2 {
        running = running.restart().await;
        for (key, bytes) in &objects {
            assert!(get(&running.near, key).await.as_ref() == Some(bytes), "{key}");
        }
    }
}

/// A crash may leave an upload in `tmp/`, and a file among the blobs that was never acknowledged.
#[tokio::test]
async fn leftovers_of_a_crash_are_swept_and_nothing_else_is() {
    let running = Running::start().await;
    let bytes = noise(100_000, 1);
    put(&running.near, "kept", bytes.clone()).await;
    let blob = running.files("blobs")[0].clone();
    let directory = running.stop().await;
    let name = blob.file_name().unwrap().to_str().unwrap();
    let stray = directory.path().join("blobs/77").join(format!("{}77", &name[..14]));
    fs::copy(&blob, &stray).unwrap();
    fs::write(directory.path().join("blobs/notes.txt"), "not ours").unwrap();
    fs::write(directory.path().join("tmp/0000010000000099"), "half an upl").unwrap();

    let running = Running::start_in(directory).await;
    running.folder.swept().await;
    assert!(!stray.exists());
    assert!(running.files("tmp").is_empty());
    assert!(get(&running.near, "kept").await.unwrap() == bytes);
    assert_eq!(running.files("blobs").len(), 2);
}

#[tokio::test]
async fn a_second_opening_is_refused_in_one_sentence() {
    let running = Running::start().await;
    let error = Folder::open(running.path()).unwrap_err();
    assert!(matches!(error, FolderError::InUse { .. }));
    assert!(error.to_string().ends_with("is already in use by another heirloom process"), "{error}");
    put(&running.near, "k", "still fine").await;
}

#[tokio::test]
async fn a_damaged_index_is_named() {
    let running = Running::start().await;
    put(&running.near, "k", noise(10_000, 1)).await;
    let directory = running.stop().await;
    let index = directory.path().join("index.redb");
    let whole = fs::read(&index).unwrap();
    let mut damaged = whole.clone();
    damaged[..4096].fill(0x5a);
    for bytes in [b"this is no index".repeat(1000), damaged, whole[..5000].to_vec()] {
        fs::write(&index, &bytes).unwrap();
        let error = Folder::open(directory.path()).unwrap_err();
        assert!(matches!(error, FolderError::Damaged { .. }), "{error}");
        assert!(error.to_string().contains("is damaged"), "{error}");
    }
    fs::write(&index, whole).unwrap();
    let running = Running::start_in(directory).await;
    assert!(get(&running.near, "k").await.unwrap() == noise(10_000, 1));
}

/// A copy that left the open file out, or a cut of power: what lies there is not swept away for want of an index.
#[tokio::test]
async fn an_index_that_is_empty_or_missing_takes_no_file_with_it() {
    let running = Running::start().await;
    put(&running.near, "k", noise(100_000, 1)).await;
    let directory = running.stop().await;
    let (index, blobs) = (directory.path().join("index.redb"), directory.path().join("blobs"));
    let whole = fs::read(&index).unwrap();
    let make_empty = || fs::write(&index, "").unwrap();
    let remove = || fs::remove_file(&index).unwrap();
    for harm in [&make_empty as &dyn Fn(), &remove] {
        harm();
        for _ in 0..2 {
            let error = Folder::open(directory.path()).unwrap_err();
            assert!(matches!(error, FolderError::Damaged { .. }), "{error}");
            let told = error.to_string();
            let names = told.contains(&*directory.path().to_string_lossy());
            assert!(names && told.contains("missing or empty") && told.contains("`heirloom restore`"), "{told}");
            assert_eq!(files(&blobs).len(), 1);
        }
        assert!(fs::read(&index).unwrap_or_default().is_empty(), "no index was made");
    }
    fs::write(&index, whole).unwrap();
    let running = Running::start_in(directory).await;
    running.folder.swept().await;
    assert!(get(&running.near, "k").await.unwrap() == noise(100_000, 1));
}

/// Killed between its first folder and the first commit. What copies folders may have left notes in one of them.
#[tokio::test]
async fn a_first_start_that_was_killed_is_begun_again() {
    for index in [None, Some("")] {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir_all(directory.path().join("blobs/00")).unwrap();
        fs::create_dir_all(directory.path().join("tmp")).unwrap();
        fs::write(directory.path().join("blobs/00/.DS_Store"), "not ours").unwrap();
        if let Some(bytes) = index {
            fs::write(directory.path().join("index.redb"), bytes).unwrap();
        }
        let running = Running::start_in(directory).await;
        put(&running.near, "k", "fine").await;
    }
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, "x").unwrap();
    let error = Folder::open(&file.join("data")).unwrap_err();
    assert!(matches!(error, FolderError::NotWritable { .. }));
    assert!(error.to_string().starts_with("cannot write in the data folder `"), "{error}");
    let bad = Folder::open(&directory.path().join("data")).unwrap();
    assert!(matches!(bad.ensure_buckets(&["Bad Name"]).await, Err(FolderError::BucketName(_))));
}

/// What is acknowledged is in the file when it is acknowledged: a copy of the folder taken at once, as after a cut of
/// power, holds it.
#[tokio::test]
async fn what_is_acknowledged_survives_a_cut() {
    let running = Running::start().await;
    let cut = tempfile::tempdir().unwrap();
    for round in 0..5 {
        put(&running.far, "large", noise(200_000, round)).await;
        // The file that was replaced goes before the next writer is answered, so not while the copy is being taken.
        put(&running.far, "small", format!("small {round}")).await;
        let copy = tempfile::tempdir_in(cut.path()).unwrap();
        copy_folder(running.path(), copy.path());
        let after = Running::start_in(copy).await;
        assert_eq!(get(&after.near, "small").await.unwrap(), format!("small {round}").into_bytes());
        assert!(get(&after.near, "large").await.unwrap() == noise(200_000, round));
        let listed = after.near.list_objects_v2().bucket(BUCKET).send().await.unwrap();
        assert_eq!(listed.key_count, Some(2));
        after.stop().await;
    }
}

fn copy_folder(from: &std::path::Path, to: &std::path::Path) {
    fs::create_dir_all(to.join("tmp")).unwrap();
    for file in files(from) {
        let target = to.join(file.strip_prefix(from).unwrap());
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::copy(&file, target).unwrap();
    }
}
