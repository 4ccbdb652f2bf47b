//! `heirloom notify`: one mail for each viewer about a batch of new photos. The `mail` crate is what writes and sends; here
//! is how it is asked for and told, and how a gallery that runs does it by itself.

use std::io::{ErrorKind, IsTerminal};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use gallery::Store;
use jiff::{Timestamp, tz::TimeZone};
use login::Audit;
use login::audit::{Event, Record};
use mail::{Asked, Reached as Came, Report, Rounds, Settings, Telling, Viewed, ses, store_password};
use serde_json::json;
use zeroize::Zeroizing;

use crate::cli::{Data, MailFile, Notify, Place};
use crate::reach::Reached;
use crate::secret::from_stdin;
use crate::tell::tell;

/// The settings of a gallery on this machine, in its data folder.
const FILE: &str = "mail.toml";

/// Writes to viewers.
pub(crate) async fn run(command: Notify) -> Result<()> {
    let reached = Reached::in_folder(&command.data).await?;
    let outcome = if command.set_password {
        set_password(reached.store(), &command).await
    } else {
        write(&reached, &command).await
    };
    reached.close().await;
    outcome
}

async fn write(reached: &Reached, command: &Notify) -> Result<()> {
    let (settings, file) = settings(&command.data, &command.mail)?;
    links_lead_somewhere(&settings, reached.origin().as_deref(), &file)?;
    let rounds = Rounds::new(reached.store().clone(), settings, reached.origin(), std::env::var(mail::VARIABLE).ok())?;
    let asked = Asked { dry_run: command.dry_run, at_once: command.now, only: command.to.clone() };
    let report = Box::pin(rounds.make(&asked, Timestamp::now())).await?;
    tell(command.json, &json!(report), || words(&report));
    let failures = report.failures();
    ensure!(failures == 0, "{failures} of the mails could not be sent: they are tried again, as is told above");
    Ok(())
}

/// Refuses letters whose links would open on this machine alone, or nowhere. Whoever wants them so says so.
fn links_lead_somewhere(settings: &Settings, origin: Option<&str>, file: &Path) -> Result<()> {
    let way_out = format!("add address = \"https://photos.example.org\" to [mail] in `{}`", file.display());
    match origin {
        _ if settings.address.is_some() => Ok(()),
        None => bail!("nobody knows where links in mails are to lead: {way_out}, or run this while the gallery runs"),
        Some(origin) if is_here(origin) => {
            bail!("links in mails would lead to {origin}, which opens on this machine alone: {way_out}")
        }
        Some(_) => Ok(()),
    }
}

/// Whether an address is this machine's own name for itself.
fn is_here(origin: &str) -> bool {
    let host = origin.split_once("://").map_or(origin, |(_, host)| host);
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host).trim_matches(['[', ']']);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback() || ip.is_unspecified())
}

/// The settings that are meant, and the file that they are in.
fn settings(data: &Data, mail: &MailFile) -> Result<(Settings, PathBuf)> {
    let file = match (&mail.mail, data.place()?) {
        (Some(file), _) => file.clone(),
        (None, Place::Folder(folder)) => folder.join(FILE),
        (None, Place::Amazon { settings: Some(file) }) => file,
        (None, Place::Amazon { settings: None }) => {
            bail!(
                "the mail server is unknown: name the gallery's heirloom.toml with `--config`, or another file with `--mail`"
            )
        }
    };
    let text = match std::fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => bail!(
            "no mail server is named yet: put a table [mail] with server = \"smtp.example.org\" and \
             from = \"photos@example.org\" into `{}`, as docs/notify.md shows",
            file.display()
        ),
        Err(error) => {
            return Err(error).with_context(|| format!("cannot read the mail settings in `{}`", file.display()));
        }
    };
    let settings = Settings::read(&text, &file.display().to_string())?;
    Ok((beside(settings, &file), file))
}

/// Files are named from where the settings lie.
fn beside(mut settings: Settings, file: &Path) -> Settings {
    let folder = file.parent().unwrap_or(Path::new(""));
    for named in [&mut settings.password_file, &mut settings.ca_file].into_iter().flatten() {
        *named = folder.join(&*named);
    }
    settings
}

