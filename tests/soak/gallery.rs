//! The gallery as a process: started, stopped, killed, started again.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use heirloom_tests::PATIENCE;
use local::machine::Settings;
use local::s3::Credentials;
use tokio::sync::watch;

use crate::tally::{Dice, Tally};

/// How often a life of the process begins anew: even while it runs, odd while it does not.
type Life = u64;

/// A gallery in a process of its own.
pub(crate) struct Gallery {
    binary: PathBuf,
    data: PathBuf,
    address: String,
    s3: String,
    child: Mutex<Option<Child>>,
    life: watch::Sender<Life>,
    tally: Arc<Tally>,
}

impl Gallery {
    /// Starts on free ports, which it keeps.
    pub(crate) fn start(data: &Path, tally: Arc<Tally>) -> Result<Self> {
        let binary = binary()?;
        let (child, told) = begin(&binary, data, (0, 0))?;
        let text = |value: &serde_json::Value| value.as_str().map(str::to_owned).context("`serve` tells its address");
        let (address, s3) = (text(&told["address"])?, text(&told["s3"]["endpoint"])?);
        let (life, _) = watch::channel(0);
        Ok(Self { binary, data: data.to_owned(), address, s3, child: Mutex::new(Some(child)), life, tally })
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn s3(&self) -> String {
        self.s3.clone()
    }

    pub(crate) fn data(&self) -> &Path {
        &self.data
    }

    pub(crate) fn credentials(&self) -> Credentials {
        Settings::new(&self.data).credentials().expect("the gallery has keys")
    }

    /// The owner's command on this gallery.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command.args(arguments).arg("--data").arg(&self.data).env("HEIRLOOM_LOG", "error");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// The process, while there is one.
    pub(crate) fn process(&self) -> Option<u32> {
        self.child.lock().expect("no one crashed").as_ref().map(Child::id)
    }

    /// Which life it is in; waits while it has none.
    pub(crate) async fn alive(&self) -> Life {
        let mut life = self.life.subscribe();
        *life.wait_for(|life| life % 2 == 0).await.expect("the gallery is there")
    }

    /// Which life it is in now.
    pub(crate) fn life(&self) -> Life {
        *self.life.borrow()
    }

    /// Whether what began in this life may have failed because the life ended.
    pub(crate) fn excuses(&self, life: Life) -> bool {
        self.life() != life
    }

    /// The whole time of the soak: one long life first, in which memory can be measured, then short ones.
    pub(crate) async fn endure(&self, time: Duration, long: bool, dice: &mut Dice) -> Result<()> {
        let calm = if long { time * 5 / 6 } else { time * 3 / 5 };
        let since = Instant::now();
        while since.elapsed() < time {
            let nap = if long { dice.time(5000, 35_000) } else { dice.time(2000, 4000) };
            let until = if since.elapsed() < calm { calm } else { time };
            tokio::time::sleep(nap.min(until.saturating_sub(since.elapsed()))).await;
            self.check_that_it_lives()?;
            if since.elapsed() >= calm {
                let gently = dice.below(2) == 0;
                self.restart(gently, dice.time(0, 1500)).await?;
            }
        }
        Ok(())
    }

    fn check_that_it_lives(&self) -> Result<()> {
        let mut child = self.child.lock().expect("no one crashed");
        let ended = child.as_mut().map(Child::try_wait).transpose()?.flatten();
        ensure!(ended.is_none(), "the gallery ended by itself: {ended:?}");
        Ok(())
    }

    async fn restart(&self, gently: bool, rest: Duration) -> Result<()> {
        let since = Instant::now();
        let status = self.end(gently).await?;
        if gently && !status.success() {
            self.tally.wrong(format!("asked to stop, the gallery ended with {status}"));
        }
        if since.elapsed() > Duration::from_secs(30) {
            self.tally.wrong(format!("a stop took {:.0?}", since.elapsed()));
        }
        self.tally.count(if gently { "stops" } else { "kills" });
        tokio::time::sleep(rest).await;
        self.begin_again().await
    }

    /// Ends the process, and waits until it is gone.
    pub(crate) async fn end(&self, gently: bool) -> Result<ExitStatus> {
        self.life.send_modify(|life| *life += 1);
        let mut child = self.child.lock().expect("no one crashed").take().context("the gallery runs")?;
        if gently {
            let asked = Command::new("kill").args(["-TERM", &child.id().to_string()]).status()?;
            ensure!(asked.success(), "`kill` ended with {asked}");
        } else {
            child.kill()?;
        }
        let since = Instant::now();
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(status);
            }
            if since.elapsed() > PATIENCE {
                child.kill()?;
                bail!("the gallery did not stop within {PATIENCE:?}");
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Whoever waits for the next life goes on: there is none.
    pub(crate) fn is_missed_by_nobody(&self) {
        self.life.send_modify(|life| *life += 2 - *life % 2);
    }

    /// Starts the process where it was.
    async fn begin_again(&self) -> Result<()> {
        let port = |address: &str| address.rsplit(':').next().and_then(|port| port.parse::<u16>().ok());
        let ports = port(&self.address).zip(port(&self.s3)).context("addresses end with a port")?;
        let since = Instant::now();
        loop {
            let (binary, data) = (self.binary.clone(), self.data.clone());
            match tokio::task::spawn_blocking(move || begin(&binary, &data, ports)).await? {
                Ok((child, _)) => {
                    *self.child.lock().expect("no one crashed") = Some(child);
                    break;
                }
                // A command of the owner's that found the gallery stopped has the folder open for a moment.
                Err(error) if since.elapsed() < PATIENCE && format!("{error:#}").contains("already in use") => {
                    self.tally.count("starts that found the folder in use");
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
                Err(error) => return Err(error),
            }
        }
        self.life.send_modify(|life| *life += 1);
        Ok(())
    }
}

impl Drop for Gallery {
    fn drop(&mut self) {
        if let Some(child) = self.child.lock().expect("no one crashed").as_mut() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// `heirloom` as this build made it, or the one that `HEIRLOOM_BINARY` names.
fn binary() -> Result<PathBuf> {
    if let Some(named) = std::env::var_os("HEIRLOOM_BINARY") {
        return Ok(named.into());
    }
    let here = std::env::current_exe()?;
    let built = here.ancestors().nth(2).context("a test lies in target/debug/deps")?.join("heirloom");
    ensure!(built.exists(), "`{}` is not there: build it with `cargo build -p heirloom`", built.display());
    Ok(built)
}

/// Starts a process, and returns when it listens.
fn begin(binary: &Path, data: &Path, ports: (u16, u16)) -> Result<(Child, serde_json::Value)> {
    let mut command = Command::new(binary);
    command.arg("serve").arg("--json").arg("--data").arg(data).env("HEIRLOOM_LOG", "error");
    command.args(["--port", &ports.0.to_string(), "--s3-port", &ports.1.to_string()]);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let mut line = String::new();
    let mut lines = BufReader::new(child.stdout.take().context("a pipe")?);
    lines.read_line(&mut line)?;
    let errors = BufReader::new(child.stderr.take().context("a pipe")?);
    if line.is_empty() {
        child.wait()?;
        let told: Vec<String> = errors.lines().map_while(Result::ok).collect();
        bail!("the gallery did not start: {}", told.join(" "));
    }
    // What it logs is what went wrong inside: told here, and judged by what it did to those outside.
    std::thread::spawn(move || {
        for line in errors.lines().map_while(Result::ok).filter(|line| !line.trim().is_empty()) {
            eprintln!("heirloom: {line}");
        }
    });
    std::thread::spawn(move || lines.lines().map_while(Result::ok).for_each(drop));
    Ok((child, serde_json::from_str(&line)?))
}
