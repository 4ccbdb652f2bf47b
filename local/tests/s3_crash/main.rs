//! `kill -9` at an arbitrary moment, and a disk without room: what was acknowledged is there and whole, and nothing
//! else is. `HEIRLOOM_ROUNDS=200` kills it two hundred times.

mod copies;
mod served;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use local::s3::{ChangeKind, Credentials, Folder, Server, listen};
use served::{Served, client};
use tokio::net::TcpListener;

const BUCKET: &str = "photos";
const FOLDER: &str = "HEIRLOOM_TEST_CRASH_FOLDER";
const WRITERS: usize = 6;

/// The least size of a part that is not the last, and of what is sent in two of them.
const PART: usize = 5 * 1024 * 1024;

fn credentials() -> Credentials {
    Credentials { access_key: "heirloom".into(), secret_key: "a secret for tests alone".into() }
}

/// The process that is killed: this very test program, told to serve.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the server for the test below, which starts it"]
async fn serve_until_killed() {
    let Some(path) = std::env::var_os(FOLDER) else { return };
    let folder = match Folder::open(Path::new(&path)) {
        Ok(folder) => folder,
        Err(error) => return println!("\nrefused: {error}"),
    };
    folder.ensure_buckets(&[BUCKET]).await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("\nlistening on {}", listener.local_addr().unwrap());
    listen(Server::new(folder, &credentials()), listener, std::future::pending()).await;
}

/// What a request was to leave behind: these bytes, or nothing.
type Attempt = Option<Vec<u8>>;

/// What a writer knows of a key: the last value that it knows to be acknowledged, and that of its one request that was
/// never answered.
#[derive(Clone, Debug, Default)]
struct Known {
    acknowledged: Attempt,
    /// Whether that was acknowledged to this writer since the last start.
    lately: bool,
    unanswered: Option<Attempt>,
}

/// What a key may hold for all that its writers know: one of the last values that were acknowledged to each, or if none
/// was, what was there before; or what a request was to write that was never answered.
fn allowed(writers: &[&mut Known]) -> Vec<Attempt> {
    let lately = writers.iter().any(|known| known.lately);
    let acknowledged = writers.iter().filter(|known| known.lately == lately).map(|known| known.acknowledged.clone());
    acknowledged.chain(writers.iter().filter_map(|known| known.unanswered.clone())).collect()
}

/// Bytes that tell which request wrote them and where they belong, of a length that tells it too.
fn body(seed: usize) -> Vec<u8> {
    let length = if is_large(seed) { PART + 300_000 } else { [10, 4096, 30_000, 40_000, 300_000][seed % 5] };
    let mut bytes = Vec::with_capacity(length + 16);
    for place in 0..length / 8 + 2 {
        bytes.extend_from_slice(&(seed * 1_000_003 + place).to_le_bytes());
    }
    bytes.truncate(length + seed % 7);
    bytes
}

/// Whether it is sent in two parts.
fn is_large(seed: usize) -> bool {
    seed % 20 == 2
}

/// Writes to keys of its own, and to one that it shares with its neighbour, until the server is gone.
async fn work(
    client: Client,
    writer: usize,
    mut known: BTreeMap<String, Known>,
    round: usize,
    done: Arc<AtomicUsize>,
) -> BTreeMap<String, Known> {
    for step in 0.. {
        let seed = round * 1_000_003 + writer * 10_007 + step;
        let key = match seed % 7 {
            5 => format!("shared/{}", writer / 2),
            _ => format!("writer {writer}/{}", seed % 5),
        };
        let next = (seed % 4 != 3).then(|| body(seed));
        let entry = known.entry(key.clone()).or_default();
        entry.unanswered = Some(next.clone());
        let answered = match &next {
            None => client.delete_object().bucket(BUCKET).key(&key).send().await.is_ok(),
            Some(bytes) if seed % 4 == 2 => in_parts(&client, &key, bytes).await.is_some(),
            Some(bytes) => {
                let put = client.put_object().bucket(BUCKET).key(&key).body(ByteStream::from(bytes.clone()));
                put.send().await.is_ok()
            }
        };
        if !answered {
            return known;
        }
        *entry = Known { acknowledged: next, lately: true, unanswered: None };
        done.fetch_add(1, Ordering::Relaxed);
    }
    known
}

