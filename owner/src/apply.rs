//! `heirloom user export` and `heirloom user apply`: all viewers in one file that people read and write.
//!
//! ```toml
//! [tom]
//! sees = ["Family", "Holidays"]      # or "everything"
//! signs_in = "password"              # or "invitation"
//! ```
//!
//! The file never holds a password or a hash, so it can lie anywhere. How somebody signs in is only looked at when they are
//! new: nobody loses a password because a file says otherwise.

pub(crate) mod plan;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{IsTerminal, Write};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use builder::GalleryRecord;
use gallery::{CollectionSlug, Key, Scope, Slug, Store, ViewerName};
use jiff::{SignedDuration, Timestamp};
use login::audit::{Event, Record};
use login::{Audit, Invitations, Secret, User, Users};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::cli::{Apply, Export};
use crate::reach::Reached;
use crate::secret::first_line;
use crate::tell::counted;
use crate::user::made;
use crate::welcome::welcome;
use plan::{Change, Entry, Sees, SignsIn, plan};

/// How long a link can be used.
const LINK_LIVES: SignedDuration = SignedDuration::from_hours(7 * 24);

const HEAD: &str = "\
# Who may look at this gallery. Change it, then: heirloom user apply users.toml
# sees: \"everything\", or a list of collections. signs_in, for somebody new: \"password\" or \"invitation\".
# email: where somebody is told of new photos.
";

/// Prints all viewers.
pub(crate) async fn export(store: &Store, users: &Users, command: &Export) -> Result<()> {
    let names = Names::read(store).await?;
    let entries: BTreeMap<String, Entry> =
        users.list().await?.iter().map(|user| (user.name.to_string(), names.entry(user))).collect();
    if command.json {
        println!("{}", serde_json::json!({ "viewers": entries }));
    } else {
        println!("{HEAD}\n{}", toml::to_string(&entries)?.trim_end());
    }
    Ok(())
}

/// What was made for somebody new, told once.
#[derive(Debug, Serialize)]
struct Made {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<String>,
}

/// Brings the viewers to what a file says.
pub(crate) async fn apply(reached: &Reached, users: &Users, audit: &Audit, command: &Apply) -> Result<()> {
    let file = command.file.display();
    let text = std::fs::read_to_string(&command.file).with_context(|| format!("cannot read `{file}`"))?;
    let entries = entries(&text).map_err(|why| anyhow::anyhow!("`{file}` cannot be understood: {why}"))?;
    let known = users.list().await?;
    let names = Names::read(reached.store()).await?.also(&known);
    let mut wanted = BTreeMap::new();
    for (name, entry) in entries {
        let viewer = ViewerName::parse(&name).with_context(|| format!("`{file}`"))?;
        let scope = names.scope(&entry.sees).with_context(|| format!("`{file}`, [{name}]"))?;
        ensure!(wanted.insert(viewer, (scope, entry)).is_none(), "`{file}` names `{name}` twice");
    }
    let changes = plan(&wanted, &known, command.remove);
    let address = command.address.clone().or_else(|| reached.origin());
    let address = address.map(|address| crate::invite::origin(&address)).transpose()?;
    let unnamed = known.iter().filter(|user| !wanted.contains_key(&user.name)).count();
    if !command.json {
        for change in &changes {
            println!("{}", change.line(&|scope| names.seen(scope)));
        }
        if unnamed > 0 && !command.remove {
            let viewers = counted(unnamed, "viewer is", "viewers are");
            println!("{viewers} not in `{file}`, which changes nothing for them: `--remove` lets them out.");
        }
        if changes.is_empty() {
            println!("Everything is as `{file}` says.");
        }
    }
    if !changes.is_empty() && !command.dry_run && !command.yes {
        ensure!(
            std::io::stdin().is_terminal() && !command.json,
            "nothing was changed: say `--yes` to do this in a script"
        );
        print!("Do this? [y/N] ");
        std::io::stdout().flush()?;
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer)?;
        ensure!(matches!(answer.trim(), "y" | "Y" | "yes"), "nothing was changed");
    }
    let (mut made, mut begun, mut outcome) = (Vec::new(), 0, Ok(()));
    while begun < changes.len() && outcome.is_ok() {
        if !command.dry_run {
            outcome = carry_out(reached, users, audit, command, address.as_deref(), &changes[begun], &mut made).await;
        }
        begun += 1;
    }
    if command.json {
        // Also when one failed: what was made until then is told nowhere else.
        let lines: Vec<_> = changes[..begun].iter().map(|change| change.json(&|scope| names.seen(scope))).collect();
        println!("{}", serde_json::json!({ "changes": lines, "made": made, "unnamed": unnamed }));
    }
    outcome.with_context(|| format!("not all that `{file}` says is done (apply it again for the rest)"))
}

