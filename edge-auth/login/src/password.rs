//! Passwords: which are fit, how they are hashed, how they are checked.
//!
//! The rules are NIST's (SP 800-63B-4, section 3.1.1.2): long, not a known one, not the viewer's name over again, and no
//! demands on what kinds of characters there are. Passwords are taken as typed, byte for byte, and never cut. They are
//! not normalised to NFC: keyboards and password managers give one viewer the same bytes each time, and a hash of
//! normalised text could not be checked by anything else.

pub mod imported;

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use data_encoding::BASE64_NOPAD;
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use imported::{Dearest, Imported};

/// The fewest characters (NIST, for a password alone).
pub const MIN_CHARS: usize = 15;

/// The most characters.
pub const MAX_CHARS: usize = 128;

/// The most bytes that are ever hashed.
pub const MAX_BYTES: usize = 1024;

/// How many passwords are hashed at once: each takes [`Cost::memory_kib`], and a small machine must survive a flood.
const AT_ONCE: usize = 4;

static COMMON: &str = include_str!("password/common.txt");

/// Why a password is not fit. The sentences are for the one who chose it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// Too short.
    #[error("the password is too short: use at least {MIN_CHARS} characters, for instance four or five words")]
    Short,
    /// Too long.
    #[error("the password is too long: use at most {MAX_CHARS} characters")]
    Long,
    /// On the list.
    #[error("the password is one that many people use: choose another")]
    Common,
    /// The same few characters over and over, or a run of neighbours.
    #[error("the password repeats itself: choose one that is harder to foresee")]
    Repeats,
    /// Little more than a name that everybody knows.
    #[error("the password is little more than the viewer's or the gallery's name: choose another")]
    Name,
}

/// Why a password could not be hashed or checked. Never a wrong password: that is an answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// argon2 refused.
    #[error("cannot hash a password: {0}")]
    Argon2(String),
    /// The worker went away.
    #[error("cannot hash a password: the process is ending")]
    Ending,
}

/// Whether a password may be chosen. `names` are those that everybody knows: the viewer's, the gallery's.
pub fn fit(password: &str, names: &[&str]) -> Result<(), Unfit> {
    let chars = password.chars().count();
    if chars < MIN_CHARS {
        return Err(Unfit::Short);
    }
    if chars > MAX_CHARS {
        return Err(Unfit::Long);
    }
    let lower = password.to_lowercase();
    if COMMON.lines().any(|common| lower == common) {
        return Err(Unfit::Common);
    }
    if repeats(&lower) {
        return Err(Unfit::Repeats);
    }
    for name in names.iter().map(|name| name.to_lowercase()).filter(|name| !name.is_empty()) {
        if lower.contains(&name) && lower.replace(&name, "").chars().count() < MIN_CHARS / 2 {
            return Err(Unfit::Name);
        }
    }
    Ok(())
}

/// Whether the whole is a short piece over and over (`abcabcabcabcabc`), or each character follows the one before it
/// (`abcdefghijklmno`, `987654321098765`).
fn repeats(password: &str) -> bool {
    let chars: Vec<char> = password.chars().collect();
    let piece = |length: usize| chars.iter().zip(&chars[length..]).all(|(a, b)| a == b);
    let step = |by: i64| {
        let follows = |w: &[char]| {
            let distance = i64::from(u32::from(w[1])) - i64::from(u32::from(w[0]));
            distance == by || matches!((w[0], w[1], by), ('9', '0', 1) | ('0', '9', -1))
        };
        chars.windows(2).all(follows)
    };
    (1..=chars.len() / 2).any(piece) || step(1) || step(-1)
}

/// What a hash costs, to us and to a thief.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
}

impl Cost {
    /// 64 MiB and 3 passes: the second recommended option of RFC 9106, section 4, with one lane in place of four,
    /// because a Lambda function of 1,769 MB has one processor. More than OWASP's least (19 MiB, 2 passes).
    pub const RECOMMENDED: Self = Self { memory_kib: 64 * 1024, passes: 3 };

    /// The least that argon2 accepts. For tests alone.
    pub const LEAST: Self = Self { memory_kib: Params::MIN_M_COST, passes: 1 };

    fn argon2(self) -> Result<Argon2<'static>, HashError> {
        let params = Params::new(self.memory_kib, self.passes, 1, Some(Params::DEFAULT_OUTPUT_LEN));
        Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params.map_err(argon2_error)?))
    }

    /// Whether a stored hash was made more cheaply than this.
    pub fn exceeds(self, stored: &str) -> bool {
        Self::of(stored).is_none_or(|cost| cost.memory_kib < self.memory_kib || cost.passes < self.passes)
    }

    /// What a stored hash cost.
    fn of(stored: &str) -> Option<Self> {
        let params = Params::try_from(&PasswordHash::new(stored).ok()?).ok()?;
        Some(Self { memory_kib: params.m_cost(), passes: params.t_cost() })
    }

    /// A hash that no password has, to be checked when there is no viewer: the answer then takes as long.
    fn nobody(self) -> String {
        let mut phc = format!("$argon2id$v=19$m={},t={},p=1$", self.memory_kib, self.passes);
        let _ = write!(phc, "{}${}", BASE64_NOPAD.encode(&[0; 16]), BASE64_NOPAD.encode(&[0; 32]));
        phc
    }
}

