//! Ranges that are many, huge, overlapping or none.

use local::Limits;

use crate::gallery::{FILM, FILM_BYTES, PICTURE, within};

#[tokio::test(flavor = "multi_thread")]
async fn no_range_makes_an_answer_longer_than_the_object() {
    let gallery = within(Limits::default()).await;
    let many = format!("bytes={}", (0..1500).map(|n| format!("{n}-")).collect::<Vec<_>>().join(","));
    let overlapping = "bytes=0-,0-,0-,0-,0-".to_owned();
    for (path, size) in [(PICTURE, 50_000), (FILM, FILM_BYTES)] {
        let last = size - 1;
        for (range, status, length) in [
            // Several parts in one answer are not offered: the whole is the answer (RFC 9110, section 14.2).
            (many.as_str(), 200, size),
            (&overlapping, 200, size),
            ("bytes=0-0,1-1", 200, size),
            ("bytes=0-0", 206, 1),
            ("bytes=-1", 206, 1),
            ("bytes=0-18446744073709551615", 206, size),
            ("bytes=0-99999999999999999999999", 206, size),
            ("bytes=-99999999999999999999999", 206, size),
            ("bytes=-18446744073709551615", 206, size),
            ("bytes=18446744073709551615-", 416, 0),
            ("bytes=99999999999999999999999-", 416, 0),
            ("bytes=-0", 416, 0),
            ("bytes=5-2", 200, size),
            ("bytes=", 200, size),
            ("bytes=a-b", 200, size),
            ("lines=1-2", 200, size),
            (&format!("bytes={last}-"), 206, 1),
            (&format!("bytes={size}-"), 416, 0),
        ] {
            let answer = gallery.ask(&gallery.signed_in(path, &format!("Range: {range}\r\n"))).await;
            let shown = &range[..range.len().min(60)];
            assert_eq!((answer.status, answer.body.len()), (status, length), "{path} {shown}");
        }
    }
}
