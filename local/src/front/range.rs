//! Which part of an object a `Range` header asks for.

/// The one range that a header asks for, in the form that a bucket takes. `None` for what is none and for several at once,
/// which are to be ignored (RFC 9110, section 14.2): a bucket would refuse the first, and several in one answer would let a
/// short request ask for a long one.
pub fn single(header: &str) -> Option<String> {
    let (unit, range) = header.split_once('=')?;
    let (first, last) = range.trim().split_once('-')?;
    let position = |digits: &str| {
        let known = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        // A position beyond all numbers is beyond the end of everything.
        known.then(|| digits.parse().map_or(u64::MAX, |position: u64| position).min(i64::MAX as u64))
    };
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return None;
    }
    match (first.trim(), last.trim()) {
        ("", last) => Some(format!("bytes=-{}", position(last)?)),
        (first, "") => Some(format!("bytes={}-", position(first)?)),
        (first, last) => {
            let (first, last) = (position(first)?, position(last)?);
            (first <= last).then(|| format!("bytes={first}-{last}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_is_read_and_the_rest_is_none() {
        for (header, range) in [
            ("bytes=0-0", Some("bytes=0-0")),
            ("Bytes= 5 - 9 ", Some("bytes=5-9")),
            ("bytes=7-", Some("bytes=7-")),
            ("bytes=-3", Some("bytes=-3")),
            ("bytes=1-99999999999999999999999", Some("bytes=1-9223372036854775807")),
            ("bytes=0-1,2-3", None),
            ("bytes=5-2", None),
            ("bytes=-", None),
            ("bytes=", None),
            ("bytes", None),
            ("bytes=--1", None),
            ("bytes=+1-2", None),
            ("bytes=a-b", None),
            ("lines=1-2", None),
        ] {
            assert_eq!(single(header).as_deref(), range, "{header}");
        }
    }
}
