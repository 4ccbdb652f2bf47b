//! `heirloom user import htpasswd`: people with the passwords that they have elsewhere.

use anyhow::{Context, Result, ensure};
use gallery::ViewerName;
use jiff::Timestamp;
use login::audit::{Event, Record};
use login::password::imported::Imported;
use login::{Audit, Users};
use serde::Serialize;

use crate::cli::Htpasswd;
use crate::user::{named, seen};

/// What became of each line.
#[derive(Debug, Default, Serialize)]
struct Summary {
    /// Viewers who can sign in now.
    imported: Vec<String>,
    /// Viewers who were let in already.
    kept: Vec<String>,
    /// Line, name, reason.
    refused: Vec<(usize, String, String)>,
}

/// Does what `heirloom user import htpasswd` asks.
pub(crate) async fn run(users: &Users, audit: &Audit, command: &Htpasswd) -> Result<()> {
    let file = command.file.display();
    let text = std::fs::read(&command.file).with_context(|| format!("cannot read `{file}`"))?;
    let scope = named(command.collections.as_deref())?;
    let mut summary = Summary::default();
    for (number, line) in String::from_utf8_lossy(&text).lines().enumerate() {
        let (number, line) = (number + 1, line.trim());
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        match read(line) {
            Err((name, why)) => summary.refused.push((number, name, why)),
            Ok((name, _)) if users.find(&name).await?.is_some() || summary.imported.contains(&name.to_string()) => {
                summary.kept.push(name.to_string());
            }
            Ok((name, imported)) => {
                if !command.dry_run {
                    let now = Timestamp::now();
                    users.import(&name, &imported, scope.clone(), now).await?;
                    audit.record(&Record::by_owner(Event::ViewerAdded, Some(name.clone()), now)).await?;
                }
                summary.imported.push(name.to_string());
            }
        }
    }
    ensure!(
        !summary.imported.is_empty() || !summary.kept.is_empty() || !summary.refused.is_empty(),
        "`{file}` names nobody: each line of such a file is `name:hash`"
    );
    if command.json {
        println!("{}", serde_json::to_string(&summary)?);
    } else {
        let can =
            if command.dry_run { "could sign in, and" } else { "can sign in with the password that they have, and" };
        for name in &summary.imported {
            println!("{name} {can} may see {}.", seen(&scope));
        }
        for name in &summary.kept {
            println!("{name} is let in already, and stays as they are.");
        }
        for (number, name, why) in &summary.refused {
            eprintln!("line {number}, {name}: {why}");
        }
    }
    ensure!(summary.refused.is_empty(), "{} of the people in `{file}` were not let in", summary.refused.len());
    Ok(())
}

/// A line's name and hash, or its name and why it cannot be used. The hash itself is never told.
pub(crate) fn read(line: &str) -> Result<(ViewerName, Imported), (String, String)> {
    let Some((name, rest)) = line.split_once(':') else {
        return Err(("nobody".to_owned(), "a line is `name:hash`".to_owned()));
    };
    let refused = |why: String| (name.to_owned(), why);
    let viewer = ViewerName::parse(name).map_err(|error| refused(error.to_string()))?;
    // Some programs write more after another colon.
    let hash = rest.split(':').next().unwrap_or_default();
    let imported = Imported::parse(hash).map_err(|error| refused(error.to_string()))?;
    Ok((viewer, imported))
}
