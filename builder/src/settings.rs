//! `gallery.yml`: what the owner says of the whole gallery. It lies at the root of the source bucket.

use serde::{Deserialize, Serialize};

use crate::accent::Accent;
use crate::catalogue::unknown_key;
use crate::markdown;
use crate::metadata::Sort;
use crate::yaml::{self, Flag, Pairs, Problem, quoted, text};

/// What the owner says of the whole gallery.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// The gallery's title, as `gallery.yml` says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What the gallery is called where it was set up (`heirloom.toml`, `heirloom serve --title`): its title as long as
    /// `gallery.yml` says none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub called: Option<String>,
    /// The languages that the pages are offered in, first the one that they are written in; all of them when there is none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<Language>,
    /// The colour of links and buttons.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accent: Option<Accent>,
    /// The order of the collections; the newest first when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort: Option<Sort>,
    /// Links at the foot of each page.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Link>,
    /// A line at the foot of each page, in Markdown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub footer: Option<String>,
    /// The map of where photos were taken; nobody is told when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub map: Option<Map>,
    /// Keys that nobody knows, the first few.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<String>,
}

/// A map.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Map {
    /// Whose pictures of the earth lie under the photos; ours, of coasts and degrees alone, when there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tiles: Option<Tiles>,
    /// Whom the pictures of the earth are due to, in Markdown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credit: Option<String>,
}

/// Pictures of the earth that somebody else's server has, in squares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Tiles(String);

impl Tiles {
    /// The address of a square, with `{z}`, `{x}` and `{y}` in it.
    pub fn address(&self) -> &str {
        &self.0
    }

    /// Whose they are, `https://tiles.example.org`: where the policy of the map's page lets pictures come from.
    pub fn origin(&self) -> &str {
        let host = self.0.find("://").map_or(0, |at| at + 3);
        self.0[host..].find('/').map_or(&self.0, |end| &self.0[..host + end])
    }
}

impl TryFrom<String> for Tiles {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let text = text.trim();
        let host = text.strip_prefix("https://").and_then(|rest| rest.split_once('/')).map_or("", |(host, _)| host);
        // The host goes into a header that says where pictures may come from.
        let is_host =
            |host: &str| host.contains('.') && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.:".contains(&b));
        let sound = is_host(host) && text.bytes().all(|b| b.is_ascii_graphic() && !b"\"'<>\\`;,".contains(&b));
        if sound && ["{z}", "{x}", "{y}"].iter().all(|part| text.contains(part)) {
            Ok(Self(text.to_owned()))
        } else {
            Err(format!(
                "map tiles are written https://tiles.example.org/{{z}}/{{x}}/{{y}}.png, not `{}`",
                quoted(text)
            ))
        }
    }
}

impl From<Tiles> for String {
    fn from(tiles: Tiles) -> Self {
        tiles.0
    }
}

/// What a gallery is called that nobody has named.
const NAMELESS: &str = "Heirloom";

impl Settings {
    /// Reads a `gallery.yml` as the builder does.
    pub fn read(bytes: &[u8]) -> Result<Self, Problem> {
        read(bytes)
    }

    /// A sentence about each key of the file that nobody knows.
    pub fn notices(&self) -> Vec<String> {
        self.unknown.iter().map(|key| unknown_key(key)).collect()
    }

    /// The gallery's title, wherever it is shown: on the pages, at the door, on cards.
    pub fn title(&self) -> &str {
        self.title.as_deref().or(self.called.as_deref()).unwrap_or(NAMELESS)
    }
}

/// A link to somewhere else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Its words.
    pub words: String,
    /// Its address: `https:`, `http:`, `mailto:`, or a path of the gallery's own.
    pub address: String,
}

/// A language that the pages speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Language {
    /// English.
    En,
    /// German.
    De,
    /// French.
    Fr,
    /// Spanish.
    Es,
    /// Italian.
    It,
    /// Japanese.
    Ja,
}

/// All of them.
pub(crate) const LANGUAGES: [Language; 6] =
    [Language::En, Language::De, Language::Fr, Language::Es, Language::It, Language::Ja];

impl Language {
    /// Its tag (BCP 47).
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::De => "de",
            Self::Fr => "fr",
            Self::Es => "es",
            Self::It => "it",
            Self::Ja => "ja",
        }
    }
}

impl TryFrom<String> for Language {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let known = LANGUAGES.into_iter().find(|language| language.tag().eq_ignore_ascii_case(text.trim()));
        known.ok_or_else(|| {
            let all = LANGUAGES.map(Self::tag).join(", ");
            format!("the pages speak the languages {all}, not `{}`", quoted(&text))
        })
    }
}

impl From<Language> for String {
    fn from(language: Language) -> Self {
        language.tag().to_owned()
    }
}

/// Reads the file.
pub(crate) fn read(bytes: &[u8]) -> Result<Settings, Problem> {
    let written: Option<Written> = yaml::read(bytes)?;
    Ok(Settings { unknown: yaml::keys_besides::<Written>(bytes), ..written.map(Settings::from).unwrap_or_default() })
}

