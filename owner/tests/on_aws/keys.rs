//! The keys that sign, where sessions live longer than is usual.

use std::fs;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::stage::{OnAws, REGION, text};

/// A key that was made so many days ago and signs since then, or another that does.
fn made(gallery: &OnAws, days: i64) -> String {
    let id = gallery.told(&["keys", "rotate"])["made"].as_str().unwrap().to_owned();
    let (client, bucket, path) = (gallery.client(), gallery.bucket("auth"), format!("keys/{id}.json"));
    gallery.runtime.block_on(async {
        let key = client.get_object().bucket(&bucket).key(&path).send().await.unwrap();
        let mut key: Value = serde_json::from_slice(&key.body.collect().await.unwrap().to_vec()).unwrap();
        let at = Timestamp::now() - SignedDuration::from_hours(24 * days);
        key["created"] = json!(at);
        key["signs_from"] = json!(at);
        let put = client.put_object().bucket(&bucket).key(&path).body(key.to_string().into_bytes().into());
        put.send().await.unwrap();
    });
    id
}

/// Requirement 11: nobody is signed out when an old key goes, however long sessions live.
#[test]
fn a_key_is_kept_as_long_as_the_sessions_of_this_gallery_live() {
    let Some(gallery) = OnAws::new("long-lived") else { return };
    gallery.make_stack();
    let old = made(&gallery, 100);
    made(&gallery, 40);
    let settings = gallery.folder.path().join("heirloom.toml");
    let usual = fs::read_to_string(&settings).unwrap();
    let does = |more: &[&str]| {
        let told = gallery.told(&[&["keys", "list"], more].concat());
        let keys = told["keys"].as_array().unwrap().clone();
        keys.into_iter().find(|key| key["key"] == old.as_str()).unwrap()["does"].clone()
    };
    let lets_go = || {
        let doctor = gallery.program(gallery.folder.path(), &["doctor", "--json"]);
        text(&doctor.stdout).contains(&format!("heirloom keys drop {old}"))
    };
    assert_eq!((does(&[]), lets_go()), (json!("nothing"), true), "30 days are over");

    fs::write(&settings, format!("{usual}session_days = 90\n")).unwrap();
    assert_eq!((does(&[]), lets_go()), (json!("verifies"), false));
    let told = gallery.refused(&["keys", "drop", &old]);
    assert!(told.contains(&old) && told.contains("--emergency"), "{told}");
    // Where the file is not at hand, it may say as much as a year.
    fs::rename(&settings, gallery.folder.path().join("elsewhere.toml")).unwrap();
    assert_eq!(does(&["--stack", "long-lived-gallery", "--region", REGION]), json!("verifies"));
    let told = gallery.refused(&["keys", "drop", &old, "--stack", "long-lived-gallery", "--region", REGION]);
    assert!(told.contains("--emergency"), "{told}");

    fs::write(&settings, usual).unwrap();
    gallery.run(&["keys", "drop", &old]);
    assert!(!gallery.run(&["keys", "list"]).contains(&old));
}
