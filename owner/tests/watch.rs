//! `heirloom watch`: what appears in a folder, and how it ends.

mod scene;

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

use gallery::Bucket;
use scene::{Serving, done, heirloom, interrupt, refused, until, write};
use serde_json::Value;

#[test]
fn what_appears_in_a_folder_is_sent_when_it_is_whole() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    Serving::start(folder).stop();
    let photos = folder.join("Photos");
    write(&photos.join("Family/1.jpg"), owner::sample::small(1, 320, 240));
    let mut watching = heirloom(folder)
        .args(["watch", "Photos", "--settle", "4", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(watching.stdout.take().unwrap()).lines();
    let mut next = || {
        let line = lines.next().expect("it goes on").expect("text");
        let sent: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(sent["failed"].as_array().map(Vec::len), Some(0), "{sent}");
        sent["uploaded"].as_array().unwrap().iter().map(|key| key.as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    // What came while it was off.
    assert_eq!(next(), ["Family/1.jpg"]);

    // A file that is written slowly is sent once, whole, and after one that was whole earlier; a gallery that
    // starts meanwhile is no trouble.
    let film: Vec<u8> = owner::sample::small(5, 640, 480);
    let half = film.len() / 2;
    write(&photos.join("Family/slow.jpg"), &film[..half]);
    let serving = Serving::start(folder);
    write(&photos.join("Family/quick.jpg"), owner::sample::small(2, 320, 240));
    let writing = photos.join("Family/slow.jpg");
    let rest = film.clone();
    let writer = std::thread::spawn(move || {
        // Each piece comes before the last has settled.
        for end in [half + 100, half + 200, half + 300, half + 400, rest.len()] {
            std::thread::sleep(std::time::Duration::from_millis(500));
            fs::write(&writing, &rest[..end]).unwrap();
        }
    });
    let mut sent = next();
    while !sent.contains(&"Family/slow.jpg".to_owned()) {
        sent.extend(next());
    }
    writer.join().unwrap();
    assert_eq!(sent.iter().filter(|key| key.contains("quick")).count(), 1, "{sent:?}");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let store = serving.store();
    let stored = runtime.block_on(store.read_path(Bucket::Source, "Family/slow.jpg")).unwrap().unwrap();
    assert_eq!(stored.bytes.len(), film.len(), "the whole file");
    serving.stop();
    write(&photos.join("Garden/new/3.jpg"), owner::sample::small(3, 320, 240));
    assert_eq!(next(), ["Garden/new/3.jpg"], "a new folder, while the gallery rests");

    interrupt(&watching);
    let mut ended = None;
    until("Ctrl-C stops it", || {
        ended = watching.try_wait().unwrap();
        ended.is_some()
    });
    assert_eq!(ended.unwrap().code(), Some(130));
    let mut said = String::new();
    watching.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(said, "");
    done(folder, &["watch", "Photos", "--once", "--settle", "0"]);
    write(&folder.join("file"), "no gallery");
    refused(folder, &["watch", "Photos", "--once", "--settle", "0", "--data", "file"], &["file"]);
    refused(folder, &["watch", "Photos/Family/1.jpg"], &["heirloom upload"]);
}
