//! A plain folder of photos, and the XMP files beside them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Result;
use gallery::{FolderPath, SourceKey};
use indicatif::ProgressBar;

use super::arrival::{Place, Plan, Said, Words};
use super::names;
use super::piece::Piece;
use crate::upload::find::{find, modified};

/// Longer XMP files hold something else.
const LONGEST_XMP: u64 = 4 * 1024 * 1024;

/// Plans the import of folders and files.
pub(super) fn plan(
    paths: &[PathBuf],
    to: Option<&FolderPath>,
    file_dates: bool,
    progress: &ProgressBar,
) -> Result<Plan> {
    let findings = find(paths, to, None)?;
    let mut plan = Plan { left_out: findings.left_out, ..Plan::default() };
    let (notes, photos): (Vec<_>, Vec<_>) =
        findings.files.into_iter().partition(|found| found.key.to_lowercase().ends_with(".xmp"));
    let mut beside = BTreeMap::new();
    for found in &notes {
        let piece = Piece::on_disk(found.key.clone(), found.file.clone(), found.bytes);
        if found.bytes > LONGEST_XMP {
            plan.leave(&piece, "too long for notes on a photo");
            continue;
        }
        let (caption, taken) = resizer::beside(&piece.read(LONGEST_XMP)?);
        let words = Words { caption, taken: taken.map(Said::Local) };
        beside.insert(names::folded(&found.key[..found.key.len() - 4]), words);
        plan.leave(&piece, "notes on a photo: they go into the album's metadata.yml");
    }
    let mut pieces = Vec::new();
    for found in photos {
        let Ok(source) = SourceKey::parse(&found.key) else {
            let piece = Piece::on_disk(found.key, found.file, found.bytes);
            plan.leave(&piece, "it speaks of the whole gallery: `heirloom upload` sends it");
            continue;
        };
        let lower = names::folded(&found.key);
        // `a.jpg.xmp`, as darktable and digiKam write it, or `a.xmp`, as Lightroom does.
        let words = beside.get(&lower).or_else(|| beside.get(names::split(&lower).0));
        let mut words = words.cloned().unwrap_or_default();
        if file_dates {
            words.fill(&Words { caption: None, taken: modified(&found.file).map(Said::Modified) });
        }
        let place = Place { folder: source.folder().clone(), name: source.file().to_owned(), words };
        pieces.push((Piece::on_disk(found.key, found.file, found.bytes), place));
    }
    plan.join(pieces, progress)?;
    Ok(plan)
}
