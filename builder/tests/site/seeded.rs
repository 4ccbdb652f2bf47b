//! Galleries of any size, laid down without a request.

use aws_lambda_events::event::sqs::{SqsEvent, SqsMessage};
use gallery::facts::{Facts, Outcome, Picture, Rendition, VERSION};
use gallery::renditions::Format;
use gallery::{Key, SourceKey};
use jiff::Timestamp;
use jiff::civil::date;

use crate::memory::Memory;

/// How many photos are asked for by `HEIRLOOM_PHOTOS`.
pub(crate) fn photos(usually: usize) -> usize {
    std::env::var("HEIRLOOM_PHOTOS").ok().and_then(|count| count.parse().ok()).unwrap_or(usually)
}

/// A photo's facts, which differ by its number.
pub(crate) fn facts(source: &SourceKey, number: usize) -> Facts {
    let renditions = [360_u32, 1200, 2048].map(|width| Rendition {
        width,
        height: width * 3 / 4,
        format: Format::Jpeg,
        hash: format!("{number:016x}"),
        bytes: 1,
    });
    let picture = Picture {
        width: 4000,
        height: 3000,
        taken: Some(date(2024, 1 + (number % 12) as i8, 1 + (number % 28) as i8).at(9, 30, 0, 0)),
        thumbhash: "AA==".into(),
        colour: "#336699".into(),
        renditions: renditions.into(),
        ..Picture::default()
    };
    Facts {
        version: VERSION,
        photo: source.photo(),
        source: source.to_string(),
        etag: "\"1\"".into(),
        bytes: 1,
        modified: Timestamp::from_second(1 + number as i64).expect("a time"),
        checksum: None,
        video: None,
        outcome: Outcome::Ready(Box::new(picture)),
    }
}

/// Puts an original and its facts without a request, and returns the facts with their `ETag`.
pub(crate) fn seed(memory: &Memory, source: &str, number: usize) -> (Facts, String, Key) {
    let source = SourceKey::parse(source).expect("a source key");
    let facts = facts(&source, number);
    memory.put("source", source.to_string(), Vec::new());
    let key = Key::Facts(source.folder().album(), source.photo());
    let etag = memory.put("resized", key.path(), facts.to_json());
    (facts, etag, key)
}

pub(crate) fn event(keys: &[Key]) -> SqsEvent {
    let mut event = SqsEvent::default();
    event.records = keys
        .iter()
        .map(|key| {
            let record =
                serde_json::json!({ "s3": { "bucket": { "name": "resized" }, "object": { "key": key.path() } } });
            let mut message = SqsMessage::default();
            message.message_id = Some("1".to_owned());
            message.body = Some(serde_json::json!({ "Records": [record] }).to_string());
            message
        })
        .collect();
    event
}

/// The most memory that this process ever had, in MiB, where the system tells it.
pub(crate) fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches(" kB").trim().parse::<u64>().ok()? / 1024)
}

/// Forgets that peak, where the system can (Linux, `proc_pid_clear_refs(5)`).
pub(crate) fn forget_peak() {
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}
