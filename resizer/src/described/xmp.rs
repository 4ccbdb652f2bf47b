//! XMP: what programs write beside a picture, as RDF in XML (ISO 16684-1).

use jiff::civil::DateTime;
use roxmltree::{Document, Node, ParsingOptions};

use super::moment::iso8601;

/// A packet of more bytes holds a second picture or worse.
const LONGEST: usize = 1 << 20;

/// More elements than any program writes.
const NODES: u32 = 20_000;

const DC: &str = "http://purl.org/dc/elements/1.1/";
const XMP: &str = "http://ns.adobe.com/xap/1.0/";
const PHOTOSHOP: &str = "http://ns.adobe.com/photoshop/1.0/";
const EXIF: &str = "http://ns.adobe.com/exif/1.0/";
const AUX: &str = "http://ns.adobe.com/exif/1.0/aux/";
const EXIF_EX: &str = "http://cipa.jp/exif/1.0/";
const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// What a packet says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Xmp {
    pub(super) taken: Option<(DateTime, Option<i16>)>,
    pub(super) title: Option<String>,
    pub(super) caption: Option<String>,
    pub(super) keywords: Vec<String>,
    pub(super) rating: Option<u8>,
    pub(super) lens: Option<String>,
}

/// Reads a packet.
pub(super) fn read(bytes: &[u8]) -> Xmp {
    if bytes.len() > LONGEST {
        return Xmp::default();
    }
    let Ok(packet) = std::str::from_utf8(bytes) else { return Xmp::default() };
    // Packets are padded, some with NULs, and a JPEG's may have a second one appended.
    let packet = packet.trim_matches(|c: char| c.is_whitespace() || c == '\0' || c == '\u{feff}');
    let end = packet.find("</x:xmpmeta>").map_or(packet.len(), |at| at + "</x:xmpmeta>".len());
    let options = ParsingOptions { allow_dtd: false, nodes_limit: NODES, ..ParsingOptions::default() };
    let Ok(document) = Document::parse_with_options(&packet[..end], options) else { return Xmp::default() };
    let simple = |space, name| simple(&document, space, name);
    let taken = [(PHOTOSHOP, "DateCreated"), (EXIF, "DateTimeOriginal"), (XMP, "CreateDate")];
    Xmp {
        taken: taken.into_iter().find_map(|(space, name)| iso8601(&simple(space, name)?)),
        title: list(&document, DC, "title").into_iter().next(),
        caption: list(&document, DC, "description").into_iter().next(),
        keywords: list(&document, DC, "subject"),
        rating: simple(XMP, "Rating")
            .and_then(|text| text.parse::<f64>().ok())
            .filter(|stars| (1.0..=5.0).contains(stars))
            .map(|stars| stars as u8),
        lens: simple(EXIF_EX, "LensModel").or_else(|| simple(AUX, "Lens")),
    }
}

/// A property of one value, written as an attribute or as an element.
fn simple(document: &Document<'_>, space: &str, name: &str) -> Option<String> {
    document.descendants().find_map(|node| {
        let value = if node.has_tag_name((space, name)) { node.text() } else { node.attribute((space, name)) };
        value.map(str::trim).filter(|value| !value.is_empty()).map(str::to_owned)
    })
}

/// The entries of a property of several values, that of no particular language first.
fn list(document: &Document<'_>, space: &str, name: &str) -> Vec<String> {
    let Some(property) = document.descendants().find(|node| node.has_tag_name((space, name))) else {
        return simple(document, space, name).into_iter().collect();
    };
    let entries: Vec<Node<'_, '_>> = property.descendants().filter(|node| node.tag_name().name() == "li").collect();
    if entries.is_empty() {
        return property.text().map(str::to_owned).into_iter().collect();
    }
    let default = |node: &Node<'_, '_>| node.attribute((XML, "lang")) == Some("x-default");
    let (first, rest): (Vec<_>, Vec<_>) = entries.into_iter().partition(default);
    first.into_iter().chain(rest).filter_map(|node| node.text()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn elements_and_attributes_are_read() {
        let packet = r#"<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">
          <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
          <rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="4"
            xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:p="http://ns.adobe.com/photoshop/1.0/">
          <p:DateCreated>2019-08-07T06:05:04+02:00</p:DateCreated>
          <dc:description><rdf:Alt><rdf:li xml:lang="de">Das Boot</rdf:li>
            <rdf:li xml:lang="x-default">The &lt;boat&gt;</rdf:li></rdf:Alt></dc:description>
          <dc:subject><rdf:Bag><rdf:li>sea</rdf:li><rdf:li>Oma</rdf:li></rdf:Bag></dc:subject>
          </rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>"#;
        let xmp = read(packet.as_bytes());
        assert_eq!(xmp.taken, Some((date(2019, 8, 7).at(6, 5, 4, 0), Some(120))));
        assert_eq!(xmp.caption.as_deref(), Some("The <boat>"));
        assert_eq!((xmp.keywords, xmp.rating), (vec!["sea".to_owned(), "Oma".to_owned()], Some(4)));
    }

    #[test]
    fn nonsense_says_nothing() {
        let bomb = r#"<!DOCTYPE a [<!ENTITY b "bbbbbbbb"><!ENTITY c "&b;&b;&b;&b;">]><a>&c;</a>"#;
        for packet in ["", "<", "<a>", "\u{feff}", bomb] {
            assert_eq!(read(packet.as_bytes()), Xmp::default(), "{packet}");
        }
        assert_eq!(read(&[0xFF, 0xFE, 0]), Xmp::default());
        for stars in ["-1", "0", "6", "many"] {
            let packet = format!(r#"<a xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="{stars}"/>"#);
            assert_eq!(read(packet.as_bytes()).rating, None);
        }
    }
}
