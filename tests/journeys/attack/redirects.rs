//! Requirements 12 and 13: ways out of the gallery, and forms from elsewhere.

use anyhow::Result;
use gallery::Scope;
use heirloom_tests::{PASSWORD, location};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Method;

use crate::{Attacked, cookie, status};

const ELSEWHERE: &[&str] = &[
    "https://evil.example/",
    "HTTPS://evil.example/",
    "http:evil.example",
    "https:/evil.example",
    "https:\\\\evil.example",
    "//evil.example/",
    "///evil.example/",
    "////evil.example",
    "/\\evil.example",
    "\\/evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/\r\n/evil.example",
    "\t//evil.example",
    " //evil.example",
    "\u{0}//evil.example",
    "/%09/evil.example",
    "/%5cevil.example",
    "/%2fevil.example",
    "/%2e%2e//evil.example",
    "/.//evil.example",
    "/albums/..//evil.example",
    "//evil.example/albums/Family/",
    "//user@evil.example/",
    "@evil.example",
    ".evil.example",
    "evil.example",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\nscript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "/albums/Family/\r\nSet-Cookie: a=1",
    "/albums/Family/\r\n\r\n<script>",
    "/auth/logout",
    "/auth/login?next=//evil.example",
    "/auth/renew?next=%2F%2Fevil.example",
    "/auth/renew?next=%2Fauth%2Frenew",
    "/／evil.example",
    "/\u{2028}/evil.example",
    "http://127.0.0.1:1/",
];

#[tokio::test(flavor = "multi_thread")]
async fn no_way_leads_to_another_site() -> Result<()> {
    let attacked = Attacked::start().await?;
    for next in ELSEWHERE {
        let encoded = utf8_percent_encode(next, NON_ALPHANUMERIC).to_string();
        for query in [format!("next={encoded}"), format!("next=%2F&next={encoded}"), format!("next={encoded}&next=%2F")]
        {
            let answer = attacked.ask("GET", &format!("/auth/renew?{query}"), &cookie(&attacked.gerda)).await?;
            let to = answer.lines().find_map(|line| line.strip_prefix("location: ")).unwrap_or_default();
            assert!(status(&answer) == 303 && to == "/", "{next:?} leads to {to:?}: {answer}");
            // Somebody without a session is led to sign in, and from there no further.
            let answer = attacked.ask("GET", &format!("/auth/renew?{query}"), "").await?;
            let to = answer.lines().find_map(|line| line.strip_prefix("location: ")).unwrap_or_default();
            assert!(matches!(to, "/auth/login" | "/auth/login?next=%2F"), "{next:?} leads to {to:?}: {answer}");
            let page = attacked.ask("GET", &format!("/auth/login?{query}"), "").await?;
            assert!(status(&page) == 200 && !page.contains("evil.example"), "{next:?}: {page}");
        }
        let answer = attacked.ask("GET", next, "Sec-Fetch-Mode: navigate\r\n").await?;
        let to = answer.lines().find_map(|line| line.strip_prefix("location: ")).unwrap_or_default();
        assert!(to.is_empty() || to.starts_with("/auth/login"), "{next:?} leads to {to:?}: {answer}");
    }
    // The form itself; one viewer each, so that none has to wait.
    for (number, next) in ELSEWHERE.iter().enumerate() {
        let name = format!("viewer{number}");
        attacked.home.let_in(&name, Scope::All).await?;
        let form = [("name", name.as_str()), ("password", PASSWORD), ("next", *next)];
        let answer = attacked.home.stranger().post("/auth/login", &form).await?;
        assert_eq!((answer.status().as_u16(), location(&answer)), (303, "/"), "{next:?}");
    }
    Ok(())
}

/// Requirement 13: nothing that changes something is done for a form that does not say that it is the gallery's.
#[tokio::test(flavor = "multi_thread")]
async fn every_form_asks_where_it_came_from() -> Result<()> {
    let attacked = Attacked::start().await?;
    let own = attacked.home.address();
    let elsewhere: &[&[(&str, &str)]] = &[
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
        &[("origin", "")],
        &[("origin", "https://127.0.0.1")],
        &[("origin", "http://127.0.0.1:1")],
        &[("origin", "http://localhost.evil.example")],
        &[("origin", &own), ("sec-fetch-site", "cross-site")],
        &[("origin", &own), ("sec-fetch-site", "same-site")],
        &[("origin", &own), ("origin", "https://evil.example")],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "none")],
        &[("origin", "https://evil.example"), ("x-forwarded-host", "evil.example")],
        &[("origin", "https://evil.example"), ("sec-fetch-site", "same-origin")],
    ];
    for path in ["/auth/login", "/auth/logout", "/auth/invite", "/auth/upload"] {
        for lines in elsewhere {
            let mut request = attacked.gerda.request(Method::POST, path);
            for (name, value) in *lines {
                request = request.header(*name, *value);
            }
            let form = [("name", "gerda"), ("password", PASSWORD), ("code", "x")];
            let answer = attacked.gerda.send(request.form(&form)).await?;
            // A cookie that is `SameSite=Lax` speaks for a sign-out about which the browser is silent.
            let silent = path == "/auth/logout" && *lines == [("origin", "null")];
            // CloudFront would show another page in place of a 403, and the answer is to be read.
            let refused = answer.status() == 422 || silent;
            assert!(refused, "{path} {lines:?}: {}", answer.status());
            assert!(silent || answer.headers().get("set-cookie").is_none(), "{path} {lines:?}");
        }
        for method in [Method::GET, Method::PUT, Method::DELETE, Method::PATCH] {
            let answer = attacked.gerda.send(attacked.gerda.request(method.clone(), path)).await?;
            let session = answer
                .headers()
                .get_all("set-cookie")
                .iter()
                .any(|line| line.as_bytes().starts_with(b"__Host-session"));
            assert!(!session, "{method} {path} begins or ends nothing");
        }
    }
    Ok(())
}
