//! What is kept, proven, described and watched on AWS.

use std::fs;
use std::path::Path;

use ::gallery::store::BucketNames;
use ::gallery::{Key, Store};
use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};
use jiff::{SignedDuration, Timestamp};
use login::{Invitations, Secret, User};
use serde_json::{Value, json};

use crate::stage::{OnAws, text};

fn photo(gallery: &OnAws, path: &str, seed: u64) {
    let file = gallery.folder.path().join("Photos").join(path);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, owner::sample::small(seed, 320, 240)).unwrap();
}

fn count(told: &Value, name: &str) -> usize {
    told[name].as_array().unwrap_or_else(|| panic!("no list `{name}` in {told}")).len()
}

/// A distribution as far as the emulator wants one; its id.
fn distribution(gallery: &OnAws) -> String {
    let config = "<DistributionConfig xmlns=\"http://cloudfront.amazonaws.com/doc/2020-05-31/\"><CallerReference>a</CallerReference>\
        <Comment>a</Comment><Enabled>true</Enabled><Origins><Quantity>1</Quantity><Items><Origin><Id>web</Id>\
        <DomainName>web.s3.amazonaws.com</DomainName><S3OriginConfig><OriginAccessIdentity></OriginAccessIdentity>\
        </S3OriginConfig></Origin></Items></Origins><DefaultCacheBehavior><TargetOriginId>web</TargetOriginId>\
        <ViewerProtocolPolicy>https-only</ViewerProtocolPolicy></DefaultCacheBehavior></DistributionConfig>";
    let asked = reqwest::Client::new().post(format!("{}/2020-05-31/distribution", gallery.endpoint.url));
    let made = gallery.call("cloudfront", "us-east-1", asked.body(config).header("content-type", "application/xml"));
    between(&made, "<Id>", "</Id>").to_owned()
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let (_, rest) = text.split_once(start).unwrap_or_else(|| panic!("no {start} in {text}"));
    rest.split_once(end).unwrap_or_else(|| panic!("no {end} in {text}")).0
}

#[test]
fn deleted_means_gone_at_cloudfront_too() {
    let Some(gallery) = OnAws::new("forgetting") else { return };
    let distribution = distribution(&gallery);
    gallery.make_stack_with(&[("DistributionId", &distribution)]);
    let versioning = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
    let client = gallery.client();
    let asked = client.put_bucket_versioning().bucket(gallery.bucket("source")).versioning_configuration(versioning);
    gallery.runtime.block_on(asked.send()).unwrap();
    for (seed, path) in ["Family/Lisbon/1.jpg", "Family/Lisbon/2.jpg", "Garden/3.jpg"].iter().enumerate() {
        photo(&gallery, path, seed as u64);
    }
    assert_eq!(count(&gallery.told(&["upload", "Photos"]), "uploaded"), 3);
    gallery.run(&["rebuild"]);
    let well = gallery.told(&["verify"]);
    assert_eq!((&well["originals"], &well["facts"], count(&well, "findings")), (&json!(3), &json!(3), 0), "{well}");
    assert!(well["proven_bytes"].as_u64() > Some(1000) && well["invalidation"].is_null(), "{well}");

    // The photo is deleted, and nobody's handler runs: everything that was made of it is still there.
    fs::remove_file(gallery.folder.path().join("Photos/Family/Lisbon/1.jpg")).unwrap();
    assert_eq!(gallery.told(&["upload", "Photos", "--delete"])["deleted"], json!(["Family/Lisbon/1.jpg"]));
    let found = gallery.program(gallery.folder.path(), &["verify", "--quick", "--json"]);
    assert_eq!(found.status.code(), Some(3), "{}", text(&found.stderr));
    let found: Value = serde_json::from_slice(&found.stdout).unwrap();
    assert!(found["findings"].as_array().unwrap().iter().any(|one| one["kind"] == "left-over"), "{found}");

    let said = gallery.run(&["verify", "--repair"]);
    assert!(said.contains("All is well"), "{said}");
    let id = between(&said, "photos that are gone (", ")");
    let asked = format!("{}/2020-05-31/distribution/{distribution}/invalidation/{id}", gallery.endpoint.url);
    let invalidation = gallery.call("cloudfront", "us-east-1", reqwest::Client::new().get(asked));
    let photo = ::gallery::PhotoId::of_key("Family/Lisbon/1.jpg");
    assert!(invalidation.contains(&format!("<Path>/pics/Family/{photo}/*</Path>")), "{invalidation}");
    for bucket in ["resized", "web"] {
        let keys = gallery.keys_in(bucket);
        assert!(!keys.iter().any(|key| key.contains(&photo.to_string())), "{bucket}: {keys:?}");
    }
    let well = gallery.told(&["verify"]);
    assert_eq!((&well["originals"], count(&well, "findings")), (&json!(2), 0), "{well}");
    // What was deleted lately is asked for once more: who asked first may have been too early.
    assert!(well["invalidation"].is_string(), "{well}");
}

