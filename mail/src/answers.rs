//! What a mail server's refusal means: for this letter, for all of them, for how long. A function of its words.
//!
//! The numbers are SMTP's (RFC 5321, section 4.2; RFC 4954, section 6). SES tells a wrong sender, an account that may not
//! send yet and one address that it does not like by the same number, so its words are looked at as well (AWS, "SMTP
//! response codes returned by Amazon SES").

/// What a refusal means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// In a moment it will do: too many at once.
    Soon,
    /// Nobody's letter goes now.
    Away,
    /// This letter goes later.
    Later,
    /// This letter does not go.
    Refused,
}

/// What is to be done about it, where that is known.
pub type WayOut = Option<&'static str>;

/// Reads a refusal. `from` is who our letters are from.
pub fn meaning(code: u16, said: &str, from: &str) -> (Meaning, WayOut) {
    let said = said.to_ascii_lowercase();
    match code {
        454 if said.contains("quota") => (Meaning::Away, Some("SES takes more when the day is over")),
        421 | 454 => (Meaning::Soon, None),
        535 => (
            Meaning::Away,
            Some(
                "`heirloom notify --set-password` sets another password; SES wants its own SMTP credentials and no \
                 access key",
            ),
        ),
        530 | 534 | 538 => (Meaning::Away, None),
        554 if said.contains("not verified") && concerns(&said, from) => (
            Meaning::Away,
            Some("verify the address that mails are from, or its domain, in SES's console of that region"),
        ),
        554 if said.contains("not verified") => (
            Meaning::Refused,
            Some("a new SES account writes to verified addresses alone: ask for production access in its console"),
        ),
        554 if said.contains("access denied") || said.contains("paused") || said.contains("suspended") => {
            (Meaning::Away, None)
        }
        500..=599 => (Meaning::Refused, None),
        _ => (Meaning::Later, None),
    }
}

/// Whether the sender is among the addresses and domains that are not verified. SES lists them behind a colon.
fn concerns(said: &str, from: &str) -> bool {
    let from = from.to_ascii_lowercase();
    let listed = said.rsplit_once(": ").map_or(said, |(_, listed)| listed);
    listed
        .split([',', ' '])
        .map(|identity| identity.trim_matches(['<', '>', '.']))
        .any(|identity| identity == from || from.split_once('@').is_some_and(|(_, domain)| identity == domain))
}

/// Why a certificate is refused, and what to do about it; `None` where something else is the matter.
pub fn certificate(said: &str) -> Option<&'static str> {
    let said = said.to_ascii_lowercase();
    if !said.contains("certificate") {
        return None;
    }
    Some(if said.contains("not valid for name") || said.contains("notvalidforname") {
        "it is for another name: write `server` as the certificate does"
    } else if said.contains("expired") {
        "it has expired: whoever runs the server has to renew it"
    } else if said.contains("causedasendentity") {
        "it is an authority's and no server's: make one that says CA:FALSE"
    } else if said.contains("unknownissuer") {
        "nobody whom this machine trusts has signed it: where the server is your own, name its certificate with `ca_file`"
    } else {
        "it is no good one"
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FROM: &str = "photos@example.org";

    #[test]
    fn what_ses_documents_is_understood() {
        let of = |code, said| meaning(code, said, FROM).0;
        assert_eq!(of(454, "Throttling failure: Maximum sending rate exceeded"), Meaning::Soon);
        assert_eq!(of(421, "Too many concurrent SMTP connections"), Meaning::Soon);
        assert_eq!(of(454, "Temporary authentication failure"), Meaning::Soon);
        assert_eq!(of(454, "Throttling failure: Daily message quota exceeded"), Meaning::Away);
        assert_eq!(of(535, "Authentication Credentials Invalid"), Meaning::Away);
        assert_eq!(of(530, "Authentication required"), Meaning::Away);
        assert_eq!(of(554, "Access denied: User `arn:aws:iam::1:user/x' is not authorized"), Meaning::Away);
        assert_eq!(of(554, "Message rejected: Sending paused for this account."), Meaning::Away);
        assert_eq!(of(451, "Temporary service failure"), Meaning::Later);
        assert_eq!(of(552, "Message is too long."), Meaning::Refused);
        assert_eq!(of(550, "There is nobody of that name"), Meaning::Refused);
    }

    #[test]
    fn whose_address_is_not_verified_makes_the_difference() {
        let rejected = |identities: &str| {
            format!(
                "Message rejected: Email address is not verified. The following identities failed the check in region \
                 EU-CENTRAL-1: {identities}"
            )
        };
        let of = |identities: &str| meaning(554, &rejected(identities), FROM);
        assert_eq!(of("photos@example.org").0, Meaning::Away);
        assert_eq!(of("gerda@example.com, Photos@Example.org").0, Meaning::Away);
        assert_eq!(of("example.org").0, Meaning::Away);
        let (sandbox, way_out) = of("gerda@example.com...");
        assert_eq!(sandbox, Meaning::Refused);
        assert!(way_out.unwrap().contains("production access"));
        assert_eq!(of("other-photos@example.org.example.com").0, Meaning::Refused);
    }

    #[test]
    fn a_certificate_is_refused_for_a_reason() {
        for (said, why) in [
            ("Connection error: invalid peer certificate: UnknownIssuer", "ca_file"),
            (
                "invalid peer certificate: certificate not valid for name \"localhost\"; certificate is for x",
                "another name",
            ),
            ("invalid peer certificate: certificate expired: verification time 1", "expired"),
            ("invalid peer certificate: BadSignature", "no good"),
        ] {
            assert!(certificate(said).unwrap().contains(why), "{said}");
        }
        assert_eq!(certificate("connection refused"), None);
    }
}
