//! Passwords that come from an `htpasswd` file, until their first login here.
//!
//! No such hash is stored as it was. apr1 is a thousand rounds of MD5, and bcrypt in these files often as cheap; so the
//! hash is itself hashed with argon2id, and what a try computes is the old hash first, then argon2id of that. Whoever
//! reads the auth bucket has to pay for argon2id with every guess from the first day on. The first login that succeeds
//! puts an ordinary hash in the place.
//!
//! The old hash takes time that others do not take. As long as there is one, every try therefore costs what the dearest
//! of them costs, whoever is named and whether they exist ([`Dearest`]).

use std::fmt::Write as _;
use std::str::FromStr;

use bcrypt::HashParts;
use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};

/// How stored hashes of this kind begin.
const PREFIX: &str = "imported:";

/// A cost of 14 takes about a second; each more takes twice as long.
const DEAREST: u32 = 14;

/// The least that bcrypt knows.
const CHEAPEST: u32 = 4;

/// The characters of a salt and of a digest of bcrypt.
const SALT: usize = 22;
const DIGEST: usize = 31;

/// The digits of crypt's base 64.
const DIGITS: &[u8; 64] = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A password's hash as an `htpasswd` file has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    way: Way,
    digest: String,
}

/// How it was hashed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Bcrypt { cost: u32, salt: String },
    Apr1 { salt: String },
}

/// Why a hash cannot be taken over. The sentences are for the owner.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unknown {
    /// Unsalted.
    #[error(
        "its hash is an unsalted SHA-1 ({{SHA}}), which gives the password away: add them anew with `heirloom user add`"
    )]
    Sha1,
    /// A bcrypt hash of the kind that a faulty program made.
    #[error("its hash is of the faulty kind $2x$: add them anew with `heirloom user add`")]
    Faulty,
    /// Too dear to be checked.
    #[error("its hash costs {0} in bcrypt's measure, and at most {DEAREST} are taken: every login would take as long")]
    TooDear(u32),
    /// Anything else: crypt's DES, SHA-256 and SHA-512, plain text.
    #[error("its hash is neither bcrypt ($2a$, $2b$, $2y$) nor apr1 ($apr1$): add them anew with `heirloom user add`")]
    Other,
}

/// What the dearest imported password costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dearest {
    /// In bcrypt's measure; none when all are apr1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bcrypt: Option<u32>,
}

impl Dearest {
    /// The dearer of both.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self { bcrypt: self.bcrypt.max(other.bcrypt) }
    }
}

impl Imported {
    /// Reads the part after the colon of a line.
    pub fn parse(hash: &str) -> Result<Self, Unknown> {
        if hash.starts_with("{SHA}") {
            return Err(Unknown::Sha1);
        }
        if hash.starts_with("$2x$") {
            return Err(Unknown::Faulty);
        }
        if let Some(rest) = hash.strip_prefix("$apr1$") {
            let (salt, digest) = rest.split_once('$').ok_or(Unknown::Other)?;
            let fits = (1..=8).contains(&salt.len()) && digest.len() == 22 && is_base64(salt) && is_base64(digest);
            let way = Way::Apr1 { salt: salt.to_owned() };
            return if fits { Ok(Self { way, digest: digest.to_owned() }) } else { Err(Unknown::Other) };
        }
        let rest = ["$2a$", "$2b$", "$2y$"].iter().find_map(|kind| hash.strip_prefix(kind)).ok_or(Unknown::Other)?;
        let (cost, rest) = rest.split_once('$').ok_or(Unknown::Other)?;
        let cost: u32 = cost.parse().map_err(|_| Unknown::Other)?;
        if cost > DEAREST {
            return Err(Unknown::TooDear(cost));
        }
        if cost < CHEAPEST || rest.len() != SALT + DIGEST || !is_base64(rest) {
            return Err(Unknown::Other);
        }
        let (salt, digest) = rest.split_at(SALT);
        Ok(Self { way: Way::Bcrypt { cost, salt: salt.to_owned() }, digest: digest.to_owned() })
    }

