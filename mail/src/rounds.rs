//! A round: look what is new, and write to each viewer whose letter is due.

use std::collections::{BTreeMap, BTreeSet};

use builder::{Catalogue, GalleryRecord};
use bytes::Bytes;
use data_encoding::HEXLOWER;
use gallery::store::StoreError;
use gallery::{AlbumPath, Key, PhotoId, Store, ViewerName};
use jiff::Timestamp;
use login::{Cost, Hasher, Language, Mail, User, Users, UsersError};
use sha2::{Digest, Sha256};

use crate::due::{Due, due};
use crate::known::{Known, Recent};
use crate::letter::{self, Album, Chosen, News};
use crate::looking::look;
use crate::password::{self, PasswordError};
use crate::post::{Addressed, Post, PostError};
use crate::report::{Reached, Report, Telling, Viewed};
use crate::settings::{Settings, is_address};
use crate::told::{Failed, Held, Sending, Told};
use crate::words::Words;

/// Why a round could not be made at all. What goes wrong with one letter is told of that viewer.
#[derive(Debug, thiserror::Error)]
pub enum RoundsError {
    /// S3 failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The viewers cannot be read.
    #[error(transparent)]
    Users(#[from] UsersError),
    /// There is no password.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The settings lead to no server.
    #[error(transparent)]
    Post(#[from] PostError),
    /// Nobody knows where links are to lead.
    #[error(
        "`{0}` is not where viewers can reach the gallery: write for instance address = \"https://photos.example.org\""
    )]
    Address(String),
}

/// What is asked of a round.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Only say what would be sent.
    pub dry_run: bool,
    /// Do not wait for more photos, nor for a day between two letters.
    pub at_once: bool,
    /// This viewer alone.
    pub only: Option<ViewerName>,
}

/// A gallery whose viewers are written to.
pub struct Rounds {
    store: Store,
    settings: Settings,
    address: String,
    variable: Option<String>,
}

/// What a round knows before it comes to the viewers.
struct Round<'a> {
    asked: &'a Asked,
    now: Timestamp,
    users: Users,
    gallery: GalleryRecord,
    known: Known,
    shown: BTreeSet<AlbumPath>,
    catalogues: BTreeMap<AlbumPath, Catalogue>,
    pictures: BTreeMap<String, Option<Bytes>>,
    post: Option<Post>,
    /// Why nobody else need be tried.
    away: Option<String>,
}

impl Rounds {
    /// Rounds of a gallery. `origin` is its address where the settings say none; `variable` what the environment says
    /// the mail server's password is.
    pub fn new(
        store: Store,
        settings: Settings,
        origin: Option<String>,
        variable: Option<String>,
    ) -> Result<Self, RoundsError> {
        let address = settings.address.clone().or(origin).unwrap_or_default();
        if !is_address(&address) {
            return Err(RoundsError::Address(address));
        }
        Ok(Self { store, settings, address, variable })
    }

    /// Makes one round.
    pub async fn make(&self, asked: &Asked, now: Timestamp) -> Result<Report, RoundsError> {
        let gallery = self.store.read_json::<GalleryRecord>(&Key::GalleryCatalogue).await?;
        let gallery = gallery.map(|(gallery, _)| gallery).unwrap_or_default();
        let known = look(&self.store, &gallery, now, !asked.dry_run).await?;
        let shown = gallery.collections.values().filter(|collection| collection.summary.is_shown());
        let shown =
            shown.flat_map(|collection| &collection.summary.shelves).map(|shelf| shelf.folder.album()).collect();
        let title = gallery.settings.values.title().to_owned();
        let users = Users::new(self.store.clone(), Hasher::new(Cost::LEAST), title);
        let mut round = Round {
            asked,
            now,
            users,
            gallery,
            known,
            shown,
            catalogues: BTreeMap::new(),
            pictures: BTreeMap::new(),
            post: None,
            away: None,
        };
        let mut report = Report::default();
        let users = match &asked.only {
            Some(name) => vec![round.users.find(name).await?.ok_or_else(|| UsersError::Unknown(name.clone()))?],
            None => round.users.list().await?,
        };
        for user in users {
            let address = user.mail.as_ref().map(|mail| mail.address.to_string());
            let reached = self.viewer(&mut round, &user).await?;
            report.viewers.push(Viewed { viewer: user.name, address, reached });
        }
        report.away = round.away;
        Ok(report)
    }

