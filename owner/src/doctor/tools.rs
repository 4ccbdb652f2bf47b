//! What a deploy needs on the machine that it starts from.

use std::process::Stdio;

use tokio::process::Command;

use super::{Finding, good, warning};

/// The oldest Node.js that CDK runs on.
const NODE: u32 = 20;

/// The programs of `heirloom deploy`, and where each comes from.
const TOOLS: [(&str, &str); 4] = [
    ("node", "https://nodejs.org"),
    ("cargo", "https://rustup.rs"),
    ("make", "sudo apt-get install make"),
    ("python3", "sudo apt-get install python3 python3-venv"),
];

/// Whether they are there, and new enough.
pub(super) async fn look() -> Vec<Finding> {
    let mut findings = Vec::new();
    for (program, mend) in TOOLS {
        let Some(version) = version(program).await else {
            findings.push(warning("tools", format!("there is no `{program}`, which `heirloom deploy` needs"), mend));
            continue;
        };
        if program == "node" && major(&version).is_none_or(|major| major < NODE) {
            let told = format!("Node.js is {version}, and `heirloom deploy` needs {NODE} or newer");
            findings.push(warning("tools", told, mend));
        }
    }
    if findings.is_empty() {
        findings.push(good("tools", "what `heirloom deploy` needs is here"));
    }
    findings
}

/// The first line of what a program says of its version.
async fn version(program: &str) -> Option<String> {
    let asked =
        Command::new(program).arg("--version").stdin(Stdio::null()).stderr(Stdio::null()).output().await.ok()?;
    let told = String::from_utf8_lossy(&asked.stdout).lines().next()?.trim().to_owned();
    asked.status.success().then_some(told)
}

/// 22 of `v22.23.3`.
fn major(version: &str) -> Option<u32> {
    version.trim_start_matches('v').split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read() {
        assert_eq!(["v22.23.3", "20.1.0", "none"].map(major), [Some(22), Some(20), None]);
    }
}
