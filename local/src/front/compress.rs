//! Compressing what is text, as CloudFront does: brotli for who takes it, gzip for who does not.

use std::io::{self, Write};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, VARY,
};
use http::{HeaderMap, HeaderValue, Response};
use http_body_util::{BodyExt, Full};

use super::answer::{Body, boxed};

/// What is compressed, in bytes (AWS, "Serve compressed files").
const WORTH: std::ops::RangeInclusive<u64> = 1_000..=10_000_000;

/// How much work goes into making something small.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effort {
    /// For what may change before it is asked for again: with brotli a quarter of a millisecond for a page of 20 KB, and a
    /// tenth less than gzip.
    Quick,
    /// For what never changes: a tenth of brotli's quick bytes less, in ten times as long.
    Thorough,
}

impl Effort {
    /// What an object deserves.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let stays = headers.get(CACHE_CONTROL).and_then(|line| line.to_str().ok());
        if stays.is_some_and(|line| line.contains("immutable")) { Self::Thorough } else { Self::Quick }
    }

    fn brotli(self) -> i32 {
        match self {
            Self::Quick => 5,
            Self::Thorough => 10,
        }
    }
}

/// A coding that a client takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// `br`
    Brotli,
    /// `gzip`
    Gzip,
}

impl Coding {
    /// The best of those that a request names (RFC 9110, section 12.5.3).
    pub fn wanted(headers: &HeaderMap) -> Option<Self> {
        let takes = |coding: &str| {
            let lines = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|line| line.to_str().ok());
            lines.flat_map(|line| line.split(',')).any(|part| {
                let (name, weight) = part.split_once(';').unwrap_or((part, ""));
                let refused = weight.trim().strip_prefix("q=").is_some_and(|q| q.trim().parse() == Ok(0.0));
                name.trim().eq_ignore_ascii_case(coding) && !refused
            })
        };
        if takes("br") { Some(Self::Brotli) } else { takes("gzip").then_some(Self::Gzip) }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
        }
    }

    pub(super) fn encode(self, bytes: &[u8], effort: Effort) -> io::Result<Vec<u8>> {
        match self {
            Self::Brotli => {
                let mut out = Vec::with_capacity(bytes.len() / 3);
                let quality = effort.brotli();
                let parameters = brotli::enc::BrotliEncoderParams { quality, ..Default::default() };
                brotli::BrotliCompress(&mut &bytes[..], &mut out, &parameters)?;
                Ok(out)
            }
            Self::Gzip => {
                let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 3), Compression::default());
                encoder.write_all(bytes)?;
                encoder.finish()
            }
        }
    }
}

/// Compresses an answer, where that is worth it. Its validator becomes a weak one, for the bytes are others.
pub(super) async fn compressed(mut response: Response<Body>, wanted: Option<Coding>) -> Response<Body> {
    if !tell(response.headers_mut()) {
        return response;
    }
    let length = http_body::Body::size_hint(response.body()).exact();
    let Some(coding) = wanted.filter(|_| is_worth_it(response.headers(), length)) else {
        return response;
    };
    let (parts, body) = response.into_parts();
    let Ok(whole) = body.collect().await else {
        // The bucket broke off; so does the answer.
        return Response::from_parts(parts, boxed(Full::new(Bytes::new())));
    };
    let whole = whole.to_bytes();
    let encoded = tokio::task::spawn_blocking({
        let whole = whole.clone();
        move || coding.encode(&whole, Effort::Quick)
    });
    let mut response = Response::from_parts(parts, boxed(Full::new(whole)));
    if let Ok(Ok(encoded)) = encoded.await {
        describe(response.headers_mut(), coding, encoded.len());
        *response.body_mut() = boxed(Full::new(Bytes::from(encoded)));
    }
    response
}

/// Tells caches, if this is text, that it comes in several codings. Returns whether it is.
pub(super) fn tell(headers: &mut HeaderMap) -> bool {
    let text = is_text(headers);
    if text {
        headers.append(VARY, HeaderValue::from_static("accept-encoding"));
    }
    text
}

