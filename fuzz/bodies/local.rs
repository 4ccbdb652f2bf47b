//! What must hold for headers that a browser, or somebody who is none, sends to `heirloom serve`. It takes any bytes and
//! panics when that does not hold.

use http::{HeaderMap, HeaderValue, header};
use local::front::compress::Coding;
use local::front::range::single;

/// A range is none, or one that reads as itself; a coding is one that was named.
pub(crate) fn headers(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Some(range) = single(&text) {
        assert_eq!(single(&range).as_ref(), Some(&range));
        let bounds = range.strip_prefix("bytes=").and_then(|range| range.split_once('-')).expect("one range");
        let position = |digits: &str| (!digits.is_empty()).then(|| digits.parse::<i64>().expect("a position"));
        let (first, last) = (position(bounds.0), position(bounds.1));
        assert!(first.is_some() || last.is_some(), "{range}");
        assert!(first.zip(last).is_none_or(|(first, last)| 0 <= first && first <= last), "{range}");
    }
    let mut map = HeaderMap::new();
    for line in bytes.split(|&byte| byte == b'\n') {
        if let Ok(value) = HeaderValue::from_bytes(line) {
            map.append(header::ACCEPT_ENCODING, value);
        }
    }
    let named = text.to_ascii_lowercase();
    match Coding::wanted(&map) {
        Some(Coding::Brotli) => assert!(named.contains("br"), "{named}"),
        Some(Coding::Gzip) => assert!(named.contains("gzip"), "{named}"),
        None => {}
    }
}
