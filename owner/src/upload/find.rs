//! Which files there are, and under which keys they belong.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{File, Metadata};
use std::io::{BufRead, BufReader, Seek};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result, bail};
use gallery::keys::METADATA;
use gallery::{FolderPath, SourceKey};
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use walkdir::{DirEntry, WalkDir};

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
    /// What of the bucket these files are all of: what is deleted here may be deleted there.
    pub(crate) covers: Vec<Cover>,
}

/// A part of the bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cover {
    /// A folder, with a slash at its end.
    pub(crate) folder: String,
    /// With all folders in it; otherwise just the files right in it.
    pub(crate) whole: bool,
    /// The folder here that was looked through for it.
    pub(crate) from: PathBuf,
    /// Whether its files went into albums by their dates, so that keys do not tell where files lie.
    pub(crate) by_date: bool,
}

impl Cover {
    /// Whether a key lies in it.
    pub(crate) fn holds(&self, key: &str) -> bool {
        self.below(key).is_some()
    }

    /// Whether a key has a file by now. What a system finds under other letters as well is another file.
    pub(crate) fn has_file(&self, key: &str) -> bool {
        let Some(below) = self.below(key).filter(|_| !self.by_date) else { return false };
        let mut file = self.from.clone();
        file.extend(below.split('/'));
        file.is_file() && file.canonicalize().is_ok_and(|real| real == file)
    }

    fn below<'a>(&self, key: &'a str) -> Option<&'a str> {
        key.strip_prefix(&self.folder).filter(|below| self.whole || !below.contains('/'))
    }
}

