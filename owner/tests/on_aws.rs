//! The command against a gallery on AWS, played by the server that `HEIRLOOM_S3_ENDPOINT`, `HEIRLOOM_S3_ACCESS_KEY` and
//! `HEIRLOOM_S3_SECRET_KEY` name (moto in `make test`). Without them these tests say that they are left out.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use aws_sdk_s3::Client;
use gallery::store::Endpoint;

/// moto's account.
const ACCOUNT: &str = "123456789012";
const REGION: &str = "eu-central-1";

/// Nobody listens there.
const ADDRESS: &str = "http://127.0.0.1:9";

/// A gallery of its own name on the server, and the owner's folder with its `heirloom.toml`.
struct OnAws {
    endpoint: Endpoint,
    name: &'static str,
    folder: tempfile::TempDir,
    runtime: tokio::runtime::Runtime,
}

impl OnAws {
    fn new(name: &'static str) -> Option<Self> {
        let Some(endpoint) = Endpoint::from_settings(|name| std::env::var(name).ok()) else {
            eprintln!("left out {name}: HEIRLOOM_S3_ENDPOINT names no server");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(
            folder.path().join("heirloom.toml"),
            format!("title = \"The Meyers\"\nname = \"{name}\"\nregion = \"{REGION}\"\nemail = \"a@example.com\"\n"),
        )
        .unwrap();
        Some(Self { endpoint, name, folder, runtime: tokio::runtime::Runtime::new().unwrap() })
    }

    fn client(&self) -> Client {
        gallery::store::at(&self.endpoint)
    }

    fn bucket(&self, what: &str) -> String {
        format!("{}-{what}-{ACCOUNT}-{REGION}", self.name)
    }

    /// The buckets alone, as a destroyed gallery leaves them.
    fn make_buckets(&self) {
        let client = self.client();
        self.runtime.block_on(async {
            for what in ["source", "resized", "web", "auth"] {
                client.create_bucket().bucket(self.bucket(what)).send().await.unwrap();
            }
        });
    }

    /// The stack as the deploy makes it, as far as the command looks at it.
    fn make_stack(&self) {
        let buckets = ["Source", "Resized", "Web", "Auth"];
        let resources: serde_json::Map<_, _> = buckets
            .iter()
            .map(|what| {
                let name = self.bucket(&what.to_lowercase());
                ((*what).to_owned(), serde_json::json!({"Type": "AWS::S3::Bucket", "Properties": {"BucketName": name}}))
            })
            .collect();
        let mut outputs: serde_json::Map<_, _> =
            buckets.iter().map(|what| (format!("{what}Bucket"), serde_json::json!({"Value": {"Ref": what}}))).collect();
        outputs.insert("Address".into(), serde_json::json!({"Value": ADDRESS}));
        let template = serde_json::json!({"Resources": resources, "Outputs": outputs}).to_string();
        let form = [
            ("Action", "CreateStack"),
            ("Version", "2010-05-15"),
            ("StackName", &format!("{}-gallery", self.name)),
            ("TemplateBody", &template),
        ];
        let answer = self.runtime.block_on(async {
            let request = reqwest::Client::new().post(&self.endpoint.url).form(&form);
            // The emulator reads the service and the region out of the signature and does not verify it.
            let signed = format!("AWS4-HMAC-SHA256 Credential=testing/20260101/{REGION}/cloudformation/aws4_request");
            request.header("authorization", signed).send().await.unwrap()
        });
        assert!(answer.status().is_success(), "{answer:?}");
    }

    /// A call of SQS's JSON protocol.
    fn sqs(&self, name: &str, asked: &serde_json::Value) -> serde_json::Value {
        self.runtime.block_on(async {
            let request = reqwest::Client::new().post(&self.endpoint.url).body(asked.to_string());
            let signed = format!("AWS4-HMAC-SHA256 Credential=testing/20260101/{REGION}/sqs/aws4_request");
            let request = request.header("authorization", signed).header("x-amz-target", format!("AmazonSQS.{name}"));
            let answer = request.header("content-type", "application/x-amz-json-1.0").send().await.unwrap();
            assert!(answer.status().is_success(), "{answer:?}");
            serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default()
        })
    }

    fn program(&self, folder: &Path, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_heirloom"));
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy();
            if name.starts_with("HEIRLOOM_") || name.starts_with("AWS_") {
                command.env_remove(&*name);
            }
        }
        command.current_dir(folder).args(arguments).stdin(Stdio::null());
        command
            .env("AWS_ENDPOINT_URL", &self.endpoint.url)
            .env("AWS_ACCESS_KEY_ID", &self.endpoint.access_key)
            .env("AWS_SECRET_ACCESS_KEY", &self.endpoint.secret_key)
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("HOME", folder);
        command.output().expect("the program starts")
    }

