//! The gate as Lambda@Edge runs it.
//!
//! In: the JSON of a viewer-request event and the time. Out: the JSON of the request to go on with, or of the answer in
//! its place. Lambda@Edge runs Node.js, so this is a Node-API addon; `index.mjs` beside it loads it, hands events over
//! and turns every failure into a denial. All decisions are `session`'s.

use std::panic::{AssertUnwindSafe, catch_unwind};

use napi::{Error, Result};
use napi_derive::napi;
use serde::Deserialize;
use session::viewer_request::Event;
use session::{PublicKeys, Verifier, gate};

/// What is bundled with the function, since Lambda@Edge has no environment variables: public keys and the name of the
/// gallery that the tokens are for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Configuration {
    audience: String,
    keys: PublicKeys,
}

/// A gate with its keys.
#[napi]
pub struct Gate {
    gate: gate::Gate,
}

#[napi]
impl Gate {
    /// A gate of this configuration: JSON with `audience` and `keys`.
    #[napi(constructor)]
    pub fn new(configuration: String) -> Result<Self> {
        let read: Configuration = serde_json::from_str(&configuration)
            .map_err(|e| Error::from_reason(format!("the gate's configuration cannot be read: {e}")))?;
        Ok(Self { gate: gate::Gate::new(Verifier::new(read.keys, read.audience)) })
    }

    /// Decides on one event at the Unix time `now`, in seconds. A panic becomes an error, and the error a denial.
    #[napi]
    pub fn decide(&self, event: String, now: i64) -> Result<String> {
        catch_unwind(AssertUnwindSafe(|| self.answer(&event, now)))
            .unwrap_or_else(|_| Err(Error::from_reason("the gate panicked")))
    }

    fn answer(&self, event: &str, now: i64) -> Result<String> {
        let refused = |e: session::viewer_request::EventError| Error::from_reason(e.to_string());
        let request = Event::from_json(event.as_bytes()).and_then(Event::into_request).map_err(refused)?;
        serde_json::to_string(&gate::decide(&self.gate, &request, now)).map_err(|e| Error::from_reason(e.to_string()))
    }
}
