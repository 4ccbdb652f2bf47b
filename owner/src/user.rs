//! `heirloom user`: let people in, or out.

use std::io::IsTerminal;

use anyhow::{Context, Result, bail, ensure};
use gallery::{Scope, Store, ViewerName};
use jiff::Timestamp;
use login::audit::{Event, Record};
use login::{Audit, Cost, Hasher, Invitations, Role, User as Viewer, Users, UsersError, passphrase};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::cli::{ImportPeople, Many, May, PasswordFrom, User, scope};
use crate::reach::Reached;
use crate::secret::from_stdin;
use crate::tell::tell;
use crate::welcome::welcome;

/// Does what `heirloom user …` asks.
pub(crate) async fn run(command: User) -> Result<()> {
    let data = match &command {
        User::Add { data, .. }
        | User::List { data, .. }
        | User::Remove { data, .. }
        | User::Scope { data, .. }
        | User::Role { data, .. }
        | User::Email { data, .. }
        | User::Logout { data, .. }
        | User::Passwd { data, .. } => data,
        User::Many(many) => many.data(),
    };
    let reached = Reached::in_folder(data).await?;
    let title = reached.title().await?;
    let users = Users::new(reached.store().clone(), Hasher::new(Cost::RECOMMENDED), title);
    let audit = Audit::new(reached.store().clone());
    let outcome = match command {
        User::Many(many) => all_at_once(&reached, &users, &audit, &many).await,
        command => with(reached.store(), &users, &audit, command).await,
    };
    // Whoever changed last, the cost of passwords that are no longer there need not be paid any more.
    let settled = users.settle_imported().await;
    let tidied = tidied(reached.store()).await;
    drop((users, audit));
    reached.close().await;
    outcome?;
    settled?;
    tidied
}

/// Removes invitations that are long over. On one machine the gallery does; on AWS nobody else can, because S3 knows how
/// old an object is, and not when an invitation ends.
pub(crate) async fn tidied(store: &Store) -> Result<()> {
    Invitations::new(store.clone()).tidy(Timestamp::now()).await?;
    Ok(())
}

async fn all_at_once(reached: &Reached, users: &Users, audit: &Audit, command: &Many) -> Result<()> {
    match command {
        Many::Import(ImportPeople::Htpasswd(command)) => crate::htpasswd::run(users, audit, command).await,
        Many::Export(command) => crate::apply::export(reached.store(), users, command).await,
        Many::Apply(command) => crate::apply::apply(reached, users, audit, command).await,
    }
}

async fn with(store: &Store, users: &Users, audit: &Audit, command: User) -> Result<()> {
    let now = Timestamp::now();
    let record = async |event, name| audit.record(&Record::by_owner(event, Some(name), now)).await;
    match command {
        User::Add { name, collections, owner, email, password, json, .. } => {
            let scope = named(collections.as_deref())?;
            let password = Password::get(password)?;
            if users.find(&name).await?.is_none() {
                welcome(store, &scope).await;
            }
            let sees = seeing(&scope);
            users.add(&name, &password.text, scope, now).await?;
            // At once: whatever fails from here on, nobody could tell the password any more.
            let told =
                json!({ "added": name, "sees": sees, "owner": owner, "email": email, "password": password.made() });
            tell(json, &told, || {
                println!("{name} can sign in now.");
                password.tell();
            });
            let rest = async {
                record(Event::ViewerAdded, name.clone()).await?;
                if owner {
                    users.set_role(&name, Role::Owner).await?;
                    record(Event::RoleChanged, name.clone()).await?;
                }
                if let Some(email) = &email {
                    users.set_mail(&name, Some(email), None, now).await?;
                    record(Event::MailAddressChanged, name.clone()).await?;
                }
                anyhow::Ok(())
            };
            rest.await
                .with_context(|| format!("`{name}` is let in, but not all else is done (see `heirloom user list`)"))?;
        }
        User::List { json, .. } => {
            let viewers = users.list().await?;
            let listed: Vec<_> = viewers.iter().map(listed).collect();
            tell(json, &json!({ "viewers": listed }), || list(&viewers));
        }
        User::Remove { name, json, .. } => {
            users.remove(&name).await?;
            record(Event::ViewerRemoved, name.clone()).await?;
            tell(json, &json!({ "removed": name }), || {
                println!(
                    "{name} is out: at once for new pages after the next check, on every device within 15 minutes."
                );
            });
        }
        User::Scope { name, see, json, .. } => {
            let scope = named(see.collections.as_deref())?;
            let (words, sees) = (seen(&scope), seeing(&scope));
            if users.find(&name).await?.is_some() {
                welcome(store, &scope).await;
            }
            users.set_scope(&name, scope, now).await?;
            record(Event::ScopeChanged, name.clone()).await?;
            tell(json, &json!({ "changed": name, "sees": sees }), || {
                println!("{name} may see {words} within 15 minutes.");
            });
        }
        User::Role { name, role, json, .. } => {
            let (role, words) = match role {
                May::Owner => (Role::Owner, "may add photos now, at /auth/upload"),
                May::Viewer => (Role::Viewer, "may only look from now on"),
            };
            users.set_role(&name, role).await?;
            record(Event::RoleChanged, name.clone()).await?;
            tell(json, &json!({ "changed": name, "owner": role.is_owner() }), || println!("{name} {words}."));
        }
        User::Email { name, address, language, json, .. } => {
            users.set_mail(&name, address.as_ref(), language, now).await?;
            record(Event::MailAddressChanged, name.clone()).await?;
            tell(json, &json!({ "changed": name, "email": address }), || match &address {
                Some(address) => println!("{name} is told of photos that are new from now on, at {address}."),
                None => println!("{name} gets no mails any more."),
            });
        }
        User::Logout { name, json, .. } => {
            users.sign_out_everywhere(&name, now).await?;
            record(Event::SignedOutEverywhere, name.clone()).await?;
            tell(json, &json!({ "signed_out": name }), || {
                println!("{name} is signed out on every device within 15 minutes, and unused invitations are void.");
            });
        }
        User::Passwd { name, password, json, .. } => {
            let password = Password::get(password)?;
            users.set_password(&name, &password.text, now).await.map_err(|error| half_changed(&name, error))?;
            tell(json, &json!({ "changed": name, "password": password.made() }), || {
                println!("{name} has a new password and is signed out everywhere within 15 minutes.");
                password.tell();
            });
            record(Event::PasswordChanged, name.clone()).await?;
        }
        User::Many(_) => unreachable!("they are answered by `all_at_once`"),
    }
    Ok(())
}