    async fn viewer(&self, round: &mut Round<'_>, user: &User) -> Result<Reached, RoundsError> {
        let Some(mail) = &user.mail else { return Ok(Reached::NoAddress) };
        if !mail.wants() {
            return Ok(Reached::Stopped);
        }
        let mut held = Held::read(&self.store, &user.name).await?;
        let (through, by_album, news) = loop {
            // What was on its way when a run ended is told as it was, and what came since another time.
            let through = held.told.sending.as_ref().map_or(round.known.turn, |sending| sending.through);
            let new = round.new_for(user, mail, held.told.through, through);
            let recent: Vec<&Recent> = new.iter().map(|(_, recent)| recent).collect();
            match due(&recent, &held.told, self.settings.quiet(), round.asked.at_once, round.now) {
                Due::Nothing if held.told.sending.is_none() => return Ok(Reached::Nothing),
                Due::Later(_) if held.told.is_on_its_way() => return Ok(Reached::Elsewhere),
                Due::Later(until) => {
                    let why = held.told.failed.as_ref().map(|failed| failed.why.clone());
                    return Ok(Reached::Waits { new: count(&recent), until, why });
                }
                Due::Nothing | Due::Now => {}
            }
            round.read_catalogues(&self.store, new.iter().map(|(_, recent)| &recent.album)).await?;
            let by_album = round.places(&new);
            let news = letter::news(&by_album, &round.catalogues);
            if !news.albums.is_empty() {
                break (through, by_album, news);
            }
            // What was on its way is on no page any more. What came since must not wait for it for ever.
            let Some(gone) = held.told.sending.take() else { return Ok(Reached::Nothing) };
            held.told.through = gone.through;
        };
        let claim = held.told.sending.as_ref().map(|sending| sending.id.clone());
        let id = claim.unwrap_or_else(|| self.number(&user.name, by_album.values().flatten()));
        let language = mail.language.or_else(|| round.language()).unwrap_or(Language::En);
        self.write(round, user, mail, &mut held, through, &id, &news, Words::of(language)).await
    }

    /// Claims, writes, sends, records.
    #[allow(clippy::too_many_arguments, reason = "one letter's parts, used once")]
    async fn write(
        &self,
        round: &mut Round<'_>,
        user: &User,
        mail: &Mail,
        held: &mut Held,
        through: u64,
        id: &str,
        news: &News,
        words: &Words,
    ) -> Result<Reached, RoundsError> {
        let title = round.gallery.settings.values.title().to_owned();
        let end = format!("{}{}", self.address, mail.unsubscribe(&user.name));
        let told = |letter: &letter::Letter| {
            let (photos, films) = news.counts();
            let albums = news.albums.iter().map(|Album { title, photos, films, .. }| (title.clone(), photos + films));
            Telling { subject: letter.subject.clone(), photos, films, albums: albums.collect() }
        };
        if round.asked.dry_run {
            return Ok(Reached::Would(told(&letter::write(words, &title, news, &self.address, &end, &[]))));
        }
        if let Some(why) = &round.away {
            let again = round.now.saturating_add(jiff::SignedDuration::from_mins(15)).unwrap_or(round.now);
            return Ok(Reached::Failed { why: why.clone(), again });
        }
        if round.post.is_none() {
            let password = password::find(&self.settings, self.variable.clone(), &self.store).await?;
            round.post = Some(Post::new(&self.settings, password)?);
        }
        let (chosen, pictures) = round.fetch(&self.store, &news.pictures).await?;
        let letter = letter::write(words, &title, news, &self.address, &end, &chosen);
        // The letters before this one took their time.
        if !round.is_still(user).await? {
            return Ok(Reached::Changed);
        }
        let before = held.told.clone();
        let sending = Sending { through, since: round.now, id: id.to_owned() };
        if !held.write(&self.store, &user.name, Told { sending: Some(sending), ..before.clone() }).await? {
            return Ok(Reached::Elsewhere);
        }
        let addressed =
            Addressed { to: &mail.address, title: &title, id, end: &end, letter: &letter, pictures: &pictures };
        let outcome = match &mut round.post {
            Some(post) => post.send(&addressed).await,
            None => unreachable!("it was made above"),
        };
        let error = match outcome {
            Ok(()) => {
                let now_told = Told { through, sent: Some(round.now), sending: None, failed: None };
                held.write(&self.store, &user.name, now_told).await?;
                return Ok(Reached::Sent(told(&letter)));
            }
            Err(error) => error,
        };
        let why = error.to_string();
        let tries = before.failed.as_ref().map_or(0, |failed| failed.tries) + 1;
        let (refused, unsure) = (matches!(error, PostError::Refused(_)), error.may_have_arrived());
        let failed = Failed { at: round.now, tries, refused, unsure, why: why.clone() };
        let again = failed.again();
        // Where nobody knows whether the server has it, now or from an earlier try, the claim stays, and with it the
        // letter's number.
        let sending = held.told.sending.clone().filter(|_| unsure || before.sending.is_some());
        held.write(&self.store, &user.name, Told { sending, failed: Some(failed), ..before }).await?;
        if error.concerns_everybody() {
            round.away = Some(why.clone());
        }
        Ok(Reached::Failed { why, again })
    }

