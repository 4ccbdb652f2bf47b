//! A clock that jumps by hours, forwards and back, under a gallery that runs: `heirloom serve` and the owner's commands
//! as processes whose clock libfaketime tells. What measures time (windows, naps, patience) does not jump: no system
//! lets it.
//!
//! `make test` installs libfaketime where it can; without it this is left out, with a line that says so.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use heirloom_tests::{PATIENCE, attributes};
use reqwest::StatusCode;
use reqwest::header::{ACCEPT, COOKIE, LOCATION, ORIGIN, SET_COOKIE};
use reqwest::redirect::Policy;

const PASSWORD: &str = "seven lazy owls counted the tiles";

/// Programs whose clock can be set.
struct Clock {
    library: PathBuf,
    folder: tempfile::TempDir,
}

impl Clock {
    fn find() -> Result<Option<Self>> {
        let mut found = walkdir::WalkDir::new("/usr/lib").max_depth(4).into_iter().filter_map(Result::ok);
        let Some(library) = found.find(|entry| entry.file_name() == "libfaketimeMT.so.1") else { return Ok(None) };
        let clock = Self { library: library.into_path(), folder: tempfile::tempdir()? };
        clock.set(0)?;
        Ok(Some(clock))
    }

    /// By so many hours from the machine's.
    fn set(&self, hours: i32) -> Result<()> {
        let draft = self.folder.path().join("draft");
        std::fs::write(&draft, format!("{hours:+}h\n"))?;
        Ok(std::fs::rename(draft, self.folder.path().join("clock"))?)
    }

    /// `heirloom` with this clock.
    fn program(&self, arguments: &[&str]) -> Result<Command> {
        let here = std::env::current_exe()?;
        let built = here.ancestors().nth(2).context("a test lies in target/debug/deps")?.join("heirloom");
        ensure!(built.exists(), "`{}` is not there: build it with `cargo build -p heirloom`", built.display());
        let mut command = Command::new(built);
        command.args(arguments).arg("--data").arg(self.data()).env("HEIRLOOM_LOG", "error").stdin(Stdio::null());
        command.env("LD_PRELOAD", &self.library).env("FAKETIME_TIMESTAMP_FILE", self.folder.path().join("clock"));
        command.env("FAKETIME_NO_CACHE", "1").env("FAKETIME_DONT_FAKE_MONOTONIC", "1").env("NO_FAKE_STAT", "1");
        Ok(command)
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Runs a command of the owner's to its end.
    fn run(&self, arguments: &[&str]) -> Result<Output> {
        let output = self.program(arguments)?.output()?;
        let told = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "`heirloom {}`: {told}", arguments.join(" "));
        Ok(output)
    }

    fn serve(&self) -> Result<Serving> {
        let mut command = self.program(&["serve", "--json", "--port", "0", "--s3-port", "0"])?;
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("a pipe")?).read_line(&mut line)?;
        let told: serde_json::Value = serde_json::from_str(&line).context("`serve` tells its address")?;
        let address = told["address"].as_str().context("an address")?.to_owned();
        Ok(Serving { child, address })
    }

    /// A photo into an album, as the owner uploads it.
    fn upload(&self, name: &str, seed: u64) -> Result<()> {
        let photo = self.folder.path().join(name);
        std::fs::write(&photo, owner::sample::small(seed, 320, 240))?;
        let photo = photo.to_str().context("a plain path")?;
        self.run(&["upload", photo, "--to", "Family/Beach"]).map(drop)
    }

    /// Waits until the queues are at rest.
    fn settled(&self) -> Result<()> {
        let since = Instant::now();
        let mut quiet = 0;
        while quiet < 2 {
            ensure!(since.elapsed() < PATIENCE, "the queues never came to rest");
            let told: serde_json::Value = serde_json::from_slice(&self.run(&["status", "--json"])?.stdout)?;
            let queues = told["queues"].as_object().context("`status` tells of queues")?;
            let of = |what: &str| queues.values().filter_map(|queue| queue[what].as_u64()).sum::<u64>();
            ensure!(of("given_up") == 0, "given up: {queues:?}");
            quiet = if of("waiting") + of("under_way") == 0 { quiet + 1 } else { 0 };
            std::thread::sleep(Duration::from_millis(300));
        }
        Ok(())
    }
}

struct Serving {
    child: Child,
    address: String,
}

