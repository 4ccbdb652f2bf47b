//! Google Takeout: which photos there are, in which albums, and what is noted about them.
//!
//! An export has a folder for each year (`Photos from 2019`, in the language of the account) with everything in it, and a
//! folder for each album with copies of what is in the album. So a photo that is in an album does not come a second
//! time with its year. An export of several archives spreads a folder over them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::Result;
use gallery::FolderPath;
use indicatif::ProgressBar;

use super::arrival::{AlbumWords, Place, Plan, Said, Words};
use super::edited::edited_of;
use super::names;
use super::piece::Piece;
use super::sidecar::{MOST, Notes, Sidecar};
use crate::upload::find::{LeftOut, is_leftover};

/// Which of a photo and its edited copy is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Edited {
    /// Both
    Both,
    /// The edited copy, where there is one
    #[value(name = "edited")]
    Copy,
    /// The photo as it was taken
    Original,
}

/// How Takeout calls the folder of a year, `#` for the year. Other languages are known by there being several of a kind.
const YEARS: [&str; 14] = [
    "Photos from #",
    "Fotos von #",
    "Fotos aus #",
    "Photos de #",
    "Photos du #",
    "Fotos de #",
    "Fotos del #",
    "Foto del #",
    "Foto dal #",
    "Foto's uit #",
    "#年の写真",
    "# 年の写真",
    "Zdjęcia z #",
    "Фото за #",
];

/// A folder of the export, put together from all archives.
#[derive(Debug, Default)]
struct Folder {
    photos: Vec<(String, Piece)>,
    notes: BTreeMap<String, (Sidecar, PathBuf)>,
    album: Option<(String, Option<String>)>,
}

/// Plans the import of an export into a collection.
pub(super) fn plan(pieces: Vec<Piece>, to: &FolderPath, edited: Edited, progress: &ProgressBar) -> Result<Plan> {
    let mut plan = Plan::default();
    progress.set_length(
        pieces.iter().filter(|piece| names::split_json(&piece.path).is_some()).map(|piece| piece.bytes).sum(),
    );
    let folders = folders(pieces, &mut plan, progress)?;
    progress.reset();
    let years = years(&folders);
    let albums = album_names(&folders, &years);
    let (mut in_albums, mut in_years) = (Vec::new(), Vec::new());
    for (name, folder) in folders {
        if folder.notes.is_empty() && folder.album.is_none() && !years.contains_key(&name) {
            for (_, piece) in &folder.photos {
                plan.leave(piece, "it lies in no folder of Google Photos");
            }
            continue;
        }
        let into = albums.get(&name).cloned().unwrap_or_else(|| name.clone());
        let path = match FolderPath::parse(&format!("{to}/{into}")) {
            Ok(path) => path,
            Err(error) => {
                folder.photos.iter().for_each(|(_, piece)| plan.leave(piece, error.to_string()));
                continue;
            }
        };
        if let Some((title, description)) = &folder.album
            && !years.contains_key(&name)
        {
            let title = Some(title.clone()).filter(|title| *title != into);
            plan.albums.insert(path.clone(), AlbumWords { title, description: description.clone() });
        }
        let taken = if years.contains_key(&name) { &mut in_years } else { &mut in_albums };
        taken.extend(placed(&folder, &path, edited, &mut plan));
    }
    settle(in_albums, in_years, &mut plan, progress)?;
    let used: BTreeSet<FolderPath> =
        plan.arrivals.iter().flat_map(|arrival| &arrival.places).map(|place| place.folder.clone()).collect();
    plan.albums.retain(|folder, words| used.contains(folder) && *words != AlbumWords::default());
    Ok(plan)
}

fn folders(pieces: Vec<Piece>, plan: &mut Plan, progress: &ProgressBar) -> Result<BTreeMap<String, Folder>> {
    let mut folders: BTreeMap<String, Folder> = BTreeMap::new();
    for piece in pieces {
        let Some((folder, file)) = piece.names().map(|(folder, file)| (folder.to_owned(), file.to_owned())) else {
            plan.leave(&piece, "it lies in no folder");
            continue;
        };
        let lower = file.to_lowercase();
        if names::split_json(&file).is_some() && piece.bytes <= MOST {
            progress.inc(piece.bytes);
            let folder = folders.entry(folder).or_default();
            match Notes::read(&file, &piece.read(MOST)?) {
                Notes::Photo(sidecar) => {
                    folder.notes.insert(file, (sidecar, piece.place()));
                }
                Notes::Album { title, description } => folder.album = Some((title, description)),
                Notes::Other => plan.leave(&piece, "Google's own notes"),
                Notes::Broken => {
                    plan.leave(&piece, "a note that is damaged: its words are lost, unless it is exported again");
                }
            }
        } else if let Some(why) = is_leftover(&file) {
            plan.leave(&piece, why);
        } else if [".html", ".csv", ".txt", ".pdf", ".vcf", ".ics", ".mbox", ".json"].iter().any(|e| lower.ends_with(e))
        {
            plan.leave(&piece, "neither a photo nor a video");
        } else {
            folders.entry(folder).or_default().photos.push((file, piece));
        }
    }
    Ok(folders)
}

