//! The program, a gallery that it runs, and what it tells.

use std::io::{BufRead, BufReader, Lines, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdout, Command, Output, Stdio};
use std::time::{Duration, Instant};

pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

pub(crate) fn heirloom(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_heirloom"));
    command.current_dir(folder).stdin(Stdio::null());
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("HEIRLOOM_")) {
        command.env_remove(name);
    }
    command
}

pub(crate) fn run(folder: &Path, arguments: &[&str]) -> Output {
    heirloom(folder).args(arguments).output().expect("the program starts")
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A gallery that runs until it is dropped.
pub(crate) struct Serving {
    process: Child,
    pub(crate) address: String,
    /// Stays open: a gallery to which nobody listens ends when it has something to say.
    _said: Lines<BufReader<ChildStdout>>,
}

impl Serving {
    pub(crate) fn start(folder: &Path) -> Self {
        Self::begun(&mut heirloom(folder))
    }

    pub(crate) fn begun(command: &mut Command) -> Self {
        Self::begun_with(command, &[])
    }

    /// With more flags of `serve`.
    pub(crate) fn begun_with(command: &mut Command, more: &[&str]) -> Self {
        let mut process = command
            .args(["serve", "--port", "0", "--s3-port", "0"])
            .args(more)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut lines = BufReader::new(process.stdout.take().expect("piped")).lines();
        let mut address = String::new();
        for line in lines.by_ref() {
            let line = line.expect("text");
            if let Some((_, found)) = line.split_once(" is at http").and_then(|(_, found)| found.split_once("://")) {
                found.trim().clone_into(&mut address);
            }
            if line.contains("Ctrl-C") {
                break;
            }
        }
        assert!(!address.is_empty(), "serve tells its address");
        Self { process, address, _said: lines }
    }

    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// What it logs. Whoever takes it reads it to the end, or it could not log any more.
    pub(crate) fn log(&mut self) -> ChildStderr {
        self.process.stderr.take().expect("piped, and taken once")
    }

    /// The status line of an answer to a plain request.
    pub(crate) fn get(&self, path: &str) -> String {
        self.body(path).lines().next().unwrap_or_default().to_owned()
    }

    /// An answer to a plain request, with its head.
    pub(crate) fn body(&self, path: &str) -> String {
        let mut stream = std::net::TcpStream::connect(&self.address).expect("the gallery listens");
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: {}\r\nAccept: text/html\r\nConnection: close\r\n\r\n",
            self.address
        )
        .expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("text");
        answer
    }

    /// Asks it to stop as Ctrl-C does, and tells whether it ended well.
    pub(crate) fn interrupt(mut self) -> bool {
        let asked = Command::new("kill").args(["-INT", &self.process.id().to_string()]).status().expect("kill runs");
        assert!(asked.success());
        let since = Instant::now();
        loop {
            if let Some(status) = self.process.try_wait().expect("a child of ours") {
                return status.success();
            }
            assert!(since.elapsed() < PATIENCE, "it does not stop");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// One sentence on standard error, no trace of the program's insides.
pub(crate) fn refused(output: &Output, words: &[&str]) {
    let told = text(&output.stderr);
    assert!(!output.status.success(), "{told}");
    assert_eq!(told.trim_end().lines().count(), 1, "{told}");
    for word in words {
        assert!(told.contains(word), "`{word}` is missing in: {told}");
    }
}
