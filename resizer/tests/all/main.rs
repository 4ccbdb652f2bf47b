//! The resizer's tests, in one program: golden pictures, damaged ones, and the handler against an S3 server.

mod colours;
mod damaged;
mod drawn;
mod formats;
mod golden;
mod handler;
mod metadata;
mod room;
mod videos;
