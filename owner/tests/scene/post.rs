//! A mail server that is not ours, and what it took (`tests/peers/smtp_peer.py`).

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use super::text;

/// The mail server.
pub(crate) struct Server {
    process: Child,
    pub(crate) folder: PathBuf,
    pub(crate) port: u16,
}

impl Server {
    /// `None` where there is no Python for it.
    pub(crate) fn start(folder: &Path, arguments: &[&str]) -> Option<Self> {
        let Some(python) = python() else {
            eprintln!("left out: HEIRLOOM_PYTHON names no Python with aiosmtpd");
            return None;
        };
        std::fs::create_dir_all(folder).unwrap();
        let mut process = Command::new(python)
            .arg(peer())
            .arg("serve")
            .arg(folder)
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python starts");
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Some(Self { process, folder: folder.to_owned(), port: line.trim().parse().expect("a port") })
    }

    /// What the server took, in its order: the mail and its envelope.
    pub(crate) fn mails(&self) -> Vec<(Value, Value)> {
        let one = |n: usize| {
            let file = self.folder.join(format!("{n}.eml"));
            let read = Command::new(python().unwrap()).arg(peer()).arg("read").arg(&file).output().unwrap();
            assert!(read.status.success(), "{}", text(&read.stderr));
            let envelope = std::fs::read(file.with_extension("json")).unwrap();
            (serde_json::from_slice(&read.stdout).unwrap(), serde_json::from_slice(&envelope).unwrap())
        };
        (1..1000).take_while(|n| self.folder.join(format!("{n}.json")).exists()).map(one).collect()
    }

    pub(crate) fn to(&self) -> Vec<String> {
        self.mails().iter().map(|(_, envelope)| envelope["to"][0].as_str().unwrap().to_owned()).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

pub(crate) fn python() -> Option<PathBuf> {
    std::env::var_os("HEIRLOOM_PYTHON").map(PathBuf::from)
}

pub(crate) fn peer() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/peers/smtp_peer.py")
}

/// The one header of this name.
pub(crate) fn header<'a>(mail: &'a Value, name: &str) -> &'a str {
    let found: Vec<&str> = mail["headers"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|header| header[0].as_str().unwrap().eq_ignore_ascii_case(name))
        .map(|header| header[1].as_str().unwrap())
        .collect();
    assert_eq!(found.len(), 1, "{name}: {found:?} in {}", mail["headers"]);
    found[0]
}
