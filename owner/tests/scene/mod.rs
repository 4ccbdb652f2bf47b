//! The real program in an empty folder, and a gallery that runs in it.

#![allow(dead_code, reason = "each test uses what it needs of this")]

pub(crate) mod post;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Longer than anything takes on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);

/// The program, with nothing of this machine's settings.
pub(crate) fn heirloom(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_heirloom"));
    command.current_dir(folder).stdin(Stdio::null());
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("HEIRLOOM_")) {
        command.env_remove(name);
    }
    command
}

/// Runs it to its end.
pub(crate) fn run(folder: &Path, arguments: &[&str]) -> Output {
    heirloom(folder).args(arguments).output().expect("the program starts")
}

/// Runs it to a good end, and tells what it said.
pub(crate) fn done(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    assert!(output.status.success(), "{arguments:?}: {}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

/// Runs it to a good end, and reads the JSON that it told.
pub(crate) fn told(folder: &Path, arguments: &[&str]) -> serde_json::Value {
    let said = done(folder, arguments);
    serde_json::from_str(&said).unwrap_or_else(|error| panic!("{arguments:?}: {error}: {said}"))
}

/// That it ended badly, with a sentence that has these words.
pub(crate) fn refused(folder: &Path, arguments: &[&str], words: &[&str]) -> String {
    let output = run(folder, arguments);
    let said = text(&output.stderr);
    assert!(!output.status.success(), "{arguments:?} was not refused: {}", text(&output.stdout));
    assert!(words.iter().all(|word| said.contains(word)), "{words:?} are not all in: {said}");
    said
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Writes a file and the folders above it.
pub(crate) fn write(file: &Path, bytes: impl AsRef<[u8]>) {
    std::fs::create_dir_all(file.parent().expect("in a folder")).expect("a folder");
    std::fs::write(file, bytes).expect("written");
}

/// Every file below a folder, by its path in it.
pub(crate) fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut left = vec![folder.to_owned()];
    while let Some(next) = left.pop() {
        for entry in std::fs::read_dir(&next).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            if entry.is_dir() {
                left.push(entry);
            } else {
                found.push(entry.strip_prefix(folder).expect("below").to_string_lossy().into_owned());
            }
        }
    }
    found.sort();
    found
}

/// How many are in a list that was told.
pub(crate) fn count(json: &serde_json::Value, name: &str) -> usize {
    json[name].as_array().unwrap_or_else(|| panic!("no list `{name}` in {json}")).len()
}

/// A gallery with photos, words and people.
pub(crate) fn fill(folder: &Path) {
    Serving::start(folder).stop();
    let photos = folder.join("Photos");
    for (name, seed) in [("Family/1.jpg", 1), ("Family/Lisbon & Porto/2+2 ü.jpg", 2), ("Garden/3.jpg", 3)] {
        write(&photos.join(name), owner::sample::small(seed, 320, 240));
    }
    write(&photos.join("Family/metadata.yml"), "title: Us # all of us\n");
    done(folder, &["upload", "Photos"]);
    done(folder, &["user", "add", "tom", "--collections", "Family"]);
}

/// Waits until something is so.
pub(crate) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let since = Instant::now();
    while !is_so() {
        assert!(since.elapsed() < PATIENCE, "it never came to this: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// A gallery that runs until it is dropped.
pub(crate) struct Serving {
    process: Child,
    pub(crate) address: String,
    /// The lines that it printed at the start.
    pub(crate) said: Vec<String>,
    data: PathBuf,
}

impl Serving {
    pub(crate) fn start(folder: &Path) -> Self {
        let mut process = heirloom(folder)
            .args(["serve", "--port", "0", "--s3-port", "0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        let mut lines = BufReader::new(process.stdout.take().expect("piped")).lines();
        let (mut address, mut said) = (String::new(), Vec::new());
        for line in lines.by_ref() {
            let line = line.expect("text");
            said.push(line.clone());
            if let Some((_, found)) = line.split_once(" is at http://") {
                found.trim().clone_into(&mut address);
            }
            if line.contains("Ctrl-C") {
                break;
            }
        }
        assert!(!address.is_empty(), "serve tells its address");
        Self { process, address, said, data: folder.join("heirloom-data") }
    }

    /// The gallery's buckets, as any S3 client reaches them.
    pub(crate) fn store(&self) -> gallery::Store {
        let keys = local::machine::Settings::new(&self.data).credentials().expect("credentials");
        let url = format!("http://{}", local::machine::Running::on(&self.data).expect("it runs").s3);
        let endpoint = gallery::store::Endpoint { url, access_key: keys.access_key, secret_key: keys.secret_key };
        gallery::Store::new(gallery::store::at(&endpoint), gallery::store::BucketNames::plain())
    }

    /// Asks it to stop as Ctrl-C does.
    pub(crate) fn stop(mut self) {
        interrupt(&self.process);
        let since = Instant::now();
        while self.process.try_wait().expect("a child of ours").is_none() {
            assert!(since.elapsed() < PATIENCE, "it does not stop");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// Presses Ctrl-C.
pub(crate) fn interrupt(process: &Child) {
    let asked = Command::new("kill").args(["-INT", &process.id().to_string()]).status().expect("kill runs");
    assert!(asked.success());
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