#[test]
fn a_copy_is_made_and_brought_into_another_gallery() {
    let Some(gallery) = OnAws::new("copied") else { return };
    gallery.make_stack();
    photo(&gallery, "Family/Lisbon & Porto/2+2 ü.jpg", 1);
    photo(&gallery, "Garden/3.jpg", 2);
    // In parts, with an ETag that is no MD5 of the whole.
    fs::write(gallery.folder.path().join("Photos/Garden/film.mov"), vec![7; 33 << 20]).unwrap();
    gallery.run(&["upload", "Photos"]);
    gallery.run(&["user", "add", "tom", "--collections", "Family"]);
    let first = gallery.told(&["backup", "copy"]);
    assert_eq!((count(&first, "copied"), &first["people"]), (3, &json!(1)), "{first}");
    let again = gallery.told(&["backup", "copy"]);
    assert_eq!((count(&again, "copied"), &again["unchanged"]), (0, &json!(3)), "{again}");
    assert!(gallery.folder.path().join("copy/originals/Family/Lisbon & Porto/2+2 ü.jpg").is_file());
    gallery.run(&["backup", "copy", "--check"]);

    let Some(other) = OnAws::new("restored") else { return };
    other.make_stack();
    let copy = gallery.folder.path().join("copy");
    let copy = copy.to_str().unwrap();
    assert!(other.run(&["restore", copy, "--dry-run"]).contains("3 would be restored"));
    let restored = other.told(&["restore", copy]);
    assert_eq!((count(&restored, "restored"), &restored["people"]), (3, &json!(["tom"])), "{restored}");
    let mut keys = (gallery.keys_in("source"), other.keys_in("source"));
    keys.0.sort();
    keys.1.sort();
    assert_eq!(keys.0, keys.1);
    assert_eq!(other.told(&["user", "list"])["viewers"][0]["sees"], json!(["Family"]));
    assert!(other.run(&["restore", copy]).starts_with("0 restored (0 B), 3 were there already"));
    assert!(other.run(&["upload", gallery.folder.path().join("Photos").to_str().unwrap()]).starts_with("0 uploaded"));
}

