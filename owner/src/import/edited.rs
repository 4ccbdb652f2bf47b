//! Edited copies, as Takeout names them.

use super::names::{LONGEST, composed, split, split_counter};

/// What Google puts behind the names of edited copies, in the language of the account.
const EDITED: [&str; 28] = [
    "-edited",
    "-bearbeitet",
    "-modifié",
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

/// The name of which this is an edited copy.
pub(super) fn edited_of(name: &str) -> Option<String> {
    let name = &composed(name);
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

/// The text without its end, capitals aside.
fn strip_end<'a>(text: &'a str, end: &str) -> Option<&'a str> {
    let at = text.len().checked_sub(end.len()).filter(|at| *at > 0)?;
    text.get(at..).filter(|tail| tail.to_lowercase() == end).map(|_| &text[..at])
}

#[cfg(test)]
mod tests {
    use super::*;

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