/// The folders that stand for years, and which year.
fn years(folders: &BTreeMap<String, Folder>) -> BTreeMap<String, String> {
    let mut kinds: BTreeMap<String, Vec<(&String, &str)>> = BTreeMap::new();
    for (name, folder) in folders {
        let is_own_title = folder.album.as_ref().is_none_or(|(title, _)| title == name);
        if let Some(year) = year_in(name).filter(|_| is_own_title) {
            kinds.entry(name.replacen(year, "#", 1)).or_default().push((name, year));
        }
    }
    let mut years = BTreeMap::new();
    for (kind, members) in kinds {
        let bare = |name: &String| folders.get(name).is_some_and(|folder| folder.album.is_none());
        let several = kind != "#" && members.iter().filter(|(name, _)| bare(name)).count() > 1;
        for (name, year) in members {
            if YEARS.contains(&kind.as_str()) || (several && bare(name)) {
                years.insert(name.clone(), year.to_owned());
            }
        }
    }
    years
}

/// Four digits that may be a year.
fn year_in(name: &str) -> Option<&str> {
    let runs = name.split(|c: char| !c.is_ascii_digit());
    runs.filter(|run| run.len() == 4).find(|run| (1826..=2100).contains(&run.parse::<u16>().unwrap_or(0)))
}

/// What each folder is called in the gallery: an album by its title, unless another has the same.
fn album_names(folders: &BTreeMap<String, Folder>, years: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let tidy = |title: &str| {
        let tidy: String =
            title.chars().map(|c| if c == '/' || c == '\\' || c.is_control() { '-' } else { c }).collect();
        tidy.trim().trim_start_matches('.').to_owned()
    };
    let titled = |name: &String, folder: &Folder| match (years.get(name), &folder.album) {
        (Some(year), _) => year.clone(),
        (None, Some((title, _))) if !tidy(title).is_empty() => tidy(title),
        _ => name.clone(),
    };
    let mut wanted: BTreeMap<String, usize> = BTreeMap::new();
    for (name, folder) in folders {
        *wanted.entry(titled(name, folder).to_lowercase()).or_default() += 1;
    }
    let names = folders.iter().map(|(name, folder)| {
        let title = titled(name, folder);
        let alone = wanted.get(&title.to_lowercase()) == Some(&1) || years.contains_key(name);
        (name.clone(), if alone { title } else { name.clone() })
    });
    names.collect()
}

/// The photos of one folder with what is noted about them.
fn placed(folder: &Folder, path: &FolderPath, edited: Edited, plan: &mut Plan) -> Vec<(Piece, Place)> {
    let photos: BTreeSet<&str> = folder.photos.iter().map(|(name, _)| name.as_str()).collect();
    let notes: BTreeMap<&str, Sidecar> =
        folder.notes.iter().map(|(name, (sidecar, _))| (name.as_str(), sidecar.clone())).collect();
    let pairs = names::paired(&photos, &notes);
    let used: BTreeSet<&str> = pairs.values().copied().collect();
    for (name, (sidecar, file)) in &folder.notes {
        if !used.contains(name.as_str()) && !sidecar.trashed {
            let why = "a note without its photo: is one of the export's archives missing?".to_owned();
            plan.left_out.push(LeftOut { file: file.clone(), why });
        }
    }
    let stems: BTreeSet<String> = photos.iter().map(|name| names::folded(names::split(name).0)).collect();
    let originals: BTreeMap<String, &str> = photos
        .iter()
        .filter_map(|name| {
            let original = edited_of(name)?;
            let stem = names::folded(names::split(&original).0);
            stems.contains(&stem).then_some((stem, *name))
        })
        .collect();
    let mut placed = Vec::new();
    for (name, piece) in &folder.photos {
        let sidecar = pairs.get(name.as_str()).and_then(|notes| folder.notes.get(*notes)).map(|(sidecar, _)| sidecar);
        let is_copy = originals.values().any(|copy| copy == name);
        let has_copy = originals.contains_key(&names::folded(names::split(name).0));
        if sidecar.is_some_and(|sidecar| sidecar.trashed) {
            plan.leave(piece, "it lay in the trash");
        } else if (edited == Edited::Original && is_copy) || (edited == Edited::Copy && has_copy) {
            plan.leave(piece, if is_copy { "an edited copy" } else { "there is an edited copy of it" });
        } else {
            let words = sidecar
                .map(|sidecar| Words { caption: sidecar.caption.clone(), taken: sidecar.taken.map(Said::Moment) });
            let place = Place { folder: path.clone(), name: name.clone(), words: words.unwrap_or_default() };
            placed.push((piece.clone(), place));
        }
    }
    placed
}

/// What is in an album comes with the album, everything else with its year.
fn settle(
    in_albums: Vec<(Piece, Place)>,
    in_years: Vec<(Piece, Place)>,
    plan: &mut Plan,
    progress: &ProgressBar,
) -> Result<()> {
    let files: BTreeMap<String, PathBuf> = in_years.iter().map(|(piece, place)| (place.key(), piece.place())).collect();
    let of_albums: BTreeSet<String> = in_albums.iter().map(|(_, place)| place.folder.to_string()).collect();
    plan.join(in_albums.into_iter().chain(in_years).collect(), progress)?;
    let mut twice = Vec::new();
    for arrival in &mut plan.arrivals {
        let is_in_album = |place: &Place| of_albums.contains(&place.folder.to_string());
        if !arrival.places.iter().any(is_in_album) {
            continue;
        }
        // What only the year's copy says of the photo is true of it in the album, too.
        let mut all = Words::default();
        arrival.places.iter().for_each(|place| all.fill(&place.words));
        let (kept, left): (Vec<_>, Vec<_>) = arrival.places.drain(..).partition(is_in_album);
        arrival.places = kept;
        arrival.places.iter_mut().for_each(|place| place.words.fill(&all));
        twice.extend(left.iter().filter_map(|place| files.get(&place.key()).cloned()));
    }
    let why = "the same photo lies in an album";
    plan.left_out.extend(twice.into_iter().map(|file| LeftOut { file, why: why.to_owned() }));
    Ok(())
}
