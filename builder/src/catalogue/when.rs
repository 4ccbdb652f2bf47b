//! When a photo was taken, as far as the owner and the photo know.

use jiff::civil::{Date, DateTime, Time};

use super::{Catalogue, Photo};
use crate::metadata::Dated;

/// A time, or no more than a month or a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Then; midnight stands for a day alone.
    At(DateTime),
    /// At some time in it.
    Within(Dated),
}

impl When {
    /// The first day that it may have been.
    pub(crate) fn first(self) -> Date {
        match self {
            Self::At(time) => time.date(),
            Self::Within(dated) => dated.first(),
        }
    }

    /// The last one.
    pub(crate) fn last(self) -> Date {
        match self {
            Self::At(time) => time.date(),
            Self::Within(dated) => dated.last(),
        }
    }

    /// Whether no more is known than the year.
    pub(crate) fn is_a_year(self) -> bool {
        self.first().month() != self.last().month()
    }

    /// For programs, as HTML has it: `2024-05-06T07:08:09`, `2024-05-06`, `2024-05`, `2024`.
    pub(crate) fn machine(self) -> String {
        match self {
            Self::At(time) if time.time() == Time::midnight() => time.date().to_string(),
            Self::At(time) => time.to_string(),
            Self::Within(dated) => String::from(dated),
        }
    }
}

impl Catalogue {
    /// When a photo was taken: as the owner says of it; else as the photo itself does, unless the owner says of the whole
    /// album that it was another time, as for what was scanned.
    pub fn when(&self, photo: &Photo) -> Option<When> {
        let said = &self.described.values;
        if let Some(time) = said.dates.get(&photo.file) {
            return Some(When::At(*time));
        }
        let Some(dated) = said.date else { return photo.taken.map(When::At) };
        let fits = |time: &DateTime| (dated.first()..=dated.last()).contains(&time.date());
        Some(match photo.taken.filter(fits) {
            Some(time) => When::At(time),
            None if dated.first() == dated.last() => When::At(dated.first().at(0, 0, 0, 0)),
            None => When::Within(dated),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::tests::catalogue;

    #[test]
    fn an_album_s_date_goes_before_that_of_a_scanner() {
        let mut album = catalogue("A", &[("scan.jpg", Some(3)), ("none.jpg", None), ("said.jpg", Some(3))]);
        let when = |album: &Catalogue, file: &str| {
            let photo = album.photos.values().find(|photo| photo.file == file).unwrap();
            album.when(photo).map(When::machine)
        };
        let scanned = Some("2024-05-03T12:00:00".to_owned());
        assert_eq!((when(&album, "scan.jpg"), when(&album, "none.jpg")), (scanned.clone(), None));
        let said = jiff::civil::date(1970, 1, 1).at(9, 30, 0, 0);
        album.described.values.dates.insert("said.jpg".into(), said);
        for (date, expected) in [("1968-07", "1968-07"), ("1968", "1968"), ("1968-07-14", "1968-07-14")] {
            album.described.values.date = Some(Dated::try_from(date.to_owned()).unwrap());
            for file in ["scan.jpg", "none.jpg"] {
                assert_eq!(when(&album, file).as_deref(), Some(expected), "{file}");
            }
            assert_eq!(when(&album, "said.jpg").as_deref(), Some("1970-01-01T09:30:00"));
        }
        // What the photo knows better stays.
        album.described.values.date = Some(Dated::try_from("2024-05".to_owned()).unwrap());
        assert_eq!(when(&album, "scan.jpg"), scanned);
    }
}
