//! The cloud in one process.
//!
//! In: a data folder and two ports. Out: a gallery on one port and an S3 server on the other, with the same handlers
//! behind them that run as Lambda functions on AWS. [`s3`] is the S3 server, [`events`] tells the handlers what
//! happened in the buckets as SQS would, [`front`] plays CloudFront, [`machine`] puts them together.
//!
//! What a request may see is the gate's to decide, what a photo looks like the resizer's, what a page says the
//! builder's; nothing of that is here.

pub mod events;
pub mod front;
pub mod machine;
pub mod s3;

mod durable;
mod sockets;

pub use sockets::{Limit, LimitError, Limits};
