//! How the gallery is, what was given up, what it is called, how it gets onto AWS.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::program::{PATIENCE, Serving, heirloom, refused, run, text};

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
    std::fs::copy(album.join("0.jpg"), album.join("again.jpg")).unwrap();
    std::fs::write(album.join("notes.txt"), b"not a photo").unwrap();
    std::fs::write(album.join("0.jpg.xmp"), b"passed over").unwrap();
    std::fs::write(album.join("metadata.yml"), b"title: Lisbon\nsort: sideways\n").unwrap();
    std::fs::write(album.join("../metadata.yml"), b"titel: Us\ncaptions: {9.jpg: The tram}\n").unwrap();
    assert!(run(folder.path(), &["upload", "Photos"]).status.success());
    let since = Instant::now();
    let status = loop {
        let output = run(folder.path(), &["status", "--json"]);
        let status: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let lisbon = &status["albums"]["Family/Lisbon"];
        if lisbon["photos"] == 4 && lisbon["waiting"] == 0 && lisbon["problem"].is_string() {
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
    let listed = run(folder.path(), &["album", "list", "--json"]);
    let listed: serde_json::Value = serde_json::from_slice(&listed.stdout).expect("JSON");
    assert_eq!(listed["albums"]["Family/Lisbon"]["photos"], 4, "{listed}");
    assert_eq!(status["doubles"], serde_json::json!([["Family/Lisbon/0.jpg", "Family/Lisbon/again.jpg"]]));
    // What cannot be read is gathered by the last record that a build writes.
    loop {
        let told = text(&run(folder.path(), &["status"]).stdout);
        let missing = [
                "Family/Lisbon",
                "notes.txt",
                "0.jpg = Family/Lisbon/again.jpg",
                "\nFamily/Lisbon/metadata.yml, line 2, column 7: `sort` is",
                "\nFamily/metadata.yml\n  `titel` is no key that does anything\n  `captions` names `9.jpg`, which is not there\n",
                "source",
            ]
            .into_iter()
            .find(|part| !told.contains(part));
        let Some(part) = missing else { break };
        assert!(since.elapsed() < PATIENCE, "`{part}` is missing in: {told}");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(serving.interrupt());
    let rebuilt = run(folder.path(), &["rebuild"]);
    assert!(rebuilt.status.success() && text(&rebuilt.stdout).contains("5 were right"), "{}", text(&rebuilt.stdout));
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

/// What the doctor says of one thing: how it is, what was found, what mends it.
fn found(folder: &Path, check: &str) -> (String, String, String) {
    let done = run(folder, &["doctor", "--json"]);
    let told: serde_json::Value = serde_json::from_slice(&done.stdout).expect("JSON");
    let worst = |one: &&serde_json::Value| one["state"] != "good";
    let of = || told["findings"].as_array().unwrap().iter().filter(|one| one["check"] == check);
    let one = of().find(worst).or_else(|| of().next()).unwrap_or_else(|| panic!("no `{check}` in {told}"));
    let word = |name: &str| one[name].as_str().unwrap_or_default().to_owned();
    (word("state"), word("found"), word("mend"))
}

#[test]
fn the_doctor_looks_at_version_ports_clock_certificate_and_keys() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let data = folder.join("heirloom-data");
    assert!(Serving::begun_with(&mut heirloom(folder), &["--tls"]).interrupt());
    assert!(found(folder, "version").1.contains(env!("CARGO_PKG_VERSION")));

    // Whoever has the port: this test, or another program on the machine.
    let _taken = std::net::TcpListener::bind("127.0.0.1:8080");
    let (state, said, mend) = found(folder, "ports");
    assert!(state == "warning" && said.contains("8080") && mend.contains("--port 8090"), "{state} {said} {mend}");

    let (state, said, _) = found(folder, "certificate");
    assert!(state == "good" && said.contains("is good for 39") && said.ends_with("days"), "{said}");
    let day = Duration::from_hours(24);
    let written = |file: &str, at: std::time::SystemTime| {
        std::fs::File::options().write(true).open(data.join(file)).unwrap().set_modified(at).unwrap();
    };
    let now = std::time::SystemTime::now();
    for (days, expected) in [(380, "warning"), (500, "wrong")] {
        written("certificate.pem", now - days * day);
        let (state, said, mend) = found(folder, "certificate");
        assert!(state == expected && mend == "heirloom serve --tls --data heirloom-data", "{state} {said} {mend}");
    }

    assert_eq!(found(folder, "clock").0, "good");
    written("credentials.json", now + day);
    let (state, _, mend) = found(folder, "clock");
    assert!(state == "wrong" && mend.contains("timedatectl"), "{state} {mend}");
    written("credentials.json", now);

    // A key of two years ago.
    assert_eq!(found(folder, "keys").0, "good");
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let resting = local::machine::Resting::open(&local::machine::Settings::new(&data)).await.unwrap();
        let store = resting.store();
        let bucket = gallery::Bucket::Auth;
        for listed in store.list(bucket, "keys/").all().await.unwrap() {
            let key = store.read_path(bucket, &listed.path).await.unwrap().unwrap();
            let mut key: serde_json::Value = serde_json::from_slice(&key.bytes).unwrap();
            let years = jiff::SignedDuration::from_hours(730 * 24);
            age(&mut key, jiff::Timestamp::now() - years);
            let put = store.client().put_object().bucket(store.name(bucket)).key(&listed.path);
            put.body(key.to_string().into_bytes().into()).send().await.unwrap();
        }
        resting.close().await;
    });
    let (state, said, mend) = found(folder, "keys");
    assert!(state == "warning" && said.contains("has been signing since") && mend == "heirloom keys rotate", "{said}");
}

