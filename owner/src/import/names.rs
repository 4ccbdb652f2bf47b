//! Which notes belong to which photo: the names that Takeout gives to its JSON files.
//!
//! `IMG_1.jpg` has its notes in `IMG_1.jpg.json`, in newer exports in `IMG_1.jpg.supplemental-metadata.json`. That name is
//! cut so that it has 51 characters at most, `.json` with it, wherever the cut falls; of two photos of one name the second
//! is `IMG_1(1).jpg`, and its counter stands before `.json` in the name of the notes (`IMG_1.jpg(1).json`), or
//! stays where it was. An edited copy, `IMG_1-edited.jpg`, has no notes of its own, nor has the moving half of a live photo.

use std::collections::{BTreeMap, BTreeSet};

use super::sidecar::Sidecar;

/// What newer exports put between a file's name and `.json`.
const SUPPLEMENTAL: &str = ".supplemental-metadata";

/// The longest name of notes without `.json`, in characters.
const LONGEST: usize = 46;

/// What Google puts behind the names of edited copies, in the language of the account.
const EDITED: [&str; 29] = [
    "-edited",
    "-bearbeitet",
    "-modifié",
    "-modifie\u{301}",
    "-modifiée",
    "-editado",
    "-editada",
    "-modificato",
    "-bewerkt",
    "-edytowane",
    "-編集済み",
    "-수정됨",
    "-편집됨",
    "-已修改",
    "-已编辑",
    "-已編輯",
    "-redigerad",
    "-redigert",
    "-redigeret",
    "-muokattu",
    "-upraveno",
    "-szerkesztve",
    "-düzenlendi",
    "-отредактировано",
    "-изменено",
    "-modificat",
    "-editat",
    "-επεξεργασμένο",
    "-ערוך",
];

/// Notes that belong to nobody yet, by their name in small letters without `.json`: the name, and the title in them.
type Free<'a> = BTreeMap<String, (&'a str, String)>;

/// A way to find a photo's notes among those.
type Way = fn(&str, &Free<'_>) -> Option<String>;

/// Finds the notes of each photo of a folder. Both by name; the answer has the names of the photos.
pub(super) fn paired<'a>(photos: &BTreeSet<&'a str>, notes: &BTreeMap<&'a str, Sidecar>) -> BTreeMap<&'a str, &'a str> {
    let mut pairs: BTreeMap<&str, &str> = BTreeMap::new();
    let bases = notes
        .iter()
        .filter_map(|(name, sidecar)| Some((split_json(name)?.0.to_lowercase(), (*name, sidecar.title.clone()))));
    let mut free: Free<'_> = bases.collect();
    // The surest ways first: what they find is nobody else's.
    for way in [by_name, by_cut_name, by_title] as [Way; 3] {
        for photo in photos {
            if !pairs.contains_key(photo)
                && edited_of(photo).is_none_or(|original| !has(photos, &original))
                && let Some(base) = way(photo, &free)
                && let Some((found, _)) = free.remove(&base)
            {
                pairs.insert(photo, found);
            }
        }
    }
    // Those that share another's notes.
    for photo in photos {
        if pairs.contains_key(photo) {
            continue;
        }
        let original = edited_of(photo).and_then(|original| with_name(photos, &original));
        let half = || photos.iter().find(|other| pairs.contains_key(*other) && stem(other) == stem(photo)).copied();
        if let Some(found) = original.or_else(half).and_then(|other| pairs.get(other).copied()) {
            pairs.insert(photo, found);
        } else if let Some(original) = edited_of(photo)
            && let Some((found, _)) = by_name(&original, &free).and_then(|base| free.remove(&base))
        {
            // The original is not in this export, its notes are.
            pairs.insert(photo, found);
        }
    }
    pairs
}

/// The name of which this is an edited copy.
pub(super) fn edited_of(name: &str) -> Option<String> {
    let (stem, extension) = split(name);
    let (bare, counter) = split_counter(stem);
    for suffix in EDITED {
        if let Some(original) = strip_end(bare, suffix) {
            return Some(format!("{original}{counter}{extension}"));
        }
    }
    // A long name is cut in the middle of the suffix.
    if name.chars().count() < LONGEST {
        return None;
    }
    EDITED.iter().find_map(|suffix| {
        let cuts = suffix.char_indices().rev().map(|(at, _)| &suffix[..at]).filter(|cut| cut.chars().count() > 3);
        cuts.into_iter().find_map(|cut| strip_end(bare, cut)).map(|original| format!("{original}{counter}{extension}"))
    })
}

/// Whether there is a photo of this name, its capitals and its ending aside: an edited HEIC is a JPEG.
fn has(photos: &BTreeSet<&str>, name: &str) -> bool {
    with_name(photos, name).is_some()
}

fn with_name<'a>(photos: &BTreeSet<&'a str>, name: &str) -> Option<&'a str> {
    let same = |photo: &&&str| photo.eq_ignore_ascii_case(name);
    let same_stem = |photo: &&&str| stem(photo) == stem(name);
    photos.iter().find(same).or_else(|| photos.iter().find(same_stem)).copied()
}