async fn carry_out(
    reached: &Reached,
    users: &Users,
    audit: &Audit,
    command: &Apply,
    address: Option<&str>,
    change: &Change<'_>,
    told: &mut Vec<Made>,
) -> Result<()> {
    let now = Timestamp::now();
    let name = change.name();
    let record = async |event| audit.record(&Record::by_owner(event, Some(name.clone()), now)).await;
    // At once to a person: whatever fails after it, nobody could tell it any more.
    let mut tell = |password, link| {
        let one = Made { name: name.to_string(), password, link };
        if !command.json {
            one.tell();
        }
        told.push(one);
    };
    match change {
        Change::Scope { to, .. } => {
            welcome(reached.store(), to).await;
            users.set_scope(name, (*to).clone(), now).await?;
            record(Event::ScopeChanged).await?;
        }
        Change::Email { entry, .. } => {
            users.set_mail(name, entry.email.as_ref(), entry.language, now).await?;
            record(Event::MailAddressChanged).await?;
        }
        Change::Remove { .. } => {
            users.remove(name).await?;
            record(Event::ViewerRemoved).await?;
        }
        Change::Add { entry, scope, .. } if entry.signs_in == SignsIn::Invitation => {
            let user = users.add_invited(name, (*scope).clone(), now).await?;
            let link = async {
                welcome(reached.store(), scope).await;
                record(Event::ViewerAdded).await?;
                written_to(users, audit, name, entry, now).await?;
                let Some(address) = address else { return Ok(None) };
                let secret = Secret::new().context("the system gives no random numbers to make a link of")?;
                let ends = now.saturating_add(LINK_LIVES)?;
                Invitations::new(reached.store().clone()).make(&user, &secret, now, ends).await?;
                Ok::<_, anyhow::Error>(Some(format!("{address}/auth/invite?code={}", secret.reveal())))
            };
            // The same file once more finds nothing to do for them.
            let without = || format!("`{name}` is let in and has no link yet: `heirloom invite {name}` makes one");
            let link = link.await.with_context(without)?;
            let invited = link.is_some();
            tell(None, link);
            if invited {
                record(Event::Invited).await?;
            }
        }
        Change::Add { entry, scope, .. } => {
            let (password, shown) = match &entry.password_command {
                Some(asked) => (printed(asked).with_context(|| format!("[{name}]"))?, false),
                None => (made()?, true),
            };
            welcome(reached.store(), scope).await;
            users.add(name, &password, (*scope).clone(), now).await?;
            if shown {
                tell(Some(password.to_string()), None);
            }
            record(Event::ViewerAdded).await?;
            written_to(users, audit, name, entry, now).await?;
        }
    }
    Ok(())
}

/// Notes where somebody new is told of photos.
async fn written_to(users: &Users, audit: &Audit, name: &ViewerName, entry: &Entry, now: Timestamp) -> Result<()> {
    if entry.email.is_some() {
        users.set_mail(name, entry.email.as_ref(), entry.language, now).await?;
        audit.record(&Record::by_owner(Event::MailAddressChanged, Some(name.clone()), now)).await?;
    }
    Ok(())
}

