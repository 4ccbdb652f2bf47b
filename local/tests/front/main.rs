//! The front against clients that are slow, greedy, unclear or many: bare sockets, and short limits where a limit is a
//! time.

mod clarity;
mod encrypted;
mod ending;
mod gallery;
mod kept;
mod many;
mod ranges;
mod slow;
