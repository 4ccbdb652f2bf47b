//! What a function-URL event asks, read once at the door.

use aws_lambda_events::lambda_function_urls::LambdaFunctionUrlRequest;
use data_encoding::BASE64;
use http::HeaderMap;
use session::cookie::{self, SeveralSessions};
use session::{AuthRoute, Next};
use zeroize::Zeroizing;

use crate::address::AddressPrefix;
use crate::devices::Mark;
use crate::secret::Secret;
use crate::texts::Texts;
use crate::upload;

/// The largest form, in bytes: two inputs of 1 KB and a `next`, each byte percent-encoded.
const MAX_FORM: usize = 8 * 1024;

/// A request to login, as far as login cares.
pub(crate) struct Asked<'a> {
    event: &'a LambdaFunctionUrlRequest,
}

/// The sign-in form.
pub(crate) struct SignIn {
    pub(crate) name: String,
    pub(crate) password: Zeroizing<String>,
    pub(crate) next: Next,
}

impl<'a> Asked<'a> {
    pub(crate) fn of(event: &'a LambdaFunctionUrlRequest) -> Self {
        Self { event }
    }

    /// The method and the page; `None` for a page that does not exist.
    pub(crate) fn route(&self) -> Option<(&'a str, AuthRoute)> {
        let method = self.event.request_context.http.method.as_deref().unwrap_or_default();
        Some((method, AuthRoute::parse(self.event.raw_path.as_deref()?)?))
    }

    /// Whether a body would be of no use.
    pub(crate) fn is_head(&self) -> bool {
        self.event.request_context.http.method.as_deref() == Some("HEAD")
    }