/// Why a password was not changed. When S3 fails it may be changed all the same: devices are forgotten after the old one is.
fn half_changed(name: &ViewerName, error: UsersError) -> anyhow::Error {
    let from_s3 = matches!(error, UsersError::Store(_));
    let error = anyhow::Error::from(error);
    if !from_s3 {
        return error;
    }
    error.context(format!("{name} may have another password already: the same command again makes one that is told"))
}

/// The scope that `--collections` asks for.
pub(crate) fn named(collections: Option<&[String]>) -> Result<Scope> {
    let scope = scope(collections);
    ensure!(
        !matches!(&scope, Scope::Only(list) if list.is_empty()),
        "`--collections` names none: name at least one, or leave it away for everything"
    );
    Ok(scope)
}

/// What somebody may see, for a program: `null` is everything.
pub(crate) fn seeing(scope: &Scope) -> Option<Vec<String>> {
    match scope {
        Scope::All => None,
        Scope::Only(list) => Some(list.iter().map(ToString::to_string).collect()),
    }
}

/// A viewer, for a program.
fn listed(user: &Viewer) -> Value {
    json!({
        "name": user.name,
        "since": user.created,
        "sees": seeing(&user.scope),
        "has_password": user.password.is_some(),
        "owner": user.role.is_owner(),
        "email": user.mail.as_ref().map(|mail| &mail.address),
        "language": user.mail.as_ref().and_then(|mail| mail.language),
        "wants_mails": user.mail.as_ref().map(login::Mail::wants),
    })
}

fn list(users: &[Viewer]) {
    if users.is_empty() {
        println!("Nobody can sign in yet. Let somebody in with: heirloom user add NAME");
        return;
    }
    let width = users.iter().map(|user| user.name.as_str().len()).max().unwrap_or(0).max(4);
    println!("{:width$}  since       may see", "name");
    for user in users {
        let since = user.created.strftime("%Y-%m-%d");
        let invited = if user.password.is_none() { "  (no password: by invitation)" } else { "" };
        let owner = if user.role.is_owner() { "  (owner: may upload)" } else { "" };
        let mail = match &user.mail {
            Some(mail) if mail.wants() => format!("  <{}>", mail.address),
            Some(mail) => format!("  <{}>: wants no mails", mail.address),
            None => String::new(),
        };
        println!("{:width$}  {since}  {}{invited}{owner}{mail}", user.name.as_str(), seen(&user.scope));
    }
}

pub(crate) fn seen(scope: &Scope) -> String {
    match scope {
        Scope::All => "everything".to_owned(),
        Scope::Only(list) => list.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    }
}

/// A password, and whether its owner knows it yet.
struct Password {
    text: Zeroizing<String>,
    made_here: bool,
}

impl Password {
    fn get(from: PasswordFrom) -> Result<Self> {
        let typed = |text| Self { text, made_here: false };
        if from.password_stdin {
            return Ok(typed(from_stdin()?));
        }
        if from.ask {
            if !std::io::stdin().is_terminal() {
                bail!("`--ask` needs a terminal: use `--password-stdin` in scripts");
            }
            let first = rpassword::prompt_password("Password (15 characters at least): ")?;
            let again = rpassword::prompt_password("The same again: ")?;
            ensure!(first == again, "the two passwords differ: nothing was changed");
            return Ok(typed(first.into()));
        }
        Ok(Self { text: made()?, made_here: true })
    }

    /// The password, when nobody knows it yet.
    fn made(&self) -> Option<&str> {
        self.made_here.then_some(self.text.as_str())
    }

    fn tell(&self) {
        if self.made_here {
            println!();
            println!("  password: {}", self.text.as_str());
            println!();
            println!("It is shown this once and kept nowhere: pass it on by phone or in person.");
        }
    }
}

/// A passphrase of six words.
pub(crate) fn made() -> Result<Zeroizing<String>> {
    let mut failed = None;
    let words = passphrase::generate(|bytes| failed = failed.take().or(getrandom::fill(bytes).err()));
    match failed {
        Some(error) => bail!("the system gives no random numbers to make a password of: {error}"),
        None => Ok(words.into()),
    }
}

/// A viewer for the demo, with a password that is told.
pub(crate) async fn demo_viewer(users: &Users, name: &ViewerName) -> Result<Zeroizing<String>> {
    let password = made()?;
    if users.find(name).await?.is_some() {
        users.set_password(name, &password, Timestamp::now()).await?;
    } else {
        users.add(name, &password, Scope::All, Timestamp::now()).await?;
    }
    Ok(password)
}
