//! The command against a gallery on AWS, played by the server that `HEIRLOOM_S3_ENDPOINT`, `HEIRLOOM_S3_ACCESS_KEY` and
//! `HEIRLOOM_S3_SECRET_KEY` name (moto in `make test`). Without them these tests say that they are left out.

mod keeping;
mod keys;
mod mails;
mod moving;
mod stage;

use stage::{ACCOUNT, ADDRESS, OnAws, REGION, text};

#[test]
fn every_command_finds_the_gallery_by_its_stack() {
    let Some(gallery) = OnAws::new("stacked") else { return };
    gallery.make_stack();
    assert!(gallery.run(&["user", "add", "gerda"]).contains("password: "));
    assert!(gallery.run(&["user", "list"]).contains("gerda"));
    assert!(gallery.keys_in("auth").contains(&"users/gerda.json".to_owned()));
    let invited = gallery.run(&["invite", "tom"]);
    assert!(invited.contains(&format!("{ADDRESS}/auth/invite?code=")), "{invited}");
    let rotated = gallery.run(&["keys", "rotate"]);
    assert!(rotated.contains("heirloom deploy"), "{rotated}");
    assert!(gallery.run(&["keys", "public"]).contains("\"audience\":\"stacked\""));
    assert!(gallery.run(&["audit"]).contains("viewer-added"));

    let album = gallery.folder.path().join("Photos/Family/Lisbon");
    std::fs::create_dir_all(&album).unwrap();
    std::fs::write(album.join("1.jpg"), owner::sample::small(1, 320, 240)).unwrap();
    assert!(gallery.run(&["upload", "Photos"]).contains("1 uploaded"));
    assert!(gallery.run(&["upload", "Photos"]).contains("1 was there already"));
    assert_eq!(gallery.keys_in("source"), ["Family/Lisbon/1.jpg"]);
    assert!(gallery.run(&["status"]).contains("Family/Lisbon"));
    gallery.run(&["rebuild"]);
    assert!(gallery.keys_in("web").iter().any(|key| key == "albums/Family/Lisbon/index.html"));

    // Without the file, by the stack alone; and with both kinds of gallery at hand nothing is guessed.
    let elsewhere = tempfile::tempdir().unwrap();
    let by_stack = ["user", "list", "--stack", "stacked-gallery", "--region", REGION];
    let listed = gallery.program(elsewhere.path(), &by_stack);
    assert!(text(&listed.stdout).contains("gerda"), "{}", text(&listed.stderr));
    std::fs::create_dir(gallery.folder.path().join("heirloom-data")).unwrap();
    assert!(gallery.refused(&["user", "list"]).contains("--aws"));
    assert!(gallery.run(&["user", "list", "--aws"]).contains("gerda"));
}

#[test]
fn dead_letters_are_told_and_tried_again() {
    let Some(gallery) = OnAws::new("letters") else { return };
    gallery.make_stack();
    let mut urls = Vec::new();
    for queue in ["resize", "resize-dead-letters", "build", "build-dead-letters"] {
        let made = gallery.sqs("CreateQueue", &serde_json::json!({ "QueueName": format!("letters-{queue}") }));
        urls.push(made["QueueUrl"].as_str().unwrap().to_owned());
    }
    for number in 0..12 {
        let object = serde_json::json!({
            "bucket": { "name": gallery.bucket("source") },
            "object": { "key": format!("Family/{number}+x.jpg") },
        });
        let body = serde_json::json!({ "Records": [{ "s3": object }] }).to_string();
        gallery.sqs("SendMessage", &serde_json::json!({ "QueueUrl": urls[1], "MessageBody": body }));
    }
    let told: serde_json::Value = serde_json::from_str(&gallery.run(&["status", "--json"])).unwrap();
    assert_eq!(told["queues"]["resize"]["given_up"], 12, "{told}");
    let about = told["queues"]["resize"]["dead_letters"][0]["about"][0].as_str().unwrap();
    assert!(about.contains("/Family/") && about.ends_with(" x.jpg"), "{about}");
    assert!(told["cost"]["estimate"].is_f64() && told["cost"]["budget"] == 5.0, "{told}");

    let doctor = gallery.program(gallery.folder.path(), &["doctor", "--json"]);
    assert_eq!(doctor.status.code(), Some(3), "{}", text(&doctor.stderr));
    let told: serde_json::Value = serde_json::from_slice(&doctor.stdout).unwrap();
    let mends: Vec<&str> =
        told["findings"].as_array().unwrap().iter().filter_map(|finding| finding["mend"].as_str()).collect();
    for mend in ["heirloom retry", "heirloom user add NAME", "curl -sSI http://127.0.0.1:9/auth/login"] {
        assert!(mends.contains(&mend), "`{mend}` is missing in: {told}");
    }
    let block = "aws s3api put-public-access-block --bucket letters-source-";
    assert!(mends.iter().any(|mend| mend.starts_with(block)), "{told}");
    assert!(told["findings"].as_array().unwrap().iter().any(|one| one["check"] == "clock" && one["state"] == "good"));

    assert!(gallery.run(&["retry"]).contains("resize: 12 messages"));
    let told: serde_json::Value = serde_json::from_str(&gallery.run(&["status", "--json"])).unwrap();
    let resize = &told["queues"]["resize"];
    assert_eq!((&resize["waiting"], &resize["given_up"]), (&12.into(), &0.into()), "{told}");
}

#[test]
fn the_buckets_of_a_destroyed_gallery_are_found_by_their_names() {
    let Some(gallery) = OnAws::new("left-behind") else { return };
    gallery.make_buckets();
    gallery.run(&["user", "add", "gerda"]);
    assert!(gallery.run(&["user", "list"]).contains("gerda"));
    let told = gallery.refused(&["invite", "tom"]);
    assert!(told.contains("--address"), "{told}");
}

#[test]
fn what_is_not_there_is_told_in_one_sentence() {
    let Some(gallery) = OnAws::new("nowhere") else { return };
    let told = gallery.refused(&["status"]);
    for part in ["`nowhere`", REGION, ACCOUNT, "heirloom deploy", "--profile"] {
        assert!(told.contains(part), "`{part}` is missing in: {told}");
    }
    let told = gallery.refused(&["status", "--profile", "somebody"]);
    assert!(told.contains("`somebody`") && told.contains("aws sso login"), "{told}");
    let told = gallery.refused(&["status", "--config", "other.toml"]);
    assert!(told.contains("other.toml"), "{told}");
    let told = gallery.refused(&["status", "--aws", "--data", "here"]);
    assert!(told.contains("say one of them"), "{told}");
}