#[test]
fn albums_and_viewers_are_described_there() {
    let Some(gallery) = OnAws::new("described") else { return };
    gallery.make_stack();
    photo(&gallery, "Family/Lisbon/tram.jpg", 1);
    photo(&gallery, "Family/Lisbon/tower.jpg", 2);
    gallery.run(&["upload", "Photos"]);
    gallery.run(&["rebuild"]);
    gallery.run(&["album", "rename", "Family/Lisbon", "Summer in Lisbon"]);
    gallery.run(&["album", "caption", "Family/Lisbon/tram.jpg", "The 28, as always"]);
    gallery.run(&["album", "cover", "Family/Lisbon", "tram.jpg"]);
    gallery.run(&["rebuild", "Family/Lisbon"]);
    assert!(gallery.run(&["album", "list"]).contains("Summer in Lisbon"));
    let key = gallery.client().get_object().bucket(gallery.bucket("source")).key("Family/Lisbon/metadata.yml");
    let words = gallery.runtime.block_on(async { key.send().await.unwrap().body.collect().await.unwrap().to_vec() });
    let words = text(&words);
    for part in ["title: Summer in Lisbon", "tram.jpg: 'The 28, as always'", "cover_image: tram.jpg"] {
        assert!(words.contains(part), "`{part}` is missing in: {words}");
    }
    gallery.run(&["album", "hide", "Family/Lisbon"]);
    gallery.run(&["rebuild"]);
    assert!(gallery.run(&["album", "list"]).contains("hidden"));
    gallery.run(&["album", "show", "Family/Lisbon"]);
    let moved = gallery.run(&["album", "move", "Family/Lisbon", "Travels/Lisbon"]);
    assert!(moved.starts_with("2 photos were moved"), "{moved}");
    let mut keys = gallery.keys_in("source");
    keys.sort();
    let there = ["metadata.yml", "tower.jpg", "tram.jpg"].map(|name| format!("Travels/Lisbon/{name}"));
    assert_eq!(keys, there);

    gallery.run(&["user", "add", "tom", "--collections", "Travels"]);
    gallery.run(&["user", "scope", "tom", "--everything"]);
    gallery.run(&["user", "passwd", "tom"]);
    gallery.run(&["user", "logout", "tom"]);
    let people = gallery.run(&["user", "export"]) + "\n[anna]\nsees = [\"Travels\"]\n";
    fs::write(gallery.folder.path().join("users.toml"), people).unwrap();
    assert!(gallery.run(&["user", "apply", "users.toml", "--yes"]).contains("anna"));
    fs::write(gallery.folder.path().join("old"), "karl:$apr1$lZL6V/ci$eIMz/iKDkbtys/uU7LEK00\n").unwrap();
    gallery.run(&["user", "import", "htpasswd", "old"]);
    gallery.run(&["user", "remove", "tom"]);
    let listed = gallery.told(&["user", "list"]);
    let names: Vec<&str> =
        listed["viewers"].as_array().unwrap().iter().filter_map(|one| one["name"].as_str()).collect();
    assert_eq!(names, ["anna", "karl"]);
}

/// No rule of a bucket removes them: S3 does not know when they end.
#[test]
fn invitations_that_are_long_over_are_removed_by_the_owners_commands() {
    let Some(gallery) = OnAws::new("invited") else { return };
    gallery.make_stack();
    gallery.run(&["user", "add", "tom"]);
    let name = |what| gallery.bucket(what);
    let names = BucketNames { source: name("source"), resized: name("resized"), web: name("web"), auth: name("auth") };
    let store = Store::new(gallery.client(), names);
    let over_for = |days: i64| {
        let (now, secret) = (Timestamp::now(), Secret::new().unwrap());
        let over = now - SignedDuration::from_hours(24 * days);
        gallery.runtime.block_on(async {
            let (tom, _) = store.read_json::<User>(&Key::User("tom".parse().unwrap())).await.unwrap().unwrap();
            let made = over - SignedDuration::from_hours(24 * 7);
            Invitations::new(store.clone()).make(&tom, &secret, made, over).await.unwrap();
        });
    };
    let count = || gallery.keys_in("auth").iter().filter(|key| key.starts_with("invitations/")).count();
    for command in [&["user", "list"][..], &["invite", "tom"]] {
        let before = count();
        over_for(31);
        over_for(29);
        assert_eq!(count(), before + 2);
        gallery.run(command);
        let made = usize::from(command[0] == "invite");
        assert_eq!(count(), before + 1 + made, "{command:?}");
    }
    gallery.run(&["user", "remove", "tom"]);
    assert_eq!(count(), 0);
}