    /// What a command that must succeed tells.
    fn run(&self, arguments: &[&str]) -> String {
        let output = self.program(self.folder.path(), arguments);
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
        text(&output.stdout)
    }

    /// The sentence of a command that must fail.
    fn refused(&self, arguments: &[&str]) -> String {
        let output = self.program(self.folder.path(), arguments);
        assert!(!output.status.success(), "{arguments:?}: {}", text(&output.stdout));
        let told = text(&output.stderr);
        assert_eq!(told.trim_end().lines().count(), 1, "{told}");
        told
    }

    fn keys_in(&self, bucket: &str) -> Vec<String> {
        let client = self.client();
        let list = client.list_objects_v2().bucket(self.bucket(bucket));
        let answer = self.runtime.block_on(async { list.send().await.unwrap() });
        answer.contents().iter().filter_map(|object| object.key().map(str::to_owned)).collect()
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

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
    assert!(gallery.run(&["upload", "Photos"]).contains("1 were there already"));
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

/// What an import told, as JSON.
fn told(gallery: &OnAws, arguments: &[&str]) -> serde_json::Value {
    serde_json::from_str(&gallery.run(arguments)).expect("one JSON object")
}

fn count(told: &serde_json::Value, what: &str) -> usize {
    told[what].as_array().unwrap_or_else(|| panic!("{what} in {told}")).len()
}

/// A dry run leaves the bucket alone, a run brings what the dry run said, and a second one nothing.
fn moves_in_once(gallery: &OnAws, arguments: &[&str], photos: &[&str]) -> serde_json::Value {
    let json = [arguments, &["--json"]].concat();
    let before = gallery.keys_in("source");
    let dry = told(gallery, &[arguments, &["--dry-run", "--json"]].concat());
    assert_eq!(gallery.keys_in("source"), before, "a dry run brings nothing");
    let first = told(gallery, &json);
    assert_eq!(first["failed"], serde_json::json!([]));
    for what in ["uploaded", "copied", "left_out"] {
        assert_eq!(dry[what], first[what], "{what}");
    }
    let after = gallery.keys_in("source");
    for photo in photos {
        assert!(after.contains(&(*photo).to_owned()), "{photo} is not in {after:?}");
    }
    let second = told(gallery, &json);
    assert_eq!((count(&second, "uploaded"), count(&second, "copied")), (0, 0), "{second}");
    assert_eq!(gallery.keys_in("source"), after);
    first
}

#[test]
fn an_export_and_a_folder_move_in() {
    use std::io::Write;
    let Some(gallery) = OnAws::new("moved-in") else { return };
    gallery.make_stack();
    let folder = gallery.folder.path();
    let mut zip = zip::ZipWriter::new(std::fs::File::create(folder.join("takeout-001.zip")).unwrap());
    let notes = |title: &str, caption: &str| {
        serde_json::json!({ "title": title, "description": caption, "photoTakenTime": { "timestamp": "1563105600" } })
            .to_string()
            .into_bytes()
    };
    let long = "A very long name of a photo that Takeout cuts off at forty-six.jpg";
    let pages = [
        ("Photos from 2019/IMG_1.jpg".to_owned(), owner::sample::small(1, 320, 240)),
        ("Photos from 2019/IMG_1.jpg.json".to_owned(), notes("IMG_1.jpg", "On the pier")),
        ("Photos from 2019/IMG_1(1).jpg".to_owned(), owner::sample::small(2, 320, 240)),
        ("Photos from 2019/IMG_1.jpg(1).json".to_owned(), notes("IMG_1.jpg", "The other one")),
        ("Photos from 2019/IMG_1-edited.jpg".to_owned(), owner::sample::small(3, 320, 240)),
        ("京都/metadata.json".to_owned(), serde_json::json!({ "title": "京都" }).to_string().into_bytes()),
        (format!("京都/{long}"), owner::sample::small(4, 320, 240)),
        (format!("京都/{}.json", &long[..46]), notes(long, "おばあちゃんと")),
    ];
    for (path, bytes) in pages {
        zip.start_file(format!("Takeout/Google Photos/{path}"), zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(&bytes).unwrap();
    }
    drop(zip.finish().unwrap());
    let first = moves_in_once(
        &gallery,
        &["import", "takeout", "takeout-001.zip"],
        &[&format!("Google Photos/京都/{long}"), "Google Photos/京都/metadata.yml"],
    );
    assert_eq!(count(&first, "uploaded"), 4, "{first}");
    let captions = |first: &serde_json::Value| -> u64 {
        first["captions"].as_object().unwrap().values().map(|one| one.as_u64().unwrap()).sum()
    };
    assert_eq!(captions(&first), 4, "the edited copy has its original's: {first}");

    let album = folder.join("Scans/Attic");
    std::fs::create_dir_all(&album).unwrap();
    std::fs::write(album.join("1.jpg"), owner::sample::small(5, 320, 240)).unwrap();
    std::fs::write(album.join("again.jpg"), owner::sample::small(5, 320, 240)).unwrap();
    let first =
        moves_in_once(&gallery, &["import", "folder", "Scans", "--to", "Family/Scans"], &["Family/Scans/Attic/1.jpg"]);
    assert_eq!(count(&first, "uploaded"), 1, "the same photo twice travels once: {first}");
}

#[test]
fn a_gallery_of_awspics_moves_in() {
    let Some(gallery) = OnAws::new("ancestor") else { return };
    gallery.make_stack();
    let old = "ancestor-pics";
    let client = gallery.client();
    let put = |key: &str, bytes: Vec<u8>| {
        let put = client.put_object().bucket(old).key(key).body(bytes.into());
        gallery.runtime.block_on(async { put.send().await.unwrap() });
    };
    gallery.runtime.block_on(async { client.create_bucket().bucket(old).send().await.unwrap() });
    // Collections on, collections off, a root-level stray, what it ignored, and words that cannot be read.
    put("family/pictures/Trips/Lisbon/1.jpg", owner::sample::small(1, 320, 240));
    put("family/pictures/Trips/Lisbon/2.jpeg", owner::sample::small(2, 320, 240));
    put("family/pictures/Trips/Lisbon/3.HEIC", b"its kind is known by its content".to_vec());
    put("family/pictures/Trips/Lisbon/metadata.yml", b"title: Lisbon\ncover_image: 1.jpg\n".to_vec());
    put("family/pictures/Flat/4.png", owner::sample::small(4, 320, 240));
    put("family/pictures/Flat/metadata.yml", b"title: [broken\n".to_vec());
    put("family/pictures/stray.jpg", owner::sample::small(5, 320, 240));
    put("family/pictures/Flat/.DS_Store", b"x".to_vec());
    put("elsewhere/6.jpg", b"not under the prefix".to_vec());
    let asked = ["migrate", "awspics", "--source", old, "--prefix", "family/pictures"];
    let photos =
        ["Trips/Lisbon/1.jpg", "Trips/Lisbon/2.jpeg", "Trips/Lisbon/3.HEIC", "Flat/4.png", "Unsorted/stray.jpg"];
    let first = moves_in_once(&gallery, &asked, &photos);
    assert!(first["unread"]["Flat/metadata.yml"].is_string(), "{first}");
    assert!(gallery.keys_in("source").contains(&"Trips/Lisbon/metadata.yml".to_owned()));
    assert_eq!(count(&first, "left_out"), 1, "{first}");
    assert!(!gallery.keys_in("source").iter().any(|key| key.contains("elsewhere") || key.contains("DS_Store")));
    gallery.run(&["rebuild"]);
    assert!(gallery.keys_in("web").contains(&"albums/Trips/Lisbon/index.html".to_owned()));
}
