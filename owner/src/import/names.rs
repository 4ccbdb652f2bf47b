//! Which notes belong to which photo: the names that Takeout gives to its JSON files.
//!
//! `IMG_1.jpg` has its notes in `IMG_1.jpg.json`, in newer exports in `IMG_1.jpg.supplemental-metadata.json`. That name is
//! cut so that it has 51 characters at most, `.json` with it, wherever the cut falls; of two photos of one name the second
//! is `IMG_1(1).jpg`, and its counter stands before `.json` in the name of the notes (`IMG_1.jpg(1).json`), or
//! stays where it was. An edited copy, `IMG_1-edited.jpg`, has no notes of its own, nor has the moving half of a live photo.

use std::collections::{BTreeMap, BTreeSet};

use unicode_normalization::UnicodeNormalization;

use super::edited::edited_of;
use super::sidecar::Sidecar;

/// What newer exports put between a file's name and `.json`.
const SUPPLEMENTAL: &str = ".supplemental-metadata";

/// The longest name of notes without `.json`, in characters.
pub(super) const LONGEST: usize = 46;

/// Still pictures that phones put a moving half beside, and what that half is.
const STILL: [&str; 4] = [".jpg", ".jpeg", ".heic", ".heif"];
const MOVING: [&str; 4] = [".mov", ".mp4", ".m4v", ".mp"];

/// Notes that belong to nobody yet.
#[derive(Default)]
struct Free<'a> {
    /// By their name without `.json`, composed: the name, and the title in them.
    notes: BTreeMap<String, (&'a str, String)>,
    /// The same names in small letters. Two may differ in their capitals alone.
    folded: BTreeMap<String, BTreeSet<String>>,
}

impl<'a> Free<'a> {
    fn of(notes: &BTreeMap<&'a str, Sidecar>) -> Self {
        let mut free = Self::default();
        for (name, sidecar) in notes {
            let Some((base, _)) = split_json(name) else { continue };
            let base = composed(base);
            free.folded.entry(base.to_lowercase()).or_default().insert(base.clone());
            free.notes.insert(base, (*name, composed(&sidecar.title)));
        }
        free
    }

    fn take(&mut self, base: &str) -> Option<&'a str> {
        let (name, _) = self.notes.remove(base)?;
        if let Some(alike) = self.folded.get_mut(&base.to_lowercase()) {
            alike.remove(base);
        }
        Some(name)
    }

    /// Notes of just this name, or of one that differs in its capitals.
    fn named(&self, base: &str, capitals_count: bool) -> Option<&String> {
        match self.notes.get_key_value(base) {
            Some((base, _)) => Some(base),
            None if capitals_count => None,
            None => self.folded.get(&base.to_lowercase())?.first(),
        }
    }

    /// Whether what notes say does not speak against their being a photo's. A name that was cut may be the beginning of several:
    /// there the title decides.
    fn may_be(&self, base: &str, photo: &str) -> bool {
        let title = self.notes.get(base).map_or("", |(_, title)| title.as_str());
        title.is_empty() || !is_cut(split_counter(base).0) || is_titled(photo, title)
    }
}

/// A way to find a photo's notes among those.
type Way = fn(&str, &Free<'_>) -> Option<String>;

/// Finds the notes of each photo of a folder. Both by name; the answer has the names of the photos.
pub(super) fn paired<'a>(photos: &BTreeSet<&'a str>, notes: &BTreeMap<&'a str, Sidecar>) -> BTreeMap<&'a str, &'a str> {
    let mut pairs: BTreeMap<&str, &str> = BTreeMap::new();
    let mut free = Free::of(notes);
    let stems: BTreeSet<String> = photos.iter().map(|photo| stem(photo)).collect();
    let is_copy = |photo: &str| edited_of(photo).is_some_and(|original| stems.contains(&stem(&original)));
    // The surest ways first: what they find is nobody else's.
    for way in [by_very_name, by_name, by_cut_name, by_title, by_title_alone] as [Way; 5] {
        for &photo in photos {
            if !pairs.contains_key(photo)
                && !is_copy(photo)
                && let Some(base) = way(&composed(photo), &free)
                && let Some(found) = free.take(&base)
            {
                pairs.insert(photo, found);
            }
        }
    }
    // Those that share another's notes.
    let mut of_stem: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for photo in photos {
        of_stem.entry(stem(photo)).or_default().push(photo);
    }
    let alike = |name: &str| of_stem.get(&stem(name)).map(Vec::as_slice).unwrap_or_default();
    for &photo in photos {
        if pairs.contains_key(photo) {
            continue;
        }
        let other_half = |other: &&&str| are_halves(photo, other);
        let half = alike(photo).iter().filter(other_half).find_map(|other| pairs.get(other)).copied();
        let found = half.or_else(|| twin(photo).and_then(|twin| shared(alike(&twin), &twin, &pairs)));
        if let Some(found) = found {
            pairs.insert(photo, found);
        }
    }
    for &photo in photos {
        let Some(original) = edited_of(photo).filter(|_| !pairs.contains_key(photo)) else { continue };
        let same = alike(&original).iter().filter(|other| folded(other) == folded(&original));
        let found = same.chain(alike(&original)).find_map(|other| pairs.get(other)).copied();
        // The original may not be in this export, while its notes are.
        let found = found.or_else(|| by_name(&composed(&original), &free).and_then(|base| free.take(&base)));
        if let Some(found) = found {
            pairs.insert(photo, found);
        }
    }
    pairs
}

