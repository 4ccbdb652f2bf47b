//! How long a letter waits, with the clock in our hands, and what happens to its photos meanwhile.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use gallery::{Key, Store, ViewerName};
use jiff::{SignedDuration, Timestamp};
use mail::{Asked, Pace, Rounds, Settings, keep_making};
use serde_json::Value;

use super::scene::post::{Server, header};
use super::scene::{Serving, done, refused, told, until, write};
use super::{ADDRESS, CLEAR, outcomes, settings, upload, viewer};

/// The gallery's own rounds, with three quiet hours.
fn rounds(store: Store, server: &Server) -> Rounds {
    let text = format!(
        "[mail]\nserver = \"127.0.0.1\"\nport = {}\nfrom = \"photos@example.org\"\naddress = \"{ADDRESS}\"\n{CLEAR}",
        server.port
    );
    let settings = Settings::read(&text, "mail.toml").unwrap();
    assert_eq!(settings.quiet_hours, 3);
    Rounds::new(store, settings, None, None).unwrap()
}

fn later(minutes: i64) -> Timestamp {
    Timestamp::now() + SignedDuration::from_mins(minutes)
}

#[test]
fn a_gallery_that_runs_waits_for_quiet_and_writes_once() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    let Some(server) = Server::start(&folder.join("taken"), &[]) else { return };
    let serving = Serving::start(folder);
    viewer(folder, "gerda", "gerda@example.com", &[]);
    upload(folder, &["Family/Lisbon/1.jpg", "Family/Lisbon/2.jpg"]);
    let runtime = tokio::runtime::Runtime::new().unwrap();

    // One round at a time: two hours and fifty minutes are not enough.
    let made = |minutes| {
        let report = runtime.block_on(rounds(serving.store(), &server).make(&Asked::default(), later(minutes)));
        serde_json::to_value(report.unwrap()).unwrap()
    };
    for minutes in [0, 60, 170] {
        let report = made(minutes);
        assert_eq!(outcomes(&report), ["gerda waits"], "{minutes}: {report}");
        let until: Timestamp = report["viewers"][0]["until"].as_str().unwrap().parse().unwrap();
        assert!(until > later(170) && until < later(181), "{report}");
    }
    assert!(server.mails().is_empty());

    // As `serve` does it, a quarter of an hour at each look.
    let looks = Arc::new(AtomicI64::new(0));
    let counted = Arc::clone(&looks);
    let clock = move || later(15 * counted.fetch_add(1, Ordering::SeqCst));
    let rhythm = Pace { first: Duration::ZERO, every: Duration::from_millis(1) };
    let kept = runtime.spawn(keep_making(rounds(serving.store(), &server), rhythm, clock));
    until("twelve hours of looks are over", || looks.load(Ordering::SeqCst) > 48);
    kept.abort();
    assert_eq!(server.to(), ["gerda@example.com"]);
    let sent =
        runtime.block_on(serving.store().read_json::<Value>(&Key::ToldByMail(ViewerName::parse("gerda").unwrap())));
    let sent: Timestamp = sent.unwrap().unwrap().0["sent"].as_str().unwrap().parse().unwrap();
    assert!(sent > later(170) && sent < later(200), "{sent}");
}

#[test]
fn what_is_moved_before_it_was_told_is_not_forgotten() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    let Some(server) = Server::start(&folder.join("taken"), &[]) else { return };
    let _serving = Serving::start(folder);
    for name in ["gerda", "tom"] {
        viewer(folder, name, &format!("{name}@example.com"), &[]);
    }
    settings(folder, server.port, CLEAR);
    upload(folder, &["Family/New/1.jpg", "Family/New/2.jpg"]);
    // A look finds them, and Tom is told; Gerda's letter is still to be written.
    assert_eq!(outcomes(&told(folder, &["notify", "--to", "tom", "--json"])), ["tom sent"]);
    done(folder, &["album", "move", "Family/New", "Family/Lisbon"]);
    std::fs::rename(folder.join("Photos/Family/New"), folder.join("Photos/Family/Lisbon")).unwrap();
    upload(folder, &[]);
    let report = told(folder, &["notify", "--json"]);
    assert_eq!(outcomes(&report), ["gerda sent", "tom nothing"], "{report}");
    let mails = server.mails();
    assert_eq!(header(&mails[1].0, "Subject"), "2 new photos in “Lisbon”");
    let words = mails[1].0["text"].as_str().unwrap();
    assert!(words.contains(&format!("{ADDRESS}/albums/Family/Lisbon/")) && !words.contains("Family/New"), "{words}");
}

#[test]
fn what_was_on_its_way_and_is_gone_keeps_nobody_waiting() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    let Some(server) = Server::start(&folder.join("taken"), &[]) else { return };
    let serving = Serving::start(folder);
    viewer(folder, "drop", "drop@example.com", &[]);
    settings(folder, server.port, CLEAR);
    upload(folder, &["Family/Lisbon/1.jpg"]);
    // The line breaks after the letter, and the photo is taken away.
    super::failed(folder, &["notify", "--json"]);
    write(&server.folder.join("open"), "");
    std::fs::remove_file(folder.join("Photos/Family/Lisbon/1.jpg")).unwrap();
    write(&folder.join("Photos/Family/Lisbon/2.jpg"), owner::sample::small(77, 480, 320));
    done(folder, &["upload", "Photos", "--delete"]);
    upload(folder, &[]);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let made = |minutes| {
        let report = runtime.block_on(rounds(serving.store(), &server).make(&Asked::default(), later(minutes)));
        serde_json::to_value(report.unwrap()).unwrap()
    };
    let report = made(300);
    assert_eq!(outcomes(&report), ["drop sent"], "{report}");
    assert_eq!(report["viewers"][0]["photos"], 1, "{report}");
}

#[test]
fn links_that_open_on_this_machine_alone_are_refused() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    let without = |folder: &Path| {
        let text = "[mail]\nserver = \"127.0.0.1\"\nport = 25\ntls = \"none\"\nfrom = \"photos@example.org\"\n";
        write(&folder.join("heirloom-data/mail.toml"), text);
    };
    without(folder);
    let needles = ["links in mails would lead to http://127.0.0.1:8080", "address = \"https://photos.example.org\""];
    refused(folder, &["serve"], &needles);
    std::fs::remove_file(folder.join("heirloom-data/mail.toml")).unwrap();
    let _serving = Serving::start(folder);
    without(folder);
    refused(folder, &["notify"], &["this machine alone", "mail.toml"]);
}
