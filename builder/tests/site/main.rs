//! The builder against S3: what is asserted is what lies in the web bucket.
//!
//! The buckets are in memory, behind the S3 client's transport, unless `HEIRLOOM_S3_ENDPOINT`, `HEIRLOOM_S3_ACCESS_KEY` and
//! `HEIRLOOM_S3_SECRET_KEY` name a server, such as moto's; then each test makes buckets of its own there.

mod convergence;
mod finding;
mod fixture;
mod history;
mod lifecycle;
mod memory;
mod owner;
mod repair;
