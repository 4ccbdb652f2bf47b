//! The command as a person uses it: the real program, in an empty folder.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_mins(1);

fn heirloom(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_heirloom"));
    command.current_dir(folder).stdin(Stdio::null());
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("HEIRLOOM_")) {
        command.env_remove(name);
    }
    command
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    heirloom(folder).args(arguments).output().expect("the program starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A gallery that runs until it is dropped.
struct Serving {
    process: Child,
    address: String,
}

impl Serving {
    fn start(folder: &Path) -> Self {
        let mut process = heirloom(folder)
            .args(["serve", "--port", "0", "--s3-port", "0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut lines = BufReader::new(process.stdout.take().expect("piped")).lines();
        let mut address = String::new();
        for line in lines.by_ref() {
            let line = line.expect("text");
            if let Some((_, found)) = line.split_once(" is at http://") {
                found.trim().clone_into(&mut address);
            }
            if line.contains("Ctrl-C") {
                break;
            }
        }
        assert!(!address.is_empty(), "serve tells its address");
        Self { process, address }
    }

    /// The status line of an answer to a plain request.
    fn get(&self, path: &str) -> String {
        let mut stream = std::net::TcpStream::connect(&self.address).expect("the gallery listens");
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: {}\r\nAccept: text/html\r\nConnection: close\r\n\r\n",
            self.address
        )
        .expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("text");
        answer.lines().next().unwrap_or_default().to_owned()
    }

    /// Asks it to stop as Ctrl-C does, and tells whether it ended well.
    fn interrupt(mut self) -> bool {
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

#[test]
fn viewers_come_and_go_whether_the_gallery_runs_or_not() {
    let folder = tempfile::tempdir().unwrap();
    let serving = Serving::start(folder.path());
    assert!(serving.get("/auth/login").contains("200"));

    let added = run(folder.path(), &["user", "add", "gerda", "--collections", "Family,Märchen & Wald"]);
    assert!(added.status.success(), "{}", text(&added.stderr));
    assert!(text(&added.stdout).contains("password: "), "{}", text(&added.stdout));
    let again = run(folder.path(), &["user", "add", "gerda"]);
    assert!(!again.status.success());
    assert!(text(&again.stderr).contains("gerda"), "{}", text(&again.stderr));
    assert!(serving.interrupt(), "Ctrl-C is no failure");

    let listed = text(&run(folder.path(), &["user", "list"]).stdout);
    assert!(listed.contains("gerda") && listed.contains("Family"), "{listed}");
    let mut typed = heirloom(folder.path())
        .args(["user", "add", "tom", "--password-stdin"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    typed.stdin.take().unwrap().write_all(b"a long enough secret of tom's\n").unwrap();
    let typed = typed.wait_with_output().unwrap();
    assert!(typed.status.success() && !text(&typed.stdout).contains("secret of tom's"));
    assert!(run(folder.path(), &["user", "passwd", "tom"]).status.success());
    assert!(run(folder.path(), &["user", "remove", "gerda"]).status.success());

    let serving = Serving::start(folder.path());
    let listed = text(&run(folder.path(), &["user", "list"]).stdout);
    assert!(listed.contains("tom") && !listed.contains("gerda"), "{listed}");
    assert!(serving.interrupt());
}

/// The word after `before` in a text.
fn after<'a>(text: &'a str, before: &str) -> &'a str {
    let (_, rest) = text.split_once(before).unwrap_or_else(|| panic!("`{before}` is missing in: {text}"));
    rest.split_whitespace().next().unwrap_or_default()
}

#[test]
fn an_invitation_is_a_link_a_code_and_a_card() {
    let folder = tempfile::tempdir().unwrap();
    let serving = Serving::start(folder.path());
    let card = folder.path().join("card.svg");
    let invite = ["invite", "grandma", "--collections", "Family", "--expires", "2d", "--card", "card.svg"];
    let told = text(&run(folder.path(), &invite).stdout);
    assert!(told.contains('█') && told.contains("Family"), "{told}");
    let address = after(&told, "\n  http://");
    let (host, path) = address.split_once('/').unwrap();
    assert_eq!(host, serving.address, "the running gallery's address");
    assert!(serving.get(&format!("/{path}")).contains("200"));
    let drawn = std::fs::read_to_string(&card).unwrap();
    assert!(drawn.starts_with("<svg") && drawn.contains("grandma") && drawn.contains(path.split_once('=').unwrap().1));

    let listed = text(&run(folder.path(), &["user", "list"]).stdout);
    assert!(listed.contains("grandma") && listed.contains("by invitation"), "{listed}");
    let again = run(folder.path(), &["invite", "grandma", "--address", "https://photos.example.org/"]);
    assert!(text(&again.stdout).contains("  https://photos.example.org/auth/invite?code="), "one more device");
    refused(&run(folder.path(), &["invite", "grandma", "--collections", "Garden"]), &["user scope grandma"]);
    refused(&run(folder.path(), &["invite", "otto", "--card", "card.pdf"]), &["card.svg"]);
    refused(&run(folder.path(), &["invite", "otto", "--address", "photos"]), &["photos", "https://"]);

    // The owner takes it back.
    assert!(run(folder.path(), &["user", "logout", "grandma"]).status.success());
    assert!(serving.get(&format!("/{path}")).contains("410"));
    assert!(serving.interrupt());
    refused(&run(folder.path(), &["invite", "otto"]), &["--address"]);
}

#[test]
fn what_the_owner_does_is_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let serving = Serving::start(folder.path());
    for command in [
        &["user", "add", "tom", "--collections", "Family"][..],
        &["user", "scope", "tom", "--everything"],
        &["user", "logout", "tom"],
        &["user", "remove", "tom"],
        &["keys", "rotate", "--signs-in", "1h"],
    ] {
        let done = run(folder.path(), command);
        assert!(done.status.success(), "{command:?}: {}", text(&done.stderr));
    }
    let told = text(&run(folder.path(), &["audit"]).stdout);
    let events: Vec<&str> =
        told.lines().skip(1).map(|line| line.split_whitespace().nth(2).unwrap_or_default()).collect();
    let expected = ["viewer-added", "scope-changed", "signed-out-everywhere", "viewer-removed", "key-made"];
    assert_eq!(events, expected, "{told}");
    let json = text(&run(folder.path(), &["audit", "--json", "--viewer", "tom"]).stdout);
    assert_eq!(json.lines().count(), 4);
    assert!(json.lines().all(|line| line.starts_with("{\"at\":\"20") && line.contains("\"viewer\":\"tom\"")), "{json}");
    let none = text(&run(folder.path(), &["audit", "--refused"]).stdout);
    assert!(none.contains("--since"), "{none}");
    refused(&run(folder.path(), &["user", "scope", "nobody", "--everything"]), &["nobody"]);
    assert!(serving.interrupt());
}

/// Requirement 25: what is given to a gate elsewhere holds no private half.
#[test]
fn keys_are_listed_made_and_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let serving = Serving::start(folder.path());
    let keys = |arguments: &[&str]| run(folder.path(), &[&["keys"], arguments].concat());
    let listed = text(&keys(&["list"]).stdout);
    let old = listed.lines().nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
    assert!(listed.contains("signs"), "{listed}");
    assert!(keys(&["rotate"]).status.success());
    let listed = text(&keys(&["list"]).stdout);
    assert!(listed.contains("waits") && listed.lines().count() == 3, "{listed}");
    let public = text(&keys(&["public"]).stdout);
    assert!(public.contains(&old) && !public.contains("seed") && public.contains("\"x\""), "{public}");
    let told: serde_json::Value = serde_json::from_str(&public).expect("JSON");
    assert_eq!((told["audience"].as_str(), told["keys"].as_array().unwrap().len()), (Some("this-machine"), 2));
    refused(&keys(&["drop", &old]), &[&old, "--emergency"]);
    refused(&keys(&["drop", "nonsense"]), &["nonsense", "keys list"]);
    assert!(keys(&["drop", &old, "--emergency"]).status.success());
    assert!(!text(&keys(&["list"]).stdout).contains(&old));
    assert!(serving.interrupt());
}

/// The numbers that `upload --json` tells: uploaded, moved, unchanged, deleted, left out.
fn told(output: &Output) -> [usize; 5] {
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert!(output.status.success(), "{summary}");
    let count = |name: &str| summary[name].as_array().expect("a list").len();
    let unchanged = summary["unchanged"].as_u64().expect("a number");
    [count("uploaded"), count("moved"), unchanged as usize, count("deleted"), count("left_out")]
}

#[test]
fn uploads_send_what_is_not_there_and_nothing_twice() {
    let folder = tempfile::tempdir().unwrap();
    let serving = Serving::start(folder.path());
    let photos = folder.path().join("Photos");
    let at = |name: &str| photos.join(name);
    std::fs::create_dir_all(at("Family/Lisbon & Porto")).unwrap();
    for (name, seed) in
        [("Family/1.jpg", 1), ("Family/Lisbon & Porto/2+2 ü.jpg", 2), ("Family/Lisbon & Porto/3.jpg", 3)]
    {
        std::fs::write(at(name), owner::sample::small(seed, 320, 240)).unwrap();
    }
    std::fs::write(at("Family/IMG_1.AAE"), b"x").unwrap();
    std::fs::write(at("Family/metadata.yml"), b"title: Us\n").unwrap();
    let upload = |more: &[&str]| run(folder.path(), &[&["upload", "Photos", "--json"], more].concat());

    assert_eq!(told(&upload(&["--dry-run"])), [4, 0, 0, 0, 1]);
    assert_eq!(told(&upload(&[])), [4, 0, 0, 0, 1]);
    assert_eq!(told(&upload(&[])), [0, 0, 4, 0, 1]);

    // A change of the same size is seen; a renamed file moves; what is gone stays, unless asked for.
    let mut changed = std::fs::read(at("Family/1.jpg")).unwrap();
    let last = changed.len() - 10;
    changed[last] ^= 1;
    std::fs::write(at("Family/1.jpg"), changed).unwrap();
    std::fs::rename(at("Family/Lisbon & Porto/2+2 ü.jpg"), at("Family/Lisbon & Porto/four #4.jpg")).unwrap();
    std::fs::remove_file(at("Family/Lisbon & Porto/3.jpg")).unwrap();
    std::fs::remove_file(at("Family/metadata.yml")).unwrap();
    let plan = text(&run(folder.path(), &["upload", "Photos", "--dry-run", "--delete"]).stdout);
    for line in [
        "upload  Family/1.jpg",
        "2+2 ü.jpg -> Family/Lisbon & Porto/four #4.jpg",
        "delete  Family/Lisbon & Porto/3.jpg",
    ] {
        assert!(plan.contains(line), "`{line}` is missing in: {plan}");
    }
    assert_eq!(told(&upload(&[])), [1, 1, 0, 0, 1]);
    assert_eq!(told(&upload(&["--delete"])), [0, 0, 2, 1, 1]);
    assert_eq!(told(&upload(&["--delete"])), [0, 0, 2, 0, 1], "the words about the album stay");

    // In parts, at a pace, into a folder of its own.
    let scenes: Vec<u8> = (0..40_000_000u32).map(|n| (n % 251) as u8).collect();
    std::fs::write(folder.path().join("film.mov"), scenes).unwrap();
    let upload_film = ["upload", "film.mov", "--to", "Family/Films", "--json", "--limit", "400M"];
    assert_eq!(told(&run(folder.path(), &upload_film)), [1, 0, 0, 0, 0]);
    assert_eq!(told(&run(folder.path(), &upload_film)), [0, 0, 1, 0, 0], "known by the ETag of its parts");

    refused(&run(folder.path(), &["upload", "film.mov"]), &["film.mov", "--to"]);
    refused(&run(folder.path(), &["upload", "nothing-here"]), &["nothing-here"]);
    assert!(serving.interrupt());
    // A gallery that rests takes uploads as well.
    assert_eq!(told(&run(folder.path(), &upload_film)), [0, 0, 1, 0, 0]);
}

/// An upload in parts that was cut off goes on: the upload that is open is finished, with the part that had arrived.
#[test]
fn a_large_file_goes_on_where_it_was_cut_off() {
    let folder = tempfile::tempdir().unwrap();
    let serving = Serving::start(folder.path());
    let data = folder.path().join("heirloom-data");
    let keys = local::machine::Settings::new(&data).credentials().unwrap();
    let url = format!("http://{}", local::machine::Running::on(&data).unwrap().s3);
    let client =
        gallery::store::at(&gallery::store::Endpoint { url, access_key: keys.access_key, secret_key: keys.secret_key });
    let film: Vec<u8> = (0..40_000_000u32).map(|n| (n % 251) as u8).collect();
    std::fs::write(folder.path().join("film.mov"), &film).unwrap();

    let runtime = tokio::runtime::Runtime::new().unwrap();
    let part = film[..16 << 20].to_vec();
    let key = "Family/film.mov";
    runtime.block_on(async {
        let begun = client.create_multipart_upload().bucket("source").key(key).send().await.unwrap();
        let id = begun.upload_id.unwrap();
        let put = client.upload_part().bucket("source").key(key).upload_id(id).part_number(1);
        put.body(part.into()).send().await.unwrap();
    });
    assert_eq!(told(&run(folder.path(), &["upload", "film.mov", "--to", "Family", "--json"])), [1, 0, 0, 0, 0]);
    runtime.block_on(async {
        let open = client.list_multipart_uploads().bucket("source").send().await.unwrap();
        assert!(open.uploads().is_empty(), "no second upload was begun beside the first");
        let stored = client.get_object().bucket("source").key(key).send().await.unwrap();
        assert_eq!(stored.body.collect().await.unwrap().to_vec(), film);
    });
    assert!(serving.interrupt());
}

#[test]
fn status_tells_what_is_there_and_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let serving = Serving::start(folder.path());
    assert!(text(&run(folder.path(), &["status"]).stdout).contains("heirloom upload"));
    let album = folder.path().join("Photos/Family/Lisbon");
    std::fs::create_dir_all(&album).unwrap();
    for seed in 0..3 {
        std::fs::write(album.join(format!("{seed}.jpg")), owner::sample::small(seed, 320, 240)).unwrap();
    }
    std::fs::write(album.join("notes.txt"), b"not a photo").unwrap();
    std::fs::write(album.join("metadata.yml"), b"title: Lisbon\nsort: [sideways\n").unwrap();
    assert!(run(folder.path(), &["upload", "Photos"]).status.success());
    let since = Instant::now();
    let status = loop {
        let output = run(folder.path(), &["status", "--json"]);
        let status: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let lisbon = &status["albums"]["Family/Lisbon"];
        if lisbon["photos"] == 3 && lisbon["waiting"] == 0 && lisbon["problem"].is_string() {
            break status;
        }
        assert!(since.elapsed() < PATIENCE, "{status}");
        std::thread::sleep(Duration::from_millis(50));
    };
    let lisbon = &status["albums"]["Family/Lisbon"];
    assert!(
        lisbon["rejected"]["notes.txt"].is_string() && lisbon["problem"].as_str().unwrap().contains("line"),
        "{status}"
    );
    let told = text(&run(folder.path(), &["status"]).stdout);
    for part in ["Family/Lisbon", "notes.txt", "metadata.yml, line", "source"] {
        assert!(told.contains(part), "`{part}` is missing in: {told}");
    }
    assert!(serving.interrupt());
    let rebuilt = run(folder.path(), &["rebuild"]);
    assert!(rebuilt.status.success() && text(&rebuilt.stdout).contains("4 were right"), "{}", text(&rebuilt.stdout));
    for shell in ["bash", "zsh", "fish"] {
        assert!(text(&run(folder.path(), &["completions", shell]).stdout).contains("heirloom"));
    }
}

/// Puts a message among the dead letters of a gallery that does not run.
fn give_up_on(data: &Path, key: &str) {
    let object = serde_json::json!({ "bucket": { "name": "source" }, "object": { "key": key } });
    let body = serde_json::json!({ "Records": [{ "eventName": "ObjectCreated:Put", "s3": object }] }).to_string();
    let time: jiff::Timestamp = "2026-01-02T03:04:05Z".parse().unwrap();
    let letter = local::events::pump::DeadLetter { queue: "resize".to_owned(), body, time };
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let folder = local::s3::Folder::open(&data.join("buckets")).unwrap();
        let note = serde_json::to_vec(&letter).unwrap();
        folder.put_note("dead-letters/resize/00000000000000000007", note).await.unwrap();
        folder.swept().await;
    });
}