    /// A letter's number: the same whenever the same is told to the same viewer.
    fn number<'a>(&self, viewer: &ViewerName, photos: impl Iterator<Item = &'a PhotoId>) -> String {
        let mut ids: Vec<String> = photos.map(ToString::to_string).collect();
        ids.sort_unstable();
        let digest = Sha256::digest(format!("{} {viewer} {}", self.address, ids.join(" ")).as_bytes());
        format!("{}@{}", HEXLOWER.encode(&digest[..16]), Post::domain(&self.settings))
    }
}

impl Round<'_> {
    /// Whether a viewer is who they were when the round began: neither removed nor narrowed since, and written to at the
    /// same address.
    async fn is_still(&self, user: &User) -> Result<bool, UsersError> {
        let found = self.users.find(&user.name).await?;
        Ok(found.is_some_and(|found| (found.generation, &found.mail) == (user.generation, &user.mail)))
    }

    /// What this viewer may see and has not been told.
    fn new_for(&self, user: &User, mail: &Mail, after: u64, through: u64) -> Vec<(PhotoId, Recent)> {
        let since = mail.since.as_second();
        let is_news = |recent: &Recent| {
            (after + 1..=through).contains(&recent.turn)
                // S3 tells whole seconds.
                && recent.added.as_second() >= since
                && user.scope.holds(&recent.album.collection())
                && self.shown.contains(&recent.album)
        };
        let news = self.known.recent.iter().filter(|(_, recent)| is_news(recent));
        news.map(|(id, recent)| (*id, recent.clone())).collect()
    }

    /// Where these lie, as far as a page shows them: what was moved in its new place alone, what was copied in one.
    fn places(&self, new: &[(PhotoId, Recent)]) -> BTreeMap<AlbumPath, Vec<PhotoId>> {
        let mut places: BTreeMap<AlbumPath, Vec<PhotoId>> = BTreeMap::new();
        let mut kinds = BTreeSet::new();
        for (id, recent) in new {
            let shown = self.catalogues.get(&recent.album).is_some_and(|catalogue| catalogue.photos.contains_key(id));
            if shown && (recent.kind.is_empty() || kinds.insert(&recent.kind)) {
                places.entry(recent.album.clone()).or_default().push(*id);
            }
        }
        places
    }

    /// The gallery's first language.
    fn language(&self) -> Option<Language> {
        let first = self.gallery.settings.values.languages.first()?;
        Language::of_tag(&String::from(*first))
    }

    async fn read_catalogues(
        &mut self,
        store: &Store,
        albums: impl Iterator<Item = &AlbumPath>,
    ) -> Result<(), StoreError> {
        for album in albums {
            if !self.catalogues.contains_key(album)
                && let Some((catalogue, _)) = store.read_json(&Key::AlbumCatalogue(album.clone())).await?
            {
                self.catalogues.insert(album.clone(), catalogue);
            }
        }
        Ok(())
    }

    /// The pictures that can be had, each with its content id.
    #[allow(clippy::type_complexity, reason = "two lists of the same pictures, for two hands")]
    async fn fetch(
        &mut self,
        store: &Store,
        wanted: &[Chosen],
    ) -> Result<(Vec<(Chosen, String)>, Vec<(String, Bytes)>), StoreError> {
        let (mut chosen, mut pictures) = (Vec::new(), Vec::new());
        for (place, picture) in wanted.iter().enumerate() {
            let path = picture.key.path();
            if !self.pictures.contains_key(&path) {
                let read = store.read(&picture.key).await?.map(|object| object.bytes);
                self.pictures.insert(path.clone(), read);
            }
            if let Some(Some(bytes)) = self.pictures.get(&path) {
                let cid = format!("photo{}@heirloom", place + 1);
                pictures.push((cid.clone(), bytes.clone()));
                chosen.push((picture.clone(), cid));
            }
        }
        Ok((chosen, pictures))
    }
}

/// How many photos these are: one that was moved is known in two places.
fn count(new: &[&Recent]) -> usize {
    let kinds: BTreeSet<&str> = new.iter().map(|recent| recent.kind.as_str()).filter(|kind| !kind.is_empty()).collect();
    kinds.len() + new.iter().filter(|recent| recent.kind.is_empty()).count()
}
