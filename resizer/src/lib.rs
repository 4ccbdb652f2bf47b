//! The resizer: originals in, renditions and facts out.
//!
//! In: SQS messages with S3 notifications of the source bucket ([`Resizer::handle`]), one key ([`Resizer::refresh`]) or
//! the whole bucket ([`Resizer::reconcile`]). Out, in the resized bucket: renditions, then the facts that name
//! them. It believes the bucket and never an event's story, so events may repeat, come late or out of order.
//!
//! [`render`] is the pure middle, bytes to bytes. What the pages look like is the builder's, who may see them the
//! gate's, and what `metadata.yml` says is none of the resizer's business.

mod described;
mod judge;
mod leavings;
mod limits;
mod look;
mod place;
mod reconcile;
mod refresh;
mod render;
mod resizer;
mod seen;
mod settings;
mod video;

pub use described::{beside, in_name};
pub use leavings::Leavings;
pub use limits::Limits;
pub use look::Found;
pub use reconcile::Tally;
pub use refresh::{Done, RefreshError};
pub use render::{Rejection, Rendered, Wanted, render, render_as};
pub use resizer::{Progress, Resizer};

/// What a video's headers (the contents of its `moov` box) say.
pub fn video_facts(headers: &[u8]) -> Option<gallery::facts::Video> {
    video::read(headers).map(|headers| headers.video)
}

/// What becomes of the first picture of a video with these headers, whose bytes are these. For the fuzz target: everywhere
/// else the bytes are read where the headers say.
#[doc(hidden)]
pub fn video_picture(
    headers: &[u8],
    sample: &[u8],
    limits: &Limits,
    wanted: &Wanted,
) -> Option<Result<Rendered, Rejection>> {
    let headers = video::read(headers)?;
    let first = headers.first?;
    Some(render::render_first(&first, sample, &headers.video, limits, wanted))
}

/// Where the facts of what lies at a key of the source bucket belong; `None` for what no facts are kept of, such as
/// `metadata.yml` and what computers leave beside photos.
pub fn facts_of(key: &str) -> Option<gallery::Key> {
    place::Place::of(key).facts()
}
