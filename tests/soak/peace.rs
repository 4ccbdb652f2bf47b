//! The end: when nothing is changed any more, everything that lies there is compared with what should.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ::gallery::store::BucketNames;
use ::gallery::{Bucket, Facts, Key, Outcome, SourceKey, Store};
use anyhow::{Context, Result, ensure};
use builder::Builder;
use local::machine::Settings;
use local::s3::{Folder, Server};
use resizer::{Limits, Resizer};

use crate::gallery::Gallery;
use crate::owners::{Owner, are_words, sum};
use crate::people::People;
use crate::tally::Tally;

/// How long the queues may take to come to rest.
const REST: Duration = Duration::from_mins(10);

/// Bytes of objects up to this size lie in the index and have no file (`local::s3`).
const IN_THE_INDEX: u64 = 32 * 1024;

/// What was compared.
#[derive(Clone, Debug, Default)]
pub(crate) struct Peace {
    pub(crate) originals: usize,
    pub(crate) ready: usize,
    pub(crate) resized: usize,
    pub(crate) web: usize,
    pub(crate) files: usize,
    pub(crate) verify: String,
    pub(crate) settled_after: f64,
}

/// Lets everything settle, stops the gallery, and compares. What is wrong is told to the tally.
pub(crate) async fn compare(gallery: &Gallery, owners: &mut [Owner], people: &People, tally: &Tally) -> Peace {
    let mut peace = Peace::default();
    if let Err(error) = compared(gallery, owners, people, tally, &mut peace).await {
        tally.wrong(format!("the comparison at the end: {error:#}"));
    }
    peace
}

async fn compared(
    gallery: &Gallery,
    owners: &mut [Owner],
    people: &People,
    tally: &Tally,
    peace: &mut Peace,
) -> Result<()> {
    for owner in owners.iter_mut() {
        owner.say_something_sensible().await;
    }
    let since = Instant::now();
    if let Some(queues) = settled(gallery).await? {
        tally.wrong(format!("messages were given up: {queues}"));
    }
    peace.settled_after = since.elapsed().as_secs_f64();
    let listed: BTreeSet<String> = people.listed().await?.into_iter().collect();
    let wanted = people.names().into_iter().filter(|name| people.person(name).out.is_none()).collect();
    if listed != wanted {
        tally.wrong(format!("the viewers are {listed:?}, not {wanted:?}"));
    }
    let status = gallery.end(true).await?;
    ensure!(status.success(), "asked to stop, the gallery ended with {status}");

    let output = gallery.command(&["verify", "--json"]).output()?;
    String::from_utf8_lossy(&output.stdout).trim().clone_into(&mut peace.verify);
    if !output.status.success() {
        tally.wrong(format!("`heirloom verify` ended with {}: {}", output.status, peace.verify));
    }
    let known: BTreeMap<String, String> = owners.iter().flat_map(|owner| owner.known.clone()).collect();
    folder(gallery.data(), &known, tally, peace).await
}

/// Waits until nothing waits, twice in a row. Returns the queues if anything has been given up.
pub(crate) async fn settled(gallery: &Gallery) -> Result<Option<serde_json::Value>> {
    let since = Instant::now();
    let mut quiet = 0;
    while quiet < 2 {
        ensure!(since.elapsed() < REST, "the queues never came to rest");
        let output = gallery.command(&["status", "--json"]).output()?;
        ensure!(output.status.success(), "`status`: {}", String::from_utf8_lossy(&output.stderr));
        let told: serde_json::Value = serde_json::from_slice(&output.stdout)?;
        let queues = told["queues"].as_object().context("`status` tells of queues")?;
        let of = |what: &str| queues.values().filter_map(|queue| queue[what].as_u64()).sum::<u64>();
        if of("given_up") > 0 {
            return Ok(Some(told["queues"].clone()));
        }
        quiet = if of("waiting") + of("under_way") == 0 { quiet + 1 } else { 0 };
        tokio::time::sleep(Duration::from_millis(700)).await;
    }
    Ok(None)
}

/// The data folder, opened by this process: originals against what the owners remember, and everything that was made
/// of them against what is made of them anew.
async fn folder(data: &Path, known: &BTreeMap<String, String>, tally: &Tally, peace: &mut Peace) -> Result<()> {
    let folder = Folder::open(&data.join("buckets"))?;
    folder.swept().await;
    folder.ensure_buckets(&["resized-in-peace", "web-in-peace"]).await?;
    let pair = Settings::new(data).credentials()?;
    let server = Server::new(Arc::clone(&folder), &pair);
    let ours = Store::new(server.client(), BucketNames::plain());
    let names = BucketNames { resized: "resized-in-peace".into(), web: "web-in-peace".into(), ..BucketNames::plain() };
    let anew = Store::new(server.client(), names);

    let mut found = BTreeMap::new();
    for (path, bytes) in objects(&ours, Bucket::Source).await? {
        found.insert(path, sum(&bytes));
    }
    peace.originals = found.len();
    tell(tally, "source", &differences(&found, known));
    peace.ready = ready(&ours, &found, tally).await?;
    peace.files = files(data, &ours, tally).await?;

    for listed in ours.list(Bucket::Web, "catalogue/scopes/").all().await? {
        let scope = Key::parse(Bucket::Web, &listed.path).context("a scope's record")?;
        let object = ours.read(&scope).await?.context("what is listed is there")?;
        anew.write(&scope, object.bytes, ::gallery::Condition::Always).await?;
    }
    Resizer::new(anew.clone(), Limits::default()).reconcile().await?;
    let builder = Builder::new(anew.clone()).of_gallery("Heirloom");
    builder.publish_assets().await?;
    builder.reconcile().await?;
    for (bucket, name) in [(Bucket::Resized, "resized"), (Bucket::Web, "web")] {
        let (is, should) = (objects(&ours, bucket).await?, objects(&anew, bucket).await?);
        tell(tally, name, &differences(&is, &should));
        match bucket {
            Bucket::Resized => peace.resized = is.len(),
            _ => peace.web = is.len(),
        }
    }
    Ok(())
}

