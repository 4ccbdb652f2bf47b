//! Sessions: the signed claim in the cookie, and the gate that every request passes.
//!
//! In: a request as `CloudFront` tells it, the public keys, the time. Out: the request to forward, or the answer in its
//! place ([`gate`]). On the way lie the parts that login shares: the token ([`token`]), its cookie ([`cookie`]), the one
//! grammar of paths ([`path`]), the place to return to ([`next`]), the headers of every answer ([`headers`]).
//!
//! Everything here is a pure function of its arguments: no network, no files, no clock, no panic on foreign input.
//! Who has which password, and whether a viewer still exists, is the login's to know; the objects are S3's.

pub mod cookie;
pub mod gate;
pub mod headers;
pub mod next;
pub mod path;
pub mod token;
pub mod viewer_request;

pub use gate::{Decision, Gate, decide};
pub use next::Next;
pub use path::{AuthRoute, CanonicalPath, Place};
#[cfg(feature = "mint")]
pub use token::SigningKey;
pub use token::{PublicKeys, Session, SessionId, TokenError, Verified, Verifier};
