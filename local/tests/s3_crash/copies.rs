//! A folder that is copied while it is written to, and one that nobody may write to.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use local::s3::{Folder, FolderError, Server};

use crate::served::{Served, client};
use crate::{BUCKET, FOLDER, WRITERS, count, credentials, work};

/// Copies a folder as `cp -r` does, its parts in this order.
fn copy(from: &Path, to: &Path, parts: &[&str]) {
    for part in parts {
        for entry in walkdir(&from.join(part)) {
            let target = to.join(entry.strip_prefix(from).unwrap());
            fs::create_dir_all(target.parent().unwrap()).unwrap();
            // What went meanwhile is not copied.
            let _ = fs::copy(&entry, target);
        }
    }
}

fn walkdir(path: &Path) -> Vec<std::path::PathBuf> {
    if path.is_file() {
        return vec![path.to_owned()];
    }
    let entries = fs::read_dir(path).into_iter().flatten().filter_map(Result::ok);
    entries.flat_map(|entry| walkdir(&entry.path())).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_made_while_it_is_written_to_is_whole_or_refused() {
    let directory = tempfile::tempdir().unwrap();
    let served = Served::start(directory.path());
    let (address, done) = (served.address.clone(), Arc::new(AtomicUsize::new(0)));
    let work = |writer| work(client(&address), writer, std::collections::BTreeMap::new(), 1, Arc::clone(&done));
    let writers: Vec<_> = (0..WRITERS).map(|writer| tokio::spawn(work(writer))).collect();
    let (mut whole, mut refused) = (0, 0);
    for n in 0..12 {
        let copied = tempfile::tempdir().unwrap();
        let parts: &[&str] = if n % 2 == 0 { &["index.redb", "blobs", "tmp"] } else { &["blobs", "tmp", "index.redb"] };
        let (from, to) = (directory.path().to_owned(), copied.path().to_owned());
        let parts = parts.to_vec();
        tokio::task::spawn_blocking(move || copy(&from, &to, &parts)).await.unwrap();
        match Folder::open(copied.path()) {
            Ok(folder) => {
                whole += 1;
                folder.swept().await;
                everything_can_be_read(folder).await;
                assert_eq!(count(&copied.path().join("tmp")), 0);
            }
            Err(error) => {
                refused += 1;
                let told = error.to_string();
                assert!(matches!(error, FolderError::Incomplete { .. } | FolderError::Damaged { .. }), "{error:?}");
                assert!(told.contains("copy it again"), "{told}");
            }
        }
    }
    println!("{whole} copies were whole, {refused} were refused");
    drop(served);
    for writer in writers {
        writer.await.unwrap();
    }
    // At rest, after a kill, a copy is as good as the folder.
    let copied = tempfile::tempdir().unwrap();
    copy(directory.path(), copied.path(), &["index.redb", "blobs", "tmp"]);
    everything_can_be_read(Folder::open(copied.path()).unwrap()).await;
}

/// The SDK compares each object with the checksum that is stored.
async fn everything_can_be_read(folder: Arc<Folder>) {
    let client = Server::new(folder, &credentials()).client();
    let listed = client.list_objects_v2().bucket(BUCKET).send().await.unwrap();
    for object in listed.contents() {
        let key = object.key().unwrap();
        let got = client.get_object().bucket(BUCKET).key(key).send().await.unwrap_or_else(|e| panic!("{key}: {e:?}"));
        let bytes = got.body.collect().await.unwrap_or_else(|e| panic!("{key}: {e:?}")).to_vec();
        assert_eq!(Some(bytes.len() as i64), object.size(), "{key}");
    }
}

#[test]
fn a_folder_without_a_file_that_it_needs_is_refused_after_a_crash_until_it_is_back() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let served = Served::start(directory.path());
    runtime.block_on(async {
        let put = client(&served.address).put_object().bucket(BUCKET).key("film");
        put.body(vec![7; 100_000].into()).send().await.unwrap();
    });
    drop(served);
    let file = walkdir(&directory.path().join("blobs")).pop().unwrap();
    let aside = directory.path().join("aside");
    fs::rename(&file, &aside).unwrap();
    for _ in 0..2 {
        let error = Folder::open(directory.path()).unwrap_err();
        assert!(matches!(error, FolderError::Incomplete { missing: 1, wanted: 1, .. }), "{error}");
    }
    fs::rename(aside, file).unwrap();
    for _ in 0..2 {
        drop(Folder::open(directory.path()).unwrap());
    }
}

#[test]
fn a_folder_that_may_only_be_read_is_named() {
    let directory = tempfile::tempdir().unwrap();
    drop(Folder::open(directory.path()).unwrap());
    // Root may write everywhere but where the disk itself says no: mounted so for this one process.
    let mounted = "mount --bind \"$1\" \"$1\" && mount -o remount,bind,ro \"$1\" || { echo left out; exit 0; }; \
                   shift; exec \"$@\"";
    let mut command = Command::new("unshare");
    command.args(["--mount", "--map-root-user", "sh", "-c", mounted, "sh"]).arg(directory.path());
    command.arg(std::env::current_exe().unwrap()).args(["--exact", "serve_until_killed", "--ignored", "--nocapture"]);
    let Ok(output) = command.env(FOLDER, directory.path()).output() else {
        return println!("left out: there is no `unshare` here");
    };
    let told = String::from_utf8_lossy(&output.stdout);
    if !told.contains("refused: ") {
        assert!(told.contains("left out") || !output.status.success(), "nobody refused: {told}");
        return println!("left out: this machine mounts nothing for a test");
    }
    assert!(told.contains("refused: cannot write in the data folder `"), "{told}");
    assert!(told.contains("Read-only file system"), "{told}");
}
