//! The line to a mail server: private, and the password nobody else's.

use std::io::Write;
use std::process::{Command, Stdio};

use super::scene::post::{Server, python};
use super::scene::{Serving, done, heirloom, refused, text, told, write};
use super::{CLEAR, failed, outcomes, settings, upload, viewer};

#[test]
fn the_line_is_private_and_the_password_nobody_elses() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    if python().is_none() {
        eprintln!("left out: HEIRLOOM_PYTHON names no Python with aiosmtpd");
        return;
    }
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"])
        .args([
            "-subj",
            "/CN=mail",
            "-addext",
            "subjectAltName=IP:127.0.0.1",
            "-addext",
            "basicConstraints=critical,CA:FALSE",
        ])
        .args(["-keyout", "key.pem", "-out", "cert.pem"])
        .current_dir(folder)
        .output()
        .expect("openssl runs");
    assert!(made.status.success(), "{}", text(&made.stderr));
    let file = |name: &str| folder.join(name).display().to_string();
    let private =
        ["--cert", &file("cert.pem"), "--key", &file("key.pem"), "--user", "family", "--password", "open sesame"];
    let server = Server::start(&folder.join("taken"), &private).unwrap();
    let wrapped = Server::start(&folder.join("wrapped"), &[&private[..], &["--wrapped"]].concat()).unwrap();
    let plain = Server::start(&folder.join("plain"), &[]).unwrap();
    let _serving = Serving::start(folder);
    viewer(folder, "gerda", "gerda@example.com", &[]);
    upload(folder, &["Family/Lisbon/1.jpg"]);
    let why = |more: &str, port| {
        settings(folder, port, more);
        let report = failed(folder, &["notify", "--now", "--json"]);
        report["viewers"][0]["why"].as_str().unwrap().to_owned()
    };
    let signed = "user = \"family\"\npassword_file = \"password\"\n";
    let password = folder.join("heirloom-data/password");
    let kept = |text: &str, mode: u32| {
        use std::os::unix::fs::PermissionsExt;
        write(&password, text);
        std::fs::set_permissions(&password, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    kept("open sesame\n", 0o600);
    // A server that offers no private line gets nothing, least of all the password.
    assert!(why(signed, plain.port).contains("takes nothing"));
    // A certificate that nobody vouches for; no private line where the server wants one; a wrong password.
    assert!(why(signed, server.port).contains("certificate"), "{}", why(signed, server.port));
    assert!(why(&format!("{CLEAR}{signed}"), server.port).contains("takes nothing"));
    let trusting = format!("ca_file = \"{}\"\n{signed}", file("cert.pem"));
    kept("open barley\n", 0o600);
    assert!(why(&trusting, server.port).contains("535"));
    kept("open sesame\n", 0o644);
    refused(folder, &["notify", "--now"], &["chmod 600"]);
    std::fs::remove_file(&password).unwrap();
    let without = trusting.replace("password_file = \"password\"\n", "");
    settings(folder, server.port, &without);
    refused(folder, &["notify", "--now"], &["--set-password"]);
    assert!(server.mails().is_empty() && plain.mails().is_empty());

    let mut setting = heirloom(folder).args(["notify", "--set-password"]).stdin(Stdio::piped()).spawn().unwrap();
    setting.stdin.take().unwrap().write_all(b"open sesame\n").unwrap();
    assert!(setting.wait().unwrap().success());
    assert_eq!(outcomes(&told(folder, &["notify", "--now", "--json"])), ["gerda sent"]);
    assert_eq!(server.mails()[0].1["tls"], true);

    // The same where the line is private from the first byte on.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    upload(folder, &["Family/Lisbon/2.jpg"]);
    assert!(
        why(&format!("tls = \"tls\"\n{signed}").replace("password_file = \"password\"\n", ""), wrapped.port)
            .contains("`ca_file`")
    );
    settings(folder, wrapped.port, &format!("tls = \"tls\"\n{without}"));
    assert_eq!(outcomes(&told(folder, &["notify", "--now", "--json"])), ["gerda sent"]);
    assert_eq!(wrapped.mails()[0].1["tls"], true);
    assert!(!done(folder, &["audit", "--json"]).contains("sesame"));
}