/// Every original has facts of these very bytes, and every rendition that they promise is there.
async fn ready(store: &Store, originals: &BTreeMap<String, String>, tally: &Tally) -> Result<usize> {
    let mut ready = 0;
    let resized: BTreeSet<String> =
        store.list(Bucket::Resized, "").all().await?.into_iter().map(|listed| listed.path).collect();
    for (path, bytes) in originals.iter().filter(|(path, _)| !are_words(path)) {
        let source = SourceKey::parse(path)?;
        let key = Key::Facts(source.folder().album(), source.photo());
        let Some((facts, _)) = store.read_json::<Facts>(&key).await? else {
            tally.wrong(format!("{path} has no facts"));
            continue;
        };
        if facts.source != *path || facts.checksum.as_ref().is_some_and(|sum| sum != bytes) {
            tally.wrong(format!("the facts of {path} speak of other bytes"));
        }
        if let Outcome::Ready(picture) = &facts.outcome {
            ready += 1;
            for rendition in picture.all() {
                let rendition = rendition.key(&source.folder().album().collection(), source.photo()).path();
                if !resized.contains(&rendition) {
                    tally.wrong(format!("{path} is said to be ready, and {rendition} is not there"));
                }
            }
        }
    }
    Ok(ready)
}

/// Nothing lies in the folder that no object refers to.
async fn files(data: &Path, store: &Store, tally: &Tally) -> Result<usize> {
    let client = store.client();
    let uploads = client.list_multipart_uploads().bucket("source").send().await?;
    for upload in uploads.uploads() {
        let abort = client.abort_multipart_upload().bucket("source").set_key(upload.key.clone());
        abort.set_upload_id(upload.upload_id.clone()).send().await?;
    }
    // Its commit comes after the removal of the files of those before.
    client.delete_object().bucket("source").key("nothing").send().await?;
    let mut wanted = 0;
    for bucket in ::gallery::keys::BUCKETS {
        let listed = store.list(bucket, "").all().await?;
        // What came in parts has a file for each: its `ETag` ends with their number.
        let parts = |etag: &str| etag.trim_matches('"').split_once('-').and_then(|(_, parts)| parts.parse().ok());
        let large = listed.iter().filter(|listed| listed.bytes > IN_THE_INDEX);
        wanted += large.map(|listed| parts(&listed.etag).unwrap_or(1)).sum::<usize>();
    }
    let count = |folder: &str| {
        let files = walkdir::WalkDir::new(data.join("buckets").join(folder)).into_iter().filter_map(Result::ok);
        files.filter(|entry| entry.file_type().is_file()).count()
    };
    let (kept, drafts) = (count("blobs"), count("tmp"));
    if (kept, drafts) != (wanted, 0) {
        tally.wrong(format!("{kept} files and {drafts} drafts lie in the folder, for {wanted} objects that need one"));
    }
    Ok(kept)
}

async fn objects(store: &Store, bucket: Bucket) -> Result<BTreeMap<String, Vec<u8>>> {
    let mut found = BTreeMap::new();
    for listed in store.list(bucket, "").all().await? {
        let object = store.read_path(bucket, &listed.path).await?.context("what is listed is there")?;
        found.insert(listed.path, object.bytes.to_vec());
    }
    Ok(found)
}

fn differences<T: PartialEq>(is: &BTreeMap<String, T>, should: &BTreeMap<String, T>) -> Vec<String> {
    let mut told: Vec<String> = Vec::new();
    told.extend(should.keys().filter(|key| !is.contains_key(*key)).map(|key| format!("{key} is missing")));
    told.extend(is.keys().filter(|key| !should.contains_key(*key)).map(|key| format!("{key} is left over")));
    let differ = is.iter().filter(|(key, bytes)| should.get(*key).is_some_and(|wanted| wanted != *bytes));
    told.extend(differ.map(|(key, _)| format!("{key} differs")));
    told
}

fn tell(tally: &Tally, bucket: &str, differences: &[String]) {
    for difference in differences {
        tally.wrong(format!("{bucket}: {difference}"));
    }
}