async fn set_password(store: &Store, command: &Notify) -> Result<()> {
    let password = if command.from_secret_key {
        let region = region_of_ses(&command.data, &command.mail)?;
        ses::smtp_password(&asked("The secret access key: ")?, &region)?
    } else {
        asked("The mail server's password: ")?
    };
    store_password(store, &password).await?;
    let record = Record::by_owner(Event::MailPasswordSet, None, Timestamp::now());
    Audit::new(store.clone()).record(&record).await?;
    tell(command.json, &json!({ "password": "set" }), || {
        println!("The mail server's password is kept in the auth bucket now.");
    });
    Ok(())
}

/// A secret, typed unseen or out of a pipe.
fn asked(prompt: &str) -> Result<Zeroizing<String>> {
    let on_terminal = std::io::stdin().is_terminal();
    let secret = if on_terminal { rpassword::prompt_password(prompt)?.into() } else { from_stdin()? };
    ensure!(!secret.is_empty(), "the password is empty: nothing was changed");
    Ok(secret)
}

/// Which region's SES takes the mails: a password is of one region alone.
fn region_of_ses(data: &Data, mail: &MailFile) -> Result<String> {
    let (settings, file) = settings(data, mail)?;
    let region = ses::region_of(&settings.server).with_context(|| {
        format!(
            "`{}` names `{}`, which is not Amazon SES: without `--from-secret-key` the password of that server is asked for",
            file.display(),
            settings.server
        )
    })?;
    Ok(region.to_owned())
}

fn words(report: &Report) {
    for Viewed { viewer, address, reached } in &report.viewers {
        let address = address.as_deref().unwrap_or_default();
        match reached {
            Came::NoAddress => println!("{viewer}: has no address: `heirloom user email {viewer} ADDRESS` gives one"),
            Came::Stopped => println!("{viewer}: wants no mails"),
            Came::Nothing => println!("{viewer}: nothing new"),
            Came::Waits { new, until, why } => {
                println!("{viewer}: {new} new, told {} at the earliest", time(*until));
                if let Some(why) = why {
                    println!("  {why}");
                }
            }
            Came::Would(letter) => letter_told(&format!("{viewer} <{address}> would get"), letter),
            Came::Sent(letter) => letter_told(&format!("{viewer} <{address}> was sent"), letter),
            Came::Elsewhere => println!("{viewer}: a mail is on its way"),
            Came::Changed => println!("{viewer}: was changed meanwhile, and is looked at anew the next time"),
            Came::Failed { why, again } => {
                println!("{viewer} <{address}>: not sent, tried again {}\n  {why}", time(*again));
            }
        }
    }
    if report.viewers.is_empty() {
        println!("There are no viewers. Let somebody in with: heirloom user add NAME --email ADDRESS");
    }
}

fn letter_told(before: &str, letter: &Telling) {
    println!("{before}: {}", letter.subject);
    for (album, new) in &letter.albums {
        println!("  {new:>5}  {album}");
    }
}

fn time(time: Timestamp) -> String {
    time.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M").to_string()
}

/// The mail server of a gallery that runs at `origin`; `None` where none is said.
pub(crate) fn of_running(folder: &Path, mail: &MailFile, origin: &str) -> Result<Option<Settings>> {
    let file = mail.mail.clone().unwrap_or_else(|| folder.join(FILE));
    if mail.mail.is_none() && !file.exists() {
        return Ok(None);
    }
    let (settings, file) = settings(&Data::folder(folder), &MailFile { mail: Some(file) })?;
    links_lead_somewhere(&settings, Some(origin), &file)?;
    Ok(Some(settings))
}

/// What such a gallery needs to write by itself.
pub(crate) fn rounds(settings: Settings, store: &Store, origin: String) -> Result<Rounds> {
    Ok(Rounds::new(store.clone(), settings, Some(origin), std::env::var(mail::VARIABLE).ok())?)
}