/// Sets every time in it.
fn age(value: &mut serde_json::Value, to: jiff::Timestamp) {
    match value {
        serde_json::Value::String(text) if text.parse::<jiff::Timestamp>().is_ok() => *text = to.to_string(),
        serde_json::Value::Array(all) => all.iter_mut().for_each(|one| age(one, to)),
        serde_json::Value::Object(all) => all.values_mut().for_each(|one| age(one, to)),
        _ => {}
    }
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

#[cfg(unix)]
#[test]
fn whoever_reads_may_leave_early() {
    let folder = tempfile::tempdir().unwrap();
    // More than a pipe holds.
    let mut command = heirloom(folder.path());
    let mut child =
        command.args(["completions", "bash"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let ended = child.wait_with_output().unwrap();
    assert_eq!((ended.status.code(), text(&ended.stderr).as_str()), (Some(141), ""));
}

#[test]
fn what_cannot_be_told_is_told_in_one_sentence() {
    let Ok(full) = std::fs::File::options().write(true).open("/dev/full") else {
        return println!("skipped: there is no `/dev/full` here to write to in vain");
    };
    let folder = tempfile::tempdir().unwrap();
    assert!(Serving::start(folder.path()).interrupt());
    let invite = ["invite", "otto", "--address", "https://a.example"];
    for arguments in [
        &["user", "add", "tom"][..],
        &["user", "passwd", "tom", "--json"],
        &["user", "export"],
        &invite,
        &["status"],
        &["album", "list"],
        &["audit"],
        &["verify"],
        &["doctor"],
        &["cost"],
        &["completions", "bash"],
    ] {
        let done = heirloom(folder.path()).args(arguments).stdout(full.try_clone().unwrap()).output().unwrap();
        refused(&done, &["cannot write to standard output"]);
        assert_eq!(done.status.code(), Some(1), "{arguments:?}");
    }
    // What was done before it is done, and can be done again.
    assert!(run(folder.path(), &["user", "passwd", "tom"]).status.success());

    // A card that finds no room leaves its link.
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("/dev/full", folder.path().join("card.svg")).unwrap();
        let invited = run(folder.path(), &[&invite[..], &["--card", "card.svg"]].concat());
        refused(&invited, &["cannot write the card to"]);
        assert!(text(&invited.stdout).contains("  https://a.example/auth/invite?code="), "{}", text(&invited.stdout));
    }
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

/// The title is one: of the pages and of the door, from wherever it comes.
#[test]
fn the_gallery_has_one_title() {
    let folder = tempfile::tempdir().unwrap();
    let album = folder.path().join("Photos/Family");
    std::fs::create_dir_all(&album).unwrap();
    std::fs::write(album.join("1.jpg"), owner::sample::small(1, 320, 240)).unwrap();
    let serve = |title: &str| Serving::begun(heirloom(folder.path()).env("HEIRLOOM_TITLE", title));
    let page = || {
        let data = folder.path().join("heirloom-data");
        let keys = local::machine::Settings::new(&data).credentials().unwrap();
        let url = format!("http://{}", local::machine::Running::on(&data).unwrap().s3);
        let (access_key, secret_key) = (keys.access_key, keys.secret_key);
        let client = gallery::store::at(&gallery::store::Endpoint { url, access_key, secret_key });
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let page = client.get_object().bucket("web").key("albums/Family/index.html").send().await.ok()?;
            Some(text(&page.body.collect().await.ok()?.to_vec()))
        })
    };
    let until = |title: &str| {
        let since = Instant::now();
        while !page().is_some_and(|page| page.contains(title)) {
            assert!(since.elapsed() < PATIENCE, "the pages never say `{title}`");
            std::thread::sleep(Duration::from_millis(50));
        }
    };
    let serving = serve("The Meyers");
    assert!(run(folder.path(), &["upload", "Photos"]).status.success());
    until("The Meyers");
    assert!(serving.body("/auth/login").contains("<h1><bdi>The Meyers</bdi></h1>"));
    assert!(serving.interrupt());

    // Where it was set up it is called otherwise: so are the pages that are there.
    let serving = serve("The Millers");
    until("The Millers");
    assert!(serving.interrupt());
    let rebuilt = run(folder.path(), &["rebuild"]);
    assert!(rebuilt.status.success(), "{}", text(&rebuilt.stderr));

    // What `gallery.yml` says goes before, here and there, and on cards.
    let serving = serve("The Millers");
    let data = folder.path().join("heirloom-data");
    put(&data, "gallery.yml", b"title: Us & Them\n");
    until("Us &amp; Them");
    assert!(serving.interrupt());
    let serving = serve("The Millers");
    assert!(
        serving.body("/auth/login").contains("<h1><bdi>Us &amp; Them</bdi></h1>"),
        "{}",
        serving.body("/auth/login")
    );
    assert!(run(folder.path(), &["invite", "tom", "--card", "card.svg"]).status.success());
    assert!(std::fs::read_to_string(folder.path().join("card.svg")).unwrap().contains("Us &amp; Them"));
    assert!(serving.interrupt());
}

/// Puts a file into the source bucket of a running gallery, as any S3 client does.
fn put(data: &Path, key: &str, bytes: &'static [u8]) {
    let keys = local::machine::Settings::new(data).credentials().unwrap();
    let url = format!("http://{}", local::machine::Running::on(data).unwrap().s3);
    let (access_key, secret_key) = (keys.access_key, keys.secret_key);
    let client = gallery::store::at(&gallery::store::Endpoint { url, access_key, secret_key });
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let body = aws_sdk_s3::primitives::ByteStream::from_static(bytes);
        client.put_object().bucket("source").key(key).body(body).send().await.unwrap();
    });
}
