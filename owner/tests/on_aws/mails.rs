//! `heirloom notify` about a gallery on AWS: settings out of `heirloom.toml`, the password into the auth bucket.

use std::io::Write;
use std::process::Stdio;

use gallery::Key;

use super::stage::{OnAws, text};

#[test]
fn viewers_of_a_gallery_on_aws_would_be_told() {
    let Some(gallery) = OnAws::new("told-by-mail") else { return };
    gallery.make_stack();
    gallery.run(&["user", "add", "gerda", "--email", "gerda@example.com"]);
    let album = gallery.folder.path().join("Photos/Family/Lisbon");
    std::fs::create_dir_all(&album).unwrap();
    std::fs::write(album.join("1.jpg"), owner::sample::small(1, 320, 240)).unwrap();
    gallery.run(&["upload", "Photos"]);
    gallery.run(&["rebuild"]);

    let told = gallery.refused(&["notify", "--aws"]);
    assert!(told.contains("[mail]") && told.contains("heirloom.toml"), "{told}");
    let settings = gallery.folder.path().join("heirloom.toml");
    let mut text_of = std::fs::read_to_string(&settings).unwrap();
    text_of += "[mail]\nserver = \"email-smtp.eu-central-1.amazonaws.com\"\nuser = \"AKIAIOSFODNN7EXAMPLE\"\n\
        from = \"photos@example.com\"\naddress = \"https://photos.example.com\"\n";
    std::fs::write(&settings, text_of).unwrap();
    let told = gallery.told(&["notify", "--aws", "--dry-run"]);
    assert_eq!(told["viewers"][0]["outcome"], "waits", "three quiet hours: {told}");
    let told = gallery.run(&["notify", "--aws", "--dry-run", "--now"]);
    assert!(told.contains("gerda <gerda@example.com> would get: 1 new photo in “Lisbon”"), "{told}");
    let noted: Vec<String> = gallery.keys_in("auth").into_iter().filter(|key| key.starts_with("mail/")).collect();
    assert!(noted.is_empty(), "a dry run notes nothing: {noted:?}");

    let mut setting = gallery.command(gallery.folder.path(), &["notify", "--set-password", "--aws"]);
    let mut setting = setting.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    setting.stdin.take().unwrap().write_all(b"a secret\n").unwrap();
    let output = setting.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(gallery.keys_in("auth").contains(&Key::MailPassword.path()));
    assert!(gallery.run(&["audit"]).contains("mail-password-set"));
}