/// The first line that a command prints.
fn printed(command: &str) -> Result<Zeroizing<String>> {
    let output = Command::new("sh").args(["-c", command]).output().context("cannot run `password_command`")?;
    ensure!(output.status.success(), "`{command}` failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    let said = Zeroizing::new(String::from_utf8(output.stdout).context("the password is not UTF-8")?);
    Ok(first_line(&said))
}

impl Made {
    fn tell(&self) {
        let name = &self.name;
        println!();
        match (&self.password, &self.link) {
            (Some(password), _) => println!("  {name}: {password}"),
            (None, Some(link)) => println!("  {name}: {link}\n  It works once, for 7 days."),
            (None, None) => println!("  {name} comes in by a link: heirloom invite {name} --address https://…"),
        }
        println!("  It is shown this once and kept nowhere: pass it on in person.");
    }
}

/// What the file says of each name, or why it cannot be understood.
pub(crate) fn entries(text: &str) -> Result<BTreeMap<String, Entry>, String> {
    toml::from_str(text).map_err(|error| told(&error, text))
}

/// The parser's complaint with its line.
fn told(error: &toml::de::Error, text: &str) -> String {
    let line = error.span().map(|span| text[..span.start.min(text.len())].matches('\n').count() + 1);
    let what = error.message().replace('\n', " ");
    line.map_or(what.clone(), |line| format!("line {line}: {what}"))
}

/// What collections are called. Viewers' records hold slugs.
#[derive(Debug, Default)]
struct Names {
    names: BTreeMap<CollectionSlug, String>,
    /// Slugs of collections that are no more, or not yet there.
    others: BTreeSet<CollectionSlug>,
}

impl Names {
    async fn read(store: &Store) -> Result<Self> {
        let record = store.read_json::<GalleryRecord>(&Key::GalleryCatalogue).await?;
        let collections = record.map(|(record, _)| record.collections).unwrap_or_default();
        let names = collections.into_iter().map(|(slug, it)| (slug, it.summary.card.folder.name().to_owned()));
        Ok(Self { names: names.collect(), others: BTreeSet::new() })
    }

    /// What the viewers' records speak of can be written as it stands there.
    fn also(mut self, users: &[User]) -> Self {
        for user in users {
            if let Scope::Only(list) = &user.scope {
                self.others.extend(list.iter().filter(|slug| !self.names.contains_key(slug)).cloned());
            }
        }
        self
    }

    fn of(&self, slug: &CollectionSlug) -> String {
        self.names.get(slug).cloned().unwrap_or_else(|| slug.to_string())
    }

    fn seen(&self, scope: &Scope) -> String {
        match scope {
            Scope::All => "everything".to_owned(),
            Scope::Only(list) => list.iter().map(|slug| self.of(slug)).collect::<Vec<_>>().join(", "),
        }
    }

    fn entry(&self, user: &User) -> Entry {
        let sees = match &user.scope {
            Scope::All => Sees::Word("everything".to_owned()),
            Scope::Only(list) => Sees::List(list.iter().map(|slug| self.of(slug)).collect()),
        };
        let signs_in = if user.password.is_some() { SignsIn::Password } else { SignsIn::Invitation };
        let (email, language) = user.mail.as_ref().map(|mail| (mail.address.clone(), mail.language)).unzip();
        Entry { sees, signs_in, email, language: language.flatten(), password_command: None }
    }

    fn scope(&self, sees: &Sees) -> Result<Scope> {
        match sees {
            Sees::Word(word) if word == "everything" => Ok(Scope::All),
            Sees::Word(word) => bail!("`sees` is \"everything\" or a list such as [\"{word}\"]"),
            Sees::List(list) if list.is_empty() => bail!("`sees` names no collection"),
            Sees::List(list) => Ok(Scope::Only(list.iter().map(|name| self.slug(name)).collect())),
        }
    }

    fn slug(&self, name: &str) -> CollectionSlug {
        let as_it_stands = CollectionSlug::parse(name).ok().filter(|slug| self.others.contains(slug));
        as_it_stands.unwrap_or_else(|| CollectionSlug(Slug::of(name.trim().trim_matches('/'))))
    }
}
