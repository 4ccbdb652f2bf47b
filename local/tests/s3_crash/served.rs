//! The server in a process that can be killed.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Region, retry::RetryConfig};

use crate::{FOLDER, credentials};

/// The server in a process of its own; killed when dropped, without a chance to tidy up.
pub(crate) struct Served {
    pub(crate) child: Child,
    pub(crate) address: String,
    /// Stays, or the child could not write what it has to say.
    lines: BufReader<ChildStdout>,
}

impl Served {
    pub(crate) fn start(path: &Path) -> Self {
        Self::run(path, Command::new(std::env::current_exe().unwrap()))
    }

    /// No file of the server's may grow beyond this many blocks of 512 bytes, as if the disk were full.
    pub(crate) fn start_on_a_small_disk(path: &Path, blocks: usize) -> Self {
        let mut command = Command::new("sh");
        let limited = format!("trap '' XFSZ; ulimit -S -f {blocks}; exec \"$0\" \"$@\"");
        command.arg("-c").arg(limited).arg(std::env::current_exe().unwrap());
        Self::run(path, command)
    }

    pub(crate) fn run(path: &Path, mut command: Command) -> Self {
        command.args(["--exact", "serve_until_killed", "--ignored", "--nocapture"]).env(FOLDER, path);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        let mut served = Self { child, address: String::new(), lines };
        while served.address.is_empty() {
            let mut line = String::new();
            assert!(served.lines.read_line(&mut line).unwrap() > 0, "the server ended before it listened");
            line.trim().strip_prefix("listening on ").unwrap_or_default().clone_into(&mut served.address);
        }
        served
    }

    pub(crate) fn is_alive(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn client(address: &str) -> Client {
    let pair = credentials();
    let pair = aws_sdk_s3::config::Credentials::new(pair.access_key, pair.secret_key, None, None, "test");
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .credentials_provider(pair)
        .endpoint_url(format!("http://{address}"))
        .force_path_style(true)
        // One request, one answer or none: so it is known what was acknowledged.
        .retry_config(RetryConfig::disabled())
        .http_client(aws_smithy_http_client::Builder::new().build_http());
    Client::from_conf(config.build())
}
