//! What must hold for whatever a stranger sends to login. Each function takes any bytes and panics when it does not.

use aws_lambda_events::lambda_function_urls::LambdaFunctionUrlRequest;
use data_encoding::BASE64;
use gallery::SourceKey;
use http::HeaderValue;
use login::foreign;
use session::Next;

/// The largest form that is read.
const MAX_FORM: usize = 8 * 1024;

/// The query, the content type, the languages and the body, in a line each but for the last.
fn event(bytes: &[u8]) -> LambdaFunctionUrlRequest {
    let mut parts = bytes.splitn(4, |&byte| byte == b'\n');
    let mut part = || parts.next().unwrap_or_default();
    let mut event = LambdaFunctionUrlRequest::default();
    event.raw_query_string = Some(String::from_utf8_lossy(part()).into_owned());
    for name in ["content-type", "accept-language"] {
        if let Ok(value) = HeaderValue::from_bytes(part()) {
            event.headers.insert(name, value);
        }
    }
    event.body = Some(String::from_utf8_lossy(part()).into_owned());
    event
}

/// A request leads to a place of this gallery, in a language that is spoken; and a form that was read is read the same
/// when a browser writes it.
pub(crate) fn request(bytes: &[u8]) {
    let mut event = event(bytes);
    let read = foreign::read(&event);
    assert_eq!(Next::parse(&read.next).to_string(), read.next);
    assert!(["de", "en", "es", "fr", "it", "ja"].contains(&read.language), "{}", read.language);
    assert!(read.code.is_none_or(|code| code.len() == 26));
    let Some(fields) = read.sign_in else { return };
    let length = event.body.as_ref().map_or(0, String::len);
    assert!(length <= MAX_FORM * 4 / 3 + 4, "a form of {length} bytes is read");
    assert_eq!(Next::parse(&fields[2]).to_string(), fields[2]);
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(["name", "password", "next"].into_iter().zip(&fields));
    let form = form.finish();
    if form.len() <= MAX_FORM {
        for (body, is_base64) in [(BASE64.encode(form.as_bytes()), true), (form, false)] {
            (event.body, event.is_base64_encoded) = (Some(body), is_base64);
            assert!(foreign::read(&event).sign_in.as_ref() == Some(&fields), "a form is not read as it was written");
        }
    }
}

/// A question for signed requests is refused, or names photos and videos that may lie where they are to lie.
pub(crate) fn upload(bytes: &[u8]) {
    let mut event = LambdaFunctionUrlRequest::default();
    event.headers.insert("content-type", HeaderValue::from_static("application/json"));
    event.body = Some(String::from_utf8_lossy(bytes).into_owned());
    let Some(files) = foreign::upload(&event) else { return };
    assert!(files.len() <= 50, "{} files in one question", files.len());
    for file in files {
        let key = SourceKey::parse(&file.key).expect("a photo can lie there");
        assert_eq!(key.to_string(), file.key);
        assert!(!file.key.split('/').any(|name| name.is_empty() || name.starts_with('.')), "{}", file.key);
        assert!(!file.key.ends_with("/metadata.yml") && !file.key.contains(char::is_control), "{}", file.key);
        assert!((1..=512 << 20).contains(&file.bytes), "{}", file.bytes);
        assert_eq!(BASE64.decode(file.checksum.as_bytes()).map(|hash| hash.len()), Ok(32));
        assert!(file.kind.starts_with("image/") || file.kind.starts_with("video/"), "{}", file.kind);
    }
}
