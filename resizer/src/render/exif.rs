//! What a picture says of itself in EXIF: which way is up, when, with what, and showing what.
//!
//! All of it is a stranger's word. What cannot be read is left out; nothing here fails.

use std::io::Cursor;

use exif::{Exif, In, Reader, Tag, Value};
use jiff::civil::DateTime;

/// The longest caption, in characters.
const CAPTION: usize = 1_000;

/// The longest camera name, in characters.
const CAMERA: usize = 80;

/// What a picture says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Described {
    /// EXIF orientation, 1 to 8.
    pub(super) orientation: u8,
    pub(super) taken: Option<DateTime>,
    pub(super) camera: Option<String>,
    pub(super) caption: Option<String>,
}

/// Reads the EXIF record of a JPEG, PNG, WebP or TIFF.
pub(super) fn read(bytes: &[u8]) -> Described {
    let exif = Reader::new()
        .continue_on_error(true)
        .read_from_container(&mut Cursor::new(bytes))
        .or_else(|error| error.distill_partial_result(|_| ()));
    let Ok(exif) = exif else {
        return Described { orientation: 1, ..Described::default() };
    };
    Described { orientation: orientation(&exif), taken: taken(&exif), camera: camera(&exif), caption: caption(&exif) }
}

fn orientation(exif: &Exif) -> u8 {
    let value = exif.get_field(Tag::Orientation, In::PRIMARY).and_then(|field| field.value.get_uint(0));
    value.filter(|v| (1..=8).contains(v)).unwrap_or(1) as u8
}

/// When the shutter opened, else when it was scanned, else when the file was last changed.
fn taken(exif: &Exif) -> Option<DateTime> {
    [Tag::DateTimeOriginal, Tag::DateTimeDigitized, Tag::DateTime].into_iter().find_map(|tag| {
        let Value::Ascii(lines) = &exif.get_field(tag, In::PRIMARY)?.value else {
            return None;
        };
        let written = exif::DateTime::from_ascii(lines.first()?).ok()?;
        let narrow = |value: u8| i8::try_from(value).ok();
        let time = DateTime::new(
            i16::try_from(written.year).ok()?,
            narrow(written.month)?,
            narrow(written.day)?,
            narrow(written.hour)?,
            narrow(written.minute)?,
            // A leap second is written by some clocks and known to few calendars.
            narrow(written.second)?.min(59),
            0,
        );
        // Cameras whose clock was never set write the year 0.
        time.ok().filter(|time| time.year() >= 1800)
    })
}

/// `Apple iPhone 13`: the maker without its legal form, the model without the maker said again.
fn camera(exif: &Exif) -> Option<String> {
    const LEGAL: [&str; 13] = [
        "camera",
        "co",
        "company",
        "computer",
        "corp",
        "corporation",
        "electric",
        "electronics",
        "imaging",
        "inc",
        "ltd",
        "optical",
        "techwin",
    ];
    let text = |tag| text(exif, tag).filter(|text| !text.is_empty());
    let maker = text(Tag::Make).unwrap_or_default();
    let mut maker: Vec<&str> = maker.split([' ', ',']).filter(|word| !word.is_empty()).collect();
    while maker.len() > 1 && LEGAL.contains(&maker[maker.len() - 1].trim_end_matches('.').to_lowercase().as_str()) {
        maker.pop();
    }
    let maker = maker.join(" ");
    let model = text(Tag::Model).unwrap_or_default();
    let said_again = |word: &str| model.to_lowercase().starts_with(&word.to_lowercase());
    let whole = match maker.split(' ').next_back() {
        _ if model.is_empty() => maker,
        Some(last) if said_again(&maker) || (last.len() > 2 && said_again(last)) => model,
        _ => format!("{maker} {model}"),
    };
    let whole: String = whole.trim().chars().take(CAMERA).collect();
    (!whole.is_empty()).then_some(whole)
}

/// `ImageDescription`, unless the camera wrote it.
fn caption(exif: &Exif) -> Option<String> {
    let caption: String = text(exif, Tag::ImageDescription)?.chars().take(CAPTION).collect();
    let caption = caption.trim();
    (!caption.is_empty() && !is_boilerplate(caption)).then(|| caption.to_owned())
}

/// What cameras write where a caption belongs: their own name, or the mode they were in.
fn is_boilerplate(caption: &str) -> bool {
    const MODES: [&str; 26] = [
        "3dhdr",
        "bty",
        "burst",
        "cof",
        "dav",
        "default",
        "edf",
        "edof",
        "fbt",
        "hdr",
        "hdrpl",
        "maker",
        "mde",
        "my beautiful picture",
        "nor",
        "oplus",
        "oznor",
        "ptr",
        "qrf",
        "rbt",
        "rhdr",
        "rpt",
        "sam",
        "samsung",
        "sdr",
        "vhdr",
    ];
    let folded = caption.to_lowercase();
    MODES.contains(&folded.as_str())
        || folded.ends_with("digital camera")
        || folded.ends_with("digital still camera")
        || folded.starts_with("exif_jpeg")
        || folded.starts_with("sony dsc")
        || folded.starts_with("dcim")
        || folded.starts_with('<')
        || !folded.chars().any(char::is_alphabetic)
}

/// A field's text in one line: UTF-8 as most write it, else Latin-1 as the rest do.
fn text(exif: &Exif, tag: Tag) -> Option<String> {
    let Value::Ascii(lines) = &exif.get_field(tag, In::PRIMARY)?.value else {
        return None;
    };
    let bytes = lines.iter().find(|line| !line.is_empty())?;
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().copied().map(char::from).collect(),
    };
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()).collect();
    Some(words.join(" "))
}
