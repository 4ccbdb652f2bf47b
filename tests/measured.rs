//! Our pages as `bench/site/measure.mjs` wants to be told of them, and what it says of them.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::{Home, Visitor, attributes};

impl Home {
    /// Holds the pages to what Lighthouse may say of them, with headroom for what hangs on how busy this machine is.
    pub async fn keeps_to_the_budgets(&self, chromium: &OsStr, pages: &[Value]) -> Result<()> {
        let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("bench/site");
        // Who names a browser, as `make test` does, wants to know.
        ensure!(here.join("node_modules").exists(), "Lighthouse is not installed: npm --prefix tests/bench/site ci");
        let mut measure = Command::new("node");
        measure
            .arg(here.join("measure.mjs"))
            .env("PAGES", serde_json::to_string(pages)?)
            .env("CHROMIUM", chromium)
            .env("CHECK", "1")
            .stdin(Stdio::null());
        let measured = tokio::task::spawn_blocking(move || measure.output()).await?.context("cannot run node")?;
        let told = String::from_utf8_lossy(&measured.stdout);
        println!("{told}");
        ensure!(measured.status.success(), "{told}{}", String::from_utf8_lossy(&measured.stderr));
        Ok(())
    }

    /// Login, home, the album at this path, the collection that it is in, and links to its first photo and to a later one,
    /// as a viewer sees them.
    pub async fn measured(&self, viewer: &Visitor, album: &str) -> Result<Vec<Value>> {
        let page = viewer.page(album).await?;
        let photos = attributes(&page, "id", "p-");
        let first = photos.first().context("a photo")?;
        let later = photos.get(photos.len() * 2 / 3).context("another photo")?;
        let collection = album.split('/').take(3).collect::<Vec<_>>().join("/");
        Ok(vec![
            json!({ "name": "login", "url": self.by_name("/auth/login"), "most": "light" }),
            self.measured_page(viewer, "home", "/", "light")?,
            self.measured_page(viewer, "album", album, "light")?,
            self.measured_page(viewer, "collection", &format!("{collection}/"), "light")?,
            self.measured_page(viewer, "photo", &format!("{album}#{first}"), "opened")?,
            self.measured_page(viewer, "a later photo", &format!("{album}#{later}"), "opened")?,
        ])
    }

    /// One more page that wants a session. `most` names its budget: `light`, or `opened` for what is more than a first view.
    pub fn measured_page(&self, viewer: &Visitor, name: &str, path: &str, most: &str) -> Result<Value> {
        let session = viewer.cookie.as_deref().context("signed in")?;
        let cookie = format!("{}={session}", session::cookie::NAME);
        Ok(json!({ "name": name, "url": self.by_name(path), "cookie": cookie, "most": most }))
    }

    /// Browsers trust `localhost` as they trust https, by this name.
    fn by_name(&self, path: &str) -> String {
        format!("{}{path}", self.address().replace("127.0.0.1", "localhost"))
    }
}
