//! Scope: the collections that a viewer may see, and the home page that shows just these.

use std::collections::BTreeSet;
use std::fmt;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::names::{NameError, written_as_text};
use crate::slug::{CollectionSlug, Slug};

/// What a viewer may see. In JSON: `"all"`, or a list of collection slugs.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub enum Scope {
    /// Every collection, those to come included.
    All,
    /// These collections only; an empty list sees nothing.
    Only(BTreeSet<CollectionSlug>),
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    Word(String),
    List(BTreeSet<CollectionSlug>),
}

impl Scope {
    /// Whether a path's collection segment is in the scope.
    pub fn holds(&self, collection: &CollectionSlug) -> bool {
        match self {
            Self::All => true,
            Self::Only(list) => list.contains(collection),
        }
    }

    /// Whether the folder that the owner calls `name` is in the scope.
    pub fn holds_folder(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(list) => list.iter().any(|slug| slug.0.stands_for(name)),
        }
    }

    /// The home page of this scope. Equal scopes share one.
    pub fn home(&self) -> HomeId {
        match self {
            Self::All => HomeId("all".to_owned()),
            Self::Only(list) => {
                let joined = list.iter().map(CollectionSlug::as_str).collect::<Vec<_>>().join("/");
                HomeId(HEXLOWER.encode(&Sha256::digest(joined.as_bytes())[..10]))
            }
        }
    }
}

impl TryFrom<Written> for Scope {
    type Error = String;
    fn try_from(written: Written) -> Result<Self, String> {
        match written {
            Written::List(list) => Ok(Self::Only(list)),
            Written::Word(word) if word == "all" => Ok(Self::All),
            Written::Word(word) => Err(format!("a scope is \"all\" or a list of collections, not `{word}`")),
        }
    }
}

impl From<Scope> for Written {
    fn from(scope: Scope) -> Self {
        match scope {
            Scope::All => Self::Word("all".to_owned()),
            Scope::Only(list) => Self::List(list),
        }
    }
}

/// The name of a home page: `all`, or a hash of the scope that it shows.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HomeId(String);

written_as_text!(HomeId);

impl HomeId {
    /// Reads a home page's name from a path or a token.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        Slug::parse(text).map(|slug| Self(slug.into()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for HomeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(all(test, feature = "store"))]
mod tests {
    use super::*;

    fn only(names: &[&str]) -> Scope {
        Scope::Only(names.iter().map(|n| CollectionSlug(Slug::of(n))).collect())
    }

    #[test]
    fn a_scope_holds_its_collections_and_no_prefix_of_them() {
        let scope = only(&["Family", "Oma & Opa"]);
        assert!(scope.holds(&CollectionSlug::parse("Family").unwrap()));
        assert!(!scope.holds(&CollectionSlug::parse("Fam").unwrap()));
        assert!(!scope.holds(&CollectionSlug::parse("Family2").unwrap()));
        assert!(scope.holds_folder("Oma & Opa"));
        assert!(!scope.holds_folder("Oma"));
        assert!(!only(&[]).holds_folder("Family"));
        assert!(Scope::All.holds_folder("anything"));
    }

    #[test]
    fn equal_scopes_share_a_home() {
        assert_eq!(only(&["a", "b"]).home(), only(&["b", "a"]).home());
        assert_ne!(only(&["a", "b"]).home(), only(&["a"]).home());
        assert_eq!(Scope::All.home().as_str(), "all");
    }

    #[test]
    fn json_is_a_word_or_a_list() {
        for scope in [Scope::All, only(&["a", "b c"]), only(&[])] {
            let json = serde_json::to_string(&scope).unwrap();
            assert_eq!(serde_json::from_str::<Scope>(&json).unwrap(), scope);
        }
        assert!(serde_json::from_str::<Scope>("\"everything\"").is_err());
        assert!(serde_json::from_str::<Scope>("[\"../x\"]").is_err());
    }
}
