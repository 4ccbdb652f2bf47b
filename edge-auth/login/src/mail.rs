//! Where a viewer is told of new photos, and the link that ends it.
//!
//! The link needs no session: whoever reads the mail may end the mails. It carries the viewer's name and a signature
//! (HMAC-SHA256, 128 bits of it) under a key of this viewer's own that serves nothing else and is made anew with each
//! address, so a link opens no other door, speaks of no other viewer, and says nothing any more once the address is another.

use std::fmt;

use data_encoding::{BASE32_NOPAD, HEXLOWER};
use gallery::ViewerName;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// What is signed begins so: the key's one purpose.
const PURPOSE: &[u8] = b"heirloom: no more mails\0";

/// So many bytes of the signature are in the link.
const SIGNED: usize = 16;

/// The longest address (RFC 5321, section 4.5.3.1.3, without its brackets).
const LONGEST: usize = 254;

/// Where and how a viewer is written to.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// The address.
    pub address: MailAddress,
    /// The language of what is written; the gallery's when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// Photos that came before are not told of.
    pub since: Timestamp,
    /// When they ended the mails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<Timestamp>,
    /// Signs the links that end the mails: 16 random bytes in hexadecimal.
    pub(crate) key: String,
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail").field("address", &self.address).field("since", &self.since).finish_non_exhaustive()
    }
}

impl Mail {
    /// From now on, to this address.
    pub(crate) fn new(
        address: MailAddress,
        language: Option<Language>,
        now: Timestamp,
    ) -> Result<Self, getrandom::Error> {
        let mut key = [0; SIGNED];
        getrandom::fill(&mut key)?;
        Ok(Self { address, language, since: now, stopped: None, key: HEXLOWER.encode(&key) })
    }

    /// Whether they want mails.
    pub fn wants(&self) -> bool {
        self.stopped.is_none()
    }

    /// What came while somebody wanted no mails is not told of later.
    pub(crate) fn want(&mut self, wanted: bool, now: Timestamp) {
        match (wanted, self.stopped) {
            (true, Some(_)) => (self.stopped, self.since) = (None, now),
            (false, None) => self.stopped = Some(now),
            _ => {}
        }
    }

    /// The path, below the gallery's address, of the page where this viewer ends the mails.
    pub fn unsubscribe(&self, name: &ViewerName) -> String {
        let mark = BASE32_NOPAD.encode(&self.signed(name).finalize().into_bytes()[..SIGNED]).to_ascii_lowercase();
        format!("/auth/unsubscribe?to={}.{mark}", name.as_str().replace('@', "%40"))
    }

    /// Whether a link's signature is for this viewer at this address.
    pub(crate) fn is_signed(&self, name: &ViewerName, mark: &[u8; SIGNED]) -> bool {
        self.signed(name).verify_truncated_left(mark).is_ok()
    }

    fn signed(&self, name: &ViewerName) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.key.as_bytes()).expect("any length is a key");
        mac.update(PURPOSE);
        mac.update(name.as_str().as_bytes());
        mac
    }
}

/// Reads what a link says: whose it claims to be, and its signature.
pub(crate) fn parse_link(text: &str) -> Option<(ViewerName, [u8; SIGNED])> {
    let (name, mark) = text.rsplit_once('.').filter(|_| text.len() <= 128)?;
    let mark = BASE32_NOPAD.decode(mark.to_ascii_uppercase().as_bytes()).ok()?;
    Some((ViewerName::parse(name).ok()?, mark.try_into().ok()?))
}

/// An e-mail address as it is put into a header and said to a mail server: printable ASCII without anything that has
/// a meaning there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MailAddress(String);

/// What was written is no e-mail address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no e-mail address: write for instance gerda@example.com")]
pub struct NoAddress(String);

impl MailAddress {
    /// Reads an address as typed.
    pub fn parse(text: &str) -> Result<Self, NoAddress> {
        let trimmed = text.trim();
        let plain = |c: char| c.is_ascii_graphic() && !"\"(),:;<>@[\\]".contains(c);
        let dotted = |part: &str| !part.is_empty() && part.split('.').all(|word| !word.is_empty());
        let host = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
        let sound = trimmed.split_once('@').is_some_and(|(who, domain)| {
            who.chars().all(plain) && dotted(who) && who.len() <= 64 && domain.chars().all(host) && dotted(domain)
        });
        if sound && trimmed.len() <= LONGEST {
            Ok(Self(trimmed.to_owned()))
        } else {
            Err(NoAddress(text.chars().filter(|c| !c.is_control()).take(80).collect()))
        }
    }