/// Whether these are a photo and its moving half, in either order. Other files of one stem are different pictures.
fn are_halves(one: &str, other: &str) -> bool {
    let is = |name: &str, kinds: [&str; 4]| kinds.contains(&split(name).1.to_lowercase().as_str());
    (is(one, STILL) && is(other, MOVING)) || (is(one, MOVING) && is(other, STILL))
}

/// The photo of which this is a second one with a long name: `original_…_P(1).jpg`, for which Google writes no notes of their own.
fn twin(photo: &str) -> Option<String> {
    let (stem, extension) = split(photo);
    let (bare, counter) = split_counter(stem);
    (!counter.is_empty()).then(|| format!("{bare}{extension}"))
}

/// The notes of that photo, if their name was cut: a short name has notes for each of its photos, and they may be missing.
fn shared<'a>(alike: &[&str], twin: &str, pairs: &BTreeMap<&'a str, &'a str>) -> Option<&'a str> {
    let found =
        alike.iter().find(|other| folded(other) == folded(twin)).and_then(|other| pairs.get(*other).copied())?;
    split_json(found).is_some_and(|(base, _)| is_cut(split_counter(base).0)).then_some(found)
}

/// By name, capitals and all.
fn by_very_name(photo: &str, free: &Free<'_>) -> Option<String> {
    named(photo, free, true)
}

/// By name, its capitals aside.
fn by_name(photo: &str, free: &Free<'_>) -> Option<String> {
    named(photo, free, false)
}

/// `IMG_1.jpg`, and `IMG_1.jpg.supplemental-metadata` cut anywhere behind it; the counter where it was, or at the end.
fn named(photo: &str, free: &Free<'_>, capitals_count: bool) -> Option<String> {
    let (stem, extension) = split(photo);
    let (bare, counter) = split_counter(stem);
    let mut forms = vec![(photo.to_owned(), "")];
    if !counter.is_empty() {
        forms.insert(0, (format!("{bare}{extension}"), counter));
    }
    let found = |noted: &str| free.named(noted, capitals_count).filter(|base| free.may_be(base, photo)).cloned();
    for (name, counter) in forms {
        let full = format!("{name}{SUPPLEMENTAL}");
        let mut cuts = (name.len()..=full.len()).rev().filter(|at| full.is_char_boundary(*at));
        if let Some(base) = cuts.find_map(|cut| found(&format!("{}{counter}", &full[..cut]))) {
            return Some(base);
        }
    }
    // A file that Google gave an ending has notes without it.
    found(stem)
}

/// The name itself is cut: its beginning, as long as names of notes may be.
fn by_cut_name(photo: &str, free: &Free<'_>) -> Option<String> {
    let (stem, extension) = split(photo);
    let (bare, counter) = split_counter(stem);
    let name = format!("{bare}{extension}").to_lowercase();
    let fits = |base: &&String| {
        let (noted, found) = split_counter(base);
        found == counter && is_cut(noted) && name.starts_with(&noted.to_lowercase()) && free.may_be(base, photo)
    };
    free.notes.keys().filter(fits).max_by_key(|noted| noted.len()).cloned()
}

/// Whether a name of notes is as long as they may be. Names are cut by characters; some unpackers count bytes.
fn is_cut(noted: &str) -> bool {
    noted.chars().count() >= LONGEST || (LONGEST..=51).contains(&noted.len())
}

/// The notes say what the file was called.
fn by_title(photo: &str, free: &Free<'_>) -> Option<String> {
    let counter = split_counter(split(photo).0).1;
    let mut fitting = free.notes.iter().filter(|(_, (_, title))| is_titled(photo, title));
    fitting.find(|(base, _)| split_counter(base).1 == counter).map(|(base, _)| base.clone())
}

/// The same where two photos whose names begin alike have notes of one cut name, told apart by a counter that neither photo
/// has. Only when no other notes say that name.
fn by_title_alone(photo: &str, free: &Free<'_>) -> Option<String> {
    let mut fitting =
        free.notes.iter().filter(|(base, (_, title))| is_cut(split_counter(base).0) && is_titled(photo, title));
    let (base, _) = fitting.next()?;
    fitting.next().is_none().then(|| base.clone())
}

