//! The pages of login: the form, and one sentence where there is no form to show.
//!
//! They carry their style themselves, allowed by its hash, and need no script and nothing from the gallery: a stranger
//! who opens them learns the gallery's title and no more.

use std::sync::OnceLock;

use data_encoding::BASE64;
use gallery::ViewerName;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use session::Next;
use sha2::{Digest, Sha256};

use crate::password::{MIN_CHARS, Unfit};
use crate::texts::Texts;

static STYLE: &str = include_str!("page.css");

/// What the form says besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Notice {
    /// Nothing.
    None,
    /// Name or password are wrong; which of them stays unsaid.
    Wrong,
    /// The session is over, as asked.
    SignedOut,
    /// Too many tries: so many seconds have to pass first.
    Wait(u64),
}

/// The style's hash, as a policy's source.
pub(crate) fn style_hash() -> &'static str {
    static HASH: OnceLock<String> = OnceLock::new();
    HASH.get_or_init(|| format!("sha256-{}", BASE64.encode(&Sha256::digest(STYLE.as_bytes()))))
}

/// The sign-in form.
pub(crate) fn sign_in(texts: &Texts, title: &str, next: &Next, notice: Notice) -> Markup {
    cover(
        texts,
        title,
        &html! {
            @match notice {
                Notice::None => {},
                Notice::Wrong => p .notice .wrong role="alert" { (texts.wrong) },
                Notice::SignedOut => p .notice role="status" { (texts.signed_out) },
                Notice::Wait(seconds) => p .notice .wrong role="alert" { (texts.wait(seconds)) },
            }
            // Without an action the form goes to this page's own address, with what stands behind its `#`: a browser carries
            // that through every redirect, so a link to one photo still leads to that photo (HTML, "form submission").
            form method="post" {
                input type="hidden" name="next" value=(next);
                label for="name" { (texts.name) }
                input #name name="name" type="text" required maxlength="64" autocomplete="username"
                    autocapitalize="none" autocorrect="off" spellcheck="false" autofocus;
                label for="password" { (texts.password) }
                input #password name="password" type="password" required maxlength="1024"
                    autocomplete="current-password";
                button type="submit" { (texts.sign_in) }
            }
        },
    )
}

/// The page behind an invitation's link: one button.
pub(crate) fn invitation(texts: &Texts, title: &str, viewer: &ViewerName, code: &str) -> Markup {
    let (before, after) = texts.hello();
    cover(
        texts,
        title,
        &html! {
            p .welcome { (before) strong { bdi { (viewer) } } (after) }
            form method="post" action="/auth/invite" {
                input type="hidden" name="code" value=(code);
                button type="submit" autofocus { (texts.open) }
            }
            p .hint { (texts.once) }
        },
    )
}

/// Where an invited viewer may choose a password, or go on without.
pub(crate) fn choose_password(texts: &Texts, title: &str, viewer: &ViewerName, unfit: Option<Unfit>) -> Markup {
    cover(
        texts,
        title,
        &html! {
            @match unfit {
                Some(unfit) => p .notice .wrong role="alert" { (texts.unfit(unfit)) },
                None => p .notice role="status" { (texts.you_are_in) },
            }
            p .on { a .button href="/" { (texts.see_photos) } }
            p .hint { (texts.may_choose) }
            form method="post" action="/auth/invite" {
                label for="name" { (texts.name) }
                input #name name="name" type="text" readonly value=(viewer) autocomplete="username";
                label for="password" { (texts.password) }
                input #password name="password" type="password" required minlength=(MIN_CHARS) maxlength="1024"
                    autocomplete="new-password" aria-describedby="rule";
                p #rule .hint { (texts.rule()) }
                button .second type="submit" { (texts.keep) }
            }
        },
    )
}

/// Where mails end, and begin again. The forms go to the page's own address, whose query says whose mails.
pub(crate) fn mails(texts: &Texts, title: &str, come: bool) -> Markup {
    cover(
        texts,
        title,
        &html! {
            p .notice role="status" { @if come { (texts.mails_come) } @else { (texts.mails_ended) } }
            form method="post" {
                @if come {
                    button type="submit" { (texts.end_mails) }
                } @else {
                    input type="hidden" name="again" value="yes";
                    button .second type="submit" { (texts.mails_again) }
                }
            }
        },
    )
}

/// One sentence, and a way on.
pub(crate) fn sentence(texts: &Texts, title: &str, sentence: &str, link: Option<(&str, &str)>) -> Markup {
    cover(
        texts,
        title,
        &html! {
            p .notice role="status" { (sentence) }
            @if let Some((href, text)) = link {
                p .on { a href=(href) { (text) } }
            }
        },
    )
}

