//! Uploads out of folders that hold more than photos.

use std::path::Path;

use crate::program::{Serving, refused, run, text};
use crate::sending::told;

fn photo(file: &Path, seed: u64) {
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, owner::sample::small(seed, 64, 48)).unwrap();
}

/// The data folder lies beside the photos, as the guide has it, and a copy does too.
#[test]
fn no_key_of_a_gallery_becomes_an_original() {
    let folder = tempfile::tempdir().unwrap();
    let serving = Serving::start(folder.path());
    photo(&folder.path().join("Family/1.jpg"), 1);
    let upload = |path: &str, more: &[&str]| run(folder.path(), &[&["upload", path, "--json"], more].concat());
    assert_eq!(told(&upload(".", &["--dry-run"])), [1, 0, 0, 0, 1]);
    assert_eq!(told(&upload(".", &[])), [1, 0, 0, 0, 1]);
    assert!(run(folder.path(), &["backup", "copy"]).status.success());
    assert_eq!(told(&upload(".", &["--delete"])), [0, 0, 1, 0, 2]);
    let watched = run(folder.path(), &["watch", ".", "--once", "--settle", "0", "--json"]);
    assert_eq!((watched.status.success(), text(&watched.stdout)), (true, String::new()), "{}", text(&watched.stderr));

    for path in ["heirloom-data", "heirloom-data/buckets", "copy"] {
        assert_eq!(told(&upload(path, &[])), [0, 0, 0, 0, 1], "{path}");
        refused(&run(folder.path(), &["watch", path, "--once"]), &[path, "gallery"]);
    }
    for path in ["heirloom-data/credentials.json", "copy/people.json"] {
        assert_eq!(told(&upload(path, &["--to", "Family"])), [0, 0, 0, 0, 1], "{path}");
    }
    assert_eq!(told(&upload("copy/originals", &[])), [0, 0, 1, 0, 0]);

    // A gallery that was begun in the midst of the photos.
    let pictures = folder.path().join("Pictures");
    photo(&pictures.join("Family/2.jpg"), 2);
    std::fs::create_dir(pictures.join("buckets")).unwrap();
    std::fs::write(pictures.join("credentials.json"), b"{}").unwrap();
    let said = text(&run(folder.path(), &["upload", "Pictures"]).stdout);
    assert!(said.contains("0 uploaded") && said.contains("1 left out: the data folder of a gallery"), "{said}");
    assert!(serving.interrupt());
}

#[cfg(unix)]
#[test]
fn what_a_link_stands_for_is_sent_and_stays_while_its_disk_is_away() {
    let folder = tempfile::tempdir().unwrap();
    let serving = Serving::start(folder.path());
    let at = |name: &str| folder.path().join(name);
    photo(&at("Photos/Family/1.jpg"), 1);
    photo(&at("Disk/DCIM/2.jpg"), 2);
    std::os::unix::fs::symlink(at("Disk/DCIM"), at("Photos/Family/Porto")).unwrap();
    let upload = |more: &[&str]| run(folder.path(), &[&["upload", "Photos", "--json"], more].concat());
    let first = upload(&[]);
    assert_eq!(told(&first), [2, 0, 0, 0, 0]);
    assert!(text(&first.stdout).contains("\"Family/Porto/2.jpg\""), "{}", text(&first.stdout));
    let by_month = ["--to", "Kin", "--album-by", "month"];
    assert_eq!(told(&upload(&by_month)), [2, 0, 0, 0, 0]);

    std::fs::rename(at("Disk"), at("Away")).unwrap();
    assert_eq!(told(&upload(&["--delete"])), [0, 0, 1, 0, 1]);
    let deletes = [&by_month[..], &["--delete"]].concat();
    refused(&upload(&deletes), &["Porto` is a link that leads nowhere", "nothing was done"]);
    std::fs::rename(at("Away"), at("Disk")).unwrap();
    assert_eq!(told(&upload(&["--delete"])), [0, 0, 2, 0, 0]);
    assert_eq!(told(&upload(&deletes)), [0, 0, 2, 0, 0]);
    // A link that is gone stands for nothing.
    std::fs::remove_file(at("Photos/Family/Porto")).unwrap();
    assert_eq!(told(&upload(&["--delete"])), [0, 0, 1, 1, 0]);
    assert_eq!(told(&upload(&deletes)), [0, 0, 1, 1, 0]);
    assert!(serving.interrupt());
}

#[test]
fn the_gallery_s_words_are_sent_to_where_they_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let serving = Serving::start(folder.path());
    let words = folder.path().join("Photos/gallery.yml");
    photo(&folder.path().join("Photos/Family/1.jpg"), 1);
    std::fs::write(&words, "title: The Millers\n").unwrap();
    let upload = |path: &str, more: &[&str]| run(folder.path(), &[&["upload", path, "--json"], more].concat());
    let first = upload("Photos", &[]);
    let summary: serde_json::Value = serde_json::from_slice(&first.stdout).unwrap();
    assert_eq!(summary["uploaded"], serde_json::json!(["Family/1.jpg", "gallery.yml"]), "{summary}");
    assert_eq!(told(&upload("Photos", &["--delete"])), [0, 0, 2, 0, 0]);
    std::fs::write(&words, "title: The Smiths\n").unwrap();
    assert_eq!(told(&upload("Photos/gallery.yml", &[])), [1, 0, 0, 0, 0], "alone, over the one that was there");
    assert_eq!(told(&upload("Photos", &["--to", "Kin", "--dry-run"])), [1, 0, 0, 0, 1]);
    let watched = run(folder.path(), &["watch", "Photos", "--once", "--settle", "0", "--json"]);
    assert_eq!((watched.status.success(), text(&watched.stdout)), (true, String::new()), "{}", text(&watched.stderr));
    // As with an album's, to have none here is no wish to have none there.
    std::fs::remove_file(&words).unwrap();
    assert_eq!(told(&upload("Photos", &["--delete"])), [0, 0, 1, 0, 0]);
    std::fs::write(&words, "title: The Smiths\n").unwrap();
    assert_eq!(told(&upload("Photos", &[])), [0, 0, 2, 0, 0]);
    assert!(serving.interrupt());
}