impl Serving {
    fn end(mut self) -> Result<()> {
        Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status()?;
        let status = self.child.wait()?;
        ensure!(status.success(), "asked to stop, the gallery ended with {status}");
        Ok(())
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Somebody with a browser.
struct Gerda {
    browser: reqwest::Client,
    cookie: Option<String>,
}

impl Gerda {
    fn new() -> Result<Self> {
        Ok(Self { browser: reqwest::Client::builder().redirect(Policy::none()).build()?, cookie: None })
    }

    async fn sign_in(&mut self, address: &str, password: &str) -> Result<StatusCode> {
        let form = [("name", "gerda"), ("password", password), ("next", "/")];
        let answer =
            self.browser.post(format!("{address}/auth/login")).header(ORIGIN, address).form(&form).send().await?;
        self.keep(&answer);
        Ok(answer.status())
    }

    fn keep(&mut self, answer: &reqwest::Response) {
        for line in answer.headers().get_all(SET_COOKIE).iter().filter_map(|line| line.to_str().ok()) {
            let pair = line.split(';').next().unwrap_or_default();
            if let Some(value) = pair.strip_prefix("__Host-session=") {
                self.cookie = (!value.is_empty()).then(|| pair.to_owned());
            }
        }
    }

    /// The page at a path, or where the gallery sends her: its path and its text.
    async fn page(&mut self, address: &str, path: &str) -> Result<(String, String)> {
        let mut path = path.to_owned();
        for _ in 0..6 {
            let mut request = self.browser.get(format!("{address}{path}")).header(ACCEPT, "text/html");
            request = request.header("sec-fetch-mode", "navigate");
            if let Some(cookie) = &self.cookie {
                request = request.header(COOKIE, cookie);
            }
            let answer = request.send().await?;
            self.keep(&answer);
            if !answer.status().is_redirection() {
                ensure!(answer.status() == StatusCode::OK, "{path} was answered {}", answer.status());
                return Ok((path, answer.text().await?));
            }
            path = answer.headers()[LOCATION].to_str()?.to_owned();
        }
        anyhow::bail!("{path} leads in a circle")
    }

    async fn pictures(&mut self, address: &str) -> Result<usize> {
        let (path, page) = self.page(address, "/albums/Family/Beach/").await?;
        ensure!(path == "/albums/Family/Beach/", "sent to {path}");
        Ok(attributes(&page, "src", "/pics/").len())
    }
}

fn add_gerda(clock: &Clock) -> Result<()> {
    let mut command = clock.program(&["user", "add", "gerda", "--password-stdin"])?;
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn()?;
    child.stdin.take().context("a pipe")?.write_all(PASSWORD.as_bytes())?;
    ensure!(child.wait()?.success(), "gerda is not let in");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_jumps_loses_nothing_and_locks_nobody_out() -> Result<()> {
    let Some(clock) = Clock::find()? else {
        println!("left out: libfaketime is not there (apt-get install libfaketime)");
        return Ok(());
    };
    clock.set(5)?;
    let serving = clock.serve()?;
    let mut gerda = Gerda::new()?;
    add_gerda(&clock)?;
    clock.upload("1.jpg", 1)?;
    clock.settled()?;
    ensure!(gerda.sign_in(&serving.address, PASSWORD).await? == StatusCode::SEE_OTHER);
    ensure!(gerda.pictures(&serving.address).await? == 1);

    // Forwards: the session is looked at anew and holds; what is uploaded is shown.
    clock.set(12)?;
    ensure!(gerda.pictures(&serving.address).await? == 1, "a jump of seven hours ended the session");
    clock.upload("2.jpg", 2)?;
    clock.settled()?;
    ensure!(gerda.pictures(&serving.address).await? == 2);
    // Somebody guesses until they have to wait.
    let mut stranger = Gerda::new()?;
    let mut waits = false;
    for guess in 0..12 {
        waits |= stranger.sign_in(&serving.address, &format!("guess {guess}")).await? == StatusCode::TOO_MANY_REQUESTS;
    }
    ensure!(waits, "nobody had to wait for guessing");

    // Back, to before the first photo: a session of tomorrow is none, and whoever signs in again sees everything; counts of
    // tries that lie in the future hold nobody up. A file that is replaced is shown as it is now, although it is older.
    clock.set(-8)?;
    let (path, _) = gerda.page(&serving.address, "/").await?;
    ensure!(path == "/" || path.starts_with("/auth/login"), "sent to {path}");
    ensure!(gerda.sign_in(&serving.address, PASSWORD).await? == StatusCode::SEE_OTHER, "held up by the future");
    ensure!(gerda.pictures(&serving.address).await? == 2);
    let (_, before) = gerda.page(&serving.address, "/albums/Family/Beach/").await?;
    clock.upload("1.jpg", 11)?;
    clock.upload("3.jpg", 3)?;
    clock.settled()?;
    let (_, after) = gerda.page(&serving.address, "/albums/Family/Beach/").await?;
    let (old, new) = (attributes(&before, "src", "/pics/"), attributes(&after, "src", "/pics/"));
    ensure!(new.len() == 3, "{new:?}");
    ensure!(
        new.iter().filter(|path| old.contains(path)).count() == 1,
        "one stays, one is replaced, one is new: {new:?}"
    );

    // To and fro while the owner asks: a request may be signed before a jump and arrive after it.
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let jumping = scope.spawn(|| {
            for hours in [9, -9].into_iter().cycle() {
                clock.set(hours)?;
                std::thread::sleep(Duration::from_millis(150));
                if over.load(Ordering::Relaxed) {
                    return Ok(());
                }
            }
            anyhow::Ok(())
        });
        let asked = (0..6).try_for_each(|_| clock.run(&["status"]).map(drop));
        over.store(true, Ordering::Relaxed);
        jumping.join().expect("it sets a clock")?;
        asked
    })?;

    // And over a restart, a day back.
    serving.end()?;
    clock.set(-30)?;
    let serving = clock.serve()?;
    ensure!(gerda.sign_in(&serving.address, PASSWORD).await? == StatusCode::SEE_OTHER);
    ensure!(gerda.pictures(&serving.address).await? == 3);
    clock.settled()?;
    clock.run(&["verify"])?;
    serving.end()?;
    ensure!(Path::new(&clock.data()).exists());
    Ok(())
}
