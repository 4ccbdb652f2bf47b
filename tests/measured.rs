//! Our pages as `bench/site/measure.mjs` wants to be told of them.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::{Home, Visitor, attributes};

impl Home {
    /// Login, home, the album at this path and its first photo, as a viewer sees them.
    pub async fn measured(&self, viewer: &Visitor, album: &str) -> Result<Vec<Value>> {
        let page = viewer.page(album).await?;
        let photo = attributes(&page, "id", "p-").first().context("a photo")?.to_string();
        Ok(vec![
            json!({ "name": "login", "url": self.by_name("/auth/login"), "most": "light" }),
            self.measured_page(viewer, "home", "/", "light")?,
            self.measured_page(viewer, "album", album, "light")?,
            self.measured_page(viewer, "photo", &format!("{album}#{photo}"), "opened")?,
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