/// `IMG_1.jpg`, and `IMG_1.jpg.supplemental-metadata` cut anywhere behind it; the counter where it was, or at the end.
fn by_name(photo: &str, free: &Free<'_>) -> Option<String> {
    let (stem, extension) = split(photo);
    let (bare, counter) = split_counter(stem);
    let mut forms = vec![(photo.to_owned(), "")];
    if !counter.is_empty() {
        forms.insert(0, (format!("{bare}{extension}"), counter));
    }
    for (name, counter) in forms {
        let full = format!("{name}{SUPPLEMENTAL}");
        let cuts = (name.len()..=full.len()).rev().filter(|at| full.is_char_boundary(*at));
        for cut in cuts {
            let noted = format!("{}{counter}", &full[..cut]).to_lowercase();
            if free.contains_key(&noted) {
                return Some(noted);
            }
        }
    }
    // A file that Google gave an ending has notes without it.
    let noted = stem.to_lowercase();
    free.contains_key(&noted).then_some(noted)
}

/// The name itself is cut: its beginning, as long as names of notes may be.
fn by_cut_name(photo: &str, free: &Free<'_>) -> Option<String> {
    let (stem, extension) = split(photo);
    let (bare, counter) = split_counter(stem);
    let name = format!("{bare}{extension}").to_lowercase();
    let fits = |noted: &&String| {
        let (noted, found) = split_counter(noted);
        // Names are cut by characters; some unpackers count bytes.
        let at_the_limit = noted.chars().count() >= LONGEST || (LONGEST..=51).contains(&noted.len());
        found == counter && at_the_limit && name.starts_with(noted)
    };
    free.keys().filter(fits).max_by_key(|noted| noted.len()).cloned()
}

/// The notes say what the file was called; signs that file systems refuse became `_`, and a long name was cut.
fn by_title(photo: &str, free: &Free<'_>) -> Option<String> {
    let (stem, extension) = split(photo);
    let (bare, counter) = split_counter(stem);
    let tidy = |text: &str| -> String {
        text.chars().map(|c| if is_refused(c) { '_' } else { c }).collect::<String>().to_lowercase()
    };
    let bare = tidy(bare);
    let fits = |title: &str| {
        let tidy = tidy(title);
        let (titled, titled_extension) = split(&tidy);
        let cut = bare.chars().count() >= LONGEST - 5 && titled.starts_with(&bare);
        (titled == bare || cut) && (titled_extension.is_empty() || titled_extension.eq_ignore_ascii_case(extension))
    };
    let found = free.iter().find(|(base, (_, title))| split_counter(base).1 == counter && fits(title));
    found.map(|(base, _)| base.clone())
}

fn is_refused(sign: char) -> bool {
    matches!(sign, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' | '&' | '%' | '#' | '\'') || sign.is_control()
}

/// The name of notes without `.json`.
pub(super) fn split_json(name: &str) -> Option<(&str, &str)> {
    let at = name.len().checked_sub(5)?;
    let ending = name.get(at..)?;
    ending.eq_ignore_ascii_case(".json").then(|| (&name[..at], ending))
}

/// Stem and ending, the dot with the ending.
pub(super) fn split(name: &str) -> (&str, &str) {
    match name.rfind('.') {
        Some(at) if at > 0 && name.len() - at <= 6 && !name[at..].contains(' ') => name.split_at(at),
        _ => (name, ""),
    }
}

fn stem(name: &str) -> String {
    split(name).0.to_lowercase()
}

/// `IMG_1(2)` is `IMG_1` and `(2)`.
fn split_counter(stem: &str) -> (&str, &str) {
    let counter = stem.strip_suffix(')').and_then(|rest| {
        let at = rest.rfind('(')?;
        let digits = &rest[at + 1..];
        (at > 0 && !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())).then_some(at)
    });
    counter.map_or((stem, ""), |at| stem.split_at(at))
}