    /// What checking it costs.
    pub fn cost(&self) -> Dearest {
        self.way.cost()
    }

    /// What argon2id is to hash.
    pub(super) fn digest(&self) -> &str {
        &self.digest
    }

    /// What is stored, with that hash.
    pub(super) fn stored(&self, phc: &str) -> String {
        match &self.way {
            Way::Bcrypt { cost, salt } => format!("{PREFIX}bcrypt:{cost}:{salt}:{phc}"),
            Way::Apr1 { salt } => format!("{PREFIX}apr1:{salt}:{phc}"),
        }
    }
}

/// Whether a stored hash is of this kind.
pub fn is_imported(stored: &str) -> bool {
    stored.starts_with(PREFIX)
}

/// What checking a stored hash of this kind costs besides argon2id; `None` for others.
pub fn cost(stored: &str) -> Option<Dearest> {
    read(stored).map(|(way, _)| way.cost())
}

/// The way and the PHC string of a stored hash of this kind.
pub(super) fn read(stored: &str) -> Option<(Way, &str)> {
    let rest = stored.strip_prefix(PREFIX)?;
    if let Some(rest) = rest.strip_prefix("apr1:") {
        let (salt, phc) = rest.split_once(':')?;
        return Some((Way::Apr1 { salt: salt.to_owned() }, phc));
    }
    let (cost, rest) = rest.strip_prefix("bcrypt:")?.split_once(':')?;
    let (salt, phc) = rest.split_once(':')?;
    let cost = cost.parse().ok().filter(|cost| (CHEAPEST..=DEAREST).contains(cost))?;
    Some((Way::Bcrypt { cost, salt: salt.to_owned() }, phc))
}

impl Way {
    pub(super) fn cost(&self) -> Dearest {
        match self {
            Self::Bcrypt { cost, .. } => Dearest { bcrypt: Some(*cost) },
            Self::Apr1 { .. } => Dearest::default(),
        }
    }
}

/// The old hash of a password, and as much work besides as makes it `dearest`: bcrypt at `cost` and then once at each
/// cost from there to below `dearest` is as much as bcrypt at `dearest`. Without a way the work alone is done.
pub(super) fn digest(password: &str, way: Option<&Way>, dearest: Dearest) -> String {
    let nobody = Way::Apr1 { salt: "nobody".to_owned() };
    let by_md5 = apr1(password.as_bytes(), if let Some(Way::Apr1 { salt }) = way { salt } else { "nobody" });
    let own = match way.unwrap_or(&nobody) {
        Way::Apr1 { .. } => None,
        Way::Bcrypt { cost, salt } => Some((*cost, bcrypt(password, *cost, salt))),
    };
    if let Some(most) = dearest.bcrypt {
        let rest = own.as_ref().map_or(most..most + 1, |(cost, _)| *cost..most.max(*cost));
        for cost in rest {
            std::hint::black_box(bcrypt(password, cost, &".".repeat(SALT)));
        }
    }
    own.map_or(by_md5, |(_, digest)| digest)
}

fn bcrypt(password: &str, cost: u32, salt: &str) -> String {
    let salt =
        HashParts::from_str(&format!("$2b${cost:02}${salt}{}", ".".repeat(DIGEST))).map(|parts| parts.get_salt_raw());
    let hash = salt.and_then(|salt| bcrypt::hash_with_salt(password, cost, salt));
    // What cannot be hashed is nobody's password.
    hash.map(|parts| parts.to_string().split_off(7 + SALT)).unwrap_or_default()
}

fn is_base64(text: &str) -> bool {
    text.bytes().all(|byte| DIGITS.contains(&byte))
}