#[test]
fn what_was_given_up_is_told_and_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("heirloom-data");
    assert!(Serving::start(folder.path()).interrupt());
    let nothing = run(folder.path(), &["retry"]);
    assert!(text(&nothing.stdout).contains("Nothing was given up"), "{}", text(&nothing.stdout));
    give_up_on(&data, "Family/a+b.jpg");

    // Whether it runs or not: the queues are asked in the same words.
    for round in ["resting", "running"] {
        let serving = (round == "running").then(|| Serving::start(folder.path()));
        let told = text(&run(folder.path(), &["status"]).stdout);
        for part in ["1 given up", "source/Family/a b.jpg", "2026-01-02 03:04", "heirloom retry"] {
            assert!(told.contains(part), "{round}: `{part}` is missing in: {told}");
        }
        let doctor = run(folder.path(), &["doctor", "--json"]);
        assert_eq!(doctor.status.code(), Some(3), "{}", text(&doctor.stdout));
        let told: serde_json::Value = serde_json::from_slice(&doctor.stdout).expect("JSON");
        let found = told["findings"].as_array().unwrap().iter().find(|one| one["mend"] == "heirloom retry");
        assert_eq!(found.map(|one| &one["state"]), Some(&serde_json::json!("wrong")), "{told}");
        if let Some(serving) = serving {
            let retried = run(folder.path(), &["retry", "--json"]);
            let told: serde_json::Value = serde_json::from_slice(&retried.stdout).expect("JSON");
            assert_eq!(told, serde_json::json!({ "retried": { "resize": 1, "build": 0 } }));
            let since = Instant::now();
            loop {
                let told = run(folder.path(), &["status", "--json"]);
                let told: serde_json::Value = serde_json::from_slice(&told.stdout).expect("JSON");
                let resize = &told["queues"]["resize"];
                if resize["waiting"] == 0 && resize["given_up"] == 0 {
                    break;
                }
                assert!(since.elapsed() < PATIENCE, "{told}");
                std::thread::sleep(Duration::from_millis(50));
            }
            assert!(serving.interrupt());
        }
    }
}

