//! What must hold for whatever a mail server answers. It takes any bytes and panics when that does not hold.

use mail::answers::{Meaning, certificate, meaning};

/// A number, the sender, and the server's words, in a line each but for the last.
pub(crate) fn answer(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.splitn(3, '\n');
    let code = lines.next().and_then(|code| code.trim().parse().ok()).unwrap_or(554);
    let (from, said) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let (means, way_out) = meaning(code, said, from);
    // Only a refusal for good (RFC 5321, section 4.2.1) ends a letter, and one for now never does.
    match means {
        Meaning::Refused => assert!((500..=599).contains(&code), "{code} ends a letter"),
        Meaning::Soon | Meaning::Later => assert!(!(500..=599).contains(&code), "{code} is tried again"),
        Meaning::Away => {}
    }
    assert!(way_out.is_none_or(|words| !words.is_empty()));
    assert_eq!(meaning(code, &said.to_ascii_uppercase(), from), (means, way_out), "letters have no size");
    assert_eq!(certificate(said).is_some(), said.to_ascii_lowercase().contains("certificate"));
}
