//! Conditional requests: what `If-Match` and its family decide, as functions of values.
//!
//! The order is RFC 9110's, section 13.2.2, which is also what AWS documents for `GetObject` and `CopyObject`.

use s3s::dto::{ETagCondition, Timestamp};
use s3s::{S3Error, S3ErrorCode, S3Result, s3_error};

use super::record::Head;

/// The conditions on what is read.
#[derive(Clone, Debug, Default)]
pub(super) struct Reading {
    /// `If-Match`
    pub(super) matching: Option<ETagCondition>,
    /// `If-None-Match`
    pub(super) not_matching: Option<ETagCondition>,
    /// `If-Modified-Since`
    pub(super) modified_since: Option<Timestamp>,
    /// `If-Unmodified-Since`
    pub(super) unmodified_since: Option<Timestamp>,
}

/// The answer to a conditional read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Go on.
    Proceed,
    /// 304.
    NotModified,
    /// 412.
    Failed,
}

impl Reading {
    /// What the conditions say of an object.
    pub(super) fn verdict(&self, head: &Head) -> Verdict {
        let newer_than = |time: &Timestamp| seconds(head.modified) > unix_seconds(time);
        let holds = match (&self.matching, &self.unmodified_since) {
            (Some(wanted), _) => matches(wanted, &head.etag),
            (None, Some(time)) => !newer_than(time),
            (None, None) => true,
        };
        if !holds {
            return Verdict::Failed;
        }
        let modified = match (&self.not_matching, &self.modified_since) {
            (Some(known), _) => !matches(known, &head.etag),
            (None, Some(time)) => newer_than(time),
            (None, None) => true,
        };
        if modified { Verdict::Proceed } else { Verdict::NotModified }
    }
}

/// The condition on what is overwritten.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Writing {
    /// None.
    #[default]
    Always,
    /// `If-None-Match: *`
    Absent,
    /// `If-Match`
    Present(ETagCondition),
}

impl Writing {
    /// Reads the two headers. S3 knows `*` alone for `If-None-Match` on writes.
    pub(super) fn of(if_match: Option<ETagCondition>, if_none_match: Option<ETagCondition>) -> S3Result<Self> {
        match (if_match, if_none_match) {
            (None, None) => Ok(Self::Always),
            (Some(wanted), None) => Ok(Self::Present(wanted)),
            (None, Some(ETagCondition::Any)) => Ok(Self::Absent),
            _ => Err(s3_error!(NotImplemented, "On writes, `If-None-Match: *` or one `If-Match` is offered")),
        }
    }

    /// Whether a write may replace what is there. A missing object to match is 404, as AWS documents for `PutObject`.
    pub(super) fn allows(&self, there: Option<&Head>) -> S3Result<()> {
        match (self, there) {
            (Self::Always, _) | (Self::Absent, None) => Ok(()),
            (Self::Present(_), None) => Err(s3_error!(NoSuchKey)),
            (Self::Present(wanted), Some(head)) if matches(wanted, &head.etag) => Ok(()),
            (Self::Absent | Self::Present(_), Some(_)) => Err(failed()),
        }
    }

    /// Whether a deletion may remove what is there. Here a missing object to match is 412, as AWS documents for
    /// conditional deletes.
    pub(super) fn allows_removal(&self, there: Option<&Head>) -> S3Result<()> {
        match (self, there) {
            (Self::Present(_), None) => Err(failed()),
            _ => self.allows(there),
        }
    }
}

/// 412.
pub(super) fn failed() -> S3Error {
    S3Error::with_message(
        S3ErrorCode::PreconditionFailed,
        "At least one of the pre-conditions you specified did not hold",
    )
}

/// HTTP's dates have whole seconds, so that is what they are compared in.
pub(super) fn seconds(milliseconds: i64) -> i64 {
    milliseconds.div_euclid(1000)
}

fn matches(condition: &ETagCondition, etag: &str) -> bool {
    match condition {
        ETagCondition::Any => true,
        ETagCondition::ETag(wanted) => wanted.value() == etag,
    }
}

/// A time of the protocol's in seconds since the epoch.
pub(super) fn unix_seconds(time: &Timestamp) -> i64 {
    let mut text = Vec::with_capacity(24);
    // Writing a number to memory cannot fail.
    let _ = time.format(s3s::dto::TimestampFormat::EpochSeconds, &mut text);
    let whole = text.split(|&byte| byte == b'.').next().unwrap_or_default();
    std::str::from_utf8(whole).ok().and_then(|digits| digits.parse().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use s3s::dto::{ETag, TimestampFormat};

    use super::*;

    fn head() -> Head {
        Head { size: 1, modified: 1_000_000_500, etag: "a".into() }
    }

    fn etag(value: &str) -> ETagCondition {
        ETagCondition::ETag(ETag::Strong(value.into()))
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::parse(TimestampFormat::EpochSeconds, &seconds.to_string()).unwrap()
    }

    #[test]
    fn reads_follow_the_table_of_the_rfc() {
        let cases = [
            (Reading::default(), Verdict::Proceed),
            (
                Reading { matching: Some(etag("a")), unmodified_since: Some(at(1)), ..Reading::default() },
                Verdict::Proceed,
            ),
            (Reading { matching: Some(etag("b")), ..Reading::default() }, Verdict::Failed),
            (Reading { unmodified_since: Some(at(1_000_000)), ..Reading::default() }, Verdict::Proceed),
            (Reading { unmodified_since: Some(at(999_999)), ..Reading::default() }, Verdict::Failed),
            (
                Reading { not_matching: Some(etag("a")), modified_since: Some(at(1)), ..Reading::default() },
                Verdict::NotModified,
            ),
            (
                Reading { not_matching: Some(etag("b")), modified_since: Some(at(9_999_999)), ..Reading::default() },
                Verdict::Proceed,
            ),
            (Reading { modified_since: Some(at(1_000_000)), ..Reading::default() }, Verdict::NotModified),
            (Reading { modified_since: Some(at(999_999)), ..Reading::default() }, Verdict::Proceed),
            (Reading { not_matching: Some(ETagCondition::Any), ..Reading::default() }, Verdict::NotModified),
        ];
        for (reading, verdict) in cases {
            assert_eq!(reading.verdict(&head()), verdict, "{reading:?}");
        }
    }

    #[test]
    fn writes_answer_as_documented() {
        let code = |result: S3Result<()>| result.map_err(|e| e.code().as_str().to_owned()).err();
        let absent = Writing::of(None, Some(ETagCondition::Any)).unwrap();
        let right = Writing::of(Some(etag("a")), None).unwrap();
        let wrong = Writing::of(Some(etag("b")), None).unwrap();
        assert_eq!(code(absent.allows(None)), None);
        assert_eq!(code(absent.allows(Some(&head()))).as_deref(), Some("PreconditionFailed"));
        assert_eq!(code(right.allows(Some(&head()))), None);
        assert_eq!(code(right.allows(None)).as_deref(), Some("NoSuchKey"));
        assert_eq!(code(right.allows_removal(None)).as_deref(), Some("PreconditionFailed"));
        assert_eq!(code(wrong.allows(Some(&head()))).as_deref(), Some("PreconditionFailed"));
        assert!(Writing::of(None, Some(etag("a"))).is_err());
    }
}
