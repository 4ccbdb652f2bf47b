//! What the functions on AWS tell their log.
//!
//! Lambda's settings say how much that is, and in which form. However much: it is more of ours alone. What runs a function
//! tells whole events where it tells most (`lambda_runtime`, at `TRACE`), and in login's are passwords, cookies and codes of
//! invitations; the S3 client tells whole requests.

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Our own rooms. Each function's `main.rs` is a crate whose name begins with the first.
const OURS: [&str; 7] = ["heirloom_", "builder", "gallery", "login", "mail", "resizer", "session"];

/// Tells the log from now on, as the function's environment has it (AWS, "Configuring advanced logging controls").
pub fn begin(setting: impl Fn(&str) -> Option<String>) {
    let level = setting("AWS_LAMBDA_LOG_LEVEL").or_else(|| setting("RUST_LOG"));
    let lines = tracing_subscriber::fmt::layer().with_target(false).without_time().with_ansi(false);
    let told = tracing_subscriber::registry().with(filter(level.as_deref()));
    if setting("AWS_LAMBDA_LOG_FORMAT").is_some_and(|format| format.eq_ignore_ascii_case("json")) {
        told.with(lines.json()).init();
    } else {
        told.with(lines).init();
    }
}

/// Ours at this level, and what others tell at no more than `INFO`, which is also what is told when nothing is said.
fn filter(level: Option<&str>) -> Targets {
    let level = level.and_then(|level| level.parse().ok()).unwrap_or(LevelFilter::INFO);
    let ours = OURS.map(|room| (room, level));
    Targets::new().with_default(level.min(LevelFilter::INFO)).with_targets(ours)
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::filter::LevelFilter;

    use super::*;

    /// Whether something of this target is told at this level.
    fn tells(setting: Option<&str>, target: &str, level: LevelFilter) -> bool {
        filter(setting).would_enable(target, &level.into_level().unwrap())
    }

    /// Requirement 23.
    #[test]
    fn events_and_requests_are_told_at_no_level() {
        let others =
            ["lambda_runtime::layers::api_response", "hyper::proto::h1::io", "aws_smithy_runtime::client", "log"];
        for setting in [None, Some("TRACE"), Some("trace"), Some("debug"), Some("lambda_runtime=trace"), Some("FATAL")]
        {
            for other in others {
                assert!(!tells(setting, other, LevelFilter::DEBUG), "{setting:?} {other}");
                assert!(tells(setting, other, LevelFilter::INFO), "{setting:?} {other}");
            }
        }
        assert!(!tells(Some("ERROR"), others[0], LevelFilter::WARN));
    }

    #[test]
    fn ours_is_told_as_is_asked() {
        for ours in ["login::handler", "heirloom_login", "heirloom_mail", "resizer::resizer", "builder"] {
            assert!(tells(Some("TRACE"), ours, LevelFilter::TRACE), "{ours}");
            assert!(tells(None, ours, LevelFilter::INFO) && !tells(None, ours, LevelFilter::DEBUG), "{ours}");
            assert!(tells(Some("WARN"), ours, LevelFilter::WARN) && !tells(Some("WARN"), ours, LevelFilter::INFO));
        }
    }
}
