//! A disk that is full for a moment: nothing that was acknowledged is forgotten, and events go on by themselves.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use crate::program::{PATIENCE, Serving, heirloom, run, text};

const PHOTOS: u64 = 8;

/// What comes piece by piece is shown after two minutes at the latest.
const UNTIL_SHOWN: Duration = Duration::from_mins(3);

#[test]
fn events_outlive_a_full_disk() {
    if Command::new("prlimit").arg("--version").stdout(Stdio::null()).status().is_err() {
        return println!("skipped: there is no `prlimit` here to take the gallery's room away");
    }
    let folder = tempfile::tempdir().unwrap();
    let album = folder.path().join("Photos/Family");
    std::fs::create_dir_all(&album).unwrap();
    for seed in 0..PHOTOS {
        std::fs::write(album.join(format!("{seed}.jpg")), owner::sample::small(seed, 800, 600)).unwrap();
    }
    // A write that finds no room is to fail, as on a full disk, and not to end the process with a signal.
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""]).arg(heirloom(folder.path()).get_program());
    command.current_dir(folder.path()).stdin(Stdio::null());
    let mut serving = Serving::begun(&mut command);
    let log = lines(&mut serving);
    let may_write = |bytes: &str| {
        let limit = format!("--fsize={bytes}:");
        let done = Command::new("prlimit").args(["--pid", &serving.id().to_string(), &limit]).status().unwrap();
        assert!(done.success());
    };

    assert!(run(folder.path(), &["upload", "Photos"]).status.success());
    may_write("4096");
    wait_for(&log, "events wait until the data folder works again");
    wait_for(&log, "a message failed 3 times");
    may_write("unlimited");

    // Without a restart: what was under way, and what comes now.
    std::fs::write(album.join("late.jpg"), owner::sample::small(99, 320, 240)).unwrap();
    assert!(run(folder.path(), &["upload", "Photos"]).status.success());
    let since = Instant::now();
    loop {
        let told = run(folder.path(), &["status", "--json"]);
        let told: serde_json::Value = serde_json::from_slice(&told.stdout).unwrap_or_default();
        let (album, queue) = (&told["albums"]["Family"], &told["queues"]["resize"]);
        if queue["given_up"].as_u64() > Some(0) {
            // Only what was tried for the last time while the room came back is told to the owner.
            assert!(queue["given_up"].as_u64() < Some(PHOTOS), "{told}");
            assert!(run(folder.path(), &["retry"]).status.success());
        } else if album["photos"] == PHOTOS + 1 && album["waiting"] == 0 && queue["waiting"] == 0 {
            break;
        }
        assert!(since.elapsed() < UNTIL_SHOWN, "{told}");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(serving.interrupt());
}

/// What the gallery logs, line by line.
fn lines(serving: &mut Serving) -> Receiver<String> {
    let (tell, told) = channel();
    let log = BufReader::new(serving.log());
    std::thread::spawn(move || {
        for line in log.split(b'\n').map_while(Result::ok) {
            // Nobody listens any more when the test is over.
            let _ = tell.send(text(&line));
        }
    });
    told
}

fn wait_for(log: &Receiver<String>, words: &str) {
    let since = Instant::now();
    let mut seen = Vec::new();
    while let Ok(line) = log.recv_timeout(PATIENCE.saturating_sub(since.elapsed())) {
        if line.contains(words) {
            return;
        }
        seen.push(line);
    }
    panic!("`{words}` is not logged: {seen:#?}");
}