    /// The address as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::str::FromStr for MailAddress {
    type Err = NoAddress;
    fn from_str(text: &str) -> Result<Self, NoAddress> {
        Self::parse(text)
    }
}

impl TryFrom<String> for MailAddress {
    type Error = NoAddress;
    fn try_from(text: String) -> Result<Self, NoAddress> {
        Self::parse(&text)
    }
}

impl From<MailAddress> for String {
    fn from(address: MailAddress) -> Self {
        address.0
    }
}

/// A language that viewers are written to in: those of the sign-in page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// English.
    En,
    /// German.
    De,
    /// French.
    Fr,
    /// Spanish.
    Es,
    /// Italian.
    It,
    /// Japanese.
    Ja,
}

impl Language {
    /// All six.
    pub const ALL: [Self; 6] = [Self::En, Self::De, Self::Fr, Self::Es, Self::It, Self::Ja];

    /// Its tag (BCP 47).
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::De => "de",
            Self::Fr => "fr",
            Self::Es => "es",
            Self::It => "it",
            Self::Ja => "ja",
        }
    }

    /// The language of a tag.
    pub fn of_tag(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(tag))
    }
}

impl std::str::FromStr for Language {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Self::of_tag(text).ok_or_else(|| format!("`{text}` is none of the languages: en, de, fr, es, it, ja"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn mail(address: &str) -> Mail {
        Mail::new(MailAddress::parse(address).unwrap(), None, Timestamp::UNIX_EPOCH).unwrap()
    }

    fn mark_of(link: &str) -> (ViewerName, [u8; SIGNED]) {
        parse_link(&link.strip_prefix("/auth/unsubscribe?to=").unwrap().replace("%40", "@")).unwrap()
    }

    #[test]
    fn a_link_is_for_one_viewer_at_one_address() {
        let (gerda, otto) = (ViewerName::parse("gerda@home.x").unwrap(), ViewerName::parse("otto").unwrap());
        let (one, other) = (mail("gerda@example.com"), mail("gerda@example.com"));
        let (name, mark) = mark_of(&one.unsubscribe(&gerda));
        assert_eq!(name, gerda);
        assert!(one.is_signed(&gerda, &mark));
        assert!(!one.is_signed(&otto, &mark) && !other.is_signed(&gerda, &mark));
        for at in 0..SIGNED {
            let mut bent = mark;
            bent[at] ^= 1;
            assert!(!one.is_signed(&gerda, &bent), "{at}");
        }
        for none in
            ["", "gerda", "gerda.", "gerda.aaaa", ".aaaaaaaaaaaaaaaaaaaaaaaaaa", "g/x.aaaaaaaaaaaaaaaaaaaaaaaaaa"]
        {
            assert_eq!(parse_link(none), None, "{none}");
        }
    }

    #[test]
    fn what_came_while_nobody_wanted_it_is_past() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let mut mail = mail("gerda@example.com");
        mail.want(false, at(10));
        mail.want(false, at(20));
        assert_eq!((mail.wants(), mail.stopped), (false, Some(at(10))));
        mail.want(true, at(30));
        mail.want(true, at(40));
        assert_eq!((mail.wants(), mail.since), (true, at(30)));
    }

    #[test]
    fn addresses_cannot_speak_to_the_server() {
        for good in ["gerda@example.com", " o'neil+family@mail.example.org ", "a@b", "x_1@xn--bcher-kva.example"] {
            assert!(MailAddress::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "gerda",
            "@example.com",
            "gerda@",
            "gerda@a..b",
            ".g@example.com",
            "g@x@y",
            "gerda@example.com\r\nBcc: x@y",
            "a b@example.com",
            "a@exa mple.com",
            "<a@b.c>",
            "a@b.c>",
            "\"a\"@b.c",
            "gërda@example.com",
            "a@[127.0.0.1]",
        ] {
            assert!(MailAddress::parse(bad).is_err(), "{bad}");
        }
        assert!(MailAddress::parse(&format!("{}@example.com", "x".repeat(65))).is_err());
        assert!(!NoAddress::to_string(&MailAddress::parse("a\r\nb").unwrap_err()).contains('\n'));
    }

    /// Requirement 23.
    #[test]
    fn the_key_is_not_logged() {
        let mail = mail("gerda@example.com");
        assert!(!format!("{mail:?}").contains(&mail.key));
    }

    proptest! {
        #[test]
        fn any_link_and_address_is_read(text in "[a-z0-9.@A-Z%-]{0,60}|\\PC{0,140}") {
            let _ = parse_link(&text);
            let _ = MailAddress::parse(&text);
        }
    }
}
