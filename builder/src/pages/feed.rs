//! The Atom feed of a scope (RFC 4287): an entry for each album and day on which photos came, and not for each photo.

use std::fmt::Write as _;

use data_encoding::HEXLOWER;
use gallery::ScopePage;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};

use super::dates;
use crate::catalogue::{Shelf, UPLOADS};
use crate::links;
use crate::settings::Settings;

/// The feed. Addresses in it are relative to its own, for nobody here knows the gallery's host.
pub(super) fn feed(home: &str, shelves: &[&Shelf], settings: &Settings) -> String {
    let mut entries: Vec<(Timestamp, &Shelf)> =
        shelves.iter().flat_map(|shelf| shelf.uploads.iter().map(move |&first| (first, *shelf))).collect();
    entries.sort_by(|(a, of_a), (b, of_b)| b.cmp(a).then_with(|| of_a.folder.cmp(&of_b.folder)));
    entries.truncate(UPLOADS);
    let (title, language) = (settings.title(), settings.language());
    let updated = entries.first().map_or(Timestamp::UNIX_EPOCH, |(first, _)| *first);
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
    writeln!(xml, "<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"{}\">", language.tag()).expect("text grows");
    write!(
        xml,
        "<title>{title}</title>\n<id>{}</id>\n<updated>{updated}</updated>\n<author><name>{title}</name></author>\n\
         <link rel=\"self\" type=\"application/atom+xml\" href=\"{}\"/>\n<link rel=\"alternate\" type=\"text/html\" href=\"/\"/>\n",
        id(&["feed", home]),
        ScopePage::Feed.address(),
        title = Text(title),
    )
    .expect("text grows");
    for (first, shelf) in entries {
        let album = shelf.folder.album();
        let day = first.to_zoned(TimeZone::UTC).date();
        write!(
            xml,
            "<entry>\n<title>{}</title>\n<id>{}</id>\n<updated>{first}</updated>\n\
             <link rel=\"alternate\" type=\"text/html\" href=\"{}\"/>\n<summary>{}, {}</summary>\n</entry>\n",
            Text(&shelf.title),
            id(&["album", &album.to_string(), &day.to_string()]),
            links::album(&album),
            language.say("new_photos"),
            dates::day(language, day),
        )
        .expect("text grows");
    }
    xml.push_str("</feed>\n");
    xml
}

/// The same name for the same thing, always: a UUID of our own making (RFC 9562, version 8).
fn id(parts: &[&str]) -> String {
    let digest = Sha256::digest(parts.join("\n").as_bytes());
    let mut bytes: [u8; 16] = digest[..16].try_into().expect("sixteen of thirty-two");
    bytes[6] = 0x80 | (bytes[6] & 0x0f);
    bytes[8] = 0x80 | (bytes[8] & 0x3f);
    let hex = HEXLOWER.encode(&bytes);
    format!("urn:uuid:{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// A text in XML. What XML has no characters for is left out.
struct Text<'a>(&'a str);

impl std::fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'.. => f.write_char(c)?,
                _ => {}
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{Summary, tests::catalogue};

    fn shelf(folder: &str, uploads: &[&str]) -> Shelf {
        let mut shelf = Summary::of(&catalogue(folder, &[("1.jpg", Some(6))]), "\"c\"").shelves.remove(0);
        shelf.uploads = uploads.iter().map(|time| time.parse().unwrap()).collect();
        shelf
    }

    #[test]
    fn an_xml_parser_reads_it() {
        let mut lisbon = shelf("Family/Lisbon", &["2024-05-07T08:00:00Z", "2024-05-06T23:59:00Z"]);
        lisbon.title = "Us & <them> \u{1} \u{202e}\"x\"".into();
        let alps = shelf("Family/Alps", &["2024-05-07T07:00:00Z"]);
        let settings = Settings { title: Some("A & B".into()), ..Settings::default() };
        let feed = feed("all", &[&alps, &lisbon], &settings);
        let document = roxmltree::Document::parse(&feed).unwrap();
        let atom = "http://www.w3.org/2005/Atom";
        let root = document.root_element();
        assert_eq!((root.tag_name().namespace(), root.tag_name().name()), (Some(atom), "feed"));
        let text = |of: roxmltree::Node<'_, '_>, name: &str| {
            let found = of.children().find(|child| child.has_tag_name((atom, name)));
            found.unwrap_or_else(|| panic!("{name}")).text().unwrap_or_default().to_owned()
        };
        assert_eq!((text(root, "title"), text(root, "updated")), ("A & B".into(), "2024-05-07T08:00:00Z".into()));
        let entries: Vec<_> = root.children().filter(|child| child.has_tag_name((atom, "entry"))).collect();
        let titles: Vec<String> = entries.iter().map(|entry| text(*entry, "title")).collect();
        assert_eq!(titles, ["Us & <them>  \u{202e}\"x\"", "Alps", "Us & <them>  \u{202e}\"x\""]);
        assert_eq!(text(entries[2], "summary"), "New photos, 6 May 2024");
        let ids: std::collections::BTreeSet<String> = entries.iter().map(|entry| text(*entry, "id")).collect();
        assert_eq!(ids.len(), 3);
        assert!(ids.iter().all(|id| id.len() == 45 && id.starts_with("urn:uuid:") && &id[23..24] == "8"), "{ids:?}");
        // What RFC 4287 asks of every entry, and of the feed.
        for of in entries.iter().copied().chain([root]) {
            assert!(text(of, "updated").parse::<Timestamp>().is_ok());
            let links = of.children().filter(|child| child.has_tag_name((atom, "link")));
            let alternates: Vec<_> = links.filter(|link| link.attribute("rel") == Some("alternate")).collect();
            assert!(alternates.len() == 1 && alternates[0].attribute("href").is_some_and(|href| href.starts_with('/')));
        }
        assert!(!text(root, "author").is_empty() || root.descendants().any(|node| node.has_tag_name((atom, "name"))));
    }

    #[test]
    fn ids_stay_and_more_photos_of_a_day_change_nothing() {
        let before = feed("all", &[&shelf("Family/Lisbon", &["2024-05-06T08:00:00Z"])], &Settings::default());
        assert!(before.contains("<id>urn:uuid:"));
        let mut renamed = shelf("Family/Lisbon", &["2024-05-07T08:00:00Z", "2024-05-06T08:00:00Z"]);
        renamed.title = "Lisboa".into();
        let after = feed("all", &[&renamed], &Settings::default());
        let ids = |feed: &str| -> Vec<String> {
            feed.lines().filter(|line| line.starts_with("<id>")).map(str::to_owned).collect()
        };
        assert_eq!(ids(&before)[0], ids(&after)[0]);
        assert_eq!(ids(&before)[1], ids(&after)[2]);
    }
}