/// The file as written: every value may be missing or null.
#[derive(Deserialize)]
struct Written {
    title: Option<String>,
    languages: Option<Vec<Language>>,
    #[serde(alias = "accent_colour", alias = "accent_color")]
    accent: Option<Accent>,
    sort: Option<Sort>,
    links: Option<Links>,
    footer: Option<String>,
    map: Option<Flag>,
    map_tiles: Option<Tiles>,
    map_credit: Option<String>,
    /// The resizer's word: read here so that somebody complains when it is none.
    #[serde(rename = "avif")]
    _avif: Option<bool>,
}

impl From<Written> for Settings {
    fn from(written: Written) -> Self {
        Self {
            title: text(written.title),
            called: None,
            languages: written.languages.unwrap_or_default(),
            accent: written.accent,
            sort: written.sort,
            links: written.links.map(|links| links.0).unwrap_or_default(),
            footer: text(written.footer),
            map: written
                .map
                .is_some_and(|wanted| wanted.0)
                .then(|| Map { tiles: written.map_tiles, credit: text(written.map_credit) }),
            unknown: Vec::new(),
        }
    }
}

/// Links as written: words and address a line.
#[derive(Deserialize)]
#[serde(try_from = "Pairs")]
struct Links(Vec<Link>);

impl TryFrom<Pairs> for Links {
    type Error = String;
    fn try_from(Pairs(pairs): Pairs) -> Result<Self, String> {
        let links = pairs.into_iter().map(|(words, address)| {
            let address = address.unwrap_or_default().trim().to_owned();
            if markdown::may_lead_to(&address) {
                Ok(Link { words, address })
            } else {
                Err(format!("a link begins with https://, http://, mailto: or /, not `{}`", quoted(&address)))
            }
        });
        links.collect::<Result<_, _>>().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::SortBy;

    #[test]
    fn every_line_is_read() {
        let settings = read(
            "title: The Millers\nlanguages: [de, EN]\naccent: '#369'\nsort: name\nlinks:\n  Family tree: https://example.org/t?a=1&b\n  Write to us: mailto:a@example.org\n  All: /\nfooter: Made with *love*.\nmap: yes\nmap_tiles: https://t.example.org/{z}/{x}/{y}.png\nmap_credit: © Us\navif: true\nother: x\n"
                .as_bytes(),
        )
        .unwrap();
        assert_eq!(settings.title.as_deref(), Some("The Millers"));
        assert_eq!(settings.languages.iter().map(|l| l.tag()).collect::<Vec<_>>(), ["de", "en"]);
        assert_eq!(settings.sort.unwrap().by, SortBy::Name);
        assert_eq!(settings.unknown, ["other"]);
        let words: Vec<_> = settings.links.iter().map(|link| link.words.as_str()).collect();
        assert_eq!(words, ["Family tree", "Write to us", "All"]);
        let map = settings.map.as_ref().unwrap();
        assert_eq!(map.tiles.as_ref().unwrap().address(), "https://t.example.org/{z}/{x}/{y}.png");
        assert_eq!(map.tiles.as_ref().unwrap().origin(), "https://t.example.org");
        assert_eq!(map.credit.as_deref(), Some("© Us"));
        assert_eq!(read(b"map: no\nmap_tiles: https://t.example.org/{z}/{x}/{y}.png").unwrap().map, None);
        assert_eq!(settings.footer.as_deref(), Some("Made with *love*."));
        let json = serde_json::to_string(&settings).unwrap();
        assert_eq!(serde_json::from_str::<Settings>(&json).unwrap(), settings);
        assert_eq!(read(b"").unwrap(), Settings::default());
        assert_eq!(read(b"title:\nlinks:\nlanguages: ~\n").unwrap(), Settings::default());
    }

    #[test]
    fn what_cannot_be_meant_is_told_with_its_place() {
        for (text, told) in [
            ("accent: reddish", "line 1, column 9: a colour is written #336699, not `reddish`"),
            ("title: x\nlanguages: [tlh]", "line 2, column 13: the pages speak the languages en, de, fr, es, it, ja"),
            ("links:\n  Bad: 'javascript:alert(1)'", "a link begins with https://"),
            ("links:\n  Bad: //example.org", "a link begins with https://"),
            ("links:\n  Bad:", "a link begins with https://"),
            ("map: perhaps", "line 1, column 6: here should be `true` or `false`, not `perhaps`"),
            ("map_tiles: http://t.example.org/{z}/{x}/{y}.png", "map tiles are written https://"),
            ("map_tiles: https://t.example.org/{z}/{x}.png", "map tiles are written https://"),
            ("map_tiles: https://t.example.org;x/{z}/{x}/{y}.png", "map tiles are written https://"),
            ("avif: perhaps", "line 1, column 7"),
            ("languages: de", "line 1, column 12: here should be a list"),
        ] {
            let problem = read(text.as_bytes()).unwrap_err().to_string();
            assert!(problem.contains(told), "{text}: {problem}");
            assert!(problem.starts_with("line "), "{problem}");
        }
    }
}
