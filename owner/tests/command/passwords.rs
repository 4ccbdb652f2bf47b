//! A password that was made up is told, whatever fails after somebody has it: nobody else knows it.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::thread;

use serde_json::Value;

use crate::program::{Serving, refused, run, text};

/// Six words.
fn is_made_up(password: &str) -> bool {
    password.split('-').count() == 6
}

/// The password that follows these words.
fn told<'a>(said: &'a str, words: &str) -> &'a str {
    let (_, rest) = said.split_once(words).unwrap_or_else(|| panic!("`{words}` is missing in: {said}"));
    rest.split_whitespace().next().unwrap_or_default()
}

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap_or_else(|_| panic!("no JSON: {}", text(bytes)))
}

/// From now on the owner's commands reach the running gallery's S3 server through a door where records are refused.
fn refuse_records(folder: &Path) {
    let file = folder.join("heirloom-data/running.json");
    let mut running = json(&std::fs::read(&file).unwrap());
    let s3: SocketAddr = running["s3"].as_str().unwrap().parse().unwrap();
    let door = TcpListener::bind("127.0.0.1:0").unwrap();
    running["s3"] = door.local_addr().unwrap().to_string().into();
    std::fs::write(&file, running.to_string()).unwrap();
    thread::spawn(move || {
        for client in door.incoming().map_while(Result::ok) {
            thread::spawn(move || pass_on(client, s3));
        }
    });
}

fn pass_on(mut client: TcpStream, s3: SocketAddr) -> io::Result<()> {
    let mut server = TcpStream::connect(s3)?;
    let (mut answers, mut back) = (server.try_clone()?, client.try_clone()?);
    thread::spawn(move || io::copy(&mut answers, &mut back));
    let mut bytes = vec![0; 64 * 1024];
    loop {
        // Nobody sends the next request before the answer to the last: a head stands at the beginning of what is read.
        let count = client.read(&mut bytes)?;
        if bytes[..count].starts_with(b"PUT /auth/audit/") {
            client.write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")?;
            client.shutdown(Shutdown::Write)?;
            return io::copy(&mut client, &mut io::sink()).map(drop);
        }
        if count == 0 {
            return server.shutdown(Shutdown::Write);
        }
        server.write_all(&bytes[..count])?;
    }
}

#[test]
fn a_password_is_told_when_its_record_fails() {
    let folder = tempfile::tempdir().unwrap();
    let serving = Serving::start(folder.path());
    refuse_records(folder.path());
    let added = run(folder.path(), &["user", "add", "tom"]);
    assert!(is_made_up(told(&text(&added.stdout), "  password: ")), "{}", text(&added.stdout));
    refused(&added, &["tom", "auth/audit/", "heirloom user list"]);
    let added = run(folder.path(), &["user", "add", "ida", "--json"]);
    assert!(json(&added.stdout)["password"].as_str().is_some_and(is_made_up), "{}", text(&added.stdout));
    refused(&added, &["ida"]);
    let changed = run(folder.path(), &["user", "passwd", "tom"]);
    assert!(is_made_up(told(&text(&changed.stdout), "  password: ")), "{}", text(&changed.stdout));
    refused(&changed, &["auth/audit/"]);
    // So is a link.
    let invited = run(folder.path(), &["invite", "tom"]);
    assert!(text(&invited.stdout).contains("/auth/invite?code="), "{}", text(&invited.stdout));
    refused(&invited, &["auth/audit/"]);
    let listed = text(&run(folder.path(), &["user", "list"]).stdout);
    assert!(listed.contains("tom") && listed.contains("ida"), "{listed}");

    std::fs::write(folder.path().join("users.toml"), "[anna]\nsees = \"everything\"\n").unwrap();
    let applied = run(folder.path(), &["user", "apply", "users.toml", "--yes"]);
    assert!(is_made_up(told(&text(&applied.stdout), "  anna: ")), "{}", text(&applied.stdout));
    refused(&applied, &["users.toml", "auth/audit/"]);
    assert!(serving.interrupt());
}

#[test]
fn the_passwords_before_somebody_who_cannot_be_added_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let serving = Serving::start(folder.path());
    for (names, more) in [(["anna", "bob", "carl"], &[][..]), (["dora", "emil", "fred"], &["--json"])] {
        let [first, second, third] = names;
        let entries = [first, second, third].map(|name| format!("[{name}]\nsees = \"everything\"\n"));
        let users = format!("{}{}password_command = \"echo oh; exit 1\"\n{}", entries[0], entries[1], entries[2]);
        std::fs::write(folder.path().join("users.toml"), users).unwrap();
        let applied = run(folder.path(), &[&["user", "apply", "users.toml", "--yes"], more].concat());
        let said = text(&applied.stdout);
        if more.is_empty() {
            assert!(is_made_up(told(&said, &format!("  {first}: "))), "{said}");
        }
        refused(&applied, &["users.toml", second, "exit 1"]);
        if more.is_empty() {
            continue;
        }
        let said = json(&applied.stdout);
        let begun: Vec<_> = said["changes"].as_array().unwrap().iter().map(|change| &change["add"]).collect();
        assert_eq!(begun, [first, second], "{said}");
        assert_eq!((said["made"].as_array().unwrap().len(), &said["made"][0]["name"]), (1, &first.into()), "{said}");
        assert!(said["made"][0]["password"].as_str().is_some_and(is_made_up), "{said}");
    }
    assert!(serving.interrupt());
}

#[test]
fn whoever_is_let_in_and_has_no_link_is_told_of_with_the_way_to_one() {
    let folder = tempfile::tempdir().unwrap();
    let serving = Serving::start(folder.path());
    let users = "[oma]\nsees = \"everything\"\nsigns_in = \"invitation\"\n";
    std::fs::write(folder.path().join("users.toml"), users).unwrap();
    let apply = |address| run(folder.path(), &["user", "apply", "users.toml", "--yes", "--address", address]);
    let listed = || text(&run(folder.path(), &["user", "list"]).stdout);
    // An address that is none is found out before anybody is let in.
    refused(&apply("photos.example.org"), &["photos.example.org", "https://"]);
    assert!(!listed().contains("oma"));
    refuse_records(folder.path());
    refused(&apply("https://photos.example.org"), &["oma", "heirloom invite oma"]);
    assert!(listed().contains("oma"));
    assert!(serving.interrupt());
}