#[test]
fn a_folder_is_watched_and_the_month_is_estimated() {
    let Some(gallery) = OnAws::new("watched") else { return };
    gallery.make_stack();
    photo(&gallery, "Family/1.jpg", 1);
    let said = gallery.run(&["watch", "Photos", "--once"]);
    assert!(said.contains("Family/1.jpg"), "{said}");
    gallery.run(&["rebuild"]);
    gallery.run(&["user", "add", "tom"]);
    let told = gallery.told(&["status"]);
    assert_eq!(told["albums"]["Family"]["photos"], 1, "{told}");
    let cost = &told["cost"];
    assert!(cost["estimate"].as_f64() > Some(0.0) && cost["budget"] == 5.0 && cost["prices"].is_string(), "{told}");
    let said = gallery.run(&["status"]);
    assert!(said.contains("This month costs about $") && said.contains("the budget is $5.00"), "{said}");
}

/// Says which domain the gallery has.
fn with_domain(folder: &Path, domain: &str) {
    let file = folder.join("heirloom.toml");
    let settings = fs::read_to_string(&file).unwrap() + &format!("domain = \"{domain}\"\n");
    fs::write(file, settings).unwrap();
}

fn certificate(gallery: &OnAws) -> Value {
    let told = gallery.program(gallery.folder.path(), &["doctor", "--json"]);
    let told: Value = serde_json::from_slice(&told.stdout).unwrap();
    let of_domain =
        |one: &&Value| one["check"] == "certificate" && !one["found"].as_str().unwrap().contains("127.0.0.1");
    told["findings"].as_array().unwrap().iter().find(of_domain).cloned().unwrap_or_else(|| panic!("{told}"))
}

/// A certificate that is good for so many days more goes to the account.
fn import_certificate(gallery: &OnAws, domain: &str, days: i64) {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut parameters = rcgen::CertificateParams::new(vec![domain.to_owned()]).unwrap();
    parameters.distinguished_name.push(rcgen::DnType::CommonName, domain);
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let day = |date: jiff::civil::Date| rcgen::date_time_ymd(date.year().into(), date.month() as u8, date.day() as u8);
    parameters.not_before = day(today.checked_sub(jiff::Span::new().days(2)).unwrap());
    parameters.not_after = day(today.checked_add(jiff::Span::new().days(days)).unwrap());
    let made = parameters.self_signed(&key).unwrap();
    let encoded = |pem: String| data_encoding::BASE64.encode(pem.as_bytes());
    let asked = json!({ "Certificate": encoded(made.pem()), "PrivateKey": encoded(key.serialize_pem()) });
    gallery.json("acm", "us-east-1", "CertificateManager.ImportCertificate", &asked);
}

#[test]
fn the_doctor_reads_the_certificate_of_a_domain() {
    let Some(gallery) = OnAws::new("certified") else { return };
    gallery.make_stack();
    let domain = "photos.certified.example";
    with_domain(gallery.folder.path(), domain);
    assert_eq!(certificate(&gallery)["mend"], "heirloom deploy", "there is none");
    gallery.json(
        "acm",
        "us-east-1",
        "CertificateManager.RequestCertificate",
        &json!({ "DomainName": domain, "ValidationMethod": "DNS" }),
    );
    let waits = certificate(&gallery);
    assert!(waits["state"] == "wrong" && waits["found"].as_str().unwrap().contains("PENDING"), "{waits}");
    let mend = waits["mend"].as_str().unwrap();
    assert!(
        mend.starts_with("aws acm describe-certificate --region us-east-1 --certificate-arn arn:aws:acm:"),
        "{mend}"
    );

    // An issued one goes before one that waits, and the longer life before the shorter.
    for (days, state) in [(10, "warning"), (300, "good")] {
        import_certificate(&gallery, domain, days);
        let found = certificate(&gallery);
        assert_eq!(found["state"], state, "{found}");
        let left = [format!("{days} more days"), format!("{} more days", days - 1), format!("{} days", days - 1)];
        let said = found["found"].as_str().unwrap();
        assert!(left.iter().any(|left| said.contains(left)), "{found}");
    }
}