/// Whether a photo was called so: signs that file systems refuse became `_`, and a long name was cut.
fn is_titled(photo: &str, title: &str) -> bool {
    let tidy = |text: &str| -> String {
        text.chars().map(|c| if is_refused(c) { '_' } else { c }).collect::<String>().to_lowercase()
    };
    let (stem, extension) = split(photo);
    let bare = tidy(split_counter(stem).0);
    let tidy = tidy(title);
    let (titled, titled_extension) = split(&tidy);
    let cut = bare.chars().count() >= LONGEST - 5 && titled.starts_with(&bare);
    (titled == bare || cut) && (titled_extension.is_empty() || titled_extension.eq_ignore_ascii_case(extension))
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
    folded(split(name).0)
}

/// A name as it is compared: in small letters, and each letter with its marks as one sign. Macs write a letter and its marks apart.
pub(super) fn folded(name: &str) -> String {
    composed(name).to_lowercase()
}

pub(super) fn composed(name: &str) -> String {
    name.nfc().collect()
}

/// `IMG_1(2)` is `IMG_1` and `(2)`.
pub(super) fn split_counter(stem: &str) -> (&str, &str) {
    let counter = stem.strip_suffix(')').and_then(|rest| {
        let at = rest.rfind('(')?;
        let digits = &rest[at + 1..];
        (at > 0 && !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())).then_some(at)
    });
    counter.map_or((stem, ""), |at| stem.split_at(at))
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
        // Other files of that name are no halves of it: neither a drawing nor the still of another program.
        let found = pairs(&["IMG_2.jpg", "IMG_2.png", "IMG_2.webp"], &[("IMG_2.jpg.json", "IMG_2.jpg")]);
        assert_eq!(found, [("IMG_2.jpg", "IMG_2.jpg.json")]);
        // Whichever of the halves comes first by name.
        let found = pairs(&["IMG_3-edited.jpg", "IMG_3.MOV", "IMG_3.jpg"], &[("IMG_3.jpg.json", "IMG_3.jpg")]);
        assert_eq!(found.len(), 3, "{found:?}");
        // The copy alone was exported.
        assert_eq!(pairs(&["IMG_9-modifié.jpg"], &[("IMG_9.jpg.json", "")]).len(), 1);
    }

    #[test]
    fn capitals_tell_two_photos_apart_when_nothing_else_does() {
        let notes = [("IMG_1.JPG.json", "IMG_1.JPG"), ("IMG_1.jpg.json", "IMG_1.jpg")];
        let expected = [("IMG_1.JPG", "IMG_1.JPG.json"), ("IMG_1.jpg", "IMG_1.jpg.json")];
        assert_eq!(pairs(&["IMG_1.JPG", "IMG_1.jpg"], &notes), expected);
        // Of one that has none of its own, nobody takes the other's.
        assert_eq!(pairs(&["IMG_1.JPG", "IMG_1.jpg"], &notes[1..]), expected[1..]);
    }

    #[test]
    fn two_long_names_that_begin_alike_are_told_apart_by_their_titles() {
        let begin = "Spaziergang an der Küste bei Sintra im Nebel, ";
        assert_eq!(begin.chars().count(), 46);
        let [first, second] = ["A.jpg", "B.jpg"].map(|end| &*format!("{begin}{end}").leak());
        let [plain, counted] = [".json", "(1).json"].map(|end| &*format!("{begin}{end}").leak());
        for (of_plain, of_counted) in [(first, second), (second, first)] {
            let found = pairs(&[first, second], &[(plain, of_plain), (counted, of_counted)]);
            let mut expected = [(of_plain, plain), (of_counted, counted)];
            expected.sort_unstable();
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn a_second_one_of_a_cut_name_shares_the_notes() {
        let photo = "original_1d4caa6f-16c6-4c3d-901b-9387de10e528_P.jpg";
        let second = "original_1d4caa6f-16c6-4c3d-901b-9387de10e528_P(1).jpg";
        let notes = "original_1d4caa6f-16c6-4c3d-901b-9387de10e528_.json";
        assert_eq!(pairs(&[photo, second], &[(notes, "")]), [(second, notes), (photo, notes)]);
        // A short name has notes for each.
        assert_eq!(pairs(&["IMG_1.jpg", "IMG_1(1).jpg"], &[("IMG_1.jpg.json", "IMG_1.jpg")]).len(), 1);
    }

    #[test]
    fn letters_are_the_same_however_their_marks_are_written() {
        let (apart, together) = ("Cafe\u{301}.jpg", "Caf\u{e9}.jpg.json");
        assert_eq!(pairs(&[apart], &[(together, "Caf\u{e9}.jpg")]), [(apart, together)]);
        assert_eq!(edited_of("IMG_1-modifie\u{301}.jpg").as_deref(), Some("IMG_1.jpg"));
    }
}
