//! `heirloom invite`: a link that lets somebody in.

use std::fs::File;
use std::io::IsTerminal;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use gallery::Store;
use jiff::Timestamp;
use login::audit::{Event, Record};
use login::{Audit, Cost, Hasher, Invitations, Secret, User, Users};
use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;

use crate::card;
use crate::cli::Invite;
use crate::reach::Reached;
use crate::user::{named, seeing, seen, tidied};
use crate::welcome::welcome;

/// Does what `heirloom invite` asks.
pub(crate) async fn run(command: Invite) -> Result<()> {
    let reached = Reached::in_folder(&command.data).await?;
    let outcome = with(&reached, &command).await;
    let tidied = tidied(reached.store()).await;
    reached.close().await;
    outcome?;
    tidied
}

async fn with(reached: &Reached, command: &Invite) -> Result<()> {
    // What can go wrong before anything is made goes wrong here.
    let address = match command.address.clone().or_else(|| reached.origin()) {
        Some(address) => origin(&address)?,
        None => anyhow::bail!(
            "the gallery does not run, so its address is not known: start it, or name it with `--address https://…`"
        ),
    };
    if let Some(file) = &command.card {
        ensure!(
            file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("svg")),
            "cards are SVG files: name it for instance `{}`",
            file.with_extension("svg").display()
        );
        can_be_written(file)?;
    }
    let secret = Secret::new().context("the system gives no random numbers to make a link of")?;
    let link = format!("{address}/auth/invite?code={}", secret.reveal());
    let code = QrCode::new(&link).context("the link is too long for a QR code: name a shorter `--address`")?;
    let now = Timestamp::now();
    let expires = now.saturating_add(command.expires)?;
    let store = reached.store();
    let title = reached.title().await?;
    let user = viewer(store, command, &title, now).await?;
    Invitations::new(store.clone()).make(&user, &secret, now, expires).await?;
    // At once: whatever fails from here on, nobody could tell the link any more.
    tell(command, &user, &link, &code, expires);
    Audit::new(store.clone()).record(&Record::by_owner(Event::Invited, Some(user.name.clone()), now)).await?;
    if let Some(file) = &command.card {
        std::fs::write(file, card::svg(&title, &user.name, &link, &code, expires)).with_context(|| no_card(file))?;
        if !command.json {
            println!("A card to print is in {}.", file.display());
        }
    }
    Ok(())
}

/// The viewer that is invited, made if need be.
async fn viewer(store: &Store, command: &Invite, title: &str, now: Timestamp) -> Result<User> {
    let users = Users::new(store.clone(), Hasher::new(Cost::RECOMMENDED), title);
    let scope = named(command.collections.as_deref())?;
    let Some(known) = users.find(&command.name).await? else {
        let user = users.add_invited(&command.name, scope, now).await?;
        welcome(store, &user.scope).await;
        let added = Record::by_owner(Event::ViewerAdded, Some(user.name.clone()), now);
        Audit::new(store.clone()).record(&added).await?;
        return Ok(user);
    };
    ensure!(
        command.collections.is_none() || known.scope == scope,
        "{name} may see {sees} already: leave `--collections` away, or change it with `heirloom user scope {name}`",
        name = known.name,
        sees = seen(&known.scope)
    );
    Ok(known)
}

fn tell(command: &Invite, user: &User, link: &str, code: &QrCode, expires: Timestamp) {
    if command.json {
        let told = serde_json::json!({
            "invited": user.name,
            "sees": seeing(&user.scope),
            "link": link,
            "expires": expires,
            "card": command.card,
        });
        println!("{told}");
        return;
    }
    let until = expires.strftime("%Y-%m-%d %H:%M UTC");
    println!("{} may see {}. This link works once, until {until}:", user.name, seen(&user.scope));
    println!();
    println!("  {link}");
    println!();
    let squares = code.render::<Dense1x2>().quiet_zone(true).build();
    if std::io::stdout().is_terminal() {
        // Black on white, whatever the terminal's own colours are: not every phone reads the reverse.
        for line in squares.lines() {
            println!("  \x1b[30;107m{line}\x1b[0m");
        }
    } else {
        println!("{squares}");
    }
    println!();
    println!("It is shown this once and kept nowhere: pass it on in person, or by a message that only they read.");
}

/// That a card can be written there. What lies there stays, and nothing new is left.
fn can_be_written(file: &Path) -> Result<()> {
    let is_there = file.symlink_metadata().is_ok();
    File::options().append(true).create(true).open(file).with_context(|| no_card(file))?;
    if is_there { Ok(()) } else { std::fs::remove_file(file).with_context(|| no_card(file)) }
}

fn no_card(file: &Path) -> String {
    format!("cannot write the card to `{}`", file.display())
}

/// `https://host` out of an address as people paste it.
pub(crate) fn origin(address: &str) -> Result<String> {
    let wrong = || format!("`{address}` is no address of a gallery: write it as `https://photos.example.org`");
    let (scheme, rest) = address.split_once("://").with_context(wrong)?;
    let host = rest.trim_end_matches('/');
    let plain = |c: char| c.is_ascii_alphanumeric() || "-.:[]".contains(c);
    ensure!(matches!(scheme, "https" | "http") && !host.is_empty() && host.chars().all(plain), wrong());
    Ok(format!("{scheme}://{host}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_people_paste_them() {
        assert_eq!(origin("https://photos.example.org/").unwrap(), "https://photos.example.org");
        assert_eq!(origin("http://127.0.0.1:8080").unwrap(), "http://127.0.0.1:8080");
        for wrong in ["photos.example.org", "ftp://x", "https://", "https://a/b", "https://a?b", "https://a b"] {
            assert!(origin(wrong).unwrap_err().to_string().contains(wrong), "{wrong}");
        }
    }
}
