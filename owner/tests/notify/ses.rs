//! What Amazon SES says, and its password.

use std::io::Write;
use std::process::Stdio;

use gallery::Key;
use serde_json::Value;

use super::scene::post::Server;
use super::scene::{Serving, heirloom, refused, text, write};
use super::{CLEAR, failed, outcomes, settings, upload, viewer};

#[test]
fn what_amazon_ses_refuses_is_understood() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    let Some(server) = Server::start(&folder.join("taken"), &[]) else { return };
    let _serving = Serving::start(folder);
    for name in ["busy", "sandbox", "zoe"] {
        viewer(folder, name, &format!("{name}@example.com"), &[]);
    }
    upload(folder, &["Family/Lisbon/1.jpg"]);
    let asked = || std::fs::read_to_string(server.folder.join("asked")).unwrap_or_default();

    // Where nobody's mail goes, one is enough to know it.
    settings(folder, server.port, CLEAR);
    let file = folder.join("heirloom-data/mail.toml");
    let usual = std::fs::read_to_string(&file).unwrap();
    write(&file, usual.replace("photos@example.org", "unverified@example.org"));
    let report = failed(folder, &["notify", "--json"]);
    assert_eq!(outcomes(&report), ["busy failed", "sandbox failed", "zoe failed"], "{report}");
    assert!(report["away"].as_str().unwrap().contains("verify the address that mails are from"), "{report}");
    assert_eq!(asked(), "busy@example.com\n");

    // Too fast is a matter of a moment, a stranger's address one of that address.
    std::fs::remove_file(server.folder.join("asked")).unwrap();
    write(&file, usual);
    let report = failed(folder, &["notify", "--now", "--json"]);
    assert_eq!(outcomes(&report), ["busy sent", "sandbox failed", "zoe sent"], "{report}");
    assert!(report["viewers"][1]["why"].as_str().unwrap().contains("ask for production access"), "{report}");
    assert!(report.get("away").is_none(), "{report}");
    assert_eq!(asked(), "busy@example.com\n".repeat(3) + "sandbox@example.com\nzoe@example.com\n");
    assert_eq!(server.to(), ["busy@example.com", "zoe@example.com"], "three times asked, once sent");
}

#[test]
fn the_password_of_ses_is_made_of_a_secret_key() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    let serving = Serving::start(folder);
    let given = |secret: &str| {
        let mut setting = heirloom(folder)
            .args(["notify", "--set-password", "--from-secret-key"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // Who needs no secret to refuse has gone before it is written.
        let _ = setting.stdin.take().unwrap().write_all(secret.as_bytes());
        let output = setting.wait_with_output().unwrap();
        (output.status.success(), text(&output.stderr))
    };
    let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
    refused(folder, &["notify"], &["no mail server is named yet", "mail.toml", "docs/notify.md"]);
    settings(folder, 25, CLEAR);
    assert!(given(secret).1.contains("which is not Amazon SES"), "{}", given(secret).1);
    write(
        &folder.join("heirloom-data/mail.toml"),
        "[mail]\nserver = \"email-smtp.eu-central-1.amazonaws.com\"\nuser = \"AKIAIOSFODNN7EXAMPLE\"\nfrom = \
         \"photos@example.org\"\n",
    );
    assert!(given("AKIAIOSFODNN7EXAMPLE\n").1.contains("belongs into `user`"));
    assert_eq!(given(&format!("{secret}\nurl: example.org\n")), (true, String::new()));
    let store = serving.store();
    let kept = tokio::runtime::Runtime::new().unwrap().block_on(store.read_json::<Value>(&Key::MailPassword)).unwrap();
    let password = mail::ses::smtp_password(secret, "eu-central-1").unwrap();
    assert_eq!(kept.unwrap().0["password"], password.as_str());
}
