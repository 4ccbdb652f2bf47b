//! Requirements 6 and 7: cookies that somebody else has put there, in every form in which some server reads them.

use anyhow::Result;
use heirloom_tests::PASSWORD;

use crate::{Attacked, status};

/// Cookie lines, where `T` is the viewer's token and `U` somebody else's, and whether they open the gallery.
const LINES: &[(&str, bool)] = &[
    ("Cookie: __Host-session=T", true),
    ("Cookie: a=1; __Host-session=T; b=2", true),
    ("Cookie: a=1\r\nCookie: __Host-session=T", true),
    ("Cookie: $Version=1; __Host-session=T; $Path=/", true),
    ("Cookie: __host-session=U; __Host-session=T", true),
    ("Cookie:  __Host-session=T ;", true),
    // Two of them, however they came to be.
    ("Cookie: __Host-session=T; __Host-session=T", false),
    ("Cookie: __Host-session=T; __Host-session=U", false),
    ("Cookie: __Host-session=U; __Host-session=T", false),
    ("Cookie: __Host-session=T\r\nCookie: __Host-session=U", false),
    ("Cookie: __Host-session=T; __Host-session=", false),
    ("Cookie: __Host-session=; __Host-session=T", false),
    ("Cookie: __Host-session=x; __Host-session=T", false),
    ("Cookie: __Host-session=T; path=/albums; __Host-session=U; domain=127.0.0.1", false),
    ("Cookie: __Host-session=T\r\ncookie: a=1; __Host-session=U", false),
    // One that is almost named so.
    ("Cookie: __host-session=T", false),
    ("Cookie: __HOST-SESSION=T", false),
    ("Cookie: __Secure-session=T", false),
    ("Cookie: session=T", false),
    ("Cookie: __Host-session =T", false),
    ("Cookie: __Host-session\t=T", false),
    ("Cookie: \u{a0}__Host-session=T", false),
    ("Cookie: __Host%2Dsession=T", false),
    ("Cookie: __Host-session[]=T", false),
    ("Cookie: =__Host-session=T", false),
    ("Cookie: a=__Host-session=T", false),
    ("Cookie: a=\"; __Host-session=x; b=\"; __Host-session=T", false),
    // One that has to be unwrapped.
    ("Cookie: __Host-session=\"T\"", false),
    ("Cookie: __Host-session=T, __Host-session=U", false),
    ("Cookie: a=1, __Host-session=T", false),
    ("Cookie: __Host-session= T", false),
    ("Cookie: __Host-session=T%20", false),
    ("Cookie: __Host-session=%54", false),
    ("Cookie: __Host-session=T\\", false),
    ("Cookie: __Host-device=T", false),
    // One that is somewhere else.
    ("Cookie2: __Host-session=T", false),
    ("Authorization: Bearer T", false),
    ("X-Forwarded-Cookie: __Host-session=T", false),
    ("Set-Cookie: __Host-session=T", false),
];

#[tokio::test(flavor = "multi_thread")]
async fn tossed_cookies_open_nothing() -> Result<()> {
    let attacked = Attacked::start().await?;
    let token = |visitor: &heirloom_tests::Visitor| visitor.cookie.clone().unwrap_or_default();
    let (gerda, tom) = (token(&attacked.gerda), token(&attacked.tom));
    for (line, opens) in LINES {
        let line = line.replace("=T", &format!("={gerda}")).replace("\"T\"", &format!("\"{gerda}\""));
        let line = line.replace("= T", &format!("= {gerda}")).replace("Bearer T", &format!("Bearer {gerda}"));
        let line = line.replace("=U", &format!("={tom}"));
        for how in ["Sec-Fetch-Mode: navigate", "Sec-Fetch-Mode: no-cors"] {
            let answer = attacked.ask("GET", "/albums/Family/", &format!("{line}\r\n{how}\r\n")).await?;
            let told = status(&answer);
            if *opens {
                assert_eq!(told, 200, "{line}");
                continue;
            }
            assert!(matches!(told, 302 | 400 | 401), "{line}: {answer}");
            // A redirect away with two cookies clears them; a picture's refusal ends nobody's session unasked.
            let clears = answer.contains("set-cookie: __Host-session=; ") && answer.contains("Max-Age=0");
            assert!(!clears || line.matches("__Host-session").count() > 1, "{line}: {answer}");
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cookie_cannot_be_planted_or_read() -> Result<()> {
    let attacked = Attacked::start().await?;
    let mut other = attacked.home.stranger();
    // Somebody gives the visitor a session of their own first: signing in begins another one.
    other.cookie.clone_from(&attacked.tom.cookie);
    let answer = other.sign_in("gerda", PASSWORD).await?;
    let lines: Vec<String> =
        answer.headers().get_all("set-cookie").iter().map(|v| v.to_str().unwrap().into()).collect();
    assert!(!lines.is_empty());
    for line in lines {
        assert!(line.starts_with("__Host-"), "{line}");
        for part in ["Secure", "HttpOnly", "SameSite=", "Path=/"] {
            assert!(line.contains(part), "{line} without {part}");
        }
        assert!(!line.contains("Domain") && line.len() <= 4096, "{line}");
    }
    assert_ne!(other.cookie, attacked.tom.cookie);
    assert_ne!(other.cookie, attacked.gerda.cookie, "every sign-in is a new session");
    assert!(other.page("/").await?.contains("Garden"));
    Ok(())
}
