//! Requests that were signed just before the clock was set.

use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};

/// Signs once more what the server found to be of another time. On one machine both have the same clock, so that happens
/// when it is set between the two, and the second try is right. A clock that differs from Amazon's stays an error, after
/// as few tries as any other.
#[derive(Debug)]
pub(super) struct ClockWasSet;

impl ClassifyRetry for ClockWasSet {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let Some(response) = context.response() else { return RetryAction::NoActionIndicated };
        if response.status().as_u16() != 403 {
            return RetryAction::NoActionIndicated;
        }
        let code = b"RequestTimeTooSkewed".as_slice();
        let body = response.body().bytes().unwrap_or_default();
        // The answer to a HEAD has no body to tell it in.
        let told = body.is_empty() || body.windows(code.len()).any(|words| words == code);
        if told { RetryAction::transient_error() } else { RetryAction::NoActionIndicated }
    }

    fn name(&self) -> &'static str {
        "the clock was set"
    }
}