/// Apache's MD5 crypt (Kamp's of 1994 with another mark). No crate that is kept up has it alone.
fn apr1(password: &[u8], salt: &str) -> String {
    let salt = salt.as_bytes();
    let of = |parts: &[&[u8]]| parts.iter().fold(Md5::new(), Md5::chain_update);
    let inner: [u8; 16] = of(&[password, salt, password]).finalize().into();
    let mut outer = of(&[password, b"$apr1$", salt]);
    for piece in password.chunks(inner.len()) {
        outer.update(&inner[..piece.len()]);
    }
    let mut length = password.len();
    while length > 0 {
        outer.update(if length & 1 == 1 { &[0][..] } else { &password[..1] });
        length >>= 1;
    }
    let mut digest: [u8; 16] = outer.finalize().into();
    for round in 0..1000 {
        let (first, last) = if round & 1 == 1 { (password, &digest[..]) } else { (&digest[..], password) };
        let salt = if round % 3 == 0 { &[][..] } else { salt };
        let again = if round % 7 == 0 { &[][..] } else { password };
        digest = of(&[first, salt, again, last]).finalize().into();
    }
    let mut text = String::with_capacity(22);
    let mut write = |bytes: [u8; 3], digits: usize| {
        let mut bits = u32::from_be_bytes([0, bytes[0], bytes[1], bytes[2]]);
        for _ in 0..digits {
            let _ = text.write_char(char::from(DIGITS[(bits & 63) as usize]));
            bits >>= 6;
        }
    };
    for [a, b, c] in [[0, 6, 12], [1, 7, 13], [2, 8, 14], [3, 9, 15], [4, 10, 5]] {
        write([digest[a], digest[b], digest[c]], 4);
    }
    write([0, 0, digest[11]], 2);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `openssl passwd -apr1` says.
    #[test]
    fn apr1_is_what_others_make_of_it() {
        for (password, salt, digest) in [
            ("password", "lZL6V/ci", "eIMz/iKDkbtys/uU7LEK00"),
            ("ünïcödé and a long one beyond sixteen", "ab", "xZbtaNWraHr0n8WIv9CDx/"),
            ("", "12345678", "sHuPAw7VA9xjRbJz7zKV7/"),
        ] {
            assert_eq!(apr1(password.as_bytes(), salt), digest);
        }
    }

    /// A vector of OpenBSD's, and one of Apache's kind.
    #[test]
    fn bcrypt_is_what_others_make_of_it() {
        let known = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
        for kind in ["$2a$", "$2b$", "$2y$"] {
            let hash = known.replace("$2a$", kind);
            let read = Imported::parse(&hash).unwrap();
            assert_eq!(digest("U*U", Some(&read.way), Dearest::default()), read.digest);
            assert_eq!(digest("U*U", Some(&read.way), Dearest { bcrypt: Some(7) }), read.digest);
            assert_ne!(digest("U*V", Some(&read.way), Dearest::default()), read.digest);
            assert_eq!(read.cost(), Dearest { bcrypt: Some(5) });
        }
    }

    #[test]
    fn what_cannot_be_taken_over_is_told() {
        for (hash, why) in [
            ("{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=", Unknown::Sha1),
            ("$2x$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", Unknown::Faulty),
            ("$2y$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", Unknown::TooDear(31)),
            ("$2y$05$short", Unknown::Other),
            ("$6$salt$hash", Unknown::Other),
            ("$apr1$$eIMz/iKDkbtys/uU7LEK00", Unknown::Other),
            ("$apr1$a:b$eIMz/iKDkbtys/uU7LEK00", Unknown::Other),
            ("plain", Unknown::Other),
            ("", Unknown::Other),
        ] {
            assert_eq!(Imported::parse(hash), Err(why), "{hash}");
        }
    }

    #[test]
    fn what_is_stored_reads_back() {
        let apr1 = Imported::parse("$apr1$lZL6V/ci$eIMz/iKDkbtys/uU7LEK00").unwrap();
        let stored = apr1.stored("$argon2id$x");
        assert!(is_imported(&stored) && !stored.contains("eIMz"), "{stored}");
        assert_eq!(read(&stored), Some((apr1.way, "$argon2id$x")));
        assert_eq!(read("$argon2id$x"), None);
        assert_eq!(read("imported:bcrypt:31:x:$argon2id$x"), None);
    }
}
