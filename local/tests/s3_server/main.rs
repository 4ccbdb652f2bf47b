//! The S3 server as its clients see it: through `aws_sdk_s3`, over a socket and without one, and over bare HTTP.

mod buckets;
mod checksums;
mod conditions;
mod copies;
mod durability;
mod harness;
mod http;
mod listing;
mod multipart;
mod objects;
mod outbox;
