//! The builder against an S3 server that we did not write.
//!
//! These run when `HEIRLOOM_S3_ENDPOINT`, `HEIRLOOM_S3_ACCESS_KEY` and `HEIRLOOM_S3_SECRET_KEY` name one, such as moto's;
//! each test makes buckets of its own there. What is asserted is what lies in the web bucket.

mod convergence;
mod fixture;
mod lifecycle;
mod repair;
