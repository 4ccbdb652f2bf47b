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
const CORE: &str = "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/";
const EXT: &str = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/";
const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// What a packet says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Xmp {
    pub(super) taken: Option<(DateTime, Option<i16>)>,
    pub(super) title: Option<String>,
    pub(super) caption: Option<String>,
    pub(super) keywords: Vec<String>,
    pub(super) places: Vec<String>,
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
    let (simple, list) = (|space, name| simple(document.root(), space, name), |name| list(document.root(), DC, name));
    let taken = [(PHOTOSHOP, "DateCreated"), (EXIF, "DateTimeOriginal"), (XMP, "CreateDate")];
    Xmp {
        taken: taken.into_iter().find_map(|(space, name)| iso8601(&simple(space, name)?)),
        title: list("title").into_iter().next(),
        caption: list("description").into_iter().next(),
        keywords: list("subject"),
        places: places(&document),
        rating: simple(XMP, "Rating")
            .and_then(|text| text.parse::<f64>().ok())
            .filter(|stars| (1.0..=5.0).contains(stars))
            .map(|stars| stars as u8),
        lens: simple(EXIF_EX, "LensModel").or_else(|| simple(AUX, "Lens")),
    }
}

/// The names of places: what most programs write, then the locations that newer ones describe (IPTC Photo Metadata).
fn places(document: &Document<'_>) -> Vec<String> {
    let plain = [(CORE, "Location"), (PHOTOSHOP, "City"), (PHOTOSHOP, "State"), (PHOTOSHOP, "Country")];
    let plain = plain.into_iter().filter_map(|(space, name)| simple(document.root(), space, name));
    let is_location =
        |node: &Node<'_, '_>| ["LocationShown", "LocationCreated"].iter().any(|name| node.has_tag_name((EXT, *name)));
    let entries = document.descendants().filter(is_location).flat_map(|location| {
        location.children().flat_map(|bag| bag.children()).filter(|node| node.tag_name().name() == "li")
    });
    // Each is searched with all that is in it, and a forger may write thousands inside one another.
    let entries = entries.take(super::PLACES);
    let parts = ["LocationName", "Sublocation", "City", "ProvinceState", "CountryName"];
    plain
        .chain(
            entries.flat_map(|entry| parts.map(|part| list(entry, EXT, part).into_iter().next()).into_iter().flatten()),
        )
        .collect()
}

/// A property of one value somewhere in `within`, written as an attribute or as an element.
fn simple(within: Node<'_, '_>, space: &str, name: &str) -> Option<String> {
    within.descendants().find_map(|node| {
        let value = if node.has_tag_name((space, name)) { node.text() } else { node.attribute((space, name)) };
        value.map(str::trim).filter(|value| !value.is_empty()).map(str::to_owned)
    })
}

/// The entries of a property of several values somewhere in `within`, that of no particular language first.
fn list(within: Node<'_, '_>, space: &str, name: &str) -> Vec<String> {
    let Some(property) = within.descendants().find(|node| node.has_tag_name((space, name))) else {
        return simple(within, space, name).into_iter().collect();
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
    fn places_are_read_as_old_and_new_programs_write_them() {
        let packet = r#"<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description
            xmlns:p="http://ns.adobe.com/photoshop/1.0/" p:City="Sintra" p:Country="Portugal"
            xmlns:c="http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/" xmlns:e="http://iptc.org/std/Iptc4xmpExt/2008-02-29/">
          <c:Location>Quinta da Regaleira</c:Location><p:State> Lisboa </p:State>
          <e:LocationCreated><rdf:Bag><rdf:li rdf:parseType="Resource"><e:CountryName>Spain</e:CountryName></rdf:li>
            </rdf:Bag></e:LocationCreated>
          <e:LocationShown><rdf:Bag>
            <rdf:li><rdf:Description e:City="Porto"><e:CountryName>Portugal</e:CountryName></rdf:Description></rdf:li>
            <rdf:li e:City="Vigo"><e:LocationName><rdf:Alt><rdf:li xml:lang="x-default">The quay</rdf:li></rdf:Alt>
              </e:LocationName></rdf:li></rdf:Bag></e:LocationShown>
          </rdf:Description></rdf:RDF>"#;
        let expected =
            ["Quinta da Regaleira", "Sintra", "Lisboa", "Portugal", "Spain", "Porto", "Portugal", "The quay", "Vigo"];
        assert_eq!(read(packet.as_bytes()).places, expected);
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