#[test]
fn the_doctor_finds_what_is_wrong_and_says_what_mends_it() {
    let folder = tempfile::tempdir().unwrap();
    let doctor = |expected: i32| {
        let done = run(folder.path(), &["doctor"]);
        let told = format!("{}{}", text(&done.stdout), text(&done.stderr));
        assert_eq!(done.status.code(), Some(expected), "{told}");
        told
    };
    assert!(doctor(3).contains("heirloom serve --data heirloom-data"));
    let serving = Serving::start(folder.path());
    assert!(run(folder.path(), &["user", "add", "gerda"]).status.success());
    let told = doctor(0);
    for part in ["without a session nothing is shown", "1 can sign in", "free", "none given up", "it answers at"] {
        assert!(told.contains(part), "`{part}` is missing in: {told}");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let open = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(folder.path().join("heirloom-data"), open).unwrap();
        assert!(doctor(3).contains("chmod -R go= heirloom-data"));
    }
    assert!(serving.interrupt());
}

#[test]
fn every_outcome_is_one_json_object() {
    let folder = tempfile::tempdir().unwrap();
    assert!(Serving::start(folder.path()).interrupt());
    let said = |arguments: &[&str]| -> serde_json::Value {
        let done = run(folder.path(), &[arguments, &["--json"]].concat());
        assert!(done.status.success(), "{arguments:?}: {}", text(&done.stderr));
        serde_json::from_slice(&done.stdout).unwrap_or_else(|e| panic!("{arguments:?}: {e}: {}", text(&done.stdout)))
    };
    let added = said(&["user", "add", "gerda", "--collections", "Family"]);
    assert!(added["password"].as_str().is_some_and(|password| password.len() > 15), "{added}");
    assert_eq!(said(&["user", "list"])["viewers"][0]["sees"], serde_json::json!(["Family"]));
    assert_eq!(said(&["user", "scope", "gerda", "--everything"])["sees"], serde_json::Value::Null);
    assert!(said(&["user", "passwd", "gerda"])["password"].is_string());
    assert_eq!(said(&["user", "logout", "gerda"])["signed_out"], "gerda");
    let invited = said(&["invite", "tom", "--address", "https://a.example"]);
    assert!(invited["link"].as_str().unwrap().starts_with("https://a.example/auth/invite?code="));
    assert_eq!(said(&["user", "remove", "gerda"])["removed"], "gerda");
    let made = said(&["keys", "rotate"])["made"].clone();
    assert!(said(&["keys", "list"])["keys"].as_array().unwrap().iter().any(|key| key["key"] == made));
    assert!(said(&["keys", "public"])["keys"].is_array());
    assert_eq!(said(&["cost", "--photos", "10,20"])["bills"][1]["photos"], 20);
    assert!(said(&["completions", "bash"])["script"].as_str().unwrap().contains("heirloom"));
    assert!(said(&["status"])["queues"]["build"]["waiting"].is_u64());
    let wrong = run(folder.path(), &["user", "list", "--nonsense"]);
    assert_eq!(wrong.status.code(), Some(2), "a wrong command line");
    assert_eq!(run(folder.path(), &["user", "remove", "nobody", "--json"]).status.code(), Some(1));
}

