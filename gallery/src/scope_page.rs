//! The pages and files that every scope has beside its home page: they go across albums, so each scope has its own.

use std::fmt;

use crate::names::NameError;

/// One of them. As text it is its address without the slash before it: `timeline/2024`, `feed.xml`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ScopePage {
    /// The years and their months.
    Timeline,
    /// One year of the timeline.
    Year(u16),
    /// One month of a year that has too many albums for one page.
    Month(u16, u8),
    /// The page to search on.
    Search,
    /// The map, if the owner wants one.
    Map,
    /// What the map shows.
    Places,
    /// The Atom feed.
    Feed,
    /// What a phone needs to know to install the gallery.
    Manifest,
}

impl ScopePage {
    /// Reads the text.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let page = match text {
            "timeline" => Some(Self::Timeline),
            "search" => Some(Self::Search),
            "map" => Some(Self::Map),
            "places.json" => Some(Self::Places),
            "feed.xml" => Some(Self::Feed),
            "manifest.webmanifest" => Some(Self::Manifest),
            _ => text.strip_prefix("timeline/").and_then(of_timeline),
        };
        page.ok_or_else(|| NameError::Unusable(text.to_owned(), "it is none of the pages that a scope has"))
    }

    /// Whether it is a page for people, in a folder of its own, and no file.
    pub fn is_page(self) -> bool {
        !matches!(self, Self::Places | Self::Feed | Self::Manifest)
    }

    /// Its address.
    pub fn address(self) -> String {
        if self.is_page() { format!("/{self}/") } else { format!("/{self}") }
    }

    /// Its key below that of the scope's home page.
    pub fn path(self) -> String {
        if self.is_page() { format!("{self}/index.html") } else { self.to_string() }
    }

    /// Reads what [`ScopePage::path`] wrote.
    pub fn of_path(path: &str) -> Option<Self> {
        let (text, page) = path.strip_suffix("/index.html").map_or((path, false), |text| (text, true));
        Self::parse(text).ok().filter(|parsed| parsed.is_page() == page)
    }
}

impl fmt::Display for ScopePage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Timeline => f.write_str("timeline"),
            Self::Year(year) => write!(f, "timeline/{year:04}"),
            Self::Month(year, month) => write!(f, "timeline/{year:04}-{month:02}"),
            Self::Search => f.write_str("search"),
            Self::Map => f.write_str("map"),
            Self::Places => f.write_str("places.json"),
            Self::Feed => f.write_str("feed.xml"),
            Self::Manifest => f.write_str("manifest.webmanifest"),
        }
    }
}

/// `2024` or `2024-05`, in just this many digits.
fn of_timeline(text: &str) -> Option<ScopePage> {
    let number = |digits: &str, length| {
        let sound = digits.len() == length && digits.bytes().all(|b| b.is_ascii_digit());
        digits.parse::<u16>().ok().filter(|_| sound)
    };
    match text.split_once('-') {
        None => Some(ScopePage::Year(number(text, 4)?)),
        Some((year, month)) => {
            let month = number(month, 2).filter(|month| (1..=12).contains(month))?;
            Some(ScopePage::Month(number(year, 4)?, u8::try_from(month).ok()?))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_one_spelling() {
        let pages = [
            ScopePage::Timeline,
            ScopePage::Year(33),
            ScopePage::Month(2024, 5),
            ScopePage::Search,
            ScopePage::Map,
            ScopePage::Places,
            ScopePage::Feed,
            ScopePage::Manifest,
        ];
        for page in pages {
            assert_eq!(ScopePage::parse(&page.to_string()), Ok(page));
            assert_eq!(ScopePage::of_path(&page.path()), Some(page));
        }
        assert_eq!(ScopePage::Month(2024, 5).path(), "timeline/2024-05/index.html");
        assert_eq!(ScopePage::Feed.address(), "/feed.xml");
        for other in [
            "",
            "timeline/",
            "timeline/24",
            "timeline/2024-13",
            "timeline/2024-5",
            "timeline/+024",
            "Search",
            "feed.XML",
        ] {
            assert!(ScopePage::parse(other).is_err(), "{other}");
        }
        for other in ["feed.xml/index.html", "search", "search/index.htm", "index.html"] {
            assert_eq!(ScopePage::of_path(other), None, "{other}");
        }
    }
}
