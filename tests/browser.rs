//! Visits in a real browser: the scripts in `browser/`.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::{Home, PASSWORD};

/// The browser that `make test` names. Without one, visits are left out, and say so.
pub fn chromium() -> Option<OsString> {
    let named = std::env::var_os("HEIRLOOM_CHROMIUM").filter(|path| !path.is_empty());
    if named.is_none() {
        println!("left out: HEIRLOOM_CHROMIUM names no browser; `make test` sets it");
    }
    named
}

impl Home {
    /// Runs a script of `browser/` as the viewer `gerda`. It says `ok` for each of at least so many steps and leaves
    /// screenshots in `screenshots/` of the target folder.
    pub async fn shown_to_a_browser(
        &self,
        chromium: &OsStr,
        script: &str,
        settings: &[(&str, &str)],
        steps: usize,
    ) -> Result<()> {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| here.join("../target"), PathBuf::from);
        let mut visit = Command::new("node");
        visit
            .arg(here.join("browser").join(script))
            .env("GALLERY", self.address())
            .env("NAME", "gerda")
            .env("PASSWORD", PASSWORD)
            .env("CHROMIUM", chromium)
            .env("SCREENSHOTS", target.join("screenshots"))
            .envs(settings.iter().copied())
            .stdin(Stdio::null());
        let visit = tokio::task::spawn_blocking(move || visit.output()).await?.context("cannot run node")?;
        let told = String::from_utf8_lossy(&visit.stdout);
        println!("{told}");
        ensure!(visit.status.success(), "{told}{}", String::from_utf8_lossy(&visit.stderr));
        ensure!(told.matches("ok ").count() >= steps, "some steps did not run:\n{told}");
        Ok(())
    }
}
