//! Which files there are, and under which keys they belong.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::{File, Metadata};
use std::io::{BufRead, BufReader, Seek};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result, bail};
use gallery::keys::{METADATA, SETTINGS};
use gallery::{FolderPath, NameError, SourceKey};
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use walkdir::{DirEntry, WalkDir};

pub(crate) use super::cover::Cover;
use super::own;

/// Albums by date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum AlbumBy {
    /// `2024-07`
    Month,
    /// `2024-07-14`
    Day,
}

/// A file and where it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) file: PathBuf,
    pub(crate) key: String,
    pub(crate) bytes: u64,
    /// When it was last written, where the system tells.
    pub(crate) written: Option<SystemTime>,
}

impl Found {
    /// Whether it is as it was found, by what the system says of it now.
    pub(crate) fn is_still(&self, now: &Metadata) -> bool {
        now.len() == self.bytes && self.written.is_none_or(|then| now.modified().is_ok_and(|now| now == then))
    }
}

/// When a file was last written.
pub(crate) fn written(file: &Path) -> Option<SystemTime> {
    file.metadata().ok()?.modified().ok()
}

/// A file that stays where it is, and why.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub(crate) struct LeftOut {
    pub(crate) file: PathBuf,
    pub(crate) why: String,
}

/// What lies in the folders that were named.
#[derive(Clone, Debug, Default)]
pub(crate) struct Findings {
    /// By key.
    pub(crate) files: Vec<Found>,
    pub(crate) left_out: Vec<LeftOut>,
    /// A link that leads nowhere, if there is one: what it stands for may be photos all the same.
    pub(crate) dead_link: Option<PathBuf>,
    /// What of the bucket these files are all of: what is deleted here may be deleted there.
    pub(crate) covers: Vec<Cover>,
}

impl Findings {
    fn leave(&mut self, file: &Path, why: impl Into<String>) {
        self.left_out.push(LeftOut { file: file.to_owned(), why: why.into() });
    }

    /// Leaves out a link that cannot be followed. Gives back what is another error.
    fn leave_link(&mut self, error: walkdir::Error) -> Result<(), walkdir::Error> {
        let Some(link) = error.path().filter(|path| path.is_symlink()) else { return Err(error) };
        let name = link.file_name().unwrap_or_default().to_string_lossy();
        if let Some(why) = is_leftover(&name) {
            self.leave(link, why);
        } else if error.loop_ancestor().is_some() {
            self.leave(link, "a link to a folder that it lies in");
        } else {
            self.leave(link, "a link that leads nowhere");
            self.dead_link.get_or_insert_with(|| link.to_owned());
        }
        Ok(())
    }
}

/// Where what was named belongs.
struct Place<'a> {
    to: Option<&'a FolderPath>,
    /// What it is called here.
    name: OsString,
}

impl Place<'_> {
    /// The key of a file by the names below what was named, or why it has none.
    fn key(&self, below: &Path) -> Result<String, &'static str> {
        let names =
            below.iter().map(OsStr::to_str).collect::<Option<Vec<_>>>().ok_or("its name is not UTF-8: rename it")?;
        match (self.to, names.as_slice()) {
            (None, [SETTINGS]) => Ok(SETTINGS.to_owned()),
            (Some(_), [SETTINGS]) => Err("it speaks of the whole gallery: send it without `--to`"),
            (Some(to), names) => Ok(format!("{to}/{}", names.join("/"))),
            (None, [name]) => Ok(format!("{}/{name}", self.name.to_string_lossy())),
            (None, names) => Ok(names.join("/")),
        }
    }
}

/// Looks through files and folders. What lies in a folder keeps its place below it; `to` says where the folder goes, and
/// without it each folder in it is a collection, and files right in it go into one of the folder's own name. Only a
/// `gallery.yml` right in it belongs beside the collections. Links are followed, and what they lead to has their names.
pub(crate) fn find(paths: &[PathBuf], to: Option<&FolderPath>, by: Option<AlbumBy>) -> Result<Findings> {
    let mut findings = Findings::default();
    for path in paths {
        let root = path.canonicalize().with_context(|| format!("cannot read `{}`", path.display()))?;
        let place = Place { to, name: own_name(path, &root) };
        if root.is_dir() {
            folder(&root, &place, &mut findings)?;
        } else if to.is_none() && place.name != SETTINGS {
            bail!("`{}` is a file: say where it belongs with `--to COLLECTION/ALBUM`", path.display());
        } else if let Some(why) = root.parent().and_then(own::leads_into_own) {
            findings.leave(&root, why);
        } else {
            take(&root, place.key(place.name.as_ref()), &mut findings)?;
        }
    }
    if let Some(by) = by {
        into_albums(&mut findings.files, by);
        findings.covers.iter_mut().for_each(|cover| cover.by_date = true);
        leave_out_what_lies_too_deep(&mut findings);
    }
    findings.files.sort_by(|a, b| a.key.cmp(&b.key));
    for pair in findings.files.windows(2) {
        if pair[0].key == pair[1].key {
            bail!(
                "`{}` and `{}` would both become `{}`: upload them one after the other, with different `--to`",
                pair[0].file.display(),
                pair[1].file.display(),
                pair[0].key
            );
        }
    }
    Ok(findings)
}