/// Looks through files and folders. What lies in a folder keeps its place below it; `to` says where the folder goes, and
/// without it each folder in it is a collection, and files right in it go into one of the folder's own name.
pub(crate) fn find(paths: &[PathBuf], to: Option<&FolderPath>, by: Option<AlbumBy>) -> Result<Findings> {
    let mut findings = Findings::default();
    for path in paths {
        let root = path.canonicalize().with_context(|| format!("cannot read `{}`", path.display()))?;
        if root.is_dir() {
            folder(&root, to, &mut findings)?;
        } else {
            let Some(to) = to else {
                bail!("`{}` is a file: say where it belongs with `--to COLLECTION/ALBUM`", path.display());
            };
            let name = root.file_name().unwrap_or_default();
            take(&root, name.to_str().map(|name| format!("{to}/{name}")), &mut findings)?;
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

/// The collection of files that lie right in a folder.
pub(super) fn own_name(root: &Path) -> String {
    root.file_name().map_or_else(|| "Photos".into(), |name| name.to_string_lossy().into_owned())
}

fn folder(root: &Path, to: Option<&FolderPath>, findings: &mut Findings) -> Result<()> {
    let own_name = own_name(root);
    // Paths that go on for ever are no longer paths to the system.
    let walk = WalkDir::new(root).sort_by_file_name().max_depth(DEEPEST).into_iter();
    for entry in walk.filter_entry(|entry| entry.depth() == 0 || is_album(entry)) {
        let entry = entry.with_context(|| format!("cannot read `{}` to its end", root.display()))?;
        let inside = entry.path().strip_prefix(root).expect("a walk stays below its root");
        let names = inside.iter().map(OsStr::to_str).collect::<Option<Vec<_>>>();
        let key = names.map(|names| match (to, names.as_slice()) {
            (Some(to), names) => format!("{to}/{}", names.join("/")),
            (None, [name]) => format!("{own_name}/{name}"),
            (None, names) => names.join("/"),
        });
        if entry.file_type().is_file() {
            take(entry.path(), key, findings)?;
        } else if entry.depth() == DEEPEST {
            let why = format!("it lies more than {DEEPEST} folders deep, and an album 13 at most");
            findings.left_out.push(LeftOut { file: entry.into_path(), why });
        } else if let (None, 1, Some(key)) = (to, entry.depth(), key) {
            // `own_name/Family` as a key of a file means the collection `Family` as a folder.
            let folder = format!("{}/", key.rsplit('/').next().unwrap_or_default());
            findings.covers.push(Cover { folder, whole: true, from: entry.into_path(), by_date: false });
        }
    }
    match to {
        Some(to) => {
            let folder = format!("{to}/");
            findings.covers.push(Cover { folder, whole: true, from: root.to_owned(), by_date: false });
        }
        None if findings.files.iter().any(|found| found.file.parent() == Some(root)) => {
            // A collection of that name may hold albums that came from elsewhere: they are none of this folder's.
            let folder = format!("{own_name}/");
            findings.covers.push(Cover { folder, whole: false, from: root.to_owned(), by_date: false });
        }
        None => {}
    }
    Ok(())
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

fn take(file: &Path, key: Option<String>, findings: &mut Findings) -> Result<()> {
    let mut leave = |why: String| findings.left_out.push(LeftOut { file: file.to_owned(), why });
    let Some(key) = key else {
        leave("its name is not UTF-8: rename it".to_owned());
        return Ok(());
    };
    let name = key.rsplit('/').next().unwrap_or_default();
    if let Some(why) = is_leftover(name) {
        leave(why.to_owned());
    } else if let Err(error) = SourceKey::parse(&key) {
        leave(error.to_string());
    } else {
        let now = file.metadata().with_context(|| format!("cannot read `{}`", file.display()))?;
        let (bytes, written) = (now.len(), now.modified().ok());
        findings.files.push(Found { file: file.to_owned(), key, bytes, written });
    }
    Ok(())
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
        if name == METADATA {
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
        .filter(|found| match SourceKey::parse(&found.key) {
            Ok(_) => true,
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
mod tests {
    use super::*;

    fn tree(files: &[&str]) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("Holidays");
        for file in files {
            let file = root.join(file);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, b"x").unwrap();
        }
        (folder, root)
    }

    fn keys(findings: &Findings) -> Vec<&str> {
        findings.files.iter().map(|found| found.key.as_str()).collect()
    }

    #[test]
    fn a_folder_s_files_get_their_keys() {
        let files =
            ["a.jpg", "Lisbon/b.jpg", "Lisbon/Day 1/ü.jpg", "Lisbon/.hidden", ".cache/c.jpg", "Lisbon/@eaDir/d.jpg"];
        let (_folder, root) = tree(&files);
        let findings = find(std::slice::from_ref(&root), None, None).unwrap();
        assert_eq!(keys(&findings), ["Holidays/a.jpg", "Lisbon/Day 1/ü.jpg", "Lisbon/b.jpg"]);
        let covers: Vec<_> = findings.covers.iter().map(|cover| (cover.folder.as_str(), cover.whole)).collect();
        assert_eq!(covers, [("Lisbon/", true), ("Holidays/", false)]);
        assert_eq!(findings.left_out.len(), 1);

        let to = FolderPath::parse("Family/2024").unwrap();
        let findings = find(std::slice::from_ref(&root), Some(&to), None).unwrap();
        assert_eq!(
            keys(&findings),
            ["Family/2024/Lisbon/Day 1/ü.jpg", "Family/2024/Lisbon/b.jpg", "Family/2024/a.jpg"]
        );
        let from = root.canonicalize().unwrap();
        assert_eq!(findings.covers, [Cover { folder: "Family/2024/".to_owned(), whole: true, from, by_date: false }]);

        let one = find(&[root.join("a.jpg")], Some(&to), None).unwrap();
        assert_eq!((keys(&one), one.covers.len()), (vec!["Family/2024/a.jpg"], 0));
        assert!(find(&[root.join("a.jpg")], None, None).unwrap_err().to_string().contains("--to"));
        assert!(find(&[root.join("nothing")], None, None).unwrap_err().to_string().contains("nothing"));
        let twice = find(&[root.join("a.jpg"), root.clone()], Some(&to), None).unwrap_err().to_string();
        assert!(twice.contains("both become"), "{twice}");
    }

    #[test]
    fn what_phones_leave_beside_photos_stays_behind() {
        let (_folder, root) = tree(&[
            "A/IMG_1.HEIC",
            "A/IMG_1.AAE",
            "A/Thumbs.db",
            "A/MVI_2.THM",
            "A/GX01.LRV",
            "A/ZbThumbnail.info",
            "A/x.jpg.part",
        ]);
        let findings = find(&[root], None, None).unwrap();
        assert_eq!(keys(&findings), ["A/IMG_1.HEIC"]);
        assert_eq!(findings.left_out.len(), 6);
    }

    #[test]
    fn albums_by_date_keep_pairs_together() {
        let (_folder, root) = tree(&["A/IMG_1.MOV", "A/metadata.yml"]);
        let at = jiff::civil::date(2024, 7, 14).at(23, 59, 0, 0);
        let photo = crate::sample::photo(3, crate::sample::Shape::Landscape, 1, at, "Drawn One", "");
        std::fs::write(root.join("A/IMG_1.jpg"), &photo).unwrap();
        let findings = find(std::slice::from_ref(&root), None, Some(AlbumBy::Day)).unwrap();
        assert_eq!(keys(&findings), ["A/2024-07-14/IMG_1.MOV", "A/2024-07-14/IMG_1.jpg", "A/metadata.yml"]);
        let findings = find(std::slice::from_ref(&root), None, Some(AlbumBy::Month)).unwrap();
        assert_eq!(keys(&findings)[1], "A/2024-07/IMG_1.jpg");
        // An object that lies where the file does is not that file's.
        assert!(!findings.covers[0].has_file("A/IMG_1.jpg"));
        let findings = find(&[root], None, None).unwrap();
        assert!(findings.covers[0].has_file("A/IMG_1.jpg") && !findings.covers[0].has_file("A/IMG_2.jpg"));
    }
}
