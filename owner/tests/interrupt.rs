//! Ctrl-C in the middle: nothing is half there, it ends with 130, and the same command goes on where it stopped.
//!
//! Unix alone: there `kill` presses the keys.
#![cfg(unix)]

mod scene;

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Child, Output, Stdio};

use scene::{Serving, done, files, heirloom, interrupt, run, text, told, until, write};

const MIB: usize = 1 << 20;

/// Runs a command, presses Ctrl-C once something is so, and tells how it ended.
fn stopped_when(folder: &Path, arguments: &[&str], what: &str, mut is_so: impl FnMut() -> bool) -> Output {
    let mut command = heirloom(folder);
    let mut child: Child =
        command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
    until(what, || is_so() || child.try_wait().expect("a child of ours").is_some());
    if child.try_wait().expect("a child of ours").is_none() {
        interrupt(&child);
    }
    child.wait_with_output().expect("it ends")
}

/// Bytes that are like no others.
fn noise(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    std::iter::repeat_with(&mut next).flatten().take(length).collect()
}

/// The large files that the S3 server keeps bytes in.
fn kept(folder: &Path) -> BTreeSet<String> {
    let blobs = folder.join("heirloom-data/buckets/blobs");
    let all = files(&blobs).into_iter();
    all.filter(|file| blobs.join(file).metadata().is_ok_and(|found| found.len() > MIB as u64)).collect()
}

#[test]
fn a_large_file_goes_on_with_the_part_that_it_stopped_at() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    let film = noise(40 * MIB, 1);
    write(&folder.join("Pictures/Family/film.mov"), &film);
    let serving = Serving::start(folder);
    // One part after another, each in about a second: there is always one in the middle.
    let slowly = ["upload", "Pictures", "--parallel", "1", "--limit", "16M"];
    let stopped = stopped_when(folder, &slowly, "a part is there", || !kept(folder).is_empty());
    assert_eq!(stopped.status.code(), Some(130), "{}{}", text(&stopped.stdout), text(&stopped.stderr));
    assert!(text(&stopped.stdout).contains("The same command again"), "{}", text(&stopped.stdout));
    let before = kept(folder);
    assert!((1..3).contains(&before.len()), "{before:?}");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let film_in_the_gallery =
        || runtime.block_on(serving.store().read_path(gallery::Bucket::Source, "Family/film.mov")).unwrap();
    assert!(film_in_the_gallery().is_none(), "nothing is half there");

    assert!(done(folder, &["upload", "Pictures"]).starts_with("1 uploaded (40.00 MiB)"));
    let after = kept(folder);
    assert_eq!(after.len(), 3, "as many files as parts: {after:?}");
    assert!(after.is_superset(&before), "what had arrived was sent again: {before:?} {after:?}");
    assert!(film_in_the_gallery().is_some_and(|found| found.bytes == film), "its bytes are those of the file");
    assert!(done(folder, &["upload", "Pictures"]).contains("1 was there already"));
}

#[test]
fn an_import_goes_on_where_it_stopped() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    for seed in 0..6 {
        write(&folder.join(format!("Old/Family/{seed}.jpg")), owner::sample::small(seed, 640, 480));
    }
    let serving = Serving::start(folder);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let count = || {
        let store = serving.store();
        let list = store.list(gallery::Bucket::Source, "");
        let listed = runtime.block_on(list.all()).unwrap();
        listed.iter().filter(|listed| !listed.path.ends_with("metadata.yml")).count()
    };
    let bytes = folder.join("Old/Family/0.jpg").metadata().unwrap().len().to_string();
    let slowly = ["import", "folder", "Old", "--parallel", "1", "--limit", &bytes];
    let stopped = stopped_when(folder, &slowly, "a photo is there", || count() > 0);
    assert_eq!(stopped.status.code(), Some(130), "{}{}", text(&stopped.stdout), text(&stopped.stderr));
    let before = count();
    assert!((1..6).contains(&before), "{before}");
    let after = told(folder, &["import", "folder", "Old", "--json"]);
    assert_eq!(after["uploaded"].as_array().map(Vec::len), Some(6 - before), "{after}");
    assert_eq!(count(), 6);
}

#[test]
fn a_copy_goes_on_where_it_stopped() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    for seed in 0..60 {
        write(&folder.join(format!("Pictures/Family/{seed}.mov")), noise(MIB, seed + 1));
    }
    // Into a gallery that rests: nobody looks at what these files are.
    Serving::start(folder).stop();
    done(folder, &["upload", "Pictures"]);
    // Each file's number on the disk: a file that is fetched again gets another.
    let copied = || -> BTreeMap<String, u64> {
        let there = files(folder).into_iter().filter(|file| file.starts_with("copy/originals/Family/"));
        there.map(|file| (file.clone(), folder.join(file).metadata().map_or(0, |found| found.ino()))).collect()
    };
    // A machine that is quick enough finishes first: then once more.
    let stopped = (0..10)
        .find_map(|_| {
            let _ = std::fs::remove_dir_all(folder.join("copy"));
            let slowly = ["backup", "copy", "--parallel", "1"];
            let ended = stopped_when(folder, &slowly, "a file is there", || !copied().is_empty());
            (ended.status.code() == Some(130)).then_some(ended)
        })
        .expect("one of ten is stopped");
    assert!(text(&stopped.stdout).contains("The same command again"), "{}", text(&stopped.stdout));
    let before = copied();
    assert!(before.len() < 60, "{before:?}");
    let again = told(folder, &["backup", "copy", "--json"]);
    assert_eq!(again["failed"], serde_json::json!([]), "{again}");
    let after = copied();
    assert_eq!(after.len(), 60);
    assert!(before.iter().all(|(file, number)| after[file] == *number), "what was there was fetched again");
    assert!(run(folder, &["backup", "copy", "--check"]).status.success());
}