async fn in_parts(client: &Client, key: &str, bytes: &[u8]) -> Option<()> {
    let id = client.create_multipart_upload().bucket(BUCKET).key(key).send().await.ok()?.upload_id?;
    let mut parts = CompletedMultipartUpload::builder();
    for (number, bytes) in (1..).zip(bytes.chunks(PART)) {
        let part = client.upload_part().bucket(BUCKET).key(key).upload_id(&id).part_number(number);
        let sent = part.body(ByteStream::from(bytes.to_vec())).send().await.ok()?;
        let part = CompletedPart::builder().part_number(number).set_e_tag(sent.e_tag);
        parts = parts.parts(part.set_checksum_crc32(sent.checksum_crc32).build());
    }
    let complete = client.complete_multipart_upload().bucket(BUCKET).key(key).upload_id(&id);
    let complete = complete.multipart_upload(parts.build());
    complete.send().await.ok().map(drop)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_kill_9() {
    let directory = tempfile::tempdir().unwrap();
    let mut known: Vec<BTreeMap<String, Known>> = vec![BTreeMap::new(); WRITERS];
    let mut told = BTreeMap::new();
    let rounds = std::env::var("HEIRLOOM_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(8);
    let mut acknowledged = 0;
    for round in 0..rounds {
        let mut served = Served::start(directory.path());
        let done = Arc::new(AtomicUsize::new(0));
        let writers: Vec<_> = known
            .into_iter()
            .enumerate()
            .map(|(writer, known)| tokio::spawn(work(client(&served.address), writer, known, round, Arc::clone(&done))))
            .collect();
        while done.load(Ordering::Relaxed) < 20 + round * 37 % 120 {
            assert!(served.is_alive(), "the server ended by itself");
            tokio::task::yield_now().await;
        }
        // Some way into whatever is under way now.
        std::thread::sleep(std::time::Duration::from_micros(round as u64 * 7919 % 5000));
        drop(served);
        acknowledged += done.load(Ordering::Relaxed);
        known = Vec::new();
        for writer in writers {
            known.push(writer.await.unwrap());
        }
        verify(directory.path(), &mut known, &mut told).await;
    }
    println!("killed {rounds} times; {acknowledged} changes were acknowledged, and all were there");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_writes_and_goes_on_serving() {
    let directory = tempfile::tempdir().unwrap();
    let served = Served::start_on_a_small_disk(directory.path(), 16_000);
    let client = client(&served.address);
    let put = |n: usize, size: usize| {
        let put = client.put_object().bucket(BUCKET).key(format!("{n}")).body(ByteStream::from(vec![n as u8; size]));
        async move { put.send().await }
    };
    let read = |n: usize| {
        let get = client.get_object().bucket(BUCKET).key(format!("{n}"));
        async move { get.send().await.unwrap().body.collect().await.unwrap().to_vec() }
    };
    let mut written = 0;
    let refused = loop {
        match put(written, 30_000).await {
            Ok(_) => written += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(refused.raw_response().map(|response| response.status().as_u16()), Some(500), "{refused:?}");
    assert!(written > 20, "only {written} objects fitted");
    let too_large = put(9999, 20_000_000).await.unwrap_err();
    assert_eq!(too_large.raw_response().map(|response| response.status().as_u16()), Some(500), "{too_large:?}");
    for n in 0..written {
        assert!(read(n).await == vec![n as u8; 30_000], "{n}");
    }
    // Room again, without a restart.
    let process = served.child.id().to_string();
    match Command::new("prlimit").args(["--pid", &process, "--fsize=unlimited"]).status() {
        Ok(status) if status.success() => {
            put(written, 30_000).await.unwrap();
            put(written + 1, 20_000_000).await.unwrap();
            written += 2;
        }
        _ => println!("skipped: there is no `prlimit` here to give the server room again"),
    }
    drop(served);
    let folder = Folder::open(directory.path()).unwrap();
    assert_eq!(count(&directory.path().join("tmp")), 0);
    let client = Server::new(folder, &credentials()).client();
    let listed = client.list_objects_v2().bucket(BUCKET).send().await.unwrap();
    assert_eq!(listed.key_count, Some(written as i32));
}

/// Opens the folder as the next start would, and compares.
async fn verify(path: &Path, known: &mut [BTreeMap<String, Known>], told: &mut BTreeMap<String, String>) {
    let folder = Folder::open(path).unwrap();
    folder.swept().await;
    let client = Server::new(Arc::clone(&folder), &credentials()).client();
    let mut files = 0;
    let mut writers: BTreeMap<String, Vec<&mut Known>> = BTreeMap::new();
    for (key, known) in known.iter_mut().flatten() {
        writers.entry(key.clone()).or_default().push(known);
    }
    for (key, writers) in &mut writers {
        let found = match client.get_object().bucket(BUCKET).key(key).send().await {
            // The SDK compares the checksum that is stored.
            Ok(object) => Some(object.body.collect().await.unwrap().to_vec()),
            Err(error) => {
                assert!(
                    error
                        .as_service_error()
                        .is_some_and(aws_sdk_s3::operation::get_object::GetObjectError::is_no_such_key),
                    "{key}: {error:?}"
                );
                None
            }
        };
        let right = allowed(writers).contains(&found);
        assert!(right, "{key} holds {:?} bytes", found.map(|bytes| bytes.len()));
        files += found.as_ref().map_or(0, |bytes| bytes.chunks(PART).filter(|part| part.len() > 32 * 1024).count());
        for known in writers {
            **known = Known { acknowledged: found.clone(), ..Known::default() };
        }
    }
    // The changes tell the same story as the objects.
    let changes = folder.changes_after(0, usize::MAX).await.unwrap();
    for change in &changes {
        match change.kind {
            ChangeKind::Delete => drop(told.remove(&change.key)),
            _ => drop(told.insert(change.key.clone(), change.etag.clone())),
        }
    }
    folder.forget(&changes.iter().map(|change| change.sequence).collect::<Vec<_>>()).await.unwrap();
    let listed = client.list_objects_v2().bucket(BUCKET).send().await.unwrap();
    let listed: BTreeMap<String, String> = listed
        .contents()
        .iter()
        .map(|object| (object.key().unwrap().to_owned(), object.e_tag().unwrap().trim_matches('"').to_owned()))
        .collect();
    assert_eq!(*told, listed);
    // No file is left that no object needs, once the uploads that were cut off are aborted.
    for upload in client.list_multipart_uploads().bucket(BUCKET).send().await.unwrap().uploads() {
        let abort = client.abort_multipart_upload().bucket(BUCKET).key(upload.key().unwrap());
        abort.upload_id(upload.upload_id().unwrap()).send().await.unwrap();
    }
    folder.put_note("after", b"the removal of their files".as_slice()).await.unwrap();
    assert_eq!(count(&path.join("blobs")), files);
    assert_eq!(count(&path.join("tmp")), 0);
}

fn count(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| if path.is_dir() { count(&path) } else { 1 }).sum()
}