/// The headers of the same bytes in a coding.
pub(super) fn describe(headers: &mut HeaderMap, coding: Coding, length: usize) {
    headers.insert(CONTENT_ENCODING, HeaderValue::from_static(coding.name()));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    let etag = headers.get(ETAG).and_then(|etag| etag.to_str().ok()).filter(|etag| !etag.starts_with("W/"));
    if let Some(weak) = etag.and_then(|etag| HeaderValue::from_str(&format!("W/{etag}")).ok()) {
        headers.insert(ETAG, weak);
    }
}

fn is_text(headers: &HeaderMap) -> bool {
    let Some(kind) = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()) else { return false };
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.starts_with("text/")
        || ["javascript", "json", "xml"].iter().any(|word| kind.starts_with("application/") && kind.ends_with(word))
        || kind == "image/svg+xml"
}

/// Whether text of a length, where the headers do not tell one, is to be compressed.
pub(super) fn is_worth_it(headers: &HeaderMap, length: Option<u64>) -> bool {
    let told = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    !headers.contains_key(CONTENT_ENCODING)
        && !headers.contains_key(CONTENT_RANGE)
        && told.or(length).is_some_and(|length| WORTH.contains(&length))
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;
    use crate::front::answer::with_bytes;

    fn asking(value: &str) -> Option<Coding> {
        Coding::wanted(&HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_str(value).unwrap())]))
    }

    #[test]
    fn the_best_coding_is_chosen() {
        assert_eq!(asking("gzip, deflate, br, zstd"), Some(Coding::Brotli));
        assert_eq!(asking("br;q=0, gzip;q=0.5"), Some(Coding::Gzip));
        assert_eq!(asking("identity"), None);
        assert_eq!(Coding::wanted(&HeaderMap::new()), None);
    }

    async fn sent(kind: &'static str, bytes: usize, coding: Option<Coding>) -> (HeaderMap, Bytes) {
        let mut response = with_bytes(http::StatusCode::OK, vec![b'a'; bytes]);
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        response.headers_mut().insert(ETAG, HeaderValue::from_static("\"x\""));
        let (parts, body) = compressed(response, coding).await.into_parts();
        (parts.headers, body.collect().await.unwrap().to_bytes())
    }

    #[test]
    fn what_never_changes_is_compressed_harder() {
        let text = include_bytes!("compress.rs");
        let bytes = |cached: &'static str| {
            let headers = HeaderMap::from_iter([(CACHE_CONTROL, HeaderValue::from_static(cached))]);
            Coding::Brotli.encode(text, Effort::of(&headers)).unwrap()
        };
        let (quick, thorough) = (bytes("private, no-cache"), bytes("public, max-age=31536000, immutable"));
        assert!(thorough.len() < quick.len(), "{} and {}", thorough.len(), quick.len());
        let mut plain = Vec::new();
        brotli::Decompressor::new(&thorough[..], 4096).read_to_end(&mut plain).unwrap();
        assert_eq!(plain, text);
    }

    #[tokio::test]
    async fn pages_are_compressed_and_pictures_are_not() {
        for coding in [Coding::Brotli, Coding::Gzip] {
            let (headers, body) = sent("text/html; charset=utf-8", 5_000, Some(coding)).await;
            assert_eq!(headers[CONTENT_ENCODING], coding.name());
            assert_eq!(headers[CONTENT_LENGTH], body.len().to_string());
            assert_eq!(
                (&headers[ETAG], &headers[VARY]),
                (&"W/\"x\"".parse().unwrap(), &"accept-encoding".parse().unwrap())
            );
            let mut plain = Vec::new();
            match coding {
                Coding::Brotli => brotli::Decompressor::new(&body[..], 4096).read_to_end(&mut plain).unwrap(),
                Coding::Gzip => flate2::read::GzDecoder::new(&body[..]).read_to_end(&mut plain).unwrap(),
            };
            assert_eq!(plain, vec![b'a'; 5_000]);
        }
        for (kind, bytes, coding) in [
            ("image/jpeg", 5_000, Some(Coding::Gzip)),
            ("text/css", 999, Some(Coding::Gzip)),
            ("text/css", 5_000, None),
        ] {
            let (headers, body) = sent(kind, bytes, coding).await;
            assert!(!headers.contains_key(CONTENT_ENCODING) && headers[ETAG] == "\"x\"", "{kind}");
            assert_eq!(body.len(), bytes);
            assert_eq!(headers.contains_key(VARY), kind.starts_with("text/"));
        }
    }
}
