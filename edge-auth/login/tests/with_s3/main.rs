//! Login against an S3 server, named by `HEIRLOOM_S3_ENDPOINT`, `HEIRLOOM_S3_ACCESS_KEY` and
//! `HEIRLOOM_S3_SECRET_KEY`. Without them these tests say that they are left out.

mod fixture;
mod imported;
mod invited;
mod keys;
mod signing_in;
mod throttled;
