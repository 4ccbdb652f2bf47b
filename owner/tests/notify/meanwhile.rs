//! Viewers who are let out, or want no more mails, while the letter before theirs is on its way.

use std::process::Stdio;

use gallery::{Bucket, Key, ViewerName};
use login::User;
use serde_json::Value;

use super::scene::post::Server;
use super::scene::{Serving, done, heirloom, text, told, until, write};
use super::{CLEAR, outcomes, request, settings, upload, viewer};

#[test]
fn who_leaves_during_a_round_is_not_written_to() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    let Some(server) = Server::start(&folder.join("taken"), &[]) else { return };
    let serving = Serving::start(folder);
    for name in ["slow", "tim", "tom", "zoe"] {
        viewer(folder, name, &format!("{name}@example.com"), &["--collections", "Family,Garden"]);
    }
    settings(folder, server.port, CLEAR);
    upload(folder, &["Family/Lisbon/1.jpg"]);
    let (runtime, store) = (tokio::runtime::Runtime::new().unwrap(), serving.store());
    let zoe = ViewerName::parse("zoe").unwrap();
    let (user, _) = runtime.block_on(store.read_json::<User>(&Key::User(zoe.clone()))).unwrap().unwrap();
    let link = user.mail.unwrap().unsubscribe(&zoe);

    let round =
        heirloom(folder).args(["notify", "--json"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    until("the first letter is on its way", || server.folder.join("asked").exists());
    done(folder, &["user", "scope", "tim", "--collections", "Garden"]);
    done(folder, &["user", "remove", "tom"]);
    let ended = request(&serving, "POST", &link, "List-Unsubscribe=One-Click");
    assert!(ended.contains("You get no more mails"), "{ended}");
    write(&server.folder.join("open"), "");
    let output = round.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));

    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(outcomes(&report), ["slow sent", "tim changed", "tom changed", "zoe changed"], "{report}");
    assert_eq!(server.to(), ["slow@example.com"]);
    let kept = runtime.block_on(store.list(Bucket::Auth, "mail/viewers/").all()).unwrap();
    let kept: Vec<_> = kept.into_iter().map(|listed| listed.path).collect();
    assert_eq!(kept, ["mail/viewers/slow.json"], "nothing is noted of who got nothing");
    assert_eq!(
        outcomes(&told(folder, &["notify", "--json"])),
        ["slow nothing", "tim nothing", "zoe stopped"],
        "the next round sees them as they are"
    );
}
