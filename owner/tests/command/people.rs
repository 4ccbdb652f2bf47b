//! Viewers, invitations, keys, records.

use std::io::Write as _;
use std::process::Stdio;

use gallery::{CollectionSlug, Key, Scope};
use local::machine::{Resting, Settings};

use crate::program::{Serving, heirloom, refused, run, text};

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

#[tokio::test]
async fn whoever_is_let_in_finds_their_pages_made() {
    let folder = tempfile::tempdir().unwrap();
    assert!(Serving::start(folder.path()).interrupt());
    // Nobody hears events now: what is there afterwards the commands have made.
    assert!(run(folder.path(), &["user", "add", "gerda", "--collections", "Family"]).status.success());
    assert!(run(folder.path(), &["user", "add", "tom", "--collections", "Trips"]).status.success());
    assert!(run(folder.path(), &["user", "scope", "tom", "--collections", "Trips,Family"]).status.success());
    let invite = ["invite", "paul", "--collections", "Garden", "--address", "https://photos.example.org"];
    assert!(run(folder.path(), &invite).status.success());
    let resting = Resting::open(&Settings::new(folder.path().join("heirloom-data"))).await.unwrap();
    for seen in [&["Family"][..], &["Trips"], &["Family", "Trips"], &["Garden"]] {
        let scope = Scope::Only(seen.iter().map(|name| CollectionSlug::parse(name).unwrap()).collect());
        let page = resting.store().read(&Key::HomePage(scope.home())).await.unwrap();
        assert!(page.is_some(), "{seen:?}");
    }
    resting.close().await;
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
    // A card that has no place lets nobody in, and a look at its place leaves nothing there.
    refused(&run(folder.path(), &["invite", "otto", "--card", "not/there/c.svg"]), &["cannot write the card to"]);
    let taken = ["invite", "grandma", "--collections", "Garden", "--card", "second.svg"];
    refused(&run(folder.path(), &taken), &["user scope grandma"]);
    assert!(!folder.path().join("second.svg").exists());
    assert_eq!(std::fs::read_to_string(&card).unwrap(), drawn);
    assert!(!text(&run(folder.path(), &["user", "list"]).stdout).contains("otto"));
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
    refused(&keys(&["drop", &old]), &[&old, "heirloom keys rotate", "--emergency"]);
    refused(&keys(&["drop", "nonsense"]), &["nonsense", "keys list"]);
    assert!(run(folder.path(), &["user", "add", "tom"]).status.success());
    refused(&keys(&["drop", "nonsense", "--emergency"]), &["nonsense", "keys list"]);
    let dropped = keys(&["drop", &old, "--emergency", "--json"]);
    let told: serde_json::Value = serde_json::from_slice(&dropped.stdout).expect("JSON");
    assert_eq!((told["dropped"].as_str(), told["signed_out"].as_u64()), (Some(old.as_str()), Some(1)), "{told}");
    assert!(!text(&keys(&["list"]).stdout).contains(&old));
    assert!(serving.interrupt());
}