#[test]
fn a_deploy_says_what_it_needs() {
    let folder = tempfile::tempdir().unwrap();
    refused(&run(folder.path(), &["deploy"]), &["heirloom.toml", "--config"]);
    std::fs::write(folder.path().join("heirloom.toml"), "region = \"eu-central-1\"\n").unwrap();
    refused(&run(folder.path(), &["deploy", "--dry-run"]), &["checkout", "--checkout"]);
    refused(&run(folder.path(), &["deploy", "--checkout", "."]), &["cdk/deploy"]);

    // A checkout whose make tells what it was asked.
    let checkout = folder.path().join("checkout");
    std::fs::create_dir_all(checkout.join("cdk/deploy")).unwrap();
    std::fs::write(checkout.join("cdk/deploy/deploy.ts"), "").unwrap();
    let rule = "deploy destroy:\n\t@echo $@ $(DRY_RUN) $(HEIRLOOM_CONFIG)\n";
    std::fs::write(checkout.join("Makefile"), rule).unwrap();
    let settings = folder.path().canonicalize().unwrap().join("heirloom.toml");
    let told = text(&run(&checkout, &["deploy", "--dry-run", "--config", "../heirloom.toml"]).stdout);
    assert_eq!(told.trim(), format!("deploy 1 {}", settings.display()));
    let told = text(&run(folder.path(), &["deploy", "--destroy", "--checkout", "checkout"]).stdout);
    assert_eq!(told.trim(), format!("destroy {}", settings.display()));
    std::fs::write(checkout.join("Makefile"), "deploy:\n\t@false\n").unwrap();
    let failed = run(folder.path(), &["deploy", "--checkout", "checkout"]);
    assert!(text(&failed.stderr).contains("it can be run again"), "{}", text(&failed.stderr));
}

/// One sentence on standard error, no trace of the program's insides.
fn refused(output: &Output, words: &[&str]) {
    let told = text(&output.stderr);
    assert!(!output.status.success(), "{told}");
    assert_eq!(told.trim_end().lines().count(), 1, "{told}");
    for word in words {
        assert!(told.contains(word), "`{word}` is missing in: {told}");
    }
}

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
