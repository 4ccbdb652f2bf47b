//! A gallery of its own name on the emulator, and the program beside it.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use aws_sdk_s3::Client;
use gallery::store::Endpoint;

/// moto's account.
pub(crate) const ACCOUNT: &str = "123456789012";
pub(crate) const REGION: &str = "eu-central-1";

/// Nobody listens there.
pub(crate) const ADDRESS: &str = "http://127.0.0.1:9";

/// A gallery of its own name on the server, and the owner's folder with its `heirloom.toml`.
pub(crate) struct OnAws {
    pub(crate) endpoint: Endpoint,
    pub(crate) name: &'static str,
    pub(crate) folder: tempfile::TempDir,
    pub(crate) runtime: tokio::runtime::Runtime,
}

impl OnAws {
    pub(crate) fn new(name: &'static str) -> Option<Self> {
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

    pub(crate) fn client(&self) -> Client {
        gallery::store::at(&self.endpoint)
    }

    pub(crate) fn bucket(&self, what: &str) -> String {
        format!("{}-{what}-{ACCOUNT}-{REGION}", self.name)
    }

    /// The buckets alone, as a destroyed gallery leaves them.
    pub(crate) fn make_buckets(&self) {
        let client = self.client();
        self.runtime.block_on(async {
            for what in ["source", "resized", "web", "auth"] {
                client.create_bucket().bucket(self.bucket(what)).send().await.unwrap();
            }
        });
    }

    /// The stack as the deploy makes it, as far as the command looks at it.
    pub(crate) fn make_stack(&self) {
        self.make_stack_with(&[]);
    }

    /// The same, with more outputs.
    pub(crate) fn make_stack_with(&self, more: &[(&str, &str)]) {
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
        outputs.extend(more.iter().map(|(name, value)| ((*name).to_owned(), serde_json::json!({ "Value": value }))));
        let template = serde_json::json!({"Resources": resources, "Outputs": outputs}).to_string();
        let form = [
            ("Action", "CreateStack"),
            ("Version", "2010-05-15"),
            ("StackName", &format!("{}-gallery", self.name)),
            ("TemplateBody", &template),
        ];
        let asked = reqwest::Client::new().post(&self.endpoint.url).form(&form);
        self.call("cloudformation", REGION, asked);
    }

    /// A call whose signature says whom it is for: the emulator reads that and verifies nothing.
    pub(crate) fn call(&self, service: &str, region: &str, asked: reqwest::RequestBuilder) -> String {
        let signed = format!("AWS4-HMAC-SHA256 Credential=testing/20260101/{region}/{service}/aws4_request");
        self.runtime.block_on(async {
            let answer = asked.header("authorization", signed).send().await.unwrap();
            let (status, text) = (answer.status(), answer.text().await.unwrap());
            assert!(status.is_success(), "{service}: {status}: {text}");
            text
        })
    }

    /// A call of one of AWS's JSON protocols.
    pub(crate) fn json(
        &self,
        service: &str,
        region: &str,
        target: &str,
        asked: &serde_json::Value,
    ) -> serde_json::Value {
        let version = if service == "sqs" { "1.0" } else { "1.1" };
        let request = reqwest::Client::new().post(&self.endpoint.url).body(asked.to_string());
        let request = request.header("x-amz-target", target);
        let request = request.header("content-type", format!("application/x-amz-json-{version}"));
        serde_json::from_str(&self.call(service, region, request)).unwrap_or_default()
    }

    pub(crate) fn sqs(&self, name: &str, asked: &serde_json::Value) -> serde_json::Value {
        self.json("sqs", REGION, &format!("AmazonSQS.{name}"), asked)
    }

    pub(crate) fn program(&self, folder: &Path, arguments: &[&str]) -> Output {
        self.command(folder, arguments).output().expect("the program starts")
    }

    pub(crate) fn command(&self, folder: &Path, arguments: &[&str]) -> Command {
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
        command
    }

    /// What a command that must succeed tells.
    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        let output = self.program(self.folder.path(), arguments);
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
        text(&output.stdout)
    }

    /// The JSON of a command that must succeed.
    pub(crate) fn told(&self, arguments: &[&str]) -> serde_json::Value {
        let said = self.run(&[arguments, &["--json"]].concat());
        serde_json::from_str(&said).unwrap_or_else(|error| panic!("{arguments:?}: {error}: {said}"))
    }

    /// The sentence of a command that must fail.
    pub(crate) fn refused(&self, arguments: &[&str]) -> String {
        let output = self.program(self.folder.path(), arguments);
        assert!(!output.status.success(), "{arguments:?}: {}", text(&output.stdout));
        let told = text(&output.stderr);
        assert_eq!(told.trim_end().lines().count(), 1, "{told}");
        told
    }

    /// An album's page, which has to be there.
    pub(crate) fn page(&self, album: &str) -> String {
        let get = self.client().get_object().bucket(self.bucket("web")).key(format!("albums/{album}/index.html"));
        let bytes = self.runtime.block_on(async { get.send().await.unwrap().body.collect().await.unwrap() });
        text(&bytes.into_bytes())
    }

    pub(crate) fn keys_in(&self, bucket: &str) -> Vec<String> {
        let client = self.client();
        let list = client.list_objects_v2().bucket(self.bucket(bucket));
        let answer = self.runtime.block_on(async { list.send().await.unwrap() });
        answer.contents().iter().filter_map(|object| object.key().map(str::to_owned)).collect()
    }
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