/// The text without its end, capitals aside.
fn strip_end<'a>(text: &'a str, end: &str) -> Option<&'a str> {
    let at = text.len().checked_sub(end.len()).filter(|at| *at > 0)?;
    text.get(at..).filter(|tail| tail.to_lowercase() == end).map(|_| &text[..at])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(photos: &[&'static str], notes: &[(&'static str, &str)]) -> Vec<(&'static str, &'static str)> {
        let sidecar = |title: &str| Sidecar { title: title.to_owned(), ..Sidecar::default() };
        let notes: BTreeMap<&'static str, Sidecar> =
            notes.iter().map(|(name, title)| (*name, sidecar(title))).collect();
        paired(&photos.iter().copied().collect(), &notes).into_iter().collect()
    }

    #[test]
    fn notes_are_found_however_long_a_piece_of_the_ending_is_left() {
        for json in [
            "IMG_1234.jpg.json",
            "IMG_1234.jpg.supplemental-metadata.json",
            "IMG_1234.jpg.supplemental-me.json",
            "IMG_1234.jpg.s.json",
            "IMG_1234.jpg..json",
            "img_1234.JPG.Supplemental-Metadata.json",
            "IMG_1234.json",
        ] {
            assert_eq!(pairs(&["IMG_1234.jpg"], &[(json, "")]), [("IMG_1234.jpg", json)]);
        }
        assert!(pairs(&["IMG_1234.jpg"], &[("IMG_12345.jpg.json", "")]).is_empty());
        assert!(pairs(&["IMG_1234.jpg"], &[("IMG_1234.jpg.supplement-of-mine.json", "")]).is_empty());
    }

    #[test]
    fn counters_move() {
        let photos = ["IMG_1.jpg", "IMG_1(1).jpg", "IMG_1(2).jpg"];
        let expected = |old: [&'static str; 3]| vec![(photos[1], old[1]), (photos[2], old[2]), (photos[0], old[0])];
        for notes in [
            ["IMG_1.jpg.json", "IMG_1.jpg(1).json", "IMG_1.jpg(2).json"],
            [
                "IMG_1.jpg.supplemental-metadata.json",
                "IMG_1.jpg.supplemental-metadata(1).json",
                "IMG_1.jpg.supplem(2).json",
            ],
            ["IMG_1.jpg.json", "IMG_1(1).jpg.json", "IMG_1(2).jpg.supplemental-metadata.json"],
        ] {
            let with_titles: Vec<_> = notes.iter().map(|name| (*name, "IMG_1.jpg")).collect();
            assert_eq!(pairs(&photos, &with_titles), expected(notes));
        }
    }

    #[test]
    fn long_names_are_cut() {
        // A title of 60 characters: the photo's stem has 47, the notes' name 46.
        let photo = "a_very_long_name_that_somebody_gave_to_a_photo_.jpg";
        let notes = "a_very_long_name_that_somebody_gave_to_a_photo.json";
        assert_eq!(pairs(&[photo], &[(notes, "")]), [(photo, notes)]);
        let other = "a_very_long_name_that_somebody_gave_to_a_phot_2.jpg";
        assert_eq!(pairs(&[photo, other], &[(notes, "")]), [(photo, notes)]);
        let second = "a_very_long_name_that_somebody_gave_to_a_photo(1).json";
        let counted = "a_very_long_name_that_somebody_gave_to_a_photo_(1).jpg";
        assert_eq!(pairs(&[photo, counted], &[(notes, ""), (second, "")]), [(counted, second), (photo, notes)]);
        // 46 characters, of which the ending has seven left.
        let photo = "Screenshot_20190317-234331_Photos_a.jpg";
        let notes = "Screenshot_20190317-234331_Photos_a.jpg.supple.json";
        assert_eq!(notes.len(), 51);
        assert_eq!(pairs(&[photo], &[(notes, "")]), [(photo, notes)]);
    }

    #[test]
    fn titles_in_any_script_lead_to_their_photo() {
        assert_eq!(
            pairs(&["おばあちゃんの庭.jpg"], &[("おばあちゃんの庭.jpg.supplemental-metadata.json", "")]).len(),
            1
        );
        let found = pairs(&["Was_ Wo_.jpg"], &[("Was_ Wo_.jp.json", "Was? Wo?.jpg")]);
        assert_eq!(found, [("Was_ Wo_.jpg", "Was_ Wo_.jp.json")]);
    }

    #[test]
    fn edited_copies_and_moving_halves_share_notes() {
        let found = pairs(
            &["IMG_1.HEIC", "IMG_1.MP4", "IMG_1-edited.jpg", "IMG_1-bearbeitet(1).heic", "IMG_1(1).HEIC"],
            &[("IMG_1.HEIC.json", ""), ("IMG_1.HEIC(1).json", "")],
        );
        let of = |photo: &str| found.iter().find(|(name, _)| *name == photo).map(|(_, notes)| *notes);
        for photo in ["IMG_1.HEIC", "IMG_1.MP4", "IMG_1-edited.jpg"] {
            assert_eq!(of(photo), Some("IMG_1.HEIC.json"), "{photo}");
        }
        assert_eq!(of("IMG_1(1).HEIC"), Some("IMG_1.HEIC(1).json"));
        assert_eq!(of("IMG_1-bearbeitet(1).heic"), Some("IMG_1.HEIC(1).json"));
        // The copy alone was exported.
        assert_eq!(pairs(&["IMG_9-modifié.jpg"], &[("IMG_9.jpg.json", "")]).len(), 1);
    }

    #[test]
    fn edited_copies_are_told_by_their_ending() {
        assert_eq!(edited_of("IMG_1-edited.jpg").as_deref(), Some("IMG_1.jpg"));
        assert_eq!(edited_of("IMG_1-EDITED(3).jpg").as_deref(), Some("IMG_1(3).jpg"));
        assert_eq!(edited_of("写真-編集済み.jpg").as_deref(), Some("写真.jpg"));
        assert_eq!(edited_of("credited.jpg"), None);
        assert_eq!(edited_of("-edited.jpg"), None);
        let cut = "a_very_long_name_that_somebody_gave_photo-edit.jpg";
        assert_eq!(edited_of(cut).as_deref(), Some("a_very_long_name_that_somebody_gave_photo.jpg"));
        assert_eq!(edited_of("short-edit.jpg"), None);
    }
}