/// Hashes and checks passwords off the async threads, a few at a time.
#[derive(Clone, Debug)]
pub struct Hasher {
    cost: Cost,
    turns: Arc<Semaphore>,
    work: Arc<AtomicU64>,
}

impl Hasher {
    /// A hasher of this cost.
    pub fn new(cost: Cost) -> Self {
        Self { cost, turns: Arc::new(Semaphore::new(AT_ONCE)), work: Arc::default() }
    }

    /// The work done so far: KiB of memory times passes, over all hashes made and checked, and bcrypt's rounds.
    pub fn work(&self) -> u64 {
        self.work.load(Ordering::Relaxed)
    }

    /// What a hash costs here.
    pub fn cost(&self) -> Cost {
        self.cost
    }

    /// The PHC string of a password, with a new random salt.
    pub async fn hash(&self, password: &Zeroizing<String>) -> Result<String, HashError> {
        let (password, cost) = (password.clone(), self.cost);
        self.spent(cost);
        self.in_turn(move || {
            let mut salt = [0; 16];
            getrandom::fill(&mut salt).map_err(|e| HashError::Argon2(e.to_string()))?;
            let hash = cost.argon2()?.hash_password_with_salt(password.as_bytes(), &salt).map_err(argon2_error)?;
            Ok(hash.to_string())
        })
        .await
    }

    /// What is stored of a password whose hash comes from elsewhere: that hash, hashed with a new random salt.
    pub async fn adopt(&self, imported: &Imported) -> Result<String, HashError> {
        let phc = self.hash(&Zeroizing::new(imported.digest().to_owned())).await?;
        Ok(imported.stored(&phc))
    }

    /// Whether a password has this stored hash. Without one the work is the same and the answer is no. As long as there
    /// are imported passwords, the work is that of the dearest of them besides, whoever it is about.
    pub async fn matches(
        &self,
        password: &Zeroizing<String>,
        stored: Option<&str>,
        dearest: Option<Dearest>,
    ) -> Result<bool, HashError> {
        let known = stored.is_some();
        let (way, stored) = match stored.map(|stored| (imported::read(stored), stored)) {
            None => (None, self.cost.nobody()),
            Some((None, stored)) => (None, stored.to_owned()),
            Some((Some((way, phc)), _)) => (Some(way), phc.to_owned()),
        };
        let own = way.as_ref().map(imported::Way::cost);
        let dearest = own.map_or(dearest, |own| Some(own.or(dearest.unwrap_or_default())));
        let (password, cost) = (password.clone(), self.cost);
        self.spent(Cost::of(&stored).unwrap_or(cost));
        if let Some(dearest) = dearest {
            self.work.fetch_add(1 + (1 << dearest.bcrypt.unwrap_or(0)), Ordering::Relaxed);
        }
        self.in_turn(move || {
            let hash = PasswordHash::new(&stored).map_err(argon2_error)?;
            let old = dearest.map(|dearest| Zeroizing::new(imported::digest(&password, way.as_ref(), dearest)));
            let typed = old.as_ref().filter(|_| way.is_some()).unwrap_or(&password);
            Ok(cost.argon2()?.verify_password(typed.as_bytes(), &hash).is_ok() && known)
        })
        .await
    }

    fn spent(&self, cost: Cost) {
        self.work.fetch_add(u64::from(cost.memory_kib) * u64::from(cost.passes), Ordering::Relaxed);
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, HashError> + Send + 'static,
    ) -> Result<T, HashError> {
        let _turn = self.turns.acquire().await.map_err(|_| HashError::Ending)?;
        tokio::task::spawn_blocking(work).await.map_err(|_| HashError::Ending)?
    }
}