/// The cover of the book, around anything.
pub(crate) fn cover(texts: &Texts, title: &str, inside: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(texts.tag) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main {
                    header {
                        (ornament())
                        h1 { bdi { (title) } }
                    }
                    (inside)
                }
                (landscape())
            }
        }
    }
}

/// Hills at daybreak, or by night, at the foot of the page: what the frame in the ornament is a small picture of.
fn landscape() -> Markup {
    html! {
        svg .view viewBox="0 0 1600 500" preserveAspectRatio="xMidYMax slice" aria-hidden="true" focusable="false" {
            circle .disc cx="1180" cy="118" r="46" {}
            path .stars d="M210 40h.1M420 90h.1M560 22h.1M720 70h.1M905 30h.1M1010 96h.1M1320 52h.1M1435 112h.1M300 130h.1" {}
            path .hill1 d="M0 246C150 168 290 150 430 206S700 306 860 226 1150 128 1300 178 1500 240 1600 196V500H0Z" {}
            path .hill2 d="M0 326C200 254 380 266 560 324S900 392 1100 314 1420 246 1600 304V500H0Z" {}
            path .hill3 d="M0 412C260 334 460 364 700 402S1180 440 1600 366V500H0Z" {}
            path .hill4 d="M0 474C300 424 600 444 900 464S1400 470 1600 438V500H0Z" {}
            path .hill4 d="M352 450l13-52 13 52zM384 452l10-38 10 38zM1010 476l12-46 12 46zM1040 478l16-64 16 64zM1076 478l11-40 11 40z" {}
        }
    }
}

/// A sun over hills in a frame, as a bookplate.
fn ornament() -> Markup {
    html! {
        svg viewBox="0 0 64 48" width="64" height="48" aria-hidden="true" focusable="false" {
            rect .frame x="1.5" y="1.5" width="61" height="45" rx="2" {}
            circle .sun cx="44" cy="16" r="5.5" {}
            path .far d="M6 38 L22 20 L33 32 L40 25 L58 42 H6 Z" {}
            path .near d="M6 42 V36 C16 29 26 31 34 36 S50 41 58 36 V42 Z" {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(notice: Notice) -> String {
        sign_in(Texts::wanted("en"), "Family <Album> & co", &Next::parse("/albums/Family/"), notice).into_string()
    }

    /// Requirement 26.
    #[test]
    fn the_title_is_text() {
        assert!(form(Notice::None).contains("<h1><bdi>Family &lt;Album&gt; &amp; co</bdi></h1>"));
    }

    #[test]
    fn the_form_has_names_for_people_and_for_password_managers() {
        let page = form(Notice::None);
        for part in [
            "<form method=\"post\">",
            "<label for=\"name\">Name</label>",
            "<label for=\"password\">Password</label>",
            "autocomplete=\"username\"",
            "autocomplete=\"current-password\"",
            "name=\"next\" value=\"/albums/Family/\"",
        ] {
            assert!(page.contains(part), "{part}");
        }
        assert!(!page.contains("role=\"alert\""));
        assert!(form(Notice::Wrong).contains("role=\"alert\""));
        assert!(form(Notice::SignedOut).contains("signed out"));
        assert!(form(Notice::Wait(1)).contains("wait a second,"));
        assert!(form(Notice::Wait(90)).contains("wait 90 seconds,"));
        assert!(form(Notice::Wait(91)).contains("wait 2 minutes,"));
    }

    #[test]
    fn an_invitation_has_one_button_and_a_password_is_a_choice() {
        let gerda = ViewerName::parse("gerda").unwrap();
        let page = invitation(Texts::wanted("en"), "Gallery", &gerda, "abc").into_string();
        assert_eq!(page.matches("<button").count(), 1);
        assert!(page.contains("method=\"post\"") && page.contains("value=\"abc\""), "{page}");
        let page = choose_password(Texts::wanted("en"), "Gallery", &gerda, None).into_string();
        assert!(page.contains("href=\"/\"") && page.contains("autocomplete=\"new-password\""), "{page}");
        let page = choose_password(Texts::wanted("en"), "Gallery", &gerda, Some(Unfit::Common)).into_string();
        assert!(page.contains("The password is one that many people use: choose another."), "{page}");
    }

    /// The policy allows this style and nothing else: no script, no attribute of style, nothing loaded.
    #[test]
    fn the_page_needs_what_its_policy_allows() {
        let page = form(Notice::Wrong);
        let (_, rest) = page.split_once("<style>").unwrap();
        let (style, rest) = rest.split_once("</style>").unwrap();
        assert_eq!(style_hash(), format!("sha256-{}", BASE64.encode(&Sha256::digest(style.as_bytes()))));
        for refused in ["<script", "style=", "onload", "src=", "<link", "@import", "url("] {
            assert!(!page.contains(refused), "{refused}");
        }
        assert!(!rest.contains("<style"));
    }
}
