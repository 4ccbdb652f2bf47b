//! What happens in the buckets, told to the handlers as AWS tells it.
//!
//! The S3 server writes every change into its outbox, in the transaction that makes the change. The [`pump`] turns
//! each into an S3 event notification ([`notification`]), routes it to the queue of the handler that it concerns
//! ([`route`]) and takes it out of the outbox when that handler has dealt with it, or when it lies among the dead
//! letters. A crash at any moment therefore repeats an event at worst.

pub mod asked;
pub mod notification;
pub mod pump;
pub mod queue;
pub mod route;