    pub(crate) fn headers(&self) -> &'a HeaderMap {
        &self.event.headers
    }

    /// The texts in the reader's language.
    pub(crate) fn texts(&self) -> &'static Texts {
        Texts::wanted(
            self.event.headers.get("accept-language").and_then(|value| value.to_str().ok()).unwrap_or_default(),
        )
    }

    /// The session's token.
    pub(crate) fn token(&self) -> Result<Option<&'a str>, SeveralSessions> {
        cookie::read(self.cookies())
    }

    /// The mark of a known device.
    pub(crate) fn mark(&self) -> Option<Mark> {
        Mark::read(self.cookies())
    }

    /// Whether this browser was told that its viewer is an owner.
    pub(crate) fn is_told_owner(&self) -> bool {
        upload::is_marked(self.cookies())
    }

    /// A function URL lists the cookies on their own; they may stand in the headers as well, or there alone.
    fn cookies(&self) -> impl Iterator<Item = &'a str> {
        let listed = self.event.cookies.as_deref().unwrap_or_default();
        let headers = self.event.headers.get_all("cookie").iter().filter_map(|value| value.to_str().ok());
        listed.iter().map(String::as_str).chain(headers.filter(move |_| listed.is_empty()))
    }

    /// The viewer's network. The gate says the address; a request that did not come through it tells its own.
    pub(crate) fn address(&self) -> AddressPrefix {
        let told = self.event.headers.get("x-viewer-address").and_then(|value| value.to_str().ok());
        let source = self.event.request_context.http.source_ip.as_deref();
        AddressPrefix::of(told.or(source).unwrap_or_default())
    }

    /// The code of an invitation in the query; one alone counts.
    pub(crate) fn code(&self) -> Option<Secret> {
        let mut found = self.query().filter(|(name, _)| name == "code");
        match (found.next(), found.next()) {
            (Some((_, code)), None) => Secret::parse(&code),
            _ => None,
        }
    }

    /// The `next` of the query, when there is exactly one.
    pub(crate) fn next(&self) -> Next {
        let mut found = self.query().filter(|(name, _)| name == "next");
        match (found.next(), found.next()) {
            (Some((_, value)), None) => Next::parse(&value),
            _ => Next::home(),
        }
    }

    /// What the query says under this name; one alone counts.
    pub(crate) fn only(&self, name: &str) -> Option<String> {
        let mut found = self.query().filter(|(known, _)| known == name);
        match (found.next(), found.next()) {
            (Some((_, value)), None) => Some(value.into_owned()),
            _ => None,
        }
    }

    /// Whether the query says so, as in `?signed-out`.
    pub(crate) fn says(&self, word: &str) -> bool {
        self.query().any(|(name, _)| name == word)
    }

    fn query(&self) -> form_urlencoded::Parse<'a> {
        form_urlencoded::parse(self.event.raw_query_string.as_deref().unwrap_or_default().as_bytes())
    }

    /// The login form, if it holds its fields and no others.
    pub(crate) fn sign_in(&self) -> Option<SignIn> {
        let [name, password, next] = self.form(["name", "password", "next"])?;
        let next = next.map_or_else(Next::home, |text| Next::parse(&text));
        Some(SignIn { name: name?.to_string(), password: password?, next })
    }

    /// The fields of a form, if it holds none but these and each at most once.
    pub(crate) fn form<const N: usize>(&self, names: [&str; N]) -> Option<[Option<Zeroizing<String>>; N]> {
        let form = self.event.headers.get("content-type")?.to_str().ok()?;
        let media = form.split(';').next()?.trim();
        if !media.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return None;
        }
        let body = Zeroizing::new(self.body(MAX_FORM)?);
        let mut fields = [const { None }; N];
        for (field, value) in form_urlencoded::parse(&body) {
            let place = names.iter().position(|name| *name == field)?;
            if fields[place].replace(Zeroizing::new(value.into_owned())).is_some() {
                return None;
            }
        }
        Some(fields)
    }

    /// The bytes of a JSON body, if it is one of at most so many.
    pub(crate) fn json(&self, most: usize) -> Option<Vec<u8>> {
        let kind = self.event.headers.get("content-type")?.to_str().ok()?;
        kind.eq_ignore_ascii_case("application/json").then(|| self.body(most))?
    }

    fn body(&self, most: usize) -> Option<Vec<u8>> {
        let body = self.event.body.as_deref().unwrap_or_default();
        // Base64 is a third longer than what it stands for.
        if body.len() > most * 4 / 3 + 4 {
            return None;
        }
        if self.event.is_base64_encoded { BASE64.decode(body.as_bytes()).ok() } else { Some(body.as_bytes().to_vec()) }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn event(body: &str) -> LambdaFunctionUrlRequest {
        let mut event = LambdaFunctionUrlRequest::default();
        let form = HeaderValue::from_static("application/x-www-form-urlencoded; charset=UTF-8");
        event.headers.insert("content-type", form);
        event.body = Some(body.to_owned());
        event
    }

    fn read(body: &str) -> Option<(String, String, String)> {
        let form = Asked::of(&event(body)).sign_in()?;
        Some((form.name, form.password.to_string(), form.next.to_string()))
    }

    #[test]
    fn a_form_is_read() {
        let read_form = read("name=gerda&password=a+b%2Bc%C3%A4&next=%2Falbums%2FFamily%2F").unwrap();
        assert_eq!(read_form, ("gerda".into(), "a b+cä".into(), "/albums/Family/".into()));
        assert_eq!(read("name=&password=").unwrap(), (String::new(), String::new(), "/".into()));
        let mut encoded = event(&BASE64.encode(b"name=gerda&password=x"));
        encoded.is_base64_encoded = true;
        assert_eq!(Asked::of(&encoded).sign_in().unwrap().name, "gerda");
    }

    #[test]
    fn other_bodies_are_no_form() {
        for body in [
            "",
            "name=gerda",
            "password=x",
            "name=a&name=b&password=x",
            "name=a&password=x&password=y",
            "name=a&password=x&admin=1",
        ] {
            assert!(read(body).is_none(), "{body}");
        }
        assert!(read(&format!("name=a&password={}", "x".repeat(20_000))).is_none());
        let mut json = event("name=gerda&password=x");
        json.headers.insert("content-type", HeaderValue::from_static("text/plain"));
        assert!(Asked::of(&json).sign_in().is_none());
        let mut crooked = event("***");
        crooked.is_base64_encoded = true;
        assert!(Asked::of(&crooked).sign_in().is_none());
    }

    #[test]
    fn cookies_are_read_from_the_list_or_the_headers_and_counted_once() {
        let mut event = LambdaFunctionUrlRequest::default();
        event.headers.insert("cookie", HeaderValue::from_static("a=1; __Host-session=t"));
        assert_eq!(Asked::of(&event).token(), Ok(Some("t")));
        event.cookies = Some(vec!["a=1".into(), "__Host-session=t".into()]);
        assert_eq!(Asked::of(&event).token(), Ok(Some("t")));
        event.cookies = Some(vec!["__Host-session=t".into(), "__Host-session=u".into()]);
        assert_eq!(Asked::of(&event).token(), Err(SeveralSessions));
    }

    #[test]
    fn the_query_has_one_next_or_none() {
        let next = |query: &str| {
            let mut event = LambdaFunctionUrlRequest::default();
            event.raw_query_string = Some(query.to_owned());
            Asked::of(&event).next().to_string()
        };
        assert_eq!(next("next=%2Falbums%2FFamily%2F"), "/albums/Family/");
        assert_eq!(next("next=/albums/a/&next=/albums/b/"), "/");
        assert_eq!(next("next=//evil.example"), "/");
        assert_eq!(next(""), "/");
    }

    proptest! {
        #[test]
        fn any_body_and_query_are_read_without_a_panic(text in "[a-z=&%+0-9]{0,60}|\\PC{0,60}", base64: bool) {
            let mut event = event(&text);
            event.is_base64_encoded = base64;
            event.raw_query_string = Some(text);
            let _ = Asked::of(&event).sign_in();
            let _ = Asked::of(&event).next();
        }
    }
}
