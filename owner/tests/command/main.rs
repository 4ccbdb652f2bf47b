//! The command as a person uses it: the real program, in an empty folder.

mod full_disk;
mod health;
mod leaving_out;
mod passwords;
mod people;
mod program;
mod secrets;
mod sending;

use std::net::TcpListener;

use program::{Serving, refused, run, text};

#[test]
fn what_cannot_be_is_told_in_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    refused(&run(folder.path(), &["serve", "--port", &port, "--s3-port", "0"]), &[&port, "--port"]);
    refused(&run(folder.path(), &["serve", "--port", "0", "--s3-port", &port]), &[&port, "--s3-port"]);

    std::fs::write(folder.path().join("file"), b"").unwrap();
    let blocked = ["serve", "--port", "0", "--s3-port", "0", "--data", "file/inside"];
    refused(&run(folder.path(), &blocked), &["file/inside", "--data"]);
    refused(&run(folder.path(), &["user", "list", "--data", "nowhere"]), &["nowhere", "heirloom serve"]);
    assert!(!folder.path().join("nowhere").exists(), "a look makes nothing");

    let serving = Serving::start(folder.path());
    refused(&run(folder.path(), &["serve", "--port", "0", "--s3-port", "0"]), &["heirloom-data"]);
    refused(&run(folder.path(), &["user", "remove", "nobody"]), &["nobody"]);
    refused(&run(folder.path(), &["user", "passwd", "nobody"]), &["nobody"]);
    let short = run(folder.path(), &["user", "add", "tom", "--ask"]);
    refused(&short, &["--password-stdin"]);
    assert!(serving.interrupt());
}

#[test]
fn help_teaches() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [
        &["--help"][..],
        &["serve", "--help"],
        &["demo", "--help"],
        &["user", "add", "--help"],
        &["upload", "--help"],
        &["invite", "--help"],
        &["audit", "--help"],
        &["keys", "rotate", "--help"],
    ] {
        let help = text(&run(folder.path(), arguments).stdout);
        assert!(help.contains("Example"), "{arguments:?} shows an example:\n{help}");
    }
}
