//! The security model, attacked over HTTP against a gallery that runs. [`list`] names what attacks each requirement.

mod browser;
mod cookies;
mod guessing;
mod list;
mod paths;
mod probes;
mod races;
mod redirects;
mod secrets;
mod tokens;

use anyhow::{Context, Result};
use gallery::Scope;
use heirloom_tests::{Home, Visitor, attributes};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A word that stands on pages of the collection `Family` alone.
const SECRET: &str = "boathouse";

/// A gallery with something to find, somebody who may see all of it, and somebody who may see the garden.
struct Attacked {
    home: Home,
    gerda: Visitor,
    tom: Visitor,
    /// A picture of `Family`.
    picture: String,
}

impl Attacked {
    async fn start() -> Result<Self> {
        Self::of(Home::start().await?).await
    }

    async fn of(home: Home) -> Result<Self> {
        home.upload("Family/metadata.yml", format!("title: The {SECRET}")).await?;
        home.upload_photo("Family/secret.jpg", 1).await?;
        home.upload_photo("Garden/rose.jpg", 2).await?;
        home.settled().await?;
        let gerda = home.viewer("gerda", Scope::All).await?;
        let tom = home.viewer("tom", owner::cli::scope(Some(&["Garden".to_owned()]))).await?;
        home.settled().await?;
        let page = gerda.page("/albums/Family/").await?;
        assert!(page.contains(SECRET));
        let picture = attributes(&page, "src", "/pics/").first().context("a picture")?.to_string();
        Ok(Self { home, gerda, tom, picture })
    }

    /// Everything of `Family` that has an address.
    fn places(&self) -> Vec<String> {
        vec!["/albums/Family/".to_owned(), self.picture.clone(), "/originals/Family/secret.jpg".to_owned()]
    }

    /// Sends bytes as they are, and returns all that comes until the server closes.
    async fn say(&self, request: &[u8]) -> Result<String> {
        let mut stream = TcpStream::connect(self.home.machine().address()).await?;
        stream.write_all(request).await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }

    /// Sends a request whose target and header lines stand as they are.
    async fn ask(&self, method: &str, target: &str, lines: &str) -> Result<String> {
        let host = self.home.machine().address();
        self.say(format!("{method} {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{lines}\r\n").as_bytes())
            .await
    }
}

/// The cookie's line of somebody.
fn cookie(visitor: &Visitor) -> String {
    format!("Cookie: {}={}\r\n", session::cookie::NAME, visitor.cookie.as_deref().unwrap_or_default())
}

fn status(answer: &str) -> u16 {
    answer.get(9..12).and_then(|status| status.parse().ok()).unwrap_or_default()
}

/// An answer without what may differ between any two: its date.
fn undated(answer: &str) -> String {
    answer.lines().filter(|line| !line.starts_with("date: ")).collect::<Vec<_>>().join("\n")
}