/// How deep folders are looked through. No album lies so deep, but what is left out is to be named.
const DEEPEST: usize = 32;

/// What a file or a folder is called, a link by its own name. What lies right in a folder goes into a collection so called.
pub(super) fn own_name(path: &Path, root: &Path) -> OsString {
    path.file_name().or_else(|| root.file_name()).map_or_else(|| "Photos".into(), OsStr::to_owned)
}

fn folder(root: &Path, place: &Place<'_>, findings: &mut Findings) -> Result<()> {
    if let Some(why) = own::leads_into_own(root) {
        findings.leave(root, why);
        return Ok(());
    }
    // Paths that go on for ever are no longer paths to the system.
    let mut walk = WalkDir::new(root).follow_links(true).sort_by_file_name().max_depth(DEEPEST).into_iter();
    while let Some(entry) = walk.next() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                findings.leave_link(error).with_context(|| format!("cannot read `{}` to its end", root.display()))?;
                continue;
            }
        };
        let (kind, whose) = (entry.file_type(), whose(&entry));
        let is_passed_by = entry.depth() > 0 && !is_album(&entry);
        if kind.is_dir() && (is_passed_by || whose.is_some()) {
            walk.skip_current_dir();
        }
        if is_passed_by {
            continue;
        }
        let below = entry.path().strip_prefix(root).expect("a walk stays below its root");
        if let Some(why) = whose {
            findings.leave(entry.path(), why);
        } else if kind.is_file() {
            take(entry.path(), place.key(below), findings)?;
        } else if !kind.is_dir() {
            findings.leave(entry.path(), "neither a file nor a folder");
        } else if entry.depth() == DEEPEST {
            let why = format!("it lies more than {DEEPEST} folders deep, and an album 13 at most");
            findings.leave(entry.path(), why);
        } else if let (None, 1, Some(name)) = (place.to, entry.depth(), below.to_str()) {
            let folder = format!("{name}/");
            findings.covers.push(Cover { folder, whole: true, from: entry.into_path(), by_date: false });
        }
    }
    let is_right_in_it = |found: &Found| found.file.parent() == Some(root) && found.key != SETTINGS;
    match place.to {
        Some(to) => {
            let folder = format!("{to}/");
            findings.covers.push(Cover { folder, whole: true, from: root.to_owned(), by_date: false });
        }
        None if findings.files.iter().any(is_right_in_it) => {
            // A collection of that name may hold albums that came from elsewhere: they are none of this folder's.
            let folder = format!("{}/", place.name.to_string_lossy());
            findings.covers.push(Cover { folder, whole: false, from: root.to_owned(), by_date: false });
        }
        None => {}
    }
    Ok(())
}

/// What an entry below the root is, if it is Heirloom's own. A link may lead anywhere.
fn whose(entry: &DirEntry) -> Option<&'static str> {
    let is_folder = entry.file_type().is_dir();
    if entry.path_is_symlink() {
        let real = entry.path().canonicalize().ok()?;
        own::leads_into_own(if is_folder { &real } else { real.parent()? })
    } else if is_folder && entry.depth() > 0 {
        own::is_own(entry.path())
    } else {
        None
    }
}

/// Folders that hold what programs keep for themselves.
fn is_album(entry: &DirEntry) -> bool {
    let name = entry.file_name().to_string_lossy();
    !(entry.file_type().is_dir() && (name.starts_with('.') || name == "@eaDir" || name == "#recycle"))
}

/// Files that are no photos, whatever they are: what phones and desktops leave beside them.
pub(crate) fn is_leftover(name: &str) -> Option<&'static str> {
    let lower = name.to_ascii_lowercase();
    let ends = |ending: &str| lower.ends_with(ending);
    match lower.as_str() {
        "thumbs.db" | "ehthumbs.db" | "desktop.ini" | "icon\r" => Some("a desktop's own file"),
        _ if lower.starts_with('.') => Some("hidden"),
        _ if ends(".aae") => Some("an iPhone's note of its edits"),
        "ehthumbs_vista.db" | "zbthumbnail.info" | "picasa.ini" => Some("a program's thumbnails"),
        _ if ends(".thm") || ends(".lrv") => Some("a camera's thumbnail"),
        _ if ends(".part") || ends(".crdownload") || ends(".tmp") => Some("not finished"),
        _ => None,
    }
}