fn argon2_error(error: impl std::fmt::Display) -> HashError {
    HashError::Argon2(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Requirement 16.
    #[test]
    fn long_passwords_of_any_kind_are_fit() {
        for password in [
            "walnut-ferry-otter",
            "meine katze mag käse",
            "ünïcödé ünïcödé x",
            "               x",
            "gerda walks to the sea at night",
        ] {
            assert_eq!(fit(password, &["gerda", "Heirloom"]), Ok(()), "{password}");
        }
        assert_eq!(fit(&"abcdefgx".repeat(16).replacen('x', "y", 1), &[]), Ok(()));
    }

    #[test]
    fn unfit_passwords_say_why() {
        assert_eq!(fit("fourteen chars", &[]), Err(Unfit::Short));
        assert_eq!(fit("äöüäöüäöüäöüäö", &[]), Err(Unfit::Short));
        assert_eq!(fit(&"ab c".repeat(40), &[]), Err(Unfit::Long));
        assert_eq!(fit("PasswordPassword", &[]), Err(Unfit::Common));
        assert_eq!(fit("correct horse battery staple", &[]), Err(Unfit::Common));
        assert_eq!(fit("aaaaaaaaaaaaaaaaaaaa", &[]), Err(Unfit::Repeats));
        assert_eq!(fit("abcabcabcabcabcab", &[]), Err(Unfit::Repeats));
        assert_eq!(fit("123456789012345", &[]), Err(Unfit::Repeats));
        assert_eq!(fit("zyxwvutsrqponmlk", &[]), Err(Unfit::Repeats));
        assert_eq!(fit("Gerda.Mustermann1!", &["gerda.mustermann"]), Err(Unfit::Name));
        assert_eq!(fit("Our Heirloom 2024!", &["gerda", "our heirloom"]), Err(Unfit::Name));
        assert!(Unfit::Short.to_string().contains("15"));
    }

    #[test]
    fn every_common_password_is_long_enough_to_matter() {
        for common in COMMON.lines() {
            assert_eq!(common, common.to_lowercase());
            assert_eq!(fit(common, &[]), Err(Unfit::Common));
        }
    }

    #[tokio::test]
    async fn a_password_matches_its_own_hash_alone() {
        let hasher = Hasher::new(Cost::LEAST);
        let password = Zeroizing::new("walnut-ferry-otter".to_owned());
        let (first, second) = (hasher.hash(&password).await.unwrap(), hasher.hash(&password).await.unwrap());
        assert_ne!(first, second, "each hash has its own salt");
        assert!(first.starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{first}");
        assert!(hasher.matches(&password, Some(&first), None).await.unwrap());
        let long = Zeroizing::new(format!("{}!", "x".repeat(127)));
        let cut = Zeroizing::new("x".repeat(127));
        let hash = hasher.hash(&long).await.unwrap();
        assert!(hasher.matches(&long, Some(&hash), None).await.unwrap());
        assert!(!hasher.matches(&cut, Some(&hash), None).await.unwrap(), "nothing is cut off");
        assert!(!hasher.matches(&cut, Some(&first), None).await.unwrap());
        assert!(!hasher.matches(&password, None, None).await.unwrap());
        assert!(hasher.matches(&password, Some("not a hash"), None).await.is_err());
    }

    /// Requirement 14: nobody's hash asks for the same work as a viewer's.
    /// The test vector of RFC 9106, section 5.3, through the crate that hashes here.
    #[test]
    fn argon2id_is_the_one_of_the_rfc() {
        let params = argon2::ParamsBuilder::new()
            .m_cost(32)
            .t_cost(3)
            .p_cost(4)
            .data(argon2::AssociatedData::new(&[4; 12]).unwrap())
            .build()
            .unwrap();
        let argon2 = Argon2::new_with_secret(&[3; 8], Algorithm::Argon2id, Version::V0x13, params).unwrap();
        let mut tag = [0; 32];
        argon2.hash_password_into(&[1; 32], &[2; 16], &mut tag).unwrap();
        let expected = "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659";
        assert_eq!(data_encoding::HEXLOWER.encode(&tag), expected);
    }

    #[tokio::test]
    async fn nobody_s_hash_costs_what_a_viewer_s_does() {
        let hasher = Hasher::new(Cost::LEAST);
        let real = hasher.hash(&Zeroizing::new("walnut-ferry-otter".to_owned())).await.unwrap();
        let nobody = Cost::LEAST.nobody();
        let (real, nobody) = (PasswordHash::new(&real).unwrap(), PasswordHash::new(&nobody).unwrap());
        assert_eq!(real.params, nobody.params);
        assert_eq!(real.algorithm, nobody.algorithm);
        assert_eq!(real.hash.unwrap().len(), nobody.hash.unwrap().len());
        assert_eq!(real.salt.unwrap().len(), nobody.salt.unwrap().len());
    }

    #[test]
    fn cheaper_hashes_are_known_by_their_own_parameters() {
        let cost = Cost { memory_kib: 1024, passes: 2 };
        assert!(cost.exceeds(&Cost { memory_kib: 512, passes: 2 }.nobody()));
        assert!(cost.exceeds(&Cost { memory_kib: 1024, passes: 1 }.nobody()));
        assert!(cost.exceeds("not a hash"));
        assert!(!cost.exceeds(&cost.nobody()));
        assert!(!cost.exceeds(&Cost { memory_kib: 2048, passes: 3 }.nobody()));
    }
}
