//! The texts of the login pages in six languages, and which of them a reader wants. The pages behind the gate choose theirs
//! in the browser; these have no script, so the `Accept-Language` header says it.

mod de;
mod en;
mod es;
mod fr;
mod it;
mod ja;

use crate::password::{MAX_CHARS, MIN_CHARS, Unfit};

/// So much of the header is read (RFC 9110 sets no limit). Browsers send less than a tenth of it.
const MOST: usize = 1024;

/// Every language, English first: it is for those who read none of the others.
static ALL: [&Texts; 6] = [&en::TEXTS, &de::TEXTS, &fr::TEXTS, &es::TEXTS, &it::TEXTS, &ja::TEXTS];

/// The texts in one language. `{n}` stands for a number, `{wait}` for how long, `{name}` for the viewer.
#[derive(Debug)]
pub(crate) struct Texts {
    /// The language's tag (BCP 47).
    pub(crate) tag: &'static str,
    pub(crate) name: &'static str,
    pub(crate) password: &'static str,
    pub(crate) sign_in: &'static str,
    pub(crate) wrong: &'static str,
    pub(crate) signed_out: &'static str,
    too_many: &'static str,
    a_second: &'static str,
    seconds: &'static str,
    minutes: &'static str,
    /// With `{name}`, once.
    hello: &'static str,
    pub(crate) open: &'static str,
    pub(crate) once: &'static str,
    pub(crate) you_are_in: &'static str,
    pub(crate) see_photos: &'static str,
    pub(crate) may_choose: &'static str,
    rule: &'static str,
    pub(crate) keep: &'static str,
    too_short: &'static str,
    too_long: &'static str,
    common: &'static str,
    repeats: &'static str,
    a_name: &'static str,
    pub(crate) cannot_open: &'static str,
    pub(crate) try_again: &'static str,
    pub(crate) no_such_page: &'static str,
    pub(crate) not_possible: &'static str,
    pub(crate) foreign: &'static str,
    pub(crate) not_sign_in: &'static str,
    pub(crate) not_invitation: &'static str,
    pub(crate) over: &'static str,
    pub(crate) to_gallery: &'static str,
    pub(crate) mails_come: &'static str,
    pub(crate) end_mails: &'static str,
    pub(crate) mails_ended: &'static str,
    pub(crate) mails_again: &'static str,
    pub(crate) no_mail_link: &'static str,
}

impl Texts {
    /// The texts in the language that an `Accept-Language` header asks for first (RFC 9110, section 12.5.4).
    pub(crate) fn wanted(header: &str) -> &'static Self {
        let header = header.get(..MOST).unwrap_or(header);
        let mut best: Option<(f32, &'static Self)> = None;
        for range in header.split(',').take(32) {
            let (tag, parameters) = range.split_once(';').unwrap_or((range, ""));
            let language = tag.trim().split('-').next().unwrap_or_default();
            let weight = match parameters.trim().strip_prefix("q=") {
                Some(weight) => weight.trim().parse().unwrap_or(0.0),
                None => 1.0,
            };
            let known = ALL.into_iter().find(|texts| texts.tag.eq_ignore_ascii_case(language));
            if let Some(texts) = known
                && weight > best.map_or(0.0, |(weight, _)| weight)
            {
                best = Some((weight, texts));
            }
        }
        best.map_or(&en::TEXTS, |(_, texts)| texts)
    }

    /// That there were too many tries, and how long to wait.
    pub(crate) fn wait(&self, seconds: u64) -> String {
        let wait = match seconds {
            0..=1 => self.a_second.to_owned(),
            2..=90 => self.seconds.replace("{n}", &seconds.to_string()),
            _ => self.minutes.replace("{n}", &seconds.div_ceil(60).to_string()),
        };
        self.too_many.replace("{wait}", &wait)
    }

    /// The greeting before and after the viewer's name.
    pub(crate) fn hello(&self) -> (&'static str, &'static str) {
        self.hello.split_once("{name}").unwrap_or((self.hello, ""))
    }

    /// What a password has to be.
    pub(crate) fn rule(&self) -> String {
        self.rule.replace("{n}", &MIN_CHARS.to_string())
    }

    /// Why a password is not fit.
    pub(crate) fn unfit(&self, unfit: Unfit) -> String {
        match unfit {
            Unfit::Short => self.too_short.replace("{n}", &MIN_CHARS.to_string()),
            Unfit::Long => self.too_long.replace("{n}", &MAX_CHARS.to_string()),
            Unfit::Common => self.common.to_owned(),
            Unfit::Repeats => self.repeats.to_owned(),
            Unfit::Name => self.a_name.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_language_wanted_most_is_taken() {
        for (header, tag) in [
            ("", "en"),
            ("*", "en"),
            ("de", "de"),
            ("DE-at", "de"),
            ("pl, fr;q=0.8, en;q=0.5", "fr"),
            ("en;q=0.5, ja;q=0.9", "ja"),
            ("it-IT,it;q=0.9,en-US;q=0.8", "it"),
            ("es;q=0, en", "en"),
            ("es;q=nonsense", "en"),
            ("zh-CN,zh;q=0.9", "en"),
            ("fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7, *;q=0.5", "fr"),
        ] {
            assert_eq!(Texts::wanted(header).tag, tag, "{header}");
        }
    }

    #[test]
    fn every_language_has_its_places_for_words() {
        for texts in ALL {
            let all = format!("{texts:?}");
            assert_eq!(all.matches("{name}").count(), 1, "{}", texts.tag);
            assert_eq!(all.matches("{wait}").count(), 1, "{}", texts.tag);
            assert_eq!(all.matches("{n}").count(), 5, "{}", texts.tag);
            assert!(!all.contains("\"\""), "{}: a text is missing", texts.tag);
            for filled in [texts.wait(1), texts.wait(30), texts.wait(200), texts.rule(), texts.unfit(Unfit::Long)] {
                assert!(!filled.contains('{'), "{filled}");
            }
        }
    }

    proptest! {
        #[test]
        fn any_header_is_read(header in "[a-z,;=q0-9.* -]{0,200}|\\PC{0,2000}") {
            let _ = Texts::wanted(&header);
        }
    }
}