fn take(file: &Path, key: Result<String, &'static str>, findings: &mut Findings) -> Result<()> {
    let key = match key {
        Ok(key) => key,
        Err(why) => {
            findings.leave(file, why);
            return Ok(());
        }
    };
    let name = key.rsplit('/').next().unwrap_or_default();
    if let Some(why) = is_leftover(name).or_else(|| own::is_own_file(name)) {
        findings.leave(file, why);
    } else if let Err(error) = may_be_sent(&key) {
        findings.leave(file, error.to_string());
    } else {
        let now = file.metadata().with_context(|| format!("cannot read `{}`", file.display()))?;
        let (bytes, written) = (now.len(), now.modified().ok());
        findings.files.push(Found { file: file.to_owned(), key, bytes, written });
    }
    Ok(())
}

/// Whether there is a place for a key in the gallery.
fn may_be_sent(key: &str) -> Result<(), NameError> {
    if key == SETTINGS { Ok(()) } else { SourceKey::parse(key).map(drop) }
}

/// Moves each file into an album named after its day or month, right below its collection (or `--to`). The two halves of
/// a Live Photo, and a raw file and its JPEG, share a name and stay together.
fn into_albums(files: &mut [Found], by: AlbumBy) {
    let mut dates: BTreeMap<String, Date> = BTreeMap::new();
    for found in files.iter() {
        let stem = stem(&found.key).to_owned();
        if let Some(date) = taken(&found.file) {
            dates.entry(stem).and_modify(|known| *known = date.min(*known)).or_insert(date);
        }
    }
    for found in files.iter_mut() {
        let name = found.key.rsplit('/').next().unwrap_or_default().to_owned();
        if name == METADATA || found.key == SETTINGS {
            continue;
        }
        let date = dates.get(stem(&found.key)).copied().or_else(|| modified(&found.file));
        let album = match (date, by) {
            (Some(date), AlbumBy::Month) => date.strftime("%Y-%m").to_string(),
            (Some(date), AlbumBy::Day) => date.strftime("%Y-%m-%d").to_string(),
            (None, _) => "undated".to_owned(),
        };
        let folder = found.key.rsplit_once('/').map_or("", |(folder, _)| folder);
        found.key = format!("{folder}/{album}/{name}");
    }
}

/// A month is a folder more.
fn leave_out_what_lies_too_deep(findings: &mut Findings) {
    let (files, left_out) = (std::mem::take(&mut findings.files), &mut findings.left_out);
    findings.files = files
        .into_iter()
        .filter(|found| match may_be_sent(&found.key) {
            Ok(()) => true,
            Err(error) => {
                left_out.push(LeftOut { file: found.file.clone(), why: error.to_string() });
                false
            }
        })
        .collect();
}

fn stem(key: &str) -> &str {
    let (folder_end, name) = key.rfind('/').map_or((0, key), |at| (at + 1, &key[at + 1..]));
    &key[..folder_end + name.find('.').unwrap_or(name.len())]
}

/// The day on which a photo was taken, by its EXIF.
fn taken(file: &Path) -> Option<Date> {
    taken_at(file).map(DateTime::date)
}

/// When a photo was taken, by its EXIF.
pub(crate) fn taken_at(file: &Path) -> Option<DateTime> {
    taken_in(BufReader::new(File::open(file).ok()?)).ok().flatten()
}

/// Why nothing was read in bytes that may be a file's beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unread {
    /// It is none of the formats that have EXIF.
    NoPhoto,
    /// It may lie further on, or is damaged.
    Otherwise,
}

/// The same in any bytes.
pub(crate) fn taken_in(mut reader: impl BufRead + Seek) -> Result<Option<DateTime>, Unread> {
    match exif::Reader::new().read_from_container(&mut reader) {
        Ok(exif) => Ok(original_time(&exif)),
        Err(exif::Error::NotFound(_)) => Ok(None),
        Err(exif::Error::InvalidFormat("Unknown image format")) => Err(Unread::NoPhoto),
        Err(_) => Err(Unread::Otherwise),
    }
}

fn original_time(exif: &exif::Exif) -> Option<DateTime> {
    let field = exif.get_field(exif::Tag::DateTimeOriginal, exif::In::PRIMARY)?;
    let exif::Value::Ascii(texts) = &field.value else { return None };
    let read = exif::DateTime::from_ascii(texts.first()?).ok()?;
    let small = |number: u8| i8::try_from(number).ok();
    let day = Date::new(i16::try_from(read.year).ok()?, small(read.month)?, small(read.day)?).ok()?;
    let time = Time::new(small(read.hour)?, small(read.minute)?, small(read.second.min(59))?, 0).unwrap_or_default();
    Some(day.to_datetime(time))
}

pub(crate) fn modified(file: &Path) -> Option<Date> {
    let at = Timestamp::try_from(file.metadata().ok()?.modified().ok()?).ok()?;
    Some(Zoned::new(at, TimeZone::system()).date())
}

#[cfg(test)]
mod tests;
